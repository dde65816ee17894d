/**
 * Relative vorticity and divergence at a grid point as weighted sums of the wind around it, radius a:
 *   ζ = 1/(a cos φ) [∂v/∂λ − ∂(u cos φ)/∂φ],   D = 1/(a cos φ) [∂u/∂λ + ∂(v cos φ)/∂φ]
 * (Holton & Hakim 2013, An Introduction to Dynamic Meteorology, §4.2 and app. C), by centred differences, one-sided at the
 * edges of a region. Columns that close the circle are followed across the seam and over the pole, where the neighbour
 * lies at the longitude opposite and the components have changed sign, as cos φ has. At the pole itself they are, by the
 * theorems of Stokes and Gauss, what goes round or through the circle of the next row over the area of its cap.
 */
import { type Grid, wrapsInLongitude } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';

export interface StencilTerm {
  readonly component: 'u' | 'v';
  readonly point: number;
  /** m⁻¹ */
  readonly weight: number;
}

const radius = earthRadiusKm * 1000;
const radians = Math.PI / 180;

/** @returns null where the grid has a single row or column, or a pole without the whole circle around it */
export function vorticityStencil(grid: Grid, point: number): StencilTerm[] | null {
  return stencil(grid, point, 'v', 'u', -1);
}

/** @returns null as above */
export function divergenceStencil(grid: Grid, point: number): StencilTerm[] | null {
  return stencil(grid, point, 'u', 'v', 1);
}

/** 1/(a cos φ) [∂east/∂λ + sign · ∂(north cos φ)/∂φ] */
function stencil(
  grid: Grid,
  point: number,
  east: 'u' | 'v',
  north: 'u' | 'v',
  sign: 1 | -1,
): StencilTerm[] | null {
  const { latitudes, longitudes } = grid;
  const [nlat, nlon] = [latitudes.length, longitudes.length];
  if (nlat < 2 || nlon < 2) return null;
  const [row, column] = [Math.floor(point / nlon), point % nlon];
  if (Math.abs(latitudes[row]!) > 90 - 1e-6) return atPole(grid, row, north, sign);
  const outer = radius * Math.cos(latitudes[row]! * radians);
  const terms: StencilTerm[] = [];

  const wraps = wrapsInLongitude(grid);
  const westward = column > 0 ? column - 1 : wraps ? nlon - 1 : column;
  const eastward = column < nlon - 1 ? column + 1 : wraps ? 0 : column;
  let width = longitudes[eastward]! - longitudes[westward]!;
  if (width <= 0) width += 360;
  const zonal = 1 / (outer * width * radians);
  terms.push({ component: east, point: row * nlon + eastward, weight: zonal });
  terms.push({ component: east, point: row * nlon + westward, weight: -zonal });

  const above = neighbour(grid, row, column, -1, wraps);
  const below = neighbour(grid, row, column, 1, wraps);
  const meridional = sign / (outer * (above.latitude - below.latitude) * radians);
  terms.push({ component: north, point: above.point, weight: meridional * above.cosine });
  terms.push({ component: north, point: below.point, weight: -meridional * below.cosine });
  return terms;
}

/** The next row north (−1) or south (1) on the same meridian, which runs on over the pole to latitudes beyond 90. */
function neighbour(grid: Grid, row: number, column: number, step: -1 | 1, wraps: boolean) {
  const { latitudes, longitudes } = grid;
  const nlon = longitudes.length;
  const next = row + step;
  const at = (r: number, c: number, latitude: number) => {
    // cos φ and the components both change sign over the pole: their product does not.
    return { point: r * nlon + c, latitude, cosine: Math.cos(latitudes[r]! * radians) };
  };
  if (next >= 0 && next < latitudes.length) return at(next, column, latitudes[next]!);
  const here = latitudes[row]!;
  const pole = step === -1 ? 90 : -90;
  const spacing = Math.abs(here - latitudes[row - step]!);
  const overPole = wraps && nlon % 2 === 0 && Math.abs(here) + spacing > 90 + 1e-6;
  if (!overPole || here > 0 !== pole > 0) return at(row, column, here);
  return at(row, (column + nlon / 2) % nlon, 2 * pole - here);
}

/** Mean of the component along the next circle, times its length over a² times the area of its cap. */
function atPole(grid: Grid, row: number, along: 'u' | 'v', sign: 1 | -1): StencilTerm[] | null {
  const { latitudes, longitudes } = grid;
  const nlon = longitudes.length;
  if (!wrapsInLongitude(grid)) return null;
  const hemisphere = latitudes[row]! > 0 ? 1 : -1;
  const ring = row + hemisphere;
  const latitude = latitudes[ring]! * radians;
  // In the north an eastward wind goes round in the positive sense and a northward one inwards; in the south neither.
  const weight =
    (-sign * hemisphere * Math.cos(latitude)) / (radius * (1 - hemisphere * Math.sin(latitude)) * nlon);
  return Array.from({ length: nlon }, (_, column) => ({
    component: along,
    point: ring * nlon + column,
    weight,
  }));
}
