/**
 * Semi-implicit gravity waves (Robert, Henderson & Turnbull 1972; Hoskins & Simmons 1975, Q. J. R. Meteorol. Soc.
 * 101, 637–655, section 4). The terms that carry gravity waves in a resting atmosphere of temperature T̄,
 *   ∂D/∂t = cₙ (G T + R T̄ P),   ∂T/∂t = −τ D,   ∂P/∂t = −ν·D,   cₙ = n(n+1)/a², P = ln pₛ,
 * are taken between the old and the new time, X̄ = β X⁺ + (1 − β) X⁻. With δ = β (t⁺ − t⁻), X̄ is eliminated:
 *   (I + δ² cₙ B) D̄ = D⁻ + δ N_D + δ cₙ [G (T⁻ + δ N_T) + R T̄ (P⁻ + δ N_P)],   B = G τ + R T̄ νᵀ.
 * β = ½ keeps waves as they are; β = 1 damps those too fast for the step.
 */
import { inverse, Matrix } from 'ml-matrix';
import { earthRadius, gasConstant } from './constants.js';
import { conversionMatrix, hydrostaticMatrix, type SigmaLevels } from './sigmaLevels.js';
import type { SpectralState } from './spectralState.js';

/** T̄, K: warmer than nearly all of the atmosphere, as stability wants (Simmons, Hoskins & Burridge 1978). */
export const referenceTemperature = 300;

export interface SemiImplicit {
  /**
   * New state from the old one and the tendencies of everything but the linear terms.
   * @param next written; may not be `old` or `tendency`
   */
  advance(old: SpectralState, tendency: SpectralState, next: SpectralState): void;
}

/**
 * @param degrees n of every coefficient
 * @param interval t⁺ − t⁻, seconds
 * @param implicitness β, ½ … 1
 */
export function makeSemiImplicit(
  levels: SigmaLevels,
  degrees: Int32Array,
  interval: number,
  implicitness = 0.5,
): SemiImplicit {
  const L = levels.count;
  const delta = implicitness * interval;
  const hydrostatic = hydrostaticMatrix(levels);
  const conversion = conversionMatrix(levels, referenceTemperature);
  const pressureFactor = gasConstant * referenceTemperature;
  const inverses = inverseMatrices(levels, Math.max(...degrees), delta);
  const warmth = new Float64Array(L);
  const right = new Float64Array(L);
  const mean = new Float64Array(L);

  return {
    advance(old, tendency, next) {
      for (let c = 0; c < degrees.length; c++) {
        const n = degrees[c]!;
        const curvature = (n * (n + 1)) / earthRadius ** 2;
        const solve = inverses[n]!;
        for (let part = 0; part < 2; part++) {
          const row = 2 * c + part;
          const at = row * L;
          const pressure = old.logPressure[row]! + delta * tendency.logPressure[row]!;
          for (let k = 0; k < L; k++) {
            warmth[k] = old.temperature[at + k]! + delta * tendency.temperature[at + k]!;
          }
          for (let k = 0; k < L; k++) {
            let geopotential = pressureFactor * pressure;
            for (let j = k; j < L; j++) geopotential += hydrostatic[k * L + j]! * warmth[j]!;
            right[k] =
              old.divergence[at + k]! + delta * (tendency.divergence[at + k]! + curvature * geopotential);
          }
          for (let k = 0; k < L; k++) {
            let sum = 0;
            for (let j = 0; j < L; j++) sum += solve[k * L + j]! * right[j]!;
            mean[k] = sum;
            next.divergence[at + k] =
              old.divergence[at + k]! + (sum - old.divergence[at + k]!) / implicitness;
            next.vorticity[at + k] = old.vorticity[at + k]! + interval * tendency.vorticity[at + k]!;
          }
          let outflow = 0;
          for (let k = 0; k < L; k++) {
            outflow += levels.thickness[k]! * mean[k]!;
            let cooling = 0;
            for (let j = 0; j <= k; j++) cooling += conversion[k * L + j]! * mean[j]!;
            next.temperature[at + k] =
              old.temperature[at + k]! + interval * (tendency.temperature[at + k]! - cooling);
          }
          next.logPressure[row] = old.logPressure[row]! + interval * (tendency.logPressure[row]! - outflow);
        }
      }
    },
  };
}

/** [n][L, L]: (I + δ² cₙ B)⁻¹ */
export function inverseMatrices(levels: SigmaLevels, truncation: number, delta: number): Float64Array[] {
  const L = levels.count;
  const hydrostatic = new Matrix(rowsOf(hydrostaticMatrix(levels), L));
  const conversion = new Matrix(rowsOf(conversionMatrix(levels, referenceTemperature), L));
  const outflow = Matrix.ones(L, 1)
    .mmul(Matrix.rowVector([...levels.thickness]))
    .mul(gasConstant * referenceTemperature);
  const waves = hydrostatic.mmul(conversion).add(outflow);
  return Array.from({ length: truncation + 1 }, (_, n) => {
    const factor = (delta ** 2 * n * (n + 1)) / earthRadius ** 2;
    return Float64Array.from(inverse(Matrix.eye(L).add(Matrix.mul(waves, factor))).to1DArray());
  });
}

function rowsOf(matrix: Float64Array, width: number): number[][] {
  return Array.from({ length: width }, (_, row) => [...matrix.subarray(row * width, (row + 1) * width)]);
}
