/**
 * One training step as a graph: forward, loss, backward and the update, with parameters and optimizer state in and out.
 * Inputs: data that change every step, the family's trainable tensors "<part>.<parameter>", for each of them its moments
 * "first." and "second." and its moving average "average.", the prior's centre "prior.<parameter>", and the scalars
 * learning_rate, step (from 1) and average_decay. Outputs: "next.<input>" of all that is carried on, loss, fit,
 * fit_by_channel [C], gradient_norm, and kl where the family has a divergence.
 */
import { type AdamWParameter, adamw, movingAverage } from '../../graph/adamw.js';
import { GraphBuilder } from '../../graph/builder.js';
import { gradient } from '../../graph/gradient.js';
import type { Graph, Shape, Value } from '../../graph/graph.js';
import { muon } from '../../graph/muon.js';
import type { Network } from '../networks/network.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import { rollout, rolloutFit } from './rollout.js';
import type { Phase, Stage } from './stages.js';

export const beta2 = 0.98;

export interface StepGraph {
  readonly graph: Graph;
  /** Shapes of the data inputs that change every step. */
  readonly data: ReadonlyMap<string, Shape>;
  readonly trainable: readonly string[];
}

/** The prior that a family's divergence is taken to, and how much it counts. */
export interface StepPrior {
  /** N, the number of training samples that the KL is divided by. */
  readonly sampleCount: number;
  /** σ_p by parameter. */
  readonly sigma: ReadonlyMap<string, number>;
}

export function buildTrainingStep(
  network: Network,
  family: WeightFamily,
  stage: Stage,
  phase: Phase,
  prior: StepPrior,
): StepGraph {
  const b = new GraphBuilder();
  const data = new Map<string, Shape>();
  const dataInput = (name: string, shape: Shape): Value => {
    data.set(name, shape);
    return b.input(name, shape);
  };
  const learningRate = b.input('learning_rate', []);
  const step = b.input('step', []);
  const trainable = [...family.trainable.keys()];
  const tensors = new Map([...family.trainable].map(([name, shape]) => [name, b.input(name, shape)]));
  const draws = new Map(
    [...family.drawShapes(stage.weightSamples)].map(([name, shape]) => [name, dataInput(name, shape)]),
  );
  const weights = family.weights(b, tensors, draws);
  const steps = rollout(b, network, stage, phase, weights, dataInput);
  const { fit, byChannel } = rolloutFit(b, network, stage, steps);
  const centres = new Map<string, Value>();
  for (const [name, shape] of network.parameters) {
    if (network.isRandom(name)) centres.set(name, b.input(`prior.${name}`, shape));
  }
  const divergence = family.divergence(b, tensors, centres, prior.sigma);
  let loss = fit;
  if (divergence !== undefined) {
    loss = b.add(fit, b.mul(divergence, b.scalar(stage.beta / prior.sampleCount)));
    b.output('kl', divergence);
  }
  appendUpdate(b, network, stage, { loss, tensors, learningRate, step });
  b.output('loss', loss);
  b.output('fit', fit);
  b.output('fit_by_channel', byChannel);
  return { graph: withoutUnread(b.build(), 'prior.'), data, trainable };
}

/** What the gradient is taken of, and by. */
interface Update {
  readonly loss: Value;
  readonly tensors: ReadonlyMap<string, Value>;
  readonly learningRate: Value;
  readonly step: Value;
}

/** Gradients, AdamW and Muon, moving averages. */
function appendUpdate(
  b: GraphBuilder,
  network: Network,
  stage: Stage,
  { loss, tensors, learningRate, step }: Update,
): void {
  const gradients = gradient(b, loss, [...tensors.values()]);
  const decay = b.input('average_decay', []);
  const moved = (name: string, value: Value, first: Value): void => {
    b.output(`next.${name}`, value);
    b.output(`next.first.${name}`, first);
    const average = b.input(`average.${name}`, value.shape);
    b.output(`next.average.${name}`, movingAverage(b, average, value, decay));
  };
  const parameters = [...tensors].map(([name, value], i) => ({
    name,
    value,
    gradient: gradients[i] ?? b.scalar(0),
    first: b.input(`first.${name}`, value.shape),
    ...rates(name, stage),
  }));
  const isOrthogonal = ({ name }: { readonly name: string }): boolean =>
    name.startsWith('mean.') && network.isOrthogonal(name.slice('mean.'.length));
  const others = parameters.filter((parameter) => !isOrthogonal(parameter));
  const update = adamw(
    b,
    others.map(
      (parameter): AdamWParameter => ({
        ...parameter,
        second: b.input(`second.${parameter.name}`, parameter.value.shape),
      }),
    ),
    { learningRate, step, beta2, clipNorm: stage.clipNorm },
  );
  others.forEach(({ name }, i) => {
    const updated = update.parameters[i];
    if (updated === undefined) return;
    moved(name, updated.value, updated.first);
    b.output(`next.second.${name}`, updated.second);
  });
  const norms = [update.gradientNorm];
  for (const parameter of parameters.filter(isOrthogonal)) {
    const rateFactor = parameter.rateFactor * stage.matrixRate;
    const updated = muon(b, { ...parameter, momentum: parameter.first, rateFactor }, learningRate);
    moved(parameter.name, updated.value, updated.momentum);
    norms.push(b.reduceSum(b.abs(parameter.gradient)));
  }
  // finite where every gradient is
  b.output('gradient_norm', b.sum(norms));
}

/** Widths ρ have a rate of their own; weight decay is for means of all but biases. */
function rates(name: string, stage: Stage): { weightDecay: number; rateFactor: number } {
  if (/^([a-z]+_)?rho\./.test(name)) return { weightDecay: 0, rateFactor: stage.rhoRate };
  if (!name.startsWith('mean.')) return { weightDecay: 0, rateFactor: 1 };
  if (name === 'mean.amplitude.bias') return { weightDecay: 0, rateFactor: stage.amplitudeRate };
  if (name === 'mean.linear.weight') return { weightDecay: 0, rateFactor: stage.linearRate };
  return { weightDecay: name.endsWith('.bias') ? 0 : stage.weightDecay, rateFactor: 1 };
}

/** A graph without those inputs of a prefix that nothing reads: not every family asks for every part of the prior. */
function withoutUnread(graph: Graph, prefix: string): Graph {
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs.map(({ id }) => id)));
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name, value }) => !name.startsWith(prefix) || read.has(value.id)),
  };
}
