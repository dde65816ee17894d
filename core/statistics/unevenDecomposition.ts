/**
 * Where the spread comes from when weight samples have unequal numbers of members, because some members have no value (a lost
 * cyclone): the analysis of variance of a one-way random model, of which varianceDecomposition.ts is the case of equal numbers.
 * With J_k members of weight sample k, N = Σ J_k over K samples, x̄ the mean of all:
 *
 *   within  W = Σ_k Σ_j (x_kj − x̄_k)² / (N − K)            aleatoric = W
 *   between B = Σ_k J_k (x̄_k − x̄)² / (K − 1)               epistemic = max(0, (B − W) / n₀)
 *   n₀ = (N − Σ_k J_k² / N) / (K − 1)
 *
 * Unbiased before the cut at 0 (Searle, Casella & McCulloch 1992, §3.6). It takes no account of why values are missing.
 */
import { internalError } from '../errors.js';

export interface VarianceSources {
  /** Unit squared; NaN with one weight sample, or where none has two members. */
  readonly epistemic: number;
  readonly aleatoric: number;
}

/**
 * @param values [member]; those that are NaN are left out
 * @param weightSamples [member]: which weight sample each is of
 * @throws {PlumeError} internal, when lengths do not match
 */
export function decomposeUneven(
  values: ArrayLike<number>,
  weightSamples: ArrayLike<number>,
): VarianceSources {
  if (values.length !== weightSamples.length)
    throw internalError(`decomposition: ${values.length} members and ${weightSamples.length} weight samples`);
  const groups = new Map<number, number[]>();
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const group = groups.get(weightSamples[i]!);
    if (group) group.push(values[i]!);
    else groups.set(weightSamples[i]!, [values[i]!]);
  }
  const samples = [...groups.values()];
  const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
  const all = mean(samples.flat());
  const count = samples.reduce((sum, group) => sum + group.length, 0);
  let within = 0;
  let between = 0;
  let squares = 0;
  for (const group of samples) {
    const centre = mean(group);
    for (const x of group) within += (x - centre) ** 2;
    between += group.length * (centre - all) ** 2;
    squares += group.length ** 2;
  }
  const [K, N] = [samples.length, count];
  const aleatoric = N > K ? within / (N - K) : Number.NaN;
  const size = (N - squares / N) / (K - 1);
  const epistemic = K > 1 ? Math.max(0, (between / (K - 1) - aleatoric) / size) : Number.NaN;
  return { epistemic, aleatoric };
}
