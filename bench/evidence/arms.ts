/**
 * What is compared: where the spread of an ensemble comes from, at equal numbers of members. Every arm is a model and
 * flags of `plume forecast`. Scores are fair, so that they estimate those of an infinite ensemble whatever the number.
 */
import type { Series } from './series.js';

/**
 * Trainings in their order, by the name of their directory. All share the networks of the deterministic stage: what
 * differs between arms is where the uncertainty comes from, not the networks.
 */
export const trainings = {
  networks: ['--posterior', 'deep-ensemble', '--stage', 'deterministic'],
  hybrid: ['--posterior', 'mean-field'],
  dropout: ['--posterior', 'dropout'],
} as const;
export type TrainingName = keyof typeof trainings;

export interface Arm {
  readonly name: string;
  readonly title: string;
  readonly model: TrainingName;
  readonly flags: readonly string[];
  /** Several sources together, as the hybrid: shown beside it, and no part of its goal. */
  readonly mixed?: boolean;
}

/** @param initial amplitude of initial perturbations for the arm that has nothing else, found on the validation year */
export function armsOf({ analysisError, networks }: Series, initial: number): Arm[] {
  const start = (amplitude: number): string[] =>
    analysisError > 0 || amplitude > 0
      ? ['--analysis-error', String(analysisError), '--initial', String(amplitude)]
      : [];
  const arm = (name: string, title: string, model: TrainingName, ...flags: string[]): Arm => ({
    name,
    title,
    model,
    flags,
  });
  const alone = start(0);
  const all = start(analysisError);
  return [
    arm('hybrid', 'hybrid', 'hybrid', '--members', `${networks / 2}x2`, ...all),
    arm('deterministic', 'deterministic', 'networks', '--deterministic', ...alone),
    arm(
      'epistemic',
      'epistemic only',
      'hybrid',
      '--uncertainty',
      'epistemic',
      '--members',
      `${networks}x1`,
      ...alone,
    ),
    arm(
      'aleatoric',
      'aleatoric only',
      'hybrid',
      '--uncertainty',
      'aleatoric',
      '--members',
      `1x${networks}`,
      ...alone,
    ),
    arm(
      'initial',
      'initial perturbations only',
      'hybrid',
      '--uncertainty',
      'none',
      '--members',
      `1x${networks}`,
      ...start(initial),
    ),
    arm(
      'ensemble',
      'deep ensemble',
      'networks',
      '--uncertainty',
      'epistemic',
      '--members',
      `${networks}x1`,
      ...alone,
    ),
    arm(
      'dropout',
      'MC-dropout',
      'dropout',
      '--uncertainty',
      'epistemic',
      '--members',
      `${networks}x1`,
      ...alone,
    ),
    {
      ...arm('dropout-noise', 'hybrid by dropout', 'dropout', '--members', `${networks / 2}x2`, ...all),
      mixed: true,
    },
    { ...arm('hybrid-48', 'hybrid, 48 members', 'hybrid', '--members', '8x6', ...all), mixed: true },
  ];
}
