/**
 * The factors of core/sphere/vectorCalculus.ts as a table for kernels. Each of its derivatives is a combination of a
 * coefficient's other part (cos ↔ sin: ∂/∂λ) and of its neighbours of degree n + 1 and n − 1 (∂/∂φ). The factors are read
 * off by letting it differentiate ones: every third coefficient at a time, so that neighbours do not meet.
 */
import type { SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import { type FieldBlock, VectorCalculus } from '../../core/sphere/vectorCalculus.js';

export interface DerivativeFactors {
  /** Of the other part, [coefficient]; its sign changes for sines. */
  readonly wave: Float64Array;
  /** Of degrees n + 1 and n − 1, [coefficient]; 0 where there are none. */
  readonly above: Float64Array;
  readonly below: Float64Array;
}

export interface CalculusTable {
  /** u of (D, −ζ) and v of (ζ, D): (wave, slopes). */
  readonly wind: DerivativeFactors;
  readonly gradient: DerivativeFactors;
  /** Divergence of (A, B) and vorticity as that of (B, −A). */
  readonly divergence: DerivativeFactors;
}

export function makeCalculusTable(transform: SphericalTransform, radius: number): CalculusTable {
  const calculus = new VectorCalculus(transform, radius);
  const { coefficients, orders, degrees, truncation } = transform;
  const block = (values: Float64Array): FieldBlock => ({ values, fields: 3, first: 0, count: 3 });
  const empty = (): FieldBlock => block(new Float64Array(6 * coefficients));
  const ones = empty();
  for (let row = 0; row < 2 * coefficients; row++) ones.values[3 * row + ((row >> 1) % 3)] = 1;
  const none = empty();
  const wave = empty();
  const slope = empty();

  function read(): DerivativeFactors {
    const factors = { wave: column(), above: column(), below: column() };
    for (let i = 0; i < coefficients; i++) {
      const m = orders[i]!;
      const n = degrees[i]!;
      factors.wave[i] = wave.values[6 * i + (i % 3)]!;
      if (n <= truncation) factors.above[i] = slope.values[6 * i + ((i + 1) % 3)]!;
      if (n > m) factors.below[i] = slope.values[6 * i + ((i + 2) % 3)]!;
    }
    return factors;
  }
  const column = (): Float64Array => new Float64Array(coefficients);

  calculus.windFromVorticityDivergence(none, ones, wave, slope);
  const wind = read();
  calculus.gradient(ones, wave, slope);
  const gradient = read();
  calculus.divergenceAndVorticity(ones, none, wave, null);
  calculus.divergenceAndVorticity(none, ones, slope, null);
  return { wind, gradient, divergence: read() };
}
