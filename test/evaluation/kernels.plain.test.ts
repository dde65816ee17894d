/** The plain point kernel against the scores and moments it brings together, and against sums by hand. */
import { describe, expect, it } from 'vitest';
import { decomposeCrps } from '../../core/statistics/kernelDecomposition.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { decomposeVariance } from '../../core/statistics/varianceDecomposition.js';
import { plainPointKernel, statisticRow } from '../../evaluation/kernels/plainPointKernel.js';
import type { PointKernel, PointStatistic } from '../../evaluation/kernels/pointKernel.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';

const capacity = 8;

function statistic(kernel: PointKernel, name: PointStatistic, point: number): number {
  return kernel.statistics[statisticRow[name] * capacity + point]!;
}

/** A kernel of K × J members with every point filled with wavy numbers. */
function filled(weightSamples: number, noiseStreams: number, thresholds = 0): PointKernel {
  const kernel = plainPointKernel({
    design: { weightSamples, noiseStreams },
    capacity,
    thresholds,
    anomalies: true,
  });
  kernel.members.forEach((_, i) => {
    kernel.members[i] = 280 + 3 * Math.sin(1.7 * i) + Math.cos(0.13 * i * i);
  });
  kernel.truth.forEach((_, i) => {
    kernel.truth[i] = 280 + 2 * Math.sin(i);
    kernel.climate[i] = 279 + 0.1 * i;
  });
  return kernel;
}

