/**
 * Grid points within a great-circle distance: those whose distanceKm is not more than the radius. Rows and columns that
 * cannot hold one are passed over: on the row at latitude φ, points within the angle r of (φ₀, λ₀) have
 *   cos Δλ ≥ (cos r − sin φ₀ sin φ) / (cos φ₀ cos φ).
 */
import type { Grid } from '../../../core/grid.js';
import { distanceKm, earthRadiusKm } from '../../../core/sphere/distance.js';

const radians = Math.PI / 180;

/** Degrees added to what rows and columns are passed over by, so that rounding decides nothing. */
const slack = 1e-6;

/**
 * @param centre degrees north and east, any convention of longitude
 * @returns indices of grid points, rising; empty where there are none
 */
export function pointsInCircle(
  grid: Grid,
  centre: { readonly latitude: number; readonly longitude: number },
  radiusKm: number,
): number[] {
  const { latitude, longitude } = centre;
  const angle = Math.min(Math.PI, radiusKm / earthRadiusKm);
  const points: number[] = [];
  const nlon = grid.longitudes.length;
  for (const [row, rowLatitude] of grid.latitudes.entries()) {
    if (Math.abs(rowLatitude - latitude) > angle / radians + slack) continue;
    const reach = longitudesWithin(angle, latitude, rowLatitude) + slack;
    for (let column = 0; column < nlon; column++) {
      const columnLongitude = grid.longitudes[column]!;
      const apart = Math.abs(columnLongitude - longitude) % 360;
      if (Math.min(apart, 360 - apart) > reach) continue;
      if (distanceKm(latitude, longitude, rowLatitude, columnLongitude) <= radiusKm)
        points.push(row * nlon + column);
    }
  }
  return points;
}

/** Degrees of longitude, 0 to 180, by which points on a row may lie east or west of the centre; 180 near the poles. */
function longitudesWithin(angle: number, centreLatitude: number, rowLatitude: number): number {
  const [centre, row] = [centreLatitude * radians, rowLatitude * radians];
  const product = Math.cos(centre) * Math.cos(row);
  if (product < 1e-9) return 180;
  const cosine = (Math.cos(angle) - Math.sin(centre) * Math.sin(row)) / product;
  // The cosine of small angles is flat: 1e-14 off it is 1e-7 of a radian.
  return Math.acos(Math.max(-1, Math.min(1, cosine - 1e-14 / product))) / radians;
}

/** Where a great circle leads to from a place. Bearing in degrees clockwise from north. */
export function destination(
  { latitude, longitude }: { readonly latitude: number; readonly longitude: number },
  bearing: number,
  distance: number,
): { readonly latitude: number; readonly longitude: number } {
  const [φ, θ, δ] = [latitude * radians, bearing * radians, distance / earthRadiusKm];
  const sine = Math.sin(φ) * Math.cos(δ) + Math.cos(φ) * Math.sin(δ) * Math.cos(θ);
  const east = Math.atan2(Math.sin(θ) * Math.sin(δ) * Math.cos(φ), Math.cos(δ) - Math.sin(φ) * sine);
  return {
    latitude: Math.asin(Math.max(-1, Math.min(1, sine))) / radians,
    longitude: longitude + east / radians,
  };
}
