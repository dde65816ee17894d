/**
 * One step of variational inference for an imported model, as a graph: the model written out once for each of S weight
 * samples, its loss, the gradient of the widths, and their update.
 *   w_s = m₀ + σ ⊙ ε_s,  σ = ln(1 + e^{ρ + τ}),   minimise  almost-fair CRPS over the S members + β/N · KL(q‖p),
 *   KL = Σ [ ln(σ_p/σ) + σ²/(2σ_p²) − ½ ],  p = N(m₀, σ_p²)
 * The centre m₀ stays where the model's makers put it: learned are ρ, one for each weight, and τ, one for each layer, whose
 * gradient is the sum over the layer. A single weight's gradient is nearly all chance from the draws of the others (one
 * part in √n is not), so that ρ alone would wander where τ walks; ρ moves more slowly. Large tensors that nobody chose are inputs:
 * the numbers are read where the caller holds them, and no executor copies them.
 * Reparameterisation: Kingma & Welling 2014, arXiv:1312.6114; CRPS as loss: Lang et al. 2024, arXiv:2412.15832.
 */
import { internalError, usageError } from '../../core/errors.js';
import { almostFairCrps } from '../bayesian/training/losses.js';
import { adamw } from '../graph/adamw.js';
import { GraphBuilder } from '../graph/builder.js';
import { gradient } from '../graph/gradient.js';
import { elements, type Graph, type Shape, type Value } from '../graph/graph.js';
import type { Binding, BoundTensor } from './binding.js';
import { importGraph } from './importGraph.js';
import type { Layer } from './layers.js';
import type { OnnxFile } from './onnxFile.js';

export interface VariationalOptions {
  /** Weight samples of a step, two or more: one loss over all. */
  readonly samples: number;
  /** Analyses of a step. */
  readonly batch: number;
  /** σ_p of each layer's prior. */
  readonly priorSigma: ReadonlyMap<string, number>;
  /** β/N: what one nat of divergence costs in units of the loss. */
  readonly divergenceWeight: number;
  /** [channel]: what multiplies a tensor's numbers so that errors of all channels count alike. */
  readonly lossFactors: readonly number[];
  /** Cell areas with mean 1, [point]. */
  readonly areaWeights: Float32Array;
}

/** Tensors of so many numbers and more are inputs of the graph, not constants in it. */
const frozenElements = 4096;

/** Tensors of the model that are fed at every step as they are. */
export function frozenTensors(file: OnnxFile, chosen: ReadonlySet<string>): string[] {
  return [...file.tensors.values()]
    .filter(({ name, type, shape }) => type === 1 && !chosen.has(name) && elements(shape) >= frozenElements)
    .map(({ name }) => name);
}

/** Shapes of what is learned: `rho.<layer>` for each weight, `shift.<layer>` for all of them. */
export function learnedShapes(layers: readonly Layer[]): Map<string, Shape> {
  return new Map(
    layers.flatMap(({ name, shape }): [string, Shape][] => [
      [`rho.${name}`, shape],
      [`shift.${name}`, [1]],
    ]),
  );
}

const almostFair = 0.95;
/** How fast a single weight's ρ moves beside its layer's τ. */
const weightRate = 0.2;

/**
 * Inputs: `state.<input>` [batch, …], `truth` [batch, channel · point] in units of the loss, `centre.<layer>` [shape] and
 * `draw.<layer>` [samples, shape], `frozen.<tensor>`, what is learned by the names of `learnedShapes`, each with its moments
 * `first.<name>` and `second.<name>`, `rate`, `step`.
 * Outputs: `crps` [channel], `divergence` [], and what is learned and its moments with "next." before their names.
 * @throws {PlumeError} usage, for operators without a gradient rule, naming operator and node
 */
export function buildVariationalStep(
  file: OnnxFile,
  binding: Binding,
  layers: readonly Layer[],
  options: VariationalOptions,
): Graph {
  const { samples, batch, lossFactors, divergenceWeight, priorSigma } = options;
  if (samples < 2)
    throw usageError(`variational fit: ${samples} weight samples a step, expected two or more`);
  const b = new GraphBuilder();
  const states = binding.inputs.map((input) => b.input(`state.${input.name}`, [batch, ...input.shape]));
  const points = options.areaWeights.length;
  const truth = b.input('truth', [batch, lossFactors.length * points]);
  const frozen = new Map(
    frozenTensors(file, new Set(layers.map(({ name }) => name))).map((name) => [
      name,
      b.input(`frozen.${name}`, file.tensors.get(name)?.shape ?? []),
    ]),
  );
  const learned = new Map([...learnedShapes(layers)].map(([name, shape]) => [name, b.input(name, shape)]));
  const widths = layers.map((layer) => inputsOf(b, layer, samples, learned));

  const members = Array.from({ length: samples }, (_, s) => {
    const weights = new Map(frozen);
    for (const { name, centre, sigma, draw } of widths) {
      const epsilon = b.reshape(
        b.slice(draw, [s, ...centre.shape.map(() => 0)], [1, ...centre.shape]),
        centre.shape,
      );
      weights.set(name, b.add(centre, b.mul(sigma, epsilon)));
    }
    return memberOf(b, file, binding, states, weights, batch, lossFactors, points);
  });
  const area = b.constant(repeated(options.areaWeights, lossFactors.length), [lossFactors.length * points]);
  const crps = almostFairCrps(b, b.concat(members, 0), truth, area, almostFair, lossFactors.length);
  const divergence = b.sum(widths.map((width) => b.reduceSum(divergenceOf(b, width, priorSigma))));
  const fit = b.reduceMean(crps);
  const loss = b.add(b.reshape(fit, []), b.mul(divergence, b.scalar(divergenceWeight)));
  const all = [...learned];
  const gradients = gradient(
    b,
    loss,
    all.map(([, value]) => value),
  );
  const { parameters } = adamw(
    b,
    all.map(([name, value], i) => ({
      value,
      gradient: gradients[i] ?? missing(),
      first: b.input(`first.${name}`, value.shape),
      second: b.input(`second.${name}`, value.shape),
      weightDecay: 0,
      rateFactor: name.startsWith('rho.') ? weightRate : 1,
    })),
    { learningRate: b.input('rate', []), step: b.input('step', []), clipNorm: 1 },
  );
  b.output('crps', crps);
  b.output('divergence', divergence);
  all.forEach(([name], i) => {
    const { value, first, second } = parameters[i] ?? missing();
    b.output(`next.${name}`, value);
    b.output(`next.first.${name}`, first);
    b.output(`next.second.${name}`, second);
  });
  return b.build();
}

