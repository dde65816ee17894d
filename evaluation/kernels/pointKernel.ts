/**
 * Everything that is known of an ensemble at one point from its members and the truth, for many points at a time.
 * Two implementations, equal to the last digits: plainPointKernel.ts, which reads like the formulas, and
 * simdPointKernel.ts, which sorts members with a network across points (kernels/score.as.ts).
 */
import type { NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import type { NanPolicy } from '../scores/nanPolicy.js';

/**
 * Statistics of one point, each additive over points and cases (a mean of them means something):
 *
 *   crps               fair CRPS (Ferro 2014)
 *   crps_energy        CRPS of the empirical distribution
 *   crps_almost_fair   α = 0.95 (Lang et al. 2024)
 *   squared_error      (x̄ − y)²
 *   error              x̄ − y
 *   absolute_error     |x̄ − y|
 *   variance           s², 1/(M − 1)
 *   epistemic, aleatoric, epistemic_negative   core/statistics/varianceDecomposition, 'keep'; the last 0 or 1
 *   ignorance          −log₂ of the normal density of mean and variance of the members at y (Roulston & Smith 2002)
 *   quantile_score_10, _50, _90   pinball loss of the type-7 quantiles, not doubled
 *   interval_score_80, interval_width_80, coverage_80   of the central 80 % between the type-7 quantiles
 *   forecast_anomaly_product   (x̄ − c)(y − c) with c the climatological mean; and the two squares: for the
 *   forecast_anomaly_squared   anomaly correlation
 *   truth_anomaly_squared
 *   epistemic_crps, aleatoric_crps, epistemic_crps_negative   core/statistics/kernelDecomposition, likewise
 *   members            number of members the others rest on: those that are not missing (NaN)
 */
export const pointStatistics = [
  'crps',
  'crps_energy',
  'crps_almost_fair',
  'squared_error',
  'error',
  'absolute_error',
  'variance',
  'epistemic',
  'aleatoric',
  'epistemic_negative',
  'ignorance',
  'quantile_score_10',
  'quantile_score_50',
  'quantile_score_90',
  'interval_score_80',
  'interval_width_80',
  'coverage_80',
  'forecast_anomaly_product',
  'forecast_anomaly_squared',
  'truth_anomaly_squared',
  'members',
  'epistemic_crps',
  'aleatoric_crps',
  'epistemic_crps_negative',
] as const;
export type PointStatistic = (typeof pointStatistics)[number];

/** Threshold-weighted CRPS (fair) of the part of the line above each threshold. */
export type ThresholdStatistic = 'twcrps_above';

export interface PointKernelShape {
  readonly design: NestedDesign;
  /** Most points that one call takes. */
  readonly capacity: number;
  /** Number of thresholds T, 0 or more. */
  readonly thresholds: number;
  /** False: anomaly statistics are NaN and `climate` is not read. */
  readonly anomalies: boolean;
}

/** Scratch and results live as long as the kernel; a call writes over those of the last. */
export interface PointKernel {
  readonly shape: PointKernelShape;
  /** [member, capacity]: the caller writes its n points to the head of each row of `capacity`. */
  readonly members: Float32Array;
  /** [capacity] */
  readonly truth: Float32Array;
  /** [threshold, capacity] */
  readonly thresholds: Float32Array;
  /** [capacity]: climatological mean */
  readonly climate: Float32Array;
  /**
   * Scores the first n points.
   * @throws {PlumeError} data, on a missing value under policy raise, naming the point
   */
  score(n: number, nanPolicy: NanPolicy): void;
  /** [statistic in the order of pointStatistics, capacity]; NaN where a statistic cannot be had. */
  readonly statistics: Float64Array;
  /** [threshold, capacity] */
  readonly twcrpsAbove: Float64Array;
  /**
   * [threshold, capacity]: members strictly above the threshold, of those that the statistic `members` counts;
   * −1 where that is NaN or the threshold is.
   */
  readonly exceeding: Int32Array;
  /** [capacity]: members below the truth, and equal to it; −1 where any value is missing, under every policy. */
  readonly below: Int32Array;
  readonly equal: Int32Array;
}
