/**
 * The three stages of training, each a list of phases with rollouts of one length, and the graph of one
 * training step of a phase: forward, loss, backward and AdamW, with parameters and optimizer state in and out.
 *
 *   deterministic   L(x̂(t + sΔt), x) averaged over s = 1 … rollout, one set of weights, dropout
 *   epistemic       E_q[−ln p] + β KL(q‖p)/N, p Gaussian with the network's own amplitude, no noise drawn
 *   aleatoric       almost-fair CRPS of S weight samples × J noise streams through rollouts + β KL/N
 *
 * States are anomalies [S, R, n], R = J · B rows with row = stream · B + sample; patterns [S, R, points].
 */
import { internalError } from '../../../core/errors.js';
import { gridSize, pointWeights } from '../../../core/grid.js';
import { timeTerms } from '../../../core/season.js';
import { type AdamWParameter, adamw, movingAverage } from '../../graph/adamw.js';
import { GraphBuilder } from '../../graph/builder.js';
import { gradient } from '../../graph/gradient.js';
import type { Graph, Shape, Value } from '../../graph/graph.js';
import { muon } from '../../graph/muon.js';
import type { Network, NetworkOutputs } from '../networks/network.js';
import { almostFairCrps, gaussianKl, gaussianNegativeLogLikelihood, meanSquaredError } from './losses.js';

export type StageName = 'deterministic' | 'epistemic' | 'aleatoric';

/** A run of training steps of one shape. */
export interface Phase {
  readonly steps: number;
  /** Model steps of a rollout. */
  readonly rollout: number;
  /** Samples of the archive in a batch. */
  readonly batch: number;
}

export interface Stage {
  readonly name: StageName;
  readonly phases: readonly Phase[];
  /** S and J of one training step; 1 × 1 in the deterministic stage. */
  readonly weightSamples: number;
  readonly noiseStreams: number;
  /** Peak learning rate of the weights; cosine to zero over the stage after a linear warm-up. */
  readonly learningRate: number;
  readonly warmUpSteps: number;
  /** Factors on the learning rate: of the linear path, of ρ, and of the bias of the amplitude. */
  readonly linearRate: number;
  readonly rhoRate: number;
  readonly amplitudeRate: number;
  /** Factor on the learning rate of matrices whose updates are made orthogonal. */
  readonly matrixRate: number;
  /** Decoupled weight decay of the weights outside the linear path. */
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Share of token channels dropped; of hidden units twice that. */
  readonly dropout: number;
  /** Temperature on the KL term. */
  readonly beta: number;
  /** α of the almost-fair CRPS. */
  readonly alpha: number;
  /** α of errors of the analysis, and of the members' own perturbations: differences of states times α/√2. */
  readonly initialError: number;
  /** Weight of each model step of a rollout in the loss; the last counts on. */
  readonly leadWeights: readonly number[];
  /** Decay of the moving average that becomes the result. */
  readonly averageDecay: number;
}

export const beta2 = 0.98;

/** Names of the trainable tensors of a stage: "mean.<parameter>" and, where weights are random, "rho.<parameter>". */
export function trainableNames(stage: StageName, network: Network): string[] {
  const names = [...network.parameters.keys()];
  const means = names.map((name) => `mean.${name}`);
  if (stage === 'deterministic') return means;
  return [...means, ...names.filter((name) => network.isRandom(name)).map((name) => `rho.${name}`)];
}

export interface StepGraph {
  readonly graph: Graph;
  /** Shapes of the data inputs that change every step. */
  readonly data: ReadonlyMap<string, Shape>;
  readonly trainable: readonly string[];
}

/**
 * @param sampleCount N, the number of training samples that the KL is divided by
 * @param priorSigma σ_p by parameter
 */
