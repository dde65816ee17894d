/** The section of docs/results.md about perturbations: what was found, then tables for each model, then the commands. */
import { displayUnit } from '../../../src/report/displayUnit.js';
import { barsOutside } from '../goals.js';
import { type ChannelScores, differenceCell, leadTable, valueCell } from '../leadTable.js';
import type { ChosenArm } from './arms.js';
import { bandRatio, bands, crpsBesideBest, sentences } from './bestWhere.js';
import type { ModelEvidence, PerturbationEvidence } from './gather.js';
import type { Study } from './study.js';

export const perturbationsTitle = 'What members are perturbed by (nature run, network and dycore)';

export function perturbationsSection({ study, models, commands }: PerturbationEvidence): string {
  const starts = models[0]?.result.starts ?? [];
  return `## ${perturbationsTitle}

Every scheme of perturbing at ${study.members} members, with two models that start from the same analyses of a nature run
neither has seen: six-hourly, T31 with 8 levels. Analyses err by ${study.analysisError} of climatological spread, and that
error is a scaled difference of two states, as are the perturbations called state differences: these have the very
statistics of the error. Errors of successive analyses are independent here, which those of a weather centre are not:
lagged forecasts average them out, and gain by it. Amplitudes are the best of three on ${study.validationStarts}, by the geometric mean of CRPS over
channels and leads up to ${study.validationLead}; test starts are ${starts.length}, ${starts[0]?.slice(0, 10)} …
${starts.at(-1)?.slice(0, 10)}. Differences are from the arm that was best on the test starts. What each scheme is, and
why they rank so: [docs/perturbations.md](perturbations.md).

${models.map((model) => modelPart(model, study)).join('\n\n')}

### Commands of the perturbations

\`\`\`sh
${commands.map((args) => `npx plume ${args.map(quoted).join(' ')}`).join('\n')}
\`\`\`
`;
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word}'`;
}

function modelPart(evidence: ModelEvidence, study: Study): string {
  const { model } = evidence;
  return [
    `### With ${model.title}`,
    sentences(evidence, study.shown)
      .map((text) => `- ${text}`)
      .join('\n'),
    overview(evidence, study),
    ...study.shown.map((channel) => channelTables(evidence, channel)),
    `Spread beside error by total wavenumber n: square roots of the ratio of variances in the bands ${bands
      .map(([from, to]) => `n ${from}–${to}`)
      .join(' / ')}.`,
    ...study.spectral.map((channel) => bandTable(evidence, channel)),
    `![Spectra of spread and errors, ${model.name}](figures/perturbation-spectra-${model.name}.svg)`,
  ].join('\n\n');
}

function overview(evidence: ModelEvidence, { shown }: Study): string {
  const { arms, result } = evidence;
  const cost = (name: string): string => {
    const seconds = result.runs.find((run) => run.name === name)?.cost?.core_seconds_per_member_day;
    return seconds === undefined ? '–' : `${(1000 * seconds).toFixed(1)} ms`;
  };
  const lines = arms.map(
    ({ arm, ...rest }) =>
      `| ${arm.title} | ${trialsText({ arm, ...rest })} | ${arm.members} | ` +
      `${crpsBesideBest(evidence, arm.name, shown).toFixed(3)} | ${cost(arm.name)} |`,
  );
  return [
    '| perturbation | amplitudes tried, validation CRPS beside the chosen one | members | CRPS beside the best | a member-day |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function trialsText({ trials, chosen }: ChosenArm): string {
  return trials
    .map((trial) => {
      if (trial === chosen) return trial.amplitude === '' ? 'as trained' : `**${trial.amplitude}**`;
      return `${trial.amplitude} (× ${Math.exp(trial.meanLogCrps - chosen.meanLogCrps).toFixed(3)})`;
    })
    .join('; ');
}

function channelTables({ arms, best, result, ranks }: ModelEvidence, channel: string): string {
  const { rows, leadsHours, references } = result;
  const { label, factor } = displayUnit(result.channels.find(({ name }) => name === channel)?.unit ?? '1');
  const scores: ChannelScores = { rows, channel, factor };
  const crps = (name: string) => valueCell(scores, name, 'crps', factor);
  return [
    `#### ${channel}, ${label}`,
    leadTable('fair CRPS', leadsHours, [
      ...arms.map(({ arm: { name, title } }) => ({
        title: name === best ? `**${title}**` : title,
        cell: crps(name),
      })),
      ...references.map((name) => ({ title: name, cell: crps(name) })),
    ]),
    leadTable(
      'CRPS less that of the best [95 %]',
      leadsHours,
      arms
        .filter(({ arm }) => arm.name !== best)
        .map(({ arm: { name, title } }) => ({ title, cell: differenceCell(scores, name) })),
    ),
    leadTable(
      'spread–skill ratio',
      leadsHours,
      arms.map(({ arm: { name, title } }) => ({
        title,
        cell: valueCell(scores, name, 'spread_skill_ratio', 1),
      })),
    ),
    leadTable(
      'bars of the rank histogram outside their 95 % range',
      leadsHours,
      arms.map(({ arm: { name, title } }) => ({
        title,
        cell: (lead) => `${(100 * barsOutside(ranks.get(name) ?? [], channel, lead)).toFixed(0)} %`,
      })),
    ),
  ].join('\n\n');
}

function bandTable({ arms, spectra }: ModelEvidence, channel: string): string {
  const own = [...spectra.values()].flat().filter((each) => each.channel === channel);
  const days = [...new Set(own.map(({ day }) => day))].sort((a, b) => a - b);
  const cell = (name: string, day: number): string => {
    const found = spectra.get(name)?.find((each) => each.channel === channel && each.day === day);
    const ratios = found === undefined ? [] : bands.map((band) => bandRatio(found, band));
    return ratios.some(Number.isFinite) ? ratios.map((ratio) => ratio.toFixed(2)).join(' / ') : '–';
  };
  const heads = days.map((day) => (day === 0 ? 'start' : `day ${day}`));
  return [
    `| ${channel} | ${heads.join(' | ')} |`,
    `|---|${days.map(() => '---').join('|')}|`,
    ...arms.map(
      ({ arm: { name, title } }) => `| ${title} | ${days.map((day) => cell(name, day)).join(' | ')} |`,
    ),
  ].join('\n');
}
