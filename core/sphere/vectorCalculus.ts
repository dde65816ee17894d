/**
 * Derivatives on the sphere, from spectrum to spectrum (core/sphere/sphericalTransform.ts), exact for fields of degree
 * ≤ T. With μ = sin φ, radius a and ε_n^m = √((n² − m²)/(4n² − 1)):
 *   ∂/∂λ: (c, s) → (m s, −m c);   ∇²: −n(n + 1)/a²;
 *   (1 − μ²) dP̄ₙ/dμ = (n + 1) ε_n P̄ₙ₋₁ − n ε_{n+1} P̄ₙ₊₁.
 * Vectors are carried times cos φ (U = u cos φ, V = v cos φ), which makes them smooth at the poles and of degree ≤ T + 1.
 * Bourke 1972, Mon. Wea. Rev. 100, 683, eqs. 5–14; Hoskins & Simmons 1975, Q. J. R. Meteorol. Soc. 101, 637.
 *
 * Scalars are read up to degree T, whatever their entries of degree T + 1 hold. Inputs and outputs must not overlap
 * unless said otherwise.
 */
import { usageError } from '../errors.js';
import type { SphericalTransform } from './sphericalTransform.js';

/** `count` consecutive fields of a batch [coefficient, 2, fields] from `first` on. */
export interface FieldBlock {
  readonly values: Float64Array;
  readonly fields: number;
  readonly first: number;
  readonly count: number;
}

export class VectorCalculus {
  readonly #transform: SphericalTransform;
  readonly #radius: number;
  /** (1 − μ²)∂/∂μ: part of the coefficient at n that comes from n + 1, and from n − 1. */
  readonly #slopeFromAbove: Float64Array;
  readonly #slopeFromBelow: Float64Array;
  /** Its adjoint: the projection of (1 − μ²) dP̄ₙ/dμ on P̄ₙ₋₁ and P̄ₙ₊₁. */
  readonly #projectBelow: Float64Array;
  readonly #projectAbove: Float64Array;
  /** −n(n + 1)/a². */
  readonly #laplacian: Float64Array;
  readonly #inverseLaplacian: Float64Array;

  /** @param radius metres */
  constructor(transform: SphericalTransform, radius: number) {
    const { coefficients, orders, degrees, truncation } = transform;
    this.#transform = transform;
    this.#radius = radius;
    const table = (value: (n: number, m: number) => number): Float64Array =>
      Float64Array.from({ length: coefficients }, (_, i) => value(degrees[i]!, orders[i]!));
    const epsilon = (n: number, m: number): number => Math.sqrt((n * n - m * m) / (4 * n * n - 1));
    this.#slopeFromAbove = table((n, m) => (n < truncation ? (n + 2) * epsilon(n + 1, m) : 0));
    this.#slopeFromBelow = table((n, m) => (n > m ? -(n - 1) * epsilon(n, m) : 0));
    this.#projectBelow = table((n, m) => (n > m ? (n + 1) * epsilon(n, m) : 0));
    this.#projectAbove = table((n, m) => -n * epsilon(n + 1, m));
    this.#laplacian = table((n) => (-n * (n + 1)) / (radius * radius));
    this.#inverseLaplacian = this.#laplacian.map((value) => (value === 0 ? 0 : 1 / value));
  }

  /**
   * The wind of a vorticity and a divergence (s⁻¹, degree ≤ T; their means over the globe mean nothing):
   * u cos φ and v cos φ, m s⁻¹, to degree T + 1.
   */
  windFromVorticityDivergence(
    vorticity: FieldBlock,
    divergence: FieldBlock,
    u: FieldBlock,
    v: FieldBlock,
  ): void {
    this.#require([vorticity, divergence, u, v]);
    // U = (∂χ/∂λ − (1 − μ²)∂ψ/∂μ)/a, V = (∂ψ/∂λ + (1 − μ²)∂χ/∂μ)/a, χ = ∇⁻²D, ψ = ∇⁻²ζ.
    this.#waveAndSlope(divergence, vorticity, -1, u, this.#inverseLaplacian);
    this.#waveAndSlope(vorticity, divergence, 1, v, this.#inverseLaplacian);
  }

  /** cos φ times the components of ∇f, to degree T + 1: (1/a)∂f/∂λ and (1/a)(1 − μ²)∂f/∂μ. */
  gradient(f: FieldBlock, zonal: FieldBlock, meridional: FieldBlock): void {
    this.#require([f, zonal, meridional]);
    this.#waveAndSlope(f, f, 0, zonal, null);
    this.#waveAndSlope(null, f, 1, meridional, null);
  }

