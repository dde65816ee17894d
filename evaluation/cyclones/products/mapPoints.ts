/**
 * Points that a map is made for, and a quick way to those near a place: on a grid, the rows and columns that a cap covers, exactly, by the
 * cosine rule (a cap over a pole covers all columns there); of a list, those between the latitudes that the cap reaches.
 */

import { usageError } from '../../../core/errors.js';
import { type Grid, gridSize } from '../../../core/grid.js';
import { dot, placeOf, type UnitVector, unitVector } from '../../../core/sphere/greatCircle.js';

export interface MapPoints {
  readonly count: number;
  /** Calls with every point within the angle (radians) of the centre, and with a few more; each once. */
  near(centre: UnitVector, angle: number, visit: Visit): void;
}

/** With the number of a point and its unit vector. */
type Visit = (point: number, x: number, y: number, z: number) => void;

/** A little more than the angle, so that rounding loses no point. */
const slack = 1e-9;

/** @returns points as in fields: row · nlon + column */
export function gridPoints({ latitudes, longitudes }: Grid): MapPoints {
  const columns = longitudes.length;
  // Places of points are multiplied out as they are visited: a fine grid has a million.
  const meridians = Array.from(longitudes, (longitude) => unitVector(0, longitude));
  const parallels = Array.from(latitudes, (latitude) => unitVector(latitude, 0));
  return {
    count: gridSize({ latitudes, longitudes }),
    near(centre, angle, visit) {
      const middle = placeOf(centre);
      const reach = Math.min(Math.PI, angle + slack);
      const degrees = (reach * 180) / Math.PI;
      // Latitudes fall: from the first row that is not too far north to the last that is not too far south.
      const first = latitudes.findIndex((latitude) => latitude <= middle.latitude + degrees);
      for (let row = Math.max(0, first); row < latitudes.length; row++) {
        if (latitudes[row]! < middle.latitude - degrees) break;
        const width = halfWidth(latitudes[row]!, middle.latitude, reach);
        if (width === null) continue;
        const [outward, , upward] = parallels[row]!;
        for (const [from, to] of columnRanges(longitudes, middle.longitude - width, 2 * width)) {
          for (let column = from; column < to; column++) {
            const [x, y] = meridians[column]!;
            visit(row * columns + column, outward * x, outward * y, upward);
          }
        }
      }
    },
  };
}

/** @throws {PlumeError} usage, when the lists differ in length or a place is none */
export function listedPoints(latitudes: ArrayLike<number>, longitudes: ArrayLike<number>): MapPoints {
  if (latitudes.length !== longitudes.length)
    throw usageError(`points of a map: ${latitudes.length} latitudes and ${longitudes.length} longitudes`);
  const places = Array.from(latitudes, (latitude, i) => {
    const longitude = longitudes[i]!;
    if (!(Math.abs(latitude) <= 90 && Number.isFinite(longitude)))
      throw usageError(
        `point ${i} of a map lies at latitude ${latitude}, longitude ${longitude}; expected degrees, latitude within −90…90`,
      );
    return unitVector(latitude, longitude);
  });
  // Sines of latitude, rising, and whose they are.
  const northward = Uint32Array.from(places.keys()).sort((a, b) => places[a]![2] - places[b]![2]);
  const heights = Float64Array.from(northward, (point) => places[point]![2]);
  return {
    count: places.length,
    near(centre, angle, visit) {
      const reach = Math.min(Math.PI, angle + slack);
      const cosine = Math.cos(reach);
      const latitude = Math.asin(Math.max(-1, Math.min(1, centre[2])));
      const highest = latitude + reach >= Math.PI / 2 ? 1 : Math.sin(latitude + reach);
      const lowest = latitude - reach <= -Math.PI / 2 ? -1 : Math.sin(latitude - reach);
      for (let i = atLeast(heights, lowest - slack); i < northward.length; i++) {
        if (heights[i]! > highest + slack) break;
        const point = northward[i]!;
        const place = places[point]!;
        if (dot(centre, place) >= cosine - slack) visit(point, ...place);
      }
    },
  };
}

/** Degrees of longitude by which a cap reaches east and west on a row; null where it does not reach the row. */
function halfWidth(latitude: number, centre: number, angle: number): number | null {
  const radians = Math.PI / 180;
  const apart = Math.abs(latitude - centre) * radians;
  if (apart > angle) return null;
  const [row, middle] = [latitude * radians, centre * radians];
  const cosine = (Math.cos(angle) - Math.sin(row) * Math.sin(middle)) / (Math.cos(row) * Math.cos(middle));
  // At a pole the quotient is ±∞ or 0/0, and all columns are the same point.
  if (!(cosine > -1)) return 180;
  return cosine >= 1 ? slack / radians : Math.acos(cosine) / radians + slack / radians;
}

/** Ranges [from, to) of columns within so many degrees east of the west edge; longitudes rise and span less than 360. */
function columnRanges(longitudes: Float64Array, west: number, width: number): [number, number][] {
  if (width >= 360) return [[0, longitudes.length]];
  // Turned so that the first column lies 0 … 360 degrees west of the edge: columns beyond it, and those of the next turn.
  const first = longitudes[0]!;
  const edge = first + ((((west - first) % 360) + 360) % 360);
  const ranges: [number, number][] = [[atLeast(longitudes, edge), above(longitudes, edge + width)]];
  if (edge + width >= first + 360) ranges.unshift([0, above(longitudes, edge + width - 360)]);
  return ranges;
}

function atLeast(rising: Float64Array, value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function above(rising: Float64Array, value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
