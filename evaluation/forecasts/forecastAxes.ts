/**
 * What the dimensions of a forecast file are, beside level, latitude and longitude: the members of an ensemble, and
 * the times of which a forecast has three, start + lead = valid. By CF standard names first (realization,
 * forecast_reference_time, forecast_period, time), then by units, then by the names that files commonly use: those
 * of ECMWF and cfgrib (number, step), CMIP (member_id), WeatherBench 2 (time, prediction_timedelta), S2S.
 */
import { axisKind, type VariableAxis } from '../../core/archive/axes.js';
import { textAttribute } from '../../core/archive/cf.js';
import { isTimeUnit } from '../../core/archive/cfTime.js';
import type { Dataset, Variable } from '../../core/archive/dataset.js';

export type TimeRole = 'start' | 'lead' | 'valid';

const memberNames = new Set([
  'member',
  'members',
  'member_id',
  'number',
  'realization',
  'realisation',
  'ensemble',
  'ensemble_member',
  'ens_member',
  'ensmem',
  'ens',
  'sample',
  'samples',
  'mbr',
  'mem',
  'perturbation',
  'perturbation_number',
]);

const startNames = new Set([
  'forecast_reference_time',
  'reference_time',
  'reftime',
  'init',
  'init_time',
  'inittime',
  'initial_time',
  'initialization_time',
  'start',
  'start_time',
  'start_date',
  'startdate',
  'base_time',
  'analysis_time',
  'issue_time',
  'forecast_base_time',
  'run_time',
  'runtime',
]);

const leadNames = new Set([
  'step',
  'lead',
  'leads',
  'lead_time',
  'leadtime',
  'lead_hours',
  'prediction_timedelta',
  'forecast_period',
  'forecast_hour',
  'forecast_lead_time',
  'fhour',
  'timedelta',
]);

/** 'group/Step' → 'step' */
function plainName(name: string): string {
  return (name.split('/').at(-1) ?? '').toLowerCase();
}

function standardName(variable: Variable | undefined): string {
  return textAttribute(variable?.attributes ?? {}, 'standard_name')?.trim() ?? '';
}

/** @param named a dimension that the user says counts members */
export function isMemberDimension(axis: VariableAxis, named: string | undefined): boolean {
  if (named !== undefined) return axis.dimension === named;
  if (axis.kind !== null) return false;
  return memberNames.has(plainName(axis.dimension)) || standardName(axis.coordinate) === 'realization';
}

/** True for a variable that tells which members a file holds. */
export function isMemberCoordinate(variable: Variable): boolean {
  return standardName(variable) === 'realization' || memberNames.has(plainName(variable.name));
}

/** Which of the three times a variable is, or null where it is none. */
export function timeRole(variable: Variable): TimeRole | null {
  const name = plainName(variable.name);
  const units = textAttribute(variable.attributes, 'units')?.trim() ?? '';
  switch (standardName(variable)) {
    case 'forecast_reference_time':
      return 'start';
    case 'forecast_period':
      return 'lead';
    case 'time':
      return 'valid';
  }
  if (!isTimeUnit(units)) return leadNames.has(name) ? 'lead' : null;
  const words = textAttribute(variable.attributes, 'long_name') ?? '';
  if (startNames.has(name) || /\b(reference|initial|initiali[sz]ation|init|start)\b/i.test(words))
    return 'start';
  return axisKind(variable) === 'time' ? 'valid' : null;
}

/** True for a dimension along which a time of any kind runs, or that is called as one. */
export function isTimeDimension(dataset: Dataset, axis: VariableAxis): boolean {
  if (axis.kind !== null) return axis.kind === 'time';
  const name = plainName(axis.dimension);
  if (leadNames.has(name) || startNames.has(name) || name === 'time' || name === 'valid_time') return true;
  return timeVariables(dataset).some(({ dimensions }) => dimensions.includes(axis.dimension));
}

/** Variables that are times of some kind, bounds left out. */
export function timeVariables(dataset: Dataset): Variable[] {
  return [...dataset.variables.values()].filter(
    (variable) =>
      variable.dtype !== 'char' &&
      variable.dtype !== 'string' &&
      variable.dtype !== 'other' &&
      !/_?(bnds|bounds)$/i.test(variable.name) &&
      timeRole(variable) !== null,
  );
}
