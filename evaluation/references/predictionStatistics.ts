/**
 * What is known of a reference's prediction at every point: the statistics of kernels/pointKernel.ts in the same layout,
 * each kind of prediction by its own closed form. Unit of the channel.
 *
 *   deterministic  a step: CRPS |x − y|, quantiles all x, probabilities 0 or 1; no variance, no ignorance
 *   gaussian       closed forms (scores/crpsGaussian.ts, references/gaussianTail.ts)
 *   distribution   binary search in the sorted sample (references/sampleDistribution.ts)
 *   ensemble       the kernel of ensembles
 *
 * The estimators of the CRPS differ in how they make up for few members. What is a whole distribution, in closed form
 * or as a sample that stands for one, has no members to make up for: its three are one number. NaN where a statistic
 * does not apply, and where truth or prediction is missing.
 */
import { internalError } from '../../core/errors.js';
import type { FloatArray } from '../../core/statistics/moments.js';
import { pitOfNormal } from '../calibration/pit.js';
import { type PointStatistic, pointStatistics } from '../kernels/pointKernel.js';
import { crpsGaussian } from '../scores/crpsGaussian.js';
import { ignoranceGaussian } from '../scores/ignorance.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import { normalQuantile } from '../scores/normal.js';
import { quantileScore } from '../scores/quantileScore.js';
import { EnsembleStretches } from './ensembleStretches.js';
import { exceedanceGaussian, twcrpsGaussianAbove } from './gaussianTail.js';
import type { Prediction } from './reference.js';
import type { SampleDistribution } from './sampleDistribution.js';

/** A truth, and what it is compared with beside the prediction. */
export interface PredictionTarget {
  /** [point] */
  readonly truth: FloatArray;
  /** [threshold, point] */
  readonly thresholds: FloatArray;
  /** [point]: climatological mean; null: no anomalies. */
  readonly climate: FloatArray | null;
  /** Of ensembles: whether members may be missing; elsewhere what is missing is NaN. */
  readonly nanPolicy: NanPolicy;
}

const ninetieth = normalQuantile(0.9);

/** Scratch and results live as long as the scorer; a call writes over those of the last. */
export class PredictionScorer {
  readonly points: number;
  readonly thresholds: number;
  /** [statistic in the order of pointStatistics, point] */
  readonly statistics: Float64Array;
  /** [threshold, point] */
  readonly twcrpsAbove: Float64Array;
  /** [threshold, point]: probability of a value strictly above the threshold. */
  readonly probability: Float64Array;
  /** [point]: F(truth−) and F(truth) of distributions (calibration/pit.ts); NaN of other predictions. */
  readonly pitLow: Float64Array;
  readonly pitHigh: Float64Array;
  private readonly low: Float64Array;
  private readonly middle: Float64Array;
  private readonly high: Float64Array;
  private ensembles: EnsembleStretches | undefined;

  constructor(points: number, thresholds: number) {
    this.points = points;
    this.thresholds = thresholds;
    this.statistics = new Float64Array(pointStatistics.length * points);
    this.twcrpsAbove = new Float64Array(thresholds * points);
    this.probability = new Float64Array(thresholds * points);
    this.pitLow = new Float64Array(points);
    this.pitHigh = new Float64Array(points);
    this.low = new Float64Array(points);
    this.middle = new Float64Array(points);
    this.high = new Float64Array(points);
  }

  /**
   * Scores a prediction at every point.
   * @throws {PlumeError} data, on a missing member under policy raise; internal, when lengths do not match
   */
  score(prediction: Prediction, target: PredictionTarget): void {
    const { points, thresholds } = this;
    if (target.truth.length !== points || target.thresholds.length !== thresholds * points) {
      throw internalError(
        `a scorer of ${points} points and ${thresholds} thresholds was given ${target.truth.length} values of ` +
          `truth and ${target.thresholds.length} of thresholds`,
      );
    }
    this.statistics.fill(Number.NaN);
    this.pitLow.fill(Number.NaN);
    this.pitHigh.fill(Number.NaN);
    switch (prediction.kind) {
      case 'deterministic':
        this.scoreField(prediction.values, target);
        break;
      case 'gaussian':
        this.scoreGaussian(prediction.mean, prediction.sigma, target);
        break;
      case 'distribution':
        this.scoreSample(prediction.distribution, target);
        break;
      case 'ensemble':
        this.ensembles ??= new EnsembleStretches();
        this.ensembles.score(prediction.members, prediction.memberCount, target, this);
        break;
    }
    // As the kernel of ensembles has it: where the truth is missing, nothing counts, so that all means are over the same.
    for (let point = 0; point < points; point++) {
      if (!Number.isNaN(target.truth[point]!)) continue;
      for (const values of [this.statistics, this.twcrpsAbove, this.probability])
        for (let i = point; i < values.length; i += points) values[i] = Number.NaN;
    }
  }

  /** The values of one statistic, [point]. */
  field(name: PointStatistic): Float64Array {
    const index = pointStatistics.indexOf(name);
    return this.statistics.subarray(index * this.points, (index + 1) * this.points);
  }

