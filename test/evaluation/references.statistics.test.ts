/** Statistics of predictions: each kind against brute force, integrals and the kernel of ensembles. */
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import { millisecondsPerDay } from '../../core/time.js';
import { createPointKernel } from '../../evaluation/kernels/createPointKernel.js';
import { type PointStatistic, pointStatistics } from '../../evaluation/kernels/pointKernel.js';
import { hasScoreKernels } from '../../evaluation/kernels/scoreModule.js';
import { networkSorter, plainSorter, tilePoints } from '../../evaluation/references/columnSorter.js';
import { exceedanceGaussian, twcrpsGaussianAbove } from '../../evaluation/references/gaussianTail.js';
import { PredictionScorer } from '../../evaluation/references/predictionStatistics.js';
import type { Prediction } from '../../evaluation/references/reference.js';
import { SampleDistribution } from '../../evaluation/references/sampleDistribution.js';
import { crpsGaussian } from '../../evaluation/scores/crpsGaussian.js';
import { normalCdf } from '../../evaluation/scores/normal.js';

function draws(count: number, step: number, scale = 1, offset = 0): Float32Array {
  const out = new Float32Array(count);
  normals({ seed: 9, weightSample: 0, noiseStream: 0, purpose: 'training', step }, out);
  return out.map((x) => offset + scale * x);
}

/** ∫_t^∞ (F(x) − 1{y ≤ x})² dx by Simpson's rule on either side of y. */
function integralAbove(cdf: (x: number) => number, t: number, y: number, far: number): number {
  const simpson = (a: number, b: number, f: (x: number) => number): number => {
    const n = 4000;
    let sum = f(a) + f(b);
    for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * f(a + ((b - a) * i) / n);
    return (sum * (b - a)) / (3 * n);
  };
  const clipped = Math.max(t, y);
  return simpson(t, clipped, (x) => cdf(x) ** 2) + simpson(clipped, far, (x) => (1 - cdf(x)) ** 2);
}

describe('a normal distribution above a threshold', () => {
  it('has the threshold-weighted CRPS of the integral, and without a threshold the CRPS', () => {
    for (const [mu, sigma, t, y] of [
      [0, 1, -0.5, 0.3],
      [2, 0.5, 2.1, 1],
      [1e5, 700, 99500, 101200],
      [-3, 2, 4, 6],
      [-3, 2, 4, -9],
    ] as const) {
      const expected = integralAbove((x) => normalCdf((x - mu) / sigma), t, y, mu + 40 * sigma);
      expect(twcrpsGaussianAbove(mu, sigma, t, y) / sigma).toBeCloseTo(expected / sigma, 9);
      const whole = twcrpsGaussianAbove(mu, sigma, Number.NEGATIVE_INFINITY, y);
      expect(whole / sigma).toBeCloseTo(crpsGaussian(mu, sigma, y) / sigma, 12);
      const nearly = twcrpsGaussianAbove(mu, sigma, mu - 30 * sigma, y);
      expect(nearly / sigma).toBeCloseTo(crpsGaussian(mu, sigma, y) / sigma, 12);
    }
    expect(twcrpsGaussianAbove(3, 0, 1, 0)).toBe(2);
    expect(twcrpsGaussianAbove(3, -1, 1, 0)).toBeNaN();
    expect(twcrpsGaussianAbove(3, 1, 1, Number.NaN)).toBeNaN();
    expect(exceedanceGaussian(0, 1, 1.2815515655446004)).toBeCloseTo(0.1, 14);
    expect([exceedanceGaussian(1, 0, 0), exceedanceGaussian(1, 0, 1)]).toEqual([1, 0]);
  });
});

