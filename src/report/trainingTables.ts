/** The recipe of a training, what was kept of each stage, and what it cost, as HTML tables. */
import { formatBytes, formatSeconds } from '../progress.js';
import type { RecordedStage, TrainingAccount } from '../training/trainingAccount.js';
import { scrolled } from './figure.js';
import { escapeHtml } from './html.js';
import { lossLabel, stageTitle } from './trainingLook.js';
import { keptJudgement, stepsOf } from './trainingSteps.js';

/** Stages across, settings down: only those that some stage has. */
export function recipeTable({ training: { record } }: TrainingAccount): string {
  const stages = record.recipe;
  if (stages === undefined) return '';
  const rows: [string, (stage: RecordedStage) => unknown][] = [
    ['minimises', (stage) => lossLabel(stage)],
    ['phases', phasesText],
    ['members of a step', ({ weightSamples, noiseStreams }) => times(weightSamples, noiseStreams)],
    ['peak learning rate', ({ learningRate }) => learningRate],
    ['warm-up steps', ({ warmUpSteps }) => warmUpSteps],
    ['schedule', ({ schedule }) => schedule ?? 'cosine'],
    ['rate of widths, of the amplitude, of matrices', ratesText],
    ['weight decay', ({ weightDecay }) => weightDecay],
    ['gradient clipped at', ({ clipNorm }) => clipNorm],
    ['dropout', ({ dropout }) => dropout],
    ['temperature β of the KL', ({ name, beta }) => (name === 'deterministic' ? undefined : beta)],
    ['α of the CRPS', ({ name, alpha }) => (name === 'aleatoric' ? alpha : undefined)],
    ['weights of variables', ({ variableWeights }) => variableWeights],
    ['error of analyses', ({ initialError }) => (initialError === 0 ? undefined : initialError)],
    ['decay of the average', ({ averageDecay }) => averageDecay],
    ['judged', judgedText],
  ];
  const body = rows.flatMap(([name, of]) => {
    const cells = stages.map((stage) => of(stage));
    if (cells.every((cell) => cell === undefined)) return [];
    const texts = cells.map((cell) => `<td>${cell === undefined ? '–' : escapeHtml(plain(cell))}</td>`);
    return [`<tr><th scope="row">${escapeHtml(name)}</th>${texts.join('')}</tr>`];
  });
  const heads = stages.map(({ name }) => `<th scope="col">${escapeHtml(stageTitle(name))}</th>`);
  return scrolled(
    `<table class="recipe"><caption>The recipe.</caption><thead><tr><th scope="col"></th>${heads.join('')}</tr></thead>` +
      `<tbody>${body.join('')}</tbody></table>`,
    'recipe',
  );
}

/** Networks and stages down: which step was kept, where it stopped, and what it cost. */
export function stageTable(account: TrainingAccount, stages: readonly RecordedStage[]): string {
  const { training, cost, components } = account;
  const rows = stages.flatMap((stage) =>
    Array.from({ length: components }, (_, component) => {
      const own = (training.record.validations[component] ?? []).filter((each) => each.stage === stage.name);
      const kept = keptJudgement(own);
      const last = own.at(-1);
      const spent = cost?.stages.find((each) => each.component === component && each.stage === stage.name);
      if (last === undefined && spent === undefined) return '';
      const steps = stepsOf(stage);
      const stopped =
        last === undefined
          ? '–'
          : last.step < steps && !isUnderWay(account, component, stage)
            ? `${last.step}, early`
            : last.step;
      const rate =
        spent === undefined || spent.seconds === 0 ? '–' : (spent.gigaflop / spent.seconds).toFixed(0);
      const cells = [
        ...[kept?.step ?? '–', stopped, steps],
        ...[value(kept?.fit), value(kept?.crps), value(kept?.spread_skill_ratio, 2)],
        ...[spent === undefined ? '–' : formatSeconds(spent.seconds), rate],
      ];
      return (
        `<tr><th scope="row">${escapeHtml(stageTitle(stage.name))}${components > 1 ? `, network ${component + 1}` : ''}</th>` +
        `${cells.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>`
      );
    }),
  );
  const heads = [
    ...['kept step', 'last step', 'of', 'validation loss', 'CRPS', 'spread / error', 'time', 'GFLOP/s'],
  ].map((head) => `<th scope="col">${head}</th>`);
  return scrolled(
    '<table class="kept"><caption>What each stage kept, judged on the validation period, and what it took: wall time with ' +
      'judgements and checkpoints, operations of matrix products.</caption>' +
      `<thead><tr><th scope="col">stage</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`,
    'what each stage kept',
  );
}

/** True of the stage that a network is in, as far as the account knows: nothing of it came after. */
export function isUnderWay(account: TrainingAccount, component: number, stage: RecordedStage): boolean {
  if (account.state === 'finished') return false;
  const { losses, recipe = [] } = account.training.record;
  const later = recipe.slice(recipe.findIndex(({ name }) => name === stage.name) + 1).map(({ name }) => name);
  const after = (losses[component + 1]?.length ?? 0) > 0;
  return !after && !(losses[component] ?? []).some((each) => later.includes(each.stage));
}

/** 'in 12 min 03 s with 2 commands; memory 0.81 GB of 1.10 GB foretold' */
export function costText({ cost }: TrainingAccount): string | null {
  if (cost === null) return null;
  const { runs, seconds, calibration_seconds, memory_peak_bytes, memory_foretold_bytes } = cost;
  const commands = runs === 1 ? '' : `, in ${runs} commands`;
  const calibration =
    calibration_seconds > 0 ? `, ${formatSeconds(calibration_seconds)} of it calibration` : '';
  return (
    `${formatSeconds(seconds)}${commands}${calibration}; memory ${formatBytes(memory_peak_bytes)} of ` +
    `${formatBytes(memory_foretold_bytes)} foretold`
  );
}

function phasesText({ phases }: RecordedStage): string {
  return phases.map(({ steps, rollout, batch }) => `${steps} steps of ${batch}, ${rollout} ahead`).join('; ');
}

function times(a: unknown, b: unknown): string | undefined {
  return typeof a === 'number' && typeof b === 'number' ? `${a} × ${b}` : undefined;
}

function ratesText({ rhoRate, amplitudeRate, matrixRate }: RecordedStage): string | undefined {
  const rates = [rhoRate, amplitudeRate, matrixRate];
  return rates.every((rate) => typeof rate === 'number')
    ? rates.map((rate) => `× ${rate}`).join(', ')
    : undefined;
}

function judgedText({ validation }: RecordedStage): string | undefined {
  if (validation === undefined) return undefined;
  return `every ${validation.everySteps} steps; ends after ${validation.patience} that are no better`;
}

function plain(cell: unknown): string {
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

function value(number: number | null | undefined, decimals?: number): string {
  if (number === null || number === undefined || !Number.isFinite(number)) return '–';
  return decimals === undefined ? number.toPrecision(4) : number.toFixed(decimals);
}
