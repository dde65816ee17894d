/**
 * Weather made of vortices whose places are known: Gaussian lows in pressure, a warm core above each, and the winds that turn
 * about them, on any grid. Values are worked out in double precision from great-circle distances.
 */
import { type Grid, gridSize, makeGrid } from '../../../core/grid.js';
import { distanceKm, earthRadiusKm } from '../../../core/sphere/distance.js';
import type { FieldsAt } from '../../../evaluation/cyclones/tracker.js';

export interface Vortex {
  readonly latitude: number;
  readonly longitude: number;
  /** Pa */
  readonly depth?: number;
  /** Standard deviation of the Gaussian. */
  readonly radiusKm?: number;
  /** Largest wind, m s⁻¹. */
  readonly wind?: number;
  /** Warmth of the layer above, m² s⁻² between 500 and 300 hPa; negative: a cold core. */
  readonly warmth?: number;
}

const channels = [
  'msl',
  'u10',
  'v10',
  'u850',
  'v850',
  'z200',
  'z300',
  'z500',
  'z850',
  'z1000',
  't300',
] as const;

/** Fields of a time; also a wind from west to east in degrees a day if asked, on all steering levels. */
export function vortexFields(grid: Grid, vortices: readonly Vortex[]): FieldsAt {
  const points = gridSize(grid);
  const made = new Map<string, Float32Array>(channels.map((name) => [name, new Float32Array(points)]));
  const set = (name: (typeof channels)[number], point: number, value: number): void => {
    made.get(name)![point] = value;
  };
  const columns = grid.longitudes.length;
  for (let point = 0; point < points; point++) {
    const latitude = grid.latitudes[Math.floor(point / columns)]!;
    const longitude = grid.longitudes[point % columns]!;
    let [low, warm, u, v] = [0, 0, 0, 0];
    for (const vortex of vortices) {
      const { depth = 3000, radiusKm = 300, wind = 30, warmth = 600 } = vortex;
      const km = distanceKm(latitude, longitude, vortex.latitude, vortex.longitude);
      const bell = Math.exp(-0.5 * (km / radiusKm) ** 2);
      low += depth * bell;
      warm += warmth * bell;
      const speed = wind * (km / radiusKm) * Math.exp(0.5 - 0.5 * (km / radiusKm) ** 2);
      const turn = vortex.latitude < 0 ? -1 : 1;
      const [east, north] = turning(latitude, longitude, vortex.latitude, vortex.longitude);
      u += turn * speed * east;
      v += turn * speed * north;
    }
    set('msl', point, 101300 - low);
    set('z1000', point, 1100 - low / 1.2);
    set('z850', point, 14500 - low / 1.3);
    set('z500', point, 55000 - low / 2);
    set('z300', point, 90000 - low / 2 + warm);
    set('z200', point, 116000 - low / 2 + 2 * warm);
    set('t300', point, 240 + warm / 147);
    set('u10', point, u);
    set('v10', point, v);
    set('u850', point, 1.2 * u);
    set('v850', point, 1.2 * v);
  }
  return (name) => made.get(name) ?? null;
}

/** East and north parts of the unit vector that goes around a centre anticlockwise, seen from above. */
function turning(latitude: number, longitude: number, centre: number, centreEast: number): [number, number] {
  const radians = Math.PI / 180;
  const [φ, φ0, λ] = [latitude * radians, centre * radians, (longitude - centreEast) * radians];
  // Away from the centre along the great circle: the gradient of the distance.
  const east = Math.cos(φ0) * Math.sin(λ);
  const north = Math.sin(φ) * Math.cos(φ0) * Math.cos(λ) - Math.cos(φ) * Math.sin(φ0);
  const sine = Math.hypot(east, north);
  // ∂d/∂λ / cos φ and ∂d/∂φ, both over sin d.
  return sine < 1e-12 ? [0, 0] : [-north / sine, east / sine];
}

/** @param west longitude of the first column */
export function globalGrid(degrees: number, west = 0): Grid {
  const rows = Math.round(180 / degrees) + 1;
  const columns = Math.round(360 / degrees);
  return makeGrid(
    Array.from({ length: rows }, (_, row) => 90 - row * degrees),
    Array.from({ length: columns }, (_, column) => west + column * degrees),
  );
}

export function regionalGrid(
  degrees: number,
  { north, south, west, east }: { north: number; south: number; west: number; east: number },
): Grid {
  const count = (from: number, to: number): number => Math.round((to - from) / degrees) + 1;
  return makeGrid(
    Array.from({ length: count(south, north) }, (_, row) => north - row * degrees),
    Array.from({ length: count(west, east) }, (_, column) => west + column * degrees),
  );
}

/** A place some way along the great circle that leaves another at a bearing, degrees clockwise from north. */
export function travelled(
  latitude: number,
  longitude: number,
  bearing: number,
  km: number,
): { latitude: number; longitude: number } {
  const radians = Math.PI / 180;
  const [φ, θ, d] = [latitude * radians, bearing * radians, km / earthRadiusKm];
  const sine = Math.sin(φ) * Math.cos(d) + Math.cos(φ) * Math.sin(d) * Math.cos(θ);
  const turn = Math.atan2(Math.sin(θ) * Math.sin(d) * Math.cos(φ), Math.cos(d) - Math.sin(φ) * sine);
  return { latitude: Math.asin(sine) / radians, longitude: longitude + turn / radians };
}
