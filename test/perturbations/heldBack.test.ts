/** How often limits hold perturbations back: against the normal distribution, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { addCounts, heldNotes, startCounts } from '../../perturbations/heldBack.js';
import { createWhiteNoise } from '../../perturbations/initial/whiteNoise.js';
import { createLimits } from '../../perturbations/limits.js';
import { findPreset } from '../../perturbations/presets.js';
import type { InitialSource, StepSource, WhiteNoiseSource } from '../../perturbations/source.js';
import { initialRows } from './initialFixture.js';
import { memberKeys } from './stepsFixture.js';

const grid = makeGrid(
  Array.from({ length: 20 }, (_, i) => 60 - i),
  Array.from({ length: 40 }, (_, j) => 5 * j),
);
const points = 800;
const schema: Schema = {
  grid,
  channels: ['t', 'q', 'tp', 'q'].map((variable, i) => ({ variable, level: 850 - i, unit: '1' })),
};
const white: WhiteNoiseSource = { kind: 'white', amplitude: 0.5, antithetic: false };

describe('values held back', () => {
  it('are as many as normal numbers below minus the state, over all rows, and none without a perturbation', async () => {
    const limits = createLimits(schema, [])!;
    const context = {
      ...{ schema, stepHours: 6, pressures: [850, 850, 850, 850], spread: [1, 1, 2, 1], rotate: false },
      pool: null,
    };
    // temperature below zero is nobody's concern; the last channel was below zero before
    const base = Float32Array.from(
      { length: 4 * points },
      (_, i) => [-5, 0.5, 2, -3][Math.floor(i / points)]!,
    );
    const keys = memberKeys(50);
    const rows = initialRows(keys, [base]);
    await createWhiteNoise(white, context, 0).add(rows);
    const [count, steps] = startCounts(limits, 1);
    limits.apply(rows.states[0]!, base, count);
    expect(count!.values).toBe(50 * points);
    // σ of the noise is 0.5, 1 and 0.5: P(x < −0.5 / 0.5), P(x < −2 / 1), and one half
    const shares = [...count!.held].map((held) => held / count!.values);
    for (const [i, expected] of [0.158655, 0.02275, 0.5].entries()) {
      const standardError = Math.sqrt((expected * (1 - expected)) / count!.values);
      expect(Math.abs(shares[i]! - expected)).toBeLessThan(4 * standardError);
    }
    limits.apply(rows.states[0]!, base, steps);
    limits.apply(base.slice(), base, steps);
    expect(steps).toEqual({ values: 51 * points, held: new Float64Array(3) });
  });

  const named = { positive: ['q850', 'tp', 'r', 'cc', 'sd', 'swh', 'o3'] };
  const sppt = { kind: 'sppt', ...findPreset('sppt')!.values } as unknown as StepSource;
  const noise = { kind: 'noise', ...findPreset('noise')!.values } as unknown as StepSource;
  const initial: readonly InitialSource[] = [white, { ...white, kind: 'perlin' } as InitialSource];

  it('are said by perturbation where they are more than a hundredth of a channel, the worst first', () => {
    const counts = startCounts(named, 2);
    const block = startCounts(named, 2);
    for (const one of block) one.values = 500;
    block[0]!.held.set([5, 100, 6]);
    block[2]!.held.set([499, 100, 60, 50, 40, 30, 20]);
    addCounts(counts, block);
    addCounts(counts, block);
    expect(counts[0]).toEqual({ values: 1000, held: Float64Array.of(10, 200, 12, 0, 0, 0, 0) });
    const notes = heldNotes(named, counts, { initial, steps: [sppt, noise] });
    expect(notes).toEqual([
      expect.stringMatching(/^white \(start\): 20.0 % of tp, 1.2 % of r would .* give a smaller amplitude$/),
      expect.stringMatching(
        /^sppt and noise \(steps\): 99.8 % of q850, 20.0 % of tp, 12.0 % of r, 10.0 % of cc, 8.0 % of sd, more than 1 % of 2 other channels would .*; give a smaller sigma of sppt or factor of noise$/,
      ),
    ]);
  });

  it('are nothing to say of where there are none, or no limits', () => {
    expect(heldNotes(named, startCounts(named, 2), { initial, steps: [] })).toEqual([]);
    expect(startCounts(null, 2)).toEqual([]);
    expect(heldNotes(null, [], { initial, steps: [] })).toEqual([]);
  });
});
