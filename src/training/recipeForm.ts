/**
 * What a recipe is: how a network is built and trained, sizes, phases and rates. And what all of them share.
 */
import type { NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import type { CycleOptions } from '../../models/bayesian/seasonalCycle.js';
import type { PosteriorPlan } from '../../models/bayesian/training/stageFamily.js';
import type { PosteriorStart } from '../../models/bayesian/training/stageStart.js';
import type { Stage, ValidationPlan } from '../../models/bayesian/training/stages.js';
import type { NoiseScale } from '../../perturbations/source.js';

/** How a network of some kind is trained, whatever its size and its data. */
export interface TrainingPlan {
  /** Networks trained from different starts, the components of the posterior; and of a deep ensemble. */
  readonly components: number;
  readonly ensembleComponents: number;
  readonly stages: readonly Stage[];
  readonly posterior: PosteriorStart;
  /** What the kinds of posteriors that are not mean-field need to know. */
  readonly kinds: Pick<PosteriorPlan, 'rankOne' | 'dropoutRate' | 'swag' | 'laplace'>;
  /** Ridge of the linear path, and amplitude of the noise before training. */
  readonly ridge: number;
  readonly amplitude: number;
  /** Correlated fields that make up the noise: fitted to the residuals of one step on the training years. */
  readonly noise: readonly [Required<NoiseScale>, ...Required<NoiseScale>[]];
  /** Members, leads and starts that noise scale and relaxation are found with. */
  readonly calibration: {
    readonly weightSamples: number;
    readonly noiseStreams: number;
    readonly steps: number;
    readonly starts: number;
    /** α of the error of the analyses and of the members' own perturbations; 0: all start from the truth. */
    readonly initialError: number;
  };
}

export interface Recipe extends TrainingPlan {
  readonly network: NetworkConfig;
  /** Hours of a step; absent: the archive's. */
  readonly stepHours?: number;
  /** Channels by name; absent: all that the archive has. */
  readonly channels?: readonly string[];
  /** H of the climate, and whether it is averaged along parallels and over mirrored hemispheres. */
  readonly climate: CycleOptions;
}

/** Judged on a few dozen days of the validation period, the members a small version of a forecast's. */
export const judged: ValidationPlan = {
  everySteps: 20,
  patience: 5,
  batches: 4,
  batch: 16,
  rollout: 4,
  weightSamples: 4,
  noiseStreams: 2,
};

export const kinds: Recipe['kinds'] = {
  rankOne: { initialSigma: 0.05, priorSigma: 0.3 },
  dropoutRate: 0.1,
  swag: { rank: 10, everySteps: 2 },
  laplace: { temperature: 10 },
};

/** Of every stage, where a recipe does not say otherwise. */
export const common = {
  loss: 'l1',
  variableWeights: 'equal',
  warmUpSteps: 30,
  linearRate: 1,
  matrixRate: 5,
  rhoRate: 1,
  amplitudeRate: 1,
  weightDecay: 0,
  clipNorm: 1,
  dropout: 0,
  beta: 1e-3,
  alpha: 0.95,
  initialError: 0,
  leadWeights: [1],
  averageDecay: 0.99,
} as const;