  /**
   * Divergence (1/(a cos²φ))∂A/∂λ + (1/a)∂B/∂μ and vorticity (1/(a cos²φ))∂B/∂λ − (1/a)∂A/∂μ of a vector times cos φ,
   * (A, B), whose derivative along μ is integrated by parts.
   * @param a, b spectra, to degree T + 1, of A/cos²φ and B/cos²φ
   * @param divergence, vorticity out, to degree T (T + 1 is set 0); null for what is not wanted
   */
  divergenceAndVorticity(
    a: FieldBlock,
    b: FieldBlock,
    divergence: FieldBlock | null,
    vorticity: FieldBlock | null,
  ): void {
    if (divergence !== null) {
      this.#require([a, b, divergence]);
      this.#waveAndProjection(a, b, -1, divergence);
    }
    if (vorticity !== null) {
      this.#require([a, b, vorticity]);
      this.#waveAndProjection(b, a, 1, vorticity);
    }
  }

  /** ∇²f; `out` may be `f`. */
  laplacian(f: FieldBlock, out: FieldBlock): void {
    this.#scale(f, out, this.#laplacian);
  }

  /** ∇⁻²f, of mean 0 over the globe; `out` may be `f`. */
  inverseLaplacian(f: FieldBlock, out: FieldBlock): void {
    this.#scale(f, out, this.#inverseLaplacian);
  }

  #scale(f: FieldBlock, out: FieldBlock, factors: Float64Array): void {
    this.#require([f, out]);
    const { degrees, truncation } = this.#transform;
    for (let i = 0; i < factors.length; i++) {
      const factor = degrees[i]! > truncation ? 0 : factors[i]!;
      for (let part = 0; part < 2; part++) {
        const from = (2 * i + part) * f.fields + f.first;
        const to = (2 * i + part) * out.fields + out.first;
        for (let v = 0; v < f.count; v++) out.values[to + v] = factor * f.values[from + v]!;
      }
    }
  }

  /** out = (∂(s f)/∂λ + sign · (1 − μ²)∂(s g)/∂μ)/a, s by coefficient; no f is a zero. */
  #waveAndSlope(
    f: FieldBlock | null,
    g: FieldBlock,
    sign: number,
    out: FieldBlock,
    scale: Float64Array | null,
  ): void {
    const { coefficients, orders, degrees, truncation } = this.#transform;
    for (let i = 0; i < coefficients; i++) {
      const m = orders[i]!;
      const n = degrees[i]!;
      const own = scale === null ? 1 : scale[i]!;
      const wave = f === null || n > truncation ? 0 : (m * own) / this.#radius;
      const above = n < truncation ? i + 1 : i;
      const below = n > m ? i - 1 : i;
      const fromAbove =
        ((sign * this.#slopeFromAbove[i]!) / this.#radius) * (scale === null ? 1 : scale[above]!);
      const fromBelow =
        ((sign * this.#slopeFromBelow[i]!) / this.#radius) * (scale === null ? 1 : scale[below]!);
      this.#combine(f ?? g, i, wave, g, above, fromAbove, below, fromBelow, out);
    }
  }

  /** out = projection on P̄ of (∂f/∂λ + sign · g (1 − μ²)d/dμ)/a, degree T + 1 set 0. */
  #waveAndProjection(f: FieldBlock, g: FieldBlock, sign: number, out: FieldBlock): void {
    const { coefficients, orders, degrees, truncation } = this.#transform;
    for (let i = 0; i < coefficients; i++) {
      const m = orders[i]!;
      const n = degrees[i]!;
      if (n > truncation) {
        this.#combine(f, i, 0, f, i, 0, i, 0, out);
        continue;
      }
      const below = (sign * this.#projectBelow[i]!) / this.#radius;
      const above = (sign * this.#projectAbove[i]!) / this.#radius;
      this.#combine(f, i, m / this.#radius, g, i + 1, above, n > m ? i - 1 : i, below, out);
    }
  }

  /** out[i] = wave · (s, −c) of f[i] + above · g[iAbove] + below · g[iBelow]. */
  #combine(
    f: FieldBlock,
    i: number,
    wave: number,
    g: FieldBlock,
    iAbove: number,
    above: number,
    iBelow: number,
    below: number,
    out: FieldBlock,
  ): void {
    for (let part = 0; part < 2; part++) {
      const turned = (2 * i + 1 - part) * f.fields + f.first;
      const high = (2 * iAbove + part) * g.fields + g.first;
      const low = (2 * iBelow + part) * g.fields + g.first;
      const to = (2 * i + part) * out.fields + out.first;
      const signed = part === 0 ? wave : -wave;
      for (let v = 0; v < out.count; v++) {
        out.values[to + v] =
          signed * f.values[turned + v]! + (above * g.values[high + v]! + below * g.values[low + v]!);
      }
    }
  }

  #require(blocks: readonly FieldBlock[]): void {
    const { coefficients } = this.#transform;
    for (const { values, fields, first, count } of blocks) {
      if (
        values.length !== 2 * coefficients * fields ||
        first < 0 ||
        first + count > fields ||
        count !== blocks[0]!.count
      ) {
        throw usageError(
          `vector calculus: ${count} fields from ${first} of a batch of ${fields} with ${values.length} values; expected ` +
            `${blocks[0]!.count} fields within ${coefficients} × 2 × ${fields} values`,
        );
      }
    }
  }
}
