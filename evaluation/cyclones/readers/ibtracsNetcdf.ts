/**
 * IBTrACS version 4 as NetCDF: variables [storm, date_time] padded to the longest storm, texts as rows of characters.
 * Read in stretches of storms, so that of the whole archive (14 000 storms) only the tracks are held.
 */
import { instantOfDate, parseCalendar } from '../../../core/archive/calendar.js';
import { decodeValues, textAttribute } from '../../../core/archive/cf.js';
import { decodeTimes } from '../../../core/archive/cfTime.js';
import type { Dataset, Variable } from '../../../core/archive/dataset.js';
import { openDataset } from '../../../core/archive/openDataset.js';
import { dataError, isPlumeError } from '../../../core/errors.js';
import { BestTrackAssembly, givenName } from './bestTrackAssembly.js';
import { agencies, agencyOf } from './ibtracs.js';
import { fixOf } from './publishedValues.js';
import { MalformedRow, type SkippedRows } from './skippedRows.js';
import type { TrackFormat } from './trackFormat.js';

const stormsAtOnce = 256;

export const ibtracsNetcdf: TrackFormat = {
  name: 'ibtracs-netcdf',
  summary: 'IBTrACS, NetCDF',
  recognises: ({ bytes }) => {
    const magic = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
    return magic.startsWith('CDF') || magic === '\x89HDF';
  },
  async read({ path, options, skipped }) {
    const dataset = await openDataset(path);
    try {
      const agency = agencyOf(options.agency, dataset.variables.has('usa_wind'));
      const assembly = new BestTrackAssembly(skipped);
      // Its identifiers tell it from other NetCDF, which has times and latitudes too.
      const [storms = 0] = variableOf(dataset, 'sid').shape;
      for (let first = 0; first < storms; first += stormsAtOnce) {
        const stretch = { dataset, agency, first, count: Math.min(stormsAtOnce, storms - first) };
        await readStorms(stretch, assembly, skipped);
      }
      const { wind, note } = agencies[agency];
      return { kind: 'best', wind, notes: [note], ...assembly.finish() };
    } finally {
      await dataset.close();
    }
  },
};

interface Stretch {
  readonly dataset: Dataset;
  readonly agency: 'usa' | 'wmo';
  readonly first: number;
  readonly count: number;
}

async function readStorms(
  stretch: Stretch,
  assembly: BestTrackAssembly,
  skipped: SkippedRows,
): Promise<void> {
  const { dataset, agency, first, count } = stretch;
  const time = variableOf(dataset, 'time');
  const times = await numbersOf(stretch, 'time');
  const [latitudes, longitudes] = [await numbersOf(stretch, 'lat'), await numbersOf(stretch, 'lon')];
  const winds = await numbersOf(stretch, `${agency}_wind`);
  const pressures = await numbersOf(stretch, `${agency}_pres`);
  const ids = await textsOf(stretch, 'sid');
  const names = dataset.variables.has('name') ? await textsOf(stretch, 'name') : [];
  const statuses = dataset.variables.has('usa_status') ? await textsOf(stretch, 'usa_status') : [];
  const length = times.length / count;
  for (let i = 0; i < times.length; i++) {
    // Padding behind the last fix.
    if (Number.isNaN(times[i]!)) continue;
    const storm = Math.floor(i / length);
    const at = `storm ${first + storm + 1}, time ${(i % length) + 1}`;
    skipped.attempt(at, () => {
      const id = ids[storm] ?? '';
      if (id === '') throw new MalformedRow('the storm has no identifier');
      const fix = fixOf({
        time: instantOf(time, times[i]!),
        latitude: latitudes[i]!,
        longitude: longitudes[i]!,
        wind: winds[i]!,
        windUnit: 'knot',
        pressure: pressures[i]!,
        pressureUnit: 'hPa',
      });
      assembly.add(id, givenName(names[storm]), fix, statuses[i] ?? null, at);
    });
  }
}

function instantOf(time: Variable, value: number): number {
  const calendar = parseCalendar(textAttribute(time.attributes, 'calendar') ?? 'standard');
  try {
    const [date] = decodeTimes([value], textAttribute(time.attributes, 'units') ?? '', calendar);
    return instantOfDate(calendar, date!);
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    throw new MalformedRow(error.message, { cause: error });
  }
}

function variableOf(dataset: Dataset, name: string): Variable {
  const found = dataset.variables.get(name);
  if (found === undefined) {
    throw dataError(
      `track file "${dataset.path}" has no variable "${name}", so it is not IBTrACS; ` +
        `it has ${[...dataset.variables.keys()].slice(0, 20).join(', ')}`,
    );
  }
  return found;
}

function boxOf({ first, count }: Stretch, { shape }: Variable): [number[], number[]] {
  return [
    [first, ...shape.slice(1).map(() => 0)],
    [count, ...shape.slice(1)],
  ];
}

async function numbersOf(stretch: Stretch, name: string): Promise<Float64Array> {
  const variable = variableOf(stretch.dataset, name);
  return decodeValues(variable, await variable.read(...boxOf(stretch, variable)));
}

/** Characters along the last dimension joined, without their padding. */
async function textsOf(stretch: Stretch, name: string): Promise<string[]> {
  const variable = variableOf(stretch.dataset, name);
  const raw = await variable.read(...boxOf(stretch, variable));
  if (!Array.isArray(raw)) {
    throw dataError(`track file "${stretch.dataset.path}": variable "${name}" holds no text`);
  }
  if (variable.dtype !== 'char') return raw.map((text) => text.trim());
  const length = variable.shape.at(-1) ?? 1;
  return Array.from({ length: raw.length / length }, (_, i) =>
    raw
      .slice(i * length, (i + 1) * length)
      .join('')
      .replaceAll('\0', '')
      .trim(),
  );
}
