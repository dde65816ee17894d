/**
 * HURDAT2 as tables, one fix a row, as the R packages "hurdat2" (id, datetime, sys_status, wind_max_sus, min_pres) and
 * "HURDAT" (Key, DateTime, Status, Wind, Pressure) write it: signed degrees, knots, mb. Storms may be mixed.
 */
import { BestTrackAssembly, givenName } from './bestTrackAssembly.js';
import { csvTable, namesColumns } from './csvTable.js';
import { missingHurdat } from './hurdat2.js';
import { fixOf, numberCell, timeOfText } from './publishedValues.js';
import { MalformedRow } from './skippedRows.js';
import type { TrackFormat } from './trackFormat.js';

const [ids, times, latitudes, longitudes, winds, pressures, statuses] = [
  ['id', 'key'],
  ['datetime', 'iso_time'],
  ['lat', 'latitude'],
  ['lon', 'longitude'],
  ['wind_max_sus', 'wind'],
  ['min_pres', 'pressure'],
  ['sys_status', 'status'],
];

export const hurdat2Csv: TrackFormat = {
  name: 'hurdat2-csv',
  summary: 'HURDAT2 as a table with the names of its columns in the first line',
  recognises: (head) => namesColumns(head, ids, times, latitudes, longitudes, winds, pressures),
  async read(source) {
    const assembly = new BestTrackAssembly(source.skipped);
    for (const { at, cell } of csvTable(source).rows()) {
      source.skipped.attempt(at, () => {
        const id = cell(...ids) ?? '';
        if (id === '') throw new MalformedRow('the row names no storm');
        const fix = fixOf({
          time: timeOfText(cell(...times)),
          latitude: numberCell('latitude', cell(...latitudes)),
          longitude: numberCell('longitude', cell(...longitudes)),
          wind: numberCell('wind', cell(...winds), missingHurdat),
          windUnit: 'knot',
          pressure: numberCell('pressure', cell(...pressures), missingHurdat),
          pressureUnit: 'hPa',
        });
        assembly.add(id, givenName(cell('name')), fix, cell(...statuses) ?? null, at);
      });
    }
    return { kind: 'best', wind: '1-minute mean', notes: [], ...assembly.finish() };
  },
};
