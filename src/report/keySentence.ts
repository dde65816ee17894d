/** The result in one sentence, from the scores alone. */
import { differencePrefix, type ScoreRow, verdictOf } from '../../evaluation/scoreRow.js';
import { displayUnit, formatValue, leadLabel } from './displayUnit.js';

/** Names of references as a sentence says them, the hardest to beat first. */
export const modelNames: Readonly<Record<string, string>> = {
  'eof-regression': 'EOF regression',
  climatology: 'climatology',
  persistence: 'persistence',
  ensemble: 'ensemble',
};

/** Metrics that compare the ensemble with a reference, the hardest to beat first. */
export function differencesIn(rows: readonly ScoreRow[]): string[] {
  const order = Object.keys(modelNames);
  const place = (metric: string): number => {
    const index = order.indexOf(metric.slice(differencePrefix.length));
    return index < 0 ? order.length : index;
  };
  const found = [...new Set(rows.map((row) => row.metric))].filter((m) => m.startsWith(differencePrefix));
  return found.sort((a, b) => place(a) - place(b));
}

/**
 * @param rows of one channel and region
 * @param unit stored unit of the channel
 * @returns plain text; empty when there is no fair CRPS to speak of
 */
export function keySentence(rows: readonly ScoreRow[], unit: string): string {
  const model = rows.find((row) => row.metric === 'spread_skill_ratio' || row.metric === 'crps')?.model;
  const crps = rows.filter((row) => row.model === model && row.metric === 'crps');
  const [first] = crps;
  const last = crps[crps.length - 1];
  if (!first || !last) return '';
  const { label, factor } = displayUnit(unit);
  const value = (row: ScoreRow) => `${formatValue(row.value * factor)} ${label}`;
  const span =
    crps.length === 1
      ? `Fair CRPS is ${value(first)} at ${leadLabel(first.lead_hours)}`
      : `Fair CRPS grows from ${value(first)} at ${leadLabel(first.lead_hours)} to ${value(last)} at ${leadLabel(last.lead_hours)}`;
  // Without intervals there is nothing to tell apart by: too few starts.
  const references = differencesIn(rows).filter((metric) =>
    rows.some((row) => row.metric === metric && Number.isFinite(row.ci_low)),
  );
  const claims = references.map((metric) =>
    claim(
      rows.filter((row) => row.metric === metric),
      metric,
    ),
  );
  const ratios = rows
    .filter((row) => row.model === model && row.metric === 'spread_skill_ratio')
    .map((row) => row.value);
  const parts = [span];
  if (claims.length > 0) parts.push(`it is ${claims.join(', ')}`);
  if (ratios.length > 0) {
    const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
    parts.push(`the spread–skill ratio ${low === high ? `is ${low}` : `stays between ${low} and ${high}`}`);
  }
  return `${parts.join('; ')}.`;
}

function claim(differences: readonly ScoreRow[], metric: string): string {
  const name = metric.slice(differencePrefix.length);
  const reference = modelNames[name] ?? name;
  const verdicts = differences.map(verdictOf);
  const count = (verdict: string): number => verdicts.filter((each) => each === verdict).length;
  const [better, worse, total] = [count('better'), count('worse'), verdicts.length];
  if (better === total) return `better than ${reference} at every lead`;
  if (worse === total) return `worse than ${reference} at every lead`;
  const said = [
    better > 0 ? `better than ${reference} at ${better} of ${total} leads` : '',
    worse > 0
      ? better > 0
        ? `worse at ${worse}`
        : `worse than ${reference} at ${worse} of ${total} leads`
      : '',
  ].filter((text) => text !== '');
  if (said.length === 0) return `not told apart from ${reference} at any lead`;
  const open = total - better - worse;
  return said.join(' and ') + (open > 0 ? ` (no evidence at ${open})` : '');
}
