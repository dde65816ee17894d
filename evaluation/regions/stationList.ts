/**
 * Stations from a table of text: one line each, with a latitude, a longitude and, if there is one, a name, in columns
 * that the first line names. Commas, semicolons or tabs between them; quotes as in RFC 4180.
 */
import { dataError } from '../../core/errors.js';
import { cells, numberedLines } from '../delimitedText.js';
import type { Station } from './stationWeights.js';

const columnNames = {
  name: ['name', 'station', 'station_name', 'id', 'station_id', 'stid', 'site', 'wmo', 'wmo_id', 'location'],
  latitude: ['latitude', 'lat', 'y'],
  longitude: ['longitude', 'lon', 'long', 'lng', 'x'],
} as const;

/**
 * @param file in messages
 * @throws {PlumeError} data, naming the line, when a column is missing or a place is none
 */
export function parseStations(text: string, file: string): Station[] {
  const lines = [...numberedLines(text)].filter(({ line }) => !line.startsWith('#'));
  const [head, ...rows] = lines;
  if (head === undefined)
    throw dataError(
      `stations "${file}": the file is empty; expected a line that names the columns name, lat and lon, and one for every place`,
    );
  const separator = [';', '\t', ','].find((one) => head.line.includes(one)) ?? ',';
  const header = cells(head.line, separator).map((cell) => cell.toLowerCase());
  const columnOf = (what: keyof typeof columnNames): number =>
    header.findIndex((cell) => (columnNames[what] as readonly string[]).includes(cell));
  const [name, latitude, longitude] = [columnOf('name'), columnOf('latitude'), columnOf('longitude')];
  if (latitude < 0 || longitude < 0) {
    throw dataError(
      `stations "${file}": the first line must name the columns lat and lon (and name); it says ${head.line.trim()}`,
    );
  }
  return rows.map(({ line, number }) => {
    const row = cells(line, separator);
    const at = (column: number, what: string, limit: number): number => {
      const cell = row[column] ?? '';
      const value = cell === '' ? Number.NaN : Number(cell);
      if (!(Math.abs(value) <= limit)) {
        throw dataError(
          `stations "${file}", line ${number}: ${what} "${cell}" is no number within ±${limit}`,
        );
      }
      return value;
    };
    return {
      name: row[name] ?? `line ${number}`,
      latitude: at(latitude, 'latitude', 90),
      longitude: at(longitude, 'longitude', 360),
    };
  });
}
