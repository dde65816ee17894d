import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gridSize, makeGrid } from '../../core/grid.js';
import { spectraOfScales } from '../../perturbations/fields/noiseScales.js';
import { createRandomField } from '../../perturbations/fields/randomField.js';

describe('the field', () => {
  it('is what it has always been, to the bit', () => {
    const key = { seed: 11, start: Date.UTC(2007, 0, 1), weightSample: 2, noiseStream: 3 };
    const region = makeGrid(
      Array.from({ length: 17 }, (_, i) => 70 - 2.5 * i),
      Array.from({ length: 33 }, (_, j) => -70 + 2.5 * j),
    );
    const globe = makeGrid(
      Array.from({ length: 61 }, (_, i) => 90 - 3 * i),
      Array.from({ length: 120 }, (_, j) => 3 * j),
    );
    // Digests of five steps of three scales, recorded from the code before members came in batches.
    for (const [grid, digest] of [
      [region, '23bd45127219bcfbe0d335632571e5dc58992517d39122c1e5e3d8e956ea6e26'],
      [globe, 'a56d5d46e73107e0d62ce09bd04299a53ac7f28df1fa8ce8591302029d0e38bc'],
    ] as const) {
      const scales = spectraOfScales(grid, [
        { lengthKm: 600, timeHours: 24, share: 2 },
        { lengthKm: 1200, timeHours: 100 },
        { lengthKm: 2000, timeHours: 0, share: 0.5 },
      ]);
      const field = createRandomField(grid, { scales, stepHours: 6, purpose: 'pattern', antithetic: false });
      const streams = field.streams([key]);
      const out = new Float32Array(gridSize(grid));
      const hash = createHash('sha256');
      for (let step = 0; step < 5; step++) {
        streams.next(0, 1, out);
        hash.update(out);
      }
      expect(hash.digest('hex')).toBe(digest);
    }
  });
});
