/** Verification of one channel and region: curves by lead, rank histograms, tables. */
import { differencePrefix, type ScoreRow } from '../../evaluation/scoreRow.js';
import { displayUnit, squaredUnit } from './displayUnit.js';
import { differenceTable, scoreTable } from './htmlTables.js';
import { differencesIn, modelNames } from './keySentence.js';
import { type Curve, leadCurves, legend } from './leadCurves.js';
import { rankHistograms } from './rankHistograms.js';
import type { ScoreGroup } from './scoreTable.js';
import { varianceShares } from './varianceShares.js';

const looks: Readonly<Record<string, { colour: string; dash?: string }>> = {
  'eof-regression': { colour: 'var(--regression)', dash: '7,3' },
  climatology: { colour: 'var(--climatology)', dash: '2,3' },
  persistence: { colour: 'var(--persistence)', dash: '9,3,2,3' },
};

/** HTML of one group. @param unit stored unit of the channel */
export function scoreSections(group: ScoreGroup, unit: string): string {
  return (
    `<div class="charts">${scoreCharts(group, unit).join('')}</div>` +
    `<h2>Rank of what happened among the members</h2><p class="quiet">Flat, at the dashed line, when truth and members are ` +
    'drawn from the same distribution; high at both ends when members spread too little, in the middle when too much, ' +
    `on one side when biased.</p>${ranksOf(group, group.leads)}` +
    `<h2>Against the references</h2>${differenceTable(group, unit)}` +
    `<h2>All scores</h2>${scoreTable(group, unit)}`
  );
}

/** The differences from the references and every score, as tables. */
export function scoreTables(group: ScoreGroup, unit: string): string {
  return differenceTable(group, unit) + scoreTable(group, unit);
}

/** Rank histograms of some leads. */
export function ranksOf(group: ScoreGroup, leads: readonly number[]): string {
  const ensemble = group.rows[0]!.model;
  const ranks = group.rows.filter(
    (row) => row.model === ensemble && row.metric.startsWith('rank_') && leads.includes(row.lead_hours),
  );
  return `<div class="ranks">${rankHistograms(ranks)}</div>`;
}

/** Curves by lead, one figure each: scores, what beats whom, spread and error, the two variances, bias. */
export function scoreCharts(group: ScoreGroup, unit: string): string[] {
  const ensemble = group.rows[0]!.model;
  const of = (model: string, metric: string): ScoreRow[] =>
    group.rows.filter((row) => row.model === model && row.metric === metric);
  const models = [...new Set(group.rows.map((row) => row.model))];
  const look = (model: string) => looks[model] ?? { colour: 'var(--ensemble)' };
  const { label, factor } = displayUnit(unit);
  const charts: string[] = [];
  const chart = (title: string, text: string, body: string): void => {
    charts.push(`<figure><h3>${title}</h3><p class="quiet">${text}</p>${body}</figure>`);
  };

  // References first, so that the ensemble's curve lies on top.
  const crps: Curve[] = [...models.filter((model) => model !== ensemble), ensemble]
    .map((model) => ({ name: modelNames[model] ?? model, ...look(model), rows: of(model, 'crps') }))
    .filter((curve) => curve.rows.length > 0);
  if (crps.length > 0) {
    const banded = crps.some(({ rows }) => rowsAreBanded(rows));
    const text = `How far the forecast distribution lies from what happened; lower is better.${banded ? ' Bands: 95&nbsp;% over start dates.' : ''}`;
    const drawn = leadCurves(crps, { label, factor, zero: true, description: 'fair CRPS by lead' });
    chart('Fair CRPS', text, legend(crps.toReversed()) + drawn);
  }
  const [hardest] = differencesIn(group.rows);
  if (hardest) {
    const name = hardest.slice(differencePrefix.length);
    const rival = modelNames[name] ?? name;
    const curves: Curve[] = [{ name: rival, colour: 'var(--ensemble)', rows: of(ensemble, hardest) }];
    const reference = { value: 0, from: 0, to: 0 };
    const description = `fair CRPS of the ensemble less ${rival}'s, by lead`;
    const drawn = leadCurves(curves, { label, factor, zero: false, reference, description });
    const text = rowsAreBanded(of(ensemble, hardest))
      ? 'Compared start by start: below 0 the ensemble is better, and beyond chance where the whole band is.'
      : 'Below 0 the ensemble is better.';
    chart(`Fair CRPS less that of the ${rival}`, text, drawn);
  }
  const spread = of(ensemble, 'spread');
  if (spread.length > 0) {
    const curves: Curve[] = [
      { name: 'RMSE of the mean', colour: 'var(--regression)', dash: '7,3', rows: of(ensemble, 'rmse') },
      { name: 'spread', colour: 'var(--ensemble)', rows: spread },
    ];
    const drawn = leadCurves(curves, { label, factor, zero: true, description: 'spread and error by lead' });
    chart(
      'Spread and error',
      'They match when the ensemble knows how wrong it may be.',
      legend(curves) + drawn,
    );
    const ratio: Curve[] = [
      { name: 'spread–skill ratio', colour: 'var(--ensemble)', rows: of(ensemble, 'spread_skill_ratio') },
    ];
    const reference = { value: 1, from: 0.9, to: 1.1 };
    const body = leadCurves(ratio, {
      label: 'ratio',
      factor: 1,
      zero: false,
      reference,
      description: 'spread–skill ratio by lead',
    });
    chart(
      'Spread–skill ratio',
      '1 is right, below is overconfident, above too cautious. Grey: 0.9 to 1.1.',
      body,
    );
  }
  const [epistemic, aleatoric] = [of(ensemble, 'epistemic_variance'), of(ensemble, 'aleatoric_variance')];
  if (epistemic.length > 0) {
    const squared = squaredUnit(unit);
    const shares = of(ensemble, 'epistemic_share');
    const percent = (row: ScoreRow | undefined): string => `${Math.round((row?.value ?? 0) * 100)}&nbsp;%`;
    const keys = legend([
      { name: 'epistemic: the weights', colour: 'var(--epistemic)' },
      { name: 'aleatoric: the noise', colour: 'var(--aleatoric)' },
    ]);
    const text = `Epistemic share ${percent(shares[0])} at the first lead, ${percent(shares[shares.length - 1])} at the last.`;
    chart(
      'Where the spread comes from',
      text,
      keys + varianceShares(epistemic, aleatoric, squared.factor, squared.label),
    );
  }
  const bias: Curve[] = [{ name: 'ensemble', colour: 'var(--ensemble)', rows: of(ensemble, 'bias') }];
  const zero = { value: 0, from: 0, to: 0 };
  const biasDrawn = leadCurves(bias, {
    label,
    factor,
    zero: false,
    reference: zero,
    description: 'bias of the mean by lead',
  });
  chart('Bias of the mean', 'Mean forecast less what happened, over the whole area.', biasDrawn);
  return charts;
}

/** A single start has no interval. */
function rowsAreBanded(rows: readonly ScoreRow[]): boolean {
  return rows.some((row) => Number.isFinite(row.ci_low));
}
