/**
 * Numbers as track files publish them, checked and turned into the units of track.ts. What is malformed is a
 * `MalformedRow` that says what was found and what was expected.
 */
import { millisecondsPerHour, parseTime } from '../../../core/time.js';
import { unitConversion } from '../../../core/units.js';
import type { Fix } from '../track.js';
import { MalformedRow } from './skippedRows.js';

/** A published value and its unit; NaN where it is missing. */
export interface PublishedFix {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly time: number;
  readonly latitude: number;
  /** −360 … 360 */
  readonly longitude: number;
  readonly pressure: number;
  readonly pressureUnit: PressureUnit;
  readonly wind: number;
  readonly windUnit: WindUnit;
}

type PressureUnit = 'hPa' | 'Pa';
type WindUnit = 'knot' | 'km h-1' | 'm s-1';

const toPascal: Readonly<Record<PressureUnit, number>> = { hPa: unitConversion('hPa', 'Pa').scale, Pa: 1 };
const toMetresPerSecond: Readonly<Record<WindUnit, number>> = {
  knot: unitConversion('knot', 'm s-1').scale,
  'km h-1': unitConversion('km h-1', 'm s-1').scale,
  'm s-1': 1,
};

/** No tropical cyclone was deeper than 870 hPa (Tip, 1979) or had a wind above 95 m/s (Patricia, 2015); lows of models may. */
const pressureRange = [80_000, 110_000] as const;
const windRange = [0, 150] as const;

/** @throws {MalformedRow} where a value is impossible */
export function fixOf(published: PublishedFix): Fix {
  const { time, latitude, longitude } = published;
  if (!(Math.abs(latitude) <= 90)) throw new MalformedRow(`latitude ${latitude} is not within ±90`);
  if (!(Math.abs(longitude) <= 360)) throw new MalformedRow(`longitude ${longitude} is not within ±360`);
  const pressure = published.pressure * toPascal[published.pressureUnit];
  if (pressure < pressureRange[0] || pressure > pressureRange[1]) {
    throw new MalformedRow(
      `pressure ${published.pressure} ${published.pressureUnit} is not within 800–1100 hPa`,
    );
  }
  const wind = published.wind * toMetresPerSecond[published.windUnit];
  if (wind < windRange[0] || wind > windRange[1]) {
    throw new MalformedRow(`wind ${published.wind} ${published.windUnit} is not within 0–150 m s-1`);
  }
  return {
    time,
    latitude,
    longitude: westToEast(longitude),
    pressure,
    wind,
    vorticity: Number.NaN,
    warmCore: Number.NaN,
  };
}

/** −180 … 180; degrees that lie there already come back untouched. */
export function westToEast(longitude: number): number {
  if (Math.abs(longitude) <= 180) return longitude;
  return longitude > 0 ? longitude - 360 : longitude + 360;
}

/**
 * A cell that must hold a number or, where `missing` names what stands for none, one of those.
 * @throws {MalformedRow}
 */
export function numberCell(what: string, cell: string | undefined, missing: readonly string[] = []): number {
  const text = cell ?? '';
  if (missing.includes(text)) return Number.NaN;
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new MalformedRow(`${what} "${text}" is no number`);
  return value;
}

/**
 * @param text degrees with the letter of the hemisphere, '28.0N', '94.8W'
 * @throws {MalformedRow}
 */
export function degreesWithLetter(what: 'latitude' | 'longitude', text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)\s*([NSEW])$/.exec(text ?? '');
  const letters = what === 'latitude' ? 'NS' : 'EW';
  if (match === null || !letters.includes(match[2]!)) {
    throw new MalformedRow(`${what} "${text ?? ''}" is no number followed by ${letters[0]} or ${letters[1]}`);
  }
  return match[2] === 'S' || match[2] === 'W' ? -Number(match[1]) : Number(match[1]);
}

/**
 * @param day 'YYYYMMDD'
 * @param clock 'HH' or 'HHMM'
 * @throws {MalformedRow}
 */
export function timeOfDigits(day: string | undefined, clock: string | undefined): number {
  const [date, hours] = [/^(\d{4})(\d\d)(\d\d)$/.exec(day ?? ''), /^(\d\d)(\d\d)?$/.exec(clock ?? '')];
  if (date === null || hours === null) {
    throw new MalformedRow(`time "${day ?? ''} ${clock ?? ''}" is not written YYYYMMDD HHMM`);
  }
  return timeOfText(`${date[1]}-${date[2]}-${date[3]}T${hours[1]}:${hours[2] ?? '00'}Z`);
}

/** @throws {MalformedRow} */
export function timeOfText(text: string | undefined): number {
  try {
    return parseTime(text ?? '');
  } catch (error) {
    throw new MalformedRow((error as Error).message, { cause: error });
  }
}

/** Hours after a base time. */
export function afterHours(start: number, hours: number): number {
  return start + Math.round(hours * millisecondsPerHour);
}
