/**
 * Cyclones of a run, from its members to tracks.arrow: followed in every member, joined into storms, written. What was
 * left out for want of fields comes back in words.
 */
import { join } from 'node:path';
import { makeDirectory } from '../../core/store/atomic.js';
import { sphereGrid } from '../../evaluation/cyclones/fields/sphereGrid.js';
import type { Tracker } from '../../evaluation/cyclones/tracker.js';
import { writeTracks } from '../../evaluation/cyclones/tracksTable.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import type { CommandContext } from '../command.js';
import { type CycloneForecast, joined } from './cycloneForecast.js';
import { followMembers } from './followMembers.js';

export const tracksName = 'tracks.arrow';

export interface RunTracksRequest {
  readonly source: EnsembleSource;
  /** In messages. */
  readonly name: string;
  /** Where tracks.arrow goes. */
  readonly directory: string;
  readonly tracker: Tracker;
  readonly land: Uint8Array | null;
  readonly starts: readonly number[];
  /** Of tracks of one storm, km; default: as matchingKm. */
  readonly matchKm?: number;
}

export interface RunTracks {
  readonly path: string;
  readonly forecasts: readonly CycloneForecast[];
  readonly notes: readonly string[];
}

/** @throws {PlumeError} as followMembers, and resources where the file cannot be written */
export async function trackRun(
  request: RunTracksRequest,
  { report, signal }: Pick<CommandContext<never>, 'report' | 'signal'>,
): Promise<RunTracks> {
  const { source, directory, matchKm } = request;
  let progress: ReturnType<typeof report.begin> | undefined;
  const { ensembles, notes } = await followMembers({
    ...request,
    signal,
    onProgress: (done, total) => {
      progress ??= report.begin('following cyclones', total, 'fields');
      progress.update(done);
    },
  });
  progress?.finish();
  const limitKm = matchKm ?? matchingKm(source);
  const { leadsHours } = source;
  const forecasts = ensembles.map((ensemble) => joined(ensemble, { limitKm, leadsHours }));
  const path = join(directory, tracksName);
  await makeDirectory(directory);
  await writeTracks(
    path,
    ensembles,
    forecasts.flatMap(({ storms }) => storms),
  );
  return { path, forecasts, notes };
}

/** 300 km, or a grid length where that is more: centres on coarse grids are known to no better. */
export function matchingKm({ schema }: Pick<EnsembleSource, 'schema'>): number {
  return Math.max(300, sphereGrid(schema.grid).spacingKm);
}
