/**
 * One data file as states by valid time: chosen channels in their order and unit, on one grid. Every read
 * asks the file for one box of one or several times per channel, in the file's own dimension order, and turns it.
 */
import { dataError } from '../errors.js';
import { type Grid, makeGrid } from '../grid.js';
import { type Channel, channelName } from '../schema.js';
import type { LinearConversion } from '../units.js';
import { axisKind } from './axes.js';
import { decodeValues, readCoordinate } from './cf.js';
import { channelOfField, fieldsNamed } from './channelOfField.js';
import type { Dataset, RawValues } from './dataset.js';
import { type Field, findFields, shortList } from './fields.js';
import { type AxisSelection, type Region, selectLatitudes, selectLongitudes } from './horizontal.js';
import { boxSize, stridesOf } from './hyperslab.js';
import { readValidTimes } from './timeAxis.js';

export interface ChannelRequest {
  /** File names, ERA5 short names ('t' for all levels) or channel names ('t850'); all fields by default. */
  readonly variables?: readonly string[];
  /** hPa; all levels of the file by default. */
  readonly levels?: readonly number[];
  readonly region?: Region;
  /** The unit that values really have, by channel, short name or file name. */
  readonly units?: Readonly<Record<string, string>>;
  /** Coordinate values along other dimensions: { number: 3 }. */
  readonly select?: Readonly<Record<string, number>>;
}

interface ChannelSource {
  readonly channel: Channel;
  /** Position in `variables` of the name that asked for it. */
  readonly asked: number;
  readonly field: Field;
  readonly conversion: LinearConversion;
}

export interface FileArchive {
  readonly path: string;
  readonly channels: readonly Channel[];
  /** Of every channel, the position in the request's `variables` of the name that asked for it. */
  readonly asked: readonly number[];
  readonly grid: Grid;
  readonly times: Float64Array;
  /** Times of a stored piece, the most of all channels; 1 where nothing is stored in pieces. */
  readonly pieceTimes: number;
  /** Writes one channel of some times, float32, canonical unit, NaN where missing. */
  read(channel: number, times: TimeStretch, out: Float32Array): Promise<void>;
}

/** Consecutive times, and where their fields [lat, lon] lie in the output: the first at 0, each so many values on. */
export interface TimeStretch {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
}

/** @returns null where the file has none of the variables asked for */
export async function fileArchive(dataset: Dataset, request: ChannelRequest): Promise<FileArchive | null> {
  const { path } = dataset;
  const fields = await findFields(dataset, request.select);
  if (fields.length === 0) throw noFields(dataset);
  const chosen = chooseFields(path, fields, request);
  if (chosen.length === 0) return null;
  const sources = chosen.map(({ field, asked }) => ({
    ...channelOfField(path, field, request.units ?? {}),
    field,
    asked,
  }));
  requireUnique(path, sources);
  const first = chosen[0]!.field;
  const others = chosen.map(({ field }) => field);
  const stranger = others.find((f) => f.latitude !== first.latitude || f.longitude !== first.longitude);
  if (stranger !== undefined) {
    throw dataError(
      `archive "${path}": "${first.variable.name}" and "${stranger.variable.name}" lie on different grids; name the variables to read`,
    );
  }
  const otherTime = others.find((field) => field.time !== first.time);
  if (otherTime !== undefined) {
    throw dataError(
      `archive "${path}": "${first.variable.name}" and "${otherTime.variable.name}" have different time axes; name the variables to read`,
    );
  }
  const latitudes = selectLatitudes(await readCoordinate(first.latitude), request.region, path);
  const longitudes = selectLongitudes(await readCoordinate(first.longitude), request.region, path);
  const times = await readValidTimes(first.time!, path);
  if (times.length === 0) throw dataError(`archive "${path}" has no times: its time dimension is empty`);
  return {
    path,
    channels: sources.map((source) => source.channel),
    asked: sources.map((source) => source.asked),
    grid: makeGrid(latitudes.values, longitudes.values),
    times,
    pieceTimes: Math.max(...sources.map(({ field }) => pieceTimes(field))),
    read: (channel, stretch, out) => readField(sources[channel]!, stretch, latitudes, longitudes, out),
  };
}

function pieceTimes({ variable, axes }: Field): number {
  const axis = axes.findIndex(({ kind }) => kind === 'time');
  return Math.max(1, variable.chunks?.[axis] ?? 1);
}

