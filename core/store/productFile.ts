/**
 * Products of one start: fields reduced over all members (mean, spread, the two sources of the spread, quantiles, …) in
 * an Arrow IPC file with rows (start, statistic, lead_hours, valid_time, channel, area_mean, cut_points) and values
 * FixedSizeList<float32>[lat · lon]. One record batch holds every statistic of one (lead, channel).
 *
 * area_mean is the mean of the field with true cell areas, in its unit; of estimates that are cut at 0 point by point it
 * is the mean before the cut, which alone is unbiased, and cut_points counts the points cut; of the spread it is the root
 * of the mean variance.
 */
import { type Data, Field } from 'apache-arrow';
import { dataError, internalError } from '../errors.js';
import { areaMean, gridSize, pointWeights } from '../grid.js';
import { channelName, type Schema } from '../schema.js';
import {
  fieldData,
  float64,
  float64Data,
  int32,
  int32Data,
  timeData,
  utf8,
  utf8Data,
} from './arrowColumns.js';
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
 * Fields by name of the statistic: 'mean', 'spread', 'epistemic_variance', 'aleatoric_variance', 'epistemic_crps', …;
 * each [lead, channel, lat, lon], in the channel's unit or, for a variance, its square.
 */
export type Products = Readonly<Record<string, Float32Array>>;

/** What is known of a field as a whole. */
export interface FieldSummary {
  readonly areaMean: number;
  /** Points whose estimate was negative and is 0 in the field. */
  readonly cutPoints: number;
}

/** By statistic, of each channel: where they are not the plain mean of the field, and none cut. */
export type LeadSummaries = Readonly<Record<string, readonly FieldSummary[]>>;

const summaryFields = [new Field('area_mean', float64, false), new Field('cut_points', int32, false)];

function layoutOf(block: ProductBlock): FieldFileLayout {
  return {
    format: 'plume-products',
    ...block,
    rowFields: [new Field('statistic', utf8, false)],
    summaryFields,
  };
}

/** 'products/20070101T00Z.arrow' */
export function productFileName(start: number): string {
  return `products/${startName(start)}.arrow`;
}

/** The same fields of one lead, each [channel, lat, lon]. */
export type LeadProducts = Products;

export interface ProductFileWriter {
  /** The products of the next lead, the same statistics in the same order for every lead. */
  append(products: LeadProducts, summaries?: LeadSummaries): Promise<void>;
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
  const weights = pointWeights(block.schema.grid);
  let lead = 0;
  return {
    append: async (products, summaries = {}) => {
      for (let channel = 0; channel < block.schema.channels.length; channel++) {
        const place = { lead, at: 0, channel };
        await file.append(productColumns(block, weights, products, place, summaries));
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
  const weights = pointWeights(schema.grid);
  return encodeFieldFile(layoutOf(block), (lead, channel) =>
    productColumns(block, weights, products, { lead, at: lead, channel }, {}),
  );
}

/** The columns of one (lead, channel); `at` is the lead's place in the arrays given. */
function productColumns(
  { schema, start, leadsHours }: ProductBlock,
  weights: Float64Array,
  products: Products,
  {
    lead: leadIndex,
    at,
    channel: channelIndex,
  }: { readonly lead: number; readonly at: number; readonly channel: number },
  summaries: LeadSummaries,
): readonly Data[] {
  const points = gridSize(schema.grid);
  const statistics = Object.keys(products);
  const rows = statistics.length;
  const constant = (value: number): Float64Array => new Float64Array(rows).fill(value);
  const from = (at * schema.channels.length + channelIndex) * points;
  const values = new Float32Array(rows * points);
  const means = new Float64Array(rows);
  const cut = new Float64Array(rows);
  statistics.forEach((statistic, row) => {
    const field = products[statistic]!.subarray(from, from + points);
    values.set(field, row * points);
    const known = summaries[statistic]?.[channelIndex];
    means[row] = known?.areaMean ?? areaMean(field, weights);
    cut[row] = known?.cutPoints ?? 0;
  });
  return [
    timeData(constant(start)),
    utf8Data(statistics),
    int32Data(constant(leadsHours[leadIndex]!)),
    timeData(constant(validTime(start, leadsHours[leadIndex]!))),
    utf8Data(new Array<string>(rows).fill(channelName(schema.channels[channelIndex]!))),
    float64Data(means),
    int32Data(cut),
    fieldData(values, points),
  ];
}

export interface ProductFile {
  /** @throws {PlumeError} data, when the file has no such statistic; [point] */
  read(statistic: string, leadIndex: number, channelIndex: number): Promise<Float32Array>;
  statistics(): Promise<string[]>;
  /**
   * What is known of the fields of one (lead, channel) as a whole, by statistic, reading none of them; null where the file
   * is older than these columns.
   */
  summaries(leadIndex: number, channelIndex: number): Promise<ReadonlyMap<string, FieldSummary> | null>;
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
  const statistics = async (): Promise<string[]> => namesOf((await file.read(0, 0)).batch);
  let names: readonly string[] | undefined;
  return {
    read: async (statistic, leadIndex, channelIndex) => {
      const { batch, values } = await file.read(leadIndex, channelIndex);
      const names = namesOf(batch);
      const row = names.indexOf(statistic);
      if (row < 0) throw dataError(`${path} has no statistic "${statistic}"; it has ${names.join(', ')}`);
      return values.subarray(row * points, (row + 1) * points);
    },
    statistics,
    summaries: async (leadIndex, channelIndex) => {
      const place = file.locate(leadIndex, channelIndex);
      if (!place.has('area_mean')) return null;
      const [means, cut] = [place.numbers('area_mean'), place.column('cut_points')];
      // Every batch has the same statistics in the same order.
      names ??= await statistics();
      return new Map(
        names.map((name, row) => [name, { areaMean: means[row] ?? Number.NaN, cutPoints: cut[row] ?? 0 }]),
      );
    },
    close: () => file.close(),
  };
}
