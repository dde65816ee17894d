/**
 * Rows of latitude that carry a quadrature over the sphere: sines μ = sin φ, cosines and weights whose sum is 2, so
 * that Σ w f(μ) stands for ∫ f dμ from pole to pole. Rows run north → south and mirror at the equator to the bit.
 *   gaussian  roots of the Legendre polynomial; exact for polynomials in μ up to degree 2 rows − 1.
 *             Newton's iteration: Press et al. 2007, Numerical Recipes, 3rd ed., § 4.6.1.
 *   regular   equally spaced with both poles; exact up to degree rows − 1.
 *             Clenshaw & Curtis 1960, Numer. Math. 2, 197; weights: Waldvogel 2006, BIT 46, 195, eqs. 2.3–2.4.
 */

export type LatitudeKind = 'gaussian' | 'regular';

export interface Latitudes {
  /** sin φ of rows. */
  readonly sines: Float64Array;
  /** cos φ of rows, exactly 0 at poles. */
  readonly cosines: Float64Array;
  /** Quadrature weights, sum 2. */
  readonly weights: Float64Array;
}

/** @param rows at least 2 */
export function makeLatitudes(kind: LatitudeKind, rows: number): Latitudes {
  return kind === 'gaussian' ? gaussianLatitudes(rows) : regularLatitudes(rows);
}

function gaussianLatitudes(rows: number): Latitudes {
  const sines = new Float64Array(rows);
  const cosines = new Float64Array(rows).fill(1);
  const weights = new Float64Array(rows);
  for (let row = 0; row < Math.ceil(rows / 2); row++) {
    // The middle one of an odd number is the equator itself.
    const equator = 2 * row + 1 === rows;
    let x = equator ? 0 : Math.cos((Math.PI * (row + 0.75)) / (rows + 0.5));
    if (!equator) for (let i = 0; i < 6; i++) x -= legendrePolynomial(rows, x) / legendreSlope(rows, x);
    const squaredCosine = (1 - x) * (1 + x);
    const weight = 2 / (squaredCosine * legendreSlope(rows, x) ** 2);
    setPair({ sines, cosines, weights }, row, x, Math.sqrt(squaredCosine), weight);
  }
  return { sines, cosines, weights };
}

function regularLatitudes(rows: number): Latitudes {
  const intervals = rows - 1;
  const sines = new Float64Array(rows);
  const cosines = new Float64Array(rows).fill(1);
  const weights = new Float64Array(rows);
  for (let row = 0; row < Math.ceil(rows / 2); row++) {
    const equator = 2 * row === intervals;
    const angle = (Math.PI * row) / intervals;
    let weight = 1;
    for (let k = 1; 2 * k <= intervals; k++) {
      const share = 2 * k === intervals ? 1 : 2;
      weight -= (share / (4 * k * k - 1)) * Math.cos((2 * Math.PI * ((k * row) % intervals)) / intervals);
    }
    weight *= (row === 0 ? 1 : 2) / intervals;
    setPair({ sines, cosines, weights }, row, equator ? 0 : Math.cos(angle), Math.sin(angle), weight);
  }
  cosines[0] = 0;
  cosines[rows - 1] = 0;
  return { sines, cosines, weights };
}

/** A row and its mirror image. */
function setPair(to: Latitudes, row: number, sine: number, cosine: number, weight: number): void {
  const mirror = to.sines.length - 1 - row;
  to.sines[mirror] = -sine;
  to.sines[row] = sine;
  to.cosines[row] = cosine;
  to.cosines[mirror] = cosine;
  to.weights[row] = weight;
  to.weights[mirror] = weight;
}

/** Pₙ(x) by Bonnet's recursion. */
function legendrePolynomial(n: number, x: number): number {
  let before = 1;
  let last = x;
  for (let k = 2; k <= n; k++) [before, last] = [last, ((2 * k - 1) * x * last - (k - 1) * before) / k];
  return n === 0 ? 1 : last;
}

/** Pₙ′(x), |x| < 1. */
function legendreSlope(n: number, x: number): number {
  return (n * (x * legendrePolynomial(n, x) - legendrePolynomial(n - 1, x))) / (x * x - 1);
}
