/**
 * Single draws of many independent fields of one spectrum, such as one for every channel of a member's first state.
 *
 * Draw: one key (member, purpose, step), fields behind each other, each [2, coefficientCount(degree)] and padded to
 * a multiple of four: the first fields are the same however many are asked for.
 */
import { type Grid, gridSize } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { normals, type Purpose } from '../../core/random/stream.js';
import { coefficientCount, orderOffset } from '../../core/sphere/legendre.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { antitheticKey } from './antithetic.js';

/** Fields that are drawn at once: what a transform takes. */
const fieldsAtOnce = 8;

export interface IndependentFieldsOptions {
  /** Standard deviation of one real harmonic by degree. */
  readonly amplitudes: Float64Array;
  readonly purpose: Purpose;
  readonly antithetic: boolean;
}

export interface SpectralDraws {
  readonly degree: number;
  readonly memoryBytes: number;
  /**
   * Fields first … first + count − 1 of a member's draw.
   * @param step of the draw: an initial perturbation's place in its list
   * @param out coefficients, [field, 2, coefficientCount(degree)]; sines of m = 0 are 0
   */
  draw(key: MemberKey, step: number, first: number, count: number, out: Float64Array): void;
}

export function createSpectralDraws(options: IndependentFieldsOptions): SpectralDraws {
  const { amplitudes, purpose, antithetic } = options;
  const degree = amplitudes.length - 1;
  const count = coefficientCount(degree);
  const size = 2 * count;
  const paddedSize = 4 * Math.ceil(size / 4);
  // σₙ of every coefficient, 0 for sines of m = 0.
  const deviations = new Float64Array(size);
  for (let part = 0; part < 2; part++) {
    for (let m = part; m <= degree; m++) {
      deviations.set(amplitudes.subarray(m), part * count + orderOffset(m, degree));
    }
  }
  return {
    degree,
    memoryBytes: deviations.byteLength,
    draw(key, step, first, fields, out) {
      const pair = antithetic ? antitheticKey(key) : { key, sign: 1 };
      for (let field = 0; field < fields; field++) {
        const values = out.subarray(field * size, (field + 1) * size);
        normals({ ...pair.key, purpose, step }, values, (first + field) * paddedSize);
        for (let i = 0; i < size; i++) values[i]! *= pair.sign * deviations[i]!;
      }
    },
  };
}

export interface IndependentFields {
  /** What is held from the first draw on. */
  readonly memoryBytes: number;
  /**
   * @param step of the draw: an initial perturbation's place in its list
   * @param out [field, lat, lon]
   */
  draw(key: MemberKey, step: number, fields: number, out: Float32Array): void;
}

/** @throws {PlumeError} usage, when the tables of grid and degree would not fit */
export function createIndependentFields(grid: Grid, options: IndependentFieldsOptions): IndependentFields {
  const draws = createSpectralDraws(options);
  const synthesis = makeSynthesis(grid, draws.degree);
  const points = gridSize(grid);
  const coefficients = new Float64Array(fieldsAtOnce * 2 * coefficientCount(draws.degree));
  return {
    memoryBytes: synthesis.memoryBytes + draws.memoryBytes + coefficients.byteLength,
    draw(key, step, fields, out) {
      for (let first = 0; first < fields; first += fieldsAtOnce) {
        const count = Math.min(fieldsAtOnce, fields - first);
        draws.draw(key, step, first, count, coefficients);
        synthesis.evaluateMany(coefficients, count, out, first * points);
      }
    },
  };
}
