/**
 * What is usual at a place and time of year: the same days of other years in an archive, on the grid and leads of the
 * forecast. Only the channels that are asked for are opened.
 */
import { dataError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { formatTime } from '../../core/time.js';
import { archiveTrajectories, climatologyStarts } from '../../evaluation/events/archiveTrajectories.js';
import { keepStates } from '../../evaluation/events/keptStates.js';
import { quantityOn } from '../../evaluation/events/quantities.js';
import type { Trajectories } from '../../evaluation/events/trajectories.js';
import type { Options } from '../options.js';
import type { Reporter } from '../progress.js';
import type { AskedForecast } from './askedForecast.js';

export type UsualOptions = Pick<Options, 'archive' | 'unit' | 'regrid' | 'seasonless'>;

/** Days on each side of a start's date in other years. */
const windowDays = 15;

/** What dates of other years may take that are kept for the next question, or block of a map. */
const keptBytes = 512 * 2 ** 20;

export interface UsualWeather {
  readonly archive: Archive;
  /** In words: 'the same days ± 15 of other years'. */
  readonly meaning: string;
  /** @throws {PlumeError} data, when the archive covers no case */
  of(start: number): Trajectories;
  close(): Promise<void>;
}

/** @param quantities that are asked for @returns null without --archive */
export async function openUsualWeather(
  { archive: paths, unit, regrid, seasonless }: UsualOptions,
  { source, name }: AskedForecast,
  quantities: readonly string[],
  report: Reporter,
): Promise<UsualWeather | null> {
  if (paths === undefined) return null;
  const [{ openArchiveOption }, { onGridOf }, { isSeasonless }] = await Promise.all([
    import('../archiveOption.js'),
    import('../regridOption.js'),
    import('../referenceOption.js'),
  ]);
  const indices = new Set(quantities.flatMap((quantity) => quantityOn(source.schema, quantity).channels));
  const channels = [...indices]
    .sort((a, b) => a - b)
    .map((index) => channelName(source.schema.channels[index]!));
  const opened = await openArchiveOption({ archive: paths, unit, variables: undefined }, channels, report);
  try {
    const { archive, notes } = onGridOf({ source, name }, opened, regrid);
    for (const note of notes) report.line(note);
    const kept = keepStates(archive, keptBytes);
    const anyDate = seasonless || (await isSeasonless(paths));
    return {
      archive,
      meaning: anyDate ? 'other dates' : `the same days ± ${windowDays} of other years`,
      of: (start) => {
        const { times } = archive;
        const { starts, leftOut } = climatologyStarts(times, start, source.leadsHours, {
          windowDays: anyDate ? null : windowDays,
        });
        if (starts.length > 0) return archiveTrajectories(kept, starts, source.leadsHours);
        throw dataError(
          `${opened.name} holds ${times.length} times, ${formatTime(times[0]!)} to ${formatTime(times.at(-1)!)}, and covers ` +
            `no forecast from ${formatTime(start)} in other years with all leads up to ${source.leadsHours.at(-1)} h ` +
            `(${leftOut} in part); give more years, or leave --archive out`,
        );
      },
      close: () => opened.archive.close(),
    };
  } catch (error) {
    await opened.archive.close();
    throw error;
  }
}
