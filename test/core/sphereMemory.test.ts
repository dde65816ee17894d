/** Memory of a synthesis is foretold: what it says beside what the engine counts. */
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../core/grid.js';
import { coefficientCount } from '../../core/sphere/legendre.js';
import { makeSynthesis, type Synthesis } from '../../core/sphere/synthesis.js';
import { heldBytes } from '../heldMemory.js';

const even = (count: number, first: number, step: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i * step);
const globe = makeGrid(even(121, 90, -1.5), even(240, 0, 1.5));
const coarse = makeGrid(even(64, 88.59375, -2.8125), even(128, 1, 2.8125));
const region = makeGrid(even(60, 70, -0.5), even(80, -20, 0.5));
/** A WebAssembly memory comes in pages, and the engine holds a little of its own. */
const little = 200_000;

function used(synthesis: Synthesis, grid: Grid): Synthesis {
  const count = coefficientCount(synthesis.degree);
  synthesis.evaluate(
    new Float64Array(2 * count),
    new Float32Array(grid.latitudes.length * grid.longitudes.length),
  );
  return synthesis;
}

describe('a synthesis holds what it says', () => {
  it.each([
    ['of the globe, by the transform', globe, 119, {}],
    ['of the globe without its highest order', globe, 100, { orders: 99 }],
    ['of rows without poles, and more degrees than columns resolve', coarse, 90, {}],
    ['of a region, by sums', region, 150, {}],
  ] as const)('%s', async (_, grid, degree, options) => {
    const { memoryBytes } = makeSynthesis(grid, degree, options);
    const held = await heldBytes(() => used(makeSynthesis(grid, degree, options), grid));
    expect(held).toBeGreaterThan(2e6);
    expect(Math.abs(memoryBytes - held)).toBeLessThan(little);
  });

  it('from its first field on: before, next to nothing', async () => {
    expect(await heldBytes(() => makeSynthesis(globe, 119))).toBeLessThan(little);
  });

  it('and its tables are made where they stay', async () => {
    await heldBytes(() => used(makeSynthesis(coarse, 20), coarse));
    const { arrayBuffers } = process.memoryUsage();
    const synthesis = used(makeSynthesis(globe, 119), globe);
    const thrownAway = process.memoryUsage().arrayBuffers - arrayBuffers;
    expect(thrownAway).toBeLessThan(synthesis.memoryBytes / 5);
  });
});
