/**
 * From statistics to rows: every metric of every model with its interval, skill against the references, and the
 * paired difference of each forecast's CRPS from theirs, on the starts that both have. By season of the valid time
 * where asked. Every start counts alike; starts of which nothing was scored do not count, and a metric that has no
 * finite value (ignorance of members without spread) makes no row.
 */
import type { DiagramRow } from '../diagramRow.js';
import { spacingOf } from '../overlap.js';
import { differencePrefix, type ScoreRow } from '../scoreRow.js';
import { startsBySeason } from '../seasons.js';
import {
  type BootstrapOptions,
  blockLength,
  bootstrapIntervals,
  overlapOf,
} from '../significance/blockBootstrap.js';
import { dieboldMariano } from '../significance/dieboldMariano.js';
import { meansOf } from './caseTable.js';
import { type CurveMetric, curveMetricsOf } from './curveMetrics.js';
import { diagramsOf } from './diagrams.js';
import type { Metric } from './metric.js';
import { singleMetricsOf } from './metrics.js';
import { isScored } from './scoredStarts.js';
import { pairedScoresOf, skillMetrics } from './skillScores.js';
import { hasInterval, intervalAround, seriesOf } from './startSeries.js';
import { singleStatistics } from './statisticColumns.js';
import type { StatisticGroup, StatisticPlace, StatisticTable } from './statisticTable.js';

export interface SummaryOptions extends BootstrapOptions {
  /** Models that the others are compared with; their rows follow those of the forecasts. */
  readonly references: readonly string[];
  /** Rows of seasons too, of those with enough starts (seasons.ts); default: of all starts only. */
  readonly seasons?: boolean;
  /** Groups whose diagrams are wanted; default: all. */
  readonly diagrams?: (place: StatisticPlace) => DiagramChoice;
}

/** Diagrams of a group: all, none, or its histogram of ranks or PIT alone. */
export type DiagramChoice = boolean | 'histogram';

export interface Summary {
  readonly scores: ScoreRow[];
  readonly diagrams: DiagramRow[];
}

/** Statistics of one model over the starts of one season. */
interface Sample {
  readonly place: Omit<ScoreRow, 'event' | 'metric' | 'value' | 'ci_low' | 'ci_high' | 'p_value'>;
  readonly names: readonly string[];
  /** [start, statistic] */
  readonly cases: Float64Array;
  /** Length of a block, and number of neighbouring starts whose forecasts share weather. */
  readonly block: number;
  readonly overlap: number;
}

/** Rows in the order of the table's groups, the forecasts of a place before its references. */
export function summarise(table: StatisticTable, options: SummaryOptions): Summary {
  const scores: ScoreRow[] = [];
  const diagrams: DiagramRow[] = [];
  const metricsOfNames = metricsMadeOnce();
  for (const groups of contestsOf(table, options.references)) {
    for (const group of groups) {
      for (const sample of samplesOf(table, group, [group], options)) {
        scores.push(...ownScores(sample, metricsOfNames(sample.names, group.memberCount), options));
        const { place, cases, names, block } = sample;
        const wanted = options.diagrams?.(group) ?? true;
        if (wanted === false) continue;
        const made = diagramsOf(place, cases, names, meansOf(cases, names.length), block);
        diagrams.push(...(wanted === true ? made : made.filter(isHistogram)));
      }
    }
    const references = groups.filter(({ model }) => options.references.includes(model));
    for (const reference of references)
      for (const group of groups)
        if (group !== reference) scores.push(...besideReference(table, group, reference, options));
  }
  return { scores, diagrams };
}

function isHistogram({ diagram }: DiagramRow): boolean {
  return diagram === 'rank_histogram' || diagram === 'pit';
}

/** Groups of one channel, lead and region. */
function contestsOf(table: StatisticTable, references: readonly string[]): StatisticGroup[][] {
  const contests = new Map<string, StatisticGroup[]>();
  for (const group of table.groups) {
    const { variable, level, lead_hours, region } = group;
    const key = JSON.stringify([variable, level, lead_hours, region]);
    const contest = contests.get(key) ?? [];
    contests.set(key, contest);
    contest.push(group);
  }
  const place = ({ model }: StatisticGroup): number => references.indexOf(model);
  return [...contests.values()].map((groups) => groups.sort((a, b) => place(a) - place(b)));
}

/**
 * The statistics of groups side by side, on the starts that all of them have, by season.
 * @param group whose place it is
 * @param names per group, of the columns wanted; default: all
 */
function samplesOf(
  { starts }: StatisticTable,
  group: StatisticGroup,
  groups: readonly StatisticGroup[],
  { seasons = false }: SummaryOptions,
  names: readonly (readonly string[])[] = groups.map(({ cases }) => cases.statistics),
): Sample[] {
  const { model, variable, level, lead_hours, region } = group;
  const spacingHours = spacingOf(starts) || 24;
  const rows = [...starts.keys()].filter((row) => groups.every((each) => isScored(each, row)));
  const columns = groups.map(({ cases }, g) => names[g]!.map((name) => cases.column(name)));
  const width = columns.reduce((sum, each) => sum + each.length, 0);
  const bySeason = startsBySeason(
    rows.map((row) => starts[row]!),
    lead_hours,
    seasons,
  );
  return bySeason.flatMap(({ season, indices }) => {
    const n = indices.length;
    if (n === 0) return [];
    const cases = new Float64Array(n * width);
    let to = 0;
    for (const index of indices) {
      for (const [g, { cases: table }] of groups.entries()) {
        const row = table.row(rows[index]!);
        for (const column of columns[g]!) cases[to++] = row[column]!;
      }
    }
    return [
      {
        place: { model, variable, level, lead_hours, region, season, n },
        names: names.length === 1 ? names[0]! : names.flat(),
        cases,
        block: blockLength(n, lead_hours, spacingHours),
        overlap: overlapOf(lead_hours, spacingHours),
      },
    ];
  });
}

