/**
 * docs/classical-eps.md from a comparison: the classical ensemble (the dycore itself from perturbed analyses, a
 * perfect model) beside the Bayesian network, its deterministic form, persistence and climatology.
 */
import type { CompareRow } from '../../evaluation/compareRow.js';
import type { CompareResult } from '../../src/commands/compare.js';
import { secondsText } from '../../src/report/compareTable.js';
import { displayUnit, formatValue } from '../../src/report/displayUnit.js';

/** Names of the run directories. */
export const eps = 'eps';
export const bayesian = 'bayesian';
export const deterministic = 'deterministic';

const titles: Readonly<Record<string, string>> = {
  [eps]: 'perfect-model EPS',
  [bayesian]: 'Bayesian network',
  [deterministic]: 'deterministic network',
  persistence: 'persistence',
  climatology: 'climatology',
};
const variables: Readonly<Record<string, string>> = {
  z500: 'geopotential at 500 hPa',
  t850: 'temperature at 850 hPa',
  u250: 'eastward wind at 250 hPa',
  msl: 'sea-level pressure',
};

/** What is wanted: this share of the EPS's CRPS skill up to this lead, at less than this share of its cost. */
const goal = { share: 0.95, leadHours: 120, cost: 0.1 };

type Find = (run: string, metric: CompareRow['metric'], leadHours: number) => CompareRow | undefined;

/** @param commands that made the runs, one a line, as a reader would type them */
export function epsDocument(result: CompareResult, commands: readonly string[]): string {
  const names = Object.keys(variables).filter((name) => result.channels.some((each) => each.name === name));
  const findIn = (channel: string): Find => {
    const rows = result.rows.filter(({ variable, level }) => channel === `${variable}${level ?? ''}`);
    return (run, metric, lead) =>
      rows.find((row) => row.run === run && row.metric === metric && row.lead_hours === lead);
  };
  const blocks = names.map((name) => {
    const { label, factor } = displayUnit(result.channels.find((each) => each.name === name)?.unit ?? '1');
    return `## ${name}: ${variables[name]}, ${label}\n\n${table(findIn(name), result.leadsHours, factor)}`;
  });
  const first = result.starts[0]?.slice(0, 10);
  const last = result.starts.at(-1)?.slice(0, 10);
  return `# The classical ensemble and the Bayesian one

Both forecast the nature run, a made-up atmosphere whose truth is known, from the same ${result.starts.length} analyses
(${first} … ${last}): truth plus an error of a tenth of climatological spread. The classical ensemble prediction
system (EPS) integrates the very model that made the truth from perturbed analyses; no forecast from these analyses
can be expected to do better. The Bayesian network has learnt from another run of the same atmosphere. Climatology is
every state of ${result.training}, of any date. Made by \`npm run science\`.

${found(
  names.map((name) => ({ name, find: findIn(name) })),
  result,
)}

## Cost

${costTable(result)}

${blocks.join('\n\n')}

A single field (deterministic network, persistence) is scored by its mean absolute error in place of the fair CRPS,
and has no spread. Intervals are 95 %, of a bootstrap of whole start dates. The ratio of skills is of 1 − CRPS /
CRPS of climatology; it has no value where the EPS has no skill left.

## Commands

\`\`\`sh
${commands.join('\n')}
\`\`\`
`;
}

function table(find: Find, leads: readonly number[], factor: number): string {
  const line = (label: string, cell: (lead: number) => string): string =>
    `| ${label} | ${leads.map(cell).join(' | ')} |`;
  const value = (run: string, metric: CompareRow['metric'], by: number) => (lead: number) => {
    const row = find(run, metric, lead);
    return row === undefined ? '–' : formatValue(row.value * by);
  };
  const runs = Object.keys(titles).filter((run) => leads.some((lead) => find(run, 'crps', lead)));
  const several = [eps, bayesian].filter((run) => runs.includes(run));
  const ratio = (lead: number): string => {
    const row = find(bayesian, 'crps_skill_ratio', lead);
    if (row === undefined || !Number.isFinite(row.value)) return '–';
    const [low, high] = [row.ci_low, row.ci_high].map((bound) => formatValue(bound, 1));
    return `${formatValue(row.value, 1)} [${low}, ${high}]`;
  };
  const difference = (lead: number): string => {
    const row = find(bayesian, 'crps_difference', lead);
    if (row === undefined) return '–';
    const [centre, low, high] = [row.value, row.ci_low, row.ci_high].map((x) =>
      formatValue(x * factor, Math.abs(row.value * factor)),
    );
    return `${centre} [${low}, ${high}] ${row.verdict}`;
  };
  const point = (run: string): string => (run === deterministic || run === 'persistence' ? ' (MAE)' : '');
  return [
    line('', (lead) => `day ${lead / 24}`),
    `|---|${leads.map(() => '---').join('|')}|`,
    ...runs.map((run) => line(`fair CRPS, ${titles[run]}${point(run)}`, value(run, 'crps', factor))),
    line('Bayesian less EPS [95 %]', difference),
    ...several.map((run) => line(`CRPS skill, ${titles[run]}`, value(run, 'crps_skill_score', 1))),
    line('**skill, Bayesian over EPS [95 %]**', ratio),
    ...runs.map((run) => line(`RMSE of the mean, ${titles[run]}`, value(run, 'rmse', factor))),
    ...several.map((run) => line(`spread–skill ratio, ${titles[run]}`, value(run, 'spread_skill_ratio', 1))),
  ].join('\n');
}