interface Width {
  readonly name: string;
  readonly centre: Value;
  /** [samples, shape] */
  readonly draw: Value;
  readonly sigma: Value;
}

function inputsOf(
  b: GraphBuilder,
  { name, shape }: Layer,
  samples: number,
  learned: ReadonlyMap<string, Value>,
): Width {
  const rho = learned.get(`rho.${name}`) ?? missing();
  const shift = learned.get(`shift.${name}`) ?? missing();
  return {
    name,
    centre: b.input(`centre.${name}`, shape),
    draw: b.input(`draw.${name}`, [samples, ...shape]),
    sigma: b.softplus(b.add(rho, shift)),
  };
}

/** Per weight, in nats. */
function divergenceOf(
  b: GraphBuilder,
  { name, sigma }: Width,
  priorSigma: ReadonlyMap<string, number>,
): Value {
  const prior = priorSigma.get(name) ?? missing();
  const quadratic = b.mul(b.mul(sigma, sigma), b.scalar(1 / (2 * prior ** 2)));
  return b.add(b.sub(quadratic, b.log(sigma)), b.scalar(Math.log(prior) - 0.5));
}

/** What one weight sample answers, in units of the loss: [1, batch, channel · point], channels in the schema's order. */
function memberOf(
  b: GraphBuilder,
  file: OnnxFile,
  binding: Binding,
  states: readonly Value[],
  weights: ReadonlyMap<string, Value>,
  batch: number,
  lossFactors: readonly number[],
  points: number,
): Value {
  const freeBatch = file.inputs.every(({ shape }) => shape.length > 2 && shape[0] === null);
  const runs = freeBatch
    ? [
        importGraph(
          b,
          file,
          new Map(binding.inputs.map((input, i) => [input.name, batched(b, states[i], input, batch)])),
          weights,
        ),
      ]
    : Array.from({ length: batch }, (_, row) =>
        importGraph(
          b,
          file,
          new Map(binding.inputs.map((input, i) => [input.name, rowOf(b, states[i], input, row)])),
          weights,
        ),
      );
  const answers = binding.outputs.map(({ name, channels }) => {
    const each = runs.map((outputs) =>
      b.reshape(outputs.get(name) ?? missing(), [freeBatch ? batch : 1, channels.length, points]),
    );
    return b.concat(each, 0);
  });
  const held = binding.outputs.flatMap(({ channels }) => channels);
  const all = b.concat(answers, 1);
  const ordered = b.gather(
    all,
    lossFactors.map((_, channel) => held.indexOf(channel)),
    1,
  );
  const factors = b.constant(Float32Array.from(lossFactors), [lossFactors.length, 1]);
  return b.reshape(b.mul(ordered, factors), [1, batch, lossFactors.length * points]);
}

/** The model's own batch axis holds the batch. */
function batched(b: GraphBuilder, states: Value | undefined, { shape }: BoundTensor, batch: number): Value {
  return b.reshape(states ?? missing(), [batch, ...shape.slice(1)]);
}

function rowOf(b: GraphBuilder, states: Value | undefined, { shape }: BoundTensor, row: number): Value {
  const rows = states ?? missing();
  return b.reshape(b.slice(rows, [row, ...shape.map(() => 0)], [1, ...shape]), shape);
}

function repeated(values: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: times * values.length }, (_, i) => values[i % values.length] ?? 0);
}

function missing(): never {
  throw internalError('variational step: a layer or tensor without its value');
}

/** Bytes that a step holds: results of every node, and twice the inputs. */
export function stepBytes(graph: Graph): number {
  const sizes = (values: readonly { readonly shape: readonly number[] }[]): number =>
    values.reduce((sum, { shape }) => sum + elements(shape), 0);
  return (
    4 * (sizes(graph.nodes.map(({ output }) => output)) + 2 * sizes(graph.inputs.map(({ value }) => value)))
  );
}
