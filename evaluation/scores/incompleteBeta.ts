/**
 * The regularised incomplete beta function I_x(a, b) and what is made of it: the distribution of Student's t.
 * Continued fraction 26.5.8 of Abramowitz & Stegun in the modified Lentz form, on the side of the mean where it
 * converges fast.
 */
import { gammaln } from 'simple-statistics';

const tiny = 1e-300;

/** ln B(a, b) for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b);
}

/**
 * I_x(a, b), the distribution function at x of a beta variable.
 * @param x within 0 … 1
 * @returns NaN where a ≤ 0, b ≤ 0 or x lies outside
 */
export function betaIncomplete(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return x;
  return x < (a + 1) / (a + b + 2) ? lower(x, 1 - x, a, b) : 1 - lower(1 - x, x, b, a);
}

/** Probability that a variable of Student's t is above t, with relative accuracy in the upper tail. */
export function studentTail(t: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom > 0) || Number.isNaN(t)) return Number.NaN;
  const square = t * t;
  // P(|T| > |t|) = I_{ν/(ν + t²)}(ν/2, ½); near t = 0 the complement is taken of the small side.
  const a = degreesOfFreedom / 2;
  const outside =
    square === Number.POSITIVE_INFINITY
      ? 0
      : square < degreesOfFreedom
        ? 1 - betaIncomplete(square / (degreesOfFreedom + square), 0.5, a)
        : betaIncomplete(degreesOfFreedom / (degreesOfFreedom + square), a, 0.5);
  return t > 0 ? outside / 2 : 1 - outside / 2;
}

/** Distribution function of Student's t, with relative accuracy in the lower tail. */
export function studentCdf(t: number, degreesOfFreedom: number): number {
  return studentTail(-t, degreesOfFreedom);
}

function lower(x: number, complement: number, a: number, b: number): number {
  const front = Math.exp(a * Math.log(x) + b * Math.log(complement) - logBeta(a, b)) / a;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    value *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return front * value;
}
