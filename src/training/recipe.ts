/**
 * How the network is built and trained: sizes, phases and rates of the presets. Chosen on 2006 of the daily
 * sea-level pressure of the North Atlantic (trained on 2001–2005), never on a test year.
 * `standard` is the model of docs/results.md; `nature` is for the globe of the nature run; the brief forms are the same
 * paths in seconds, for a first look and tests.
 */
import type { NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import type { GlobalConfig } from '../../models/bayesian/networks/globalNetwork.js';
import type { RegionalConfig } from '../../models/bayesian/networks/regionalNetwork.js';
import type { CycleOptions } from '../../models/bayesian/seasonalCycle.js';
import type { PosteriorName } from '../../models/bayesian/training/posteriorNames.js';
import type { PosteriorPlan } from '../../models/bayesian/training/stageFamily.js';
import type { PosteriorStart } from '../../models/bayesian/training/stageStart.js';
import type { Stage, ValidationPlan } from '../../models/bayesian/training/stages.js';
import type { NoiseScale } from '../../perturbations/correlatedField.js';

export type PresetName = 'standard' | 'brief' | 'nature' | 'nature-brief';

export interface Recipe {
  readonly network: NetworkConfig;
  /** Hours of a step; absent: the archive's. */
  readonly stepHours?: number;
  /** Channels by name; absent: all that the archive has. */
  readonly channels?: readonly string[];
  /** H of the climate, and whether it is averaged along parallels and over mirrored hemispheres. */
  readonly climate: CycleOptions;
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

const network: RegionalConfig = {
  kind: 'regional',
  eofs: 60,
  hidden: 128,
  stem: 16,
  channels: 48,
  layers: 2,
  kernel: 5,
  stride: 2,
  harmonics: 2,
};

/** A correlation of 0.15 from one day to the next. */
const timeHours = -24 / Math.log(0.15);

/** Judged on a few dozen days of the validation period, the members a small version of a forecast's. */
const judged: ValidationPlan = {
  everySteps: 20,
  patience: 5,
  batches: 4,
  batch: 16,
  rollout: 4,
  weightSamples: 4,
  noiseStreams: 2,
};

const kinds: Recipe['kinds'] = {
  rankOne: { initialSigma: 0.05, priorSigma: 0.3 },
  dropoutRate: 0.1,
  swag: { rank: 10, everySteps: 2 },
  laplace: { temperature: 10 },
};

const common = {
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

const standard: Recipe = {
  network,
  climate: { harmonics: network.harmonics },
  components: 4,
  ensembleComponents: 4,
  kinds,
  stages: [
    {
      ...common,
      name: 'deterministic',
      phases: [{ steps: 448, rollout: 1, batch: 32 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 2e-3,
      warmUpSteps: 50,
      linearRate: 0.3,
      weightDecay: 0.15,
      dropout: 0.2,
      validation: { ...judged, everySteps: 28, batch: 32, rollout: 1 },
    },
    {
      ...common,
      name: 'epistemic',
      phases: [{ steps: 60, rollout: 1, batch: 32 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 5e-4,
      warmUpSteps: 10,
      rhoRate: 10,
      amplitudeRate: 4,
      dropout: 0.1,
      validation: { ...judged, everySteps: 10, rollout: 1 },
    },
    {
      ...common,
      name: 'aleatoric',
      phases: [
        { steps: 60, rollout: 1, batch: 32 },
        { steps: 80, rollout: 2, batch: 16 },
        { steps: 140, rollout: 4, batch: 16 },
        { steps: 60, rollout: 7, batch: 16 },
      ],
      weightSamples: 2,
      noiseStreams: 2,
      learningRate: 5e-4,
      rhoRate: 10,
      amplitudeRate: 4,
      dropout: 0.15,
      validation: judged,
    },
  ],
  posterior: { initialSigma: 0.1, priorSigma: 0.3, floor: 0.02 },
  ridge: 0.02,
  amplitude: 0.25,
  noise: [
    { lengthKm: 450, timeHours, share: 0.4 },
    { lengthKm: 800, timeHours, share: 0.6 },
  ],
  calibration: { weightSamples: 8, noiseStreams: 4, steps: 7, starts: 72, initialError: 0 },
};

const brief: Recipe = {
  ...standard,
  components: 1,
  ensembleComponents: 2,
  network: { ...network, eofs: 30, hidden: 32, stem: 4, channels: 16, layers: 1 },
  stages: standard.stages.map((stage) => ({
    ...stage,
    warmUpSteps: 5,
    averageDecay: 0.9,
    phases: stage.phases.slice(0, 2).map((phase) => ({ ...phase, steps: 20, batch: 8 })),
    validation: { ...judged, everySteps: 10, batches: 2, batch: 8, rollout: 2 },
  })),
  calibration: { weightSamples: 4, noiseStreams: 2, steps: 4, starts: 8, initialError: 0 },
};

/** The sixteen channels of the nature run, daily; nothing depends on longitude or season. */
const natureChannels = [
  ...['z', 't', 'u', 'v'].flatMap((variable) => [250, 500, 850].map((level) => `${variable}${level}`)),
  ...['msl', 'u10', 'v10', 't2m'],
];

const globalNetwork: GlobalConfig = {
  kind: 'global',
  wavenumbers: 32,
  modes: 40,
  channels: 96,
  layers: 5,
  overlap: 0,
  truncation: 31,
};

const nature: Recipe = {
  network: globalNetwork,
  stepHours: 24,
  channels: natureChannels,
  climate: { harmonics: 0, symmetry: 'zonal' },
  components: 1,
  ensembleComponents: 4,
  kinds,
  stages: [
    {
      ...common,
      name: 'deterministic',
      phases: [{ steps: 14000, rollout: 1, batch: 4 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 2e-3,
      warmUpSteps: 100,
      averageDecay: 0.998,
      validation: { ...judged, everySteps: 500, patience: 6, batch: 4, rollout: 1 },
    },
    {
      ...common,
      name: 'epistemic',
      phases: [{ steps: 150, rollout: 1, batch: 8 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 1e-4,
      matrixRate: 1,
      warmUpSteps: 10,
      rhoRate: 10,
      amplitudeRate: 40,
      validation: { ...judged, everySteps: 30, batch: 4, rollout: 1, weightSamples: 2 },
    },
    {
      ...common,
      name: 'aleatoric',
      phases: [
        { steps: 250, rollout: 2, batch: 4 },
        { steps: 250, rollout: 4, batch: 2 },
      ],
      weightSamples: 2,
      noiseStreams: 2,
      learningRate: 1e-4,
      matrixRate: 1,
      rhoRate: 10,
      amplitudeRate: 40,
      initialError: 0.1,
      validation: { ...judged, everySteps: 50, batch: 2, weightSamples: 2 },
    },
  ],
  posterior: { initialSigma: 0.02, priorSigma: 0.3, floor: 0.02 },
  ridge: 1e-3,
  amplitude: 0.1,
  noise: [{ lengthKm: 1000, timeHours: 24, share: 1 }],
  calibration: { weightSamples: 4, noiseStreams: 4, steps: 5, starts: 8, initialError: 0.1 },
};

const natureBrief: Recipe = {
  ...nature,
  network: { ...globalNetwork, wavenumbers: 6, modes: 6, channels: 16, layers: 1 },
  stages: nature.stages.map((stage) => ({
    ...stage,
    warmUpSteps: 5,
    averageDecay: 0.9,
    phases: stage.phases.slice(0, 1).map((phase) => ({ ...phase, steps: 15, batch: 2 })),
    validation: { ...judged, everySteps: 8, batches: 1, batch: 2, rollout: 1, weightSamples: 2 },
  })),
  calibration: { weightSamples: 2, noiseStreams: 2, steps: 2, starts: 2, initialError: 0.1 },
};

/**
 * A preset with another posterior than the mean-field one it was chosen with: a deep ensemble has several networks; SWAG
 * takes its snapshots at a constant rate, through the whole stage; where masks are the posterior, no others are laid over.
 */
export function recipeFor(preset: PresetName, posterior: PosteriorName): Recipe {
  const recipe = recipes[preset];
  switch (posterior) {
    case 'mean-field':
    case 'rank-one':
    case 'last-layer-laplace':
      return recipe;
    case 'deep-ensemble':
      return { ...recipe, components: recipe.ensembleComponents };
    case 'swag':
      return withStages(recipe, (stage) =>
        stage.name === 'epistemic' ? { ...stage, schedule: 'constant' } : stage,
      );
    case 'dropout':
      return withStages(recipe, (stage) =>
        stage.name === 'deterministic' ? stage : { ...stage, dropout: 0 },
      );
  }
}

function withStages(recipe: Recipe, change: (stage: Stage) => Stage): Recipe {
  return { ...recipe, stages: recipe.stages.map(change) };
}

export const recipes: Readonly<Record<PresetName, Recipe>> = {
  standard,
  brief,
  nature,
  'nature-brief': natureBrief,
};
