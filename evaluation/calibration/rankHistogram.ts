/**
 * Where the truth ranks among the members: 0 below all, M above all. Flat for a reliable ensemble, U-shaped
 * for one that spreads too little, a dome for too much, a slope for a bias (Hamill 2001,
 * doi:10.1175/1520-0493(2001)129<0550:IORHFV>2.0.CO;2). Truth equal to some members lies between two ranks:
 * either one of them is drawn (`random`), or each gets its equal share of the case (`expected`, the mean of
 * all such draws, which needs no randomness and adds no noise).
 */
import { internalError } from '../../core/errors.js';
import { type FloatArray, requireMembers } from '../../core/statistics/moments.js';
import { missingValueError, type NanPolicy } from '../scores/nanPolicy.js';

export type TieRule =
  | { readonly kind: 'expected' }
  /** `uniform()` in [0, 1); asked only where there is a tie. */
  | { readonly kind: 'random'; readonly uniform: () => number };

export interface RankOptions {
  /** Default: expected. */
  readonly ties?: TieRule;
  /** Default: propagate, which here leaves out cases with any missing value (omit cannot: ranks of fewer members mean something else). */
  readonly nanPolicy?: Exclude<NanPolicy, 'omit'>;
  /** [point], mean 1: area weights. Default: each case counts 1. */
  readonly weights?: Float64Array;
}

/**
 * Adds the cases of one time to a histogram.
 * @param members [member, point]
 * @param observed [point]
 * @param counts [M + 1], added to
 * @returns the weight of the cases added
 * @throws {PlumeError} data, on a missing value under policy raise; internal, when lengths do not match
 */
export function addRanks(
  members: FloatArray,
  memberCount: number,
  observed: FloatArray,
  counts: Float64Array,
  options: RankOptions = {},
): number {
  const { ties = { kind: 'expected' }, nanPolicy = 'propagate', weights } = options;
  const points = observed.length;
  requireMembers(members.length, memberCount, points);
  if (counts.length !== memberCount + 1) throw internalError('rank histogram: needs M + 1 bins');
  let added = 0;
  for (let point = 0; point < points; point++) {
    const truth = observed[point]!;
    let below = 0;
    let equal = 0;
    let known = 0;
    for (let i = point; i < members.length; i += points) {
      const member = members[i]!;
      if (member < truth) below++;
      else if (member === truth) equal++;
      if (!Number.isNaN(member)) known++;
    }
    if (known < memberCount || Number.isNaN(truth)) {
      if (nanPolicy === 'raise') throw missingValueError('rank histogram', `a value at point ${point}`);
      continue;
    }
    const weight = weights ? weights[point]! : 1;
    added += weight;
    if (equal === 0) {
      counts[below] = counts[below]! + weight;
    } else if (ties.kind === 'random') {
      const rank = below + Math.floor(ties.uniform() * (equal + 1));
      counts[rank] = counts[rank]! + weight;
    } else {
      for (let rank = below; rank <= below + equal; rank++)
        counts[rank] = counts[rank]! + weight / (equal + 1);
    }
  }
  return added;
}
