/**
 * ONNX Runtime sessions with the settings of the house. A session belongs to one device and never changes it:
 * where the device's provider is missing or refuses, creation fails (devices.ts turns that into advice).
 *
 * CPU: `run()` holds the calling thread, so parallel work means workers with one thread each (measured: 2 workers
 * × 1 thread beats 1 × 2). WebGPU: two sessions that run at once in one process can crash; one lane per process.
 *
 * The same bits whatever the batch, measured on the CPU provider 1.30, one thread (AVX-512): a row of a matrix
 * product [m, k] × [k, n] does not depend on m, nor on the leading axes, as long as m ≥ 2 and n ≥ 2; m = 1 and
 * n = 1 take other kernels (layers.ts, steadyLinear). With two threads rows differ from one thread's when k > 128
 * and the product is small: k is split. Convolutions (blocked layout), exp, erf, tanh, sigmoid, gelu, sqrt and
 * softmax do not depend on the batch; log and softplus do (the last few numbers of an array take another path),
 * and so do sums along rows whose length is no multiple of 16.
 */
import * as ort from 'onnxruntime-node';
import { resourceError } from '../../core/errors.js';
import type { ResolvedDevice } from './deviceName.js';

export interface SessionOptions {
  readonly device: ResolvedDevice;
  /** Threads inside one operator, CPU only (default 1). */
  readonly threads?: number;
  /**
   * Takes numbers below 1.2e-38 as zero (default false): vanishing gradients slowed a training step down fivefold
   * otherwise. The first session of a process decides for its thread and for threads started after it, so only a
   * process that begins with training should ask.
   */
  readonly flushDenormals?: boolean;
  /**
   * True: weights are used as they lie in the file, mapped into memory that all sessions of a machine share; by default
   * each session keeps its own copy in the order that its kernels like best.
   */
  readonly sharedWeights?: boolean;
  /**
   * Plans the memory of a run as one block after the first (default true). The first run's chunks stay beside it: without
   * a plan a training step took 30 % less memory at the same speed, measured on the standard recipe, two cores.
   */
  readonly memoryPattern?: boolean;
  /** Where to write the model as ONNX Runtime rewrote it, to see which fusions took place. */
  readonly optimizedModelPath?: string;
}

/** Options for ONNX Runtime: sequential operators, full optimisation, arena and memory pattern, quiet log. */
export function sessionOptions({
  device,
  threads = 1,
  flushDenormals = false,
  sharedWeights = false,
  memoryPattern = true,
  optimizedModelPath,
}: SessionOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: memoryPattern,
    // 3: errors only. Warnings name every node that a GPU provider leaves to the CPU.
    logSeverityLevel: 3,
    extra: {
      session: {
        ...(flushDenormals ? { set_denormal_as_zero: '1' } : {}),
        ...(sharedWeights ? { disable_prepacking: '1' } : {}),
      },
    },
    ...(optimizedModelPath === undefined ? {} : { optimizedModelFilePath: optimizedModelPath }),
  };
}

/**
 * Loads a model.
 * @param model ONNX bytes, or the path of a model file (needed when its weights lie in a file beside it)
 * @throws {PlumeError} resources, when the device or the model is refused
 */
export async function createSession(
  model: Uint8Array | string,
  options: SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return typeof model === 'string'
      ? await ort.InferenceSession.create(model, sessionOptions(options))
      : await ort.InferenceSession.create(model, sessionOptions(options));
  } catch (error) {
    const text = withoutSource(error instanceof Error ? error.message : String(error));
    const what = typeof model === 'string' ? `model "${model}"` : 'a model';
    throw resourceError(`ONNX Runtime on device "${options.device}" refused ${what}: ${text}`, {
      cause: error,
    });
  }
}

/** ONNX Runtime puts file, function and condition of its source before what went wrong. */
function withoutSource(message: string): string {
  return message.replace(/^\/\S+\.cc:\d+ .* was false\. /s, '');
}
