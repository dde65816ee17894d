/**
 * Recipes for the globe of the nature run. `nature` is the network that ships with the project; `nature-evidence` is the
 * same path in minutes, so that many of them can be trained and compared; `nature-brief` in seconds, for tests.
 */
import type { GlobalConfig } from '../../models/bayesian/networks/globalNetwork.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { briefly, globePlan, globeStages } from './globeStages.js';
import type { Recipe } from './recipeForm.js';

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
  ...globePlan,
  stages: [
    {
      ...globeStages.deterministic,
      phases: [{ steps: 14000, rollout: 1, batch: 4 }],
      learningRate: 2e-3,
      warmUpSteps: 100,
    },
    {
      ...globeStages.epistemic,
      phases: [{ steps: 150, rollout: 1, batch: 8 }],
      matrixRate: 1,
      validation: { ...globeStages.epistemic.validation, everySteps: 30 },
    },
    {
      ...globeStages.aleatoric,
      phases: [
        { steps: 250, rollout: 2, batch: 4 },
        { steps: 250, rollout: 4, batch: 2 },
      ],
      matrixRate: 1,
      initialError: 0.1,
    },
  ],
  calibration: { ...globePlan.calibration, initialError: 0.1 },
};

export const natureBrief: Recipe = {
  ...nature,
  network: { ...globalNetwork, wavenumbers: 6, modes: 6, channels: 16, layers: 1 },
  ...briefly(nature, { steps: 15, everySteps: 8 }),
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
