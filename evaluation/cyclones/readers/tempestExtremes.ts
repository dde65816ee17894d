/**
 * Tracks of TempestExtremes' StitchNodes as text: for each track "start", its number of points, year, month, day and
 * hour; then its points: indices of the grid point (two, of unstructured grids one), the columns that StitchNodes was
 * asked for (`--in_fmt`), year, month, day, hour. The file does not name its columns: with four they are lon, lat, slp
 * (Pa), wind (m s⁻¹) as in the package's examples; others have to be named.
 * Ullrich et al. 2021, doi:10.5194/gmd-14-5023-2021.
 */
import { usageError } from '../../../core/errors.js';
import { numberedLines } from '../../delimitedText.js';
import { BestTrackAssembly } from './bestTrackAssembly.js';
import { fixOf, numberCell, timeOfDigits } from './publishedValues.js';
import { MalformedRow } from './skippedRows.js';
import type { TrackFormat, TrackSource } from './trackFormat.js';

const usual = ['lon', 'lat', 'slp', 'wind'];
const names = {
  longitude: ['lon', 'longitude'],
  latitude: ['lat', 'latitude'],
  pressure: ['slp', 'msl', 'psl', 'mslp', 'pressure'],
  wind: ['wind', 'wind10', 'wind10m', 'wind_10m', 'sfcwind', 'u10m', 'maxwind'],
};
const dateCells = 4;

export const tempestExtremes: TrackFormat = {
  name: 'tempest',
  summary: "tracks found by TempestExtremes (StitchNodes' text)",
  recognises: ({ lines }) => lines.some((line) => /^start(\s+\d+){5}\s*$/.test(line)),
  async read({ text, skipped, options, path }) {
    const columns = columnsOf(path, options);
    const assembly = new BestTrackAssembly(skipped);
    let track: { id: string; at: string; promised: number; rows: number } | null = null;
    let tracks = 0;
    const endTrack = (): void => {
      if (track === null || track.promised === track.rows) return;
      skipped.add(
        track.at,
        `track ${track.id} should have ${track.promised} points; lines below it: ${track.rows}`,
      );
    };
    for (const { line, number } of numberedLines(text())) {
      const [at, row] = [`line ${number}`, line.trim().split(/\s+/)];
      if (row[0] === 'start') {
        endTrack();
        const id = String(++tracks);
        track = skipped.attempt(at, () => ({
          id,
          at,
          promised: numberCell('number of points', row[1]),
          rows: 0,
        }));
        continue;
      }
      if (track !== null) track.rows++;
      skipped.attempt(at, () => {
        if (track === null) throw new MalformedRow('a point without a line "start" of its track above it');
        const indices = row.length - columns.count - dateCells;
        if (indices !== 1 && indices !== 2) {
          throw new MalformedRow(
            `the line has ${row.length} cells; with the columns ${columns.names.join(', ')} it has ` +
              `${columns.count + dateCells + 2} (unstructured grids: one fewer); name the columns that stand between the indices and the year`,
          );
        }
        const cell = (column: number): string | undefined => row[indices + column];
        const [year = '', month = '', day = '', hour = ''] = row.slice(-dateCells);
        const two = (digits: string): string => digits.padStart(2, '0');
        const fix = fixOf({
          time: timeOfDigits(`${year.padStart(4, '0')}${two(month)}${two(day)}`, two(hour)),
          longitude: numberCell('longitude', cell(columns.longitude)),
          latitude: numberCell('latitude', cell(columns.latitude)),
          pressure: columns.pressure < 0 ? Number.NaN : numberCell('pressure', cell(columns.pressure)),
          pressureUnit: 'Pa',
          wind: columns.wind < 0 ? Number.NaN : numberCell('wind', cell(columns.wind)),
          windUnit: 'm s-1',
        });
        assembly.add(track.id, null, fix, null, at);
      });
    }
    endTrack();
    const notes = [
      `between indices and dates the columns ${columns.names.join(', ')} are read (Pa, m s-1), ` +
        (options.columns === undefined ? 'as in examples of the package' : 'as named'),
    ];
    return { kind: 'best', wind: '10-m wind of a model', notes, ...assembly.finish() };
  },
};

interface Columns {
  readonly names: readonly string[];
  readonly count: number;
  readonly longitude: number;
  readonly latitude: number;
  /** −1: there is none. */
  readonly pressure: number;
  readonly wind: number;
}

function columnsOf(path: string, { columns: named = usual }: TrackSource['options']): Columns {
  const at = (what: keyof typeof names): number =>
    named.findIndex((name) => names[what].includes(name.trim().toLowerCase()));
  const [longitude, latitude] = [at('longitude'), at('latitude')];
  if (longitude < 0 || latitude < 0) {
    throw usageError(
      `track file "${path}": columns ${named.join(', ')} name no lon and lat; ` +
        `name all columns between the indices and the year, as in ${usual.join(', ')}`,
    );
  }
  return {
    names: named,
    count: named.length,
    longitude,
    latitude,
    pressure: at('pressure'),
    wind: at('wind'),
  };
}
