/**
 * Linear balance between a streamfunction ψ and a geopotential Φ: the divergence of the horizontal momentum equations
 * of slow, rotational flow,
 *   ∇²Φ = ∇·(f∇ψ),   f = 2Ω μ,   μ = sin φ
 * (Lorenz 1960, Tellus 12, 364; Daley 1991, Atmospheric Data Analysis, Cambridge University Press, ch. 7). On one harmonic, with
 * μP̄ₙ = ε_{n+1}P̄ₙ₊₁ + ε_nP̄ₙ₋₁, (1 − μ²)dP̄ₙ/dμ = (n + 1)ε_nP̄ₙ₋₁ − nε_{n+1}P̄ₙ₊₁, ε_n^m = √((n² − m²)/(4n² − 1)):
 *   ∇·(f∇P̄ₙ) = fa⁻²[−n(n + 1)P̄ₙ] + 2Ωa⁻²(1 − μ²)dP̄ₙ/dμ = −(2Ω/a²)[n(n + 2)ε_{n+1}P̄ₙ₊₁ + (n + 1)(n − 1)ε_nP̄ₙ₋₁],
 * and divided by the eigenvalues −(n + 1)(n + 2)/a² and −n(n − 1)/a² of ∇²,
 *   P̄ₙ → 2Ω [n/(n + 1) ε_{n+1} P̄ₙ₊₁ + (n + 1)/n ε_n P̄ₙ₋₁].
 * Nothing is divided by f: the equator is a place like any other. Φ's mean over the sphere, which ψ does not know, is 0.
 */
import { coefficientCount, legendre, orderOffset } from '../../core/sphere/legendre.js';
import { rotationRate } from './planet.js';

/** Reads and writes one field's spectrum, which begins at `from` and at `to`. */
export type LinearBalance = (
  streamfunction: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
) => void;

/**
 * @returns a map from ψ, [2, coefficientCount(degree)], m² s⁻¹, to Φ, [2, coefficientCount(degree + 1)], m² s⁻²
 */
export function createLinearBalance(degree: number): LinearBalance {
  const count = coefficientCount(degree);
  const outCount = coefficientCount(degree + 1);
  // 0 where a harmonic gives nothing
  const up = new Float64Array(count);
  const down = new Float64Array(count);
  for (let m = 0; m <= degree; m++) {
    const at = orderOffset(m, degree) - m;
    for (let n = Math.max(1, m); n <= degree; n++) {
      up[at + n] = upward(n, m);
      if (n > m && n > 1) down[at + n] = downward(n, m);
    }
  }
  return (streamfunction, from, out, to) => {
    out.fill(0, to, to + 2 * outCount);
    for (let part = 0; part < 2; part++) {
      for (let m = 0; m <= degree; m++) {
        const factor = orderOffset(m, degree) - m;
        const source = from + part * count + factor;
        const target = to + part * outCount + orderOffset(m, degree + 1) - m;
        for (let n = Math.max(1, m); n <= degree; n++) {
          const value = streamfunction[source + n]!;
          out[target + n + 1]! += up[factor + n]! * value;
          if (n > m) out[target + n - 1]! += down[factor + n]! * value;
        }
      }
    }
  };
}

/** What the harmonic (n, m) of ψ gives that of Φ at n + 1. */
function upward(n: number, m: number): number {
  return ((2 * rotationRate * n) / (n + 1)) * epsilon(n + 1, m);
}

/** And at n − 1. */
function downward(n: number, m: number): number {
  return ((2 * rotationRate * (n + 1)) / n) * epsilon(n, m);
}

function epsilon(n: number, m: number): number {
  return Math.sqrt((n * n - m * m) / (4 * n * n - 1));
}

/**
 * Variance of Φ where ψ is random and isotropic: it falls towards the equator.
 * @param amplitudes standard deviation of one harmonic of ψ by degree
 * @returns m⁴ s⁻⁴ by latitude
 */
export function balancedVariance(latitudes: Float64Array, amplitudes: Float64Array): Float64Array {
  const degree = amplitudes.length - 1;
  const functions = new Float64Array(coefficientCount(degree + 1));
  return latitudes.map((latitude) => {
    const angle = (latitude * Math.PI) / 180;
    legendre(Math.sin(angle), Math.max(0, Math.cos(angle)), degree + 1, functions);
    let variance = 0;
    for (let m = 0; m <= degree; m++) {
      const at = orderOffset(m, degree + 1) - m;
      for (let n = Math.max(1, m); n <= degree; n++) {
        const below = n > m && n > 1 ? downward(n, m) * functions[at + n - 1]! : 0;
        // cos² mλ + sin² mλ of two harmonics, or the one of m = 0
        variance += (amplitudes[n]! * (upward(n, m) * functions[at + n + 1]! + below)) ** 2;
      }
    }
    return variance;
  });
}
