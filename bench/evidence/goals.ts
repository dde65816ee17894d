/** What the evidence is asked for, and whether it is so: every goal is answered from the numbers, none by hand. */
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import type { Evidence } from './gather.js';
import { channelOf, findRow } from './scoreRows.js';

export interface Answer {
  readonly goal: string;
  readonly met: boolean;
  readonly found: string;
}

/** Fair CRPS in Pa over 2007 of a plain convolutional network trained for each lead with a Gaussian head, measured elsewhere. */
const convolutionalNetwork: Readonly<Record<number, number>> = { 24: 194, 48: 347, 72: 408 };
const ratioRange = [0.95, 1.05] as const;
const rankLeads = [24, 72, 120];
/** Bars of a flat histogram that lie outside their 95 % range by chance. */
const outsideByChance = 0.05;
const costLimit = 1.1;

/** Share of a rank histogram's bars outside the range of a reliable ensemble. */
export function barsOutside(ranks: readonly DiagramRow[], channel: string, lead: number): number {
  const bars = ranks.filter((row) => row.lead_hours === lead && channelOf(row) === channel);
  return bars.filter(({ y, ci_low, ci_high }) => y < ci_low || y > ci_high).length / bars.length;
}

/** Cost of a member-day of an arm beside that of the deterministic network. */
export function costRatio({ result }: Evidence, arm: string): number {
  const cost = (name: string): number =>
    result.runs.find((run) => run.name === name)?.cost?.core_seconds_per_member_day ?? Number.NaN;
  return cost(arm) / cost('deterministic');
}

export function answers(evidence: Evidence): Answer[] {
  const { series, arms, result, ranks } = evidence;
  const { rows, leadsHours } = result;
  const all = series.shown.flatMap((channel) => leadsHours.map((lead) => ({ channel, lead })));
  const label = ({ channel, lead }: { channel: string; lead: number }): string =>
    `${channel} day ${lead / 24}`;
  const listed = (cases: readonly { channel: string; lead: number }[]): string =>
    cases.length === 0 ? '' : `: not ${cases.map(label).join(', ')}`;

  const others = arms.filter(({ name, mixed }) => name !== 'hybrid' && mixed !== true);
  const beaten = all.filter(({ channel, lead }) => {
    const own = findRow(rows, 'hybrid', channel, 'crps', lead)?.value ?? Number.NaN;
    return others.some(({ name }) => (findRow(rows, name, channel, 'crps', lead)?.value ?? Number.NaN) < own);
  });
  const ratios = all.map((each) => ({
    ...each,
    ratio: findRow(rows, 'hybrid-48', each.channel, 'spread_skill_ratio', each.lead)?.value ?? Number.NaN,
  }));
  const outside = ratios.filter(({ ratio }) => !(ratio >= ratioRange[0] && ratio <= ratioRange[1]));
  const histograms = all
    .filter(({ lead }) => rankLeads.includes(lead))
    .map((each) => ({ ...each, share: barsOutside(ranks.get('hybrid') ?? [], each.channel, each.lead) }));
  const uneven = histograms.filter(({ share }) => !(share <= outsideByChance + 1 / (series.networks + 1)));
  const cost = costRatio(evidence, 'hybrid-48');
  const found: Answer[] = [
    {
      goal: 'the hybrid has the lowest fair CRPS at every lead, beside arms of one source and as many members',
      met: beaten.length === 0,
      found: `lowest at ${all.length - beaten.length} of ${all.length}${listed(beaten)}`,
    },
    {
      goal: `spread–skill ratio of the hybrid within ${ratioRange.join('–')} at every lead`,
      met: outside.length === 0,
      found: `${all.length - outside.length} of ${all.length}; ${outside.map((each) => `${label(each)} ${each.ratio.toFixed(2)}`).join(', ') || 'none outside'}`,
    },
    {
      goal: 'rank histograms flat within sampling error at days 1, 3 and 5 (at most one bar outside its 95 % range)',
      met: uneven.length === 0,
      found: `${histograms.length - uneven.length} of ${histograms.length}${listed(uneven)}`,
    },
    {
      goal: 'a member of the hybrid costs at most 10 % more than the deterministic network',
      met: cost <= costLimit,
      found: `× ${cost.toFixed(2)}`,
    },
  ];
  if (series.name === 'slp') {
    for (const [hours, quoted] of Object.entries(convolutionalNetwork)) {
      const value = findRow(rows, 'hybrid-48', 'msl', 'crps', Number(hours))?.value ?? Number.NaN;
      found.push({
        goal: `day ${Number(hours) / 24}: at or below the quoted convolutional network, ${quoted} Pa; wanted 5 % below`,
        met: value <= quoted,
        found: `${value.toFixed(1)} Pa, ${(100 * (value / quoted - 1)).toFixed(1)} %`,
      });
    }
  }
  return found;
}
