/** Spectra of the spread and of the errors of a run's forecasts, means over its starts, against the archive. */
import { findTime } from '../../../core/archive/finite.js';
import { openArchive } from '../../../core/archive/open.js';
import { channelName } from '../../../core/schema.js';
import { openRun } from '../../../core/store/run.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { createHarmonicSpectra, emptySums, type SpreadAndError } from './harmonicSpectra.js';

export interface ErrorSpectrum extends SpreadAndError {
  readonly channel: string;
  readonly day: number;
}

export interface SpectrumRequest {
  readonly channels: readonly string[];
  /** Those that the run has not are left out. */
  readonly days: readonly number[];
}

export async function errorSpectra(
  directory: string,
  archivePath: string,
  { channels, days }: SpectrumRequest,
): Promise<ErrorSpectrum[]> {
  const run = await openRun(directory);
  const archive = await openArchive([archivePath], { variables: [...channels] });
  try {
    const spectra = createHarmonicSpectra(run.schema.grid);
    const points = run.schema.grid.latitudes.length * run.schema.grid.longitudes.length;
    const runNames = run.schema.channels.map(channelName);
    const truthNames = archive.schema.channels.map(channelName);
    const made: ErrorSpectrum[] = [];
    for (const day of days.filter((each) => run.leadsHours.includes(24 * each))) {
      const sums = channels.map(() => emptySums(spectra.degree));
      for (const start of run.starts) {
        const time = start + 24 * day * millisecondsPerHour;
        const truth = await archive.read(findTime(archive, time, archivePath));
        for (const [i, channel] of channels.entries()) {
          const { values } = await run.readMembers(start, 24 * day, runNames.indexOf(channel));
          const from = truthNames.indexOf(channel) * points;
          spectra.add(values, truth.values.subarray(from, from + points), sums[i]!);
        }
      }
      const mean = (of: Float64Array): Float64Array => of.map((sum) => sum / run.starts.length);
      channels.forEach((channel, i) => {
        made.push({ channel, day, spread: mean(sums[i]!.spread), error: mean(sums[i]!.error) });
      });
    }
    return made;
  } finally {
    await archive.close();
    await run.close();
  }
}
