/**
 * The functions that a posterior stands for: f_w(x) for K weight samples at any inputs, [K, n, outputs], and their mean
 * and standard deviation, which is the epistemic spread. Features of the last layer, for Laplace.
 */
import type { Tensors } from '../../core/store/tensorFile.js';
import type { Posterior } from '../../models/bayesian/posteriors/posterior.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import type { Value } from '../../models/graph/graph.js';
import { createOnnxExecutor, tensorData } from '../../models/graph/onnxExecutor.js';
import type { RegressionNetwork } from './network.js';

/** @returns outputs [n, outputs] and features [n, in] of one set of weights */
export async function evaluate(
  network: RegressionNetwork,
  weights: readonly Tensors[],
  x: Float32Array,
): Promise<{ readonly outputs: Float32Array[]; readonly features: Float32Array[] }> {
  const b = new GraphBuilder();
  const rows = x.length / network.inputs;
  const values = new Map(
    [...network.parameters].map(([name, shape]): [string, Value] => [
      name,
      b.reshape(b.input(name, shape), [1, ...shape]),
    ]),
  );
  const { output, features } = network.forward(
    b,
    values,
    b.reshape(b.input('x', [rows, network.inputs]), [1, rows, -1]),
  );
  b.output('output', output);
  b.output('features', b.mul(features, b.scalar(1)));
  const executor = await createOnnxExecutor(b.build(), { device: 'cpu', threads: 1 });
  const [outputs, held]: [Float32Array[], Float32Array[]] = [[], []];
  for (const one of weights) {
    const feeds = Object.fromEntries([...one].map(([name, tensor]) => [name, tensor.values]));
    const results = await executor.run({ ...feeds, x });
    outputs.push(tensorData(results.output).slice());
    held.push(tensorData(results.features).slice());
  }
  await executor.release();
  return { outputs, features: held };
}

export interface Spread {
  /** [n · outputs]: mean over weight samples. */
  readonly mean: Float64Array;
  /** [n · outputs]: standard deviation over weight samples, divisor K − 1. */
  readonly deviation: Float64Array;
  /** f_w of each weight sample, [n · outputs]. */
  readonly functions: readonly Float32Array[];
}

/** @param count K ≥ 2 weight samples, 0 … K − 1 of the seed */
export async function spreadOf(
  network: RegressionNetwork,
  posterior: Posterior,
  x: Float32Array,
  count: number,
  seed = 1,
): Promise<Spread> {
  const weights = Array.from({ length: count }, (_, weightSample) =>
    posterior.sample({ seed, weightSample }),
  );
  const { outputs: functions } = await evaluate(network, weights, x);
  const length = functions[0]?.length ?? 0;
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const f of functions) sum += (f[i] ?? 0) / count;
    let squares = 0;
    for (const f of functions) squares += ((f[i] ?? 0) - sum) ** 2;
    mean[i] = sum;
    deviation[i] = Math.sqrt(squares / (count - 1));
  }
  return { mean, deviation, functions };
}
