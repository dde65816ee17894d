/**
 * Error–spread score: does the ensemble's variance, tilted by its skewness, foretell the squared error of its mean?
 *   ES = (s² − e² − e s g)²,   e = x̄ − y, s² the variance, g the skewness (caseMoments.ts)
 * Unit of the variable to the fourth; 0 is perfect. Christensen, Moroz & Palmer 2015, doi:10.1002/qj.2375.
 * scoringrules 0.11 leaves the factor M out of the skewness (its documentation has it): its value is that of g/M.
 */
import { type CaseMoments, momentsOfCase } from './caseMoments.js';

/** @param members [member], at least three, else NaN: fewer have no skewness */
export function errorSpreadScore(members: ArrayLike<number>, observed: number): number {
  return errorSpreadOfMoments(momentsOfCase(members), observed);
}

/** A distribution without spread has no skewness; its tilt e s g is taken as 0, the limit. */
export function errorSpreadOfMoments({ mean, variance, skewness }: CaseMoments, observed: number): number {
  const error = mean - observed;
  const tilt = variance === 0 ? 0 : error * Math.sqrt(variance) * skewness;
  return (variance - error * error - tilt) ** 2;
}
