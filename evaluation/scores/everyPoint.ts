/**
 * Takes a score of one case to every point of a field, with the NaN policy of the house (nanPolicy.ts): what
 * crpsEnsemble does for the CRPS, for any score that is a function of one point's members and its truth.
 */
import { internalError } from '../../core/errors.js';
import { type FloatArray, requireMembers } from '../../core/statistics/moments.js';
import { missingValueError, type NanPolicy } from './nanPolicy.js';

/** @param members [member], all finite under policy omit; scratch that the score may reorder */
export type CaseScore = (members: Float64Array, observed: number) => number;

export interface EveryPointOptions {
  /** Default: propagate. */
  readonly nanPolicy?: NanPolicy;
  /** [point], written: members that each score rests on. */
  readonly effectiveMembers?: Uint32Array;
}

/**
 * @param name of the score, for the message of policy raise
 * @param members [member, point]
 * @param memberCount M ≥ 1
 * @param observed [point]
 * @returns [point]; NaN where the observation is missing, or a member is (propagate), or all are (omit)
 * @throws {PlumeError} data, on a missing value under policy raise; internal, when lengths do not match
 */
export function scoreEveryPoint(
  name: string,
  members: FloatArray,
  memberCount: number,
  observed: FloatArray,
  score: CaseScore,
  options: EveryPointOptions = {},
): Float64Array {
  const { nanPolicy = 'propagate', effectiveMembers } = options;
  const points = observed.length;
  requireMembers(members.length, memberCount, points);
  if (effectiveMembers && effectiveMembers.length !== points)
    throw internalError(`${name}: effective members need ${points} values, found ${effectiveMembers.length}`);
  const column = new Float64Array(memberCount);
  const out = new Float64Array(points);
  for (let point = 0; point < points; point++) {
    const truth = observed[point]!;
    let count = 0;
    for (let i = point; i < members.length; i += points) {
      const member = members[i]!;
      if (!Number.isNaN(member)) column[count++] = member;
    }
    if (nanPolicy === 'raise' && (count < memberCount || Number.isNaN(truth))) {
      const what = Number.isNaN(truth)
        ? 'the observation'
        : `${memberCount - count} of ${memberCount} members`;
      throw missingValueError(name, `${what} at point ${point}`);
    }
    const known = !Number.isNaN(truth) && count > 0 && (count === memberCount || nanPolicy === 'omit');
    if (effectiveMembers) effectiveMembers[point] = Number.isNaN(truth) ? 0 : count;
    out[point] = known ? score(column.subarray(0, count), truth) : Number.NaN;
  }
  return out;
}
