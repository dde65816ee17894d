/**
 * The standard normal distribution to full double precision: density and 2Φ(z) − 1 = erf(z/√2).
 * |z| < 3: Maclaurin–Kummer series erf(x) = (2/√π) e^{−x²} Σ 2ⁿ x^{2n+1} / (2n+1)!!, all terms of one sign;
 * beyond: erfc by its continued fraction (Abramowitz & Stegun 7.1.6, 7.1.14).
 */

const rootHalf = Math.SQRT1_2;
const rootTwoPi = Math.sqrt(2 * Math.PI);

/** φ(z) = exp(−z²/2) / √(2π) */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / rootTwoPi;
}

/** Probability of −|z| … |z| with the sign of z: 2Φ(z) − 1. */
export function normalCentral(z: number): number {
  const x = Math.abs(z) * rootHalf;
  if (Number.isNaN(x)) return Number.NaN;
  const magnitude = x < 2.2 ? erfSeries(x) : 1 - erfcFraction(x);
  return z < 0 ? -magnitude : magnitude;
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** √π e^{x²} erfc(x) = 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), evaluated from the inside out. */
function erfcFraction(x: number): number {
  if (x > 27) return 0;
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
