/**
 * Forecasts of a block of members from one start: an Arrow IPC file with rows (start, member, weight_sample,
 * noise_stream, lead_hours, valid_time, channel) and values FixedSizeList<float32>[lat · lon] in physical units.
 * One record batch holds the members of the block, in order, for one (lead, channel).
 */
import { type Data, Field } from 'apache-arrow';
import { dataError, internalError } from '../errors.js';
import { gridSize } from '../grid.js';
import { channelName, type Schema } from '../schema.js';
import { fieldData, int32, int32Data, timeData, utf8Data } from './arrowColumns.js';
import type { StreamRange } from './chunks.js';
import {
  createFieldFile,
  encodeFieldFile,
  type FieldFile,
  type FieldFileLayout,
  openFieldFile,
  type RowsPlace,
  validTime,
} from './fieldFile.js';
import type { PointReads } from './pointReads.js';

/** Weight samples first … first + count − 1 of one start, each with all its noise streams or some of them. */
export interface MemberBlock {
  readonly schema: Schema;
  /** Valid time of the analysis, milliseconds since 1970-01-01 UTC. */
  readonly start: number;
  /** Whole hours. */
  readonly leadsHours: readonly number[];
  readonly firstWeightSample: number;
  readonly weightSamples: number;
  /** J of the run. */
  readonly noiseStreams: number;
  /** Absent: all J. */
  readonly streams?: StreamRange | undefined;
}

function streamsIn({ streams, noiseStreams }: Pick<MemberBlock, 'streams' | 'noiseStreams'>): StreamRange {
  return streams ?? { first: 0, count: noiseStreams };
}

function layoutOf(block: Pick<MemberBlock, 'schema' | 'start' | 'leadsHours'>): FieldFileLayout {
  return {
    format: 'plume-members',
    schema: block.schema,
    start: block.start,
    leadsHours: block.leadsHours,
    rowFields: ['member', 'weight_sample', 'noise_stream'].map((name) => new Field(name, int32, false)),
  };
}

/** '20070101T00Z.k0000-0007.arrow' under members/; '20070101T00Z.k0000-0000.j0004-0007.arrow' for some streams */
export function memberFileName(
  start: number,
  firstWeightSample: number,
  weightSamples: number,
  streams?: StreamRange,
): string {
  const range = (first: number, count: number): string =>
    [first, first + count - 1].map((k) => String(k).padStart(4, '0')).join('-');
  const part = streams === undefined ? '' : `.j${range(streams.first, streams.count)}`;
  return `members/${startName(start)}.k${range(firstWeightSample, weightSamples)}${part}.arrow`;
}

/** '20070101T00Z', with minutes only where a start has them: no two starts share a name. */
export function startName(start: number): string {
  const digits = new Date(start).toISOString().replace(/[-:]/g, '');
  const [date, time] = digits.split('T') as [string, string];
  const trimmed =
    time.slice(0, 2) +
    time
      .slice(2)
      .replace('.000Z', '')
      .replace(/^0000$/, '')
      .replace('Z', '');
  return `${date}T${trimmed}Z`;
}

/** Rows that the file of a block has. */
export function memberFileRows(block: MemberBlock): number {
  const { schema, leadsHours, weightSamples } = block;
  return weightSamples * streamsIn(block).count * leadsHours.length * schema.channels.length;
}

export interface MemberFileWriter {
  /** The states of the next lead, [member, channel, lat, lon], physical units; may be reused once this resolves. */
  append(states: Float32Array): Promise<void>;
  /** Puts the file in place. @returns its size and digest: equal states give equal bytes */
  commit(): Promise<{ bytes: number; sha256: string }>;
  abandon(): Promise<void>;
}

/**
 * Writes the file of a block lead by lead, holding one lead at a time: memory does not grow with leads.
 * @throws {PlumeError} resources, when the disk is full or closed to us
 */
export async function createMemberFile(path: string, block: MemberBlock): Promise<MemberFileWriter> {
  const { schema, leadsHours } = block;
  const columnsOf = memberColumns(block);
  const file = await createFieldFile(path, layoutOf(block));
  let lead = 0;
  return {
    append: async (states) => {
      const expected =
        block.weightSamples * streamsIn(block).count * schema.channels.length * gridSize(schema.grid);
      if (lead >= leadsHours.length || states.length !== expected) {
        throw internalError(
          `member file ${path}: lead ${lead + 1} of ${leadsHours.length} has ${states.length} values, expected ${expected}`,
        );
      }
      for (let channel = 0; channel < schema.channels.length; channel++) {
        await file.append(columnsOf(states, lead, channel));
      }
      lead++;
    },
    commit: async () => {
      if (lead < leadsHours.length) {
        await file.abandon();
        throw internalError(`member file ${path}: ${lead} of ${leadsHours.length} leads were written`);
      }
      return file.commit();
    },
    abandon: () => file.abandon(),
  };
}

/**
 * @param states one array a lead: [member, channel, lat, lon], physical units; members by weight sample, then
 * noise stream. Kept by reference until this returns.
 * @returns the bytes of the file: equal arguments give equal bytes
 * @throws {PlumeError} internal, when the states do not have the block's shape
 */
export function encodeMemberFile(block: MemberBlock, states: readonly Float32Array[]): Uint8Array {
  const { schema, leadsHours, weightSamples } = block;
  const points = gridSize(schema.grid);
  const members = weightSamples * streamsIn(block).count;
  const nchan = schema.channels.length;
  if (states.length !== leadsHours.length || states.some((s) => s.length !== members * nchan * points)) {
    throw internalError(
      `member file: ${states.length} arrays of ${states[0]?.length} values, expected ${leadsHours.length} ` +
        `of ${members} members × ${nchan} channels × ${points} points`,
    );
  }
  const columnsOf = memberColumns(block);
  return encodeFieldFile(layoutOf(block), (leadIndex, channelIndex) =>
    columnsOf(states[leadIndex]!, leadIndex, channelIndex),
  );
}

