/**
 * Products of one start: fields reduced over all members (mean, spread, the two variances, quantiles, …) in an
 * Arrow IPC file with rows (start, statistic, lead_hours, valid_time, channel) and values
 * FixedSizeList<float32>[lat · lon]. One record batch holds every statistic of one (lead, channel).
 */
import { type Data, Field } from 'apache-arrow';
import { dataError, internalError } from '../errors.js';
import { gridSize } from '../grid.js';
import { channelName, type Schema } from '../schema.js';
import { fieldData, int32Data, timeData, utf8, utf8Data } from './arrowColumns.js';
import {
  createFieldFile,
  encodeFieldFile,
  type FieldFileLayout,
  openFieldFile,
  validTime,
} from './fieldFile.js';
import { startName } from './memberFile.js';

export interface ProductBlock {
  readonly schema: Schema;
  /** Valid time of the analysis, milliseconds since 1970-01-01 UTC. */
  readonly start: number;
  /** Whole hours. */
  readonly leadsHours: readonly number[];
}

/**
 * Fields by name of the statistic: 'mean', 'spread', 'epistemic_variance', 'aleatoric_variance', …; each
 * [lead, channel, lat, lon], in the channel's unit or, for a variance, its square.
 */
export type Products = Readonly<Record<string, Float32Array>>;

function layoutOf(block: ProductBlock): FieldFileLayout {
  return { format: 'plume-products', ...block, rowFields: [new Field('statistic', utf8, false)] };
}

/** 'products/20070101T00Z.arrow' */
export function productFileName(start: number): string {
  return `products/${startName(start)}.arrow`;
}

/** The same fields of one lead, each [channel, lat, lon]. */
export type LeadProducts = Products;

export interface ProductFileWriter {
  /** The products of the next lead, the same statistics in the same order for every lead. */
  append(products: LeadProducts): Promise<void>;
  /** Puts the file in place. @returns its size and digest */
  commit(): Promise<{ bytes: number; sha256: string }>;
  abandon(): Promise<void>;
}

/**
 * Writes the products of a start lead by lead: memory does not grow with leads.
 * @throws {PlumeError} resources, when the disk is full or closed to us
 */
export async function createProductFile(path: string, block: ProductBlock): Promise<ProductFileWriter> {
  const file = await createFieldFile(path, layoutOf(block));
  let lead = 0;
  return {
    append: async (products) => {
      for (let channel = 0; channel < block.schema.channels.length; channel++) {
        await file.append(productColumns(block, products, lead, 0, channel));
      }
      lead++;
    },
    commit: async () => {
      if (lead < block.leadsHours.length) {
        await file.abandon();
        throw internalError(`product file ${path}: ${lead} of ${block.leadsHours.length} leads were written`);
      }
      return file.commit();
    },
    abandon: () => file.abandon(),
  };
}

/**
 * @returns the bytes of the file, statistics in the order of the object's keys
 * @throws {PlumeError} internal, when a product does not have the block's shape
 */
export function encodeProductFile(block: ProductBlock, products: Products): Uint8Array {
  const { schema, leadsHours } = block;
  const expected = leadsHours.length * schema.channels.length * gridSize(schema.grid);
  for (const [statistic, { length }] of Object.entries(products)) {
    if (length !== expected) {
      throw internalError(`product "${statistic}" has ${length} values, expected ${expected}`);
    }
  }
  return encodeFieldFile(layoutOf(block), (leadIndex, channelIndex) =>
    productColumns(block, products, leadIndex, leadIndex, channelIndex),
  );
}

/** The columns of one (lead, channel); `at` is the lead's place in the arrays given. */
function productColumns(
  { schema, start, leadsHours }: ProductBlock,
  products: Products,
  leadIndex: number,
  at: number,
  channelIndex: number,
): readonly Data[] {
  const points = gridSize(schema.grid);
  const statistics = Object.keys(products);
  const rows = statistics.length;
  const constant = (value: number): Float64Array => new Float64Array(rows).fill(value);
  const from = (at * schema.channels.length + channelIndex) * points;
  const values = new Float32Array(rows * points);
  statistics.forEach((statistic, row) => {
    values.set(products[statistic]!.subarray(from, from + points), row * points);
  });
  return [
    timeData(constant(start)),
    utf8Data(statistics),
    int32Data(constant(leadsHours[leadIndex]!)),
    timeData(constant(validTime(start, leadsHours[leadIndex]!))),
    utf8Data(new Array<string>(rows).fill(channelName(schema.channels[channelIndex]!))),
    fieldData(values, points),
  ];
}

export interface ProductFile {
  /** @throws {PlumeError} data, when the file has no such statistic; [point] */
  read(statistic: string, leadIndex: number, channelIndex: number): Promise<Float32Array>;
  statistics(): Promise<string[]>;
  close(): Promise<void>;
}

/** @throws {PlumeError} data, when the file is missing, damaged or holds something else */
export async function openProductFile(
  path: string,
  block: ProductBlock,
  expectedBytes?: number,
): Promise<ProductFile> {
  const file = await openFieldFile(path, layoutOf(block), expectedBytes);
  const points = gridSize(block.schema.grid);
  const namesOf = (batch: Awaited<ReturnType<typeof file.read>>['batch']): string[] => [
    ...(batch.getChild('statistic') as Iterable<string>),
  ];
  return {
    read: async (statistic, leadIndex, channelIndex) => {
      const { batch, values } = await file.read(leadIndex, channelIndex);
      const names = namesOf(batch);
      const row = names.indexOf(statistic);
      if (row < 0) throw dataError(`${path} has no statistic "${statistic}"; it has ${names.join(', ')}`);
      return values.subarray(row * points, (row + 1) * points);
    },
    statistics: async () => namesOf((await file.read(0, 0)).batch),
    close: () => file.close(),
  };
}
