/**
 * What a comparison says of the scores that people ask for first, by lead: better, worse, or no evidence. And how
 * much of it stands when all cells are looked at together: of a hundred cells without any difference five are
 * significant by chance (evaluation/significance/falseDiscovery.ts).
 */
import type { CompareRow } from '../../evaluation/compareRow.js';
import { wholeYear } from '../../evaluation/seasons.js';
import { jointVerdicts, usualDiscoveryRate } from '../../evaluation/significance/falseDiscovery.js';
import { verdictsByLead } from './compareTable.js';

/** Scores beside the CRPS, which has a sentence of its own; the first of each that there is. */
const headlines: readonly (readonly [label: string, metrics: readonly string[]])[] = [
  ['RMSE of the mean', ['rmse']],
  ['spread–skill ratio nearer to 1', ['spread_skill_distance']],
  ['energy score of the field', ['energy_score']],
  ['ranked probability score', ['rps_fair', 'rps']],
];

/** Rows of one region over the whole year. */
export function ofRegion(rows: readonly CompareRow[], region: string): CompareRow[] {
  return rows.filter((row) => row.region === region && row.season === wholeYear);
}

/**
 * A line a score: '  RMSE of the mean: better at days 1–3'; of events those of which there is something to say.
 * @param rows of one channel and region, whole year
 */
export function headlineVerdicts(rows: readonly CompareRow[], run: string): string[] {
  const paired = rows.filter((row) => row.run === run && row.against !== null);
  const line = (label: string, metrics: readonly string[], event: string | null): string[] => {
    const own = metrics
      .map((metric) => paired.filter((row) => row.metric === `${metric}_difference` && row.event === event))
      .find((found) => found.length > 0);
    if (own === undefined) return [];
    // Events are many: those of which nothing can be said go without saying.
    if (event !== null && own.every(({ verdict }) => verdict === 'no evidence')) return [];
    return [`  ${label}${event === null ? '' : `, ${event}`}: ${verdictsByLead(own)}`];
  };
  const events = [...new Set(paired.map(({ event }) => event))].filter((event) => event !== null);
  return [
    ...headlines.flatMap(([label, metrics]) => line(label, metrics, null)),
    ...events.flatMap((event) => line('Brier score', ['brier_fair', 'brier'], event)),
  ];
}

/**
 * All cells of the fair CRPS together: how many say what, and how many still do when chance is counted in.
 * @param rows of all channels, leads and regions; '' where nothing is compared
 */
export function jointSentence(rows: readonly CompareRow[], run: string): string {
  const cells = rows.filter(
    (row) => row.run === run && row.metric === 'crps_difference' && row.season === wholeYear,
  );
  const [first] = cells;
  if (first === undefined) return '';
  const count = (verdicts: readonly (string | null)[], wanted: string): number =>
    verdicts.filter((each) => each === wanted).length;
  const alone = cells.map(({ verdict }) => verdict);
  const joint = jointVerdicts(cells);
  const said = (verdicts: readonly (string | null)[]): string =>
    `better in ${count(verdicts, 'better')}, worse in ${count(verdicts, 'worse')}`;
  return (
    `${run} against ${first.against}, fair CRPS in all ${cells.length} cells (channel, lead, region): ${said(alone)}; ` +
    `looked at together ${said(joint)} (false discovery rate ${100 * usualDiscoveryRate} %)`
  );
}
