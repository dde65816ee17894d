/**
 * How the network is built and trained: sizes, phases and rates of the presets. Chosen on 2006 of the daily
 * sea-level pressure of the North Atlantic (trained on 2001–2005), never on a test year.
 * `standard` is the model of docs/results.md; `brief` is the same path in seconds, for a first look and tests.
 */
import type { NetworkConfig } from '../../models/bayesian/createNetwork.js';
import type { PosteriorStart } from '../../models/bayesian/stageStart.js';
import type { Stage } from '../../models/bayesian/stages.js';
import type { NoiseScale } from '../../perturbations/correlatedField.js';

export type PresetName = 'standard' | 'brief';

export interface Recipe {
  readonly network: NetworkConfig;
  /** Networks trained from different starts, the components of the posterior. */
  readonly components: number;
  readonly stages: readonly Stage[];
  readonly posterior: PosteriorStart;
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
  };
}

const network: NetworkConfig = {
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

const common = {
  warmUpSteps: 30,
  linearRate: 1,
  rhoRate: 1,
  amplitudeRate: 1,
  weightDecay: 0,
  clipNorm: 1,
  dropout: 0,
  beta: 1e-3,
  alpha: 0.95,
  leadWeights: [1],
  averageDecay: 0.99,
} as const;

const standard: Recipe = {
  network,
  components: 4,
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
    },
  ],
  posterior: { initialSigma: 0.1, priorSigma: 0.3, floor: 0.02 },
  ridge: 0.02,
  amplitude: 0.25,
  noise: [
    { lengthKm: 450, timeHours, share: 0.4 },
    { lengthKm: 800, timeHours, share: 0.6 },
  ],
  calibration: { weightSamples: 8, noiseStreams: 4, steps: 7, starts: 72 },
};

const brief: Recipe = {
  ...standard,
  components: 1,
  network: { ...network, eofs: 30, hidden: 32, stem: 4, channels: 16, layers: 1 },
  stages: standard.stages.map((stage) => ({
    ...stage,
    warmUpSteps: 5,
    averageDecay: 0.9,
    phases: stage.phases.slice(0, 2).map((phase) => ({ ...phase, steps: 20, batch: 8 })),
  })),
  calibration: { weightSamples: 4, noiseStreams: 2, steps: 4, starts: 8 },
};

export const recipes: Readonly<Record<PresetName, Recipe>> = { standard, brief };
