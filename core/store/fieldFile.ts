/**
 * What member files and product files share: an Arrow IPC file whose record batches are the fields of one
 * (lead, channel) each, leads outermost, so that every row of one field lies in one contiguous piece.
 * The schema's metadata says what the numbers are (grid, units, CF names, leads), as JSON texts.
 */
import { type Data, Field, type RecordBatch, Schema } from 'apache-arrow';
import { findVariable } from '../archive/variableNames.js';
import { dataError } from '../errors.js';
import { gridSize } from '../grid.js';
import { channelName, type Schema as StateSchema, schemaToJson } from '../schema.js';
import { millisecondsPerHour } from '../time.js';
import { encodeArrowFile, fieldType, IncrementalArrowFile, int32, utcTime, utf8 } from './arrowColumns.js';
import { type ArrowFile, openArrowFile } from './arrowFile.js';
import { createAtomically } from './atomic.js';

export interface FieldFileLayout {
  readonly format: 'plume-members' | 'plume-products';
  readonly schema: StateSchema;
  /** Valid time of the analysis, milliseconds since 1970-01-01 UTC. */
  readonly start: number;
  readonly leadsHours: readonly number[];
  /** The columns between `start` and `lead_hours` that tell a batch's rows apart. */
  readonly rowFields: readonly Field[];
}

function metadataOf(layout: FieldFileLayout): Map<string, string> {
  const { channels, latitudes, longitudes } = schemaToJson(layout.schema);
  return new Map([
    ['format', layout.format],
    ['format_version', '1'],
    ['Conventions', 'CF-1.11'],
    ['latitudes', JSON.stringify(latitudes)],
    ['longitudes', JSON.stringify(longitudes)],
    ['values_shape', JSON.stringify(['latitude', 'longitude'])],
    ['leads_hours', JSON.stringify(layout.leadsHours)],
    [
      'channels',
      JSON.stringify(
        channels.map((channel) => ({
          name: channelName(channel),
          ...channel,
          standard_name: findVariable(channel.variable)?.standardNames[0] ?? null,
        })),
      ),
    ],
  ]);
}

export function fieldFileSchema(layout: FieldFileLayout): Schema {
  const required = (name: string, type: Field['type']): Field => new Field(name, type, false);
  return new Schema(
    [
      required('start', utcTime),
      ...layout.rowFields,
      required('lead_hours', int32),
      required('valid_time', utcTime),
      required('channel', utf8),
      required('values', fieldType(gridSize(layout.schema.grid))),
    ],
    metadataOf(layout),
  );
}

/**
 * @param batch the columns of one (lead, channel), in the order of the schema
 * @returns the bytes of the file: equal arguments give equal bytes
 */
export function encodeFieldFile(
  layout: FieldFileLayout,
  batch: (leadIndex: number, channelIndex: number) => readonly Data[],
): Uint8Array {
  function* batches(): Generator<readonly Data[]> {
    for (let lead = 0; lead < layout.leadsHours.length; lead++) {
      for (let channel = 0; channel < layout.schema.channels.length; channel++) yield batch(lead, channel);
    }
  }
  return encodeArrowFile(fieldFileSchema(layout), batches());
}

export interface FieldFileWriter {
  /** The columns of the next (lead, channel), in the order of the schema; may be reused once this resolves. */
  append(columns: readonly Data[]): Promise<void>;
  /** Puts the file in place. @returns its size and digest: equal columns give equal bytes */
  commit(): Promise<{ bytes: number; sha256: string }>;
  abandon(): Promise<void>;
}

/**
 * Writes a file batch by batch, holding one at a time: memory does not grow with leads.
 * @throws {PlumeError} resources, from each call, when the disk is full or closed to us
 */
export async function createFieldFile(path: string, layout: FieldFileLayout): Promise<FieldFileWriter> {
  const encoder = new IncrementalArrowFile(fieldFileSchema(layout));
  const file = await createAtomically(path);
  return {
    append: (columns) => file.write(encoder.append(columns)),
    commit: async () => {
      await file.write(encoder.finish());
      return file.commit();
    },
    abandon: () => file.abandon(),
  };
}

export function validTime(start: number, leadHours: number): number {
  return start + leadHours * millisecondsPerHour;
}

/** One (lead, channel) of a file, read from disk. */
export interface FieldBatch {
  readonly batch: RecordBatch;
  /** [row, point], a view of the bytes read. */
  readonly values: Float32Array;
}

export interface FieldFile {
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** @throws {PlumeError} data, when the batch is damaged or another than asked for */
  read(leadIndex: number, channelIndex: number): Promise<FieldBatch>;
  close(): Promise<void>;
}

/**
 * @param layout what the manifest says the file holds
 * @param expectedBytes size the manifest promises, if known
 * @throws {PlumeError} data, when the file is missing, damaged or holds something else
 */
export async function openFieldFile(
  path: string,
  layout: FieldFileLayout,
  expectedBytes?: number,
): Promise<FieldFile> {
  const file = await openArrowFile(path, expectedBytes);
  const expected = metadataOf(layout);
  const differs = [...expected].find(([key, value]) => file.schema.metadata.get(key) !== value);
  if (differs !== undefined) {
    await file.close();
    throw dataError(
      `${path} has ${differs[0]} ${file.schema.metadata.get(differs[0])}, expected ${differs[1]}; ` +
        'it belongs to another run or version: remove it and run the same command again',
    );
  }
  return {
    path,
    metadata: file.schema.metadata,
    read: (leadIndex, channelIndex) => readFieldBatch(file, layout, leadIndex, channelIndex),
    close: () => file.close(),
  };
}

async function readFieldBatch(
  file: ArrowFile,
  layout: FieldFileLayout,
  leadIndex: number,
  channelIndex: number,
): Promise<FieldBatch> {
  const { channels, grid } = layout.schema;
  const batch = await file.readBatch(leadIndex * channels.length + channelIndex);
  const found = `${batch.getChild('channel')?.get(0)} at ${batch.getChild('lead_hours')?.get(0)} h`;
  const expected = `${channelName(channels[channelIndex]!)} at ${layout.leadsHours[leadIndex]} h`;
  const values = batch.getChild('values')?.data[0]?.children[0]?.values as Float32Array | undefined;
  if (found !== expected || values === undefined || values.length < batch.numRows * gridSize(grid)) {
    throw dataError(`${file.path} is damaged: it holds ${found} where ${expected} belongs`);
  }
  return { batch, values: values.subarray(0, batch.numRows * gridSize(grid)) };
}
