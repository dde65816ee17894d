/**
 * The point kernel in plain TypeScript: the formulas as they are written, point by point, and the reference that the
 * SIMD kernel is held against. Inputs are float32, every sum is float64, and before anything is summed the truth is taken
 * off the members, or, for variances, one of the members: pressures near 1e5 Pa keep their digits.
 *
 * A missing value (NaN) under policy omit: members that are missing are left out, and all statistics are those of the
 * members that are left; ranks (below, equal) are not, since ranks of fewer members mean something else. Where the truth
 * is missing nothing is known. Quantiles are of type 7 (Hyndman & Fan 1996): linear between order statistics, position
 * p (M − 1) from 0.
 */
import { internalError } from '../../core/errors.js';
import { almostFairCrps } from '../scores/crpsEstimators.js';
import { crpsOfErrors, energyCrps, fairCrps, pairFactor } from '../scores/crpsOfErrors.js';
import { ignoranceGaussian } from '../scores/ignorance.js';
import { missingValueError, type NanPolicy } from '../scores/nanPolicy.js';
import { quantileOfSorted, quantileScore } from '../scores/quantileScore.js';
import {
  type PointKernel,
  type PointKernelShape,
  type PointStatistic,
  pointStatistics,
} from './pointKernel.js';

/** Where the arrays of a kernel lie; the SIMD kernel keeps them in the memory of its module. */
export type KernelArrays = Omit<PointKernel, 'shape' | 'score'>;

/** Row of a statistic in the results. */
export const statisticRow = Object.fromEntries(pointStatistics.map((name, row) => [name, row])) as Readonly<
  Record<PointStatistic, number>
>;

export function plainPointKernel(shape: PointKernelShape): PointKernel {
  const arrays = ordinaryArrays(shape);
  const scorePoint = pointScorer(shape, arrays);
  return {
    shape,
    ...arrays,
    score(n, nanPolicy) {
      requireWithinCapacity(n, shape);
      for (let point = 0; point < n; point++) scorePoint(point, nanPolicy);
    },
  };
}

export function requireWithinCapacity(n: number, { capacity }: PointKernelShape): void {
  if (!(n >= 0 && n <= capacity))
    throw internalError(`point kernel: ${n} points, but it takes at most ${capacity} at a time`);
}

/** @throws {PlumeError} internal, when there is no member, no room, or a negative number of thresholds */
export function requireShape({ design, capacity, thresholds }: PointKernelShape): void {
  const counts = [design.weightSamples, design.noiseStreams, capacity, thresholds + 1];
  if (!counts.every((count) => Number.isInteger(count) && count >= 1)) {
    throw internalError(
      `point kernel of ${design.weightSamples} × ${design.noiseStreams} members, ${capacity} points and ` +
        `${thresholds} thresholds: expected whole numbers, at least one member and one point`,
    );
  }
}

function ordinaryArrays(shape: PointKernelShape): KernelArrays {
  requireShape(shape);
  const { design, capacity, thresholds } = shape;
  return {
    members: new Float32Array(design.weightSamples * design.noiseStreams * capacity),
    truth: new Float32Array(capacity),
    thresholds: new Float32Array(thresholds * capacity),
    climate: new Float32Array(capacity),
    statistics: new Float64Array(pointStatistics.length * capacity),
    twcrpsAbove: new Float64Array(thresholds * capacity),
    exceeding: new Int32Array(thresholds * capacity),
    below: new Int32Array(capacity),
    equal: new Int32Array(capacity),
  };
}

