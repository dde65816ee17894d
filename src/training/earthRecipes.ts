/**
 * How the Earth-specific transformer is trained: `standard`, and `brief`, the same path in seconds. The deterministic stage
 * follows Pangu-Weather (Bi et al. 2023, doi:10.1038/s41586-023-06185-3, methods, and its pseudocode): absolute error, the
 * surface counting a quarter of the levels above, Adam at 5e-4 with little weight decay, stochastic depth; then the model's
 * own steps are followed, as its successors do. Later stages are those of the other networks, at lower rates.
 */
import { common, judged, kinds, type TrainingPlan } from './recipeForm.js';

/** Of networks that predict a step at a rate that only large batches bear, the peak for small ones. */
const learningRate = 5e-4;

export const earthStandard: TrainingPlan = {
  components: 1,
  ensembleComponents: 4,
  kinds,
  stages: [
    {
      ...common,
      name: 'deterministic',
      variableWeights: 'pangu-like',
      phases: [
        { steps: 12000, rollout: 1, batch: 4 },
        { steps: 1000, rollout: 2, batch: 2 },
      ],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate,
      warmUpSteps: 200,
      weightDecay: 3e-6,
      dropout: 0.1,
      averageDecay: 0.998,
      validation: { ...judged, everySteps: 500, patience: 6, batch: 4, rollout: 1 },
    },
    {
      ...common,
      name: 'epistemic',
      loss: 'gaussian-crps',
      variableWeights: 'pangu-like',
      phases: [{ steps: 300, rollout: 1, batch: 4 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 1e-4,
      warmUpSteps: 10,
      rhoRate: 10,
      amplitudeRate: 40,
      dropout: 0.1,
      validation: { ...judged, everySteps: 50, batch: 4, rollout: 1, weightSamples: 2 },
    },
    {
      ...common,
      name: 'aleatoric',
      variableWeights: 'pangu-like',
      phases: [
        { steps: 250, rollout: 2, batch: 2 },
        { steps: 250, rollout: 4, batch: 1 },
      ],
      weightSamples: 2,
      noiseStreams: 2,
      learningRate: 1e-4,
      rhoRate: 10,
      amplitudeRate: 40,
      validation: { ...judged, everySteps: 50, batch: 2, weightSamples: 2 },
    },
  ],
  posterior: { initialSigma: 0.02, priorSigma: 0.3, floor: 0.02 },
  ridge: 1e-3,
  amplitude: 0.1,
  noise: [{ lengthKm: 1000, timeHours: 24, share: 1 }],
  calibration: { weightSamples: 4, noiseStreams: 4, steps: 5, starts: 8, initialError: 0 },
};

export const earthBrief: TrainingPlan = {
  ...earthStandard,
  ensembleComponents: 2,
  stages: earthStandard.stages.map((stage) => ({
    ...stage,
    warmUpSteps: 5,
    averageDecay: 0.9,
    phases: stage.phases.slice(0, 1).map((phase) => ({ ...phase, steps: 12, batch: 2 })),
    validation: { ...judged, everySteps: 6, batches: 1, batch: 2, rollout: 1, weightSamples: 2 },
  })),
  calibration: { weightSamples: 2, noiseStreams: 2, steps: 2, starts: 2, initialError: 0 },
};
