/**
 * docs/results.md: a section for each series, from what was gathered: goals and answers first, then a table for each
 * channel, then the commands. Sections of series that were not gathered this time stay as they are.
 */
import { displayUnit } from '../../src/report/displayUnit.js';
import type { Evidence } from './gather.js';
import { answers, barsOutside, costRatio } from './goals.js';
import { type ChannelScores, differenceCell, leadTable, valueCell } from './leadTable.js';
import { findRow } from './scoreRows.js';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
}

const introduction = `# Results

Where should the spread of an ensemble come from? The same network, with its uncertainty taken from its weights, from
noise, from the analysis, or from all of them, beside a deep ensemble and Monte-Carlo dropout, on two series split in time.
Made by \`npm run results\`, which runs the commands at the end of each section. Scores are fair: they estimate those of an
ensemble without end whatever the number of members. Differences carry 95 % intervals of a paired block bootstrap over start
dates and a verdict that needs a Diebold–Mariano test too (docs/significance.md). Weights learn from the training years, every
choice is made on the validation year, and the test year is forecast with what they gave.
`;

/** Sections by their title. */
export interface MadeSections {
  /** Of series: with one of them, the page opens as it does today. */
  readonly series: ReadonlyMap<string, string>;
  /** Of other evidence. */
  readonly others: ReadonlyMap<string, string>;
}

/** @param before the page as it is; '' where there is none */
export function resultsDocument({ series, others }: MadeSections, before: string): string {
  const sections = new Map([...sectionsOf(before), ...series, ...others]);
  const opening =
    series.size > 0 || before === '' ? introduction : `${before.split(/^## /m)[0]?.trimEnd()}\n`;
  return [opening, ...sections.values()].join('\n');
}

/** By title; text before the first is left out. */
function sectionsOf(page: string): [string, string][] {
  return page
    .split(/^(?=## )/m)
    .slice(1)
    .map((text) => [/^## (.*)$/m.exec(text)?.[1] ?? '', `${text.trimEnd()}\n`]);
}

function goalsTable(evidence: Evidence): string {
  const lines = answers(evidence).map(
    ({ goal, met, found }) => `| ${goal} | ${met ? 'met' : '**missed**'} | ${found} |`,
  );
  return ['| goal | | found |', '|---|---|---|', ...lines].join('\n');
}

/** Of one series. */
export function seriesSection(evidence: Evidence, machine: Machine): string {
  const { series, trained, result, initial, initialTrials } = evidence;
  const trainings = trained.map(
    ({ name, summary }) =>
      `| ${name} | ${summary.parameters.toLocaleString('en')} | ${summary.teraflops.toFixed(1)} TFLOP | ` +
      `${(summary.peakMemoryBytes / 1e6).toFixed(0)} MB |`,
  );
  const trials = initialTrials.map(
    ({ amplitude, meanLogCrps }) => `${amplitude} (${Math.exp(meanLogCrps).toPrecision(4)})`,
  );
  const analyses =
    series.analysisError > 0
      ? `Analyses err by ${series.analysisError} of climatological spread; arms whose members all start from the analysis ` +
        'carry on that error.'
      : 'Analyses are taken as the truth.';
  return `## ${series.title}

Trained on ${series.train}, validated on ${series.validate}, ${result.starts.length} test starts
${result.starts[0]?.slice(0, 10)} … ${result.starts.at(-1)?.slice(0, 10)}. ${analyses}
Members start apart by ${initial} of climatological spread where nothing else sets them apart: the best on the validation
year of ${trials.join(', ')}, geometric mean of CRPS over leads in brackets.

${goalsTable(evidence)}

| training | weights a network | work | peak memory |
|---|---|---|---|
${trainings.join('\n')}

On ${machine.cores} cores, ${machine.processor}.

${series.shown.map((channel) => channelTable(evidence, channel)).join('\n\n')}

### Commands${series.make === undefined ? ` (ARCHIVE is ${series.name === 'slp' ? 'the file of the reanalysis' : 'the store of the nature run'})` : ''}

\`\`\`sh
${evidence.commands.map((args) => `npx plume ${args.join(' ').replaceAll(series.archive, 'ARCHIVE')}`).join('\n')}
\`\`\`
`;
}

function channelTable(evidence: Evidence, channel: string): string {
  const { arms, result, ranks } = evidence;
  const { rows, leadsHours } = result;
  const references = [...new Set(rows.map(({ run }) => run))].filter((run) =>
    arms.every(({ name }) => name !== run),
  );
  const { label, factor } = displayUnit(result.channels.find(({ name }) => name === channel)?.unit ?? '1');
  const scores: ChannelScores = { rows, channel, factor };
  const share = (run: string) => (lead: number) => {
    const [epistemic, aleatoric] = ['epistemic_variance', 'aleatoric_variance'].map(
      (metric) => findRow(rows, run, channel, metric, lead)?.value ?? Number.NaN,
    ) as [number, number];
    const percent = (100 * epistemic) / (epistemic + aleatoric);
    return Number.isFinite(percent) ? `${percent.toFixed(1)} %` : '–';
  };
  const crps = (name: string) => valueCell(scores, name, 'crps', factor);
  const ensembles = arms.filter(({ name }) => name !== 'deterministic');
  const others = arms.filter(({ name }) => name !== 'hybrid');
  const costs = arms.map(({ name, title }) => `${title} ${costRatio(evidence, name).toFixed(2)}`);
  return [
    `### ${channel}, ${label}`,
    leadTable('fair CRPS', leadsHours, [
      ...arms.map(({ name, title }) => ({
        title: name === 'hybrid' ? `**${title}**` : title,
        cell: crps(name),
      })),
      ...references.map((name) => ({ title: name, cell: crps(name) })),
    ]),
    leadTable('CRPS less that of the hybrid [95 %]', leadsHours, [
      ...others.map(({ name, title }) => ({ title, cell: differenceCell(scores, name) })),
      ...references.map((name) => ({ title: name, cell: differenceCell(scores, name) })),
    ]),
    leadTable('spread–skill ratio', leadsHours, [
      ...ensembles.map(({ name, title }) => ({
        title,
        cell: valueCell(scores, name, 'spread_skill_ratio', 1),
      })),
      { title: 'epistemic share of the variance, hybrid of 48', cell: share('hybrid-48') },
    ]),
    leadTable(
      'bars of the rank histogram outside their 95 % range',
      leadsHours,
      ensembles.map(({ name, title }) => ({
        title,
        cell: (lead) => `${(100 * barsOutside(ranks.get(name) ?? [], channel, lead)).toFixed(0)} %`,
      })),
    ),
    `Cost of a member-day, deterministic = 1: ${costs.join(', ')}.`,
  ].join('\n\n');
}
