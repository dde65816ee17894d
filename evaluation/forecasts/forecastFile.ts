/** What one file of forecasts holds: for every channel, which members, starts and leads, and where they lie. */
import { readCoordinate, textAttribute } from '../../core/archive/cf.js';
import { channelOfField, fieldsNamed } from '../../core/archive/channelOfField.js';
import { type Dataset, readAll, type Variable } from '../../core/archive/dataset.js';
import { type Field, findFields, noTime, shortList } from '../../core/archive/fields.js';
import { type AxisSelection, selectLatitudes, selectLongitudes } from '../../core/archive/horizontal.js';
import { boxSize } from '../../core/archive/hyperslab.js';
import { dataError, isPlumeError } from '../../core/errors.js';
import type { Channel } from '../../core/schema.js';
import type { LinearConversion } from '../../core/units.js';
import { isMemberCoordinate, isMemberDimension, isTimeDimension } from './forecastAxes.js';
import { type TimeDimension, type TimeTable, timeTable } from './timeTable.js';

export interface ForecastFileRequest {
  /** File names or channel names; all forecasts of the file by default. */
  readonly variables?: readonly string[];
  /** Unit that a variable, or a coordinate of leads, really has, by name. */
  readonly units?: Readonly<Record<string, string>>;
  /** When the forecasts began, milliseconds since 1970, for files that do not say. */
  readonly start?: number;
  /** The dimension that counts members, where its name does not say so. */
  readonly memberDimension?: string;
}

export type MemberLabel = number | string;

/** One channel of one file. */
export interface ForecastPart {
  readonly path: string;
  readonly variable: Variable;
  readonly channel: Channel;
  readonly conversion: LinearConversion;
  readonly field: Field;
  readonly timeDimensions: readonly string[];
  readonly table: TimeTable;
  readonly memberDimension: string | null;
  /** In the file's order; null for a single field of which the file does not say the number. */
  readonly labels: readonly MemberLabel[] | null;
  readonly latitudes: AxisSelection;
  readonly longitudes: AxisSelection;
}

export interface ForecastFile {
  /** Names asked for that the file answers. */
  readonly answered: readonly string[];
  readonly parts: readonly ForecastPart[];
  /** Variables that are no forecast that can be scored, and why. */
  readonly leftOut: readonly string[];
}

/** @throws {PlumeError} data, when nothing can be scored, or not what was asked for */
export async function forecastFile(dataset: Dataset, request: ForecastFileRequest): Promise<ForecastFile> {
  const { path } = dataset;
  const { variables, units = {}, memberDimension } = request;
  const fields = await findFields(
    dataset,
    {},
    (axis) => isMemberDimension(axis, memberDimension) || isTimeDimension(dataset, axis),
  );
  if (fields.length === 0) {
    throw dataError(
      `forecast "${path}" holds no variable on latitudes and longitudes; it has ${shortList([...dataset.variables.keys()])}`,
    );
  }
  const chosen = variables === undefined ? fields : variables.flatMap((name) => fieldsNamed(fields, name));
  const parts: ForecastPart[] = [];
  const leftOut: string[] = [];
  const tables = new Map<string, TimeTable>();
  const moves = ({ axes }: Field): boolean =>
    axes.some((axis) => isMemberDimension(axis, memberDimension) || isTimeDimension(dataset, axis));
  const someMove = chosen.some(moves);
  for (const field of new Set(chosen)) {
    if (variables === undefined && someMove && !moves(field)) {
      leftOut.push(`"${field.variable.name}" of "${path}" changes neither with time nor with the member`);
      continue;
    }
    try {
      parts.push(await partOf(dataset, field, { ...request, units }, tables));
    } catch (error) {
      // Unasked, orography or a mask beside the forecasts is no reason to stop.
      if (variables !== undefined || !isPlumeError(error)) throw error;
      leftOut.push(error.message);
    }
  }
  if (parts.length === 0 && leftOut.length > 0) throw dataError(leftOut[0]!);
  const answered = (variables ?? []).filter((name) => fieldsNamed(fields, name).length > 0);
  return { answered, parts, leftOut };
}

async function partOf(
  dataset: Dataset,
  field: Field,
  request: ForecastFileRequest & { readonly units: Readonly<Record<string, string>> },
  tables: Map<string, TimeTable>,
): Promise<ForecastPart> {
  const { path } = dataset;
  const { variable, axes } = field;
  const member = axes.find((axis) => isMemberDimension(axis, request.memberDimension));
  if (request.memberDimension !== undefined && member === undefined) {
    throw dataError(
      `forecast "${path}": variable "${variable.name}" has no dimension "${request.memberDimension}"; ` +
        `it has ${variable.dimensions.join(', ')}`,
    );
  }
  if (field.problem !== null && field.problem !== noTime) {
    throw dataError(
      `forecast "${path}": variable "${variable.name}" ${field.problem}; if it counts the members, pass --member-dimension`,
    );
  }
  if (member?.length === 0) {
    throw dataError(
      `forecast "${path}": the member dimension "${member.dimension}" of "${variable.name}" is empty; it needs one member or more`,
    );
  }
  const timeDimensions: TimeDimension[] = axes
    .filter((axis) => axis !== member && isTimeDimension(dataset, axis))
    .map(({ dimension, length }) => ({ dimension, length }));
  const key = timeDimensions.map(({ dimension }) => dimension).join();
  const table = tables.get(key) ?? (await timeTable(dataset, timeDimensions, request.start, request.units));
  tables.set(key, table);
  return {
    path,
    variable,
    field,
    ...channelOfField(path, field, request.units, '--forecast-unit'),
    timeDimensions: timeDimensions.map(({ dimension }) => dimension),
    table,
    memberDimension: member?.dimension ?? null,
    labels:
      member === undefined
        ? await scalarLabel(dataset, variable)
        : await labelsOf(member.coordinate, member.length),
    latitudes: selectLatitudes(await readCoordinate(field.latitude), undefined, path),
    longitudes: selectLongitudes(await readCoordinate(field.longitude), undefined, path),
  };
}

/** Numbers or names of the members; counted from 0 where there are none. */
async function labelsOf(coordinate: Variable | undefined, length: number): Promise<MemberLabel[]> {
  if (coordinate !== undefined) {
    const raw = await readAll(coordinate);
    if (raw.length === length) return Array.from(raw as ArrayLike<number | bigint | string>, plainLabel);
  }
  return Array.from({ length }, (_, i) => i);
}

function plainLabel(value: number | bigint | string): MemberLabel {
  return typeof value === 'string' ? value.trim() : Number(value);
}

/** The member that a file without such a dimension says it is, among its scalar coordinates. */
async function scalarLabel(dataset: Dataset, variable: Variable): Promise<MemberLabel[] | null> {
  const named = textAttribute(variable.attributes, 'coordinates')?.split(/\s+/) ?? [];
  for (const candidate of dataset.variables.values()) {
    if (boxSize(candidate.shape) !== 1 || !isMemberCoordinate(candidate)) continue;
    const applies = candidate.shape.length === 0 || named.includes(candidate.name);
    if (applies) return labelsOf(candidate, 1);
  }
  return null;
}
