/**
 * The standard normal distribution to full double precision: density, distribution, tails, quantiles.
 *   |z| < 3  Maclaurin–Kummer series erf(x) = (2/√π) e^{−x²} Σ 2ⁿ x^{2n+1} / (2n+1)!!, all terms of one sign
 *   beyond   erfc by its continued fraction (Abramowitz & Stegun 7.1.6, 7.1.14), which keeps relative accuracy
 *            until the tail leaves the doubles (z ≈ 38)
 */

const rootHalf = Math.SQRT1_2;
const rootTwoPi = Math.sqrt(2 * Math.PI);
const rootPi = Math.sqrt(Math.PI);

/** φ(z) = exp(−z²/2) / √(2π) */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / rootTwoPi;
}

/** ln φ(z), finite where φ itself is 0. */
export function normalLogDensity(z: number): number {
  return -0.5 * z * z - Math.log(rootTwoPi);
}

/** Probability of −|z| … |z| with the sign of z: 2Φ(z) − 1. */
export function normalCentral(z: number): number {
  const x = Math.abs(z) * rootHalf;
  if (Number.isNaN(x)) return Number.NaN;
  const magnitude = x < 2.2 ? erfSeries(x) : 1 - erfcFraction(x);
  return z < 0 ? -magnitude : magnitude;
}

/** Q(z) = 1 − Φ(z), with relative accuracy in the upper tail. */
export function normalTail(z: number): number {
  const x = z * rootHalf;
  if (Number.isNaN(x)) return Number.NaN;
  if (x < -2.2) return 1 - 0.5 * erfcFraction(-x);
  return x < 2.2 ? 0.5 - 0.5 * Math.sign(x) * erfSeries(Math.abs(x)) : 0.5 * erfcFraction(x);
}

/** Φ(z), with relative accuracy in the lower tail. */
export function normalCdf(z: number): number {
  return normalTail(-z);
}

/** Mills' ratio Q(z)/φ(z): where both vanish it does not (about 1/z). */
export function millsRatio(z: number): number {
  const x = z * rootHalf;
  // √(π/2) e^{x²} erfc(x), with √π e^{x²} erfc(x) = 1/fraction.
  return x < 2.2 ? normalTail(z) / normalDensity(z) : rootHalf / fractionOf(x);
}

/**
 * ∫_{−∞}^{z} Φ² = zΦ² + 2Φφ − Φ(√2 z)/√π: the CRPS of every normal, censored or cut distribution is made of it,
 * and ∫_{z}^{∞} (1 − Φ)² is its value at −z.
 */
export function integralOfSquaredCdf(z: number): number {
  if (z === Number.NEGATIVE_INFINITY) return 0;
  const cdf = normalCdf(z);
  return z * cdf * cdf + 2 * cdf * normalDensity(z) - normalCdf(Math.SQRT2 * z) / rootPi;
}

/**
 * Φ⁻¹(p): a rational start (Abramowitz & Stegun 26.2.23, 4.5e-4), made exact by Halley's steps.
 * @param p within 0 … 1; ∓Infinity at the ends, NaN outside
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  // The half with the smaller tail keeps all digits of p.
  const tail = Math.min(p, 1 - p);
  const t = Math.sqrt(-2 * Math.log(tail));
  let z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let step = 0; step < 3; step++) {
    const newton = (normalTail(z) - tail) / normalDensity(z);
    z += newton / (1 - (z * newton) / 2);
  }
  return p < 0.5 ? -z : z;
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / rootPi) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  if (x > 27) return 0;
  return Math.exp(-x * x) / rootPi / fractionOf(x);
}

/** √π e^{x²} erfc(x) = 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), evaluated from the inside out. */
function fractionOf(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return fraction;
}
