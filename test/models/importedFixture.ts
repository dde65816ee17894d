/** ONNX files that other tools wrote (test/fixtures/onnx/make.py), and ONNX Runtime's own answer to them. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as ort from 'onnxruntime-node';

export const fixtures = resolve('test/fixtures/onnx');

export function fixture(name: string): string {
  return join(fixtures, `${name}.onnx`);
}

export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Inputs and outputs as PyTorch, or the reference evaluator of onnx, has them. */
export function fixtureCase(name: string): {
  readonly inputs: Readonly<Record<string, FixtureTensor>>;
  readonly outputs: Readonly<Record<string, FixtureTensor>>;
} {
  return JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));
}

/** Runs a file as it is, on one thread, with the settings that ONNX Runtime has of itself but for those given. */
export async function runOriginal(
  path: string,
  inputs: Readonly<Record<string, FixtureTensor>>,
  options: ort.InferenceSession.SessionOptions = {},
): Promise<Record<string, Float32Array>> {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1, ...options });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      new ort.Tensor('float32', Float32Array.from(values), shape),
    ]),
  );
  const results = await session.run(feeds);
  const numbers = Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]),
  );
  await session.release();
  return numbers;
}

/** Largest difference relative to the largest number. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  let largest = 0;
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((found[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)));
    largest = Math.max(largest, Math.abs(expected[i] ?? 0));
  }
  return worst / largest;
}
