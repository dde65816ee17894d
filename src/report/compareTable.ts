/**
 * A comparison of runs as text for a terminal: what is compared and what it cost, a block of scores for each
 * channel with leads across, and what it says in a sentence a run. Values in stored units; ± is half the width of
 * the 95 % interval over starts.
 */
import type { CompareRow } from '../../evaluation/compareRow.js';
import type { Verdict } from '../../evaluation/scoreRow.js';
import { formatValue, leadLabel } from './displayUnit.js';
import { aligned } from './scoreTable.js';

/** What one member-day of forecast took. */
export interface RunCost {
  readonly core_seconds_per_member_day: number;
  readonly workers: number;
  readonly device: string;
}

export interface ComparedRunText {
  readonly name: string;
  readonly weightSamples: number;
  readonly noiseStreams: number;
  /** Null where it was not recorded. */
  readonly cost: RunCost | null;
}

/** Channels shown when none are named, where the runs have them. */
const headlines = ['z500', 't850', 'u250', 'msl'];
/** Leads that fit across a terminal. */
const mostLeads = 6;
const usualHours = [24, 48, 72, 120, 168, 240];
const marks: Readonly<Record<Verdict, string>> = { better: '+', worse: '-', 'no evidence': '~' };

/** The usual headline channels, or the first four where there are none of them. */
export function headlineChannels(names: readonly string[]): string[] {
  const found = headlines.filter((name) => names.includes(name));
  return found.length > 0 ? found : names.slice(0, headlines.length);
}

/** All leads, or the usual days, or as many as fit, evenly spread from first to last. */
export function shownLeads(leadsHours: readonly number[]): number[] {
  const sorted = [...leadsHours].sort((a, b) => a - b);
  if (sorted.length <= mostLeads) return sorted;
  const usual = sorted.filter((hours) => usualHours.includes(hours));
  if (usual.length === mostLeads) return usual;
  return Array.from(
    { length: mostLeads },
    (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (mostLeads - 1))]!,
  );
}

