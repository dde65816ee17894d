/**
 * The forcing of Held & Suarez 1994 (Bull. Am. Meteorol. Soc. 75, 1825–1830): temperature relaxes towards a
 * prescribed radiative equilibrium, winds near the ground towards rest.
 *   T_eq = max{200 K, [315 K − 60 K sin²φ − 10 K ln(p/p₀) cos²φ] (p/p₀)^κ}
 *   k_T = k_a + (k_s − k_a) max(0, (σ − σ_b)/(1 − σ_b)) cos⁴φ,   k_v = k_f max(0, (σ − σ_b)/(1 − σ_b))
 */
import { kappa, referencePressure } from './constants.js';
import { exponential } from './exponential.js';

const day = 86_400;
/** K */
export const coldest = 200;
const warmest = 315;
/** ΔT_y, K */
const meridionalContrast = 60;
/** Δθ_z, K */
const staticStability = 10;
/** σ_b */
const boundaryLayer = 0.7;
/** k_a, k_s, k_f, s⁻¹ */
const slowRelaxation = 1 / (40 * day);
const fastRelaxation = 1 / (4 * day);
const friction = 1 / day;

function depthInBoundaryLayer(sigma: number): number {
  return Math.max(0, (sigma - boundaryLayer) / (1 - boundaryLayer));
}

/** k_v by level, s⁻¹ */
export function frictionRates(fullLevels: Float64Array): Float64Array {
  return fullLevels.map((sigma) => friction * depthInBoundaryLayer(sigma));
}

/** k_T, s⁻¹ */
export function relaxationRate(sigma: number, cosine: number): number {
  return slowRelaxation + (fastRelaxation - slowRelaxation) * depthInBoundaryLayer(sigma) * cosine ** 4;
}

/**
 * T_eq, K
 * @param logPressureRatio ln(p/p₀), p₀ = 1000 hPa
 */
export function equilibriumTemperature(sine: number, cosine: number, logPressureRatio: number): number {
  const surface = warmest - meridionalContrast * sine ** 2 - staticStability * logPressureRatio * cosine ** 2;
  return Math.max(coldest, surface * exponential(kappa * logPressureRatio));
}

export interface NewtonianRelaxation {
  /** By row: 315 K − 60 K sin²φ and 10 K cos²φ; by level: ln σ and σ^κ; k_T, [row, level]. */
  readonly surface: Float64Array;
  readonly stability: Float64Array;
  readonly logSigma: Float64Array;
  readonly sigmaToKappa: Float64Array;
  readonly rates: Float64Array;
  /** ln p₀ */
  readonly logReference: number;
  /**
   * One column of k_T (T_eq − T), K s⁻¹.
   * @param row latitude
   * @param temperature, out [level] from `at` and `to` on
   * @param logSurfacePressure ln(pₛ / 1 Pa)
   */
  column(
    row: number,
    logSurfacePressure: number,
    temperature: Float64Array,
    at: number,
    out: Float64Array,
    to: number,
  ): void;
}

/** Tables of rows and levels made once: a column costs one exponential. */
export function makeNewtonianRelaxation(
  sines: Float64Array,
  cosines: Float64Array,
  fullLevels: Float64Array,
): NewtonianRelaxation {
  const L = fullLevels.length;
  const logSigma = fullLevels.map(Math.log);
  const sigmaToKappa = fullLevels.map((sigma) => sigma ** kappa);
  const logReference = Math.log(referencePressure);
  const rates = new Float64Array(sines.length * L);
  for (let row = 0; row < sines.length; row++) {
    for (let k = 0; k < L; k++) rates[row * L + k] = relaxationRate(fullLevels[k]!, cosines[row]!);
  }
  const surface = sines.map((sine) => warmest - meridionalContrast * sine ** 2);
  const stability = cosines.map((cosine) => staticStability * cosine ** 2);
  return {
    surface,
    stability,
    logSigma,
    sigmaToKappa,
    rates,
    logReference,
    column(row, logSurfacePressure, temperature, at, out, to) {
      const logRatio = logSurfacePressure - logReference;
      const exner = exponential(kappa * logRatio);
      for (let k = 0; k < L; k++) {
        const warm = (surface[row]! - stability[row]! * (logRatio + logSigma[k]!)) * exner * sigmaToKappa[k]!;
        out[to + k] = rates[row * L + k]! * (Math.max(coldest, warm) - temperature[at + k]!);
      }
    },
  };
}