describe('the plain point kernel', () => {
  it('gives the scores of the rooms it is made of', () => {
    const kernel = filled(4, 3);
    kernel.score(capacity, 'propagate');
    const of = (name: PointStatistic): Float64Array =>
      kernel.statistics.subarray(statisticRow[name] * capacity, (statisticRow[name] + 1) * capacity);
    const close = (name: PointStatistic, expected: ArrayLike<number>): void => {
      for (let i = 0; i < capacity; i++) expect(of(name)[i], `${name} ${i}`).toBeCloseTo(expected[i]!, 10);
    };
    const { members, truth } = kernel;
    close('crps', crpsEnsemble(members, 12, truth));
    close('crps_energy', crpsEnsemble(members, 12, truth, { estimator: { kind: 'energy' } }));
    close(
      'crps_almost_fair',
      crpsEnsemble(members, 12, truth, { estimator: { kind: 'almost-fair', alpha: 0.95 } }),
    );
    const mean = new Float64Array(capacity);
    const variance = new Float64Array(capacity);
    memberMoments(members, 12, mean, variance);
    close('variance', variance);
    close(
      'error',
      mean.map((x, i) => x - truth[i]!),
    );
    close(
      'squared_error',
      mean.map((x, i) => (x - truth[i]!) ** 2),
    );
    close(
      'absolute_error',
      mean.map((x, i) => Math.abs(x - truth[i]!)),
    );
    const epistemic = new Float64Array(capacity);
    const aleatoric = new Float64Array(capacity);
    decomposeVariance(members, { weightSamples: 4, noiseStreams: 3 }, epistemic, aleatoric, 'keep');
    close('epistemic', epistemic);
    close('aleatoric', aleatoric);
    close(
      'epistemic_negative',
      epistemic.map((x) => (x < 0 ? 1 : 0)),
    );
    decomposeCrps(members, { weightSamples: 4, noiseStreams: 3 }, epistemic, aleatoric, 'keep');
    close('epistemic_crps', epistemic);
    close('aleatoric_crps', aleatoric);
    close(
      'epistemic_crps_negative',
      epistemic.map((x) => (x < 0 ? 1 : 0)),
    );
    const forecast = mean.map((x, i) => x - kernel.climate[i]!);
    const happened = mean.map((_, i) => truth[i]! - kernel.climate[i]!);
    close(
      'forecast_anomaly_product',
      forecast.map((x, i) => x * happened[i]!),
    );
    close(
      'forecast_anomaly_squared',
      forecast.map((x) => x * x),
    );
    close(
      'truth_anomaly_squared',
      happened.map((x) => x * x),
    );
    close('members', new Float64Array(capacity).fill(12));
  });

  it('knows quantile and interval scores, ignorance, ranks and events of 1 … 11 by hand', () => {
    const kernel = filled(11, 1, 2);
    for (let m = 0; m < 11; m++) kernel.members[m * capacity] = ((5 * m) % 11) + 1;
    kernel.truth[0] = 11.5;
    kernel.thresholds[0] = 9;
    kernel.thresholds[capacity] = 11;
    kernel.score(1, 'raise');
    // Type-7 quantiles of 1 … 11 are 2, 6 and 10; the variance is 11.
    expect(statistic(kernel, 'quantile_score_10', 0)).toBeCloseTo(0.1 * 9.5, 12);
    expect(statistic(kernel, 'quantile_score_50', 0)).toBeCloseTo(0.5 * 5.5, 12);
    expect(statistic(kernel, 'quantile_score_90', 0)).toBeCloseTo(0.9 * 1.5, 12);
    expect(statistic(kernel, 'interval_width_80', 0)).toBeCloseTo(8, 12);
    expect(statistic(kernel, 'interval_score_80', 0)).toBeCloseTo(8 + 10 * 1.5, 12);
    expect(statistic(kernel, 'coverage_80', 0)).toBe(0);
    expect(statistic(kernel, 'ignorance', 0)).toBeCloseTo(
      -Math.log2(Math.exp(-(5.5 ** 2) / 22) / Math.sqrt(2 * Math.PI * 11)),
      12,
    );
    expect(statistic(kernel, 'epistemic', 0)).toBeNaN();
    expect(kernel.below[0]).toBe(11);
    expect(kernel.equal[0]).toBe(0);
    expect([kernel.exceeding[0], kernel.exceeding[capacity]]).toEqual([2, 0]);
    // Above 9: nine members at 9, then 10 and 11; truth 11.5.
    const pairs = 9 * 1 + 9 * 2 + 1;
    expect(kernel.twcrpsAbove[0]).toBeCloseTo((9 * 2.5 + 1.5 + 0.5) / 11 - pairs / 110, 12);
    expect(kernel.twcrpsAbove[capacity]).toBeCloseTo(0.5, 12);
  });

  it('counts members equal to the truth, and covers it between the quantiles', () => {
    const kernel = filled(5, 1);
    for (let m = 0; m < 5; m++) kernel.members[m * capacity] = [3, 1, 2, 2, 4][m]!;
    kernel.truth[0] = 2;
    kernel.score(1, 'raise');
    expect([kernel.below[0], kernel.equal[0]]).toEqual([1, 2]);
    expect(statistic(kernel, 'coverage_80', 0)).toBe(1);
  });

  it('has no spread for one member, and its distance as energy CRPS', () => {
    const kernel = filled(1, 1);
    kernel.score(1, 'propagate');
    const distance = Math.abs(kernel.members[0]! - kernel.truth[0]!);
    for (const name of ['crps', 'crps_almost_fair', 'variance', 'ignorance', 'aleatoric'] as const)
      expect(statistic(kernel, name, 0), name).toBeNaN();
    expect(statistic(kernel, 'crps_energy', 0)).toBe(distance);
    expect(statistic(kernel, 'quantile_score_50', 0)).toBeCloseTo(distance / 2, 14);
    expect(statistic(kernel, 'interval_width_80', 0)).toBe(0);
  });

  it('has no ignorance where members agree, and stays finite otherwise', () => {
    const kernel = filled(6, 1);
    for (let m = 0; m < 6; m++) kernel.members[m * capacity] = 5;
    kernel.score(1, 'propagate');
    expect(statistic(kernel, 'ignorance', 0)).toBeNaN();
    expect(statistic(kernel, 'variance', 0)).toBe(0);
    expect(statistic(kernel, 'crps', 0)).toBe(kernel.truth[0]! - 5);
  });

  it('leaves missing members out under omit: all is as if they had never been', () => {
    const kernel = filled(4, 3, 1);
    kernel.thresholds.fill(280);
    kernel.members[5 * capacity + 2] = Number.NaN;
    kernel.members[6 * capacity + 2] = Number.NaN;
    kernel.truth[4] = Number.NaN;
    kernel.score(capacity, 'omit');
    const kept = plainPointKernel({ ...kernel.shape, design: { weightSamples: 10, noiseStreams: 1 } });
    for (let m = 0; m < 10; m++)
      kept.members[m * capacity + 2] = kernel.members[(m < 5 ? m : m + 2) * capacity + 2]!;
    kept.truth.set(kernel.truth);
    kept.climate.set(kernel.climate);
    kept.thresholds.set(kernel.thresholds);
    kept.score(capacity, 'propagate');
    for (const name of ['crps', 'variance', 'ignorance', 'quantile_score_90', 'interval_score_80'] as const)
      expect(statistic(kernel, name, 2), name).toBeCloseTo(statistic(kept, name, 2), 12);
    expect(kernel.exceeding[2]).toBe(kept.exceeding[2]);
    expect(kernel.twcrpsAbove[2]).toBeCloseTo(kept.twcrpsAbove[2]!, 12);
    expect(statistic(kernel, 'members', 2)).toBe(10);
    // A rank among fewer members is not one of M + 1.
    expect([kernel.below[2], kernel.equal[2]]).toEqual([-1, -1]);
    expect(statistic(kernel, 'aleatoric', 2)).toBeGreaterThan(0);
    for (const row of Object.values(statisticRow)) expect(kernel.statistics[row * capacity + 4]).toBeNaN();
    expect([kernel.exceeding[4], kernel.below[4], kernel.equal[4]]).toEqual([-1, -1, -1]);
  });

  it('propagates a missing value to its own point only, and raises with the name of the point', () => {
    const kernel = filled(3, 2, 1);
    kernel.thresholds.fill(280);
    kernel.members[4 * capacity + 3] = Number.NaN;
    kernel.score(capacity, 'propagate');
    for (const row of Object.values(statisticRow)) {
      expect(kernel.statistics[row * capacity + 3]).toBeNaN();
      expect(kernel.statistics[row * capacity + 2]).not.toBeNaN();
    }
    expect([kernel.exceeding[3], kernel.below[3], kernel.equal[3]]).toEqual([-1, -1, -1]);
    expect(() => kernel.score(capacity, 'raise')).toThrow(/1 of 6 members at point 3/);
    expect(() => kernel.score(3, 'raise')).not.toThrow();
    kernel.truth[1] = Number.NaN;
    expect(() => kernel.score(capacity, 'raise')).toThrow(/the observation at point 1/);
    expect(() => kernel.score(capacity + 1, 'omit')).toThrow(/at most 8/);
  });

  it('estimates both variances without bias from unequal numbers of streams', () => {
    // Weight samples spread by 2², streams by 1²; two of twelve members are missing at every point.
    const points = 4000;
    const kernel = plainPointKernel({
      design: { weightSamples: 4, noiseStreams: 3 },
      capacity: points,
      thresholds: 0,
      anomalies: false,
    });
    let state = 7;
    const uniform = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    for (let point = 0; point < points; point++) {
      for (let k = 0; k < 4; k++) {
        const centre = 2 * normal();
        for (let j = 0; j < 3; j++) kernel.members[(3 * k + j) * points + point] = centre + normal();
      }
      kernel.members[1 * points + point] = Number.NaN;
      kernel.members[2 * points + point] = Number.NaN;
    }
    kernel.score(points, 'omit');
    const mean = (name: PointStatistic): number =>
      kernel.statistics
        .subarray(statisticRow[name] * points, (statisticRow[name] + 1) * points)
        .reduce((sum, x) => sum + x, 0) / points;
    // Standard errors: 4·√(2/3)/√4000 ≈ 0.06 and √(2/6)/√4000 ≈ 0.01.
    expect(Math.abs(mean('epistemic') - 4)).toBeLessThan(0.3);
    expect(Math.abs(mean('aleatoric') - 1)).toBeLessThan(0.05);
    // σ/√π and √(σ² + τ²)/√π − σ/√π; standard errors 0.006 and 0.01.
    expect(Math.abs(mean('aleatoric_crps') - Math.sqrt(1 / Math.PI))).toBeLessThan(0.025);
    expect(Math.abs(mean('epistemic_crps') - (Math.sqrt(5) - 1) / Math.sqrt(Math.PI))).toBeLessThan(0.045);
    expect(mean('truth_anomaly_squared')).toBeNaN();
  });
});
