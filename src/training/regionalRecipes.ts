/**
 * Recipes for single-level and regional data. `standard` is the model of docs/results.md, `brief` the same path in
 * seconds, for a first look and tests. Chosen on 2006 of the daily sea-level pressure of the North Atlantic (trained on
 * 2001–2005), never on a test year.
 */
import { regionalFor } from '../../models/bayesian/networks/defaultNetwork.js';
import { common, judged, kinds, type Recipe } from './recipeForm.js';

const network = regionalFor({ harmonics: 2 });

/** A correlation of 0.15 from one day to the next. */
const timeHours = -24 / Math.log(0.15);

export const standard: Recipe = {
  network,
  climate: { harmonics: network.harmonics },
  components: 4,
  ensembleComponents: 4,
  kinds,
  stages: [
    {
      ...common,
      name: 'deterministic',
      phases: [{ steps: 800, rollout: 1, batch: 32 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 2e-3,
      warmUpSteps: 50,
      matrixRate: 1,
      weightDecay: 3,
      dropout: 0.1,
      validation: { ...judged, everySteps: 100, batch: 32, rollout: 1 },
    },
    {
      ...common,
      name: 'epistemic',
      loss: 'gaussian-crps',
      phases: [{ steps: 60, rollout: 1, batch: 32 }],
      weightSamples: 1,
      noiseStreams: 1,
      learningRate: 5e-4,
      warmUpSteps: 10,
      matrixRate: 1,
      rhoRate: 10,
      amplitudeRate: 10,
      weightDecay: 3,
      dropout: 0.1,
      validation: { ...judged, everySteps: 20, rollout: 1 },
    },
    {
      ...common,
      name: 'aleatoric',
      // what rollouts teach the means of the weights of the years they learn from is lost on others: widths and
      // amplitudes learn here, means hardly
      phases: [
        { steps: 20, rollout: 2, batch: 8 },
        { steps: 30, rollout: 4, batch: 8 },
      ],
      weightSamples: 2,
      noiseStreams: 2,
      learningRate: 2e-5,
      warmUpSteps: 10,
      matrixRate: 1,
      rhoRate: 30,
      amplitudeRate: 100,
      validation: { ...judged, everySteps: 25 },
    },
  ],
  posterior: { initialSigma: 0.1, priorSigma: 0.3, floor: 0.02 },
  ridge: 0.02,
  amplitude: 0.25,
  noise: [
    { lengthKm: 450, timeHours, share: 0.4 },
    { lengthKm: 800, timeHours, share: 0.6 },
  ],
  calibration: { weightSamples: 8, noiseStreams: 2, steps: 7, starts: 36, initialError: 0 },
};

export const brief: Recipe = {
  ...standard,
  components: 1,
  ensembleComponents: 2,
  network: { ...network, channels: 16, layers: 1, kernel: 3 },
  stages: standard.stages.map((stage) => ({
    ...stage,
    warmUpSteps: 5,
    averageDecay: 0.9,
    phases: stage.phases.slice(0, 2).map((phase) => ({ ...phase, steps: 20, batch: 8 })),
    validation: { ...judged, everySteps: 10, batches: 2, batch: 8, rollout: 2 },
  })),
  calibration: { weightSamples: 4, noiseStreams: 2, steps: 4, starts: 8, initialError: 0 },
};
