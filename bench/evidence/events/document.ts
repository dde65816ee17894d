/** The section of docs/results.md about probabilities of events and strikes: what was found and why, then tables and figures. */

import type { EventEvidence, SeriesReliability } from './gather.js';
import { type Judged, verdictOf } from './judgedCases.js';
import { sentences } from './sentences.js';
import { trackScoreAt } from './trackScoreAt.js';

export const eventsTitle = 'Are probabilities of events and strikes reliable?';

export function figureName({ study }: SeriesReliability): string {
  return `reliability-${study.name}`;
}

/** Panels of a series' figure: events, then strikes. */
export function panelsOf({ study, events, strikes }: SeriesReliability): { title: string; judged: Judged }[] {
  return [
    ...events.map((judged, i) => ({ title: study.kinds[i]!.name, judged })),
    ...strikes.map((judged, i) => {
      const { radiusKm, window } = study.lows.kinds[i]!;
      return {
        title: `low, ${radiusKm} km, days ${window.fromHours / 24}–${window.toHours / 24}`,
        judged,
      };
    }),
  ];
}

export function eventsSection({ series, commands }: EventEvidence): string {
  return `## ${eventsTitle}

Events of every kind that can be asked (docs/events.md), each at many places from many starts; what happened is the answer of
the archive to the same question. *Observed*, *forecast*, *usual*: share of cases in which it happened, mean probability, mean
climatological probability. *Skill*: fair Brier score against the climatological probability, with the 95 % interval of a block
bootstrap over starts. *Reliability*: the term of the Brier score × 1000, in brackets the most it would be for a reliable
forecast, which is found by letting a member of each start stand for the truth at all places
(\`evaluation/calibration/exchangeableBars.ts\`): this keeps the dependence between places and the limits of a finite ensemble.
*Found* is *reliable* where neither that term, nor the mean probability, nor the slope of frequency on probability is beyond what
members among themselves come to (one reliable kind in twenty at most would fail); else it says what is wrong: forecast *too
often* or *too seldom*, *too sure* (probabilities stray too far from the usual one), *too cautious*, or *uneven*; *slightly* where
the term itself is within its limit, so that it takes all these cases to see. The rule was made stricter once results had been
seen: by that term alone 9 of 13 kinds of events and 8 of 8 kinds of strikes of the nature run would pass. In the figures grey bars hold 95 % of the
frequencies of a reliable forecast.

${series.map(seriesPart).join('\n\n')}

### Commands of events

\`\`\`sh
${commands.map((args) => `npx plume ${args.join(' ')}`).join('\n')}
npm run results -- events
\`\`\`
`;
}

function seriesPart(evidence: SeriesReliability): string {
  const { study, starts, members, events, daily, strikes, spacingHours, climateDates, seconds } = evidence;
  const at = (time: number | undefined): string => new Date(time ?? 0).toISOString().slice(0, 10);
  return `### On ${study.title}

${starts.length} starts ${at(starts[0])} … ${at(starts.at(-1))}, one every ${spacingHours / 24} days, ${members} members to day 7.
Climatological probabilities and percentiles from ${climateDates} other dates. ${study.places.sites.length} sites or ${study.places.boxes.length}
boxes; lows (\`lows\` with its standard thresholds, daily) at ${study.lows.sites.length} places. Questions and judging took ${seconds.toFixed(0)} s.

${sentences(evidence)
  .map((text) => `- ${text}`)
  .join('\n')}

${judgedTable('event', events, (each) => `\`${each.name}\``)}

${judgedTable('strike', strikes, (each) => each.name)}

The same question at each lead, \`${study.daily[0]!.text.replace(/ at \d+h$/, '')}\`:

${dailyTable(daily)}

${lowsTable(evidence)}

![Reliability diagrams, ${study.name}](figures/${figureName(evidence)}.svg)`;
}

