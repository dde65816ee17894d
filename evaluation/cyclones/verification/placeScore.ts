/**
 * Energy score of places on the sphere: the CRPS with great-circle distances in place of differences,
 *   ES = (1/M) Σ d(x_i, y) − c Σ_{i<j} d(x_i, x_j),   c = 1 / (M (M − 1)) fair, 1 / M² of the members as they are.
 * Kilometres; one member without the pair term: its position error. Kernel scores are proper where the distance is of negative type (Gneiting &
 * Raftery 2007, doi:10.1198/016214506000001437, §5.1), and the great-circle distance is (Gangolli 1967); strictly so among
 * distributions within a hemisphere, which tracks of one storm never leave.
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { angleBetween, type UnitVector } from '../../../core/sphere/greatCircle.js';
import { type CrpsEstimator, fairCrps, pairFactor } from '../../scores/crpsOfErrors.js';

/** @returns km; NaN where the estimator needs more members than there are */
export function placeEnergyScore(
  members: readonly UnitVector[],
  observed: UnitVector,
  estimator: CrpsEstimator = fairCrps,
  sphereRadiusKm = earthRadiusKm,
): number {
  let distance = 0;
  let pairs = 0;
  for (const [i, member] of members.entries()) {
    distance += angleBetween(member, observed);
    for (let j = 0; j < i; j++) pairs += angleBetween(member, members[j]!);
  }
  return sphereRadiusKm * (distance / members.length - pairFactor(estimator, members.length) * pairs);
}