/** The columns of one (lead, channel), in the schema's order. */
function memberColumns(
  block: MemberBlock,
): (states: Float32Array, leadIndex: number, channelIndex: number) => readonly Data[] {
  const { schema, start, leadsHours, firstWeightSample, weightSamples, noiseStreams } = block;
  const streams = streamsIn(block);
  const points = gridSize(schema.grid);
  const members = weightSamples * streams.count;
  const constant = (value: number): Float64Array => new Float64Array(members).fill(value);
  const starts = timeData(constant(start));
  const sample = Array.from({ length: members }, (_, i) => firstWeightSample + Math.floor(i / streams.count));
  const stream = Array.from({ length: members }, (_, i) => streams.first + (i % streams.count));
  const member = int32Data(sample.map((k, i) => k * noiseStreams + (stream[i] ?? 0)));
  const weightSample = int32Data(sample);
  const noiseStream = int32Data(stream);
  return (states, leadIndex, channelIndex) => {
    const leadHours = leadsHours[leadIndex]!;
    const name = channelName(schema.channels[channelIndex]!);
    return [
      starts,
      member,
      weightSample,
      noiseStream,
      int32Data(constant(leadHours)),
      timeData(constant(validTime(start, leadHours))),
      utf8Data(new Array<string>(members).fill(name)),
      fieldData(oneChannel(states, members, schema.channels.length, points, channelIndex), points),
    ];
  };
}

/** [member, channel, point] → [member, point]; a single channel is already that. */
function oneChannel(
  state: Float32Array,
  members: number,
  nchan: number,
  points: number,
  c: number,
): Float32Array {
  if (nchan === 1) return state;
  const out = new Float32Array(members * points);
  for (let m = 0; m < members; m++) {
    const from = (m * nchan + c) * points;
    out.set(state.subarray(from, from + points), m * points);
  }
  return out;
}

export interface MemberFile {
  /** All members of one field: values [member, point], a view of the bytes read; members as numbered in the run. */
  read(leadIndex: number, channelIndex: number): Promise<{ values: Float32Array; members: Int32Array }>;
  /**
   * Points from … to − 1 of all members of one field, reading no other bytes of it.
   * @param into room for them, [member, to − from], written
   * @returns members as numbered in the run
   * @throws {PlumeError} data, when the file is damaged or has more members than there is room for
   */
  readPoints(
    leadIndex: number,
    channelIndex: number,
    from: number,
    to: number,
    into: Float32Array,
  ): Promise<Int32Array>;
  /**
   * Scattered points of all members of one field, reading little else; done when it returns.
   * @param into room for them, [member, point], written
   * @returns members as numbered in the run
   * @throws {PlumeError} as readPoints
   */
  readScattered(leadIndex: number, channelIndex: number, reads: PointReads, into: Float32Array): Int32Array;
  close(): Promise<void>;
}

/**
 * @param expectedBytes size the manifest promises, if known
 * @throws {PlumeError} data, when the file is missing, damaged or holds something else
 */
export async function openMemberFile(
  path: string,
  of: Pick<MemberBlock, 'schema' | 'start' | 'leadsHours'>,
  expectedBytes?: number,
): Promise<MemberFile> {
  const file = await openFieldFile(path, layoutOf(of), expectedBytes);
  const placeOf = placesOf(file, of.schema.channels.length);
  const requireRoom = ({ members }: MemberPlace, points: number, into: Float32Array): void => {
    if (members.length * points <= into.length) return;
    throw dataError(
      `${path} is damaged: it holds ${members.length} members where ${Math.floor(into.length / points)} belong`,
    );
  };
  return {
    read: async (leadIndex, channelIndex) => {
      const { batch, values } = await file.read(leadIndex, channelIndex);
      return { values, members: Int32Array.from(batch.getChild('member')!.toArray() as Int32Array) };
    },
    readPoints: async (leadIndex, channelIndex, from, to, into) => {
      const place = placeOf(leadIndex, channelIndex);
      requireRoom(place, to - from, into);
      await file.readPoints(place, from, to, into);
      return place.members;
    },
    readScattered: (leadIndex, channelIndex, reads, into) => {
      const place = placeOf(leadIndex, channelIndex);
      requireRoom(place, reads.points.length, into);
      file.readScattered(place, reads, into);
      return place.members;
    },
    close: () => file.close(),
  };
}

interface MemberPlace extends RowsPlace {
  readonly members: Int32Array;
}

/** Where the fields of a file lie, each looked up once, and little of each kept: fields mostly have the same members. */
function placesOf(
  file: FieldFile,
  channels: number,
): (leadIndex: number, channelIndex: number) => MemberPlace {
  const places = new Map<number, MemberPlace>();
  let members: Int32Array = new Int32Array(0);
  return (leadIndex, channelIndex) => {
    const key = leadIndex * channels + channelIndex;
    const known = places.get(key);
    if (known !== undefined) return known;
    const place = file.locate(leadIndex, channelIndex);
    const own = place.column('member');
    if (own.length !== members.length || own.some((member, row) => member !== members[row])) members = own;
    const found = { rows: place.rows, offset: place.offset, members };
    places.set(key, found);
    return found;
  };
}
