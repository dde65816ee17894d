/**
 * Relative vorticity of a wind on the sphere,
 *   ζ = (∂v/∂λ − ∂(u cos φ)/∂φ) / (a cos φ),
 * by centred differences of second order over the neighbours, also where they are not equally far. At a pole ζ is the
 * circulation around the next row over the area it encloses (Stokes). NaN at the edges of a regional grid and beside
 * missing values: nobody knows the wind there.
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { isPoleRow, type SphereGrid } from './sphereGrid.js';

const radius = 1000 * earthRadiusKm;

/**
 * @param u, v m s⁻¹ to the east and to the north, [lat, lon]
 * @returns s⁻¹, [lat, lon]
 */
export function relativeVorticity(sphere: SphereGrid, u: Float32Array, v: Float32Array): Float32Array {
  const { rows, columns, cosines } = sphere;
  const out = new Float32Array(rows * columns).fill(Number.NaN);
  const east = columnDifferences(sphere);
  for (let row = 0; row < rows; row++) {
    if (isPoleRow(sphere, row)) {
      out.fill(atPole(sphere, u, row), row * columns, (row + 1) * columns);
      continue;
    }
    const across = row === 0 || row === rows - 1;
    if (across && (row === 0 ? sphere.north : sphere.south) !== 'acrossPole') continue;
    const [above, below] = [rowBeside(sphere, row, -1), rowBeside(sphere, row, 1)];
    const south = differences(above.distance, below.distance);
    const [own, upper, lower] = [cosines[row]!, cosines[above.row]!, cosines[below.row]!];
    const scale = 1 / (radius * own);
    for (let column = 0; column < columns; column++) {
      const [left, right] = [east.west[column]!, east.east[column]!];
      if (left < 0 || right < 0) continue;
      const point = row * columns + column;
      const dv =
        east.before[column]! * v[row * columns + left]! +
        east.here[column]! * v[point]! +
        east.after[column]! * v[row * columns + right]!;
      // Rows run southward: the derivative to the north is minus the one along rows.
      const du =
        south.before * upper * u[above.row * columns + ((column + above.shift) % columns)]! +
        south.here * own * u[point]! +
        south.after * lower * u[below.row * columns + ((column + below.shift) % columns)]!;
      out[point] = scale * (dv + du);
    }
  }
  return out;
}

/** Weights of three values for the derivative at the middle one, at distances h₁ before and h₂ after it. */
function differences(h1: number, h2: number): { before: number; here: number; after: number } {
  return { before: -h2 / (h1 * (h1 + h2)), here: (h2 - h1) / (h1 * h2), after: h1 / (h2 * (h1 + h2)) };
}

/**
 * The next row north (−1) or south (1), and how far, radians. Beyond the pole it is the same row in the opposite column:
 * there u and cos φ both change their sign, and u cos φ goes on as it is.
 */
function rowBeside(
  sphere: SphereGrid,
  row: number,
  down: number,
): { row: number; shift: number; distance: number } {
  const { latitudes } = sphere.grid;
  const radians = Math.PI / 180;
  const to = row + down;
  if (to >= 0 && to < sphere.rows) {
    return { row: to, shift: 0, distance: Math.abs(latitudes[to]! - latitudes[row]!) * radians };
  }
  return { row, shift: sphere.columns / 2, distance: 2 * (90 - Math.abs(latitudes[row]!)) * radians };
}

/** Of each column those beside it (−1: none) and the weights of the derivative along λ. */
function columnDifferences(sphere: SphereGrid): {
  west: Int32Array;
  east: Int32Array;
  before: Float64Array;
  here: Float64Array;
  after: Float64Array;
} {
  const { columns, wraps } = sphere;
  const { longitudes } = sphere.grid;
  const radians = Math.PI / 180;
  const gap = (from: number, to: number): number =>
    ((longitudes[to]! - longitudes[from]! + 360) % 360) * radians;
  const west = Int32Array.from({ length: columns }, (_, c) => (c > 0 ? c - 1 : wraps ? columns - 1 : -1));
  const east = Int32Array.from({ length: columns }, (_, c) => (c + 1 < columns ? c + 1 : wraps ? 0 : -1));
  const weights = Array.from({ length: columns }, (_, c) =>
    west[c]! < 0 || east[c]! < 0
      ? { before: Number.NaN, here: Number.NaN, after: Number.NaN }
      : differences(gap(west[c]!, c), gap(c, east[c]!)),
  );
  return {
    west,
    east,
    before: Float64Array.from(weights, ({ before }) => before),
    here: Float64Array.from(weights, ({ here }) => here),
    after: Float64Array.from(weights, ({ after }) => after),
  };
}

function atPole(sphere: SphereGrid, u: Float32Array, row: number): number {
  const { columns } = sphere;
  const next = row === 0 ? 1 : row - 1;
  let sum = 0;
  for (let column = 0; column < columns; column++) sum += u[next * columns + column]!;
  const circulation = (sum / columns) * sphere.cosines[next]!;
  const hemisphere = row === 0 ? 1 : -1;
  return (hemisphere * circulation) / (radius * (1 - Math.abs(sphere.sines[next]!)));
}
