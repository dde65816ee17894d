/** Opens the archive that --archive, --variables and --unit name: files, or the nature run computed as it is read. */
import { basename } from 'node:path';
import { openArchive } from '../core/archive/open.js';
import { usageError } from '../core/errors.js';
import type { Archive } from '../core/interfaces.js';
import { createNatureArchive } from '../models/dycore/natureArchive.js';
import { natureTime } from '../models/dycore/natureStore.js';
import { formatNatureArchive, isNatureArchive, parseNatureArchive, timesInDays } from './natureOption.js';
import type { Options } from './options.js';
import type { Progress, Reporter } from './progress.js';

export interface NamedArchive {
  readonly archive: Archive;
  /** As messages name it. */
  readonly name: string;
  /** File names without their directories, or the nature run in full: what a run records. */
  readonly files: readonly string[];
}

/**
 * @param channels what is needed, where --variables does not say; by default all of a file, sixteen of the nature run
 * @param report told how the nature run spins up, which the first read waits for
 */
export async function openArchiveOption(
  options: Pick<Options, 'archive' | 'variables' | 'unit'>,
  channels?: readonly string[],
  report?: Reporter,
): Promise<NamedArchive> {
  const paths = options.archive;
  if (paths === undefined) {
    throw usageError(
      'no data: give --archive FILE, a NetCDF file or Zarr store of gridded analyses, or --archive nature',
    );
  }
  const variables = options.variables ?? channels;
  if (paths.some(isNatureArchive)) return openNature(paths, options.unit, variables, report);
  const archive = await openArchive(paths, {
    ...(variables === undefined ? {} : { variables }),
    units: Object.fromEntries(options.unit.map((text) => parseUnit(text))),
  });
  return { archive, name: `archive "${paths.join('", "')}"`, files: paths.map((path) => basename(path)) };
}

function openNature(
  paths: readonly string[],
  units: readonly string[],
  channels: readonly string[] | undefined,
  report: Reporter | undefined,
): NamedArchive {
  const [text, ...others] = paths;
  if (text === undefined || others.length > 0) {
    throw usageError(
      `--archive ${paths.join(' ')}: the nature run stands alone; a file of that name is ./nature`,
    );
  }
  if (units.length > 0) throw usageError('--unit: the nature run states its units; leave the option out');
  const specification = parseNatureArchive(text);
  const { seed, days, everyHours, config } = specification;
  let progress: Progress | undefined;
  const archive = createNatureArchive({
    config,
    seed,
    to: natureTime(timesInDays(days, everyHours) - 1, everyHours),
    everyHours,
    ...(channels === undefined ? {} : { channels }),
    spinUp: {
      onDay: (done, of) => {
        progress ??= report?.begin('nature run: spin-up', of, 'days');
        progress?.update(done);
        if (done === of) progress?.finish();
      },
    },
  });
  const full = formatNatureArchive(specification);
  return { archive, name: `archive "${full}"`, files: [full] };
}

/** 'msl=Pa' → name and unit. */
export function parseUnit(text: string, flag = '--unit'): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`${flag} "${text}" is not of the form name=unit, such as msl=Pa`);
  return [text.slice(0, at), text.slice(at + 1)];
}
