/** What a training hands over to be stored: the model's description, and the record of how it came about. */
import { formatPeriod } from '../../core/period.js';
import type { Tensors } from '../../core/store/tensorFile.js';
import type { ModelDescription, ModelParts } from '../../models/bayesian/modelDirectory.js';
import { klDivergence } from '../../models/bayesian/posteriors/meanField.js';
import { partOf } from '../../models/bayesian/posteriors/parts.js';
import { kindOf } from '../../models/bayesian/training/stageFamily.js';
import { stageNames } from '../../models/bayesian/training/stages.js';
import type { TrainingResult } from '../../models/bayesian/training/trainer.js';
import type { Calibration } from './calibrate.js';
import type { PreparedTraining } from './prepareTraining.js';
import type { TrainRequest } from './trainRequest.js';

/** The model before its noise and relaxation are calibrated. */
export function uncalibratedParts(
  request: TrainRequest,
  prepared: PreparedTraining,
  results: readonly TrainingResult[],
): ModelParts {
  const { recipe, config, constants, cycle, stepMilliseconds } = prepared;
  const { periods, seed, preset } = request;
  return {
    ...{ schema: request.source.archive.schema, network: config, constants, cycle },
    components: results.map(({ tensors }) => tensors),
    settings: {
      step_hours: stepMilliseconds / 3_600_000,
      posterior: posteriorDescription(request, prepared, results),
      noise: {
        fields: recipe.noise.map(({ lengthKm, timeHours, share }) => ({
          length_km: lengthKm,
          time_hours: timeHours,
          share,
        })) as ModelDescription['noise']['fields'],
        scale: 1,
      },
      relaxation: 0,
      training: {
        train: formatPeriod(periods.train),
        validate: formatPeriod(periods.validate),
        ...{ seed, preset, record: null },
      },
    },
  };
}

function posteriorDescription(
  { posterior, seed }: TrainRequest,
  { recipe, turn }: PreparedTraining,
  results: readonly TrainingResult[],
): ModelDescription['posterior'] {
  const components = results.length;
  const kind = kindOf(posterior, stageNames[turn.last] ?? 'aleatoric');
  const variational = {
    ...{ components, seed, scale: 1 },
    beta: recipe.stages.at(-1)?.beta ?? 0,
  };
  switch (kind) {
    case 'point':
      return { kind, components, seed };
    case 'mean-field':
      return { kind, ...variational, prior_sigma: recipe.posterior.priorSigma };
    case 'rank-one':
      return { kind, ...variational, prior_sigma: recipe.kinds.rankOne.priorSigma };
    case 'dropout':
      return {
        ...{ kind, ...variational, rate: recipe.kinds.dropoutRate },
        prior_sigma: recipe.posterior.priorSigma,
      };
    case 'swag':
      return { ...{ kind, components, seed, scale: 1 }, rank: deviationsOf(results) };
    case 'last-layer-laplace':
      return {
        ...{ kind, components, seed, scale: 1 },
        temperature: results.map(({ laplace }) => laplace?.temperature ?? 1),
        prior_precision: results.map(({ laplace }) => laplace?.priorPrecision ?? 1),
      };
  }
}

/** Deviations that SWAG kept: fewer than its rank where it took fewer snapshots. */
function deviationsOf([first]: readonly TrainingResult[]): number {
  const [deviations] = partOf(first?.tensors ?? new Map(), 'deviations').values();
  return deviations?.shape[0] ?? 2;
}

/** The same with what calibration found and what training recorded. */
export function recordedParts(
  { posterior, backend }: TrainRequest,
  { recipe, turn, loader }: PreparedTraining,
  {
    parts,
    calibration,
    results,
  }: {
    readonly parts: ModelParts;
    readonly calibration: Calibration;
    readonly results: readonly TrainingResult[];
  },
): ModelParts {
  const { settings } = parts;
  const [deterministic] = recipe.stages;
  return {
    ...parts,
    settings: {
      ...settings,
      relaxation: round(calibration.relaxation),
      noise: { ...settings.noise, scale: round(calibration.noise) },
      training: {
        ...settings.training,
        record: {
          stages: stageNames.slice(0, turn.last + 1),
          posterior,
          backend: backend.backend,
          loss: deterministic?.loss ?? 'l1',
          variable_weights: deterministic?.variableWeights ?? 'equal',
          samples: { ...loader.plan },
          ...(settings.posterior.kind === 'mean-field' ? { kl_nats: results.map(divergenceOf) } : {}),
          validation_fair_crps: calibration.fairCrps.map(round),
          validation_spread_skill_ratio: calibration.spreadSkillRatio.map(round),
          losses: results.map(({ losses }) => losses.map(({ fit, ...at }) => ({ ...at, fit: round(fit) }))),
          validations: results.map(({ validations }) =>
            validations.map(({ stage, step, fit, crps, spreadSkillRatio, best }) => ({
              ...{ stage, step, fit: round(fit), crps: rounded(crps) },
              ...{ spread_skill_ratio: rounded(spreadSkillRatio), best },
            })),
          ),
        },
      },
    },
  };
}

function divergenceOf({ tensors, priorMean, priorSigma }: TrainingResult): number {
  const of = (part: string): Tensors => partOf(tensors, part);
  return round(klDivergence({ mean: of('mean'), rho: of('rho') }, priorMean, priorSigma));
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}
