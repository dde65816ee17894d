/**
 * Distributions that test statistics are held against: Student's t with any positive degrees of freedom, and the
 * standard normal, which is t with infinitely many.
 */
import { studentTail } from '../scores/incompleteBeta.js';
import { normalQuantile, normalTail } from '../scores/normal.js';

/**
 * P(T ≤ statistic).
 * @param freedom degrees of freedom, above 0; Infinity: standard normal
 * @returns 0 … 1; NaN where the statistic is
 */
export function cumulative(statistic: number, freedom: number): number {
  return tail(-statistic, freedom);
}

/** P(|T| ≥ |statistic|): the p value of a two-sided test; NaN where the statistic is. */
export function twoSided(statistic: number, freedom: number): number {
  return 2 * tail(Math.abs(statistic), freedom);
}

/**
 * t with P(T ≤ t) = p, by halving until no number lies between.
 * @param p 0 … 1
 */
export function quantile(p: number, freedom: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (freedom === Number.POSITIVE_INFINITY) return normalQuantile(p);
  if (p === 0.5) return 0;
  if (p < 0.5) return -quantile(1 - p, freedom);
  if (p === 1) return Number.POSITIVE_INFINITY;
  const above = 1 - p;
  let low = 0;
  let high = 1;
  while (studentTail(high, freedom) > above && high < 1e300) high *= 2;
  for (;;) {
    const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) return middle;
    if (studentTail(middle, freedom) > above) low = middle;
    else high = middle;
  }
}

function tail(statistic: number, freedom: number): number {
  return freedom === Number.POSITIVE_INFINITY ? normalTail(statistic) : studentTail(statistic, freedom);
}
