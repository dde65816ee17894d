/**
 * What runs a graph, whichever runtime does it: ONNX Runtime on one of its providers, TensorFlow.js on one of its
 * backends. Results stay where they were made until they are read, and can be fed back as the next run's inputs:
 * a training step passes parameters and moments on without a copy.
 */
import type { Graph } from './graph.js';

/** A result as its runtime holds it: fed back as it is, or read. */
export type HeldTensor = object;

export interface GraphExecutor {
  readonly graph: Graph;
  /**
   * Runs the graph once.
   * @param inputs one entry per graph input: numbers in row-major order, or a result of an earlier run
   * @returns the outputs by name
   * @throws {PlumeError} usage, when an input is missing, unknown or of the wrong length
   */
  run(inputs: Readonly<Record<string, Float32Array | HeldTensor>>): Promise<Record<string, HeldTensor>>;
  /** The numbers of a result, row-major; valid until the next run. */
  read(tensor: HeldTensor | undefined): Promise<Float32Array>;
  /** Lets results go that will neither be fed nor read again. */
  dispose(tensors: Iterable<HeldTensor>): void;
  release(): Promise<void>;
}