function noFields({ path, variables }: Dataset): Error {
  const curved = [...variables.values()].find((v) => v.shape.length === 2 && axisKind(v) === 'latitude');
  return dataError(
    curved === undefined
      ? `archive "${path}" holds no variable on latitudes and longitudes; it has ${shortList([...variables.keys()])}`
      : `archive "${path}" has latitudes in two dimensions ("${curved.name}"): its points are no latitude–longitude grid; ` +
          'interpolate it to one first (for example with "cdo remapbil")',
  );
}

interface AskedField {
  readonly field: Field;
  readonly asked: number;
}

/** The fields asked for, in the order asked for; without a wish, all that can be read. */
function chooseFields(path: string, fields: readonly Field[], request: ChannelRequest): AskedField[] {
  const { levels, variables } = request;
  const asked = new Map<Field, number>();
  if (variables === undefined) for (const field of fields) asked.set(field, 0);
  variables?.forEach((name, position) => {
    for (const field of fieldsNamed(fields, name)) if (!asked.has(field)) asked.set(field, position);
  });
  const named = [...asked.keys()];
  const chosen = named.filter(
    (field) =>
      (levels === undefined || field.level === null || levels.includes(field.level)) &&
      (variables !== undefined || field.problem === null),
  );
  const missing = levels?.find((level) => !chosen.some((field) => field.level === level));
  const held = [...new Set(named.map((field) => field.level).filter((level) => level !== null))];
  if (missing !== undefined && held.length > 0) {
    throw dataError(`archive "${path}" has no level ${missing} hPa; it has ${shortList(held)}`);
  }
  const broken = (chosen.length === 0 ? named : chosen).find((field) => field.problem !== null);
  if (broken !== undefined) {
    throw dataError(`archive "${path}": variable "${broken.variable.name}" ${broken.problem}`);
  }
  return chosen.map((field) => ({ field, asked: asked.get(field) ?? 0 }));
}

function requireUnique(path: string, sources: readonly ChannelSource[]): void {
  const seen = new Map<string, string>();
  for (const { channel, field } of sources) {
    // Not by name alone: u at 10 hPa and u10 near the ground are both written "u10".
    const key = `${channel.variable} ${channel.level}`;
    const before = seen.get(key);
    if (before !== undefined) {
      throw dataError(
        `archive "${path}": variables "${before}" and "${field.variable.name}" are both ${channelName(channel)}; name the one to read`,
      );
    }
    seen.set(key, field.variable.name);
  }
}

async function readField(
  { field, conversion }: ChannelSource,
  times: TimeStretch,
  latitudes: AxisSelection,
  longitudes: AxisSelection,
  out: Float32Array,
): Promise<void> {
  const nlon = longitudes.values.length;
  for (const [firstRow, rows] of latitudes.ranges) {
    for (const [firstColumn, columns] of longitudes.ranges) {
      const start: number[] = [];
      const count: number[] = [];
      for (const { dimension, kind } of field.axes) {
        start.push(
          kind === 'time'
            ? times.first
            : kind === 'level'
              ? (field.levelIndex ?? 0)
              : kind === 'latitude'
                ? firstRow
                : kind === 'longitude'
                  ? firstColumn
                  : (field.fixed.get(dimension) ?? 0),
        );
        count.push(
          kind === 'latitude' ? rows : kind === 'longitude' ? columns : kind === 'time' ? times.count : 1,
        );
      }
      const raw: RawValues = await field.variable.read(start, count);
      const values = decodeValues(field.variable, raw);
      if (values.length !== boxSize(count)) {
        throw dataError(
          `variable "${field.variable.name}": read ${values.length} values, expected ${boxSize(count)}`,
        );
      }
      const strides = stridesOf(count);
      const timeAxis = field.axes.findIndex((axis) => axis.kind === 'time');
      const timeStride = strides[timeAxis] ?? 0;
      const rowStride = strides[field.axes.findIndex((axis) => axis.kind === 'latitude')]!;
      const columnStride = strides[field.axes.findIndex((axis) => axis.kind === 'longitude')]!;
      for (let time = 0; time < times.count; time++) {
        const from = time * timeStride;
        const to = time * times.stride;
        for (let row = 0; row < latitudes.indices.length; row++) {
          const fileRow = latitudes.indices[row]! - firstRow;
          if (fileRow < 0 || fileRow >= rows) continue;
          for (let column = 0; column < nlon; column++) {
            const fileColumn = longitudes.indices[column]! - firstColumn;
            if (fileColumn < 0 || fileColumn >= columns) continue;
            const value = values[from + fileRow * rowStride + fileColumn * columnStride]!;
            out[to + row * nlon + column] = conversion.scale * value + conversion.offset;
          }
        }
      }
    }
  }
}
