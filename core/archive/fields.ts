/**
 * The fields of a data file: every variable that lies on latitudes and longitudes, split into channels (one
 * for each pressure level), with its time axis and where each of its dimensions sits. What cannot be a
 * channel is kept with the reason, so that asking for it by name gets the reason for an answer.
 */
import { dataError } from '../errors.js';
import { convert } from '../units.js';
import { axesOf, axisKind, scalarCoordinate, type VariableAxis } from './axes.js';
import { readCoordinate, textAttribute } from './cf.js';
import type { Dataset, Variable } from './dataset.js';
import { identify, type KnownVariable } from './variableNames.js';

/** The problem of a field that says no valid time: none to those who know the time otherwise. */
export const noTime = 'has no time coordinate';

export interface Field {
  readonly variable: Variable;
  /** Name in the house's words: 't', or the file's own where the house has none. */
  readonly name: string;
  readonly known: KnownVariable | undefined;
  /** Pressure in hPa, or null. */
  readonly level: number | null;
  /** Position along the level dimension, or null where there is none. */
  readonly levelIndex: number | null;
  readonly axes: readonly VariableAxis[];
  /** Index to read along every dimension that is neither time, level, latitude nor longitude. */
  readonly fixed: ReadonlyMap<string, number>;
  readonly time: Variable | undefined;
  readonly latitude: Variable;
  readonly longitude: Variable;
  /** Why it cannot be read as a channel, or null. */
  readonly problem: string | null;
}

/**
 * @param select coordinate values along other dimensions, such as { number: 3 } for one member of an ensemble
 * @param free dimensions that the caller goes through by itself: no problem, whatever their length
 * @throws {PlumeError} data, when a coordinate cannot be read
 */
export async function findFields(
  dataset: Dataset,
  select: Readonly<Record<string, number>> = {},
  free: (axis: VariableAxis) => boolean = () => false,
): Promise<Field[]> {
  const fields: Field[] = [];
  const levelCache = new Map<Variable, number[]>();
  for (const variable of dataset.variables.values()) {
    if (!isNumeric(variable) || axisKind(variable) !== null) continue;
    const axes = axesOf(dataset, variable);
    const latitude = axes.find((axis) => axis.kind === 'latitude')?.coordinate;
    const longitude = axes.find((axis) => axis.kind === 'longitude')?.coordinate;
    if (latitude === undefined || longitude === undefined) continue;
    const time =
      axes.find((axis) => axis.kind === 'time')?.coordinate ?? scalarCoordinate(dataset, variable, 'time');
    const levelAxis = axes.find((axis) => axis.kind === 'level');
    const scalarLevel =
      levelAxis === undefined ? scalarCoordinate(dataset, variable, 'level') : levelAxis.coordinate;
    let levels: (number | null)[] = [null];
    if (scalarLevel !== undefined) {
      const known = levelCache.get(scalarLevel) ?? (await readLevels(dataset.path, scalarLevel));
      levelCache.set(scalarLevel, known);
      levels = known;
    }
    const { fixed, problem } = await fixOthers(
      axes.filter((axis) => !free(axis)),
      select,
    );
    const identity = identify(
      variable.name.split('/').at(-1) ?? variable.name,
      textAttribute(variable.attributes, 'standard_name'),
      textAttribute(variable.attributes, 'long_name'),
      scalarLevel !== undefined,
    );
    levels.forEach((level, index) => {
      fields.push({
        variable,
        name: identity?.known.shortName ?? variable.name,
        known: identity?.known,
        level: level ?? identity?.level ?? null,
        levelIndex: levelAxis === undefined ? null : index,
        axes,
        fixed,
        time,
        latitude,
        longitude,
        problem: problem ?? (time === undefined ? noTime : null),
      });
    });
  }
  return fields;
}

function isNumeric(variable: Variable): boolean {
  return variable.dtype !== 'char' && variable.dtype !== 'string' && variable.dtype !== 'other';
}

/** Pressures of a level coordinate in hPa. */
async function readLevels(path: string, coordinate: Variable): Promise<number[]> {
  const values = [...(await readCoordinate(coordinate))];
  const unit = textAttribute(coordinate.attributes, 'units')?.trim() ?? '';
  if (unit !== '' && unit !== '1') return values.map((value) => rounded(convert(value, unit, 'hPa')));
  // Without a unit only numbers that can be nothing but hPa are taken: the surface has about 1000 of them.
  if (values.every((value) => value > 0 && value <= 1100)) return values;
  throw dataError(
    `archive "${path}": level coordinate "${coordinate.name}" has no unit and values up to ${Math.max(...values)}; ` +
      'give it a unit of pressure (units = "hPa" or "Pa")',
  );
}

function rounded(pressure: number): number {
  return Math.round(pressure * 1e6) / 1e6;
}

async function fixOthers(
  axes: readonly VariableAxis[],
  select: Readonly<Record<string, number>>,
): Promise<{ fixed: Map<string, number>; problem: string | null }> {
  const fixed = new Map<string, number>();
  let problem: string | null = null;
  for (const { dimension, length, kind, coordinate } of axes) {
    if (kind !== null) continue;
    const wanted = select[dimension];
    if (wanted === undefined) {
      fixed.set(dimension, 0);
      if (length !== 1) {
        problem = `has a dimension "${dimension}" of ${length} besides time, level, latitude and longitude; select one`;
      }
      continue;
    }
    const values =
      coordinate === undefined || !isNumeric(coordinate)
        ? Float64Array.from({ length }, (_, i) => i)
        : await readCoordinate(coordinate);
    const index = values.indexOf(wanted);
    fixed.set(dimension, Math.max(0, index));
    if (index < 0) problem = `has no ${dimension} ${wanted}; it has ${shortList([...values])}`;
  }
  return { fixed, problem };
}

/** "0, 1, 2, … 9" */
export function shortList(items: readonly (string | number)[]): string {
  if (items.length <= 12) return items.join(', ');
  return `${items.slice(0, 10).join(', ')}, … ${items.at(-1)} (${items.length} in all)`;
}
