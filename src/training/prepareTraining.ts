/**
 * Everything that a training reads before it writes: the training data and their climate, the network and what of it the
 * data decide, the validation data, and whether memory and disk suffice. A later stage takes climate, network and its
 * constants from the model that the stages before have left.
 */
import { availableParallelism } from 'node:os';
import { requireMemory } from '../../core/availableMemory.js';
import { dataError, usageError } from '../../core/errors.js';
import { formatPeriod, type Period } from '../../core/period.js';
import { requireSameSchema } from '../../core/schema.js';
import type { Tensors } from '../../core/store/tensorFile.js';
import { storedConstants, type TrainedModel } from '../../models/bayesian/modelDirectory.js';
import { createNetwork, type NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import type { Network, NetworkConstants } from '../../models/bayesian/networks/network.js';
import type { SeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import {
  type InitialOptions,
  initialNetwork,
  initialParameters,
} from '../../models/bayesian/training/initialise.js';
import { laplaceFitName } from '../../models/bayesian/training/laplacePass.js';
import { describeData, openSampleLoader } from '../../models/bayesian/training/openSampleLoader.js';
import type { SampleLoader } from '../../models/bayesian/training/sampleLoader.js';
import { isFixed, kindOf } from '../../models/bayesian/training/stageFamily.js';
import { initialTensors, storedTensors } from '../../models/bayesian/training/stageStart.js';
import { stageNames } from '../../models/bayesian/training/stages.js';
import { trainingFlops } from '../../models/bayesian/training/trainer.js';
import { readTrainingData, type TrainingData } from '../../models/bayesian/training/trainingData.js';
import { trainingMemory } from '../../models/bayesian/training/trainingMemory.js';
import { elements } from '../../models/graph/graph.js';
import { formatBytes } from '../progress.js';
import { stepOf } from './archiveStep.js';
import { calibrationStarts } from './calibrate.js';
import { finishedStages, requireDisk, type TurnOfStages } from './modelOutput.js';
import { type Recipe, recipeFor } from './recipe.js';
import { trainingPageBytes } from './trainingAccount.js';
import { type TrainingNetwork, trainingNetwork } from './trainingNetwork.js';
import type { TrainRequest } from './trainRequest.js';

export interface PreparedTraining {
  readonly recipe: Recipe;
  readonly turn: TurnOfStages;
  readonly config: NetworkConfig;
  readonly chosen: TrainingNetwork;
  readonly network: Network;
  readonly constants: NetworkConstants;
  readonly cycle: SeasonalCycle;
  readonly stepMilliseconds: number;
  /** What each component begins with. */
  readonly starts: readonly { readonly stage: number; readonly tensors: Tensors }[];
  readonly loader: SampleLoader;
  readonly validation: SampleLoader;
  /** Times of training and validation whose states have missing values. */
  readonly gaps: ReadonlySet<number>;
  readonly parameters: number;
  /** Of one component, the stages that are run. */
  readonly componentFlops: number;
  readonly expectedMemoryBytes: number;
}

/** @throws {PlumeError} data, usage or resources, before anything is written */
export async function prepareTraining(request: TrainRequest, turn: TurnOfStages): Promise<PreparedTraining> {
  const { source, periods, report, directory } = request;
  const { archive } = source;
  const stepMilliseconds = stepOf(archive.times);
  requireSameModel(request, turn, stepMilliseconds);
  const chosen = await trainingNetwork(request, turn.present, stepMilliseconds / 3_600_000);
  const { preset, posterior, components } = request;
  const recipe = recipeFor({ preset, network: chosen.config, posterior, components });
  report.line(`train on   ${formatPeriod(periods.train)}, validate on ${formatPeriod(periods.validate)}`);
  const data = await read(request, periods.train, turn.present?.cycle ?? recipe.climate);
  const { cycle } = data;
  const { known } = chosen;
  report.line(`network    ${chosen.config.kind}, ${chosen.why}`);
  for (const [field, from] of Object.entries(known.sources)) report.line(`constant   ${field}: ${from}`);
  const begin = await beginning(request, turn, recipe, data, { stepMilliseconds, known: known.constants });
  const { network } = begin;
  const judged = await read(request, periods.validate, cycle);
  requireStarts(request, recipe, network, judged, stepMilliseconds);
  const stages = recipe.stages.slice(turn.first, turn.last + 1);
  const history = network.historyLength;
  const phases = stages.flatMap((stage) => stage.phases);
  const plans = stages.flatMap(({ validation }) => validation ?? []);
  const most = (of: readonly { rollout: number; batch: number }[]) => ({
    history,
    rollout: Math.max(1, ...of.map(({ rollout }) => rollout)),
    batch: Math.max(1, ...of.map(({ batch }) => batch)),
  });
  const errors = stages.some(({ initialError }) => initialError > 0);
  const budget = budgetOf(request);
  const loader = await openSampleLoader(data.source, {
    ...budget,
    stepMilliseconds,
    most: most(phases),
    errors,
  });
  const validation = await openSampleLoader(judged.source, {
    ...budget,
    stepMilliseconds,
    most: most(plans),
    errors: false,
  });
  const parameters = [...network.parameters.values()].reduce((sum, shape) => sum + elements(shape), 0);
  const componentFlops = trainingFlops(network, stages, true);
  const total = (componentFlops * begin.starts.length) / 1e12;
  const names = stages.map(({ name }) => name).join(', ');
  report.line(
    `network    ${parameters.toLocaleString('en')} weights × ${begin.starts.length} from different starts; ${names}: ` +
      `${total.toPrecision(2)} TFLOP on ${request.backend.backend}`,
  );
  const held = loader.memoryBytes() + validation.memoryBytes() + trainingPageBytes;
  const expectedMemoryBytes = trainingMemory(network, stages, held);
  for (const line of describeData(data, loader, most(phases))) report.line(`samples    ${line}`);
  report.line(`memory     about ${formatBytes(expectedMemoryBytes)}`);
  requireMemory('training', expectedMemoryBytes - process.memoryUsage.rss(), lighter(begin.config));
  const diskBytes = await requireDisk(directory, parameters * begin.starts.length);
  report.line(`disk       up to ${formatBytes(diskBytes)} while it trains`);
  return {
    ...begin,
    ...{ recipe, chosen, turn, cycle, stepMilliseconds, loader, validation, parameters, componentFlops },
    expectedMemoryBytes,
    gaps: new Set([...gapsOf(data), ...gapsOf(judged)]),
  };
}

/** What would take less memory. */
function lighter(config: NetworkConfig): string {
  switch (config.kind) {
    case 'earth-transformer': {
      const [levels, rows, columns] = config.patch;
      return (
        `give --network FILE.json with larger patches ("patch": [${levels}, ${2 * rows}, ${2 * columns}], as Pangu-Weather’s ` +
        `Lite, take about a third) or fewer channels ("channels": ${config.channels / 2}), or fewer --variables`
      );
    }
    default:
      return 'use a smaller --preset, or fewer --variables';
  }
}

function budgetOf({ sampleBytes }: TrainRequest): { budgetBytes?: number } {
  return sampleBytes === undefined ? {} : { budgetBytes: sampleBytes };
}

function gapsOf({ source: { times, complete } }: TrainingData): Set<number> {
  return new Set(Array.from(times).filter((_, i) => complete[i] === 0));
}

async function read(
  request: TrainRequest,
  period: Period,
  climate: SeasonalCycle | Recipe['climate'],
): Promise<TrainingData> {
  const { source, gaps, report } = request;
  const options = { name: source.name, climate, gaps, ...budgetOf(request) };
  const data = await readTrainingData(source.archive, period, options);
  if (data.gaps > 0) {
    report.line(
      `gaps       ${data.gaps} of ${data.source.times.length} states of ${formatPeriod(period)} have missing values and are left out`,
    );
  }
  return data;
}

type Beginning = Pick<PreparedTraining, 'config' | 'network' | 'constants' | 'starts'>;

/** The network and its first tensors: from the data, or from the model that is there. */
async function beginning(
  { source, seed }: TrainRequest,
  { present }: TurnOfStages,
  recipe: Recipe,
  data: TrainingData,
  options: Pick<InitialOptions, 'stepMilliseconds' | 'known'>,
): Promise<Beginning> {
  const { schema } = source.archive;
  if (present !== null) {
    const { network: config, constants, components } = present;
    const stage = finishedStages(present);
    const starts = components.map((tensors, component) => ({
      stage,
      tensors: new Map([
        ...storedTensors(tensors, isFixed(present.description.posterior.kind)),
        ...laplaceOf(present, component),
      ]),
    }));
    return { config, constants, network: createNetwork(config, schema, constants), starts };
  }
  const initial = await initialNetwork(recipe.network, schema, data.source, data.cycle, {
    ...options,
    ridge: recipe.ridge,
    threads: availableParallelism(),
  });
  // what is trained with is what will be stored: a model read back forecasts, and trains on, with the same numbers
  const constants = storedConstants(initial.constants);
  const network = createNetwork(initial.config, schema, constants);
  const starts = Array.from({ length: recipe.components }, (_, component) => ({
    stage: 0,
    tensors: initialTensors(
      initialParameters(initial, { seed: seed + component, amplitude: recipe.amplitude }),
    ),
  }));
  return { config: initial.config, constants, network, starts };
}

function laplaceOf({ description: { posterior } }: TrainedModel, component: number): Tensors {
  if (posterior.kind !== 'last-layer-laplace') return new Map();
  const fit = [posterior.temperature[component] ?? 1, posterior.prior_precision[component] ?? 1];
  return new Map([[laplaceFitName, { shape: [2], values: Float32Array.from(fit) }]]);
}

/** @throws {PlumeError} data or usage, where a later stage is asked of another archive or for another posterior */
function requireSameModel(
  { source, directory, posterior, components }: TrainRequest,
  { present }: TurnOfStages,
  stepMilliseconds: number,
): void {
  if (present === null) return;
  const model = `the model in "${directory}"`;
  requireSameSchema(source.archive.schema, source.name, present.schema, model);
  const hours = stepMilliseconds / 3_600_000;
  if (hours !== present.description.step_hours) {
    throw dataError(
      `${source.name} has a time every ${hours} h, ${model} steps ${present.description.step_hours} h; give the archive ` +
        'that the stages before were trained on',
    );
  }
  const { kind } = present.description.posterior;
  if (components !== undefined && components !== present.components.length) {
    throw usageError(
      `${model} has ${present.components.length} networks, --components ${components} was asked for; ` +
        'their number is decided in the deterministic stage: leave the flag out, or choose another --out',
    );
  }
  const finished = stageNames[finishedStages(present) - 1] ?? 'deterministic';
  if (finished !== 'deterministic' && kind !== kindOf(posterior, finished)) {
    throw usageError(
      `${model} has a posterior of kind ${kind} from its ${finished} stage, ${posterior} was asked for; ` +
        'a posterior is begun in the epistemic stage: give --posterior as it was begun, or choose another --out',
    );
  }
}

/** Calibration starts are looked for before hours of training. */
function requireStarts(
  { source, periods }: TrainRequest,
  recipe: Recipe,
  network: Network,
  judged: TrainingData,
  stepMilliseconds: number,
): void {
  calibrationStarts({
    archive: source.archive,
    archiveName: source.name,
    period: periods.validate,
    ...recipe.calibration,
    historyLength: network.historyLength,
    stepMilliseconds,
    gaps: gapsOf(judged),
  });
}
