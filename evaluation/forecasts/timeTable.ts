/**
 * Start and lead of every forecast in a variable. Files state them in many ways: a start and a lead dimension; a
 * scalar start and leads; valid times with a start beside them; valid times of two dimensions. Whatever two of
 * start + lead = valid a file gives decide the third. A file that gives valid times alone is taken for analyses or
 * forecasts of no stated age: lead 0.
 */
import { instantOfDate, parseCalendar } from '../../core/archive/calendar.js';
import { readCoordinate, textAttribute } from '../../core/archive/cf.js';
import { decodeTimes } from '../../core/archive/cfTime.js';
import type { Dataset, Variable } from '../../core/archive/dataset.js';
import { stridesOf } from '../../core/archive/hyperslab.js';
import { readDates } from '../../core/archive/timeAxis.js';
import { dataError, isPlumeError } from '../../core/errors.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { type TimeRole, timeRole, timeVariables } from './forecastAxes.js';

/** One dimension of time of a variable. */
export interface TimeDimension {
  readonly dimension: string;
  readonly length: number;
}

export interface ForecastTime {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly leadHours: number;
  /** Index along every dimension of time. */
  readonly indices: readonly number[];
}

export interface TimeTable {
  readonly times: readonly ForecastTime[];
  /** False where only valid times are stated, and every lead is taken as 0. */
  readonly statesStarts: boolean;
}

/** One of the three times along some of the dimensions. */
interface TimeValues {
  readonly variable: Variable;
  readonly role: TimeRole;
  /** Milliseconds. */
  readonly values: Float64Array;
  /** Dimensions of time that it runs along; none for a scalar. */
  readonly along: readonly string[];
  readonly strides: readonly number[];
}

/**
 * @param start when the forecasts began, for files that do not say; milliseconds since 1970
 * @param units of lead coordinates that state none, by their name
 * @throws {PlumeError} data, when start and lead cannot be had, or do not add up to the valid time
 */
export async function timeTable(
  dataset: Dataset,
  dimensions: readonly TimeDimension[],
  start: number | undefined,
  units: Readonly<Record<string, string>>,
): Promise<TimeTable> {
  const { path } = dataset;
  const found: TimeValues[] = [];
  for (const variable of timeVariables(dataset)) {
    const along = alongOf(variable, dimensions);
    if (along === null) continue;
    const role = timeRole(variable)!;
    found.push({ variable, role, along, ...(await valuesOf(path, variable, role, along, units)) });
  }
  const chosen = chooseRoles(found);
  requireEnough(path, chosen, dimensions, start);
  const times: ForecastTime[] = [];
  const total = dimensions.reduce((product, { length }) => product * length, 1);
  const strides = stridesOf(dimensions.map(({ length }) => length));
  for (let i = 0; i < total; i++) {
    const indices = dimensions.map(({ length }, d) => Math.floor(i / strides[d]!) % length);
    const at = (values: TimeValues | undefined): number | undefined =>
      values?.values[
        values.along.reduce((sum, name, k) => {
          const d = dimensions.findIndex(({ dimension }) => dimension === name);
          return sum + indices[d]! * values.strides[k]!;
        }, 0)
      ];
    times.push({ ...solve(path, at(chosen.start) ?? start, at(chosen.lead), at(chosen.valid)), indices });
  }
  return {
    times,
    statesStarts: chosen.start !== undefined || start !== undefined || chosen.lead !== undefined,
  };
}

/** Dimensions of time of a coordinate, or null where it runs along others too. */
function alongOf(variable: Variable, dimensions: readonly TimeDimension[]): string[] | null {
  const names = dimensions.map(({ dimension }) => dimension);
  if (variable.dimensions.every((name) => names.includes(name))) return [...variable.dimensions];
  return variable.shape.every((n) => n === 1) ? [] : null;
}

async function valuesOf(
  path: string,
  variable: Variable,
  role: TimeRole,
  along: readonly string[],
  units: Readonly<Record<string, string>>,
): Promise<{ values: Float64Array; strides: number[] }> {
  const strides = along.length === 0 ? [] : stridesOf(variable.shape);
  try {
    if (role !== 'lead') {
      const { calendar, dates } = await readDates(variable);
      return { values: Float64Array.from(dates, (date) => instantOfDate(calendar, date)), strides };
    }
    return { values: await readLeads(path, variable, units), strides };
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    throw dataError(`forecast "${path}": time coordinate "${variable.name}": ${error.message}`, {
      cause: error,
    });
  }
}

