/**
 * Runs the same graph by TensorFlow.js, and differentiates it by TensorFlow.js's own autodiff: an independent
 * oracle of our gradient rules, and a way to train where TensorFlow is what a machine has.
 * Backends: tfjs-node-gpu, then tfjs-node where the user installed them (optional peers), else WebAssembly, whose
 * missing kernels (the gradient of convolution weights among them) are lent by plain JavaScript, "cpu"; "webgpu"
 * needs the npm package `webgpu` and a driver. In Node the package tfjs-core comes without gradient rules: the
 * whole package @tensorflow/tfjs is what registers them.
 */
import type * as tfjs from '@tensorflow/tfjs-core';
import { resourceError, usageError } from '../../core/errors.js';
import type { GraphExecutor, HeldTensor } from './executor.js';
import { elements, type Graph, type GraphNode, type Shape } from './graph.js';
import { operatorNamed } from './operators/registry.js';

export type TfjsBackend = 'tensorflow-gpu' | 'tensorflow' | 'webgpu' | 'wasm' | 'cpu';

export interface Tfjs {
  readonly tf: typeof tfjs;
  readonly backend: TfjsBackend;
}

/** Optional packages are named at run time, so that neither the compiler nor the installer needs them. */
async function optional(name: string): Promise<unknown> {
  return import(name);
}

