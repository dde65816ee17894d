/**
 * How the Earth-specific transformer is trained: `standard`, and `brief`, the same path in seconds. The deterministic stage
 * follows Pangu-Weather (Bi et al. 2023, doi:10.1038/s41586-023-06185-3, methods, and its pseudocode): absolute error, the
 * surface counting a quarter of the levels above, Adam at 5e-4 with little weight decay, stochastic depth; then the model's
 * own steps are followed, as its successors do. Later stages are those of the other networks, at lower rates.
 */
import { briefly, globePlan, globeStages } from './globeStages.js';
import type { TrainingPlan } from './recipeForm.js';

/** Of networks that predict a step at a rate that only large batches bear, the peak for small ones. */
const learningRate = 5e-4;

export const earthStandard: TrainingPlan = {
  ...globePlan,
  stages: [
    {
      ...globeStages.deterministic,
      variableWeights: 'pangu-like',
      phases: [
        { steps: 12000, rollout: 1, batch: 4 },
        { steps: 1000, rollout: 2, batch: 2 },
      ],
      learningRate,
      warmUpSteps: 200,
      weightDecay: 3e-6,
      dropout: 0.1,
    },
    {
      ...globeStages.epistemic,
      loss: 'gaussian-crps',
      variableWeights: 'pangu-like',
      phases: [{ steps: 300, rollout: 1, batch: 4 }],
      dropout: 0.1,
      validation: { ...globeStages.epistemic.validation, everySteps: 50 },
    },
    {
      ...globeStages.aleatoric,
      variableWeights: 'pangu-like',
      phases: [
        { steps: 250, rollout: 2, batch: 2 },
        { steps: 250, rollout: 4, batch: 1 },
      ],
    },
  ],
};

export const earthBrief: TrainingPlan = {
  ...earthStandard,
  ensembleComponents: 2,
  ...briefly(earthStandard, { steps: 12, everySteps: 6 }),
};
