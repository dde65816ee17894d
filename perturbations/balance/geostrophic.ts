/**
 * Geostrophic wind of a geopotential Φ, blended to zero towards the equator, where f⁻¹ has no end:
 *   v = F k × ∇Φ,   F = b(φ)/f,   b = s²(3 − 2s) where s = |φ|/φ_E < 1, else 1.
 * b is of the second order at the equator, so that F goes through zero there like φ; F and its slope are continuous.
 * Since F varies, the wind has a divergence, and its vorticity is not F∇²Φ alone:
 *   ζ = F ∇²Φ + (F′/a²) ∂Φ/∂φ,   D = (F′/a²) (1/cos φ) ∂Φ/∂λ.
 * Beyond φ_E that divergence is −βv/f, as it is of any geostrophic wind on the sphere.
 */
import { usageError } from '../../core/errors.js';
import { rotationRate } from './planet.js';

export interface GeostrophicFactor {
  /** F, s. */
  readonly factor: number;
  /** F′ = dF/dφ, s. */
  readonly slope: number;
}

/** Where geostrophic wind would no longer be wind. */
const narrowest = 1;
const widest = 60;

/** @throws {PlumeError} usage, when the blending ends at the equator, or in middle latitudes */
export function requireEquatorDegrees(equatorDegrees: number): void {
  if (!(equatorDegrees >= narrowest && equatorDegrees <= widest)) {
    throw usageError(
      `geostrophic balance: the wind is blended to zero below a latitude (equatorDegrees) of ${equatorDegrees}°; give one ` +
        `from ${narrowest} to ${widest}, such as 15, or choose linear balance, which holds at the equator too`,
    );
  }
}

/** @param equatorDegrees φ_E */
export function geostrophicFactor(latitude: number, equatorDegrees: number): GeostrophicFactor {
  const radians = Math.PI / 180;
  const edge = equatorDegrees * radians;
  const s = Math.abs(latitude) / equatorDegrees;
  if (s < 1e-6) return { factor: 0, slope: 3 / (2 * rotationRate * edge * edge) };
  const sine = Math.sin(latitude * radians);
  const f = 2 * rotationRate * sine;
  const df = Math.abs(latitude) >= 90 ? 0 : 2 * rotationRate * Math.cos(latitude * radians);
  const blend = s < 1 ? s * s * (3 - 2 * s) : 1;
  const blendSlope = s < 1 ? (6 * s * (1 - s) * Math.sign(latitude)) / edge : 0;
  return { factor: blend / f, slope: (blendSlope - (blend * df) / f) / f };
}
