/** What a training hands over to be stored: the model's description, and the record of how it came about. */
import { formatPeriod } from '../../core/period.js';
import type { Json } from '../../core/store/canonicalJson.js';
import type { Tensors } from '../../core/store/tensorFile.js';
import type { ModelDescription, ModelParts } from '../../models/bayesian/modelDirectory.js';
import { gaussianKlOf } from '../../models/bayesian/posteriors/gaussian.js';
import { klDivergence } from '../../models/bayesian/posteriors/meanField.js';
import { partOf } from '../../models/bayesian/posteriors/parts.js';
import { posteriorWidths } from '../../models/bayesian/posteriors/widths.js';
import type { TrainingHistory } from '../../models/bayesian/training/checkpoint.js';
import { kindOf } from '../../models/bayesian/training/stageFamily.js';
import { stageNames } from '../../models/bayesian/training/stages.js';
import type { TrainingResult } from '../../models/bayesian/training/trainer.js';
import type { FoundCalibration } from './findCalibration.js';
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

/** What is recorded of a training before its first step. */
export function plainRecord(
  { posterior, backend }: TrainRequest,
  { recipe, chosen, loader, parameters }: PreparedTraining,
): Readonly<Record<string, Json>> {
  const [deterministic] = recipe.stages;
  return {
    posterior,
    backend: backend.backend,
    network_choice: chosen.why,
    ...(Object.keys(chosen.known.sources).length === 0 ? {} : { constants: chosen.known.sources }),
    parameters,
    loss: deterministic?.loss ?? 'l1',
    variable_weights: deterministic?.variableWeights ?? 'equal',
    samples: { ...loader.plan },
    recipe: recipe.stages as unknown as Json,
  };
}

/** Losses and judgements of every component so far. */
export function historyRecord(histories: readonly TrainingHistory[]): Readonly<Record<string, Json>> {
  return {
    losses: histories.map(({ losses }) =>
      losses.map(({ fit, kl, ...at }) => ({
        ...{ ...at, fit: round(fit) },
        ...(kl === undefined ? {} : { kl: round(kl) }),
      })),
    ),
    validations: histories.map(({ validations }) =>
      validations.map(({ stage, step, fit, crps, spreadSkillRatio, best }) => ({
        ...{ stage, step, fit: round(fit), crps: rounded(crps) },
        ...{ spread_skill_ratio: rounded(spreadSkillRatio), best },
      })),
    ),
  };
}

/** The parts of the model with what calibration found and what training recorded. */
export function recordedParts(
  request: TrainRequest,
  prepared: PreparedTraining,
  {
    parts,
    calibration,
    results,
  }: {
    readonly parts: ModelParts;
    readonly calibration: FoundCalibration;
    readonly results: readonly TrainingResult[];
  },
): ModelParts {
  const { settings } = parts;
  return {
    ...parts,
    settings: {
      ...settings,
      relaxation: round(calibration.relaxation),
      noise: { ...settings.noise, scale: round(calibration.noise) },
      training: {
        ...settings.training,
        record: {
          stages: stageNames.slice(0, prepared.turn.last + 1),
          ...plainRecord(request, prepared),
          ...(settings.posterior.kind === 'mean-field' ? { kl_nats: results.map(divergenceOf) } : {}),
          widths: widthRecord(parts, prepared, results),
          validation_fair_crps: calibration.fairCrps.map(round),
          validation_spread_skill_ratio: calibration.spreadSkillRatio.map(round),
          calibration_trials: calibration.trials.map(({ noise, relaxation, ...scores }) => ({
            ...{ noise: round(noise), relaxation: round(relaxation) },
            fair_crps: scores.fairCrps.map(round),
            spread_skill_ratio: scores.spreadSkillRatio.map(round),
          })),
          ...historyRecord(results),
        },
      },
    },
  };
}

/** [component][tensor]; of mean-field posteriors with the divergence of each tensor from its prior. */
function widthRecord(
  { settings: { posterior }, components }: ModelParts,
  { network }: PreparedTraining,
  results: readonly TrainingResult[],
): Record<string, string | number>[][] {
  return posteriorWidths(posterior, components, network).map((tensors, component) =>
    tensors.map(({ name, weights, sigma, rms }) => {
      const kl = posterior.kind === 'mean-field' ? tensorDivergence(results[component], name) : null;
      const width = { tensor: name, weights, sigma: round(sigma), rms: round(rms) };
      return kl === null ? width : { ...width, kl_nats: kl };
    }),
  );
}

function tensorDivergence(result: TrainingResult | undefined, name: string): number | null {
  if (result === undefined) return null;
  const [mean, rho] = ['mean', 'rho'].map((part) => result.tensors.get(`${part}.${name}`)?.values);
  const centre = result.priorMean.get(name)?.values;
  const sigma = result.priorSigma.get(name);
  if (mean === undefined || rho === undefined || centre === undefined || sigma === undefined) return null;
  return round(gaussianKlOf(mean, rho, centre, sigma));
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
