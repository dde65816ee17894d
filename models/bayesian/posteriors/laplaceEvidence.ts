/**
 * Evidence of a linear layer, y = φ W + noise, and the prior precision τ that makes it largest. Columns of W are
 * independent given τ; each has rows N, noise variance s², the eigenvalues λ of its ΦᵀΦ, and the likelihood of a row
 * counts 1/T (T = 1: rows are independent):
 *   ln p(Y | τ) = Σ_c [ −(N ln 2πs² + R_c/s²)/(2T) + ½ Σ_i ln τ − ½ Σ_i ln(λ_i/(T s²) + τ) ] − ½ τ ‖W − m₀‖²,
 * with R_c the sum of squared residuals at W, exact where W is the mode. MacKay 1992, doi:10.1162/neco.1992.4.3.415,
 * eqs 4.3–4.6; for networks Immer et al. 2021, arXiv:2104.04975.
 */
import { dataError } from '../../../core/errors.js';

export interface EvidenceColumn {
  /** λ of ΦᵀΦ over the rows of this column, [in]. */
  readonly eigenvalues: Float64Array;
  readonly rows: number;
  /** s² */
  readonly noiseVariance: number;
  /** R: sum of squared residuals. */
  readonly residualSquares: number;
}

export interface LinearEvidence {
  readonly columns: readonly EvidenceColumn[];
  /** ‖W − m₀‖², over all columns. */
  readonly weightSquares: number;
  /** T */
  readonly temperature: number;
}

/** ln p(Y | τ), nats. @param precision τ > 0 */
export function logEvidence(
  { columns, weightSquares, temperature }: LinearEvidence,
  precision: number,
): number {
  let sum = -0.5 * precision * weightSquares;
  for (const { eigenvalues, rows, noiseVariance, residualSquares } of columns) {
    sum -=
      (rows * Math.log(2 * Math.PI * noiseVariance) + residualSquares / noiseVariance) / (2 * temperature);
    const unit = 1 / (temperature * noiseVariance * precision);
    for (const eigenvalue of eigenvalues) sum -= 0.5 * Math.log1p(Math.max(0, eigenvalue) * unit);
  }
  return sum;
}

/** γ = Σ λ/(λ + τ T s²): how many weights the data have determined (MacKay 1992, eq. 4.7). */
export function determinedWeights({ columns, temperature }: LinearEvidence, precision: number): number {
  let sum = 0;
  for (const { eigenvalues, noiseVariance } of columns) {
    const threshold = precision * temperature * noiseVariance;
    for (const eigenvalue of eigenvalues)
      sum += Math.max(0, eigenvalue) / (Math.max(0, eigenvalue) + threshold);
  }
  return sum;
}

/** Range of ln τ that is searched, and the steps of the search before it narrows. */
const lowest = Math.log(1e-10);
const highest = Math.log(1e14);
const coarseSteps = 112;
const golden = (Math.sqrt(5) - 1) / 2;

/**
 * The τ of largest evidence: the best of an even search in ln τ, narrowed by golden section to 1e-8 of ln τ.
 * @throws {PlumeError} data, when the evidence has no maximum: it grows to an end of the search
 */
export function bestPrecision(evidence: LinearEvidence): number {
  const at = (logPrecision: number): number => logEvidence(evidence, Math.exp(logPrecision));
  const width = (highest - lowest) / coarseSteps;
  let best = 0;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let step = 0; step <= coarseSteps; step++) {
    const value = at(lowest + step * width);
    if (value > bestValue) [best, bestValue] = [step, value];
  }
  if (best === 0 || best === coarseSteps) {
    throw dataError(
      `Laplace: the evidence for the prior precision has no maximum between 1e-10 and 1e14 (‖W − m₀‖² is ` +
        `${evidence.weightSquares}); give the prior precision as a number`,
    );
  }
  let [from, to] = [lowest + (best - 1) * width, lowest + (best + 1) * width];
  while (to - from > 1e-8) {
    const [left, right] = [to - golden * (to - from), from + golden * (to - from)];
    if (at(left) < at(right)) from = left;
    else to = right;
  }
  return Math.exp((from + to) / 2);
}