/** @returns a function that scores one point of the arrays */
export function pointScorer(
  shape: PointKernelShape,
  arrays: KernelArrays,
): (point: number, nanPolicy: NanPolicy) => void {
  const { design, capacity } = shape;
  const { members, statistics, twcrpsAbove, exceeding } = arrays;
  const memberCount = design.weightSamples * design.noiseStreams;
  const values = new Float64Array(memberCount);
  const errors = new Float64Array(memberCount);
  const ofSample = new Float64Array(design.noiseStreams);

  return (point, nanPolicy) => {
    const truth = arrays.truth[point]!;
    const keep = (name: PointStatistic, value: number): void => {
      statistics[statisticRow[name] * capacity + point] = value;
    };
    let count = 0;
    let below = 0;
    let equal = 0;
    for (let m = 0; m < memberCount; m++) {
      const value = members[m * capacity + point]!;
      if (Number.isNaN(value - truth)) continue;
      values[count++] = value;
      if (value < truth) below++;
      else if (value === truth) equal++;
    }
    if (count < memberCount && nanPolicy === 'raise') {
      const what = Number.isNaN(truth)
        ? 'the observation'
        : `${memberCount - count} of ${memberCount} members`;
      throw missingValueError('scores', `${what} at point ${point}`);
    }
    if (count === 0 || (count < memberCount && nanPolicy === 'propagate')) {
      leaveOut(shape, arrays, point);
      return;
    }
    arrays.below[point] = count < memberCount ? -1 : below;
    arrays.equal[point] = count < memberCount ? -1 : equal;
    keep('members', count);

    let sum = 0;
    for (let i = 0; i < count; i++) {
      errors[i] = values[i]! - truth;
      sum += errors[i]!;
    }
    const error = sum / count;
    const base = values[0]!;
    const variance = varianceAbout(base, values, count);
    keep('squared_error', error * error);
    keep('error', error);
    keep('absolute_error', Math.abs(error));
    keep('variance', variance);
    keep('ignorance', ignoranceGaussian(error, variance, 0));

    const anomaly = shape.anomalies ? truth - arrays.climate[point]! : Number.NaN;
    keep('forecast_anomaly_product', (error + anomaly) * anomaly);
    keep('forecast_anomaly_squared', (error + anomaly) ** 2);
    keep('truth_anomaly_squared', anomaly * anomaly);

    const { epistemic, aleatoric } = varianceSources(shape, members, point, base);
    keep('epistemic', epistemic);
    keep('aleatoric', aleatoric);
    keep('epistemic_negative', Number.isNaN(epistemic) ? Number.NaN : epistemic < 0 ? 1 : 0);

    const energy = crpsOfErrors(errors, count, energyCrps);
    // The errors are sorted from here on.
    const pairs = pairSum(errors, count);
    const distance = energy + pairFactor(energyCrps, count) * pairs;
    keep('crps', distance - pairFactor(fairCrps, count) * pairs);
    keep('crps_energy', energy);
    keep('crps_almost_fair', distance - pairFactor(almostFairCrps, count) * pairs);
    const split = pairSources(shape, members, point, base, ofSample, pairs);
    keep('epistemic_crps', split.epistemic);
    keep('aleatoric_crps', split.aleatoric);
    keep('epistemic_crps_negative', Number.isNaN(split.epistemic) ? Number.NaN : split.epistemic < 0 ? 1 : 0);
    const low = quantileOfSorted(errors, 0.1, count);
    const middle = quantileOfSorted(errors, 0.5, count);
    const high = quantileOfSorted(errors, 0.9, count);
    keep('quantile_score_10', quantileScore(low, 0, 0.1));
    keep('quantile_score_50', quantileScore(middle, 0, 0.5));
    keep('quantile_score_90', quantileScore(high, 0, 0.9));
    keep('interval_width_80', high - low);
    keep('interval_score_80', high - low + 10 * (Math.max(0, low) + Math.max(0, -high)));
    keep('coverage_80', low <= 0 && high >= 0 ? 1 : 0);

    for (let t = 0; t < shape.thresholds; t++) {
      const at = t * capacity + point;
      const threshold = arrays.thresholds[at]!;
      if (Number.isNaN(threshold)) {
        twcrpsAbove[at] = Number.NaN;
        exceeding[at] = -1;
        continue;
      }
      const clippedTruth = Math.max(truth, threshold);
      let above = 0;
      for (let i = 0; i < count; i++) {
        if (values[i]! > threshold) above++;
        errors[i] = Math.max(values[i]!, threshold) - clippedTruth;
      }
      exceeding[at] = above;
      twcrpsAbove[at] = crpsOfErrors(errors, count, fairCrps);
    }
  };
}

