/**
 * The memory of a training, foretold before its first step: what the process holds already and what its samples take, and
 * for the hungriest phase its data, its parameters and moments (two of each alive, one read and one written), activations,
 * constants (three times: graph, model bytes, runtime), and beside them the graph that judges.
 * ONNX Runtime takes memory in chunks that fit badly: measured on eight graphs of the standard recipe, one thread, it held
 * up to 2.2 times the values alive, and beside them 60 MB and 20 kB a node. The whole was 0.6–1.0 of what is told here.
 */
import type { Graph } from '../../graph/graph.js';
import { graphMemory } from '../../graph/peakMemory.js';
import type { Network } from '../networks/network.js';
import { MeanFieldFamily } from '../posteriors/meanField.js';
import { PointFamily } from '../posteriors/point.js';
import { membersOf } from './rollout.js';
import type { Stage } from './stages.js';
import { buildTrainingStep } from './stepGraph.js';
import { buildValidation } from './validation.js';

/** Of a loaded graph: code, threads, the allocator's first chunks; and each node. */
const sessionBytes = 60e6;
const nodeBytes = 20e3;
/** Bytes that the runtime holds for a byte of values alive at the same time. */
const chunks = 2.2;

function bytesOf(graph: Graph): number {
  const { activations, inputs, outputs, constants } = graphMemory(graph);
  return (
    sessionBytes + nodeBytes * graph.nodes.length + chunks * (activations + outputs) + inputs + 3 * constants
  );
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
      const { graph } = buildTrainingStep(network, family, membersOf(stage, family), phase, prior);
      // kept for checkpoints: all that is carried, and once more as the bytes of the file
      return bytesOf(graph) + 2 * graphMemory(graph).outputs;
    });
    const judging =
      stage.validation === undefined
        ? 0
        : bytesOf(buildValidation(network, family, stage, stage.validation).graph);
    return Math.max(0, ...steps) + judging;
  });
  return process.memoryUsage.rss() + sampleBytes + Math.max(0, ...needs);
}
