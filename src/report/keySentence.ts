/**
 * The result in one sentence, from the scores alone. Of leads whose starts are too few for intervals nothing is claimed;
 * where that is all of them, the sentence says how many starts there are and what the scores were.
 */
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
  const told = (row: ScoreRow): boolean => Number.isFinite(row.ci_low);
  const span =
    crps.length === 1
      ? `Fair CRPS is ${value(first)} at ${leadLabel(first.lead_hours)}`
      : `Fair CRPS grows from ${value(first)} at ${leadLabel(first.lead_hours)} to ${value(last)} at ${leadLabel(last.lead_hours)}`;
  const references = differencesIn(rows).filter((metric) =>
    rows.some((row) => row.metric === metric && told(row)),
  );
  const claims = references.map((metric) =>
    claim(
      rows.filter((row) => row.metric === metric),
      metric,
    ),
  );
  /** "climatology's 2.72 hPa to 3.19 hPa" at the same leads. */
  const scoresOf = (reference: string): string[] => {
    const own = rows.filter((row) => row.model === reference && row.metric === 'crps');
    const [from, to] = [first, last].map(({ lead_hours }) =>
      own.find((row) => row.lead_hours === lead_hours),
    );
    if (!from || !to) return [];
    const name = modelNames[reference] ?? reference;
    const [early, late] = [value(from), value(to)];
    return [`${name}’s ${early === late ? early : `from ${early} to ${late}`}`];
  };
  const ratios = rows
    .filter((row) => row.model === model && row.metric === 'spread_skill_ratio')
    .map((row) => row.value);
  const parts = [crps.some(told) ? span : `${startsText(first.n)}: ${span.replace('Fair', 'fair')}`];
  if (claims.length === 0) {
    const others = differencesIn(rows).flatMap((metric) => scoresOf(metric.slice(differencePrefix.length)));
    if (others.length > 0) parts.push(others.join(', '));
  }
  if (claims.length > 0) parts.push(`it is ${claims.join(', ')}`);
  if (ratios.length > 0) {
    const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
    parts.push(`the spread–skill ratio ${low === high ? `is ${low}` : `stays between ${low} and ${high}`}`);
  }
  return `${parts.join('; ')}.`;
}

/** Why nothing is claimed. */
function startsText(starts: number): string {
  return starts === 1 ? 'One start' : `${starts} starts, too few for intervals`;
}

/** @param differences rows of all leads; those without an interval neither speak for the ensemble nor against it */
function claim(differences: readonly ScoreRow[], metric: string): string {
  const name = metric.slice(differencePrefix.length);
  const reference = modelNames[name] ?? name;
  const verdicts = differences.filter(({ ci_low }) => Number.isFinite(ci_low)).map(verdictOf);
  const count = (verdict: string): number => verdicts.filter((each) => each === verdict).length;
  const [better, worse, total] = [count('better'), count('worse'), verdicts.length];
  const whole = total === differences.length;
  const every = whole ? 'at every lead' : `at each of the ${total} leads that have an interval`;
  if (better === total) return `better than ${reference} ${every}`;
  if (worse === total) return `worse than ${reference} ${every}`;
  const leads = whole ? `${total} leads` : `${total} leads that have an interval`;
  const said = [
    better > 0 ? `better than ${reference} at ${better} of ${leads}` : '',
    worse > 0 ? (better > 0 ? `worse at ${worse}` : `worse than ${reference} at ${worse} of ${leads}`) : '',
  ].filter((text) => text !== '');
  if (said.length === 0)
    return `not told apart from ${reference} at any ${whole ? 'lead' : `of the ${total} leads that have an interval`}`;
  const open = total - better - worse;
  return said.join(' and ') + (open > 0 ? ` (no evidence at ${open})` : '');
}
