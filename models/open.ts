/** Models by kind: the one place that knows which file opens what, and what a run records of it. */
import type { ForecastModel } from '../core/interfaces.js';
import type { Json } from '../core/store/run.js';
import { BayesianModel } from './bayesian/model.js';
import { readModel, type TrainedModel } from './bayesian/modelDirectory.js';
import { NatureModel } from './dycore/natureModel.js';
import type { SessionOptions } from './onnx/session.js';
import type { ModelSource } from './source.js';

export type { ModelSource };

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
  /** True when its world is the same at every longitude. */
  readonly zonallySymmetric: boolean;
}

/** @throws {PlumeError} data, when there is no intact model of that kind */
export async function openModel(source: ModelSource, options: SessionOptions): Promise<ForecastModel> {
  switch (source.kind) {
    case 'bayesian': {
      const trained = await readModel(source.directory);
      return new BayesianModel(source.deterministic ? withoutChance(trained) : trained, options);
    }
    case 'nature':
      return new NatureModel(source.config);
  }
}

/** @throws {PlumeError} data, when there is no intact model of that kind */
export async function describeModel(source: ModelSource): Promise<DescribedModel> {
  switch (source.kind) {
    case 'bayesian':
      return describeBayesian(await readModel(source.directory), source);
    case 'nature': {
      const { truncation, levels, stepSeconds, forcing } = source.config;
      return described(new NatureModel(source.config), {
        name: `model nature (T${truncation}L${levels})`,
        identity: { kind: 'nature', truncation, levels, step_seconds: stepSeconds, forcing },
        noise: null,
        zonallySymmetric: true,
      });
    }
  }
}

function describeBayesian(
  trained: TrainedModel,
  { directory, deterministic = false }: Extract<ModelSource, { kind: 'bayesian' }>,
): DescribedModel {
  const { kind, posterior, training, noise } = trained.description;
  // no session is opened before it steps
  return described(new BayesianModel(trained, { device: 'cpu' }), {
    name: `model "${directory}"`,
    identity: {
      kind,
      digest: trained.digest,
      posterior: deterministic ? 'mean' : posterior,
      train: training.train,
      validate: training.validate,
    },
    noise: deterministic
      ? null
      : {
          fields: noise.fields.map(({ length_km, time_hours, share }) => ({
            lengthKm: length_km,
            timeHours: time_hours,
            share,
          })),
          scale: noise.scale,
        },
    zonallySymmetric: isZonallySymmetric(trained),
  });
}

function described(
  model: ForecastModel,
  rest: Pick<DescribedModel, 'name' | 'identity' | 'noise' | 'zonallySymmetric'>,
): DescribedModel {
  return {
    ...rest,
    schema: model.schema,
    stepHours: model.stepHours,
    historyLength: model.historyLength,
    memoryBytes: (weightSamples, rows) => model.memoryBytes(weightSamples, rows),
  };
}

/** Global networks have parameters by row alone: they are made for worlds without mountains and seasons. */
function isZonallySymmetric(trained: TrainedModel): boolean {
  const network: { readonly kind?: string } = trained.network;
  return network.kind === 'global';
}

/** The first network of the posterior at its mean, without noise. */
function withoutChance(trained: TrainedModel): TrainedModel {
  const { description, posteriors } = trained;
  return {
    ...trained,
    posteriors: posteriors.slice(0, 1),
    description: {
      ...description,
      posterior: { ...description.posterior, scale: 0 },
      noise: { ...description.noise, scale: 0 },
    },
  };
}
