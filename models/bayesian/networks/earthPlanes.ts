/**
 * Channels of a schema as the fields that the Earth-specific transformer sees: variables on pressure levels, sorted from
 * the ground up whatever the schema's order, and one plane at the surface, which also carries what is known of the place
 * and the time. Variables come in the order in which the schema first names them. A level that lacks a variable has zeros
 * there. Without surface variables the surface plane holds the known fields alone, and is left out where there are none;
 * without levels it is all there is.
 */
import type { Grid } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';

/** Fields that a network may be given beside the state; those of the place come from files, or are zeros. */
export const knownFields = [
  'orography',
  'land-mask',
  'soil-type',
  'latitude',
  'season',
  'time-of-day',
] as const;
export type KnownField = (typeof knownFields)[number];

/** Those that are numbers of the model's own, [point]. */
export function isStored(field: KnownField): boolean {
  return field === 'orography' || field === 'land-mask' || field === 'soil-type';
}

export interface EarthPlanes {
  readonly upperVariables: readonly string[];
  /** hPa, falling. */
  readonly levels: readonly number[];
  /** [level, variable]: channel of the schema, −1 where there is none. */
  readonly upper: readonly number[];
  /** Channels at the surface. */
  readonly surface: readonly number[];
}

export function earthPlanes({ channels }: Schema): EarthPlanes {
  const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
  const levels = unique(channels.flatMap(({ level }) => (level === null ? [] : [level]))).sort(
    (a, b) => b - a,
  );
  const upperVariables = unique(
    channels.filter(({ level }) => level !== null).map(({ variable }) => variable),
  );
  const upper = levels.flatMap((level) =>
    upperVariables.map((variable) => channels.findIndex((c) => c.level === level && c.variable === variable)),
  );
  const surface = channels.flatMap(({ level }, c) => (level === null ? [c] : []));
  return { upperVariables, levels, upper, surface };
}

/** Planes that a known field takes. */
export function planesOf(field: KnownField, harmonics: number): number {
  switch (field) {
    case 'season':
      return 2 * harmonics;
    case 'time-of-day':
      return 2;
    default:
      return 1;
  }
}

/**
 * Writes the known fields: orography and masks as they are stored, the sine of latitude, the annual harmonics,
 * cosine and sine of the local solar time.
 * @param season [R, timeTerms]
 * @param stored the numbers of a stored field, [1, row, column]
 * @returns [R, plane, row, column]; undefined where there are none
 */
export function writeKnownFields(
  b: GraphBuilder,
  fields: readonly KnownField[],
  { grid, harmonics, season, stored }: KnownInputs,
): Value | undefined {
  const [rows, columns] = [grid.latitudes.length, grid.longitudes.length];
  const [R, terms] = season.shape as [number, number];
  const full = (value: Value, planes: number): Value => b.expand(value, [R, planes, rows, columns]);
  const term = (at: number): Value => b.reshape(b.slice(season, [0, at], [R, 1]), [R, 1, 1, 1]);
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const write = (field: KnownField): Value[] => {
    switch (field) {
      case 'latitude': {
        const sines = Float32Array.from(grid.latitudes, (latitude) => Math.sin(radians(latitude)));
        return [full(b.constant(sines, [1, 1, rows, 1]), 1)];
      }
      case 'season': {
        if (harmonics === 0) return [];
        const cycle = b.slice(season, [0, 1], [R, 2 * harmonics]);
        return [full(b.reshape(cycle, [R, 2 * harmonics, 1, 1]), 2 * harmonics)];
      }
      case 'time-of-day': {
        const along = (f: (x: number) => number): Value =>
          b.constant(
            Float32Array.from(grid.longitudes, (longitude) => f(radians(longitude))),
            [1, 1, 1, columns],
          );
        const [cosine, sine] = [term(terms - 2), term(terms - 1)];
        const [east, north] = [along(Math.cos), along(Math.sin)];
        return [
          full(b.sub(b.mul(cosine, east), b.mul(sine, north)), 1),
          full(b.add(b.mul(sine, east), b.mul(cosine, north)), 1),
        ];
      }
      default:
        return [full(b.reshape(stored(field), [1, 1, rows, columns]), 1)];
    }
  };
  const written = fields.flatMap(write);
  return written.length === 0 ? undefined : b.concat(written, 1);
}

export interface KnownInputs {
  readonly grid: Grid;
  readonly harmonics: number;
  readonly season: Value;
  readonly stored: (field: KnownField) => Value;
}
