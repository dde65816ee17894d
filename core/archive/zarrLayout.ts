/**
 * What a Zarr store of ours looks like, as documents: one array per variable, (time, lat, lon) or (time, level, lat,
 * lon), float32, and coordinates as CF 1.8 wants them. Zarr version 2 with `_ARRAY_DIMENSIONS` and consolidated
 * metadata, which xarray has opened since 2018 (docs.xarray.dev, "Zarr encoding specification").
 * A chunk holds some dozen times of one level on the whole grid, compressed by Blosc (LZ4, bit shuffle) without loss.
 */
import { internalError } from '../errors.js';
import { gridSize } from '../grid.js';
import type { Schema } from '../schema.js';
import type { Json } from '../store/canonicalJson.js';
import { formatTime } from '../time.js';
import type { Attributes } from './dataset.js';

export interface ZarrLayout {
  /** Channels of one variable follow each other; every variable on levels has the same levels. */
  readonly schema: Schema;
  /** The time that hours are counted from, milliseconds since 1970. */
  readonly epoch: number;
  /** Of the store: title, source, …; Conventions is added. */
  readonly attributes: Attributes;
  /** Of variables, by name: standard_name, long_name, …; the unit is that of the schema. */
  readonly variables: Readonly<Record<string, Attributes>>;
}

export interface ZarrField {
  readonly name: string;
  readonly unit: string;
  /** Position of its first channel in the schema. */
  readonly firstChannel: number;
  /** hPa, or null at the surface. */
  readonly levels: readonly number[] | null;
}

export const bloscSettings = { cname: 'lz4', clevel: 5, shuffle: 2, blocksize: 0 } as const;

/** Times in a chunk: as many as fit into half a mebibyte, at most 32, a power of two. */
export function chunkTimesOf(schema: Schema): number {
  let times = 32;
  while (times > 1 && 4 * times * gridSize(schema.grid) > 2 ** 19) times /= 2;
  return times;
}

/** Of the time coordinate. */
export const timeChunk = 8192;

/** @throws {PlumeError} internal, when the channels of a variable are apart or its levels differ from another's */
export function fieldsOf(schema: Schema): ZarrField[] {
  const fields: { name: string; unit: string; firstChannel: number; levels: number[] | null }[] = [];
  schema.channels.forEach(({ variable, level, unit }, channel) => {
    const last = fields.at(-1);
    if (level !== null && last?.name === variable && last.levels !== null) last.levels.push(level);
    else
      fields.push({
        name: variable,
        unit,
        firstChannel: channel,
        levels: level === null ? null : [level],
      });
  });
  const levels = levelsOf(fields);
  const names = new Set(fields.map(({ name }) => name));
  if (names.size < fields.length || fields.some((f) => f.levels !== null && `${f.levels}` !== `${levels}`)) {
    throw internalError(
      'Zarr store: the channels of a variable must follow each other, all on the same levels',
    );
  }
  return fields;
}

function levelsOf(fields: readonly ZarrField[]): readonly number[] | null {
  return fields.find((field) => field.levels !== null)?.levels ?? null;
}

/** "hours since 2001-01-01 00:00:00" */
function hoursSince(epoch: number): string {
  const iso = new Date(epoch).toISOString();
  if (!iso.endsWith('.000Z')) throw internalError(`Zarr store: times count from ${formatTime(epoch)}`);
  return `hours since ${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

/**
 * Every metadata document, by key, in the order in which readers list the arrays.
 * @param count how many times the store holds
 */
export function metadataDocuments(layout: ZarrLayout, count: number): Map<string, Json> {
  const { schema, epoch } = layout;
  const { latitudes, longitudes } = schema.grid;
  const [nlat, nlon] = [latitudes.length, longitudes.length];
  const fields = fieldsOf(schema);
  const levels = levelsOf(fields);
  const compressor = { id: 'blosc', ...bloscSettings };
  const documents = new Map<string, Json>();
  const array = (
    name: string,
    dimensions: readonly string[],
    document: {
      readonly shape: readonly number[];
      readonly chunks: readonly number[];
      readonly dtype: string;
      readonly fill_value: Json;
      readonly compressor: Json;
    },
    attributes: Attributes,
  ): void => {
    documents.set(`${name}/.zarray`, { zarr_format: 2, order: 'C', filters: null, ...document });
    documents.set(`${name}/.zattrs`, { _ARRAY_DIMENSIONS: dimensions, ...attributes });
  };
  const axis = (name: string, length: number, attributes: Attributes): void =>
    array(
      name,
      [name],
      { shape: [length], chunks: [length], dtype: '<f8', fill_value: null, compressor: null },
      attributes,
    );

  documents.set('.zgroup', { zarr_format: 2 });
  documents.set('.zattrs', { Conventions: 'CF-1.8', ...layout.attributes });
  for (const { name, unit, levels: own } of fields) {
    const times = chunkTimesOf(schema);
    array(
      name,
      own === null ? ['time', 'lat', 'lon'] : ['time', 'level', 'lat', 'lon'],
      {
        shape: own === null ? [count, nlat, nlon] : [count, own.length, nlat, nlon],
        chunks: own === null ? [times, nlat, nlon] : [times, 1, nlat, nlon],
        dtype: '<f4',
        fill_value: 'NaN',
        compressor,
      },
      { ...layout.variables[name], units: unit },
    );
  }
  axis('lat', nlat, {
    standard_name: 'latitude',
    long_name: 'latitude',
    units: 'degrees_north',
    axis: 'Y',
  });
  axis('lon', nlon, {
    standard_name: 'longitude',
    long_name: 'longitude',
    units: 'degrees_east',
    axis: 'X',
  });
  if (levels !== null) {
    axis('level', levels.length, {
      standard_name: 'air_pressure',
      long_name: 'pressure',
      units: 'hPa',
      positive: 'down',
      axis: 'Z',
    });
  }
  array(
    'time',
    ['time'],
    { shape: [count], chunks: [timeChunk], dtype: '<i4', fill_value: null, compressor },
    { standard_name: 'time', long_name: 'time', units: hoursSince(epoch), calendar: 'standard', axis: 'T' },
  );
  return documents;
}

/** Values of the coordinates that never grow, by array name. */
export function fixedCoordinates({ schema }: ZarrLayout): Map<string, Float64Array> {
  const levels = levelsOf(fieldsOf(schema));
  return new Map([
    ['lat', schema.grid.latitudes],
    ['lon', schema.grid.longitudes],
    ...(levels === null ? [] : [['level', Float64Array.from(levels)] as const]),
  ]);
}
