/**
 * ECMWF's ensemble tracks, one fix a row, as its BUFR messages and tables made of them hold: members 1–50 perturbed, 51
 * control, 52 high resolution; centre and lowest pressure, place and speed of the largest 10-m wind near it.
 */
import type { ForecastAssembly } from './forecastAssembly.js';
import { afterHours, fixOf } from './publishedValues.js';
import type { SkippedRows } from './skippedRows.js';
import type { StormForecast } from './trackFile.js';

export interface EcmwfRow {
  readonly storm: string;
  readonly name: string | null;
  readonly start: number;
  readonly member: number;
  /** BUFR code table 0 01 092; null where it is missing. */
  readonly forecastType: number | null;
  readonly stepHours: number;
  /** Of the centre; of what follows NaN where missing. */
  readonly latitude: number;
  readonly longitude: number;
  /** Pa */
  readonly pressure: number;
  /** Place of the largest wind. */
  readonly windLatitude: number;
  readonly windLongitude: number;
  /** m s⁻¹ */
  readonly wind: number;
  /** Where it stands in the file. */
  readonly at: string;
}

/** WMO Manual on Codes, code table 0 01 092. */
export const forecastTypes: ReadonlyMap<number, string> = new Map([
  [0, 'high resolution'],
  [1, 'control'],
  [2, 'negatively perturbed'],
  [3, 'positively perturbed'],
  [4, 'perturbed'],
]);

/** Puts rows into an assembly; malformed ones are skipped. */
export function addRows(rows: Iterable<EcmwfRow>, assembly: ForecastAssembly, skipped: SkippedRows): void {
  for (const row of rows) {
    const { storm, name, start, member, at } = row;
    skipped.attempt(at, () => {
      const fix = fixOf({
        time: afterHours(start, row.stepHours),
        latitude: row.latitude,
        longitude: row.longitude,
        pressure: row.pressure,
        pressureUnit: 'Pa',
        wind: row.wind,
        windUnit: 'm s-1',
      });
      const label = forecastTypes.get(row.forecastType ?? Number.NaN) ?? null;
      assembly.add({ storm, name, start, member, label, fix, at });
    });
  }
}

/** Forecasts and what has to be said about who was asked. */
export function finishForecasts(
  assembly: ForecastAssembly,
  members: readonly number[] | undefined,
): { forecasts: StormForecast[]; notes: string[] } {
  const notes: string[] = [];
  const forecasts = assembly.finish(members, notes);
  if (members === undefined) {
    notes.push(
      'members asked are those that the file names from each base time with any storm; name members where others were asked too',
    );
  }
  return { forecasts, notes };
}
