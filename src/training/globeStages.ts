/**
 * What trainings on whole globes share, whatever the network: the stages without their phases, the start of the posterior,
 * the noise and its calibration; and how a plan becomes its brief form, the same path in seconds.
 */
import type { Stage } from '../../models/bayesian/training/stages.js';
import { common, judged, kinds, type TrainingPlan } from './recipeForm.js';

/** The stages follow what is theirs alone: phases, and the rate of the first. */
export const globeStages = {
  deterministic: {
    ...common,
    name: 'deterministic',
    weightSamples: 1,
    noiseStreams: 1,
    averageDecay: 0.998,
    validation: { ...judged, everySteps: 500, patience: 6, batch: 4, rollout: 1 },
  },
  epistemic: {
    ...common,
    name: 'epistemic',
    weightSamples: 1,
    noiseStreams: 1,
    learningRate: 1e-4,
    warmUpSteps: 10,
    rhoRate: 10,
    amplitudeRate: 40,
    validation: { ...judged, batch: 4, rollout: 1, weightSamples: 2 },
  },
  aleatoric: {
    ...common,
    name: 'aleatoric',
    weightSamples: 2,
    noiseStreams: 2,
    learningRate: 1e-4,
    rhoRate: 10,
    amplitudeRate: 40,
    validation: { ...judged, everySteps: 50, batch: 2, weightSamples: 2 },
  },
} as const;

/** A plan but for its stages; of the truth alone, without errors of the analyses. */
export const globePlan = {
  components: 1,
  ensembleComponents: 4,
  kinds,
  posterior: { initialSigma: 0.02, priorSigma: 0.3, floor: 0.02 },
  ridge: 1e-3,
  amplitude: 0.1,
  noise: [{ lengthKm: 1000, timeHours: 24, share: 1 }],
  calibration: { weightSamples: 4, noiseStreams: 4, steps: 5, starts: 8, initialError: 0 },
} as const satisfies Omit<TrainingPlan, 'stages'>;

/** Stages of one short phase each, and a calibration of few members, with the plan's own errors of the analyses. */
export function briefly(
  { stages, calibration: { initialError } }: Pick<TrainingPlan, 'stages' | 'calibration'>,
  { steps, everySteps }: { readonly steps: number; readonly everySteps: number },
): Pick<TrainingPlan, 'stages' | 'calibration'> {
  return {
    stages: stages.map(
      (stage): Stage => ({
        ...stage,
        warmUpSteps: 5,
        averageDecay: 0.9,
        phases: stage.phases.slice(0, 1).map((phase) => ({ ...phase, steps, batch: 2 })),
        validation: { ...judged, everySteps, batches: 1, batch: 2, rollout: 1, weightSamples: 2 },
      }),
    ),
    calibration: { weightSamples: 2, noiseStreams: 2, steps: 2, starts: 2, initialError },
  };
}
