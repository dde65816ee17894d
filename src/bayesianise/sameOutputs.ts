/** That a model written anew is the one it was made from: one state through both, compared bit by bit. */
import * as ort from 'onnxruntime-node';
import { dataError } from '../../core/errors.js';
import { elements } from '../../models/graph/graph.js';
import type { BoundTensor } from '../../models/imported/binding.js';
import type { Units } from '../../models/imported/units.js';
import { createSession, type SessionOptions } from '../../models/onnx/session.js';

type Outputs = Readonly<Record<string, Float32Array>>;

/**
 * Runs a model once. Its session is gone when this returns.
 * @param state [channel, lat, lon], physical units
 */
async function outputsOf(
  path: string,
  inputs: readonly BoundTensor[],
  units: Units,
  state: Float32Array,
  options: SessionOptions,
): Promise<Outputs> {
  const session = await createSession(path, options);
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const { name, shape, channels } of inputs) {
      const values = new Float32Array(elements(shape));
      units.gather(state, channels, values);
      feeds[name] = new ort.Tensor('float32', values, shape);
    }
    const results = await session.run(feeds).catch((error: unknown) => {
      throw dataError(`model "${path}" cannot step a state of the archive: ${(error as Error).message}`, {
        cause: error,
      });
    });
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]),
    );
  } finally {
    await session.release();
  }
}

/**
 * Compares a model with what it was made from, one after the other: both are never in memory at once.
 * @throws {PlumeError} data, when an output differs: the model draws numbers of its own, or is computed with threads
 */
export async function requireSameOutputs(
  original: string,
  copy: string,
  inputs: readonly BoundTensor[],
  units: Units,
  state: Float32Array,
  options: SessionOptions,
): Promise<void> {
  const before = await outputsOf(original, inputs, units, state, options);
  const after = await outputsOf(copy, inputs, units, state, options);
  for (const [name, values] of Object.entries(before)) {
    const other = after[name];
    const at = values.findIndex((value, i) => !Object.is(value, other?.[i]));
    if (at < 0 && other?.length === values.length) continue;
    throw dataError(
      `model "${original}" does not give the same output "${name}" twice (${values[at]} and ${other?.[at]} at ${at}); ` +
        'it draws random numbers of its own: export it in evaluation mode',
    );
  }
}
