/**
 * Lows of a forecast's members and of the truth, followed by one tracker at one set of leads: what lies between leads, or at
 * the analysis, is known to neither.
 */
import { gridSize } from '../../../core/grid.js';
import type { Archive } from '../../../core/interfaces.js';
import { channelName } from '../../../core/schema.js';
import { millisecondsPerHour } from '../../../core/time.js';
import type { EnsembleTracks, Track } from '../../../evaluation/cyclones/track.js';
import type { Tracker } from '../../../evaluation/cyclones/tracker.js';
import type { EnsembleSource } from '../../../evaluation/ensembleSource.js';

/** @param channels those of the run that the tracker is given */
export async function membersTracks(
  tracker: Tracker,
  run: EnsembleSource,
  start: number,
  channels: readonly string[],
): Promise<EnsembleTracks> {
  const { grid } = run.schema;
  const names = run.schema.channels.map(channelName);
  const points = gridSize(grid);
  const { weight_samples, noise_streams } = run.manifest;
  const followings = Array.from({ length: weight_samples * noise_streams }, () => tracker.follow(grid, null));
  for (const lead of run.leadsHours) {
    const fields = new Map<string, Float32Array>();
    for (const channel of channels)
      fields.set(channel, (await run.readMembers(start, lead, names.indexOf(channel))).values);
    for (const [row, following] of followings.entries()) {
      following.add(
        start + lead * millisecondsPerHour,
        (channel) => fields.get(channel)?.subarray(row * points, (row + 1) * points) ?? null,
      );
    }
  }
  return {
    start,
    members: followings.map((following, member) => ({
      member,
      weightSample: Math.floor(member / noise_streams),
      noiseStream: member % noise_streams,
      tracks: following.tracks(),
    })),
  };
}

/** Of the archive from a start on, at the same leads. */
export async function trueTracks(
  tracker: Tracker,
  truth: Archive,
  start: number,
  leadsHours: readonly number[],
  channels: readonly string[],
): Promise<readonly Track[]> {
  const { grid } = truth.schema;
  const names = truth.schema.channels.map(channelName);
  const points = gridSize(grid);
  const following = tracker.follow(grid, null);
  for (const lead of leadsHours) {
    const time = start + lead * millisecondsPerHour;
    const { values } = await truth.read(truth.times.indexOf(time));
    following.add(time, (channel) => {
      const index = channels.includes(channel) ? names.indexOf(channel) : -1;
      return index < 0 ? null : values.subarray(index * points, (index + 1) * points);
    });
  }
  return following.tracks();
}