export function buildTrainingStep(
  network: Network,
  stage: Stage,
  phase: Phase,
  sampleCount: number,
  priorSigma: ReadonlyMap<string, number>,
): StepGraph {
  const b = new GraphBuilder();
  const data = new Map<string, Shape>();
  const dataInput = (name: string, shape: Shape): Value => {
    data.set(name, shape);
    return b.input(name, shape);
  };
  const learningRate = b.input('learning_rate', []);
  const step = b.input('step', []);
  const random = stage.name !== 'deterministic';
  const trainable = trainableNames(stage.name, network);
  const tensors = new Map<string, Value>();
  for (const name of trainable) {
    tensors.set(name, b.input(name, network.parameters.get(name.slice(name.indexOf('.') + 1)) ?? []));
  }
  const tensor = (name: string): Value => tensors.get(name) ?? b.scalar(Number.NaN);

  const weights = new Map<string, Value>();
  const divergences: Value[] = [];
  for (const [name, shape] of network.parameters) {
    const mean = b.reshape(tensor(`mean.${name}`), [1, ...shape]);
    if (!random || !network.isRandom(name)) {
      weights.set(name, mean);
      continue;
    }
    const sigma = b.softplus(tensor(`rho.${name}`));
    const draws = dataInput(`draw.${name}`, [stage.weightSamples, ...shape]);
    weights.set(name, b.add(mean, b.mul(b.reshape(sigma, [1, ...shape]), draws)));
    const centre = b.input(`prior.${name}`, shape);
    divergences.push(gaussianKl(b, tensor(`mean.${name}`), sigma, centre, priorSigma.get(name) ?? 1));
  }

  const fit = rolloutLoss(b, network, stage, phase, weights, dataInput);
  let loss = fit;
  if (divergences.length > 0) {
    const divergence = b.sum(divergences);
    loss = b.add(fit, b.mul(divergence, b.scalar(stage.beta / sampleCount)));
    b.output('kl', divergence);
  }

  const gradients = gradient(
    b,
    loss,
    trainable.map((name) => tensor(name)),
  );
  const byName = new Map(trainable.map((name, i) => [name, gradients[i] ?? b.scalar(0)]));
  const isOrthogonal = (name: string): boolean =>
    name.startsWith('mean.') && network.isOrthogonal(name.slice('mean.'.length));
  const [matrices, others] = [
    trainable.filter(isOrthogonal),
    trainable.filter((name) => !isOrthogonal(name)),
  ];
  const parameterOf = (name: string) => ({
    value: tensor(name),
    gradient: byName.get(name) ?? b.scalar(0),
    first: b.input(`first.${name}`, tensor(name).shape),
    ...rates(name, stage),
  });
  const update = adamw(
    b,
    others.map(
      (name): AdamWParameter => ({
        ...parameterOf(name),
        second: b.input(`second.${name}`, tensor(name).shape),
      }),
    ),
    { learningRate, step, beta2, clipNorm: stage.clipNorm },
  );
  const decay = b.input('average_decay', []);
  const moved = (name: string, value: Value, first: Value): void => {
    b.output(`next.${name}`, value);
    b.output(`next.first.${name}`, first);
    const average = b.input(`average.${name}`, value.shape);
    b.output(`next.average.${name}`, movingAverage(b, average, value, decay));
  };
  others.forEach((name, i) => {
    const updated = update.parameters[i];
    if (updated === undefined) return;
    moved(name, updated.value, updated.first);
    b.output(`next.second.${name}`, updated.second);
  });
  const norms = [update.gradientNorm];
  for (const name of matrices) {
    const parameter = parameterOf(name);
    const rateFactor = parameter.rateFactor * stage.matrixRate;
    const updated = muon(b, { ...parameter, momentum: parameter.first, rateFactor }, learningRate);
    moved(name, updated.value, updated.momentum);
    norms.push(b.reduceSum(b.abs(parameter.gradient)));
  }
  b.output('loss', loss);
  b.output('fit', fit);
  // finite where every gradient is
  b.output('gradient_norm', b.sum(norms));
  return { graph: b.build(), data, trainable };
}

