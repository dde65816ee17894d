/** Where it is asked: the place of --at, the list of --sites, or nowhere, where events name their own places. */
import { readFile } from 'node:fs/promises';
import { toPlumeError, usageError } from '../../core/errors.js';
import type { Grid } from '../../core/grid.js';
import { parseStations } from '../../evaluation/regions/stationList.js';
import { type Station, stationWeights } from '../../evaluation/regions/stationWeights.js';
import { readLatitude, readLongitude } from '../coordinates.js';
import type { Options } from '../options.js';

/**
 * @returns null where neither is given
 * @throws {PlumeError} usage, for both, a place that is none, or an empty list; data, naming the line, for a list that
 *   cannot be read
 */
export async function askedSites({ at, sites }: Pick<Options, 'at' | 'sites'>): Promise<Station[] | null> {
  if (at !== undefined && sites !== undefined) {
    throw usageError('--at names one place and --sites a list; give one of them');
  }
  if (at !== undefined) return [{ name: at, ...parsePlace(at) }];
  if (sites === undefined) return null;
  const text = await readFile(sites, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `sites "${sites}"`);
  });
  const found = parseStations(text, sites);
  if (found.length === 0)
    throw usageError(`--sites ${sites}: the list is empty; it needs a line for every place`);
  return found;
}

/** Values between points of the grid need points around. @throws {PlumeError} usage, naming the sites outside */
export function requireInside(sites: readonly Station[], grid: Grid): void {
  stationWeights(sites, 'bilinear', grid);
}

function parsePlace(text: string): Pick<Station, 'latitude' | 'longitude'> {
  const [first = '', second = '', ...more] = text.split(',').map((part) => part.trim());
  const latitude = readLatitude(first);
  const longitude = readLongitude(second);
  if (latitude === null || longitude === null || more.length > 0) {
    throw usageError(
      `--at "${text}" is no place; give degrees north and east, such as 51.95,4.05, -33.9,18.4 or 60N,5W`,
    );
  }
  return { latitude, longitude };
}
