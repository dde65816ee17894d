/**
 * Statistics of one case (one start, one lead, one channel): scores at every point, then area means over each
 * region. The scratch space is made once and used for every case.
 */
import type { FloatArray } from '../../core/statistics/moments.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { decomposeVariance, type NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import { addRanks } from '../calibration/rankHistogram.js';
import { crpsOfPrediction, meanOfPrediction } from '../references/predictionScores.js';
import type { Prediction } from '../references/reference.js';
import { crpsKernel } from '../scores/crps.js';
import { absoluteErrors, errors, squaredErrors } from '../scores/deterministic.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import { areaMean } from './areaMean.js';
import { meanStatistics, rankName } from './metrics.js';

/** Names of the statistics of an ensemble of this design, in the order of their rows. */
export function ensembleStatistics(design: NestedDesign): string[] {
  const { weightSamples: K, noiseStreams: J } = design;
  const members = K * J;
  // One member has neither a fair CRPS nor a spread; it is scored as a single field.
  const names: string[] = members > 1 ? [...meanStatistics, 'variance'] : meanStatistics.slice(1);
  if (K > 1 && J > 1) names.push('epistemic', 'aleatoric', 'epistemic_negative');
  for (let rank = 0; rank <= members; rank++) names.push(rankName(rank, members));
  return names;
}

/** Names of the statistics of a reference's prediction. */
export function predictionStatistics(kind: Prediction['kind']): string[] {
  return kind === 'deterministic' ? [...meanStatistics] : [...meanStatistics, 'variance'];
}

/**
 * @param regions area weights of each region, [point]
 * @returns a function of members [member, point] and truth [point] that gives a row of statistics a region
 */
export function ensembleScorer(
  design: NestedDesign,
  regions: readonly Float64Array[],
  nanPolicy: NanPolicy,
): (members: Float32Array, truth: FloatArray) => Float64Array[] {
  const names = ensembleStatistics(design);
  const memberCount = design.weightSamples * design.noiseStreams;
  const points = regions[0]!.length;
  const mean = new Float64Array(points);
  const variance = new Float64Array(points);
  const epistemic = new Float64Array(points);
  const aleatoric = new Float64Array(points);
  const scratch = new Float64Array(points);
  const column = new Float64Array(memberCount);
  const ranks = new Float64Array(memberCount + 1);
  return (members, truth) => {
    const rows = regions.map(() => new Float64Array(names.length));
    let next = 0;
    const keep = (field: FloatArray): void => {
      for (const [r, weights] of regions.entries()) rows[r]![next] = areaMean(field, weights, nanPolicy);
      next++;
    };
    memberMoments(members, memberCount, mean, variance);
    if (memberCount > 1) {
      crpsKernel(members, memberCount, truth, scratch, column, { nanPolicy });
      keep(scratch);
    }
    for (const kernel of [squaredErrors, errors, absoluteErrors]) {
      kernel(mean, truth, scratch);
      keep(scratch);
    }
    if (memberCount > 1) keep(variance);
    if (names.includes('epistemic')) {
      decomposeVariance(members, design, epistemic, aleatoric, 'keep');
      keep(epistemic);
      keep(aleatoric);
      for (let i = 0; i < points; i++) scratch[i] = epistemic[i]! < 0 ? 1 : 0;
      keep(scratch);
    }
    for (const [r, weights] of regions.entries()) {
      ranks.fill(0);
      const total = addRanks(members, memberCount, truth, ranks, { weights });
      for (let rank = 0; rank <= memberCount; rank++) rows[r]![next + rank] = ranks[rank]! / total;
    }
    return rows;
  };
}

/** Names of the statistics that {@link plainScorer} gives. */
export const plainStatistics = ['crps', 'squared_error', 'variance'] as const;

/**
 * What a comparison needs of an ensemble of any size, and nothing more: a row of {@link plainStatistics} a region.
 * One member is a point forecast: its CRPS is the absolute error, and it has no variance (NaN).
 */
export function plainScorer(
  memberCount: number,
  regions: readonly Float64Array[],
  nanPolicy: NanPolicy,
): (members: Float32Array, truth: FloatArray) => Float64Array[] {
  const points = regions[0]!.length;
  const mean = new Float64Array(points);
  const variance = new Float64Array(points);
  const scratch = new Float64Array(points);
  const column = new Float64Array(memberCount);
  return (members, truth) => {
    const rows = regions.map(() => new Float64Array(plainStatistics.length).fill(Number.NaN));
    const keep = (statistic: number, field: FloatArray): void => {
      for (const [r, weights] of regions.entries()) rows[r]![statistic] = areaMean(field, weights, nanPolicy);
    };
    memberMoments(members, memberCount, mean, variance);
    if (memberCount > 1) crpsKernel(members, memberCount, truth, scratch, column, { nanPolicy });
    else absoluteErrors(mean, truth, scratch);
    keep(0, scratch);
    squaredErrors(mean, truth, scratch);
    keep(1, scratch);
    if (memberCount > 1) keep(2, variance);
    return rows;
  };
}

/** Likewise for a reference's prediction: a row of {@link predictionStatistics} a region. */
export function predictionRows(
  prediction: Prediction,
  truth: FloatArray,
  regions: readonly Float64Array[],
  nanPolicy: NanPolicy,
): Float64Array[] {
  const scratch = new Float64Array(truth.length);
  const centre = meanOfPrediction(prediction);
  const fields: (() => void)[] = [
    () => crpsOfPrediction(prediction, truth, scratch),
    () => squaredErrors(centre, truth, scratch),
    () => errors(centre, truth, scratch),
    () => absoluteErrors(centre, truth, scratch),
  ];
  if (prediction.kind !== 'deterministic') fields.push(() => varianceOf(prediction, scratch));
  const rows = regions.map(() => new Float64Array(fields.length));
  for (const [i, compute] of fields.entries()) {
    compute();
    for (const [r, weights] of regions.entries()) rows[r]![i] = areaMean(scratch, weights, nanPolicy);
  }
  return rows;
}

function varianceOf(prediction: Exclude<Prediction, { kind: 'deterministic' }>, out: Float64Array): void {
  switch (prediction.kind) {
    case 'gaussian':
      for (let i = 0; i < out.length; i++) out[i] = prediction.sigma[i]! ** 2;
      return;
    case 'ensemble':
      memberMoments(prediction.members, prediction.memberCount, new Float64Array(out.length), out);
      return;
    case 'distribution':
      out.set(prediction.distribution.variance);
      return;
  }
}
