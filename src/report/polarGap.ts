/**
 * Lines on maps whose poles are lines: a way of a few km about the pole would run along the whole edge, and a fix at the pole
 * itself lies on every meridian. Such lines end a little before the pole and begin again a little behind it.
 */
import { between, placeOf, unitVector } from '../../core/sphere/greatCircle.js';

/** Longitude and latitude, degrees. */
export type Line = readonly (readonly [longitude: number, latitude: number])[];

/** Degrees from the pole. */
const gap = 2;
/** No step from fix to fix that begins so far from the pole comes near it. */
const far = 40;
/** Parts of a step that is looked at closely. */
const parts = 40;

/** @returns parts of the lines, each of two points at least */
export function awayFromPoles(lines: readonly Line[]): [number, number][][] {
  const kept: [number, number][][] = [];
  for (const line of lines) {
    let current: [number, number][] = [];
    const end = (): void => {
      if (current.length > 1) kept.push(current);
      current = [];
    };
    for (const [longitude, latitude] of line.flatMap((point, i) => stepsTo(line[i - 1], point))) {
      if (isInGap(latitude)) end();
      else current.push([longitude, latitude]);
    }
    end();
  }
  return kept;
}

function isInGap(latitude: number): boolean {
  return 90 - Math.abs(latitude) < gap;
}

/** The point, after those between it and the one before where any of these lie near a pole. */
function stepsTo(before: Line[number] | undefined, point: Line[number]): Line {
  if (before === undefined || 90 - Math.max(Math.abs(before[1]), Math.abs(point[1])) > far) return [point];
  const [from, to] = [unitVector(before[1], before[0]), unitVector(point[1], point[0])];
  const inner = Array.from({ length: parts - 1 }, (_, i) => between(from, to, (i + 1) / parts));
  const places = inner.flatMap((vector) => (vector === null ? [] : [placeOf(vector)]));
  const isNear = [point[1], before[1], ...places.map(({ latitude }) => latitude)].some(isInGap);
  return isNear
    ? [...places.map(({ longitude, latitude }) => [longitude, latitude] as const), point]
    : [point];
}