async function activate(backend: TfjsBackend): Promise<Tfjs> {
  switch (backend) {
    case 'tensorflow-gpu':
    case 'tensorflow': {
      const name = backend === 'tensorflow' ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs-node-gpu';
      const module = (await optional(name)) as typeof tfjs & { default?: typeof tfjs };
      const tf = module.default ?? module;
      await tf.ready();
      return { tf, backend };
    }
    case 'webgpu': {
      const { create, globals } = (await optional('webgpu')) as {
        create(options: readonly string[]): unknown;
        globals: Record<string, unknown>;
      };
      Object.assign(globalThis, globals);
      // Node 20 has no navigator, later ones a read-only one; tfjs looks for navigator.gpu.
      const navigator = (globalThis as { navigator?: object }).navigator ?? {};
      Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true });
      if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: navigator });
      await optional('@tensorflow/tfjs-backend-webgpu');
      break;
    }
    case 'wasm':
      await import('@tensorflow/tfjs-backend-wasm');
      break;
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      break;
  }
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs');
  tf.enableProdMode();
  if (backend === 'wasm') {
    await tf.setBackend('cpu');
    lendKernels(tf, 'cpu', 'wasm');
  }
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js could not initialise "${backend}"`);
  await tf.ready();
  return { tf, backend };
}

/** Lets `borrower` run every kernel that only `lender` has, moving the numbers there and back. */
function lendKernels(tf: typeof tfjs, lender: string, borrower: string): void {
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend(lender)) {
    if (tf.getKernel(kernelName, borrower) != null) continue;
    tf.registerKernel({
      kernelName,
      backendName: borrower,
      kernelFunc({ inputs, attrs, backend }) {
        const from = backend as tfjs.KernelBackend;
        const to = tf.engine().findBackend(lender);
        const move = (
          info: tfjs.TensorInfo,
          source: tfjs.KernelBackend,
          target: tfjs.KernelBackend,
        ): tfjs.TensorInfo => ({
          ...{ shape: info.shape, dtype: info.dtype },
          dataId: target.write(source.readSync(info.dataId) as Float32Array, info.shape, info.dtype),
        });
        const lent = Object.fromEntries(
          Object.entries(inputs).map(([name, info]) => [name, move(info as tfjs.TensorInfo, from, to)]),
        );
        const result = kernelFunc({ inputs: lent, attrs: attrs ?? {}, backend: to });
        const results = (Array.isArray(result) ? result : [result]) as tfjs.TensorInfo[];
        const returned = results.map((info) => move(info, to, from));
        for (const { dataId } of [...Object.values(lent), ...results]) to.disposeData(dataId);
        return Array.isArray(result) ? returned : (returned[0] as tfjs.TensorInfo);
      },
    });
  }
}

/**
 * Loads TensorFlow.js with the backend asked for, or the best that works.
 * @throws {PlumeError} resources, naming what was tried and why it failed
 */
export async function loadTfjs(asked?: TfjsBackend): Promise<Tfjs> {
  const tried: string[] = [];
  for (const backend of asked === undefined ? (['tensorflow-gpu', 'tensorflow', 'wasm'] as const) : [asked]) {
    try {
      return await activate(backend);
    } catch (error) {
      tried.push(`${backend} (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`);
    }
  }
  throw resourceError(`TensorFlow.js: no backend works; tried ${tried.join(', ')}; run npm install again`);
}

type Inputs = Readonly<Record<string, Float32Array>>;

function tensorsOf(tf: typeof tfjs, graph: Graph, inputs: Inputs): tfjs.Tensor[] {
  return graph.inputs.map(({ name, value }) => {
    const given = inputs[name];
    if (given === undefined || given.length !== elements(value.shape)) {
      throw usageError(
        `graph input "${name}": ${given?.length ?? 'no'} numbers given, shape [${value.shape}] has ${elements(value.shape)}`,
      );
    }
    return tf.tensor(given, [...value.shape], 'float32');
  });
}

/** Evaluates every node once; inputs in the order of graph.inputs. */
function interpret(tf: typeof tfjs, graph: Graph, inputs: readonly tfjs.Tensor[]): Map<number, tfjs.Tensor> {
  const values = new Map<number, tfjs.Tensor>();
  graph.inputs.forEach(({ value }, i) => {
    values.set(value.id, inputs[i] as tfjs.Tensor);
  });
  for (const { value, data } of graph.constants) values.set(value.id, tf.tensor(data, [...value.shape]));
  for (const node of graph.nodes) {
    values.set(node.output.id, operatorNamed(node.operator).tfjs(tf, operands(values, node), node));
  }
  return values;
}

/**
 * Prepares a graph for many runs: constants are loaded once, results stay in TensorFlow.js until they are let go, and
 * every value on the way is let go as soon as its last reader has run. Inputs given as numbers are moved there for one run.
 */
export function createTfjsExecutor(graph: Graph, { tf }: Tfjs): GraphExecutor {
  const constants = graph.constants.map(({ value, data }) => tf.tensor(data, [...value.shape], 'float32'));
  const kept = new Set([...graph.constants, ...graph.outputs].map(({ value }) => value.id));
  const lastReader = new Map<number, number>();
  graph.nodes.forEach(({ inputs }, at) => {
    for (const { id } of inputs) if (!kept.has(id)) lastReader.set(id, at);
  });
  const given = (name: string, shape: Shape, value: Float32Array | HeldTensor | undefined): tfjs.Tensor => {
    if (value === undefined) throw usageError(`graph input "${name}" of shape [${shape}] was not given`);
    const size = value instanceof Float32Array ? value.length : (value as tfjs.Tensor).size;
    if (size !== elements(shape)) {
      throw usageError(
        `graph input "${name}": ${size} numbers given, shape [${shape}] has ${elements(shape)}`,
      );
    }
    // a clone shares its numbers: the caller's tensor outlives the run
    return value instanceof Float32Array
      ? tf.tensor(value, [...shape], 'float32')
      : tf.clone(value as tfjs.Tensor);
  };
  return {
    graph,
    async run(inputs) {
      const names = new Set(graph.inputs.map(({ name }) => name));
      for (const name of Object.keys(inputs)) {
        if (!names.has(name)) throw usageError(`graph input "${name}": the graph has no such input`);
      }
      const results = tf.tidy(() => {
        const values = new Map<number, tfjs.Tensor>();
        for (const { name, value } of graph.inputs) {
          values.set(value.id, given(name, value.shape, inputs[name]));
        }
        graph.constants.forEach(({ value }, i) => {
          values.set(value.id, constants[i] as tfjs.Tensor);
        });
        graph.nodes.forEach((node, at) => {
          const read = operands(values, node);
          // tidied, so that nothing of the inside of an operator is left; cloned where it hands its operand on
          const result = tf.tidy(() => {
            const made = operatorNamed(node.operator).tfjs(tf, read, node);
            return read.includes(made) ? tf.clone(made) : made;
          });
          values.set(node.output.id, result);
          for (const { id } of node.inputs) {
            if (lastReader.get(id) !== at) continue;
            values.get(id)?.dispose();
            values.delete(id);
          }
        });
        return graph.outputs.map(({ value }) => tf.clone(values.get(value.id) as tfjs.Tensor));
      });
      return Object.fromEntries(graph.outputs.map(({ name }, i) => [name, results[i] as tfjs.Tensor]));
    },
    async read(tensor) {
      if (tensor === undefined) throw usageError('TensorFlow.js executor: no output of that name');
      return (await (tensor as tfjs.Tensor).data()) as Float32Array;
    },
    dispose(tensors) {
      for (const tensor of tensors as Iterable<tfjs.Tensor>) tensor.dispose();
    },
    async release() {
      tf.dispose(constants);
    },
  };
}

function operands(values: ReadonlyMap<number, tfjs.Tensor>, node: GraphNode): tfjs.Tensor[] {
  return node.inputs.map((input) => values.get(input.id) as tfjs.Tensor);
}

function outputOf(graph: Graph, name: string): number {
  const output = graph.outputs.find((candidate) => candidate.name === name);
  if (output === undefined) throw usageError(`graph output "${name}": the graph has no such output`);
  return output.value.id;
}

/** Runs the graph once. @returns row-major numbers by output name */
export async function runTfjs(
  { tf }: Tfjs,
  graph: Graph,
  inputs: Inputs,
): Promise<Record<string, Float32Array>> {
  const results = tf.tidy(() => {
    const values = interpret(tf, graph, tensorsOf(tf, graph, inputs));
    return graph.outputs.map(({ value }) => tf.clone(values.get(value.id) as tfjs.Tensor));
  });
  const data = await Promise.all(results.map((result) => result.data()));
  tf.dispose(results);
  return Object.fromEntries(graph.outputs.map(({ name }, i) => [name, data[i] as Float32Array]));
}

/**
 * Gradients of a scalar output by TensorFlow.js's own autodiff over the forward graph.
 * @param wrt names of graph inputs
 * @returns row-major gradients by input name
 */
export async function tfjsGradients(
  { tf }: Tfjs,
  graph: Graph,
  loss: string,
  wrt: readonly string[],
  inputs: Inputs,
): Promise<Record<string, Float32Array>> {
  const lossId = outputOf(graph, loss);
  const gradients = tf.tidy(() => {
    const all = tensorsOf(tf, graph, inputs);
    const chosen = wrt.map((name) => graph.inputs.findIndex((input) => input.name === name));
    const forward = (...active: tfjs.Tensor[]): tfjs.Tensor => {
      const fed = all.map((tensor, i) => active[chosen.indexOf(i)] ?? tensor);
      return tf.reshape(interpret(tf, graph, fed).get(lossId) as tfjs.Tensor, []);
    };
    return tf.grads(forward)(chosen.map((i) => all[i] as tfjs.Tensor));
  });
  const data = await Promise.all(gradients.map((gradient) => gradient.data()));
  tf.dispose(gradients);
  return Object.fromEntries(wrt.map((name, i) => [name, data[i] as Float32Array]));
}
