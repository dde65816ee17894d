/**
 * The figures of one stage of training: its loss by step in training and validation, and where the stage has members the
 * CRPS, spread–skill ratio and divergence from the prior, each with its data.
 */
import type { Column } from '../../core/store/table.js';
import type {
  JudgementPoint,
  LossPoint,
  RecordedStage,
  TrainingAccount,
} from '../training/trainingAccount.js';
import { figure } from './figure.js';
import { tableData } from './figureData.js';
import { type StepCurve, type StepPoint, stepCurves } from './stepCurves.js';
import { lossLabel, lossLegend, networkLegend, networkLooks } from './trainingLook.js';
import { rateFigure } from './trainingRates.js';
import { frameOf, keptJudgement, stepsOf } from './trainingSteps.js';

/** HTML: the charts of a stage, side by side. */
export function stageFigures(account: TrainingAccount, stage: RecordedStage): string {
  const { record } = account.training;
  const ofStage = <Point extends { readonly stage: string }>(all: readonly (readonly Point[])[]) =>
    all.map((points) => points.filter((point) => point.stage === stage.name));
  const losses = ofStage<LossPoint>(record.losses);
  const judgements = ofStage<JudgementPoint>(record.validations);
  const parts = [
    lossFigure(account, stage, losses, judgements),
    judgementFigure(account, stage, judgements, 'crps'),
    judgementFigure(account, stage, judgements, 'spread_skill_ratio'),
    divergenceFigure(account, stage, losses),
    rateFigure(stage),
  ];
  return `<div class="charts">${parts.join('')}</div>`;
}

function lossFigure(
  account: TrainingAccount,
  stage: RecordedStage,
  losses: readonly (readonly LossPoint[])[],
  judgements: readonly (readonly JudgementPoint[])[],
): string {
  const looks = networkLooks(account.components);
  const curves = looks.flatMap(({ colour, dash }, component): StepCurve[] => {
    const judged = judgements[component] ?? [];
    const kept = keptJudgement(judged);
    const dashes = dash === undefined ? {} : { dash };
    const ring = kept === undefined ? {} : { kept: { step: kept.step, value: kept.fit } };
    return [
      { colour, kind: 'behind', points: (losses[component] ?? []).map(pointOf) },
      { colour, kind: 'front', ...dashes, points: judged.map(pointOf), ...ring },
    ];
  });
  const { top, isCut } = roof(stage, losses, judgements);
  const cut = isCut ? ' The first steps lie above the frame.' : '';
  const ahead = aheadText(stage);
  const isJudged = judgements.some((points) => points.length > 0);
  const label = lossLabel(stage);
  const title = `Loss of the ${stage.name} stage`;
  return figure({
    title,
    text:
      'Training: as the steps saw it, with dropout and with the weights of the moment.' +
      (isJudged
        ? ' Validation: the averaged weights, on the same batches every time; of them the best are kept, those of the ring.'
        : '') +
      ahead +
      cut,
    body:
      lossLegend(isJudged) +
      networkLegend(account.components) +
      stepCurves(curves, {
        ...frameOf(stage),
        ...(isCut ? { top } : {}),
        label,
        title,
        description: said(judgements, 'fit', label) || said(losses, 'fit', label),
      }),
    data: tableData([
      ...positions([...losses, ...judgements], looks.length),
      text('period', [...labels(losses, 'training'), ...labels(judgements, 'validation')]),
      numbers(
        'loss',
        [...losses.flat(), ...judgements.flat()].map(({ fit }) => fit),
      ),
    ]),
    name: `${stage.name}-loss`,
  });
}

const judged = {
  crps: {
    title: 'Validation CRPS',
    label: 'fair CRPS, of each channel’s scale',
    text: 'Fair CRPS of a small ensemble on the validation period, mean over channels and the leads of the rollout.',
  },
  spread_skill_ratio: {
    title: 'Spread–skill ratio',
    label: 'spread / error',
    text: 'Of the same ensemble: 1 where the spread tells the truth; grey, within 5&nbsp;% of it.',
  },
} as const;

function judgementFigure(
  account: TrainingAccount,
  stage: RecordedStage,
  judgements: readonly (readonly JudgementPoint[])[],
  measure: keyof typeof judged,
): string {
  if (judgements.flat().every((judgement) => judgement[measure] === null)) return '';
  const { title, label, text: how } = judged[measure];
  const valued = judgements.map((points) =>
    points.map((point) => ({ ...point, value: point[measure] ?? Number.NaN })),
  );
  const curves = networkLooks(account.components).map(({ colour, dash }, component): StepCurve => {
    const points = valued[component] ?? [];
    const kept = points.findLast(({ best }) => best);
    return {
      ...{ colour, kind: 'front', points },
      ...(dash === undefined ? {} : { dash }),
      ...(kept === undefined ? {} : { kept }),
    };
  });
  return figure({
    title: `${title}, ${stage.name} stage`,
    text: how,
    body:
      networkLegend(account.components) +
      stepCurves(curves, {
        ...frameOf(stage),
        label,
        ...(measure === 'crps' ? {} : { reference: { value: 1, from: 0.95, to: 1.05 } }),
        title: `${title}, ${stage.name} stage`,
        description: said(valued, 'value', label),
      }),
    data: tableData([
      ...positions(judgements, account.components),
      numbers(
        measure,
        valued.flat().map(({ value }) => value),
      ),
    ]),
    name: `${stage.name}-${measure}`,
  });
}