function judgedTable(what: string, judged: readonly Judged[], title: (each: Judged) => string): string {
  const lines = judged.map(
    (each) =>
      `| ${title(each)} | ${[each.observed, each.forecast, each.climatological].map(percent).join(' | ')} | ` +
      `${each.brier.toFixed(4)} | ${skillCell(each)} | ${reliabilityCell(each)} | ${verdictCell(each)} |`,
  );
  return [
    `| ${what} | observed | forecast | usual | Brier | skill [95 %] | reliability [limit] | found |`,
    '|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function dailyTable(judged: readonly Judged[]): string {
  const line = (title: string, cell: (each: Judged) => string): string =>
    `| ${title} | ${judged.map(cell).join(' | ')} |`;
  return [
    `| | ${judged.map((_, day) => `day ${day + 1}`).join(' | ')} |`,
    `|---|${judged.map(() => '---').join('|')}|`,
    line('observed, forecast', (each) => `${percent(each.observed)}, ${percent(each.forecast)}`),
    line('skill [95 %]', skillCell),
    line('reliability [limit]', reliabilityCell),
    line('found', verdictCell),
  ].join('\n');
}

/** Positions, texture and spread by lead. */
function lowsTable(evidence: SeriesReliability): string {
  const { leadsHours, lows, texture } = evidence;
  const channels = [...new Set(evidence.scores.map(({ variable, level }) => `${variable}${level ?? ''}`))];
  const line = (title: string, cell: (lead: number) => string): string =>
    `| ${title} | ${leadsHours.map(cell).join(' | ')} |`;
  const whole = (metric: string) => (lead: number) => digits(trackScoreAt(lows, metric, lead)?.value, 0);
  const ratio = (value: number | undefined): string => digits(value, 2);
  const textureAt = (lead: number) => texture.find(({ leadHours }) => leadHours === lead);
  return [
    line('lows and fields', (lead) => `day ${lead / 24}`),
    `|---|${leadsHours.map(() => '---').join('|')}|`,
    line('error of a member’s place, km', whole('member_distance_km')),
    line('rms error of the mean place, km', whole('rmse_of_mean_km')),
    line('spread of places, km', whole('spread_km')),
    line('spread of places / error', (lead) => ratio(trackScoreAt(lows, 'spread_skill_ratio', lead)?.value)),
    line('the same with a member for the truth', (lead) =>
      ratio(trackScoreAt(lows.amongMembers, 'spread_skill_ratio', lead)?.value),
    ),
    line('cases of these', (lead) => `${trackScoreAt(lows, 'rmse_of_mean_km', lead)?.n ?? 0}`),
    line('members that have a low of the truth', (lead) =>
      percent(trackScoreAt(lows, 'alive_share', lead)?.value ?? Number.NaN),
    ),
    line('change of msl in a day, members / truth', (lead) => ratio(textureAt(lead)?.change)),
    line('east–west differences of msl, members / truth', (lead) => ratio(textureAt(lead)?.gradient)),
    ...channels.map((channel) =>
      line(`spread–skill ratio of ${channel}`, (lead) =>
        ratio(
          evidence.scores.find(
            (row) =>
              `${row.variable}${row.level ?? ''}` === channel &&
              row.metric === 'spread_skill_ratio' &&
              row.lead_hours === lead,
          )?.value,
        ),
      ),
    ),
  ].join('\n');
}

function digits(value: number | undefined, count: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(count).replace('-', '−');
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}

function skillCell({ skill, skillInterval: { low, high } }: Judged): string {
  const [value, from, to] = [skill, low, high].map((x) => digits(x, 2));
  return Number.isNaN(low) ? `${value}` : `${value} [${from}, ${to}]`;
}

function reliabilityCell({ reliability: { value, limit } }: Judged): string {
  return `${(1000 * value).toFixed(2)} [${(1000 * limit).toFixed(2)}]`;
}

function verdictCell(judged: Judged): string {
  const { grade, words } = verdictOf(judged);
  return grade === 'off' ? `**${words}**` : words;
}
