/** What perturbations may not do: humidity below zero, mountains that move. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { createLimits } from '../../perturbations/limits.js';

const grid = makeGrid([50, 40], [0, 10]);
function schemaOf(...names: readonly (readonly [string, number | null])[]): Schema {
  return { grid, channels: names.map(([variable, level]) => ({ variable, level, unit: '1' })) };
}
const moist = schemaOf(['t', 850], ['q', 850], ['tp', null], ['z', null], ['z', 500], ['lsm', null]);
const points = 4;
const n = 6 * points;

describe('limits of perturbed states', () => {
  it('are on what cannot be negative, and on what never changes: by name, or because it never has', () => {
    expect(createLimits(moist, [])).toMatchObject({ positive: ['q850', 'tp'], fixed: ['z', 'lsm'] });
    const spread = [0, 1, 0, 1, 1, 1];
    expect(createLimits(moist, spread)).toMatchObject({
      positive: ['q850'],
      fixed: ['t850', 'tp', 'z', 'lsm'],
    });
  });

  it('are none for states without such channels', () => {
    expect(createLimits(schemaOf(['t', 850], ['u10', null], ['msl', null]), [1, 1, 1])).toBeNull();
  });

  it('clip at 0, put constants back, and leave all else, whatever comes', () => {
    const limits = createLimits(moist, [])!;
    const values = fc.float32Array({ minLength: 3 * n, maxLength: 3 * n, noNaN: true });
    fc.assert(
      fc.property(values, values, (perturbed, unperturbed) => {
        const held = perturbed.slice();
        limits.apply(held, unperturbed);
        held.forEach((value, i) => {
          const channel = Math.floor((i % n) / points);
          const [x, before] = [perturbed[i]!, unperturbed[i]!];
          if (channel === 3 || channel === 5) expect(value).toBe(before);
          else if (channel !== 1 && channel !== 2) expect(value).toBe(x);
          else if (x >= 0) expect(value).toBe(x);
          else expect(value).toBe(Math.max(x, Math.min(0, before)));
        });
        const again = held.slice();
        limits.apply(again, unperturbed);
        expect(again).toEqual(held);
      }),
    );
  });

  it('take one state for all rows, and change nothing that was not perturbed', () => {
    const limits = createLimits(moist, [])!;
    const state = Float32Array.from({ length: n }, (_, i) => (i % 5) - 2);
    const rows = Float32Array.from({ length: 3 * n }, (_, i) => state[i % n]!);
    const before = rows.slice();
    limits.apply(rows, state);
    expect(rows).toEqual(before);
    // the third row: humidity far below, a mountain moved
    rows[2 * n + points] = -9;
    rows[2 * n + 3 * points] = 7;
    limits.apply(rows, state);
    before[2 * n + points] = Math.min(0, state[points]!);
    expect(rows).toEqual(before);
  });
});
