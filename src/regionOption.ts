/**
 * What --regions names: the whole domain, the usual bands and boxes, boxes of one's own (name=N/S/W/E), land and sea,
 * and lists of stations (name=file.csv, or file.csv:bilinear).
 */
import { readFile } from 'node:fs/promises';
import { openDataset } from '../core/archive/openDataset.js';
import { toPlumeError, usageError } from '../core/errors.js';
import type { Grid } from '../core/grid.js';
import { type Region, wholeDomain } from '../evaluation/region.js';
import { boxesNamed, regionNames } from '../evaluation/regions/boxRegion.js';
import { type LandShare, landOrSea, readLandShare } from '../evaluation/regions/landAndSea.js';
import { parseStations } from '../evaluation/regions/stationList.js';
import type { StationMethod } from '../evaluation/regions/stationWeights.js';
import { isNatureArchive } from './natureOption.js';
import type { Options } from './options.js';

/**
 * The whole domain first, then those asked for.
 * @param grid of the forecasts
 * @throws {PlumeError} usage, for a region that is none, or land and sea without a mask; data, for files that cannot
 *   be read as what they should be
 */
export async function regionsFrom(
  options: Partial<Pick<Options, 'regions' | 'mask' | 'archive'>>,
  grid: Grid,
): Promise<Region[]> {
  const regions: Region[] = [wholeDomain];
  let mask: LandShare | undefined;
  for (const text of options.regions ?? []) {
    const name = text.trim();
    if (name === '' || name === wholeDomain.name || name === 'global') continue;
    if (name === 'land' || name === 'sea') {
      mask ??= await openMask(options);
      regions.push(landOrSea(name, mask, grid));
    } else regions.push(name.includes('=') ? await ownRegion(name) : namedRegion(name));
  }
  const names = regions.map((region) => region.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw usageError(`--regions: "${twice}" is there twice; give each a name of its own`);
  return regions;
}

function namedRegion(name: string): Region {
  const found = boxesNamed(name.toLowerCase());
  if (found === undefined) {
    throw usageError(
      `--regions: "${name}" is none of all, ${regionNames.join(', ')}, land, sea; a box is NAME=N/S/W/E such as ` +
        'alps=48/44/5/16, a list of stations NAME=FILE.csv',
    );
  }
  const { boxes } = found;
  return boxes.length === 1 ? { name: found.name, box: boxes[0]! } : { name: found.name, boxes };
}

async function ownRegion(text: string): Promise<Region> {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  const edges = value.split('/').map((edge) => (edge.trim() === '' ? Number.NaN : Number(edge)));
  if (name !== '' && edges.length === 4 && edges.every(Number.isFinite)) {
    const [north, south, west, east] = edges as [number, number, number, number];
    if (north <= south || north > 90 || south < -90 || west === east) {
      throw usageError(
        `--regions ${text}: edges are N/S/W/E in degrees with 90 ≥ N > S ≥ −90 and W to E eastwards, such as alps=48/44/5/16`,
      );
    }
    return { name, box: { north, south, west, east } };
  }
  const list = /^(.+\.(?:csv|tsv|txt))(?::(nearest|bilinear))?$/i.exec(value);
  if (name === '' || list === null) {
    throw usageError(
      `--regions "${text}": give NAME=N/S/W/E in degrees, such as alps=48/44/5/16, or NAME=FILE.csv, ` +
        'or NAME=FILE.csv:bilinear',
    );
  }
  const [, file = '', method = 'nearest'] = list;
  const table = await readFile(file, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `stations "${file}"`);
  });
  return { name, stations: parseStations(table, file), method: method.toLowerCase() as StationMethod };
}

/** That of --mask, else the one that the archive holds beside its fields. */
export async function openMask({
  mask,
  archive = [],
}: Partial<Pick<Options, 'mask' | 'archive'>>): Promise<LandShare> {
  if (mask !== undefined) {
    const [, path = mask, variable] = /^(.*[^:/\\]):(\w+)$/.exec(mask) ?? [];
    const found = await readFrom(path, variable);
    if (found !== null) return found;
    throw usageError(
      variable === undefined
        ? `--mask "${path}" has no variable that is called as a land–sea mask (lsm, sftlf, …); name it: --mask ${path}:VARIABLE`
        : `--mask "${path}" has no variable "${variable}" on latitudes and longitudes`,
    );
  }
  if (archive.some(isNatureArchive)) throw usageError('--regions land, sea: the nature run has no land');
  for (const path of archive) {
    const found = await readFrom(path, undefined);
    if (found !== null) return found;
  }
  throw usageError(
    '--regions land, sea: the archive holds no land–sea mask (lsm); pass --mask FILE, or --mask FILE:VARIABLE',
  );
}

async function readFrom(path: string, variable: string | undefined): Promise<LandShare | null> {
  const dataset = await openDataset(path);
  try {
    return await readLandShare(dataset, variable);
  } finally {
    await dataset.close();
  }
}
