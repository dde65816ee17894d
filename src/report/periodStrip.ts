/** The times of an archive as a strip: what was learnt from, what was tuned and judged on, and what is left for a test. */
import { type Period, parsePeriod } from '../../core/period.js';
import { parseTime } from '../../core/time.js';
import type { TrainingAccount } from '../training/trainingAccount.js';
import { calendar } from './calendar.js';
import { figure } from './figure.js';
import { tableData } from './figureData.js';
import { escapeHtml } from './html.js';

interface Stretch extends Period {
  readonly use: 'train' | 'validate' | 'test, to come' | 'not used';
}

const classes: Readonly<Record<Stretch['use'], string>> = {
  train: 'train',
  validate: 'validate',
  'test, to come': 'test',
  'not used': 'unused',
};

/** A part of the strip, as wide as its share of the time. */
function bar({ use, from, to }: Stretch): string {
  const years = [from, to].map((time) => new Date(time).getUTCFullYear());
  const span = years[0] === years[1] ? years[0] : years.join('–');
  return `<span class="${classes[use]}" style="flex-grow:${Math.max(1, Math.round((to - from) / dayMilliseconds))}"><b>${use}</b> ${span}</span>`;
}

/** HTML. */
export function periodFigure({ training, archive }: TrainingAccount): string {
  const stretches: Stretch[] = [
    { use: 'train', ...parsePeriod(training.train) },
    { use: 'validate', ...parsePeriod(training.validate) },
  ];
  if (archive !== null) stretches.push(...restOf(stretches, archive));
  const title = 'Periods';
  const inOrder = [...stretches].sort((a, b) => a.from - b.from);
  const told = inOrder.map(({ use, from: first, to: last }) => `${use}: ${day(first)} to ${day(last)}`);
  return figure({
    title,
    text: `${told.join('; ')}. Early stopping, noise and relaxation saw the validation period; no choice saw the test.`,
    body: `<div class="strip" role="img" aria-label="${escapeHtml(`${told.join('; ')}.`)}">${inOrder.map(bar).join('')}</div>`,
    data: tableData([
      { name: 'period', type: 'utf8', values: stretches.map(({ use }) => use) },
      { name: 'from', type: 'timestamp', values: stretches.map((each) => each.from) },
      { name: 'to', type: 'timestamp', values: stretches.map((each) => each.to) },
    ]),
    name: 'periods',
  });
}

/** What of the archive lies before, between and after what is used. */
function restOf(
  used: readonly Stretch[],
  archive: { readonly from: string; readonly to: string },
): Stretch[] {
  const [first, last] = [parseTime(archive.from), parseTime(archive.to)];
  const inOrder = [...used].sort((a, b) => a.from - b.from);
  const rest: Stretch[] = [];
  let at = first;
  for (const { from, to } of inOrder) {
    if (from - at > dayMilliseconds) rest.push({ use: 'not used', from: at, to: from });
    at = Math.max(at, to + 1);
  }
  if (last - at > dayMilliseconds) rest.push({ use: 'test, to come', from: at, to: last });
  return rest;
}

/** '1 January 2007', whatever the hour. */
function day(time: number): string {
  return calendar(Math.floor(time / dayMilliseconds) * dayMilliseconds);
}

const dayMilliseconds = 86_400_000;
