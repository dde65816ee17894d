/**
 * Members of a forecast from one start as trajectories: one a row, in order. Where the source reads scattered points by
 * itself (a run directory), no more than these and narrow gaps between them is read; of others (imported forecasts) the
 * stretches of their fields in which points lie.
 */
import { dataError, internalError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import { heldByPointReads, planPointReads } from '../../core/store/pointReads.js';
import { formatTime } from '../../core/time.js';
import type { EnsembleSource } from '../ensembleSource.js';
import type { Trajectories } from './trajectories.js';

export interface RunTrajectories extends Trajectories {
  /** Number in the run of each row's member: m = k · J + j. */
  readonly members: Int32Array;
  /** Members that the manifest promises and the run does not have, rising. */
  readonly missing: Int32Array;
}

/** What is read beside the points of sources that read stretches alone: a field at most, in pieces. */
const wholeStretch = Number.MAX_SAFE_INTEGER;

/**
 * A read returns 4 bytes a value and holds, beside it, 256 KiB of a run directory; of other sources up to 65 536 points of
 * all members, and what the source itself holds. Callers ask for as many points at once as they can hold.
 * @param start milliseconds since 1970
 * @throws {PlumeError} usage, when the source has no such start; data, when none of its members are there
 */
export async function runTrajectories(source: EnsembleSource, start: number): Promise<RunTrajectories> {
  const { schema, leadsHours, manifest } = source;
  const expected = manifest.weight_samples * manifest.noise_streams;
  const [firstLead] = leadsHours;
  if (firstLead === undefined) throw dataError('the forecast has no leads; nothing can be asked of it');
  const known = await source.readMembers(start, firstLead, 0, { from: 0, to: 1 });
  const members = Int32Array.from(known.members);
  if (members.length === 0) {
    throw dataError(
      `the forecast from ${formatTime(start)} has none of its ${expected} members yet; ` +
        'run its forecast again to make them, or ask another start',
    );
  }
  const held = new Set(members);
  const sameMembers = (found: ArrayLike<number>): void => {
    if (found.length === members.length && members.every((member, row) => member === found[row])) return;
    throw dataError(
      `the forecast from ${formatTime(start)} has ${found.length} members at one lead and ${members.length} at ` +
        `${firstLead} h, or others; events need the same members at all leads`,
    );
  };
  const read: ReadPoints = async (...asked) => {
    if (source.readPoints === undefined) return readByStretches(source, members, sameMembers, ...asked);
    const found = await source.readPoints(...asked);
    sameMembers(found.members);
    return found;
  };
  const heldHere =
    source.readPoints === undefined
      ? members.length * Math.min(4 * gridSize(schema.grid), heldByPointReads)
      : heldByPointReads;
  return {
    schema,
    leadsHours,
    rows: members.length,
    members,
    missing: Int32Array.from({ length: expected }, (_, member) => member).filter(
      (member) => !held.has(member),
    ),
    // One weight sample tells nothing apart.
    weightSamples:
      manifest.weight_samples > 1
        ? members.map((member) => Math.floor(member / manifest.noise_streams))
        : null,
    starts: new Float64Array(members.length).fill(start),
    heldBytes: heldHere + (source.heldBytes ?? 0),
    read: async (channels, leadIndices, points) => {
      const leads = leadIndices.map((index) => leadAt(leadsHours, index));
      return (await read(start, leads, channels, points)).values;
    },
  };
}

function leadAt(leadsHours: readonly number[], index: number): number {
  const lead = leadsHours[index];
  if (lead === undefined)
    throw internalError(`trajectories: lead ${index} of ${leadsHours.length} asked for`);
  return lead;
}

type ReadPoints = NonNullable<EnsembleSource['readPoints']>;

async function readByStretches(
  source: EnsembleSource,
  members: Int32Array,
  sameMembers: (found: ArrayLike<number>) => void,
  ...[start, leads, channels, points]: Parameters<ReadPoints>
): ReturnType<ReadPoints> {
  const { stretches } = planPointReads(points, gridSize(source.schema.grid), wholeStretch);
  const [n, rows] = [points.length, members.length];
  const longest = stretches.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const room = new Float32Array(rows * longest);
  const values = new Float32Array(channels.length * leads.length * rows * n);
  let field = 0;
  for (const channel of channels) {
    for (const lead of leads) {
      for (const { from, to, first, end } of stretches) {
        const part = await source.readMembers(start, lead, channel, { from, to }, room);
        sameMembers(part.members);
        for (let row = 0; row < rows; row++) {
          const [source, target] = [row * (to - from) - from, (field * rows + row) * n];
          for (let i = first; i < end; i++) values[target + i] = part.values[source + points[i]!]!;
        }
      }
      field++;
    }
  }
  return { values, members };
}
