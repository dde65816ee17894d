/**
 * How the networks of a training and its stages are told apart on its page: up to four networks have a colour and a dash
 * each (Okabe & Ito 2008); of more, all look alike and are read as a bundle.
 */
import type { RecordedStage, TrainingAccount } from '../training/trainingAccount.js';
import { escapeHtml } from './html.js';
import { legend } from './leadCurves.js';
import { looksOf } from './modelLook.js';

export interface NetworkLook {
  readonly name: string;
  readonly colour: string;
  readonly dash?: string;
}

const mostApart = 4;

export function networkLooks(count: number): NetworkLook[] {
  const names = Array.from({ length: count }, (_, i) => `network ${i + 1}`);
  if (count > mostApart) return names.map((name) => ({ name, colour: 'var(--ensemble)' }));
  return [...looksOf(names).values()];
}

/** HTML: which colour is which network; empty for one. */
export function networkLegend(count: number): string {
  if (count === 1) return '';
  if (count > mostApart) return `<p class="legend quiet">Each line is one of ${count} networks.</p>`;
  return legend(networkLooks(count));
}

/** HTML: lines of training, and where it was judged lines of validation and the ring of what was kept. */
export function lossLegend(isJudged: boolean): string {
  const sample = (inside: string, name: string): string =>
    `<span><svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">${inside}</svg>${escapeHtml(name)}</span>`;
  const line = (width: number, opacity: number): string =>
    `<line x1="1" y1="6" x2="25" y2="6" stroke="currentColor" stroke-width="${width}" stroke-opacity="${opacity}"/>`;
  const training = sample(line(1.2, 0.6), 'training');
  const validation =
    sample(`${line(1.8, 1)}<circle cx="13" cy="6" r="2.4" fill="currentColor"/>`, 'validation') +
    sample('<circle cx="13" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="2"/>', 'kept');
  return `<p class="legend">${training}${isJudged ? validation : ''}</p>`;
}

/** In place of a loss where no recipe is. */
const notRecorded = 'not recorded';

/** What a stage minimises, as the axis of its loss says it. */
export function lossLabel({ name, loss }: Pick<RecordedStage, 'name' | 'loss'>): string {
  if (loss === notRecorded) return 'loss';
  if (name === 'aleatoric') return 'almost-fair CRPS';
  switch (loss) {
    case 'mse':
      return name === 'deterministic' ? 'squared error' : 'negative log likelihood';
    case 'gaussian-crps':
      return 'CRPS of a Gaussian';
    case 'gaussian-nll':
      return 'negative log likelihood';
    default:
      return name === 'deterministic' ? 'absolute error' : 'negative log likelihood';
  }
}

/** "Deterministic", with a number: "1 Deterministic stage". */
export function stageTitle(name: string): string {
  return `${name[0]?.toUpperCase() ?? ''}${name.slice(1)} stage`;
}

/** Stages of the recipe that left anything to draw; of old records, which tell no recipe, those of the losses. */
export function drawnStages({ training: { record } }: TrainingAccount): RecordedStage[] {
  const seen = new Map<string, number>();
  for (const { stage, step } of [...record.losses.flat(), ...record.validations.flat()]) {
    seen.set(stage, Math.max(step, seen.get(stage) ?? 0));
  }
  if (record.recipe !== undefined) return record.recipe.filter(({ name }) => seen.has(name));
  return [...seen].map(([name, steps]) => ({
    name: name as RecordedStage['name'],
    loss: notRecorded,
    phases: [{ steps, rollout: 1, batch: 1 }],
    learningRate: Number.NaN,
    warmUpSteps: 0,
  }));
}