/** Lengths of time in any unit that times since a date may have, as milliseconds. */
async function readLeads(
  path: string,
  variable: Variable,
  units: Readonly<Record<string, string>>,
): Promise<Float64Array> {
  const unit = units[variable.name] ?? textAttribute(variable.attributes, 'units')?.trim() ?? '';
  if (unit === '' || unit === '1') {
    throw dataError(
      `it has no unit; pass --forecast-unit ${variable.name}=hours (or days) to say what "${path}" counts`,
    );
  }
  const calendar = parseCalendar('proleptic_gregorian');
  const dates = decodeTimes(await readCoordinate(variable), `${unit} since 1970-01-01`, calendar);
  return Float64Array.from(dates, (date) => instantOfDate(calendar, date));
}

interface ChosenTimes {
  readonly start: TimeValues | undefined;
  readonly lead: TimeValues | undefined;
  readonly valid: TimeValues | undefined;
}

function chooseRoles(found: readonly TimeValues[]): ChosenTimes {
  // What runs along most dimensions says most: valid_time(time, step) rather than time(time).
  const most = (role: TimeRole): TimeValues | undefined =>
    found.filter((one) => one.role === role).sort((a, b) => b.along.length - a.along.length)[0];
  const lead = most('lead');
  const start = most('start');
  const valid = most('valid');
  if (start !== undefined) return { start, lead, valid };
  // Two times, one of which says that it is the valid one: "time" and "valid_time" as xarray writes them.
  const times = found.filter(({ role }) => role === 'valid');
  const named = times.find(({ variable }) => saysValid(variable));
  const other = times.find(({ variable }) => !saysValid(variable));
  if (named !== undefined && other !== undefined) return { start: other, lead, valid: named };
  if (lead === undefined) return { start, lead, valid };
  // A time that does not change with the lead is no valid time: WeatherBench's and many others' "time".
  const steady = times.find(({ along, variable }) =>
    lead.values.length > 1
      ? !lead.along.some((name) => along.includes(name))
      : !saysValid(variable) && isOnlyName(variable, lead.variable),
  );
  return { start: steady, lead, valid: valid === steady ? undefined : valid };
}

function saysValid({ name }: Variable): boolean {
  return /^valid/i.test(name.split('/').at(-1) ?? '');
}

/** A single lead in WeatherBench's words beside a "time" that does not say by its standard name what it is. */
function isOnlyName(time: Variable, lead: Variable): boolean {
  return lead.name === 'prediction_timedelta' && time.attributes.standard_name === undefined;
}

function requireEnough(
  path: string,
  { start, lead, valid }: ChosenTimes,
  dimensions: readonly TimeDimension[],
  given: number | undefined,
): void {
  if (valid !== undefined || (lead !== undefined && (start !== undefined || given !== undefined))) {
    const spanned = new Set([start, lead, valid].flatMap((values) => values?.along ?? []));
    const silent = dimensions.find(({ dimension, length }) => length > 1 && !spanned.has(dimension));
    if (silent === undefined) return;
    throw dataError(
      `forecast "${path}": dimension "${silent.dimension}" of ${silent.length} has no coordinate that says its times; ` +
        'write one, such as hours with standard_name = "forecast_period"',
    );
  }
  throw dataError(
    lead === undefined
      ? `forecast "${path}" says neither valid times nor leads${start === undefined ? '' : ', only when it began'}; ` +
          'it needs a coordinate "time", or "step" with a unit such as hours'
      : `forecast "${path}" says leads ("${lead.variable.name}") but not when it began; pass --starts DATE (query, epsgram and tracks: --start DATE)`,
  );
}

function solve(
  path: string,
  start: number | undefined,
  lead: number | undefined,
  valid: number | undefined,
): { start: number; leadHours: number } {
  if (start !== undefined && lead !== undefined && valid !== undefined && start + lead !== valid) {
    throw dataError(
      `forecast "${path}": start ${formatTime(start)} and lead ${lead / millisecondsPerHour} h do not add up to the ` +
        `valid time ${formatTime(valid)}; one of the three coordinates is wrong`,
    );
  }
  // Valid times alone: of no age.
  const age = lead ?? (start === undefined ? 0 : (valid ?? start) - start);
  const leadHours = age / millisecondsPerHour;
  if (!Number.isInteger(leadHours) || leadHours < 0) {
    throw dataError(
      `forecast "${path}" has a lead of ${leadHours} h; leads are whole hours from the start on`,
    );
  }
  return { start: start ?? (valid ?? 0) - age, leadHours };
}
