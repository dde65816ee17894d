/**
 * Which dimension of a variable is time, level, latitude or longitude (CF chapters 4 and 5): by units first,
 * then standard_name, then the axis attribute, then the names that files commonly use.
 */

import { textAttribute } from './cf.js';
import { isTimeUnit } from './cfTime.js';
import type { Dataset, Variable } from './dataset.js';

export type AxisKind = 'time' | 'level' | 'latitude' | 'longitude';

const standardNames: Readonly<Record<string, AxisKind | 'none'>> = {
  latitude: 'latitude',
  longitude: 'longitude',
  time: 'time',
  air_pressure: 'level',
  // Times that are not the valid time, and levels that are not pressure.
  forecast_reference_time: 'none',
  forecast_period: 'none',
  realization: 'none',
  height: 'none',
  altitude: 'none',
  atmosphere_hybrid_sigma_pressure_coordinate: 'none',
  atmosphere_sigma_coordinate: 'none',
};

const commonNames: Readonly<Record<string, AxisKind>> = {
  lat: 'latitude',
  latitude: 'latitude',
  lats: 'latitude',
  nav_lat: 'latitude',
  lon: 'longitude',
  longitude: 'longitude',
  lons: 'longitude',
  long: 'longitude',
  nav_lon: 'longitude',
  time: 'time',
  valid_time: 'time',
  level: 'level',
  lev: 'level',
  plev: 'level',
  pressure: 'level',
  pressure_level: 'level',
  isobaric: 'level',
  isobaricinhpa: 'level',
};

const pressureUnit = /^(pa|hpa|kpa|mb|mbar|millibars?|pascals?|hectopascals?)$/i;

/** @returns null where the variable is a coordinate of something else, or no coordinate */
export function axisKind(variable: Variable): AxisKind | null {
  const units = textAttribute(variable.attributes, 'units')?.trim() ?? '';
  const standardName = textAttribute(variable.attributes, 'standard_name')?.trim() ?? '';
  const named = standardNames[standardName];
  if (named !== undefined) return named === 'none' ? null : named;
  if (/^degrees?_?n(orth)?$/i.test(units)) return 'latitude';
  if (/^degrees?_?e(ast)?$/i.test(units)) return 'longitude';
  const name = (variable.name.split('/').at(-1) ?? '').toLowerCase();
  const common = commonNames[name];
  if (isTimeUnit(units)) {
    const isReference = /reference|initial|bounds|bnds/i.test(
      `${name} ${textAttribute(variable.attributes, 'long_name')}`,
    );
    return isReference && common !== 'time' ? null : 'time';
  }
  // A field of pressure is no axis: levels are a list.
  if (pressureUnit.test(units) && variable.shape.length <= 1) return 'level';
  const axis = textAttribute(variable.attributes, 'axis')?.trim().toUpperCase();
  if (/^degrees?$/i.test(units) && axis === 'Y') return 'latitude';
  if (/^degrees?$/i.test(units) && axis === 'X') return 'longitude';
  // A level in metres or without pressure units under a common name is not a pressure level.
  if (common === 'level' && units !== '' && units !== '1') return null;
  return common ?? null;
}

/** The coordinate variable of a dimension: the one-dimensional variable of its name. */
export function coordinateOf(dataset: Dataset, dimension: string, prefix = ''): Variable | undefined {
  const found = dataset.variables.get(prefix + dimension) ?? dataset.variables.get(dimension);
  if (found !== undefined && found.shape.length === 1 && found.dimensions[0] === dimension) return found;
  // A dimension without a variable of its name may have one auxiliary coordinate ("x" with "lon(x)").
  const others = [...dataset.variables.values()].filter(
    (v) => v.shape.length === 1 && v.dimensions[0] === dimension && isAuxiliaryCoordinate(v),
  );
  return others.length === 1 ? others[0] : undefined;
}

/** Not by its unit alone: a series of pressures along time is data. */
function isAuxiliaryCoordinate(variable: Variable): boolean {
  const kind = axisKind(variable);
  return kind === 'level' ? variable.attributes.standard_name === 'air_pressure' : kind !== null;
}

/** One dimension of a variable, with what it is. */
export interface VariableAxis {
  readonly dimension: string;
  readonly length: number;
  readonly kind: AxisKind | null;
  readonly coordinate: Variable | undefined;
}

export function axesOf(dataset: Dataset, variable: Variable): VariableAxis[] {
  const slash = variable.name.lastIndexOf('/');
  const prefix = variable.name.slice(0, slash + 1);
  return variable.dimensions.map((dimension, d) => {
    const coordinate = coordinateOf(dataset, dimension, prefix);
    return {
      dimension,
      length: variable.shape[d] ?? 0,
      kind: coordinate === undefined ? null : axisKind(coordinate),
      coordinate,
    };
  });
}

/** Scalar coordinates that apply to a variable: those its `coordinates` attribute names, or any scalar time. */
export function scalarCoordinate(dataset: Dataset, variable: Variable, kind: AxisKind): Variable | undefined {
  const named = textAttribute(variable.attributes, 'coordinates')?.split(/\s+/) ?? [];
  const isScalar = (v: Variable): boolean => v.shape.every((n) => n === 1) && v.shape.length <= 1;
  for (const name of named) {
    const candidate = dataset.variables.get(name);
    if (candidate !== undefined && isScalar(candidate) && axisKind(candidate) === kind) return candidate;
  }
  if (kind !== 'time') return undefined;
  return [...dataset.variables.values()].find((v) => v.shape.length === 0 && axisKind(v) === 'time');
}