/** Means over independent pairs of a sample of one point, by their definition. */
function bruteForce(
  sample: readonly number[],
  times: readonly number[],
  apart: number,
  y: number,
  t: number,
) {
  const clip = (x: number) => Math.max(x, t);
  let [pairs, count, squares, above] = [0, 0, 0, 0];
  for (let i = 0; i < sample.length; i++) {
    for (let j = i + 1; j < sample.length; j++) {
      if (times[j]! - times[i]! < apart) continue;
      pairs += Math.abs(sample[i]! - sample[j]!);
      above += Math.abs(clip(sample[i]!) - clip(sample[j]!));
      squares += (sample[i]! - sample[j]!) ** 2;
      count++;
    }
  }
  const mean = (f: (x: number) => number) => sample.reduce((sum, x) => sum + f(x), 0) / sample.length;
  return {
    crps: mean((x) => Math.abs(x - y)) - pairs / count / 2,
    twcrps: mean((x) => Math.abs(clip(x) - clip(y))) - above / count / 2,
    variance: squares / count / 2,
    above: mean((x) => (x > t ? 1 : 0)),
  };
}

describe('a sample that stands for a distribution', () => {
  it('has the scores of its definition, with pairs far enough apart only, for thresholds anywhere', () => {
    for (const [count, apartDays] of [
      [2, 0],
      [5, 2],
      [32, 3],
      [64, 0],
      [77, 10],
    ] as const) {
      const points = 37;
      const members = draws(count * points, count, 500, 1e5);
      const truth = draws(points, 100 + count, 800, 1e5);
      truth[1] = members[1]!;
      const thresholds = new Float32Array(4 * points);
      for (let p = 0; p < points; p++) {
        thresholds[p] = 1e5 - 5000; // below all
        thresholds[points + p] = 1e5 + 200;
        thresholds[2 * points + p] = members[p]!; // equal to a member
        thresholds[3 * points + p] = 1e5 + 5000; // above all
      }
      const times = Float64Array.from({ length: count }, (_, i) => i * millisecondsPerDay);
      const apart = apartDays * millisecondsPerDay;
      const distribution = new SampleDistribution(members, count, points, { kind: 'apart', times, apart });
      const [crps, twcrps, above] = [points, 4 * points, points].map((n) => new Float64Array(n));
      distribution.crps(truth, crps!);
      for (let repeat = 0; repeat < 2; repeat++) {
        distribution.twcrpsAbove(thresholds, truth, twcrps!);
        for (let i = 0; i < 4 * points; i++) {
          const p = i % points;
          const sample = Array.from({ length: count }, (_, m) => members[m * points + p]!);
          const expected = bruteForce(sample, [...times], apart, truth[p]!, thresholds[i]!);
          expect(crps![p]).toBeCloseTo(expected.crps, 6);
          expect(twcrps![i]).toBeCloseTo(expected.twcrps, 6);
          expect(distribution.variance[p]! / 250000).toBeCloseTo(expected.variance / 250000, 9);
          distribution.exceedance(thresholds.subarray(i - p, i - p + points), above!);
          expect(above![p]).toBeCloseTo(expected.above, 12);
        }
        // Other thresholds next time: what was kept for the last must not be used.
        thresholds.fill(1e5 + 100, points, 2 * points);
      }
    }
  });

  it('takes pairs of different groups, by ranks, as the pairs themselves would have it', () => {
    const ends = [1, 6, 9, 70, 72];
    const [count, points] = [72, 33];
    // Times that make pairs of a group near and all others far: every group a day, a century apart.
    const times = Float64Array.from({ length: count }, (_, m) => 36500 * ends.findIndex((end) => m < end));
    const members = draws(count * points, 3, 500, 1e5);
    const truth = draws(points, 4, 800, 1e5);
    const thresholds = Float32Array.from([...draws(points, 5, 300, 1e5), ...members.subarray(0, points)]);
    const found = [
      { kind: 'groups', ends: Int32Array.from(ends) },
      { kind: 'apart', times, apart: 1 },
    ] as const;
    const [ranks, pairs] = found.map((independence) => {
      const distribution = new SampleDistribution(members, count, points, independence);
      const [crps, twcrps] = [new Float64Array(points), new Float64Array(2 * points)];
      distribution.crps(truth, crps);
      distribution.twcrpsAbove(thresholds, truth, twcrps);
      return { crps, twcrps, variance: distribution.variance };
    });
    for (let i = 0; i < 2 * points; i++) {
      expect(ranks!.twcrps[i]).toBeCloseTo(pairs!.twcrps[i]!, 8);
      if (i >= points) continue;
      expect(ranks!.crps[i]).toBeCloseTo(pairs!.crps[i]!, 8);
      expect(ranks!.variance[i]! / pairs!.variance[i]!).toBeCloseTo(1, 10);
    }
    const one = { kind: 'groups', ends: Int32Array.of(count) } as const;
    expect(() => new SampleDistribution(members, count, points, one)).toThrow(/longer training/);
  });
});

