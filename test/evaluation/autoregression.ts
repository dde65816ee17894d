/** Scores of starts that are alike from one to the next, for tests of what uncertainty is made of them. */

/** [case]: a first-order autoregression of variance 1. */
export function autoregression(n: number, correlation: number, normal: () => number): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++)
    values[i] =
      i === 0 ? normal() : correlation * values[i - 1]! + Math.sqrt(1 - correlation ** 2) * normal();
  return values;
}
