/** Scores of vectors: what they are in one dimension, and what they do not notice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crpsEnsemble, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { energyScore } from '../../evaluation/scores/energyScore.js';
import { variogramScore } from '../../evaluation/scores/variogramScore.js';

const value = fc.double({ min: -50, max: 50, noNaN: true });
const ensemble = fc.array(value, { minLength: 2, maxLength: 30 });
const forms = ['fair', 'plain'] as const;

function crps(members: readonly number[], y: number, form: 'fair' | 'plain'): number {
  const options = { estimator: form === 'fair' ? fairCrps : energyCrps };
  return crpsEnsemble(Float64Array.from(members), members.length, Float64Array.of(y), options)[0]!;
}

describe('scores of vectors', () => {
  const vectors = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 12 });
  const flatOf = (rows: readonly (readonly number[])[]) => Float64Array.from(rows.flat());

  it('in one dimension the energy score is the CRPS', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        const of = (estimator: 'fair' | 'energy') =>
          energyScore(Float64Array.from(members), Float64Array.of(y), { estimator });
        expect(of('fair')).toBeCloseTo(crps(members, y, 'fair'), 9);
        expect(of('energy')).toBeCloseTo(crps(members, y, 'plain'), 9);
      }),
    );
  });

  it('the energy score does not notice rotations, translations or the order of members', () => {
    fc.assert(
      fc.property(vectors, value, value, value, (rows, a, b, angle) => {
        const move = ([x, y]: readonly [number, number]) =>
          [
            Math.cos(angle) * x - Math.sin(angle) * y + 3,
            Math.sin(angle) * x + Math.cos(angle) * y - 7,
          ] as const;
        for (const estimator of ['fair', 'energy'] as const) {
          const score = energyScore(flatOf(rows), Float64Array.of(a, b), { estimator });
          const moved = flatOf(rows.toReversed().map(move));
          const found = energyScore(moved, Float64Array.from(move([a, b])), { estimator });
          expect(found).toBeCloseTo(score, 8);
        }
      }),
    );
  });

  it('weights of the energy score are squares of units, and 0 leaves a dimension out, missing or not', () => {
    fc.assert(
      fc.property(vectors, value, value, (rows, a, b) => {
        const weights = Float64Array.of(4, 0.25);
        const scaled = flatOf(rows.map(([x, y]) => [2 * x, y / 2]));
        const found = energyScore(flatOf(rows), Float64Array.of(a, b), { weights });
        expect(found).toBeCloseTo(energyScore(scaled, Float64Array.of(2 * a, b / 2)), 9);
        const first = energyScore(flatOf(rows), Float64Array.of(a, Number.NaN), {
          weights: Float64Array.of(1, 0),
        });
        const members = rows.map(([x]) => x);
        expect(first).toBeCloseTo(crps(members, a, 'fair'), 9);
      }),
    );
  });

  it('the variogram score scales with the power 2p, and does not see a bias that all places share', () => {
    fc.assert(
      fc.property(vectors, value, value, fc.constantFrom(0.5, 1, 2), (rows, a, b, order) => {
        for (const form of forms) {
          const score = (scale: number, bias: number) =>
            variogramScore(
              flatOf(rows.map((row) => row.map((x) => scale * x + bias))),
              Float64Array.of(scale * a, scale * b),
              { order, form },
            );
          const plain = score(1, 0);
          expect(score(2, 0) / 4 ** order).toBeCloseTo(plain, 6);
          expect(score(1, 5)).toBeCloseTo(plain, 5);
        }
      }),
    );
  });

  it('one member: energy form is the distance, fair forms are undefined; wrong shapes are refused', () => {
    const x = Float64Array.of(3, 4);
    const y = Float64Array.of(0, 0);
    expect(energyScore(x, y, { estimator: 'energy' })).toBe(5);
    expect(energyScore(x, y)).toBeNaN();
    expect(energyScore(x, y, { estimator: 'adjacent' })).toBeNaN();
    expect(variogramScore(x, y, { form: 'plain' })).toBeCloseTo(2, 14);
    expect(variogramScore(x, y)).toBeNaN();
    expect(variogramScore(x, Float64Array.of(0, Number.NaN), { form: 'plain' })).toBeNaN();
    expect(() => energyScore(Float64Array.of(1, 2, 3), y)).toThrow(/no members of 2 dimensions/);
    expect(() => variogramScore(x, y, { weights: Float64Array.of(1) })).toThrow(/no members of 2/);
  });
});