describe('sorting columns', () => {
  it.skipIf(!hasScoreKernels())(
    'by networks gives what the built-in sort gives, of all members and of some',
    () => {
      for (const count of [1, 2, 3, 7, 31, 128, 129, 205, 300]) {
        const [networks, plain] = [networkSorter(count), plainSorter(count)];
        const values = draws(count * tilePoints, count, 3, 1e5).map((x, i) => (i % 5 === 0 ? 1e5 : x));
        for (const [from, to] of [
          [0, count],
          [0, Math.ceil(count / 2)],
          [Math.floor(count / 3), count],
        ] as const) {
          const [a, b] = [new Float32Array(values.length), new Float32Array(values.length)];
          networks.rows.set(values);
          plain.rows.set(values);
          networks.sort(from, to, a);
          plain.sort(from, to, b);
          expect(a).toEqual(b);
          const column = Array.from({ length: to - from }, (_, i) => values[(from + i) * tilePoints + 5]!);
          expect([...a.subarray(5 * count + from, 5 * count + to)]).toEqual(column.sort((x, y) => x - y));
        }
      }
    },
  );
});

describe('statistics of predictions', () => {
  const points = 700;
  const truth = draws(points, 1, 900, 1e5);
  truth[5] = Number.NaN;
  const climate = Float64Array.from(draws(points, 2, 300, 1e5));
  const thresholds = Float32Array.from([...draws(points, 3, 500, 1e5), ...draws(points, 4, 100, 101000)]);
  const target = { truth, thresholds, climate, nanPolicy: 'propagate' } as const;
  const applies = (scorer: PredictionScorer) =>
    pointStatistics.filter((name) => !Number.isNaN(scorer.field(name)[0]));

  it('of an ensemble are those of the kernel, and its probability the share of members above', () => {
    const count = 12;
    const members = draws(count * points, 6, 500, 1e5);
    const scorer = new PredictionScorer(points, 2);
    scorer.score({ kind: 'ensemble', members, memberCount: count }, target);
    const kernel = createPointKernel({
      design: { weightSamples: 1, noiseStreams: count },
      capacity: points,
      thresholds: 2,
      anomalies: true,
    });
    kernel.members.set(members);
    kernel.truth.set(truth);
    kernel.thresholds.set(thresholds);
    kernel.climate.set(climate);
    kernel.score(points, 'propagate');
    expect(scorer.statistics).toEqual(kernel.statistics);
    expect(scorer.twcrpsAbove).toEqual(kernel.twcrpsAbove);
    expect(scorer.probability[5]).toBeNaN();
    expect(scorer.probability[points + 7]).toBe(kernel.exceeding[points + 7]! / count);
    expect(() =>
      scorer.score({ kind: 'ensemble', members, memberCount: count }, { ...target, nanPolicy: 'raise' }),
    ).toThrow(/missing/);
  });

  it('of a sample without neighbours are those of its members as an ensemble, but for few-member forms of the CRPS', () => {
    const count = 40;
    const members = draws(count * points, 6, 500, 1e5);
    const [a, b] = [new PredictionScorer(points, 2), new PredictionScorer(points, 2)];
    a.score({ kind: 'ensemble', members, memberCount: count }, target);
    const distribution = new SampleDistribution(members, count, points);
    b.score({ kind: 'distribution', distribution }, target);
    for (const name of applies(b)) {
      const other = name === 'crps_energy' || name === 'crps_almost_fair' ? 'crps' : name;
      const scale = /squared|product|variance/.test(name) ? 1e6 : 1e3;
      // The ensemble's climate is float32.
      const digits = name.includes('anomaly') ? 3 : 7;
      for (let p = 0; p < points; p += 5)
        if (p !== 5) expect(b.field(name)[p]! / scale, name).toBeCloseTo(a.field(other)[p]! / scale, digits);
      expect(b.field(name)[5], name).toBeNaN();
    }
    // All that varies in an ensemble without weight samples is noise; a distribution makes no such claim.
    expect(applies(b)).toEqual(applies(a).filter((name) => !name.startsWith('aleatoric')));
    for (let i = 0; i < 2 * points; i++) {
      if (i % points === 5) continue;
      expect(b.twcrpsAbove[i]).toBeCloseTo(a.twcrpsAbove[i]!, 5);
      expect(b.probability[i]).toBeCloseTo(a.probability[i]!, 12);
    }
  });

  it('of a normal are near those of very many of its draws', () => {
    const [mu, sigma, y, count] = [3, 2, 4.5, 200_000];
    const thresholds = Float32Array.of(2, 6);
    const target = {
      truth: Float64Array.of(y),
      thresholds,
      climate: Float64Array.of(1),
      nanPolicy: 'raise',
    } as const;
    const [exact, sampled] = [new PredictionScorer(1, 2), new PredictionScorer(1, 2)];
    exact.score({ kind: 'gaussian', mean: Float64Array.of(mu), sigma: Float64Array.of(sigma) }, target);
    sampled.score({ kind: 'ensemble', members: draws(count, 8, sigma, mu), memberCount: count }, target);
    // Standard errors of means over the draws are about σ/√count = 0.0045; products of anomalies have four times that.
    for (const name of applies(exact))
      expect(Math.abs(exact.field(name)[0]! - sampled.field(name)[0]!), name).toBeLessThan(0.06);
    expect(applies(exact)).toEqual(
      pointStatistics.filter((name) => !/epistemic|aleatoric|members/.test(name)),
    );
    for (const t of [0, 1]) {
      expect(Math.abs(exact.twcrpsAbove[t]! - sampled.twcrpsAbove[t]!)).toBeLessThan(0.02);
      expect(Math.abs(exact.probability[t]! - sampled.probability[t]!)).toBeLessThan(0.005);
    }
  });

  it('of a single field are its errors, and it has no spread', () => {
    const scorer = new PredictionScorer(2, 1);
    const prediction: Prediction = { kind: 'deterministic', values: Float32Array.of(3, 7) };
    scorer.score(prediction, {
      truth: Float64Array.of(5, Number.NaN),
      thresholds: Float64Array.of(4, 4),
      climate: null,
      nanPolicy: 'propagate',
    });
    const value = (name: PointStatistic) => scorer.field(name)[0];
    expect([value('crps'), value('absolute_error'), value('error')]).toEqual([2, 2, -2]);
    expect(value('squared_error')).toBe(4);
    expect(value('quantile_score_10')).toBeCloseTo(0.2, 12);
    expect(value('quantile_score_90')).toBeCloseTo(1.8, 12);
    expect([value('interval_score_80'), value('coverage_80'), value('members')]).toEqual([20, 0, 1]);
    for (const name of ['variance', 'ignorance', 'epistemic', 'truth_anomaly_squared'] as const)
      expect(value(name)).toBeNaN();
    expect(scorer.twcrpsAbove[0]).toBe(1); // 3 counts as 4
    expect(scorer.twcrpsAbove[1]).toBeNaN();
    expect([...scorer.probability]).toEqual([0, Number.NaN]);
    expect(scorer.field('crps')[1]).toBeNaN();
    expect(() =>
      scorer.score(prediction, {
        truth: new Float64Array(3),
        thresholds: new Float64Array(2),
        climate: null,
        nanPolicy: 'omit',
      }),
    ).toThrow(/2 points/);
  });
});
