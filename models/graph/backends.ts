/**
 * Where a training runs: a runtime and its provider, asked for by name or chosen. ONNX Runtime and TensorFlow.js take the
 * same graph (executor.ts), so a backend is a choice of speed, never of what is computed. Nothing is silently replaced:
 * asking for a backend that does not work here is an error that says what to do; `auto` takes the best that works and
 * says why. The TensorFlow libraries are optional peers, looked for only when asked for or when nothing else is better.
 */
import { isPlumeError, resourceError } from '../../core/errors.js';
import { type ResolvedDevice, resolveDevice } from '../onnx/devices.js';
import type { BackendName, ResolvedBackend } from './backendName.js';
import type { GraphExecutor } from './executor.js';
import type { Graph } from './graph.js';
import { createOnnxExecutor } from './onnxExecutor.js';
import { createTfjsExecutor, loadTfjs, type Tfjs, type TfjsBackend } from './tfjsExecutor.js';

export { type BackendName, backendNames, parseBackendName, type ResolvedBackend } from './backendName.js';

export interface BackendChoice {
  readonly asked: BackendName;
  readonly backend: ResolvedBackend;
  /** One short sentence for the log. */
  readonly why: string;
  /** The device of ONNX Runtime on which the trained network is then run: calibration and forecasts. */
  readonly device: ResolvedDevice;
}

export interface ExecutorOptions {
  /** Threads inside one operator, ort-cpu only (default 1). */
  readonly threads?: number;
  /** As in SessionOptions. */
  readonly flushDenormals?: boolean;
}

const devices = {
  'ort-cpu': 'cpu',
  'ort-webgpu': 'webgpu',
  'ort-cuda': 'cuda',
} as const satisfies Partial<Record<ResolvedBackend, ResolvedDevice>>;
type OrtBackend = keyof typeof devices;

const tensorflows = {
  'tfjs-node-gpu': 'tensorflow-gpu',
  'tfjs-node': 'tensorflow',
  'tfjs-wasm': 'wasm',
} as const satisfies Partial<Record<ResolvedBackend, TfjsBackend>>;

const advice: Readonly<Record<Exclude<ResolvedBackend, OrtBackend>, string>> = {
  'tfjs-node-gpu':
    'npm install @tensorflow/tfjs-node-gpu@4.22.0 (Linux x64 with an NVIDIA GPU, CUDA 11 and cuDNN 8)',
  'tfjs-node': 'npm install @tensorflow/tfjs-node@4.22.0',
  'tfjs-wasm': 'run npm install again',
};

function isOrt(backend: ResolvedBackend): backend is OrtBackend {
  return backend in devices;
}

/**
 * Decides where a training runs.
 * @throws {PlumeError} resources, when the backend asked for does not work here; the message says what to do
 */
export async function resolveBackend(
  asked: BackendName,
  options: { readonly flushDenormals?: boolean } = {},
): Promise<BackendChoice> {
  if (asked === 'auto') return best(options);
  if (isOrt(asked)) {
    try {
      const { device, why } = await resolveDevice(devices[asked], options);
      return { asked, backend: asked, why, device };
    } catch (error) {
      if (!isPlumeError(error)) throw error;
      // its advice is for forecasts, which call a backend a device
      const message = error.message.replace('--device cpu', '--backend ort-cpu');
      throw resourceError(`backend "${asked}": ${message}`, { cause: error });
    }
  }
  try {
    await loadTfjs(tensorflows[asked]);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/;[^;]*$/, '') : String(error);
    throw resourceError(
      `backend "${asked}" does not work here: ${reason}. To use it: ${advice[asked]}; or choose --backend auto`,
      { cause: error },
    );
  }
  return { asked, backend: asked, why: 'asked for, and it loads', device: 'cpu' };
}

/**
 * ONNX Runtime on CUDA or WebGPU where one of them beats the processor, else on the processor. TensorFlow.js is never
 * chosen unasked: on the processor its matrix products are several times slower (bench/graph.ts).
 */
async function best(options: { readonly flushDenormals?: boolean }): Promise<BackendChoice> {
  const { device, why, passedOver } = await resolveDevice('auto', options);
  const backend = (Object.keys(devices) as OrtBackend[]).find((name) => devices[name] === device);
  if (backend !== undefined) {
    const reasons = passedOver
      .filter(({ device: other }) => other === 'cuda' || other === 'webgpu')
      .map(({ device: other, reason }) => `${other}: ${reason}`);
    const others = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
    return { asked: 'auto', backend, why: `${why}${others}`, device };
  }
  // CoreML and DirectML run networks, but are not tried for training steps
  return {
    asked: 'auto',
    backend: 'ort-cpu',
    why: `training steps run on the processor; ${device} is for forecasts`,
    device: 'cpu',
  };
}

/**
 * Loads a graph on a backend.
 * @throws {PlumeError} resources, when the backend refuses it
 */
export async function createExecutor(
  graph: Graph,
  backend: ResolvedBackend,
  options: ExecutorOptions = {},
): Promise<GraphExecutor> {
  if (isOrt(backend))
    return createOnnxExecutor(graph, {
      device: devices[backend],
      memoryPattern: false,
      // threads that share an operator wait for each other too often in small groups (bench/results/two-cores.md)
      ...((options.threads ?? 1) === 1 ? { rowLoops: {} } : {}),
      ...options,
    });
  return createTfjsExecutor(graph, await loaded(tensorflows[backend]));
}

const runtimes = new Map<TfjsBackend, Promise<Tfjs>>();

/** One runtime a process: tensors of two would not mix. */
function loaded(backend: TfjsBackend): Promise<Tfjs> {
  const known = runtimes.get(backend) ?? loadTfjs(backend);
  runtimes.set(backend, known);
  return known;
}