/** What is made of a list of columns: hundreds of groups share one. */
interface OwnMetrics {
  readonly memberCount: number;
  /** Columns that are numbers of their own, and the metrics of these. */
  readonly single: readonly string[];
  readonly singleMetrics: readonly Metric[];
  readonly curveMetrics: readonly CurveMetric[];
}

/** Of too few starts. */
const unknown = { ci_low: Number.NaN, ci_high: Number.NaN };

type MetricsOfNames = (names: readonly string[], memberCount: number) => OwnMetrics;

function metricsMadeOnce(): MetricsOfNames {
  const known = new Map<readonly string[], OwnMetrics>();
  return (names, memberCount) => {
    const found = known.get(names);
    if (found?.memberCount === memberCount) return found;
    const single = singleStatistics(names);
    const singleMetrics = singleMetricsOf(single, memberCount);
    const made = { memberCount, single, singleMetrics, curveMetrics: curveMetricsOf(names) };
    known.set(names, made);
    return made;
  };
}

function ownScores(
  sample: Sample,
  { single, singleMetrics, curveMetrics }: OwnMetrics,
  options: BootstrapOptions,
): ScoreRow[] {
  const { place, names, cases, block, overlap } = sample;
  // Histograms and classes stay out of the resampling: their metrics have intervals in closed form.
  const rows = resampledScores(
    { ...sample, names: single, cases: columnsOf(cases, names, single) },
    singleMetrics,
    options,
  );
  const means = meansOf(cases, names.length);
  for (const { name, event, of, slopes, range, zeroIfReliable } of curveMetrics) {
    const value = of(means);
    if (!Number.isFinite(value)) continue;
    if (!zeroIfReliable && !hasInterval(place.n, block)) {
      rows.push(rowOf(place, event, name, { value, ...unknown, p_value: null }));
      continue;
    }
    const series = seriesOf(cases, names.length, slopes(means));
    const { low, high } = intervalAround(value, series, block, range);
    const p_value = zeroIfReliable ? dieboldMariano(series, overlap).pValue : null;
    rows.push(rowOf(place, event, name, { value, ci_low: low, ci_high: high, p_value }));
  }
  return rows;
}

/** Skill against a reference, and the difference of the CRPS where no reference is itself compared. */
function besideReference(
  table: StatisticTable,
  group: StatisticGroup,
  reference: StatisticGroup,
  options: SummaryOptions,
): ScoreRow[] {
  const pairs = pairedScoresOf(group.cases.statistics, reference.cases.statistics);
  const own = [...new Set(pairs.flatMap((pair) => pair.own))];
  const other = [...new Set(pairs.flatMap((pair) => pair.other))];
  const metrics = skillMetrics(pairs, reference.model, own, other);
  const crps = pairs.find(({ score }) => score === 'crps');
  const columns = crps && [own.indexOf(crps.own[0]!), own.length + other.indexOf(crps.other[0]!)];
  const difference = `${differencePrefix}${reference.model}`;
  if (columns && !options.references.includes(group.model)) {
    const [mine, theirs] = columns as [number, number];
    metrics.push({ name: difference, event: null, of: (means) => means[mine]! - means[theirs]! });
  }
  return samplesOf(table, group, [group, reference], options, [own, other]).flatMap((sample) =>
    resampledScores(sample, metrics, options).map((row) => {
      if (row.metric !== difference || !columns) return row;
      const series = seriesOf(sample.cases, sample.names.length, { columns, values: Float64Array.of(1, -1) });
      return { ...row, p_value: dieboldMariano(series, sample.overlap).pValue };
    }),
  );
}

/** Rows of metrics with their intervals over resampled starts. */
function resampledScores(
  { place, names, cases, block }: Sample,
  metrics: readonly Metric[],
  options: BootstrapOptions,
): ScoreRow[] {
  const means = meansOf(cases, names.length);
  const finite = metrics.filter(({ of }) => Number.isFinite(of(means)));
  const all = finite.map(({ of }) => of);
  const intervals = bootstrapIntervals(cases, names.length, block, all, options);
  return finite.map(({ name, event, of }, i) => {
    const { low, high } = intervals[i]!;
    return rowOf(place, event, name, { value: of(means), ci_low: low, ci_high: high, p_value: null });
  });
}

function rowOf(
  { model, variable, level, lead_hours, region, season, n }: Sample['place'],
  event: string | null,
  metric: string,
  { value, ci_low, ci_high, p_value }: Pick<ScoreRow, 'value' | 'ci_low' | 'ci_high' | 'p_value'>,
): ScoreRow {
  return {
    model,
    variable,
    level,
    lead_hours,
    region,
    season,
    event,
    metric,
    value,
    ci_low,
    ci_high,
    p_value,
    n,
  };
}

/** Some of the columns: [case, wanted]. */
function columnsOf(cases: Float64Array, names: readonly string[], wanted: readonly string[]): Float64Array {
  const columns = wanted.map((name) => names.indexOf(name));
  const out = new Float64Array((cases.length / names.length) * columns.length);
  let to = 0;
  for (let from = 0; from < cases.length; from += names.length)
    for (const column of columns) out[to++] = cases[from + column]!;
  return out;
}
