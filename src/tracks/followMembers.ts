/**
 * A tracker set on every member of a forecast: lead by lead, the fields that it asks for are read and handed to each
 * member's following. Fields of one lead are held at a time, of so many members that they fit into a budget; where that is
 * not all of them, the run is read once for each group. A member's tracks do not depend on the groups.
 */
import { requireMemory } from '../../core/availableMemory.js';
import { dataError, interruptedError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import { channelName, type Schema } from '../../core/schema.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { type LinearConversion, normaliseUnit, unitConversion } from '../../core/units.js';
import type { EnsembleTracks, MemberTracks } from '../../evaluation/cyclones/track.js';
import type { FieldsAt, Following, Tracker } from '../../evaluation/cyclones/tracker.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';

export interface FollowRequest {
  readonly source: EnsembleSource;
  /** In messages: run "runs/2007". */
  readonly name: string;
  readonly tracker: Tracker;
  /** [point], 1 over land; null where it is not known. */
  readonly land: Uint8Array | null;
  /** Of those of the source. */
  readonly starts: readonly number[];
  /** Bytes of fields held at once, beside what the source holds. Default 512 MiB. */
  readonly budget?: number;
  readonly signal?: AbortSignal;
  /** Fields of one member at one lead that are done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Followed {
  /** One for each start; every member of the source is there, with tracks or without. */
  readonly ensembles: readonly EnsembleTracks[];
  /** Tests that were left out, in words. */
  readonly notes: readonly string[];
}

/** A channel that the tracker asks for. */
interface Wanted {
  readonly name: string;
  readonly index: number;
  /** Into the tracker's unit; null where it is that already. */
  readonly conversion: LinearConversion | null;
}

/**
 * @throws {PlumeError} data, when the source lacks a field that the tracker cannot do without, or states another unit
 *   than one can make of it; resources, when one member's fields do not fit into memory; interrupted, by the signal
 */
export async function followMembers(request: FollowRequest): Promise<Followed> {
  const { source, tracker, land, starts, name, onProgress, signal } = request;
  const { schema, leadsHours, manifest } = source;
  const wanted = wantedChannels(tracker, schema, name);
  const members = manifest.weight_samples * manifest.noise_streams;
  const perMember = 4 * gridSize(schema.grid) * (wanted.length + 1);
  const group = Math.max(1, Math.min(members, Math.floor((request.budget ?? 512 * 2 ** 20) / perMember)));
  requireMemory(
    `following cyclones in ${name}`,
    group * perMember + (source.heldBytes ?? 0),
    'store fewer channels, or a coarser grid',
  );
  const total = starts.length * members * leadsHours.length;
  const notes = new Set<string>();
  let done = 0;
  const ensembles: EnsembleTracks[] = [];
  for (const start of starts) {
    const found: MemberTracks[] = [];
    for (let first = 0; first < members; first += group) {
      const followings = new Map<number, Following>();
      const fields = new GroupFields(source, wanted, first, Math.min(group, members - first));
      for (const lead of leadsHours) {
        if (signal?.aborted)
          throw interruptedError(`following cyclones in ${name} was interrupted; run it again`);
        const there = await fields.read(start, lead);
        for (const [slot, member] of there.entries()) {
          const following = followings.get(member) ?? tracker.follow(schema.grid, land);
          followings.set(member, following);
          following.add(start + lead * millisecondsPerHour, fields.of(slot));
          onProgress?.(++done, total);
        }
      }
      for (const [member, following] of followings) {
        const tracks = following.tracks();
        for (const note of following.notes) notes.add(note);
        found.push({
          member,
          weightSample: manifest.weight_samples > 1 ? Math.floor(member / manifest.noise_streams) : null,
          noiseStream: manifest.weight_samples > 1 ? member % manifest.noise_streams : null,
          tracks: tracks.map((track) => ({ ...track, id: `${member}.${track.id}` })),
        });
      }
    }
    if (found.length === 0) {
      throw dataError(
        `${name}: start ${formatTime(start)} has none of its ${members} members; finish the forecast first`,
      );
    }
    ensembles.push({ start, members: found.sort((a, b) => a.member - b.member) });
  }
  return { ensembles, notes: [...notes] };
}

/** The fields of a group of members at one lead. Buffers are used again from lead to lead: trackers keep no fields. */
class GroupFields {
  readonly #source: EnsembleSource;
  readonly #wanted: readonly Wanted[];
  readonly #first: number;
  readonly #points: number;
  /** [channel][member of the group, point] */
  readonly #values: readonly Float32Array[];
  readonly #room: Float32Array;
  readonly #stretch: number;

  constructor(source: EnsembleSource, wanted: readonly Wanted[], first: number, count: number) {
    this.#source = source;
    this.#wanted = wanted;
    this.#first = first;
    this.#points = gridSize(source.schema.grid);
    this.#values = wanted.map(() => new Float32Array(count * this.#points));
    const { weight_samples: K, noise_streams: J } = source.manifest;
    // All members of a stretch of points are read, the group's are kept: no more than the group's own share of memory.
    this.#stretch = Math.max(1, Math.floor((count * this.#points) / (K * J)));
    this.#room = new Float32Array(this.#stretch * K * J);
  }

  /** @returns numbers of the members that are there, in the order of their slots */
  async read(start: number, leadHours: number): Promise<number[]> {
    let there: number[] = [];
    for (const [c, { index, conversion }] of this.#wanted.entries()) {
      const values = this.#values[c]!;
      for (let from = 0; from < this.#points; from += this.#stretch) {
        const to = Math.min(this.#points, from + this.#stretch);
        const part = await this.#source.readMembers(start, leadHours, index, { from, to }, this.#room);
        const slots = rowsOfGroup(part.members, this.#first, values.length / this.#points);
        there = slots.map((row) => part.members[row]!);
        for (const [slot, row] of slots.entries()) {
          const read = part.values.subarray(row * (to - from), (row + 1) * (to - from));
          values.set(read, slot * this.#points + from);
        }
      }
      if (conversion === null) continue;
      const { scale, offset } = conversion;
      for (let i = 0; i < values.length; i++) values[i] = scale * values[i]! + offset;
    }
    return there;
  }

  of(slot: number): FieldsAt {
    const [from, to] = [slot * this.#points, (slot + 1) * this.#points];
    return (channel) => {
      const c = this.#wanted.findIndex(({ name }) => name === channel);
      return c < 0 ? null : this.#values[c]!.subarray(from, to);
    };
  }
}

function rowsOfGroup(members: ArrayLike<number>, first: number, count: number): number[] {
  return Array.from(members, (member, row) => ({ member, row }))
    .filter(({ member }) => member >= first && member < first + count)
    .map(({ row }) => row);
}

/** What a tracker reads, by the letters that a channel's name begins with. */
const units: readonly (readonly [RegExp, string])[] = [
  [/^msl$/, 'Pa'],
  [/^[uv]\d+$/, 'm s-1'],
  [/^z\d+$/, 'm2 s-2'],
  [/^t\d+$/, 'K'],
  [/^vo\d+$/, 's-1'],
];

function wantedChannels({ description }: Tracker, schema: Schema, name: string): Wanted[] {
  const there = schema.channels.map(channelName);
  for (const { anyOf, required } of description.needs) {
    if (required && !anyOf.some((channel) => there.includes(channel))) {
      throw usageError(
        `tracker ${description.name} needs ${anyOf.length > 1 ? `one of ${anyOf.join(', ')}` : anyOf[0]}, which ${name} does not hold ` +
          `(it has ${there.join(', ')}); forecast and keep that channel, or choose another tracker with --tracker`,
      );
    }
  }
  const asked = new Set(description.needs.flatMap(({ anyOf }) => anyOf));
  return schema.channels.flatMap((channel, index): Wanted[] => {
    const own = channelName(channel);
    if (!asked.has(own)) return [];
    return [{ name: own, index, conversion: conversionOf(own, channel.unit, name) }];
  });
}

function conversionOf(channel: string, unit: string, name: string): LinearConversion | null {
  const [, expected = ''] = units.find(([pattern]) => pattern.test(channel)) ?? [];
  if (expected === '' || normaliseUnit(unit) === normaliseUnit(expected)) return null;
  try {
    return unitConversion(unit, expected);
  } catch (error) {
    throw dataError(
      `${name}: channel ${channel} has unit "${unit}", a tracker reads it in "${expected}"; state the unit of files with --forecast-unit`,
      { cause: error },
    );
  }
}
