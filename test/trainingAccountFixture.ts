/** An account of a training with known numbers: two networks, three stages, the first of which stopped early. */
import type { JudgementPoint, LossPoint, TrainingAccount } from '../src/training/trainingAccount.js';

type StageName = LossPoint['stage'];

export interface AccountOptions {
  readonly components?: number;
  readonly state?: TrainingAccount['state'];
  /** Noise that the validation period asked for, by lead. */
  readonly ratios?: readonly number[];
}

const steps: Readonly<Record<StageName, number>> = { deterministic: 200, epistemic: 40, aleatoric: 60 };
/** The step that was the best, and the last one judged. */
const ends: Readonly<Record<StageName, { readonly best: number; readonly last: number }>> = {
  deterministic: { best: 140, last: 180 },
  epistemic: { best: 40, last: 40 },
  aleatoric: { best: 40, last: 60 },
};

export function fixtureAccount({
  components = 2,
  state = 'finished',
  ratios = [0.98, 1.01, 1.02],
}: AccountOptions = {}): TrainingAccount {
  const each = Array.from({ length: components }, (_, component) => component);
  const isFinished = state === 'finished';
  return {
    format: 'plume-training',
    version: 1,
    plume: '0',
    state,
    channels: [{ variable: 'msl', level: null, unit: 'Pa' }],
    grid: '6 × 10 points',
    step_hours: 24,
    archive: { name: 'archive "slp.nc"', from: '2001-01-01T00Z', to: '2004-12-31T00Z' },
    network: { kind: 'regional' },
    components,
    backend: { asked: 'auto', backend: 'ort-cpu', why: 'best that works' },
    training: {
      train: '2001-01-01/2002-12-31',
      validate: '2003-01-01/2003-12-31',
      seed: 1,
      preset: 'standard',
      record: {
        ...(isFinished ? { stages: ['deterministic', 'epistemic', 'aleatoric'] } : {}),
        posterior: 'mean-field',
        parameters: 1234,
        recipe: recipe(),
        losses: each.map((component) => stageNames.flatMap((name) => losses(name, component))),
        validations: each.map((component) => stageNames.flatMap((name) => judgements(name, component))),
        ...(isFinished
          ? {
              widths: each.map(() => [
                { tensor: 'in.weight', weights: 900, sigma: 0.02, rms: 0.2, kl_nats: 812 },
                { tensor: 'out.bias', weights: 6, sigma: 0.3, rms: 0.1, kl_nats: 3 },
              ]),
              validation_fair_crps: ratios.map((_, lead) => 200 + 100 * lead),
              validation_spread_skill_ratio: [...ratios],
              calibration_trials: [0, 0.02].flatMap((relaxation) => [
                { noise: 1, relaxation, fair_crps: [210, 310, 410], spread_skill_ratio: [0.9, 0.9, 0.9] },
                { noise: 1.1, relaxation, fair_crps: [200, 300, 400], spread_skill_ratio: [...ratios] },
              ]),
            }
          : {}),
      },
    },
    chosen: isFinished ? { noise: 1.1, relaxation: 0.02 } : null,
    cost: {
      runs: 2,
      seconds: 125,
      calibration_seconds: 5,
      stages: each.flatMap((component) =>
        stageNames.map((stage) => ({ component, stage, steps: steps[stage], seconds: 20, gigaflop: 900 })),
      ),
      memory_foretold_bytes: 6e8,
      memory_peak_bytes: 5e8,
    },
  };
}

const stageNames = ['deterministic', 'epistemic', 'aleatoric'] as const;

function recipe(): NonNullable<TrainingAccount['training']['record']['recipe']> {
  return stageNames.map((name) => ({
    name,
    phases:
      name === 'aleatoric'
        ? [
            { steps: 20, rollout: 1, batch: 8 },
            { steps: 40, rollout: 3, batch: 8 },
          ]
        : [{ steps: steps[name], rollout: 1, batch: 8 }],
    learningRate: 1e-3,
    warmUpSteps: 5,
    validation: { everySteps: 20, patience: 2 },
    weightSamples: 2,
    noiseStreams: 2,
    alpha: 0.95,
    beta: 1e-3,
  }));
}

function losses(stage: StageName, component: number): LossPoint[] {
  const points: LossPoint[] = [];
  for (let step = 5; step <= ends[stage].last; step += 5) {
    const fit = 0.3 + 2 * Math.exp(-step / 10) + 0.02 * Math.sin(step + component);
    points.push({ stage, step, fit, ...(stage === 'deterministic' ? {} : { kl: 1000 - step }) });
  }
  return points;
}

function judgements(stage: StageName, component: number): JudgementPoint[] {
  const points: JudgementPoint[] = [];
  for (let step = 20; step <= ends[stage].last; step += 20) {
    const fit = 0.3 + Math.abs(step - ends[stage].best) / 1000 + 0.01 * component;
    points.push({
      ...{ stage, step, fit, best: step <= ends[stage].best },
      crps: stage === 'deterministic' ? null : fit,
      spread_skill_ratio: stage === 'deterministic' ? null : 0.9,
    });
  }
  return points;
}
