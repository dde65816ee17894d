/**
 * Fits a weight family to a regression with noise of known size, by AdamW or plain gradient descent, through ONNX Runtime:
 *   minimise  mean (y − f_w(x))²/(2 s²) + KL(q‖p)/N,   w = g(trainable tensors, draws) of the family.
 * A point family has no divergence; a penalty ½ ‖w − m₀‖²/σ_p² takes its place where one is given (MAP).
 * Steps are counted from 0; every random number is keyed by seed and step.
 */
import { normals, uniforms } from '../../core/random/stream.js';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import type { Prior, WeightFamily } from '../../models/bayesian/posteriors/weightFamily.js';
import { type AdamWParameter, adamw } from '../../models/graph/adamw.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Graph, type Value } from '../../models/graph/graph.js';
import { createOnnxExecutor, type DeviceTensor, tensorData } from '../../models/graph/onnxExecutor.js';
import type { RegressionNetwork } from './network.js';

export interface RegressionData {
  /** [n, inputs] */
  readonly x: Float32Array;
  /** [n, outputs] */
  readonly y: Float32Array;
  /** s */
  readonly noiseSigma: number;
}

export interface TrainingPlan {
  readonly steps: number;
  readonly rate: number;
  /** Cosine to zero, or the same throughout. */
  readonly schedule: 'cosine' | 'constant';
  readonly optimizer: 'adamw' | 'gradient descent';
  /** S of a step. */
  readonly samples: number;
  /** Rows of a step, drawn with replacement; all rows, each once, when absent. */
  readonly batch?: number;
  readonly seed: number;
  /** Of the divergence, or of the penalty on a point family. */
  readonly prior?: Prior;
  /** Numbers for the draws of a step in place of the family's own. */
  readonly fillDraw?: (name: string, out: Float32Array) => void;
  /** Called after a step, 1, 2, …, with the trainable tensors; they are valid during the call. */
  readonly onStep?: (step: number, tensors: Tensors) => void;
}

/** Random weights to start from, by the network's own scales. */
export function startWeights(network: RegressionNetwork, seed: number): Map<string, Tensor> {
  return new Map(
    [...network.parameters].map(([name, shape], noiseStream) => {
      const values = new Float32Array(elements(shape));
      normals({ seed, weightSample: 0, noiseStream, purpose: 'initialise', step: 0 }, values);
      const scale = network.initialScale(name);
      return [name, { shape, values: values.map((value) => scale * value) }];
    }),
  );
}

/**
 * @param start trainable tensors by name
 * @returns the trained ones
 */
export async function trainFamily(
  network: RegressionNetwork,
  family: WeightFamily,
  data: RegressionData,
  start: Tensors,
  plan: TrainingPlan,
): Promise<Map<string, Tensor>> {
  const rows = data.x.length / network.inputs;
  const batch = plan.batch ?? rows;
  const graph = stepGraph(network, family, data, batch, plan);
  const executor = await createOnnxExecutor(graph, { device: 'cpu', threads: 1 });
  const { samples, seed } = plan;
  const draws = new Map(
    [...family.drawShapes(samples)].map(([name, shape]) => [name, new Float32Array(elements(shape))]),
  );
  const fixed: Record<string, Float32Array> = {};
  for (const name of network.parameters.keys()) {
    const mean = plan.prior?.mean.get(name);
    if (mean !== undefined) fixed[`prior.${name}`] = mean.values;
  }
  const [x, y] = [data.x.slice(0, batch * network.inputs), data.y.slice(0, batch * network.outputs)];
  let carried: Record<string, Float32Array | DeviceTensor> = {};
  for (const [name, { values }] of start) {
    carried[name] = values;
    carried[`first.${name}`] = new Float32Array(values.length);
    carried[`second.${name}`] = new Float32Array(values.length);
  }
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const known = (entries: Record<string, Float32Array | DeviceTensor>) =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => inputs.has(name)));

  for (let step = 0; step < plan.steps; step++) {
    if (plan.batch !== undefined) fillBatch(network, data, { seed, step }, x, y);
    for (const [name, out] of draws) {
      if (plan.fillDraw === undefined) family.fillDraw({ seed, stage: 1, step }, name, out);
      else plan.fillDraw(name, out);
    }
    const decay = 0.5 * (1 + Math.cos((Math.PI * step) / plan.steps));
    const rate = plan.schedule === 'constant' ? plan.rate : plan.rate * decay;
    const outputs = await executor.run(
      known({
        ...carried,
        ...fixed,
        ...Object.fromEntries(draws),
        x,
        y,
        rate: Float32Array.of(rate),
        step: Float32Array.of(step + 1),
      }),
    );
    carried = Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name.slice('next.'.length), tensor]),
    );
    plan.onStep?.(step + 1, tensorsOf(carried, start));
  }
  const trained = new Map(
    [...tensorsOf(carried, start)].map(([name, { shape, values }]) => [
      name,
      { shape, values: values.slice() },
    ]),
  );
  await executor.release();
  return trained;
}