function divergenceFigure(
  account: TrainingAccount,
  stage: RecordedStage,
  losses: readonly (readonly LossPoint[])[],
): string {
  const valued = losses.map((points) =>
    points.flatMap(({ kl, ...point }) => (kl === undefined ? [] : [{ ...point, value: kl }])),
  );
  if (valued.flat().length === 0) return '';
  const title = `Divergence from the prior, ${stage.name} stage`;
  const curves = networkLooks(account.components).map(
    ({ colour, dash }, component): StepCurve => ({
      ...{ colour, kind: 'front', points: valued[component] ?? [] },
      ...(dash === undefined ? {} : { dash }),
    }),
  );
  return figure({
    title,
    text: 'KL(q‖p), which the loss counts β/N times: falling, the posterior widens towards its prior; rising, data narrow or move it.',
    body:
      networkLegend(account.components) +
      stepCurves(curves, {
        ...frameOf(stage),
        label: 'KL, nats',
        title,
        description: said(valued, 'value', 'nats'),
      }),
    data: tableData([
      ...positions(valued, account.components),
      numbers(
        'kl_nats',
        valued.flat().map(({ value }) => value),
      ),
    ]),
    name: `${stage.name}-kl`,
  });
}

function pointOf({ step, fit }: { readonly step: number; readonly fit: number }): StepPoint {
  return { step, value: fit };
}

/** ' Rollouts of 1, then 2, then 4 steps.' */
function aheadText({ phases }: RecordedStage): string {
  const lengths = phases.filter(({ steps }) => steps > 0).map(({ rollout }) => rollout);
  const longest = Math.max(...lengths);
  if (longest === 1) return '';
  return ` Rollouts of ${lengths.join(', then ')} steps ahead.`;
}

/** The first steps of a stage, whose losses may lie far above all others and would flatten them. */
const firstShare = 0.1;

/** Where the axis of losses ends: above all judgements and all losses but those of the first steps. */
function roof(
  stage: RecordedStage,
  losses: readonly (readonly LossPoint[])[],
  judgements: readonly (readonly JudgementPoint[])[],
): { readonly top: number; readonly isCut: boolean } {
  const [early, late] = [true, false].map((isEarly) =>
    losses
      .flat()
      .filter(({ step, fit }) => Number.isFinite(fit) && step <= firstShare * stepsOf(stage) === isEarly)
      .map(({ fit }) => fit),
  ) as [number[], number[]];
  const rest = [...late, ...judgements.flat().map(({ fit }) => fit)].filter(Number.isFinite);
  if (late.length === 0) return { top: Number.POSITIVE_INFINITY, isCut: false };
  const [low, high] = [Math.min(...rest), Math.max(...rest)];
  const top = high + 0.1 * (high - low);
  return { top, isCut: early.some((value) => value > top) };
}

/** 'network 1: 0.31 at step 28, 0.27 at step 380.' */
function said<Key extends string>(
  components: readonly (readonly ({ readonly step: number } & Readonly<Record<Key, number>>)[])[],
  key: Key,
  label: string,
): string {
  return components
    .flatMap((points, component) => {
      const [first] = points;
      const last = points.at(-1);
      if (first === undefined || last === undefined) return [];
      const at = (point: typeof first): string =>
        `${Number(point[key].toPrecision(3))} at step ${point.step}`;
      return [`network ${component + 1}: ${at(first)}, ${at(last)} (${label}).`];
    })
    .join(' ');
}

/** Columns network and step. @param all [component, or component of the next kind][point] */
function positions(all: readonly (readonly { readonly step: number }[])[], components: number): Column[] {
  const network = all.flatMap((points, i) => points.map(() => 1 + (i % components)));
  return [
    { name: 'network', type: 'int32', values: network },
    { name: 'step', type: 'int32', values: all.flat().map(({ step }) => step) },
  ];
}

function numbers(name: string, values: readonly number[]): Column {
  return { name, type: 'float64', values };
}

function text(name: string, values: readonly string[]): Column {
  return { name, type: 'utf8', values };
}

function labels(all: readonly (readonly unknown[])[], label: string): string[] {
  return all.flat().map(() => label);
}