function costTable({ runs }: CompareResult): string {
  const base = runs.find(({ name }) => name === eps)?.cost?.core_seconds_per_member_day;
  const lines = runs.map(({ name, weightSamples, noiseStreams, cost }) => {
    const members = `${weightSamples}x${noiseStreams}`;
    if (cost === null) return `| ${titles[name] ?? name} | ${members} | not recorded | – |`;
    const seconds = cost.core_seconds_per_member_day;
    const share = base === undefined ? '–' : formatValue(seconds / base);
    return `| ${titles[name] ?? name} | ${members} | ${secondsText(seconds)} | ${share} |`;
  });
  return ['| | members | a member-day on one core | of the EPS |', '|---|---|---|---|', ...lines].join('\n');
}

/** What is reached of the goal, and what the rest is made of: the error of the mean, and the spread about it. */
function found(
  channels: readonly { readonly name: string; readonly find: Find }[],
  result: CompareResult,
): string {
  const leads = result.leadsHours.filter((lead) => lead <= goal.leadHours);
  const each = channels.map(({ name, find }) => {
    const ratios = leads.flatMap((lead) => {
      const row = find(bayesian, 'crps_skill_ratio', lead);
      return row === undefined || !Number.isFinite(row.value) ? [] : [{ lead, ...row }];
    });
    if (ratios.length === 0) return `- ${name}: no ratio of skills`;
    const lowest = ratios.reduce((a, b) => (b.value < a.value ? b : a));
    const reached = ratios.filter((row) => row.value >= goal.share).map(({ lead }) => lead / 24);
    const rmse = (run: string): number => find(run, 'rmse', lowest.lead)?.value ?? Number.NaN;
    const spread = (run: string): string =>
      (find(run, 'spread_skill_ratio', lowest.lead)?.value ?? Number.NaN).toFixed(2);
    const excess = 100 * (rmse(bayesian) / rmse(eps) - 1);
    return (
      `- ${name}: ${percent(lowest.value)} of the EPS's skill or more up to day ${goal.leadHours / 24} ` +
      `(least at day ${lowest.lead / 24}, [${percent(lowest.ci_low)}, ${percent(lowest.ci_high)}]); ` +
      `${reached.length === 0 ? 'the goal is reached at no lead' : `the goal is reached at day ${reached.join(', ')}`}. ` +
      `At day ${lowest.lead / 24} the RMSE of the mean is ${Math.abs(excess).toFixed(0)} % ` +
      `${excess < 0 ? 'below' : 'above'} the EPS's, and the spread–skill ratio ${spread(bayesian)} against ${spread(eps)}`
    );
  });
  const cost = (run: string): number =>
    result.runs.find(({ name }) => name === run)?.cost?.core_seconds_per_member_day ?? Number.NaN;
  const share = cost(bayesian) / cost(eps);
  const costs = Number.isNaN(share)
    ? '- Cost: not recorded'
    : `- Cost: ${percent(share)} of the EPS's per member-day, ${share < goal.cost ? 'less' : 'not less'} than the tenth that is the goal`;
  return (
    `The goal: ${percent(goal.share)} of the EPS's CRPS skill up to day ${goal.leadHours / 24}, ` +
    `at less than a tenth of its cost.\n\n${each.join('\n')}\n${costs}`
  );
}

function percent(share: number): string {
  return Number.isNaN(share) ? 'n/a' : `${(100 * share).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`;
}
