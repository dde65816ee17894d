/**
 * What a path of the command line means: a run directory, files of forecasts, or neither. A pattern with * or ? in
 * the last part of the path stands for the files of that name, a plain directory for the NetCDF files in it, both in
 * the order of their names.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dataError } from '../../core/errors.js';

export type ForecastPaths =
  | { readonly kind: 'run'; readonly directory: string }
  | { readonly kind: 'files'; readonly paths: readonly string[] };

const manifestName = 'manifest.json';
const zarrMarks = ['.zgroup', '.zmetadata', '.zarray', 'zarr.json', '.zattrs'];

/** @throws {PlumeError} data, when nothing is there */
export function forecastPaths(path: string): ForecastPaths {
  if (/^https?:\/\//i.test(path)) return { kind: 'files', paths: [path] };
  if (!existsSync(path)) return missing(path);
  if (!statSync(path).isDirectory() || isZarr(path)) return { kind: 'files', paths: [path] };
  if (existsSync(join(path, manifestName))) return { kind: 'run', directory: path };
  const inside = filesIn(path, isForecastName);
  // A directory of neither: the reader of runs says what it misses.
  return inside.length === 0 ? { kind: 'run', directory: path } : { kind: 'files', paths: inside };
}

function missing(path: string): ForecastPaths {
  const pattern = basename(path);
  if (/[*?]/.test(pattern)) {
    const found = filesIn(dirname(path), matcher(pattern));
    if (found.length > 0) return { kind: 'files', paths: found };
    throw dataError(`forecast "${path}": no file has such a name; check the path`);
  }
  if (/\.(nc|nc3|nc4|cdf|netcdf|h5|hdf5|zarr|grib2?|grb2?)\/?$/i.test(path)) {
    throw dataError(`forecast "${path}": there is no such file or directory; check the path`);
  }
  return { kind: 'run', directory: path };
}

function isZarr(directory: string): boolean {
  return zarrMarks.some((mark) => existsSync(join(directory, mark)));
}

function isForecastName(name: string): boolean {
  return /\.(nc|nc3|nc4|cdf|netcdf|zarr)$/i.test(name);
}

function filesIn(directory: string, matches: (name: string) => boolean): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.') && matches(name))
    .sort()
    .map((name) => join(directory, name));
}

/** '*' stands for any characters, '?' for one. */
function matcher(pattern: string): (name: string) => boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const expression = new RegExp(`^${literal.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
  return (name) => expression.test(name);
}