function tensorsOf(
  carried: Record<string, Float32Array | DeviceTensor>,
  start: Tensors,
): Map<string, Tensor> {
  return new Map(
    [...start].map(([name, { shape }]) => {
      const held = carried[name];
      return [name, { shape, values: held instanceof Float32Array ? held : tensorData(held) }];
    }),
  );
}

function stepGraph(
  network: RegressionNetwork,
  family: WeightFamily,
  { noiseSigma, x }: RegressionData,
  batch: number,
  plan: TrainingPlan,
): Graph {
  const b = new GraphBuilder();
  const named = (shapes: ReadonlyMap<string, readonly number[]>): Map<string, Value> =>
    new Map([...shapes].map(([name, shape]) => [name, b.input(name, shape)]));
  const tensors = named(family.trainable);
  const draws = named(family.drawShapes(plan.samples));
  const weights = family.weights(b, tensors, draws);
  const { output } = network.forward(
    b,
    weights,
    b.reshape(b.input('x', [batch, network.inputs]), [1, batch, -1]),
  );
  const error = b.sub(output, b.input('y', [batch, network.outputs]));
  // summed over outputs: each is a regression of its own
  const fit = b.mul(b.reduceMean(b.mul(error, error)), b.scalar(network.outputs / (2 * noiseSigma ** 2)));
  const cost = priorCost(b, network, family, tensors, plan.prior);
  const loss = cost === undefined ? fit : b.add(fit, b.mul(cost, b.scalar(network.inputs / x.length)));

  const names = [...tensors.keys()];
  const values = [...tensors.values()];
  const gradients = gradient(b, loss, values);
  const learningRate = b.input('rate', []);
  if (plan.optimizer === 'gradient descent') {
    values.forEach((value, i) => {
      b.output(`next.${names[i]}`, b.sub(value, b.mul(learningRate, gradients[i] ?? value)));
    });
    return b.build();
  }
  const parameters = values.map(
    (value, i): AdamWParameter => ({
      value,
      gradient: gradients[i] ?? value,
      first: b.input(`first.${names[i]}`, value.shape),
      second: b.input(`second.${names[i]}`, value.shape),
      weightDecay: 0,
    }),
  );
  const update = adamw(b, parameters, { learningRate, step: b.input('step', []) });
  update.parameters.forEach(({ value, first, second }, i) => {
    b.output(`next.${names[i]}`, value);
    b.output(`next.first.${names[i]}`, first);
    b.output(`next.second.${names[i]}`, second);
  });
  return b.build();
}

/** KL(q‖p); of a family without one, ½ ‖w − m₀‖²/σ_p²; undefined without a prior. */
function priorCost(
  b: GraphBuilder,
  network: RegressionNetwork,
  family: WeightFamily,
  tensors: ReadonlyMap<string, Value>,
  prior: Prior | undefined,
): Value | undefined {
  if (prior === undefined) return undefined;
  const centres = new Map(
    [...network.parameters].map(([name, shape]) => [name, b.input(`prior.${name}`, shape)]),
  );
  const divergence = family.divergence(b, tensors, centres, prior.sigma);
  if (divergence !== undefined) return divergence;
  const terms = [...centres].map(([name, centre]) => {
    const shift = b.sub(tensors.get(`mean.${name}`) ?? centre, centre);
    return b.mul(b.reduceSum(b.mul(shift, shift)), b.scalar(0.5 / (prior.sigma.get(name) ?? 1) ** 2));
  });
  return b.sum(terms);
}

function fillBatch(
  { inputs, outputs }: RegressionNetwork,
  data: RegressionData,
  { seed, step }: { seed: number; step: number },
  x: Float32Array,
  y: Float32Array,
): void {
  const rows = data.x.length / inputs;
  const places = new Float64Array(x.length / inputs);
  uniforms({ seed, weightSample: 0, noiseStream: 0, purpose: 'shuffle', step }, places);
  places.forEach((place, i) => {
    const row = Math.floor(place * rows);
    x.set(data.x.subarray(row * inputs, (row + 1) * inputs), i * inputs);
    y.set(data.y.subarray(row * outputs, (row + 1) * outputs), i * outputs);
  });
}
