/**
 * Runs beside the first run as scorecards: by how many per cent the fair CRPS (or RMSE) is smaller, by region and
 * season, one card at a time, with marks where the paired difference is beyond chance.
 */
import { type CompareRow, compareColumns } from '../../evaluation/compareRow.js';
import { jointVerdicts } from '../../evaluation/significance/falseDiscovery.js';
import { type Card, type CardCell, cardTable } from './cardTable.js';
import { type ChannelUnits, channelOf, channelsOf } from './channelUnits.js';
import { type Choice, choices } from './choices.js';
import { divergingLimit } from './divergingSteps.js';
import { tableData, unitColumn } from './figureData.js';
import { readingOrder } from './headline.js';
import { escapeHtml } from './html.js';
import { modelNames } from './keySentence.js';
import { regionName, seasonName } from './regionNames.js';
import { longName } from './variableNames.js';
import { leadsOf, ofChannel } from './verification.js';

interface Shown {
  readonly metric: 'crps' | 'rmse';
  readonly spoken: string;
  readonly run: string;
  readonly region: string;
  readonly season: string;
}

/** HTML; empty where nothing is compared. @param rows all rows of a comparison */
export function comparisonCards(rows: readonly CompareRow[], units: ChannelUnits): string {
  const plain = rows.filter((row) => row.event === null);
  const paired = plain.filter((row) => row.metric === 'crps_difference');
  const runs = [...new Set(paired.map((row) => row.run))];
  const regions = [...new Set(paired.map((row) => row.region))];
  const seasons = [...new Set(paired.map((row) => row.season))].filter((season) => season !== 'all');
  const home = regions.includes('all') ? 'all' : (regions[0] ?? 'all');
  const [first] = runs;
  if (first === undefined) return '';
  const crps = { metric: 'crps', spoken: 'fair CRPS', region: home, season: 'all' } as const;
  const wanted: (Shown & { readonly label: string })[] = [
    ...runs.map((run) => ({ ...crps, run, label: runs.length > 1 ? nameOf(run) : regionName(home) })),
    ...regions
      .filter((region) => region !== home)
      .map((region) => ({ ...crps, run: first, region, label: regionName(region) })),
    ...seasons.map((season) => ({ ...crps, run: first, season, label: seasonName(season) })),
    { ...crps, run: first, metric: 'rmse', spoken: 'RMSE of the mean', label: 'RMSE of the mean' },
  ];
  const cards = wanted.flatMap((shown): Choice[] => {
    const card = cardOf(plain, units, shown);
    return card === null ? [] : [{ label: shown.label, body: cardTable(card) }];
  });
  return choices('scorecard', 'run, region, season or score of the scorecard', cards);
}

function nameOf(run: string): string {
  return modelNames[run] ?? run;
}

function cardOf(rows: readonly CompareRow[], units: ChannelUnits, shown: Shown): Card | null {
  const { metric, run, region, season } = shown;
  const inside = rows.filter((row) => row.region === region && row.season === season);
  const paired = inside.filter((row) => row.run === run && row.metric === `${metric}_difference`);
  const [any] = paired;
  if (any === undefined || any.against === null) return null;
  const scores = inside.filter((row) => row.run === any.against && row.metric === metric);
  const joint = jointVerdicts(paired);
  const cells = paired.flatMap((row, i): { readonly row: CompareRow; readonly cell: CardCell }[] => {
    const base = ofChannel(scores, row).find((each) => each.lead_hours === row.lead_hours);
    if (base === undefined || !(base.value > 0)) return [];
    const value = (-100 * row.value) / base.value;
    const verdict = row.verdict ?? 'no evidence';
    const cell = {
      lead_hours: row.lead_hours,
      value,
      text: percentText(value),
      verdict,
      firm: joint[i] === verdict,
    };
    return [{ row, cell }];
  });
  if (cells.length === 0) return null;
  const where =
    season === 'all' ? regionName(region) : `${regionName(region)}, ${seasonName(season).toLowerCase()}`;
  const used = [...paired, ...scores];
  return {
    caption: `By how many % the ${shown.spoken} of ${escapeHtml(nameOf(run))} is smaller than that of ${escapeHtml(any.against)}, ${where}.`,
    name: `scorecard ${metric} ${run} against ${any.against} ${where}`,
    rows: readingOrder(
      channelsOf(
        cells.map(({ row }) => row),
        units,
      ),
    ).map((channel) => ({
      title: longName(channel),
      cells: cells
        .filter(({ row }) => row.variable === channel.variable && row.level === channel.level)
        .map(({ cell }) => cell),
    })),
    leads: leadsOf(paired),
    limit: divergingLimit(cells.map(({ cell }) => cell.value)),
    unit: '%',
    ends: ['worse', 'better'],
    tested: true,
    data: tableData([
      ...compareColumns(used),
      {
        ...unitColumn(used.length, ''),
        type: 'utf8',
        values: used.map((row) => channelOf(row, units).unit),
      },
    ]),
  };
}

/** '+3.2', '−12' */
function percentText(value: number): string {
  const text = Math.abs(value).toFixed(Math.abs(value) >= 9.95 ? 0 : 1);
  return /^0\.?0*$/.test(text) ? '0' : `${value < 0 ? '−' : '+'}${text}`;
}
