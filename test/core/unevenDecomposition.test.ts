/** Variance by source with unequal groups: by hand, against the balanced form, and without bias. */
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import { decomposeUneven } from '../../core/statistics/unevenDecomposition.js';
import { decomposeVariance } from '../../core/statistics/varianceDecomposition.js';

describe('variance by source with unequal numbers', () => {
  it('is that of the balanced form where numbers are equal', () => {
    const draws = new Float64Array(12);
    normals({ seed: 1, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step: 0 }, draws);
    const values = draws.map((x, i) => x + 3 * Math.floor(i / 4));
    const epistemic = new Float64Array(1);
    const aleatoric = new Float64Array(1);
    decomposeVariance(values, { weightSamples: 3, noiseStreams: 4 }, epistemic, aleatoric);
    const found = decomposeUneven(
      values,
      Float64Array.from(values, (_, i) => Math.floor(i / 4)),
    );
    expect(found.epistemic).toBeCloseTo(epistemic[0]!, 12);
    expect(found.aleatoric).toBeCloseTo(aleatoric[0]!, 12);
  });

  it('by hand: groups 1, 3 and 6, 8, 10', () => {
    // W = (2 + 8) / 3; mean 5.6; B = 2 · 3.6² + 3 · 2.4²; n₀ = 5 − 13/5.
    const found = decomposeUneven([1, 6, Number.NaN, 3, 8, 10], [0, 7, 0, 0, 7, 7]);
    expect(found.aleatoric).toBeCloseTo(10 / 3, 12);
    expect(found.epistemic).toBeCloseTo((2 * 3.6 ** 2 + 3 * 2.4 ** 2 - 10 / 3) / 2.4, 12);
  });

  it('says what cannot be known', () => {
    expect(decomposeUneven([1, 2, 4], [0, 0, 0]).epistemic).toBeNaN();
    expect(decomposeUneven([1, 2, 4], [0, 1, 2]).aleatoric).toBeNaN();
    expect(decomposeUneven([1, 2, 4], [0, 1, 2]).epistemic).toBeNaN();
  });

  it('has the expected values of both sources, cut or not far from the cut', () => {
    const sizes = [2, 7, 3, 5, 1, 6, 4, 2];
    const groups = sizes.flatMap((size, k) => Array.from({ length: size }, () => k));
    const repeats = 4000;
    const sums = { epistemic: 0, aleatoric: 0 };
    const squares = { epistemic: 0, aleatoric: 0 };
    const draws = new Float64Array(sizes.length + groups.length);
    for (let step = 0; step < repeats; step++) {
      normals({ seed: 5, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step }, draws);
      const values = groups.map((k, i) => 3 * draws[k]! + draws[sizes.length + i]!);
      const found = decomposeUneven(values, groups);
      for (const source of ['epistemic', 'aleatoric'] as const) {
        sums[source] += found[source] / repeats;
        squares[source] += found[source] ** 2 / repeats;
      }
    }
    const error = (source: 'epistemic' | 'aleatoric') =>
      Math.sqrt((squares[source] - sums[source] ** 2) / repeats);
    expect(Math.abs(sums.epistemic - 9)).toBeLessThan(4 * error('epistemic'));
    expect(Math.abs(sums.aleatoric - 1)).toBeLessThan(4 * error('aleatoric'));
  });
});
