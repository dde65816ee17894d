/** Constants of balanced flow, SI units. The radius is core/sphere/distance.ts's. */
import { earthRadiusKm } from '../../core/sphere/distance.js';

/** a, m */
export const earthRadius = 1000 * earthRadiusKm;
/** Ω, s⁻¹ (Moritz 2000, J. Geodesy 74, 128: GRS 80). */
export const rotationRate = 7.292115e-5;
/** R_d, J kg⁻¹ K⁻¹ */
export const gasConstant = 287.06;
/** T₀, K: of the air at sea level in the US standard atmosphere 1976. */
export const surfaceTemperature = 288.15;
/** p₀, hPa: where the ground is taken to lie. */
export const groundPressure = 1000;
