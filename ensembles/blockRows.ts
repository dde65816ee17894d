/** Rows of a block: whose they are, and the batches in which a model steps them. */
import type { MemberKey } from '../core/interfaces.js';
import { blockStreams, type MemberBlock } from './design.js';

/** Rows of one block; weight samples in order, each with the same noise streams. */
export interface BlockRows {
  readonly seed: number;
  /** Valid time of the analysis, milliseconds since 1970. */
  readonly start: number;
  readonly block: MemberBlock;
  readonly noiseStreams: number;
}

export function keyOf({ seed, start, block, noiseStreams }: BlockRows, row: number): MemberKey {
  const streams = blockStreams(block, noiseStreams);
  return {
    seed,
    start,
    weightSample: block.firstWeightSample + Math.floor(row / streams.count),
    noiseStream: streams.first + (row % streams.count),
  };
}

export function memberOf(rows: BlockRows, row: number): number {
  const { weightSample, noiseStream } = keyOf(rows, row);
  return weightSample * rows.noiseStreams + noiseStream;
}

/** Rows that the model steps together. */
export interface Batch {
  readonly weightSamples: readonly number[];
  readonly rowsPerSample: number;
  readonly firstRow: number;
}

export function batchRows({ weightSamples, rowsPerSample }: Batch): number {
  return weightSamples.length * rowsPerSample;
}

/**
 * Whole weight samples while they fit, else parts of one: a batch never mixes unequal numbers of rows.
 * @param rowsPerSample rows of each of the block's weight samples
 * @param most rows in one batch
 */
export function batchesOf(block: MemberBlock, rowsPerSample: number, most: number): Batch[] {
  const list: Batch[] = [];
  const samples = Math.max(1, Math.floor(most / rowsPerSample));
  const rows = Math.max(1, Math.min(rowsPerSample, most));
  for (let k = 0; k < block.weightSamples; k += samples) {
    const count = Math.min(samples, block.weightSamples - k);
    const weightSamples = Array.from({ length: count }, (_, i) => block.firstWeightSample + k + i);
    for (let j = 0; j < rowsPerSample; j += rows) {
      list.push({
        weightSamples,
        rowsPerSample: Math.min(rows, rowsPerSample - j),
        firstRow: k * rowsPerSample + j,
      });
    }
  }
  return list;
}
