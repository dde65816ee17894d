/** tracks.arrow of a run, for one of its starts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readTracksTable } from '../../evaluation/cyclones/tracksTable.js';
import { type CycloneForecast, forecastOf } from './cycloneForecast.js';
import { tracksName } from './runTracks.js';

/**
 * @param leadsHours of the run
 * @returns null where cyclones have not been followed from that start
 * @throws {PlumeError} data, when the file is damaged
 */
export async function readRunTracks(
  directory: string,
  start: number,
  leadsHours: readonly number[],
): Promise<CycloneForecast | null> {
  const path = join(directory, tracksName);
  if (!existsSync(path)) return null;
  const { ensembles, storms } = await readTracksTable(path);
  const ensemble = ensembles.find((each) => each.start === start);
  if (ensemble === undefined) return null;
  return forecastOf(
    ensemble,
    storms.filter((storm) => storm.start === start),
    leadsHours,
  );
}
