/**
 * ECMWF's ensemble tracks as a table: storm_id, storm_name, base_time, member, forecast_type, step_h, lat, lon, mslp_pa,
 * wind_lat, wind_lon, wind_ms. Empty cells are missing values.
 */
import { csvTable, namesColumns } from './csvTable.js';
import { addRows, type EcmwfRow, finishForecasts } from './ecmwfRows.js';
import { ForecastAssembly } from './forecastAssembly.js';
import { numberCell, timeOfText } from './publishedValues.js';
import { MalformedRow } from './skippedRows.js';
import type { TrackFormat, TrackSource } from './trackFormat.js';

export const ecmwfCsv: TrackFormat = {
  name: 'ecmwf-csv',
  summary: "ECMWF's ensemble tracks as a table",
  recognises: (head) =>
    namesColumns(head, ['storm_id'], ['base_time'], ['member'], ['step_h'], ['lat'], ['lon']),
  async read(source) {
    const assembly = new ForecastAssembly(source.skipped);
    addRows(rowsOf(source), assembly, source.skipped);
    const { forecasts, notes } = finishForecasts(assembly, source.options.members);
    return { kind: 'forecast', wind: '10-m wind of a model', notes, forecasts };
  },
};

function* rowsOf(source: TrackSource): Generator<EcmwfRow> {
  for (const { at, cell } of csvTable(source).rows()) {
    const optional = (what: string, column: string): number =>
      numberCell(what, cell(column), ['', 'NA', 'nan']);
    const row = source.skipped.attempt(at, () => {
      const storm = cell('storm_id') ?? '';
      if (storm === '') throw new MalformedRow('the row names no storm');
      const member = numberCell('member', cell('member'));
      if (!Number.isInteger(member)) throw new MalformedRow(`member ${member} is no whole number`);
      const type = optional('forecast type', 'forecast_type');
      return {
        storm,
        name: cell('storm_name') || null,
        start: timeOfText(cell('base_time')),
        member,
        forecastType: Number.isNaN(type) ? null : type,
        stepHours: numberCell('step', cell('step_h')),
        latitude: numberCell('latitude', cell('lat')),
        longitude: numberCell('longitude', cell('lon')),
        pressure: optional('pressure', 'mslp_pa'),
        windLatitude: optional('latitude of the wind', 'wind_lat'),
        windLongitude: optional('longitude of the wind', 'wind_lon'),
        wind: optional('wind', 'wind_ms'),
        at,
      };
    });
    if (row !== null) yield row;
  }
}
