/**
 * HURDAT2, the best tracks of the US National Hurricane Center, in its own text form: a header for each storm
 * ("AL092021,  IDA,  40,": basin, number and year; name; number of fixes), then its fixes: day, time, record identifier,
 * status, latitude, longitude, 1-minute wind (kt), pressure (mb), and radii, which are not read.
 * Landsea & Franklin 2013, doi:10.1175/MWR-D-12-00254.1; "The revised Atlantic hurricane database (HURDAT2)", NHC.
 */
import { cells, numberedLines } from '../../delimitedText.js';
import { BestTrackAssembly, givenName } from './bestTrackAssembly.js';
import { degreesWithLetter, fixOf, numberCell, timeOfDigits } from './publishedValues.js';
import { MalformedRow } from './skippedRows.js';
import type { TrackFormat } from './trackFormat.js';

/** Marks of a wind or pressure that is not known; -99 is in use for winds of the 19th century. */
export const missingHurdat = ['', '-99', '-999', 'NA'];

/** Shortest row that is one: day … pressure. */
const rowCells = 8;

export const hurdat2: TrackFormat = {
  name: 'hurdat2',
  summary: 'best tracks of the US National Hurricane Center, text',
  recognises: ({ lines }) =>
    lines.some((line) =>
      /^[A-Z]{2}\d{6}\s*,[^,]*,\s*\d+\s*,?\s*$|^\d{8},\s*\d{4},[ A-Z]*,\s*[A-Z]{2},/.test(line),
    ),
  async read({ text, skipped }) {
    const assembly = new BestTrackAssembly(skipped);
    let storm: Header | null = null;
    const endStorm = (): void => {
      if (storm === null || storm.promised === storm.rows) return;
      skipped.add(
        storm.at,
        `${storm.id} should have ${storm.promised} fixes by its header; lines below it: ${storm.rows}`,
      );
    };
    for (const { line, number } of numberedLines(text())) {
      const [at, row] = [`line ${number}`, cells(line, ',')];
      if (row.length < rowCells && !/^\d{8}$/.test(row[0] ?? '')) {
        endStorm();
        storm = skipped.attempt(at, () => headerOf(row, at));
        continue;
      }
      if (storm !== null) storm.rows++;
      skipped.attempt(at, () => {
        if (storm === null) throw new MalformedRow('a fix without a header of its storm above it');
        if (row.length < rowCells) {
          throw new MalformedRow(`the line has ${row.length} cells, a fix at least ${rowCells}`);
        }
        const fix = fixOf({
          time: timeOfDigits(row[0], row[1]),
          latitude: degreesWithLetter('latitude', row[4]),
          longitude: degreesWithLetter('longitude', row[5]),
          wind: numberCell('wind', row[6], missingHurdat),
          windUnit: 'knot',
          pressure: numberCell('pressure', row[7], missingHurdat),
          pressureUnit: 'hPa',
        });
        assembly.add(storm.id, storm.name, fix, row[3] ?? null, at);
      });
    }
    endStorm();
    return { kind: 'best', wind: '1-minute mean', notes: [], ...assembly.finish() };
  },
};

interface Header {
  readonly id: string;
  readonly name: string | null;
  readonly at: string;
  readonly promised: number;
  rows: number;
}

function headerOf(row: readonly string[], at: string): Header {
  const [id = '', name, count = ''] = row;
  if (!/^[A-Z]{2}\d{6}$/.test(id) || !/^\d+$/.test(count)) {
    throw new MalformedRow(
      `"${row.join(', ')}" is neither a fix nor the header of a storm ("AL092021, IDA, 40,")`,
    );
  }
  return { id, name: givenName(name), at, promised: Number(count), rows: 0 };
}