/** A line a run: its name, members, and the cost of a member-day. */
export function formatRuns(runs: readonly ComparedRunText[]): string {
  const base = runs[0]?.cost?.core_seconds_per_member_day;
  const lines = runs.map(({ name, weightSamples, noiseStreams, cost }) => {
    const single = weightSamples * noiseStreams === 1;
    const members = single ? 'one member' : `${weightSamples}x${noiseStreams} members`;
    if (cost === null) return [name, members, 'cost not recorded'];
    const seconds = cost.core_seconds_per_member_day;
    const share = name !== runs[0]?.name && base !== undefined && base > 0 ? seconds / base : undefined;
    const beside = share === undefined ? '' : `, ${timesText(share)} of ${runs[0]?.name}`;
    const text = `${secondsText(seconds)} a member-day on one core (${cost.device})${beside}`;
    return [name, members, text];
  });
  const widths = [0, 1].map((i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines.map(([a, b, c]) => `${a!.padEnd(widths[0]!)}  ${b!.padEnd(widths[1]!)}  ${c}`).join('\n');
}

/** '8.3 ms', '0.14 s', '1.9 s' */
export function secondsText(seconds: number): string {
  return seconds < 0.0995 ? `${(1000 * seconds).toPrecision(2)} ms` : `${seconds.toPrecision(2)} s`;
}

function timesText(share: number): string {
  return share < 1 ? `1/${formatValue(1 / share)}` : `${formatValue(share)} times that`;
}

interface Line {
  readonly label: string;
  readonly metric: CompareRow['metric'];
  /** Rows that compare with the first run. */
  readonly paired: boolean;
  /** Which of what is compared has such a line: what else there is says little here and is left to the rows. */
  readonly of: 'all' | 'runs' | 'ensembles';
}

const lines: readonly Line[] = [
  { label: 'fair CRPS', metric: 'crps', paired: false, of: 'all' },
  { label: 'less that of', metric: 'crps_difference', paired: true, of: 'all' },
  { label: 'CRPS skill', metric: 'crps_skill_score', paired: false, of: 'all' },
  { label: 'over that of', metric: 'crps_skill_ratio', paired: true, of: 'ensembles' },
  { label: 'RMSE of the mean', metric: 'rmse', paired: false, of: 'all' },
  { label: 'less that of', metric: 'rmse_difference', paired: true, of: 'runs' },
  { label: 'spread–skill ratio', metric: 'spread_skill_ratio', paired: false, of: 'runs' },
  {
    label: '|ln ratio| less that of',
    metric: 'spread_skill_distance_difference',
    paired: true,
    of: 'ensembles',
  },
];

/**
 * @param rows of one channel
 * @param title of the block: "z500, m2 s-2"
 * @param ensembles names of the runs of more than one member
 * @param references names of what is no run
 */
export function formatComparison(
  rows: readonly CompareRow[],
  title: string,
  leads: readonly number[],
  ensembles: ReadonlySet<string>,
  references: ReadonlySet<string>,
): string {
  const names = [...new Set(rows.map((row) => row.run))];
  const singles = singleFields(rows);
  const shown = {
    all: names,
    runs: names.filter((name) => !references.has(name)),
    ensembles: names.filter((name) => ensembles.has(name)),
  };
  const table: string[][] = [[title, ...leads.map(leadLabel)]];
  for (const { label, metric, paired, of } of lines) {
    for (const run of shown[of]) {
      const own = leads.map((hours) =>
        rows.find((row) => row.run === run && row.metric === metric && row.lead_hours === hours),
      );
      const found = own.find((row) => row !== undefined);
      if (found === undefined) continue;
      const point = metric === 'crps' && singles.has(run) ? ' (MAE)' : '';
      const what = paired ? `  ${label} ${found.against}` : label;
      table.push([`${what}  ${run}${point}`, ...own.map((row) => (row === undefined ? '' : cell(row)))]);
    }
  }
  const starts = leads.map((hours) => String(rows.find((row) => row.lead_hours === hours)?.n ?? ''));
  table.push(['starts', ...starts]);
  return aligned(table);
}

function cell({ value, ci_low, ci_high, verdict, metric }: CompareRow): string {
  const sign = metric.endsWith('_difference') && value > 0 ? '+' : '';
  const half = (ci_high - ci_low) / 2;
  const interval = Number.isNaN(half) ? '' : ` ±${formatValue(half, Math.abs(value))}`;
  return `${sign}${formatValue(value)}${interval}${verdict === null ? '' : ` ${marks[verdict]}`}`;
}

/** Those without spread: their CRPS is an absolute error. */
export function singleFields(rows: readonly CompareRow[]): Set<string> {
  const spread = new Set(rows.filter(({ metric }) => metric === 'spread').map(({ run }) => run));
  return new Set(rows.map(({ run }) => run).filter((run) => !spread.has(run)));
}

/** What the marks mean. */
export const legend =
  '± half the 95 % interval over starts; + better, - worse than the first run, by that interval and the test of ' +
  'Diebold and Mariano both; ~ no evidence';

/** One sentence for a run and channel beside the first run: where its fair CRPS is better, worse, or neither. */
export function comparisonSentence(rows: readonly CompareRow[], run: string): string {
  const differences = rows.filter((row) => row.run === run && row.metric === 'crps_difference');
  const [first] = differences;
  if (first === undefined) return '';
  const ratios = singleFields(rows).has(run)
    ? []
    : rows
        .filter((row) => row.run === run && row.metric === 'crps_skill_ratio' && row.lead_hours <= 120)
        .map((row) => 100 * row.value)
        .filter(Number.isFinite);
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)].map((percent) => percent.toFixed(0));
  const share =
    ratios.length === 0 ? '' : `; ${low === high ? low : `${low}–${high}`} % of its CRPS skill to day 5`;
  return `${run} against ${first.against}: ${verdictsByLead(differences)}${share}`;
}

/** 'better at days 1–3, no evidence at day 7'; of starts too few for intervals that they are. */
export function verdictsByLead(differences: readonly CompareRow[]): string {
  if (
    differences.length > 0 &&
    differences.every(({ ci_low, ci_high }) => Number.isNaN(ci_low) && Number.isNaN(ci_high))
  ) {
    const starts = Math.max(...differences.map(({ n }) => n));
    return starts === 1
      ? 'no verdict from one start'
      : `no verdict from ${starts} starts: too few for intervals`;
  }
  return (['better', 'worse', 'no evidence'] as const)
    .flatMap((verdict) => {
      const leads = differences.filter((row) => row.verdict === verdict).map((row) => row.lead_hours);
      return leads.length === 0 ? [] : `${verdict} at ${leadsText(leads)}`;
    })
    .join(', ');
}

/** 'days 1–3, 7', or each with its hours where not all are whole days. */
function leadsText(leads: readonly number[]): string {
  if (leads.length === 1 || leads.some((hours) => hours % 24 !== 0)) return leads.map(leadLabel).join(', ');
  const days = leads.map((hours) => hours / 24).sort((a, b) => a - b);
  const spans: string[] = [];
  for (let from = 0; from < days.length; ) {
    let to = from;
    while (days[to + 1] === days[to]! + 1) to++;
    spans.push(to === from ? `${days[from]}` : `${days[from]}${to === from + 1 ? ', ' : '–'}${days[to]}`);
    from = to + 1;
  }
  return `days ${spans.join(', ')}`;
}
