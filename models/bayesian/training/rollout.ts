/**
 * Forecasts inside a training graph: the network stepped through a rollout, noise added where the stage has it, and
 * every step scored, one number for each channel.
 * States are anomalies [S, R, n], R = J · B rows with row = stream · B + sample; patterns [S, R, points].
 */
import { internalError } from '../../../core/errors.js';
import { gridSize, pointWeights } from '../../../core/grid.js';
import { timeTerms } from '../../../core/season.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { Network, NetworkOutputs } from '../networks/network.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import {
  almostFairCrps,
  gaussianCrps,
  gaussianNegativeLogLikelihood,
  meanAbsoluteError,
  meanSquaredError,
} from './losses.js';
import { leadShares, type Phase, type Stage } from './stages.js';
import { channelWeights } from './variableWeights.js';

/** Names a data input of the graph that is filled anew every step. */
export type DataInput = (name: string, shape: Shape) => Value;

/** What is known of one model step of a rollout. */
export interface RolloutStep {
  /** [S · J, B, n]: the states that the stage minimises the error of. */
  readonly members: Value;
  /** [S · J, B, n]: the states with noise, where noise was asked for; the same as `members` where they have it. */
  readonly noisy: Value;
  /** [S · J, B, n] */
  readonly amplitude: Value;
  /** [B, n] */
  readonly truth: Value;
}

export interface RolloutOptions {
  /** True: `noisy` has noise whatever the stage; states go on without it where the stage has none. */
  readonly noise?: boolean;
}

/**
 * @param family what weights are drawn from
 * @returns the stage with as few weight samples as tell apart: of a family that draws nothing all members share one
 */
export function membersOf(stage: Stage, family: Pick<WeightFamily, 'drawShapes'>): Stage {
  if (family.drawShapes(1).size > 0) return stage;
  return { ...stage, weightSamples: 1, noiseStreams: stage.weightSamples * stage.noiseStreams };
}

/** @param weights by parameter, [S or 1, ...shape] */
export function rollout(
  b: GraphBuilder,
  network: Network,
  stage: Stage,
  phase: Pick<Phase, 'rollout' | 'batch'>,
  weights: ReadonlyMap<string, Value>,
  dataInput: DataInput,
  { noise = false }: RolloutOptions = {},
): RolloutStep[] {
  const { weightSamples: S, noiseStreams: J } = stage;
  // networks take each weight sample apart: what is not random is the same in all of them
  const everySample = new Map(
    [...weights].map(([name, weight]) => [name, b.expand(weight, [S, ...weight.shape.slice(1)])]),
  );
  const { batch: B } = phase;
  const n = network.stateLength;
  const points = gridSize(network.schema.grid);
  const rows = J * B;
  const keepsNoise = stage.name === 'aleatoric';
  const everyRow = (name: string): Value =>
    b.reshape(b.expand(b.reshape(dataInput(name, [B, n]), [1, 1, B, n]), [S, J, B, n]), [S, rows, n]);
  let history = Array.from({ length: network.historyLength }, (_, back) => {
    const analysis = everyRow(`state.${back}`);
    return keepsNoise && stage.initialError > 0
      ? b.add(analysis, dataInput(`initial.${back}`, [S, rows, n]))
      : analysis;
  });
  const steps: RolloutStep[] = [];
  for (let s = 0; s < phase.rollout; s++) {
    const basis = timeTerms(network);
    const season = dataInput(`season.${s}`, [B, basis]);
    const outputs: NetworkOutputs = network.forward(b, everySample, {
      history,
      season: b.reshape(b.expand(b.reshape(season, [1, B, basis]), [J, B, basis]), [rows, basis]),
      ...(stage.dropout > 0 ? { dropout: dropoutInputs(network, S, rows, s, dataInput) } : {}),
    });
    const clean = b.add(newest(history), outputs.increment);
    const noisy = keepsNoise || noise ? b.add(clean, noiseOf(b, outputs, points, s, dataInput)) : clean;
    const next = keepsNoise ? noisy : clean;
    steps.push({
      members: b.reshape(next, [S * J, B, n]),
      noisy: b.reshape(noisy, [S * J, B, n]),
      // weights of one sample serve all: the amplitude may have one row of them
      amplitude: b.reshape(b.expand(outputs.amplitude, [S, rows, n]), [S * J, B, n]),
      truth: dataInput(`truth.${s}`, [B, n]),
    });
    history = [next, ...history.slice(0, -1)];
  }
  return steps;
}

/** [S, R, n]: amplitude ⊙ pattern, one pattern for every channel. */
function noiseOf(
  b: GraphBuilder,
  { amplitude, increment }: NetworkOutputs,
  points: number,
  step: number,
  dataInput: DataInput,
): Value {
  const [S = 1, rows = 1, n = 1] = increment.shape;
  const pattern = b.reshape(dataInput(`pattern.${step}`, [S, rows, points]), [S, rows, 1, points]);
  const each = b.reshape(b.expand(amplitude, [S, rows, n]), [S, rows, n / points, points]);
  return b.reshape(b.mul(each, pattern), [S, rows, n]);
}

/** Cell areas repeated for every channel, [n], mean 1. */
export function areaWeights(b: GraphBuilder, network: Network): Value {
  const one = pointWeights(network.schema.grid);
  const n = network.stateLength;
  return b.constant(
    Float32Array.from({ length: n }, (_, i) => one[i % one.length] ?? 1),
    [n],
  );
}

export interface Fit {
  /** What the stage minimises, without the KL term, []. */
  readonly fit: Value;
  /** The same for each channel, before channels are weighted, [C]. */
  readonly byChannel: Value;
}

/** The loss of a stage over a rollout. */
export function rolloutFit(
  b: GraphBuilder,
  network: Network,
  stage: Stage,
  steps: readonly RolloutStep[],
): Fit {
  const area = areaWeights(b, network);
  const channels = network.schema.channels.length;
  const shares = leadShares(stage, steps.length);
  const losses = steps.map((step, s) =>
    b.mul(stepLoss(b, stage, step, area, channels), b.scalar(shares[s] ?? 0)),
  );
  const byChannel = b.sum(losses);
  const weights = channelWeights(
    network.schema,
    // a likelihood weighs channels by its own widths, a CRPS in units of their scale does not
    stage.name === 'epistemic' && stage.loss !== 'gaussian-crps' ? 'equal' : stage.variableWeights,
  );
  const weighted = weights.every((weight) => weight === 1)
    ? byChannel
    : b.mul(byChannel, b.constant(weights, [channels]));
  return { fit: b.reduceMean(weighted), byChannel };
}

function stepLoss(
  b: GraphBuilder,
  stage: Stage,
  { members, amplitude, truth }: RolloutStep,
  area: Value,
  channels: number,
): Value {
  switch (stage.name) {
    case 'deterministic': {
      const error = stage.loss === 'mse' ? meanSquaredError : meanAbsoluteError;
      return error(b, members, truth, area, channels);
    }
    case 'epistemic': {
      const score = stage.loss === 'gaussian-crps' ? gaussianCrps : gaussianNegativeLogLikelihood;
      return score(b, members, amplitude, truth, area, channels);
    }
    case 'aleatoric':
      return almostFairCrps(b, members, truth, area, stage.alpha, channels);
  }
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
  dataInput: DataInput,
): Map<string, Value> {
  const shapes = [...network.dropoutShapes(samples, rows)];
  return new Map(shapes.map(([name, shape]) => [name, dataInput(`dropout.${name}.${step}`, shape)]));
}
