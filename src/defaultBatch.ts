/** How many members a worker steps at a time, where nobody says. */
import { totalmem } from 'node:os';
import { availableMemoryBytes } from '../core/availableMemory.js';
import type { NestedDesign } from '../ensembles/design.js';
import type { DescribedModel } from '../models/open.js';

/** Whole weight samples of a block in a batch, as long as a worker's working memory stays within a share of what is free. */
export function defaultBatch(
  model: DescribedModel,
  block: NestedDesign,
  design: NestedDesign,
  workers: number,
): number {
  const budget = Math.min(512e6, (availableMemoryBytes() || totalmem() / 2) / (4 * workers));
  const streams = Math.min(block.noiseStreams, design.noiseStreams);
  const most = streams * Math.min(block.weightSamples, design.weightSamples);
  let batch = streams;
  while (batch + streams <= most && model.memoryBytes(1, batch + streams) <= budget) batch += streams;
  return batch;
}
