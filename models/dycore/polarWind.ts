/**
 * Wind at the poles, where u = U / cos φ is 0/0. Near a pole only m = 1 counts, P̄ₙ¹ → qₙ cos φ with
 * qₙ = √(n(n+1)(2n+1)/2) (and (−1)ⁿ⁺¹ qₙ in the south), so that a potential is a plane there: its slope is one vector,
 * and its components east and north turn once with longitude.
 */
import type { SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import { earthRadius } from './constants.js';
import { coefficientIndex, type SpectralState } from './spectralState.js';

/**
 * @param levels L
 * @param pole 1 north, −1 south
 * @returns [2, level]: wind along the Cartesian axes x (towards 0°E) and y (towards 90°E), m s⁻¹
 */
export function polarWind(
  transform: SphericalTransform,
  state: SpectralState,
  levels: number,
  pole: 1 | -1,
): Float64Array {
  const wind = new Float64Array(2 * levels);
  for (let n = 1; n <= transform.truncation; n++) {
    const sign = pole === 1 || n % 2 === 1 ? 1 : -1;
    // ψ = −a² ζ / n(n+1), and a slope of qₙ/a
    const slope = (-earthRadius / (n * (n + 1))) * sign * Math.sqrt((n * (n + 1) * (2 * n + 1)) / 2);
    const row = 2 * coefficientIndex(transform.truncation, 1, n);
    for (let k = 0; k < levels; k++) {
      const streamX = slope * state.vorticity[row * levels + k]!;
      const streamY = slope * state.vorticity[(row + 1) * levels + k]!;
      const potentialX = slope * state.divergence[row * levels + k]!;
      const potentialY = slope * state.divergence[(row + 1) * levels + k]!;
      // v = ∇χ + n × ∇ψ, n outward: up in the north, down in the south
      wind[k]! += potentialX - pole * streamY;
      wind[levels + k]! += potentialY + pole * streamX;
    }
  }
  return wind;
}
