/**
 * The memory of a training, foretold before its first step: what the process holds already and what its samples take, and
 * for the hungriest phase its data, its parameters and moments (two of each alive, one read and one written), activations,
 * constants (three times: graph, model bytes, runtime), and beside them the graph that judges.
 */
import { type GraphMemory, graphMemory } from '../../graph/peakMemory.js';
import type { Network } from '../networks/network.js';
import { MeanFieldFamily } from '../posteriors/meanField.js';
import { PointFamily } from '../posteriors/point.js';
import { membersOf } from './rollout.js';
import type { Stage } from './stages.js';
import { buildTrainingStep } from './stepGraph.js';
import { buildValidation } from './validation.js';

/** What a runtime takes to begin with: code, threads, the allocator's first chunks. */
const runtimeBytes = 60e6;

function bytesOf({ activations, inputs, outputs, constants }: GraphMemory): number {
  return activations + inputs + outputs + 3 * constants;
}

/**
 * @param sampleBytes what loaders hold
 * @returns bytes of resident memory at the peak
 */
export function trainingMemory(network: Network, stages: readonly Stage[], sampleBytes: number): number {
  const width = { initialSigma: 1, floor: 1 };
  const needs = stages.map((stage) => {
    // of the families the mean-field one holds the most: two tensors and a draw for each weight
    const family =
      stage.name === 'deterministic' ? new PointFamily(network) : new MeanFieldFamily(network, width);
    const steps = stage.phases.map((phase) => {
      const prior = { sampleCount: 1, sigma: new Map<string, number>() };
      const memory = graphMemory(
        buildTrainingStep(network, family, membersOf(stage, family), phase, prior).graph,
      );
      // kept for checkpoints: all that is carried, and once more as the bytes of the file
      return bytesOf(memory) + 2 * memory.outputs;
    });
    const judging =
      stage.validation === undefined
        ? 0
        : bytesOf(graphMemory(buildValidation(network, family, stage, stage.validation).graph));
    return Math.max(0, ...steps) + judging;
  });
  return process.memoryUsage.rss() + runtimeBytes + sampleBytes + Math.max(0, ...needs);
}
