/**
 * Associated Legendre functions of the sine of latitude, fully normalised so that the squares of the degree's
 * 2n + 1 real harmonics P̄ₙᵐ(sin φ) cos mλ, P̄ₙᵐ(sin φ) sin mλ sum to 2n + 1 at every point (addition theorem); their
 * mean square over the sphere is 1 each. No Condon–Shortley phase.
 * Standard forward column recursion, stable in float64: Holmes & Featherstone 2002, J. Geodesy 76, 279–299,
 * doi:10.1007/s00190-002-0216-2, eqs. 11–13.
 */

/**
 * Above this degree sectoral seeds P̄ₘᵐ ∝ cosᵐφ could underflow where functions of higher degree still count:
 * those need m ≲ n cos φ, and cosᵐφ at m = n cos φ is smallest, e^(−n/e), at cos φ = 1/e; e^(−1000/e) = 10⁻¹⁶⁰.
 */
export const maximumDegree = 1000;

/** Number of (n, m) with 0 ≤ m ≤ n ≤ degree. */
export function coefficientCount(degree: number): number {
  return ((degree + 1) * (degree + 2)) / 2;
}

/** Place of (m, m) in arrays ordered by m, then n from m to `degree`. */
export function orderOffset(m: number, degree: number): number {
  return m * (degree + 1) - (m * (m - 1)) / 2;
}

/**
 * P̄ₙᵐ(sin φ) at one latitude.
 * @param sine, cosine of latitude; cosine ≥ 0
 * @param degree highest n, at most `maximumDegree`
 * @param out [coefficientCount(degree)] from `offset` on, ordered by m, then n from m to degree
 */
export function legendre(sine: number, cosine: number, degree: number, out: Float64Array, offset = 0): void {
  let sectoral = 1;
  for (let m = 0; m <= degree; m++) {
    if (m > 0) sectoral *= cosine * Math.sqrt(m === 1 ? 3 : (2 * m + 1) / (2 * m));
    const at = offset + orderOffset(m, degree) - m;
    let before = 0;
    let last = sectoral;
    out[at + m] = last;
    for (let n = m + 1; n <= degree; n++) {
      const a = Math.sqrt(((2 * n - 1) * (2 * n + 1)) / ((n - m) * (n + m)));
      const b = Math.sqrt(((2 * n + 1) * (n + m - 1) * (n - m - 1)) / ((n - m) * (n + m) * (2 * n - 3)));
      const next = a * sine * last - (n === m + 1 ? 0 : b * before);
      before = last;
      last = next;
      out[at + n] = next;
    }
  }
}