function rates(name: string, stage: Stage): { weightDecay: number; rateFactor: number } {
  if (name.startsWith('rho.')) return { weightDecay: 0, rateFactor: stage.rhoRate };
  if (name === 'mean.amplitude.bias') return { weightDecay: 0, rateFactor: stage.amplitudeRate };
  if (name === 'mean.linear.weight') return { weightDecay: 0, rateFactor: stage.linearRate };
  return { weightDecay: stage.weightDecay, rateFactor: 1 };
}

function rolloutLoss(
  b: GraphBuilder,
  network: Network,
  stage: Stage,
  phase: Phase,
  weights: ReadonlyMap<string, Value>,
  dataInput: (name: string, shape: Shape) => Value,
): Value {
  const { weightSamples: S, noiseStreams: J } = stage;
  const { batch: B, rollout } = phase;
  const n = network.stateLength;
  const points = gridSize(network.schema.grid);
  const variables = n / points;
  const rows = J * B;
  const one = pointWeights(network.schema.grid);
  const areaWeights = b.constant(
    Float32Array.from({ length: n }, (_, i) => one[i % points] ?? 1),
    [n],
  );
  const noisy = stage.name === 'aleatoric';

  const everyRow = (name: string): Value =>
    b.reshape(b.expand(b.reshape(dataInput(name, [B, n]), [1, 1, B, n]), [S, J, B, n]), [S, rows, n]);
  let history = Array.from({ length: network.historyLength }, (_, back) => {
    const analysis = everyRow(`state.${back}`);
    return noisy && stage.initialError > 0
      ? b.add(analysis, dataInput(`initial.${back}`, [S, rows, n]))
      : analysis;
  });
  const stepLoss = (members: Value, amplitude: Value, truth: Value): Value => {
    switch (stage.name) {
      case 'deterministic':
        return meanSquaredError(b, members, truth, areaWeights);
      case 'epistemic': {
        const sigma = b.reshape(amplitude, [S * J, B, n]);
        return gaussianNegativeLogLikelihood(b, members, sigma, truth, areaWeights);
      }
      case 'aleatoric':
        return almostFairCrps(b, members, truth, areaWeights, stage.alpha);
    }
  };
  const losses: Value[] = [];
  let totalWeight = 0;
  for (let s = 0; s < rollout; s++) {
    const basis = timeTerms(network);
    const season = dataInput(`season.${s}`, [B, basis]);
    const outputs: NetworkOutputs = network.forward(b, weights, {
      history,
      season: b.reshape(b.expand(b.reshape(season, [1, B, basis]), [J, B, basis]), [rows, basis]),
      ...(stage.dropout > 0 ? { dropout: dropoutInputs(network, S, rows, s, dataInput) } : {}),
    });
    let next = b.add(newest(history), outputs.increment);
    if (noisy) {
      const pattern = b.reshape(dataInput(`pattern.${s}`, [S, rows, points]), [S, rows, 1, points]);
      const amplitude = b.reshape(outputs.amplitude, [S, rows, variables, points]);
      next = b.add(next, b.reshape(b.mul(amplitude, pattern), [S, rows, n]));
    }
    const truth = dataInput(`truth.${s}`, [B, n]);
    const members = b.reshape(next, [S * J, B, n]);
    const weight = stage.leadWeights[Math.min(s, stage.leadWeights.length - 1)] ?? 1;
    losses.push(b.mul(stepLoss(members, outputs.amplitude, truth), b.scalar(weight)));
    totalWeight += weight;
    history = [next, ...history.slice(0, -1)];
  }
  return b.mul(b.sum(losses), b.scalar(1 / totalWeight));
}

/** The state that a step starts from. */
function newest([state]: readonly Value[]): Value {
  if (state === undefined) throw internalError('a network without history');
  return state;
}

function dropoutInputs(
  network: Network,
  samples: number,
  rows: number,
  step: number,
  dataInput: (name: string, shape: Shape) => Value,
): Map<string, Value> {
  const shapes = [...network.dropoutShapes(samples, rows)];
  return new Map(shapes.map(([name, shape]) => [name, dataInput(`dropout.${name}.${step}`, shape)]));
}
