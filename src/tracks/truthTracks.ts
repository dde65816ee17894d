/** Cyclones of what happened, followed as those of members are: the archive as a forecast of one member. */
import type { Archive } from '../../core/interfaces.js';
import { millisecondsPerHour } from '../../core/time.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import type { Tracker } from '../../evaluation/cyclones/tracker.js';
import { truthOf } from '../../evaluation/truth.js';
import { followMembers } from './followMembers.js';

/**
 * @param name of the archive, in messages
 * @param leadsHours of the forecast; leads that the archive does not have are passed over
 * @returns none where the archive has none of the leads
 * @throws {PlumeError} data, as followMembers
 */
export async function truthTracks(
  archive: Archive,
  name: string,
  tracker: Tracker,
  start: number,
  leadsHours: readonly number[],
): Promise<readonly Track[]> {
  const truth = truthOf(archive, 1);
  const timeOf = (lead: number): number => start + lead * millisecondsPerHour;
  const known = leadsHours.filter((lead) => truth.has(timeOf(lead)));
  if (known.length === 0) return [];
  const source = {
    schema: archive.schema,
    starts: [start],
    leadsHours: known,
    manifest: { weight_samples: 1, noise_streams: 1 },
    readMembers: async (_: number, lead: number, channel: number, points?: { from: number; to: number }) => {
      const field = await truth.field(timeOf(lead), channel);
      return { values: points ? field.subarray(points.from, points.to) : field, members: [0] };
    },
  };
  const { ensembles } = await followMembers({ source, name, tracker, land: null, starts: [start] });
  return ensembles[0]?.members[0]?.tracks ?? [];
}
