/** What amplitudes of initial perturbations are shares of: closed forms, and what differences of states vary by. */
import { describe, expect, it } from 'vitest';
import { areaMean, makeGrid, pointWeights } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import { climatologicalSpread } from '../../perturbations/climatologicalSpread.js';

const schema: Schema = {
  grid: makeGrid([80, 40, 0, -40, -80], [0, 90, 180, 270]),
  channels: ['z', 't', 'lsm'].map((variable) => ({ variable, level: null, unit: '1' })),
};
const points = 20;
const weights = pointWeights(schema.grid);

/** [date, channel, lat, lon] */
function pool(dates: number, value: (date: number, channel: number, point: number) => number) {
  const states = Float32Array.from({ length: dates * 3 * points }, (_, i) =>
    value(Math.floor(i / (3 * points)), Math.floor(i / points) % 3, i % points),
  );
  return { dates, states: [states] };
}

describe('climatological spread', () => {
  it('is that of a wave in time, by area, at every point around its own mean', () => {
    // a full cosine of amplitude A over N dates has variance A²/2 · N/(N − 1)
    const dates = 16;
    const amplitude = (point: number): number => 2 + weights[point]!;
    const spread = climatologicalSpread(
      schema,
      pool(dates, (date, channel, point) =>
        channel === 2
          ? 1000.1 * point
          : 100 * point + (channel + 1) * amplitude(point) * Math.cos((2 * Math.PI * date) / dates),
      ),
    );
    const square = Float64Array.from({ length: points }, (_, point) => amplitude(point) ** 2 / 2);
    const expected = Math.sqrt((areaMean(square, weights) * dates) / (dates - 1));
    expect(spread[0]!).toBeCloseTo(expected, 4);
    expect(spread[1]!).toBeCloseTo(2 * expected, 4);
    // what never changes has none, to the bit
    expect(spread[2]).toBe(0);
  });

  it('is the root mean square of (x₁ − x₂)/√2 over all pairs of dates: one amplitude for all perturbations', () => {
    const draws = new Float64Array(7 * 3 * points);
    normals({ seed: 3, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, draws);
    const states = pool(7, (date, channel, point) => 280 + 5 * draws[(date * 3 + channel) * points + point]!);
    const values = states.states[0]!;
    climatologicalSpread(schema, states).forEach((spread, channel) => {
      let sum = 0;
      for (let a = 0; a < 7; a++) {
        for (let b = 0; b < a; b++) {
          const square = Float64Array.from({ length: points }, (_, point) => {
            const at = (date: number): number => values[(date * 3 + channel) * points + point]!;
            return (at(a) - at(b)) ** 2 / 2;
          });
          sum += areaMean(square, weights) / 21;
        }
      }
      expect(spread).toBeCloseTo(Math.sqrt(sum), 10);
    });
  });
});
