/** Models by kind: the one place that knows which file opens what, and what a run records of it. */
import type { ForecastModel } from '../core/interfaces.js';
import type { Json } from '../core/store/run.js';
import { BayesianModel, type WeightSource } from './bayesian/model.js';
import { readModel, type TrainedModel } from './bayesian/modelDirectory.js';
import { channelPressures } from './channelPressures.js';
import { NatureModel } from './dycore/natureModel.js';
import { type ImportedParts, readImported, requireIntact } from './imported/importedDirectory.js';
import { ImportedModel } from './imported/importedModel.js';
import type { SessionOptions } from './onnx/session.js';
import type { ModelSource } from './source.js';
import { hasNoise, hasWeightSamples, type Uncertainty } from './uncertainty.js';

export type { ModelSource, Uncertainty };

/** The noise that a model was trained with: which fields are added, and by how much the amplitude was scaled. */
export interface NoiseDescription {
  readonly fields: readonly {
    readonly lengthKm: number;
    readonly timeHours: number;
    readonly share: number;
  }[];
  readonly scale: number;
}

/** What a run needs to know of a model before it starts one. */
export interface DescribedModel
  extends Pick<ForecastModel, 'schema' | 'stepHours' | 'historyLength' | 'memoryBytes'> {
  /** As messages name it. */
  readonly name: string;
  /** What tells it from other models, for the manifest. */
  readonly identity: { readonly [key: string]: Json };
  /** Null: no noise is added. */
  readonly noise: NoiseDescription | null;
  /** Which uncertainty its forecasts have; null where it has none to choose from. */
  readonly uncertainty: Uncertainty | null;
  /** True when its world is the same at every longitude. */
  readonly zonallySymmetric: boolean;
  /** hPa at which each channel lies; the surface's is 1000. */
  readonly pressures: readonly number[];
}

/** @throws {PlumeError} data, when there is no intact model of that kind */
export async function openModel(source: ModelSource, options: SessionOptions): Promise<ForecastModel> {
  switch (source.kind) {
    case 'bayesian': {
      const trained = await readModel(source.directory);
      return new BayesianModel(trained, options, { weights: weightsOf(source) });
    }
    case 'imported':
      return new ImportedModel(await readImported(source.directory), {
        ...options,
        deterministic: source.uncertainty === 'none',
      });
    case 'nature':
      return new NatureModel(source.config);
  }
}

/** @throws {PlumeError} data, when there is no intact model of that kind */
export async function describeModel(source: ModelSource): Promise<DescribedModel> {
  switch (source.kind) {
    case 'bayesian':
      return describeBayesian(await readModel(source.directory), source);
    case 'imported':
      return describeImported(await readImported(source.directory), source.uncertainty);
    case 'nature': {
      const { truncation, levels, stepSeconds, forcing } = source.config;
      return described(new NatureModel(source.config), {
        name: `model nature (T${truncation}L${levels})`,
        identity: { kind: 'nature', truncation, levels, step_seconds: stepSeconds, forcing },
        noise: null,
        uncertainty: null,
        zonallySymmetric: true,
      });
    }
  }
}

function describeBayesian(
  trained: TrainedModel,
  source: Extract<ModelSource, { kind: 'bayesian' }>,
): DescribedModel {
  const { directory, uncertainty = 'hybrid' } = source;
  const { kind, posterior, training, noise } = trained.description;
  // no session is opened before it steps
  return described(new BayesianModel(trained, { device: 'cpu' }, { weights: weightsOf(source) }), {
    name: `model "${directory}"`,
    identity: {
      kind,
      digest: trained.digest,
      uncertainty,
      posterior: hasWeightSamples(uncertainty) ? posterior : 'mean',
      train: training.train,
      validate: training.validate,
    },
    noise: hasNoise(uncertainty)
      ? {
          fields: noise.fields.map(({ length_km, time_hours, share }) => ({
            lengthKm: length_km,
            timeHours: time_hours,
            share,
          })),
          scale: noise.scale,
        }
      : null,
    uncertainty,
    zonallySymmetric: isZonallySymmetric(trained),
  });
}

async function describeImported(
  parts: ImportedParts,
  uncertainty: 'epistemic' | 'none',
): Promise<DescribedModel> {
  await requireIntact(parts);
  const { kind, posterior, fit } = parts.description;
  const { kind: found, scale, seed } = posterior;
  return described(new ImportedModel(parts, { device: 'cpu' }), {
    name: `model "${parts.directory}"`,
    identity: {
      kind,
      digest: parts.digest,
      uncertainty,
      posterior: uncertainty === 'none' ? 'mean' : { kind: found, scale, seed },
      train: fit.train,
      validate: fit.validate,
    },
    noise: null,
    uncertainty,
    zonallySymmetric: false,
  });
}

function described(
  model: ForecastModel,
  rest: Pick<DescribedModel, 'name' | 'identity' | 'noise' | 'uncertainty' | 'zonallySymmetric'>,
): DescribedModel {
  return {
    ...rest,
    schema: model.schema,
    stepHours: model.stepHours,
    historyLength: model.historyLength,
    pressures: channelPressures(model.schema),
    memoryBytes: (weightSamples, rows) => model.memoryBytes(weightSamples, rows),
  };
}

/** Global networks have parameters by row alone: they are made for worlds without mountains and seasons. */
function isZonallySymmetric(trained: TrainedModel): boolean {
  const network: { readonly kind?: string } = trained.network;
  return network.kind === 'global';
}

/** Without epistemic uncertainty every weight sample has the mean weights. */
function weightsOf({ uncertainty = 'hybrid' }: Extract<ModelSource, { kind: 'bayesian' }>): WeightSource {
  return hasWeightSamples(uncertainty) ? 'samples' : 'mean';
}
