/**
 * Boxes of latitude and longitude, and the usual ones by name: the bands and regions that WeatherBench 2 scores
 * (Rasp et al. 2024, doi:10.1029/2023MS004019; bounds as in its evaluation script), edges included.
 */
import type { Grid } from '../../core/grid.js';

/** Degrees; west to east: a box may cross the date line. */
export interface Box {
  readonly north: number;
  readonly south: number;
  readonly west: number;
  readonly east: number;
}

/** Degrees by which a point may miss an edge: axes are often rounded to single precision. */
const tolerance = 1e-5;

/** 1 at points inside one of the boxes, else 0; [lat, lon] flattened. */
export function insideBoxes(boxes: readonly Box[], grid: Grid): Uint8Array {
  const nlon = grid.longitudes.length;
  const inside = new Uint8Array(grid.latitudes.length * nlon);
  for (const box of boxes) {
    const width = box.east - box.west >= 360 ? 360 : eastward(box.west, box.east);
    for (const [row, latitude] of grid.latitudes.entries()) {
      if (latitude > box.north + tolerance || latitude < box.south - tolerance) continue;
      for (const [column, longitude] of grid.longitudes.entries()) {
        if (eastward(box.west, longitude + tolerance) <= width + 2 * tolerance)
          inside[row * nlon + column] = 1;
      }
    }
  }
  return inside;
}

function eastward(from: number, to: number): number {
  return (((to - from) % 360) + 360) % 360;
}

export function describeBox({ north, south, west, east }: Box): string {
  return `${south}…${north}°N, ${west}…${east}°E`;
}

function band(north: number, south: number): Box {
  return { north, south, west: 0, east: 360 };
}

const boxes: Readonly<Record<string, readonly Box[]>> = {
  nh: [band(90, 20)],
  sh: [band(-20, -90)],
  tropics: [band(20, -20)],
  extratropics: [band(90, 20), band(-20, -90)],
  arctic: [band(90, 60)],
  antarctic: [band(-60, -90)],
  europe: [{ north: 75, south: 35, west: -12.5, east: 42.5 }],
  namerica: [{ north: 60, south: 25, west: -120, east: -75 }],
  natlantic: [{ north: 65, south: 25, west: -70, east: -10 }],
  npacific: [{ north: 60, south: 25, west: 145, east: -130 }],
  eastasia: [{ north: 60, south: 25, west: 102.5, east: 150 }],
  ausnz: [{ north: -12.5, south: -45, west: 120, east: 175 }],
};

const otherNames: Readonly<Record<string, string>> = {
  'northern-hemisphere': 'nh',
  'southern-hemisphere': 'sh',
  'extra-tropics': 'extratropics',
  'north-america': 'namerica',
  'north-atlantic': 'natlantic',
  'north-pacific': 'npacific',
  'east-asia': 'eastasia',
};

export const regionNames: readonly string[] = Object.keys(boxes);

/** Boxes of a usual name, with the short one; undefined where there is none. */
export function boxesNamed(
  name: string,
): { readonly name: string; readonly boxes: readonly Box[] } | undefined {
  const short = otherNames[name] ?? name;
  const found = Object.hasOwn(boxes, short) ? boxes[short] : undefined;
  return found === undefined ? undefined : { name: short, boxes: found };
}
