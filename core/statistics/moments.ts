/**
 * Mean and variance over the members of an ensemble, point by point.
 * Members lie as [member, point]; results as [point], float64 accumulated, written into arrays the caller owns.
 * The variance is the unbiased one, Σ(x − x̄)² / (M − 1), in two passes: pressures near 1e5 Pa that differ by
 * a few tens lose half their digits in the one-pass form.
 */
import { internalError } from '../errors.js';

/** Arrays that a kernel reads or writes. */
export type FloatArray = Float32Array | Float64Array;

/**
 * Mean over members at every point.
 * @param members [member, point]; NaN propagates
 * @param memberCount M ≥ 1
 * @param mean [point], written
 * @throws {PlumeError} internal, when the lengths do not match
 */
export function memberMean(members: FloatArray, memberCount: number, mean: FloatArray): void {
  const points = mean.length;
  requireMembers(members.length, memberCount, points);
  for (let point = 0; point < points; point++) {
    let sum = 0;
    for (let i = point; i < members.length; i += points) sum += members[i]!;
    mean[point] = sum / memberCount;
  }
}

/**
 * Mean and unbiased variance over members at every point.
 * @param members [member, point]; NaN propagates
 * @param memberCount M ≥ 1
 * @param mean [point], written, unit of the members
 * @param variance [point], written, unit squared; NaN where M = 1: one member has no spread to speak of
 * @throws {PlumeError} internal, when the lengths do not match
 */
export function memberMoments(
  members: FloatArray,
  memberCount: number,
  mean: FloatArray,
  variance: FloatArray,
): void {
  const points = mean.length;
  requireMembers(members.length, memberCount, points);
  if (variance.length !== points) throw internalError('moments: mean and variance differ in length');
  for (let point = 0; point < points; point++) {
    let sum = 0;
    for (let i = point; i < members.length; i += points) sum += members[i]!;
    const centre = sum / memberCount;
    let squares = 0;
    for (let i = point; i < members.length; i += points) squares += (members[i]! - centre) ** 2;
    mean[point] = centre;
    variance[point] = memberCount > 1 ? squares / (memberCount - 1) : Number.NaN;
  }
}

/** Doors check, rooms trust: a mismatch here is a defect of the caller, not of the data. */
export function requireMembers(length: number, memberCount: number, points: number): void {
  if (!(memberCount >= 1) || length !== memberCount * points) {
    throw internalError(
      `ensemble of ${memberCount} members on ${points} points needs ${memberCount * points} values, ` +
        `found ${length}`,
    );
  }
}
