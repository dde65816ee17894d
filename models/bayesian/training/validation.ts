/**
 * How good the averaged weights are on the validation period: a graph of the forward pass alone, run on a few batches
 * that are the same every time, with the same random numbers, so that judgements differ by the weights and not by chance.
 *   fit     what the stage minimises
 *   crps    fair CRPS of S weight samples × J noise streams, mean over leads and channels (Ferro 2014)
 *   spread–skill ratio   √((M + 1)/M · mean variance / mean squared error of the mean) (Fortin et al. 2014, eq. 15)
 * In the epistemic stage, whose states go on without noise, each state is scored with the noise of its last step.
 */
import { GraphBuilder } from '../../graph/builder.js';
import type { GraphExecutor, HeldTensor } from '../../graph/executor.js';
import { elements, type Graph, type Shape, type Value } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import { almostFairCrps, areaMean } from './losses.js';
import { areaWeights, membersOf, type RolloutStep, rollout, rolloutFit } from './rollout.js';
import type { SampleLoader } from './sampleLoader.js';
import type { Phase, Stage, ValidationPlan } from './stages.js';
import { fillBatch, type NoisePatterns, type StepPlace } from './trainingBatch.js';

export interface Judgement {
  readonly fit: number;
  /** Null where the stage has no members. */
  readonly crps: number | null;
  readonly spreadSkillRatio: number | null;
}

/** The stage as it is judged: without dropout, with the members of the plan. */
function judgedStage(stage: Stage, plan: ValidationPlan, family: WeightFamily): Stage {
  const alone = stage.name === 'deterministic';
  const { weightSamples, noiseStreams } = alone ? { weightSamples: 1, noiseStreams: 1 } : plan;
  return membersOf({ ...stage, dropout: 0, weightSamples, noiseStreams }, family);
}

export interface ValidationGraph {
  readonly graph: Graph;
  readonly data: ReadonlyMap<string, Shape>;
}

/** Inputs: data, and the family's trainable tensors by name. Outputs: fit, and with members crps, variance, error. */
export function buildValidation(
  network: Network,
  family: WeightFamily,
  trained: Stage,
  plan: ValidationPlan,
): ValidationGraph {
  const stage = judgedStage(trained, plan, family);
  const b = new GraphBuilder();
  const data = new Map<string, Shape>();
  const dataInput = (name: string, shape: Shape): Value => {
    data.set(name, shape);
    return b.input(name, shape);
  };
  const tensors = new Map([...family.trainable].map(([name, shape]) => [name, b.input(name, shape)]));
  const draws = new Map(
    [...family.drawShapes(stage.weightSamples)].map(([name, shape]) => [name, dataInput(name, shape)]),
  );
  const weights = family.weights(b, tensors, draws);
  const members = stage.weightSamples * stage.noiseStreams;
  const steps = rollout(b, network, stage, plan, weights, dataInput, { noise: members > 1 });
  b.output('fit', rolloutFit(b, network, stage, steps).fit);
  if (members > 1) appendScores(b, network, steps, members);
  return { graph: b.build(), data };
}

function appendScores(
  b: GraphBuilder,
  network: Network,
  steps: readonly RolloutStep[],
  members: number,
): void {
  const area = areaWeights(b, network);
  const overLeads = (of: (step: RolloutStep) => Value): Value =>
    b.mul(b.sum(steps.map(of)), b.scalar(1 / steps.length));
  const centre = ({ noisy }: RolloutStep): Value => b.reduceMean(noisy, [0], true);
  const square = (value: Value): Value => b.mul(value, value);
  b.output(
    'crps',
    overLeads(({ noisy, truth }) => almostFairCrps(b, noisy, truth, area, 1)),
  );
  b.output(
    'variance',
    b.mul(
      overLeads((step) => areaMean(b, square(b.sub(step.noisy, centre(step))), area)),
      b.scalar(members / (members - 1)),
    ),
  );
  b.output(
    'error',
    overLeads((step) => areaMean(b, square(b.sub(centre(step), step.truth)), area)),
  );
}

export interface ValidatorSources {
  readonly network: Network;
  readonly family: WeightFamily;
  /** Of the training period: analysis errors are made of its states. */
  readonly loader: SampleLoader;
  readonly validation: SampleLoader;
  readonly noise: NoisePatterns;
  readonly seed: number;
}

/** Draws and samples of judgements are none of training: their stages are counted from here. */
const validationStages = 100;

/** Judges the weights of one stage; holds a graph and its buffers until it is released. */
export class Validator {
  readonly #sources: ValidatorSources;
  readonly #place: Omit<StepPlace, 'step'>;
  readonly #plan: ValidationPlan;
  readonly #executor: GraphExecutor;
  readonly #buffers: ReadonlyMap<string, Float32Array>;
  readonly #trainable: readonly string[];

  private constructor(
    sources: ValidatorSources,
    place: Omit<StepPlace, 'step'>,
    plan: ValidationPlan,
    { data }: ValidationGraph,
    executor: GraphExecutor,
  ) {
    this.#sources = sources;
    this.#place = place;
    this.#plan = plan;
    this.#executor = executor;
    this.#buffers = new Map([...data].map(([name, shape]) => [name, new Float32Array(elements(shape))]));
    this.#trainable = [...sources.family.trainable.keys()];
  }

  static async open(
    sources: ValidatorSources,
    { index, stage, plan }: { readonly index: number; readonly stage: Stage; readonly plan: ValidationPlan },
    createExecutor: (graph: Graph) => Promise<GraphExecutor>,
  ): Promise<Validator> {
    const built = buildValidation(sources.network, sources.family, stage, plan);
    const phase: Phase = { steps: plan.batches, rollout: plan.rollout, batch: plan.batch };
    const place = { index: validationStages + index, stage: judgedStage(stage, plan, sources.family), phase };
    return new Validator(sources, place, plan, built, await createExecutor(built.graph));
  }

  /** @param tensors the family's trainable tensors by name, as numbers or as results of the same backend */
  async judge(tensors: (name: string) => Float32Array | HeldTensor): Promise<Judgement> {
    const { network, loader, validation, family, noise, seed } = this.#sources;
    const { index, phase, stage } = this.#place;
    const { stateLength, stepMilliseconds } = validation;
    const sources = {
      network,
      family,
      noise,
      seed,
      loader: { stateLength, stepMilliseconds, pool: loader.pool },
    };
    const weights = Object.fromEntries(this.#trainable.map((name) => [name, tensors(name)]));
    const sums = new Map<string, number>();
    for (let step = 0; step < this.#plan.batches; step++) {
      const request = { seed, stage: index, step, batch: phase.batch };
      const needs = { history: network.historyLength, rollout: phase.rollout };
      fillBatch(
        sources,
        { ...this.#place, step },
        await validation.batch({ ...request, ...needs }),
        this.#buffers,
      );
      const outputs = await this.#executor.run({ ...Object.fromEntries(this.#buffers), ...weights });
      for (const [name, tensor] of Object.entries(outputs)) {
        const [value = Number.NaN] = await this.#executor.read(tensor);
        sums.set(name, (sums.get(name) ?? 0) + value / this.#plan.batches);
      }
      this.#executor.dispose(Object.values(outputs));
    }
    const of = (name: string): number => sums.get(name) ?? Number.NaN;
    const members = stage.weightSamples * stage.noiseStreams;
    return {
      fit: of('fit'),
      crps: members > 1 ? of('crps') : null,
      spreadSkillRatio:
        members > 1 ? Math.sqrt((((members + 1) / members) * of('variance')) / of('error')) : null,
    };
  }

  release(): Promise<void> {
    return this.#executor.release();
  }
}
