/** Scores of one channel and region by lead, one figure each: models in one figure, spread and error, the two variances, bias. */
import { differencePrefix, type ScoreRow } from '../../evaluation/scoreRow.js';
import { displayUnit, squaredUnit } from './displayUnit.js';
import { figure } from './figure.js';
import { scoreData } from './figureData.js';
import { differencesIn, modelNames } from './keySentence.js';
import { type Curve, type CurveOptions, leadCurves, legend } from './leadCurves.js';
import { looksOf } from './modelLook.js';
import { varianceShares } from './varianceShares.js';
import { mainModel } from './verification.js';

interface ScoreCurve extends Curve {
  readonly rows: readonly ScoreRow[];
}

interface Drawn {
  readonly title: string;
  readonly text: string;
  readonly curves: readonly ScoreCurve[];
  readonly options: Omit<CurveOptions, 'description'>;
}

/**
 * @param rows of one channel, region and season, no events
 * @param unit stored unit of the channel
 * @param place for the names of files: channel and region
 * @param kind 'all', or 'main' for the three that matter most
 */
export function leadFigures(
  rows: readonly ScoreRow[],
  unit: string,
  place: string,
  kind: 'all' | 'main',
): string[] {
  const drawn = [scores(rows, unit), difference(rows, unit), spreadAndError(rows, unit), ratio(rows)].filter(
    (each) => each !== null,
  );
  const curves = drawn.map((each) => drawing(each, unit, place));
  if (kind === 'main') return curves;
  const rest = [coverage(rows), bias(rows, unit), correlation(rows)].filter((each) => each !== null);
  return [
    ...curves,
    ...sources(rows, unit, place),
    ...sourceShares(rows, unit, place),
    ...rest.map((each) => drawing(each, unit, place)),
  ];
}

function drawing({ title, text, curves, options }: Drawn, unit: string, place: string): string {
  const key = curves.length > 1 ? legend(curves) : '';
  return figure({
    title,
    text,
    body: key + leadCurves(curves, { ...options, description: `${title} by lead` }),
    data: scoreData(
      curves.flatMap((curve) => curve.rows),
      unit,
    ),
    name: `${place} ${title}`,
  });
}

function of(rows: readonly ScoreRow[], model: string, metric: string): ScoreRow[] {
  return rows.filter((row) => row.model === model && row.metric === metric);
}

/** A single start has no interval. */
function areBanded(rows: readonly ScoreRow[]): boolean {
  return rows.some((row) => Number.isFinite(row.ci_low));
}

function scores(rows: readonly ScoreRow[], unit: string): Drawn | null {
  const main = mainModel(rows);
  const models = [...new Set(rows.filter((row) => row.metric === 'crps').map((row) => row.model))];
  const looks = looksOf(models);
  // The forecast first in the key, last on paper: its curve lies on top.
  const ordered = [main, ...models.filter((model) => model !== main)];
  const curves = ordered.flatMap((model): ScoreCurve[] => {
    const [look, own] = [looks.get(model), of(rows, model, 'crps')];
    return look === undefined || own.length === 0 ? [] : [{ ...look, rows: own }];
  });
  if (curves.length === 0) return null;
  const banded = curves.some((curve) => areBanded(curve.rows));
  return {
    title: 'Fair CRPS',
    text: `How far the forecast distribution lies from what happened; lower is better.${banded ? ' Bands: 95&nbsp;% over start dates.' : ''}`,
    curves,
    options: { ...displayUnit(unit), zero: true },
  };
}

/** Against the reference that is hardest to beat. */
function difference(rows: readonly ScoreRow[], unit: string): Drawn | null {
  const [hardest] = differencesIn(rows);
  if (hardest === undefined) return null;
  const name = hardest.slice(differencePrefix.length);
  const rival = modelNames[name] ?? name;
  const own = of(rows, mainModel(rows), hardest);
  return {
    title: `Fair CRPS less that of ${rival}`,
    text: areBanded(own)
      ? 'Compared start by start: below 0 the forecast is better, and beyond chance where the whole band is.'
      : 'Below 0 the forecast is better.',
    curves: [{ name: `less ${rival}`, colour: 'var(--ensemble)', rows: own }],
    options: { ...displayUnit(unit), zero: false, reference: { value: 0, from: 0, to: 0 } },
  };
}

function spreadAndError(rows: readonly ScoreRow[], unit: string): Drawn | null {
  const main = mainModel(rows);
  const [spread, rmse] = [of(rows, main, 'spread'), of(rows, main, 'rmse')];
  if (spread.length === 0) return null;
  return {
    title: 'Spread and error',
    text: 'They match when the ensemble knows how wrong it may be.',
    curves: [
      { name: 'spread', colour: 'var(--ensemble)', rows: spread },
      { name: 'RMSE of the mean', colour: 'var(--regression)', dash: '7,3', rows: rmse },
    ],
    options: { ...displayUnit(unit), zero: true },
  };
}

