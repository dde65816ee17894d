/**
 * How models are told apart in every figure of a page: a colour (Okabe & Ito 2008, as variables of the page's light and
 * dark palette), a dash where colours alone would not do in print, and the name in words.
 */
import { modelNames } from './keySentence.js';

export interface Look {
  readonly name: string;
  readonly colour: string;
  readonly dash?: string;
}

const references: Readonly<Record<string, Omit<Look, 'name'>>> = {
  'eof-regression': { colour: 'var(--regression)', dash: '7,3' },
  climatology: { colour: 'var(--climatology)', dash: '2,3' },
  persistence: { colour: 'var(--persistence)', dash: '9,3,2,3' },
};
const forecasts: readonly Omit<Look, 'name'>[] = [
  { colour: 'var(--ensemble)' },
  { colour: 'var(--second)', dash: '8,3' },
  { colour: 'var(--third)', dash: '4,2' },
  { colour: 'var(--fourth)', dash: '10,2,2,2' },
];

/** Looks of models in the order given: references keep theirs, forecasts take the others in turn. */
export function looksOf(models: readonly string[]): Map<string, Look> {
  const looks = new Map<string, Look>();
  let next = 0;
  for (const model of models) {
    const known = references[model];
    const look = known ?? forecasts[Math.min(next++, forecasts.length - 1)] ?? { colour: 'currentColor' };
    looks.set(model, { name: modelNames[model] ?? model, ...look });
  }
  return looks;
}

const leadDashes = [undefined, '9,2', '5,2', '2,2'] as const;

/** Look of the i-th of up to four leads: from pale to deep, each with its own dash. */
export function leadLook(i: number): { readonly colour: string; readonly dash?: string } {
  const dash = leadDashes[i];
  return { colour: `var(--lead-${Math.min(i, 3)})`, ...(dash === undefined ? {} : { dash }) };
}

const eventDashes = ['2,2', '5,2', '9,2', undefined] as const;

/** Look of the i-th of `count` events, ordered from low to high. */
export function eventLook(i: number, count: number): { readonly colour: string; readonly dash?: string } {
  const place = count === 1 ? 3 : Math.round((3 * i) / (count - 1));
  const dash = eventDashes[place];
  return { colour: `var(--event-${place})`, ...(dash === undefined ? {} : { dash }) };
}
