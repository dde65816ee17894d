/**
 * The regularised incomplete gamma functions P(a, x) = γ(a, x)/Γ(a) and Q = 1 − P: the distribution of gamma and
 * chi-squared variables. Series for x < a + 1, continued fraction beyond (Abramowitz & Stegun 6.5.29, 6.5.31 in the
 * modified Lentz form), each where it converges fast and keeps relative accuracy.
 */
import { gammaln } from 'simple-statistics';

const most = 100_000;

/**
 * P(a, x), the distribution function at x of a gamma variable of shape a and scale 1.
 * @param a > 0, else NaN
 * @param x 0 where negative
 */
export function gammaLower(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 0;
  return x < a + 1 ? series(a, x) : 1 - fraction(a, x);
}

/** Q(a, x) = 1 − P(a, x), with relative accuracy in the upper tail. */
export function gammaUpper(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - series(a, x) : fraction(a, x);
}

/** Probability that a chi-squared variable is above x: the p value of a test. */
export function chiSquaredTail(x: number, degreesOfFreedom: number): number {
  return gammaUpper(degreesOfFreedom / 2, x / 2);
}

/** x^a e^{−x} / Γ(a) */
function prefactor(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - gammaln(a));
}

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < most && term > 1e-17 * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return prefactor(a, x) * sum;
}

function fraction(a: number, x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < most; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return prefactor(a, x) * value;
}
