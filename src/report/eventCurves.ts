/** Scores of events by lead: the Brier score and its skill, one curve an event. */
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { eventName } from './eventNames.js';
import { type Figure, figure } from './figure.js';
import { scoreData } from './figureData.js';
import { type Curve, type CurveOptions, leadCurves, legend } from './leadCurves.js';
import { eventLook } from './modelLook.js';

interface Kind {
  readonly metric: string;
  readonly title: string;
  readonly text: string;
  readonly options: Omit<CurveOptions, 'factor' | 'description'>;
}

const kinds: readonly Kind[] = [
  {
    metric: 'brier_skill_score',
    title: 'Brier skill of events',
    text: 'Against climatology: 1 is perfect, at 0 the forecast knows no more than how common the event is.',
    options: { label: 'skill', zero: false, reference: { value: 0, from: 0, to: 0 } },
  },
  {
    metric: 'brier',
    title: 'Brier score of events',
    text: 'Squared error of the probability: 0 is perfect. Common events have larger scores than rare ones.',
    options: { label: 'Brier score', zero: true },
  },
];

/**
 * @param rows of one model, channel, region and season
 * @param events from low to high
 * @param place for the names of files: channel and region
 */
export function eventCurves(
  rows: readonly ScoreRow[],
  events: readonly string[],
  unit: string,
  place: string,
): string[] {
  return kinds.flatMap(({ metric, title, text, options }) => {
    const curves = events
      .map((event, i): Curve & { readonly rows: readonly ScoreRow[] } => ({
        name: eventName(event, unit),
        ...eventLook(i, events.length),
        rows: rows.filter((row) => row.metric === metric && row.event === event),
      }))
      .filter((curve) => curve.rows.length > 0);
    if (curves.length === 0) return [];
    const drawing: Figure = {
      title,
      text,
      body: legend(curves) + leadCurves(curves, { ...options, factor: 1, description: `${title} by lead` }),
      data: scoreData(
        curves.flatMap((curve) => curve.rows),
        unit,
      ),
      name: `${place} ${title}`,
    };
    return [figure(drawing)];
  });
}
