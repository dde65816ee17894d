/**
 * Runs a graph by ONNX Runtime. Static shapes, float32. A result can be fed back as the next run's input as the
 * tensor it is, without a copy: that is how a training step passes parameters and moments from step to step.
 */
import * as ort from 'onnxruntime-node';
import { usageError } from '../../core/errors.js';
import { convolutionBlock } from '../onnx/blockedLayout.js';
import { createSession, type SessionOptions } from '../onnx/session.js';
import { elements, type Graph } from './graph.js';
import { encodeOnnx } from './onnxModel.js';

/** A float32 tensor that ONNX Runtime owns; `data` is [shape], row-major. */
export type DeviceTensor = ort.Tensor;

export interface OnnxExecutor {
  readonly graph: Graph;
  /**
   * Runs the graph once.
   * @param inputs one entry per graph input: numbers in row-major order, or a tensor of an earlier run. Numbers
   *   are read in place during the run, not kept
   * @param only names of the outputs wanted (default all)
   * @returns the outputs by name
   * @throws a usage error when an input is missing, unknown or of the wrong length
   */
  run(
    inputs: Readonly<Record<string, Float32Array | DeviceTensor>>,
    only?: readonly string[],
  ): Promise<Record<string, DeviceTensor>>;
  release(): Promise<void>;
}

/** The numbers of a result, row-major, without a copy. */
export function tensorData(tensor: DeviceTensor | undefined): Float32Array {
  if (tensor === undefined) throw usageError('ONNX executor: no output of that name');
  return tensor.data as Float32Array;
}

/** Encodes and loads a graph. @throws {PlumeError} resources, when the device refuses it */
export async function createOnnxExecutor(graph: Graph, options: SessionOptions): Promise<OnnxExecutor> {
  const onCpu = options.device === 'cpu';
  const model = encodeOnnx(graph, { contrib: onCpu, convolutionBlock: onCpu ? await convolutionBlock() : 0 });
  const session = await createSession(model, options);
  const shapes = new Map(graph.inputs.map(({ name, value }) => [name, value.shape]));
  return {
    graph,
    async run(inputs, only) {
      const feeds: Record<string, ort.Tensor> = {};
      for (const [name, shape] of shapes) {
        const given = inputs[name];
        if (given === undefined) throw usageError(`graph input "${name}" of shape [${shape}] was not given`);
        const length = given instanceof Float32Array ? given.length : given.size;
        if (length !== elements(shape)) {
          throw usageError(
            `graph input "${name}": ${length} numbers given, shape [${shape}] has ${elements(shape)}`,
          );
        }
        feeds[name] = given instanceof Float32Array ? new ort.Tensor('float32', given, shape) : given;
      }
      for (const name of Object.keys(inputs)) {
        if (!shapes.has(name)) throw usageError(`graph input "${name}": the graph has no such input`);
      }
      const results = only === undefined ? await session.run(feeds) : await session.run(feeds, [...only]);
      return results as Record<string, ort.Tensor>;
    },
    release: () => session.release(),
  };
}