/** Nothing is known of a point. */
function leaveOut({ capacity, thresholds }: PointKernelShape, arrays: KernelArrays, point: number): void {
  for (let row = 0; row < pointStatistics.length; row++)
    arrays.statistics[row * capacity + point] = Number.NaN;
  for (let t = 0; t < thresholds; t++) {
    arrays.twcrpsAbove[t * capacity + point] = Number.NaN;
    arrays.exceeding[t * capacity + point] = -1;
  }
  arrays.below[point] = -1;
  arrays.equal[point] = -1;
}

/** Σ over pairs of |x_i − x_j|, from sorted values. */
function pairSum(sorted: Float64Array, count: number): number {
  let pairs = 0;
  for (let i = 0; i < count; i++) pairs += (2 * i - count + 1) * sorted[i]!;
  return pairs;
}

/** Unbiased; NaN for one value. @param base one of them, which distances are taken from */
function varianceAbout(base: number, values: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]! - base;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - base - mean) ** 2;
  return count > 1 ? squares / (count - 1) : Number.NaN;
}

/**
 * The law of total variance over the members that are there (core/statistics/varianceDecomposition, which it equals
 * where none is missing). With J_k streams left of weight sample k: aleatoric W = Σ squares / Σ (J_k − 1), epistemic
 * B − W · mean(1 / J_k), B the variance of the means of the weight samples that are left: unbiased for equal noise.
 */
function varianceSources(
  { design, capacity }: PointKernelShape,
  members: Float32Array,
  point: number,
  base: number,
): { readonly epistemic: number; readonly aleatoric: number } {
  const { weightSamples: K, noiseStreams: J } = design;
  let squares = 0;
  let freedom = 0;
  let inverse = 0;
  let samples = 0;
  let meanOfMeans = 0;
  let squaresOfMeans = 0;
  for (let k = 0; k < K; k++) {
    let sum = 0;
    let count = 0;
    for (let j = 0; j < J; j++) {
      const distance = members[(k * J + j) * capacity + point]! - base;
      if (Number.isNaN(distance)) continue;
      sum += distance;
      count++;
    }
    if (count === 0) continue;
    const centre = sum / count;
    for (let j = 0; j < J; j++) {
      const distance = members[(k * J + j) * capacity + point]! - base;
      if (!Number.isNaN(distance)) squares += (distance - centre) ** 2;
    }
    freedom += count - 1;
    inverse += 1 / count;
    samples++;
    const delta = centre - meanOfMeans;
    meanOfMeans += delta / samples;
    squaresOfMeans += delta * (centre - meanOfMeans);
  }
  const aleatoric = freedom > 0 ? squares / freedom : Number.NaN;
  const between = samples > 1 ? squaresOfMeans / (samples - 1) : Number.NaN;
  return { epistemic: between - (aleatoric * inverse) / samples, aleatoric };
}

/**
 * The sources of the CRPS entropy over the members that are there (core/statistics/kernelDecomposition, which it equals
 * where none is missing). With J_k streams left of weight sample k, n members in all and P the sums of distances over
 * pairs: aleatoric = Σ (P_k / J_k) / Σ (J_k − 1), total = (P − Σ P_k) / (n² − Σ J_k²): unbiased for equal noise.
 * @param scratch for the members of one weight sample
 * @param pairs P
 */
function pairSources(
  { design, capacity }: PointKernelShape,
  members: Float32Array,
  point: number,
  base: number,
  scratch: Float64Array,
  pairs: number,
): { readonly epistemic: number; readonly aleatoric: number } {
  const { weightSamples: K, noiseStreams: J } = design;
  let within = 0;
  let scaled = 0;
  let freedom = 0;
  let all = 0;
  let same = 0;
  for (let k = 0; k < K; k++) {
    let count = 0;
    for (let j = 0; j < J; j++) {
      const distance = members[(k * J + j) * capacity + point]! - base;
      if (!Number.isNaN(distance)) scratch[count++] = distance;
    }
    if (count === 0) continue;
    const own = pairSum(scratch.subarray(0, count).sort(), count);
    within += own;
    scaled += own / count;
    freedom += count - 1;
    all += count;
    same += count * count;
  }
  const aleatoric = freedom > 0 ? scaled / freedom : Number.NaN;
  const total = all * all > same ? (pairs - within) / (all * all - same) : Number.NaN;
  return { epistemic: total - aleatoric, aleatoric };
}
