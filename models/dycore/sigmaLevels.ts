/**
 * Sigma levels, σ = p / pₛ, and the vertical differencing of Simmons & Burridge 1981 (Mon. Weather Rev. 109,
 * 758–766), which conserves energy, and angular momentum but for what α₁ = ln 2 in place of 1 does to the top layer.
 * Level 1 is the top; half level k + ½ lies below level k.
 *   hydrostatic   Φₖ = Σ_{j>k} R Tⱼ ln(σ_{j+½}/σ_{j−½}) + αₖ R Tₖ                       eqs. 2.17, 3.19
 *   conversion    (κTω/p)ₖ = κTₖ [v·∇ln pₛ − Sₖ(D + v·∇ln pₛ)]                           eq. 3.12
 *                 Sₖ(X) = [ln(σ_{k+½}/σ_{k−½}) Σ_{j<k} Xⱼ Δσⱼ + αₖ Xₖ Δσₖ] / Δσₖ
 * with αₖ = 1 − σ_{k−½}/Δσₖ ln(σ_{k+½}/σ_{k−½}) and α₁ = ln 2.
 */
import { usageError } from '../../core/errors.js';
import { gasConstant, kappa } from './constants.js';

export interface SigmaLevels {
  /** L */
  readonly count: number;
  /** [L + 1], 0 … 1 */
  readonly half: Float64Array;
  /** [L], midway between half levels. */
  readonly full: Float64Array;
  /** [L], Δσ */
  readonly thickness: Float64Array;
  /** [L], ln(σ_{k+½}/σ_{k−½}); 0 at the top, where nothing lies above that it would multiply. */
  readonly logRatio: Float64Array;
  /** [L], α */
  readonly alpha: Float64Array;
}

/** L levels of equal thickness. @throws {PlumeError} usage, for fewer than two */
export function equalLevels(count: number): SigmaLevels {
  if (!(Number.isInteger(count) && count >= 2 && count <= 100)) {
    throw usageError(`${count} sigma levels; give a whole number from 2 to 100, such as 8`);
  }
  return sigmaLevels(Float64Array.from({ length: count + 1 }, (_, k) => k / count));
}

/** @param half σ of half levels, rising from 0 to 1 */
export function sigmaLevels(half: Float64Array): SigmaLevels {
  const count = half.length - 1;
  const level = (of: (above: number, below: number, k: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, k) => of(half[k] ?? 0, half[k + 1] ?? 0, k));
  return {
    count,
    half,
    full: level((above, below) => (above + below) / 2),
    thickness: level((above, below) => below - above),
    logRatio: level((above, below) => (above === 0 ? 0 : Math.log(below / above))),
    alpha: level((above, below) =>
      above === 0 ? Math.LN2 : 1 - (above / (below - above)) * Math.log(below / above),
    ),
  };
}

/** [L, L]: G with Φₖ = Σⱼ Gₖⱼ Tⱼ above a flat ground, J kg⁻¹ K⁻¹. */
export function hydrostaticMatrix({ count, logRatio, alpha }: SigmaLevels): Float64Array {
  const matrix = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    matrix[k * count + k] = gasConstant * alpha[k]!;
    for (let j = k + 1; j < count; j++) matrix[k * count + j] = gasConstant * logRatio[j]!;
  }
  return matrix;
}

/** [L, L]: κ T̄ S, what divergence takes from the temperature of a resting atmosphere of T̄ everywhere, K. */
export function conversionMatrix(
  { count, thickness, logRatio, alpha }: SigmaLevels,
  temperature: number,
): Float64Array {
  const matrix = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    const scale = (kappa * temperature) / thickness[k]!;
    for (let j = 0; j < k; j++) matrix[k * count + j] = scale * logRatio[k]! * thickness[j]!;
    matrix[k * count + k] = scale * alpha[k]! * thickness[k]!;
  }
  return matrix;
}
