import { describe, expect, it } from 'vitest';
import { makeGrid } from '../core/grid.js';
import { normals } from '../core/random/stream.js';
import { epistemicShare, percentOfWeights } from '../src/report/epistemicShare.js';

const globe = makeGrid(
  Array.from({ length: 19 }, (_, i) => 90 - 10 * i),
  Array.from({ length: 36 }, (_, j) => 10 * j),
);
const region = makeGrid([60, 55, 50, 45, 40, 35], [-20, -15, -10, -5, 0, 5, 10]);
const design = { weightSamples: 8, noiseStreams: 6 };

/** Members whose weights have this standard deviation at each column, and whose noise has 1. */
function members(points: number, columns: number, of: (column: number) => number): Float64Array {
  const { weightSamples: K, noiseStreams: J } = design;
  const noise = new Float64Array(K * J * points);
  const weights = new Float64Array(K * points);
  const key = { seed: 21, weightSample: 0, noiseStream: 0, step: 0 };
  normals({ ...key, purpose: 'pattern' }, noise);
  normals({ ...key, purpose: 'weights' }, weights);
  return noise.map((z, i) => {
    const point = i % points;
    const k = Math.floor(i / (J * points));
    return z + of(point % columns) * (weights[k * points + point] ?? 0);
  });
}

describe('the epistemic share on a map', () => {
  it('is the share of the truth within the noise of what neighbours average out, across the seam too', () => {
    const points = 19 * 36;
    // 50 % about the first meridian, 0 on the other side of the globe.
    const near = (column: number): boolean => column < 9 || column >= 27;
    const share = epistemicShare(
      members(points, 36, (c) => (near(c) ? 1 : 0)),
      design,
      globe,
    );
    const mean = (inside: (column: number) => boolean): number => {
      const own = share.filter((_, point) => inside(point % 36));
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    expect(Math.abs(mean((c) => c < 5 || c > 30) - 50)).toBeLessThan(3);
    expect(mean((c) => c > 12 && c < 23)).toBeLessThan(3);
    // At the seam the estimate is as good as elsewhere: were it a wall, 0 ° E and 350 ° E would differ from within.
    expect(Math.abs(mean((c) => c === 0 || c === 35) - 50)).toBeLessThan(6);
    expect(share.every((value) => value >= 0 && value <= 100)).toBe(true);
  });

  it('of a region takes the neighbours there are', () => {
    const share = epistemicShare(
      members(42, 7, () => 2),
      design,
      region,
    );
    for (const value of share) expect(Math.abs(value - 80)).toBeLessThan(20);
    const corner = share[0] ?? Number.NaN;
    expect(Number.isFinite(corner)).toBe(true);
  });

  it('is not known of a design that cannot tell', () => {
    const values = members(42, 7, () => 1);
    for (const other of [
      { weightSamples: 1, noiseStreams: 48 },
      { weightSamples: 48, noiseStreams: 1 },
    ])
      expect(epistemicShare(values, other, region).every(Number.isNaN)).toBe(true);
  });

  it('cuts a negative estimate at 0', () => {
    expect([percentOfWeights(-1, 2), percentOfWeights(1, 3), percentOfWeights(1, 0)]).toEqual([0, 25, 100]);
  });
});
