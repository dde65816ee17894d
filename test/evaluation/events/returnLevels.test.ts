import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../../core/grid.js';
import {
  ensembleReturnLevels,
  exceedanceCurve,
  extremeQuantiles,
  extremesAt,
} from '../../../evaluation/events/exceedance.js';
import {
  empiricalReturnLevel,
  fitGev,
  fitGumbel,
  fittedReturnLevel,
  plottingPositions,
  sampleLMoments,
} from '../../../evaluation/events/returnLevels.js';
import { channelsOf, memoryTrajectories } from './memoryTrajectories.js';
import { floats } from './randomFloats.js';

/** The sample of the tests of lmoments3, whose numbers are those of Hosking's Fortran (1996). */
const sample = [2.0, 3.0, 4.0, 2.4, 5.5, 1.2, 5.4, 2.2, 7.1, 1.3, 1.5];

describe('return levels', () => {
  it('rest on the L-moments, GEV and Gumbel parameters of Hosking’s routines', () => {
    const { mean, scale, skewness } = sampleLMoments(sample);
    expect(mean).toBeCloseTo(3.23636364, 8);
    expect(scale).toBeCloseTo(1.14181818, 8);
    expect(skewness).toBeCloseTo(0.27388535, 8);
    const gev = fitGev(sample);
    // His rational approximation of k is good to a few parts in a million.
    expect(gev.location).toBeCloseTo(2.1792884, 5);
    expect(gev.scale).toBeCloseTo(1.3956404, 5);
    expect(gev.shape).toBeCloseTo(-0.1555609, 5);
    const gumbel = fitGumbel(sample);
    expect(gumbel.location).toBeCloseTo(2.285519, 6);
    expect(gumbel.scale).toBeCloseTo(1.647295, 6);
  });

  it('are quantiles of scipy’s genextreme and gumbel_r (1.17)', () => {
    const heavy = {
      family: 'gev',
      location: 2.1792884,
      scale: 1.3956404,
      shape: -0.1555609,
      blocks: 11,
    } as const;
    const gumbel = { family: 'gumbel', location: 2.285519, scale: 1.647295, shape: 0, blocks: 11 } as const;
    const bounded = { family: 'gev', location: 10, scale: 3, shape: 0.2, blocks: 11 } as const;
    for (const [blocks, a, b, c] of [
      [2, 2.705671953186898, 2.8892739015095725, 11.060206148025921],
      [10, 5.93990299672274, 5.992537846445154, 15.436280354569432],
      [100, 11.558451006897272, 9.863321820522923, 19.022392790205693],
      [1000, 19.481368321521156, 13.663805741398363, 21.23179339382825],
    ] as const) {
      expect(fittedReturnLevel(heavy, blocks)).toBeCloseTo(a, 10);
      expect(fittedReturnLevel(gumbel, blocks)).toBeCloseTo(b, 10);
      expect(fittedReturnLevel(bounded, blocks)).toBeCloseTo(c, 10);
    }
  });

  it('of a fit come back from many maxima of a known distribution, on either side of the Gumbel', () => {
    for (const shape of [-0.2, 0, 0.25]) {
      const random = floats(7);
      const truth = { family: 'gev', location: 20, scale: 4, shape, blocks: 0 } as const;
      const maxima = Float64Array.from({ length: 40_000 }, () =>
        fittedReturnLevel(truth, 1 / (1 - random())),
      );
      const found = fitGev(maxima);
      // Standard errors of k, ξ and α over n: about 0.8, 1.1 α and α times 1/√n (Hosking, Wallis & Wood 1985, table 1).
      const unit = 1 / Math.sqrt(maxima.length);
      expect(Math.abs(found.shape - shape)).toBeLessThan(4 * 1.1 * unit);
      expect(Math.abs(found.location - 20)).toBeLessThan(4 * 1.2 * 4 * unit);
      expect(Math.abs(found.scale - 4)).toBeLessThan(4 * 1.2 * 4 * unit);
    }
  });

  it('between order statistics are those of Weibull’s positions, and none lies beyond the largest', () => {
    const maxima = [30, 10, 20, 50, 40, 60, 70, 80, 90];
    expect(plottingPositions(maxima).slice(0, 2)).toEqual([
      { blocks: 10, value: 90 },
      { blocks: 5, value: 80 },
    ]);
    expect(empiricalReturnLevel(maxima, 10)).toBeCloseTo(90, 10);
    expect(empiricalReturnLevel(maxima, 5)).toBeCloseTo(80, 10);
    expect(empiricalReturnLevel(maxima, 4)).toBeCloseTo(75, 10);
    expect(empiricalReturnLevel(maxima, 2)).toBeCloseTo(50, 10);
    expect(() => empiricalReturnLevel(maxima, 11)).toThrow(
      /1 in 11 lies beyond the largest of 9 values.* 1 in 10/,
    );
    expect(() => empiricalReturnLevel(maxima, 1)).toThrow(/above 1/);
    expect(() => fitGev([1, 1, 1, 1])).toThrow(/4 maxima.*three different/);
    expect(() => fitGev([1, 2, Number.NaN])).toThrow(/1 of them missing/);
  });
});

describe('exceedance', () => {
  const grid = makeGrid([10, 0], [0, 10]);
  // Member m has its largest value, m, at the second lead.
  const asked = memoryTrajectories(grid, channelsOf('t2m:K'), [6, 12], 21, (_c, lead, row) =>
    row === 20 ? Number.NaN : lead === 1 ? row : -row,
  );
  const request = {
    text: 't2m',
    quantity: { name: 't2m', inTime: null, unit: null },
    place: { kind: 'point', centre: 'here' },
    join: 'any',
    window: null,
    durationHours: 0,
  } as const;
  const site = { latitude: 10, longitude: 0 };

  it('is the share of members whose largest value in the window lies above, strictly', async () => {
    const [found] = await extremesAt({ ...request, direction: 'above' }, [site], asked);
    expect(found).toMatchObject({ unit: 'K', missing: 1 });
    const curve = exceedanceCurve(found!, [-1, 0, 9.5, 18, 19, 100]);
    expect(curve.map(({ probability }) => probability)).toEqual([1, 0.95, 0.5, 0.05, 0, 0]);
    expect(curve[2]!.interval).toMatchObject({ method: 'wilson', level: 0.95 });
    expect(extremeQuantiles(found!, [0, 0.5, 1])).toEqual([0, 9.5, 19]);
    expect(ensembleReturnLevels(found!, [21, 2]).map((x) => x.toFixed(9))).toEqual([
      '19.000000000',
      '9.500000000',
    ]);
    expect(() => ensembleReturnLevels(found!, [50])).toThrow(/1 in 50/);
  });

  it('of lows is how many fall short', async () => {
    const [found] = await extremesAt({ ...request, direction: 'below' }, [site], asked);
    const curve = exceedanceCurve(found!, [0, -9.5, -19, -20]);
    expect(curve.map(({ probability }) => probability)).toEqual([0.95, 0.5, 0, 0]);
    expect(ensembleReturnLevels(found!, [21])[0]).toBeCloseTo(-19, 9);
  });

  it('is refused of too few members, and only within the window', async () => {
    await expect(
      extremesAt({ ...request, direction: 'above' }, [site], asked, { minimumMembers: 21 }),
    ).rejects.toThrow(/at 10,0: 20 of 21 members have values, fewer than the 21/);
    const window = { fromHours: 0, toHours: 6 };
    const [found] = await extremesAt({ ...request, window, direction: 'above' }, [site], asked);
    expect(Math.max(...found!.values)).toBe(0);
  });
});