  private scoreField(values: FloatArray, target: PredictionTarget): void {
    this.scoreCentre(values, target);
    for (const name of ['crps', 'crps_energy', 'crps_almost_fair'] as const)
      this.field(name).set(this.field('absolute_error'));
    this.scoreQuantiles(values, values, values, target.truth);
    this.field('members').fill(1);
    this.eachThreshold(target, (i, point, t) => {
      const [x, y] = [values[point]!, target.truth[point]!];
      this.twcrpsAbove[i] = Math.abs(Math.max(x, t) - Math.max(y, t));
      this.probability[i] = Number.isNaN(x) ? Number.NaN : x > t ? 1 : 0;
    });
  }

  private scoreGaussian(mean: Float64Array, sigma: Float64Array, target: PredictionTarget): void {
    const { truth } = target;
    const { low, high } = this;
    const [crps, variance, ignorance] = [this.field('crps'), this.field('variance'), this.field('ignorance')];
    this.scoreCentre(mean, target);
    for (let i = 0; i < this.points; i++) {
      const [mu, s, y] = [mean[i]!, sigma[i]!, truth[i]!];
      crps[i] = crpsGaussian(mu, s, y);
      variance[i] = s * s;
      ignorance[i] = ignoranceGaussian(mu, s * s, y);
      low[i] = mu - ninetieth * s;
      high[i] = mu + ninetieth * s;
      const pit = pitOfNormal(mu, s, y);
      this.pitLow[i] = pit.low;
      this.pitHigh[i] = pit.high;
    }
    this.field('crps_energy').set(crps);
    this.field('crps_almost_fair').set(crps);
    this.scoreQuantiles(low, mean, high, truth);
    this.eachThreshold(target, (i, point, t) => {
      this.twcrpsAbove[i] = twcrpsGaussianAbove(mean[point]!, sigma[point]!, t, truth[point]!);
      this.probability[i] = exceedanceGaussian(mean[point]!, sigma[point]!, t);
    });
  }

  private scoreSample(distribution: SampleDistribution, target: PredictionTarget): void {
    const { truth, thresholds } = target;
    const { points } = this;
    const crps = this.field('crps');
    const ignorance = this.field('ignorance');
    this.scoreCentre(distribution.mean, target);
    distribution.crps(truth, crps);
    this.field('crps_energy').set(crps);
    this.field('crps_almost_fair').set(crps);
    this.field('variance').set(distribution.variance);
    for (let i = 0; i < points; i++)
      ignorance[i] = ignoranceGaussian(distribution.mean[i]!, distribution.variance[i]!, truth[i]!);
    distribution.quantile(0.1, this.low);
    distribution.quantile(0.5, this.middle);
    distribution.quantile(0.9, this.high);
    this.scoreQuantiles(this.low, this.middle, this.high, truth);
    distribution.pit(truth, this.pitLow, this.pitHigh);
    this.field('members').fill(distribution.memberCount);
    if (this.thresholds === 0) return;
    distribution.twcrpsAbove(thresholds, truth, this.twcrpsAbove);
    distribution.exceedance(thresholds, this.probability);
  }

  /** What depends on the mean alone. */
  private scoreCentre(mean: FloatArray, { truth, climate }: PredictionTarget): void {
    const [squared, error, absolute] = [
      this.field('squared_error'),
      this.field('error'),
      this.field('absolute_error'),
    ];
    for (let i = 0; i < this.points; i++) {
      const e = mean[i]! - truth[i]!;
      squared[i] = e * e;
      error[i] = e;
      absolute[i] = Math.abs(e);
    }
    if (climate === null) return;
    const [product, forecast, observed] = [
      this.field('forecast_anomaly_product'),
      this.field('forecast_anomaly_squared'),
      this.field('truth_anomaly_squared'),
    ];
    for (let i = 0; i < this.points; i++) {
      const [f, o] = [mean[i]! - climate[i]!, truth[i]! - climate[i]!];
      product[i] = f * o;
      forecast[i] = f * f;
      observed[i] = o * o;
    }
  }

  /** Pinball losses of the quantiles 10, 50 and 90 %, and the interval between the outer two. */
  private scoreQuantiles(low: FloatArray, middle: FloatArray, high: FloatArray, truth: FloatArray): void {
    const [q10, q50, q90, interval, width, coverage] = (
      [
        'quantile_score_10',
        'quantile_score_50',
        'quantile_score_90',
        'interval_score_80',
        'interval_width_80',
        'coverage_80',
      ] as const
    ).map((name) => this.field(name)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let i = 0; i < this.points; i++) {
      const [a, b, c, y] = [low[i]!, middle[i]!, high[i]!, truth[i]!];
      q10[i] = quantileScore(a, y, 0.1);
      q50[i] = quantileScore(b, y, 0.5);
      q90[i] = quantileScore(c, y, 0.9);
      width[i] = c - a;
      interval[i] = c - a + (2 / 0.2) * (Math.max(0, a - y) + Math.max(0, y - c));
      coverage[i] = Number.isNaN(a + c + y) ? Number.NaN : y >= a && y <= c ? 1 : 0;
    }
  }

  private eachThreshold(
    { thresholds }: PredictionTarget,
    visit: (index: number, point: number, threshold: number) => void,
  ): void {
    for (let i = 0; i < thresholds.length; i++) {
      const t = thresholds[i]!;
      if (Number.isNaN(t)) {
        this.twcrpsAbove[i] = Number.NaN;
        this.probability[i] = Number.NaN;
      } else visit(i, i % this.points, t);
    }
  }
}
