/** The block bootstrap: what it draws, how far its intervals reach, and what each start contributes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockLength,
  bootstrapIntervals,
  drawCounts,
  expandedReach,
  percentileInterval,
  resampled,
} from '../../evaluation/significance/blockBootstrap.js';
import { dieboldMariano } from '../../evaluation/significance/dieboldMariano.js';
import { percentile } from '../../evaluation/significance/percentile.js';
import { pseudoValues } from '../../evaluation/significance/pseudoValues.js';
import { quantile } from '../../evaluation/significance/testDistribution.js';
import { autoregression } from './autoregression.js';
import { seededNormals } from './memoryArchive.js';

describe('percentiles', () => {
  it('are those of sorted values, whatever their order, with ties and without', () => {
    const sortedPercentile = (values: Float64Array, p: number): number => {
      const sorted = values.slice().sort();
      const at = p * (sorted.length - 1);
      const below = Math.floor(at);
      const next = sorted[Math.min(sorted.length - 1, below + 1)]!;
      return sorted[below]! + (at - below) * (next - sorted[below]!);
    };
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p) => {
          const values = Float64Array.from(list);
          expect(percentile(values.slice(), p)).toBeCloseTo(sortedPercentile(values, p), 9);
        },
      ),
    );
    expect(percentile(Float64Array.of(3, Number.NaN, 1), 0)).toBeNaN();
    expect(percentile(new Float64Array(0), 0.5)).toBeNaN();
    expect(percentile(Float64Array.of(1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY), 0.9)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('the block bootstrap', () => {
  it('draws whole blocks, each start as often as any other', () => {
    const [n, block, resamples] = [10, 3, 4000];
    const counts = drawCounts(n, block, { seed: 1, resamples });
    const totals = new Float64Array(n);
    for (let r = 0; r < resamples; r++) {
      const row = counts.subarray(r * n, (r + 1) * n);
      expect(row.reduce((sum, count) => sum + count, 0)).toBe(n);
      // 3 + 3 + 3 + 1 starts in a row: no more than four stretches.
      let stretches = 0;
      for (let i = 0; i < n; i++) if (row[i]! > 0 && row[(i + n - 1) % n]! === 0) stretches++;
      expect(stretches).toBeLessThanOrEqual(4);
      for (let i = 0; i < n; i++) totals[i]! += row[i]!;
    }
    for (const total of totals) expect(Math.abs(total / resamples - 1)).toBeLessThan(0.08);
  });

  it('reaches further than 1.96 where starts are few, and no further where they are many', () => {
    // Blocks of one: the classical √(n/(n − 1)) t with n − 1 degrees of freedom.
    expect(expandedReach(24, 1)).toBeCloseTo(Math.sqrt(24 / 23) * quantile(0.975, 23), 10);
    expect(expandedReach(100_000, 3)).toBeCloseTo(1.96, 3);
    expect(expandedReach(24, 8)).toBeGreaterThan(expandedReach(24, 4));
    const cases = autoregression(40, 0, seededNormals(2));
    const options = { seed: 0, resamples: 4000 };
    const mean = (means: Float64Array) => means[0]!;
    // The second has two blocks: further out than draws go.
    for (const block of [4, 20]) {
      const [interval] = bootstrapIntervals(cases, 1, block, [mean], options);
      const [draws] = resampled(cases, 1, drawCounts(40, block, options), [mean]);
      const plain = percentileInterval(draws!);
      const wider = (interval!.high - interval!.low) / (plain.high - plain.low);
      const expected = expandedReach(40, block) / 1.96;
      expect(Math.abs(wider / expected - 1), `${wider} ${expected}`).toBeLessThan(block === 4 ? 0.05 : 0.3);
    }
    expect(bootstrapIntervals(cases, 1, 21, [mean], options)[0]!.low).toBeNaN();
  });

  it('serves hundreds of statistics at once: 1000 resamples of 50 starts in well under a second', () => {
    const width = 400;
    const cases = Float64Array.from({ length: 50 * width }, seededNormals(9));
    const metrics = Array.from({ length: width }, (_, s) => (means: Float64Array) => means[s]!);
    const options = { seed: 3, resamples: 1000 };
    const block = blockLength(50, 72, 24);
    let intervals = bootstrapIntervals(cases, width, block, metrics, options);
    let least = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 3; time++) {
      const before = performance.now();
      intervals = bootstrapIntervals(cases, width, block, metrics, options);
      least = Math.min(least, performance.now() - before);
    }
    expect(least).toBeLessThan(1000); // milliseconds; about 60 where nothing else runs
    const alone = Float64Array.from({ length: 50 }, (_, i) => cases[i * width + 17]!);
    const [own] = bootstrapIntervals(alone, 1, block, [(means) => means[0]!], options);
    expect(intervals[17]!.low).toBeCloseTo(own!.low, 12);
    expect(intervals[17]!.high).toBeCloseTo(own!.high, 12);
  });
});

describe('pseudo-values', () => {
  it('are the values themselves of a mean, have the metric as their mean, and know its error', () => {
    const normal = seededNormals(4);
    const n = 500;
    const cases = Float64Array.from({ length: 2 * n }, () => normal() ** 2); // [case, 2], mean 1, variance 2
    const column = (c: number) => Float64Array.from({ length: n }, (_, i) => cases[2 * i + c]!);
    const same = pseudoValues(cases, 2, (means) => means[0]!);
    for (const [i, value] of same.entries()) expect(value).toBeCloseTo(column(0)[i]!, 9);
    const values = pseudoValues(cases, 2, (means) => Math.log(means[0]! / means[1]!));
    const { mean, standardError } = dieboldMariano(values, 1, { variance: 'harvey' });
    const average = (x: Float64Array) => x.reduce((sum, each) => sum + each, 0) / n;
    expect(mean).toBeCloseTo(Math.log(average(column(0)) / average(column(1))), 10);
    // To first order the variance of ln(a/b) is (2 + 2)/n.
    expect(Math.abs(standardError / Math.sqrt(4 / n) - 1)).toBeLessThan(0.15);
    const broken = pseudoValues(Float64Array.of(1, 0, 0), 1, (means) => Math.log(means[0]! - 0.2));
    expect(broken).toEqual(new Float64Array(3).fill(Number.NaN));
  });
});
