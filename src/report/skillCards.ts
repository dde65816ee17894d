/**
 * The skill of every channel at every lead as coloured tables: fair CRPS against climatology by region and season,
 * against persistence, and the spread–skill ratio, one of them at a time.
 */
import { differencePrefix, type ScoreRow, scoreColumns, verdictOf } from '../../evaluation/scoreRow.js';
import { jointVerdicts } from '../../evaluation/significance/falseDiscovery.js';
import { type Card, type CardCell, cardTable } from './cardTable.js';
import { type ChannelUnits, channelOf, channelsOf } from './channelUnits.js';
import { type Choice, choices } from './choices.js';
import { divergingLimit } from './divergingSteps.js';
import { tableData, unitColumn } from './figureData.js';
import { readingOrder } from './headline.js';
import { regionName, seasonName } from './regionNames.js';
import { longName } from './variableNames.js';
import { leadsOf, mainModel, ofChannel } from './verification.js';

interface CardKind {
  readonly metric: string;
  /** Row that says whether it is beyond chance; null where nothing does. */
  readonly difference: string | null;
  readonly label: string;
  readonly caption: (where: string) => string;
  readonly shown: (value: number) => number;
  readonly text: (value: number) => string;
  readonly limit: number | null;
  readonly unit: string;
  readonly ends: readonly [string, string];
}

const skillEnds = ['worse', 'better'] as const;
const wholePercent = (value: number): string => {
  const rounded = Math.round(100 * value);
  return String(rounded === 0 ? 0 : rounded).replace('-', '−');
};

const againstClimatology: CardKind = {
  metric: 'crps_skill_score',
  difference: `${differencePrefix}climatology`,
  label: 'against climatology',
  caption: (where) =>
    `CRPS skill against climatology, %, ${where}: 100 is perfect, 0 is what climatology has, below 0 is worse.`,
  shown: (value) => 100 * value,
  text: wholePercent,
  limit: 100,
  unit: '%',
  ends: skillEnds,
};
const othersOfTheWhole: readonly CardKind[] = [
  {
    ...againstClimatology,
    metric: 'crps_skill_vs_persistence',
    difference: `${differencePrefix}persistence`,
    label: 'against persistence',
    caption: (where) =>
      `CRPS skill against persistence, %, ${where}: 100 is perfect, 0 is what leaving everything as it was has, below 0 is worse.`,
  },
  {
    metric: 'spread_skill_ratio',
    difference: null,
    label: 'spread–skill ratio',
    caption: (where) =>
      `Spread–skill ratio, ${where}: 1 is right, below 1 the ensemble is too sure, above 1 too cautious.`,
    shown: (value) => 100 * (value - 1),
    text: (value) => value.toFixed(2),
    limit: 50,
    unit: '% from 1',
    ends: ['too sure', 'too cautious'],
  },
];

/** HTML; empty where nothing has been compared. @param scores all rows */
export function skillCards(scores: readonly ScoreRow[], units: ChannelUnits): string {
  const plain = scores.filter((row) => row.event === null);
  const cards: Choice[] = [];
  const add = (kind: CardKind, region: string, season: string, label: string): void => {
    const rows = plain.filter((row) => row.region === region && row.season === season);
    const card = cardOf(rows, units, kind, region, season);
    if (card !== null) cards.push({ label, body: cardTable(card) });
  };
  const regions = [...new Set(plain.map((row) => row.region))];
  const seasons = [...new Set(plain.map((row) => row.season))].filter((season) => season !== 'all');
  const home = regions.includes('all') ? 'all' : (regions[0] ?? 'all');
  for (const region of regions) add(againstClimatology, region, 'all', regionName(region));
  for (const season of seasons) add(againstClimatology, home, season, seasonName(season));
  for (const kind of othersOfTheWhole) add(kind, home, 'all', kind.label);
  return choices('scorecard', 'region, season or reference of the scorecard', cards);
}

function cardOf(
  rows: readonly ScoreRow[],
  units: ChannelUnits,
  kind: CardKind,
  region: string,
  season: string,
): Card | null {
  const main = mainModel(rows);
  const own = rows.filter((row) => row.model === main);
  const shown = own.filter((row) => row.metric === kind.metric && Number.isFinite(row.value));
  if (shown.length === 0) return null;
  const differences = own.filter((row) => row.metric === kind.difference);
  const verdicts = differences.map((row) => ({ p_value: row.p_value, verdict: verdictOf(row) }));
  const joint = jointVerdicts(verdicts);
  const where =
    season === 'all' ? regionName(region) : `${regionName(region)}, ${seasonName(season).toLowerCase()}`;
  const cellOf = (row: ScoreRow): CardCell => {
    const index = differences.findIndex(
      (each) =>
        each.variable === row.variable && each.level === row.level && each.lead_hours === row.lead_hours,
    );
    return {
      lead_hours: row.lead_hours,
      value: kind.shown(row.value),
      text: kind.text(row.value),
      verdict: verdicts[index]?.verdict ?? 'no evidence',
      firm: joint[index] === verdicts[index]?.verdict,
    };
  };
  const used = [...shown, ...differences];
  const unitsOfRows = used.map((row) => channelOf(row, units).unit);
  return {
    caption: kind.caption(where),
    name: `scorecard ${kind.label} ${where}`,
    rows: readingOrder(channelsOf(shown, units)).map((channel) => ({
      title: longName(channel),
      cells: ofChannel(shown, channel).map(cellOf),
    })),
    leads: leadsOf(shown),
    limit: kind.limit ?? divergingLimit(shown.map((row) => kind.shown(row.value))),
    unit: kind.unit,
    ends: kind.ends,
    tested: differences.some(
      (row) => Number.isFinite(row.p_value ?? Number.NaN) || Number.isFinite(row.ci_low),
    ),
    data: tableData([
      ...scoreColumns(used),
      { ...unitColumn(used.length, ''), type: 'utf8', values: unitsOfRows },
    ]),
  };
}
