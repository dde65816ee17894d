/**
 * Opens a data file whatever its format: a directory or web address is Zarr, a file tells by its first bytes.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dataError, toPlumeError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { isHdf5 } from './hdf5Superblock.js';
import { openNetcdf3 } from './netcdf3.js';
import { openNetcdf4 } from './netcdf4.js';
import { openZarr } from './zarr.js';

export interface DatasetOptions {
  /** For Zarr stores on a web server that can neither be listed nor have consolidated metadata. */
  readonly variables?: readonly string[];
}

/**
 * @param path a NetCDF file, a Zarr directory, or the http(s) address of a Zarr store
 * @throws {PlumeError} data, when there is no such file, it is none of these, or it is cut short;
 *   resources, when it may not be read or the network fails
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  if (/^https?:\/\//i.test(path)) return openZarr(path, options);
  const kind = sniff(path);
  switch (kind) {
    case 'directory':
      return openZarr(path, options);
    case 'NetCDF-3':
      return openNetcdf3(path);
    case 'NetCDF-4':
      return openNetcdf4(path);
  }
}

function sniff(path: string): 'directory' | 'NetCDF-3' | 'NetCDF-4' {
  const bytes = new Uint8Array(8);
  let size: number;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return 'directory';
    size = stat.size;
    const file = openSync(path, 'r');
    try {
      readSync(file, bytes, 0, bytes.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw dataError(`archive "${path}": there is no such file or directory; check the path`, {
        cause: error,
      });
    }
    throw toPlumeError(error, `opening archive "${path}"`);
  }
  if (size === 0) throw dataError(`archive "${path}" is empty (0 bytes); fetch it again`);
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (isHdf5(bytes)) return 'NetCDF-4';
  if (magic.startsWith('CDF') && [1, 2, 5].includes(bytes[3] ?? 0)) return 'NetCDF-3';
  if (magic === 'GRIB') {
    throw dataError(
      `archive "${path}" is GRIB, which is not read yet; convert it first, for example with "grib_to_netcdf" or "cdo -f nc4 copy"`,
    );
  }
  throw dataError(
    `archive "${path}" is neither NetCDF nor Zarr (it begins with ${JSON.stringify(magic)}); ` +
      'give a NetCDF-3 or NetCDF-4 file, a Zarr directory or the address of a Zarr store',
  );
}
