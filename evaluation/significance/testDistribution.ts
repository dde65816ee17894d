/**
 * Distributions that test statistics are held against: Student's t with any positive degrees of freedom, and the
 * standard normal, which is t with infinitely many.
 * P(T ≤ t) = 1 − ½ I_x(ν/2, ½), x = ν/(ν + t²), t ≥ 0 (Abramowitz & Stegun 26.7.1), with the incomplete beta
 * function I by its continued fraction (DLMF 8.17.22), which converges fast for x < (a + 1)/(a + b + 2).
 */
import { normalCentral } from '../scores/normal.js';

/**
 * P(T ≤ statistic).
 * @param freedom degrees of freedom, above 0; Infinity: standard normal
 * @returns 0 … 1; NaN where the statistic is
 */
export function cumulative(statistic: number, freedom: number): number {
  const below = 0.5 * twoSided(statistic, freedom);
  return statistic > 0 ? 1 - below : below;
}

/** P(|T| ≥ |statistic|): the p value of a two-sided test; NaN where the statistic is. */
export function twoSided(statistic: number, freedom: number): number {
  if (Number.isNaN(statistic)) return Number.NaN;
  const square = statistic * statistic;
  if (square === Number.POSITIVE_INFINITY) return 0;
  if (freedom === Number.POSITIVE_INFINITY) return 1 - normalCentral(Math.abs(statistic));
  return incompleteBeta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5);
}

/**
 * t with P(T ≤ t) = p.
 * @param p 0 … 1
 */
export function quantile(p: number, freedom: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p < 0.5) return -quantile(1 - p, freedom);
  if (p === 1) return Number.POSITIVE_INFINITY;
  const outside = 2 * (1 - p);
  let low = 0;
  let high = 1;
  while (twoSided(high, freedom) > outside && high < 1e300) high *= 2;
  for (;;) {
    const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) return middle;
    if (twoSided(middle, freedom) > outside) low = middle;
    else high = middle;
  }
}

/** I_x(a, b), with y = 1 − x given apart because it may be tiny. */
function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(y, x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log(y) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  return front / betaFraction(x, a, b);
}

/** The continued fraction 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22, by the method of Lentz. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let value = 1;
  let c = 1;
  let d = 0;
  for (let i = 1; i < 10_000; i++) {
    const m = i >> 1;
    const term =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + term * d || tiny);
    c = 1 + term / c || tiny;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return value;
}

/** log Γ(x), x > 0: raised above 15 by Γ(x + 1) = x Γ(x), then Stirling's series (Abramowitz & Stegun 6.1.41). */
function logGamma(x: number): number {
  let product = 1;
  let z = x;
  while (z < 15) product *= z++;
  const w = 1 / (z * z);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
