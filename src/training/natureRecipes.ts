/**
 * Recipes for the globe of the nature run. `nature` is the network that ships with the project; `nature-evidence` is the
 * same path in minutes, so that many of them can be trained and compared; `nature-brief` in seconds, for tests.
 */
import type { GlobalConfig } from '../../models/bayesian/networks/globalNetwork.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { common, judged, kinds, type Recipe } from './recipeForm.js';

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

export const nature: Recipe = {
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

export const natureBrief: Recipe = {
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

/** Steps of the phases of each stage of `nature-evidence`. */
const evidenceSteps: Readonly<Record<Stage['name'], readonly number[]>> = {
  deterministic: [4000],
  epistemic: [120],
  aleatoric: [150, 150],
};

export const natureEvidence: Recipe = {
  ...nature,
  network: { ...globalNetwork, channels: 64, layers: 3 },
  stages: nature.stages.map((stage) => ({
    ...stage,
    phases: stage.phases.map((phase, i) => ({
      ...phase,
      steps: evidenceSteps[stage.name][i] ?? phase.steps,
    })),
  })),
};