function ratio(rows: readonly ScoreRow[]): Drawn | null {
  const own = of(rows, mainModel(rows), 'spread_skill_ratio');
  if (own.length === 0) return null;
  return {
    title: 'Spread–skill ratio',
    text: '1 is right, below is too sure, above too cautious. Grey: 0.9 to 1.1.',
    curves: [{ name: 'spread–skill ratio', colour: 'var(--ensemble)', rows: own }],
    options: { label: 'ratio', factor: 1, zero: false, reference: { value: 1, from: 0.9, to: 1.1 } },
  };
}

function coverage(rows: readonly ScoreRow[]): Drawn | null {
  const own = of(rows, mainModel(rows), 'coverage_80');
  if (own.length === 0) return null;
  return {
    title: 'Coverage of the 80\u00a0% range',
    text: 'How often what happened fell between the 10th and the 90th percentile of the forecast: 0.8 is right, less is too sure.',
    curves: [{ name: 'coverage', colour: 'var(--ensemble)', rows: own }],
    options: { label: 'share', factor: 1, zero: false, reference: { value: 0.8, from: 0.8, to: 0.8 } },
  };
}

function bias(rows: readonly ScoreRow[], unit: string): Drawn | null {
  const own = of(rows, mainModel(rows), 'bias');
  if (own.length === 0) return null;
  return {
    title: 'Bias of the mean',
    text: 'Mean forecast less what happened, over the whole area.',
    curves: [{ name: 'bias', colour: 'var(--ensemble)', rows: own }],
    options: { ...displayUnit(unit), zero: false, reference: { value: 0, from: 0, to: 0 } },
  };
}

function correlation(rows: readonly ScoreRow[]): Drawn | null {
  const own = of(rows, mainModel(rows), 'acc');
  if (own.length === 0) return null;
  return {
    title: 'Anomaly correlation of the mean',
    text: 'Of departures from climatology: 1 is perfect, 0 no likeness. At 0.6 the pattern is still of use.',
    curves: [{ name: 'anomaly correlation', colour: 'var(--ensemble)', rows: own }],
    options: {
      label: 'correlation',
      factor: 1,
      zero: true,
      reach: 1,
      reference: { value: 0.6, from: 0.6, to: 0.6 },
    },
  };
}

function sources(rows: readonly ScoreRow[], unit: string, place: string): string[] {
  const main = mainModel(rows);
  const [epistemic, aleatoric] = [of(rows, main, 'epistemic_variance'), of(rows, main, 'aleatoric_variance')];
  if (epistemic.length === 0 || aleatoric.length === 0) return [];
  const shares = of(rows, main, 'epistemic_share');
  const percent = (row: ScoreRow | undefined): string => `${Math.round((row?.value ?? 0) * 100)}&nbsp;%`;
  const squared = squaredUnit(unit);
  const key = legend([
    { name: 'epistemic: the weights', colour: 'var(--epistemic)' },
    { name: 'aleatoric: the noise', colour: 'var(--aleatoric)' },
  ]);
  const title = 'Where the spread comes from';
  const text =
    shares.length === 0
      ? 'The two variances, one on top of the other.'
      : `Epistemic share ${percent(shares[0])} at the first lead, ${percent(shares[shares.length - 1])} at the last.`;
  const body = key + varianceShares(epistemic, aleatoric, squared.factor, squared.label);
  const data = scoreData([...epistemic, ...aleatoric, ...shares], unit);
  return [figure({ title, text, body, data, name: `${place} ${title}` })];
}

/** The share of the weights in both splits, with intervals. */
function sourceShares(rows: readonly ScoreRow[], unit: string, place: string): string[] {
  const main = mainModel(rows);
  const curves: ScoreCurve[] = [
    { name: 'of the variance', colour: 'var(--epistemic)', rows: of(rows, main, 'epistemic_share') },
    {
      name: 'by CRPS',
      colour: 'var(--ensemble)',
      dash: '7,3',
      rows: of(rows, main, 'epistemic_crps_share'),
    },
  ].filter(({ rows: own }) => own.length > 0);
  if (curves.length < 2) return [];
  return [
    drawing(
      {
        title: 'Epistemic share',
        text: `What the weights account for of the spread, squared and not: the CRPS minds distant members less.${areBanded(curves[0]?.rows ?? []) ? ' Bands: 95&nbsp;% over start dates.' : ''}`,
        curves,
        options: { label: '%', factor: 100, zero: true },
      },
      unit,
      place,
    ),
  ];
}
