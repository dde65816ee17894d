/**
 * Runs a graph by ONNX Runtime. Static shapes, float32. A result can be fed back as the next run's input as the
 * tensor it is, without a copy: that is how a training step passes parameters and moments from step to step.
 * Results that were let go are written into again by later runs (on the CPU provider, where a result may be given its
 * memory), so that a loop which lets go of what it no longer needs allocates nothing from the third step on.
 */
import * as ort from 'onnxruntime-node';
import { usageError } from '../../core/errors.js';
import { convolutionBlock } from '../onnx/blockedLayout.js';
import { createSession, type SessionOptions } from '../onnx/session.js';
import type { GraphExecutor } from './executor.js';
import { elements, type Graph } from './graph.js';
import { encodeOnnx } from './onnxModel.js';
import type { RowLoopOptions } from './rowLoops.js';

/** A float32 tensor that ONNX Runtime owns; `data` is [shape], row-major. */
export type DeviceTensor = ort.Tensor;

export interface OnnxExecutor extends GraphExecutor {
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
}

/** The numbers of a result, row-major, without a copy. */
export function tensorData(tensor: DeviceTensor | undefined): Float32Array {
  if (tensor === undefined) throw usageError('ONNX executor: no output of that name');
  return tensor.data as Float32Array;
}

export interface OnnxExecutorOptions extends SessionOptions {
  /**
   * Takes the rows of a batch through the graph in groups that stay in the processor's cache (rowLoops.ts; CPU only;
   * default: not). For training: a member's numbers must not depend on how many are computed together.
   */
  readonly rowLoops?: RowLoopOptions;
}

/** Encodes and loads a graph. @throws {PlumeError} resources, when the device refuses it */
export async function createOnnxExecutor(
  graph: Graph,
  { rowLoops, ...options }: OnnxExecutorOptions,
): Promise<OnnxExecutor> {
  const onCpu = options.device === 'cpu';
  const model = encodeOnnx(graph, {
    contrib: onCpu,
    convolutionBlock: onCpu ? await convolutionBlock() : 0,
    ...(onCpu && rowLoops !== undefined ? { rowLoops } : {}),
  });
  const session = await createSession(model, options);
  const shapes = new Map(graph.inputs.map(({ name, value }) => [name, value.shape]));
  const sizes = new Map(graph.outputs.map(({ name, value }) => [name, value.shape]));
  const free = new FreeTensors();
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
      const fetches: Record<string, ort.Tensor | null> = {};
      for (const name of only ?? sizes.keys()) fetches[name] = free.take(sizes.get(name) ?? []);
      const results = (await session.run(feeds, fetches)) as Record<string, ort.Tensor>;
      for (const [name, reused] of Object.entries(fetches)) if (reused !== null) results[name] = reused;
      return results;
    },
    async read(tensor) {
      return tensorData(tensor as DeviceTensor | undefined);
    },
    dispose(tensors) {
      for (const tensor of tensors as Iterable<DeviceTensor>) {
        if (onCpu) free.put(tensor);
        else tensor.dispose();
      }
    },
    release: async () => {
      free.clear();
      await session.release();
    },
  };
}

/** Tensors that nobody needs any more, by shape: memory for the results of a later run. */
class FreeTensors {
  readonly #byShape = new Map<string, ort.Tensor[]>();

  put(tensor: ort.Tensor): void {
    const key = tensor.dims.join('x');
    const there = this.#byShape.get(key) ?? [];
    // let go twice, it would be written by two results of one run
    if (!there.includes(tensor)) there.push(tensor);
    this.#byShape.set(key, there);
  }

  take(shape: readonly number[]): ort.Tensor | null {
    return this.#byShape.get(shape.join('x'))?.pop() ?? null;
  }

  clear(): void {
    this.#byShape.clear();
  }
}
