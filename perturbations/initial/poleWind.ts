/**
 * Wind at a pole is one vector, though its row has a value at every longitude: what is eastward at 0°E is northward
 * or southward a quarter of the globe on. With (p, q) eastward and northward at 0°E,
 *   u(λ) = p cos λ ± q sin λ,  v(λ) = q cos λ ∓ p sin λ,  upper signs at the north pole.
 * Noise drawn for u and v as if they were scalars has the same p and q at all longitudes of the row, which is no wind at
 * all; this takes the row's first for those of 0°E and turns the others.
 */
import { gridSize } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';

/** @returns a function that changes [channel, lat, lon] in place: pole rows of pairs u, v of one level or height */
export function makePoleWind({ channels, grid }: Schema): (values: Float32Array) => void {
  const points = gridSize(grid);
  const columns = grid.longitudes.length;
  const pairs = channels.flatMap(({ variable, level }, u) => {
    const height = /^u(\d*)$/.exec(variable)?.[1];
    const v = channels.findIndex((other) => other.variable === `v${height}` && other.level === level);
    return height === undefined || v < 0 ? [] : [{ u: u * points, v: v * points }];
  });
  const poles = [...grid.latitudes].flatMap((latitude, row) =>
    Math.abs(latitude) >= 90 ? [{ at: row * columns, sign: Math.sign(latitude) }] : [],
  );
  const radians = grid.longitudes.map((longitude) => (longitude * Math.PI) / 180);
  const cosines = radians.map((longitude) => Math.cos(longitude));
  const sines = radians.map((longitude) => Math.sin(longitude));
  return (values) => {
    for (const { u, v } of pairs) {
      for (const { at, sign } of poles) {
        const p = values[u + at]!;
        const q = values[v + at]!;
        for (let column = 0; column < columns; column++) {
          values[u + at + column] = p * cosines[column]! + sign * q * sines[column]!;
          values[v + at + column] = q * cosines[column]! - sign * p * sines[column]!;
        }
      }
    }
  };
}
