/** Opens the archive that --archive, --variables and --unit name. */
import { basename } from 'node:path';
import { openArchive } from '../core/archive/open.js';
import { usageError } from '../core/errors.js';
import type { Archive } from '../core/interfaces.js';
import type { Options } from './options.js';

export interface NamedArchive {
  readonly archive: Archive;
  /** As messages name it. */
  readonly name: string;
  /** File names without their directories: what a run records. */
  readonly files: readonly string[];
}

export async function openArchiveOption(
  options: Pick<Options, 'archive' | 'variables' | 'unit'>,
  channels?: readonly string[],
): Promise<NamedArchive> {
  const paths = options.archive;
  if (paths === undefined) {
    throw usageError('no data: give --archive FILE, a NetCDF file or Zarr store of gridded analyses');
  }
  const variables = options.variables ?? channels;
  const archive = await openArchive(paths, {
    ...(variables === undefined ? {} : { variables }),
    units: Object.fromEntries(options.unit.map(parseUnit)),
  });
  return { archive, name: `archive "${paths.join('", "')}"`, files: paths.map((path) => basename(path)) };
}

function parseUnit(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`--unit "${text}" is not of the form name=unit, such as msl=Pa`);
  return [text.slice(0, at), text.slice(at + 1)];
}
