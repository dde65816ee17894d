/**
 * Tracks that CyTRACK found: as HURDAT2 a header for each cyclone ("CyAL00012018, 61,"), then its fixes: day, hour,
 * latitude, longitude, pressure (hPa), largest wind (km h⁻¹), size (km), pressure (hPa) and radius (km) of the outermost
 * closed isobar, kind of core, and Hart's phase-space parameters. Documentation of CyTRACK, "Input and output data".
 */
import { cells, numberedLines } from '../../delimitedText.js';
import { BestTrackAssembly } from './bestTrackAssembly.js';
import { fixOf, numberCell, timeOfDigits } from './publishedValues.js';
import { MalformedRow } from './skippedRows.js';
import type { TrackFormat } from './trackFormat.js';

const [rowCells, coreCell] = [6, 9];

export const cytrack: TrackFormat = {
  name: 'cytrack',
  summary: 'tracks found by CyTRACK',
  recognises: ({ lines }) => lines.some((line) => /^Cy[A-Z]{2}\d{7,8}\s*,/.test(line)),
  async read({ text, skipped }) {
    const assembly = new BestTrackAssembly(skipped);
    let header: { id: string; at: string; promised: number } | null = null;
    let rows = 0;
    const endCyclone = (): void => {
      if (header === null || header.promised === rows) return;
      skipped.add(
        header.at,
        `${header.id} should have ${header.promised} fixes by its header; lines below it: ${rows}`,
      );
    };
    for (const { line, number } of numberedLines(text())) {
      const [at, row] = [`line ${number}`, cells(line, ',')];
      // Names of the columns, where somebody left them in.
      if (row[0] === 'Date') continue;
      if (row.length < rowCells && !/^\d{8}$/.test(row[0] ?? '')) {
        endCyclone();
        rows = 0;
        header = skipped.attempt(at, () => {
          const [id = '', count = ''] = row;
          if (/^Cy\w+$/.test(id) && /^\d+$/.test(count)) return { id, at, promised: Number(count) };
          throw new MalformedRow(
            `"${line.trim()}" is neither a fix nor the header of a cyclone ("CyAL00012018, 61,")`,
          );
        });
        continue;
      }
      rows++;
      skipped.attempt(at, () => {
        if (header === null) throw new MalformedRow('a fix without a header of its cyclone above it');
        if (row.length < rowCells) {
          throw new MalformedRow(`the line has ${row.length} cells, a fix at least ${rowCells}`);
        }
        const fix = fixOf({
          time: timeOfDigits(row[0], row[1]),
          latitude: numberCell('latitude', row[2]),
          longitude: numberCell('longitude', row[3]),
          pressure: numberCell('pressure', row[4]),
          pressureUnit: 'hPa',
          wind: numberCell('wind', row[5]),
          windUnit: 'km h-1',
        });
        assembly.add(header.id, null, fix, row[coreCell] ?? null, at);
      });
    }
    endCyclone();
    return { kind: 'best', wind: '10-m wind of a model', notes: [], ...assembly.finish() };
  },
};
