/** Widths of posteriors by tensor, against what the draws are known to be. */
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../core/store/tensorFile.js';
import { inverseSoftplus } from '../../models/bayesian/posteriors/gaussian.js';
import { posteriorWidths, widthDraws } from '../../models/bayesian/posteriors/widths.js';

const n = 4000;
const filled = (value: number): Tensor => ({ shape: [n], values: new Float32Array(n).fill(value) });
const network = {
  parameters: new Map([
    ['a', [n]],
    ['b', [n]],
  ]),
  hiddenRows: new Map(),
  isRandom: (name: string) => name === 'a',
} as unknown as Parameters<typeof posteriorWidths>[2];
const meanField = {
  kind: 'mean-field' as const,
  ...{ components: 2, seed: 3, beta: 1, prior_sigma: 1 },
};

describe('widths of a posterior', () => {
  const components = [0.2, 0.5].map(
    (sigma) =>
      new Map([
        ['mean.a', filled(-2)],
        ['mean.b', filled(1)],
        ['rho.a', filled(inverseSoftplus(sigma))],
      ]),
  );

  it('are those of the Gaussians it is made of, component by component, and of nothing else', () => {
    const widths = posteriorWidths({ ...meanField, scale: 1 }, components, network);
    const error = 1 / Math.sqrt(2 * widthDraws * n);
    for (const [component, sigma] of [0.2, 0.5].entries()) {
      const own = widths[component] ?? [];
      expect(own.map(({ name, weights, rms }) => ({ name, weights, rms }))).toEqual([
        { name: 'a', weights: n, rms: 2 },
      ]);
      expect(Math.abs((own[0]?.sigma ?? 0) / sigma - 1)).toBeLessThan(4 * error);
    }
  });

  it('follow the temperature of the draws, and a point has none', () => {
    const [half] = posteriorWidths({ ...meanField, scale: 0.5 }, components, network);
    const [whole] = posteriorWidths({ ...meanField, scale: 1 }, components, network);
    expect((half?.[0]?.sigma ?? 0) / (whole?.[0]?.sigma ?? 1)).toBeCloseTo(0.5, 4);
    expect(posteriorWidths({ kind: 'point', components: 2, seed: 1 }, components, network)).toEqual([[], []]);
  });
});
