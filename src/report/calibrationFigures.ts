/** Diagrams of one channel and region: ranks, reliability, ROC, value, spectra, each with how to read it and its data. */
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { squaredUnit } from './displayUnit.js';
import { eventName, outerEvents } from './eventNames.js';
import { figure, panels } from './figure.js';
import { diagramData } from './figureData.js';
import { legend } from './leadCurves.js';
import { rankPanels } from './rankDiagrams.js';
import { reliabilityPanels } from './reliabilityDiagrams.js';
import { rocCurves } from './rocCurves.js';
import { spectrumPanels, spectrumSeries } from './spectrumPanels.js';
import { valueCurves } from './valueCurves.js';

export interface CalibrationInput {
  /** Of one model, channel, region and season. */
  readonly diagrams: readonly DiagramRow[];
  readonly scores: readonly ScoreRow[];
  /** Of the panels: at most four. */
  readonly leads: readonly number[];
  /** From low to high. */
  readonly events: readonly string[];
  readonly unit: string;
  /** For the names of files: channel and region. */
  readonly place: string;
}

/** HTML; empty where there are no ranks. */
export function rankFigure({ diagrams, scores, leads, unit, place }: CalibrationInput): string {
  const of = (kind: DiagramRow['diagram']) =>
    diagrams.filter((row) => row.diagram === kind && leads.includes(row.lead_hours));
  const drawn = of('rank_histogram');
  const counted = rankShares(scores).filter((row) => leads.includes(row.lead_hours));
  const ranks = drawn.length > 0 ? drawn : counted;
  const rows = ranks.length > 0 ? ranks : of('pit');
  if (rows.length === 0) return '';
  const banded = rows.some(({ ci_low }) => Number.isFinite(ci_low))
    ? ' Grey: where 95&nbsp;% of reliable ensembles would lie.'
    : '';
  const what =
    ranks.length > 0
      ? 'How often so many members lay below what happened'
      : 'How often what happened fell into each part of the forecast distribution';
  return panels(
    {
      title: 'Rank of what happened among the members',
      text:
        `${what}, relative to a flat histogram. Flat: truth and members are drawn alike; high at both ends: ` +
        `too little spread; high in the middle: too much; high on one side: biased.${banded}`,
      body: '',
      data: diagramData(rows, unit),
      name: `${place} rank histogram`,
    },
    rankPanels(rows, leads),
  );
}

/** Rank histograms from the shares among the scores: without the range of a reliable ensemble. */
function rankShares(scores: readonly ScoreRow[]): DiagramRow[] {
  return scores.flatMap((row): DiagramRow[] => {
    const [, rank] = /^rank_(\d+)$/.exec(row.metric) ?? [];
    if (rank === undefined || row.event !== null) return [];
    const { model, variable, level, lead_hours, region, season, n } = row;
    const place = { model, variable, level, lead_hours, region, season, event: null };
    const range = { ci_low: Number.NaN, ci_high: Number.NaN, weight: null, n };
    return [{ ...place, diagram: 'rank_histogram', series: '', x: Number(rank), y: row.value, ...range }];
  });
}

const reliabilityText =
  'How often it happened when it was given a probability; on the diagonal, probabilities mean what they say. Grey bars: ' +
  'where 95&nbsp;% of reliable forecasts would lie. Dotted: how often it happened at all. Inset: how often each probability was given.';

/** Reliability of the outer events, a row of panels each; HTML. */
export function reliabilityFigures({ diagrams, leads, events, unit, place }: CalibrationInput): string[] {
  return outerEvents(events).flatMap((event, i) => {
    const rows = diagrams.filter(
      (row) => row.diagram === 'reliability' && row.event === event && leads.includes(row.lead_hours),
    );
    const drawn = reliabilityPanels(rows, leads);
    if (drawn.length === 0) return [];
    const name = eventName(event, unit);
    return [
      panels(
        {
          title: `Reliability: ${name}`,
          text: i > 0 ? '' : reliabilityText,
          body: '',
          data: diagramData(rows, unit),
          name: `${place} reliability ${name}`,
        },
        drawn,
      ),
    ];
  });
}

/** ROC and value of the outer events, a figure each; HTML. */
export function warningFigures(input: CalibrationInput): string[] {
  const { diagrams, scores, leads, events, unit, place } = input;
  return outerEvents(events).flatMap((event) => {
    const name = eventName(event, unit);
    const of = (kind: DiagramRow['diagram']) =>
      diagrams.filter((row) => row.diagram === kind && row.event === event && leads.includes(row.lead_hours));
    const areas = new Map(
      scores
        .filter((row) => row.metric === 'roc_area' && row.event === event)
        .map((row) => [row.lead_hours, row.value]),
    );
    const [roc, value] = [of('roc'), of('value')];
    const figures: string[] = [];
    if (roc.length > 0) {
      figures.push(
        figure({
          title: `ROC: ${name}`,
          text: 'Hits against false alarms as warnings are given more and more lightly. Area 1 is perfect, 0.5 guessing.',
          body: rocCurves(roc, leads, areas),
          data: diagramData(roc, unit),
          name: `${place} roc ${name}`,
        }),
      );
    }
    if (value.length > 0) {
      figures.push(
        figure({
          title: `Economic value: ${name}`,
          text: 'What acting on the forecast saves, as a share of what perfect knowledge would, by the cost of acting.',
          body: valueCurves(value, leads),
          data: diagramData(value, unit),
          name: `${place} value ${name}`,
        }),
      );
    }
    return figures;
  });
}

/** HTML; empty where there are no spectra. */
export function spectrumFigure({ diagrams, leads, unit, place }: CalibrationInput): string {
  const rows = diagrams.filter((row) => row.diagram === 'spectrum' && leads.includes(row.lead_hours));
  const drawn = spectrumPanels(rows, leads, squaredUnit(unit));
  if (drawn.length === 0) return '';
  return panels(
    {
      title: 'How much there is at every scale',
      text:
        'Power of the waves round circles of latitude, large scales left, small ones right. Single members should look like what happened; ' +
        'their mean grows smooth where they part ways.',
      body: legend(spectrumSeries),
      data: diagramData(rows, unit),
      name: `${place} spectra`,
    },
    drawn,
  );
}
