/** Makes what a series' evidence rests on: archive, trainings, the choice on the validation year, forecasts, scores. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTable } from '../../core/store/table.js';
import type { CompareRow } from '../../evaluation/compareRow.js';
import { type DiagramRow, diagramRows } from '../../evaluation/diagramRow.js';
import type { CompareResult } from '../../src/commands/compare.js';
import type { TrainSummary } from '../../src/training/trainModel.js';
import { type Arm, armsOf, type TrainingName, trainings } from './arms.js';
import { meanLogCrps } from './meanLogCrps.js';
import { once, type Ran } from './plumeCommand.js';
import type { Series } from './series.js';

export interface Trained {
  readonly name: TrainingName;
  readonly ran: Ran;
  readonly summary: TrainSummary;
}

export interface Evidence {
  readonly series: Series;
  readonly arms: readonly Arm[];
  readonly trained: readonly Trained[];
  /** Amplitudes of initial perturbations tried on the validation year, and their mean of ln CRPS. */
  readonly initialTrials: readonly { readonly amplitude: number; readonly meanLogCrps: number }[];
  readonly initial: number;
  readonly result: CompareResult;
  /** Rank histograms of every arm. */
  readonly ranks: ReadonlyMap<string, readonly DiagramRow[]>;
  /** As typed, in order. */
  readonly commands: readonly (readonly string[])[];
}

/** Everything of one series lies in runs/results/<name>: models by their names, forecasts under runs/. */
export async function gather(series: Series): Promise<Evidence> {
  const work = join('runs', 'results', series.name);
  const commands: (readonly string[])[] = [];
  const run = (name: string, args: readonly string[]): Ran => {
    commands.push(args);
    return once(join(work, 'records', `${name}.json`), args);
  };
  if (series.make !== undefined && !existsSync(series.archive)) run('archive', series.make);
  const { archive, train, validate, networks } = series;
  const learnt = ['--archive', archive, '--train', train, '--references'];
  const quick = 'persistence,climatology';

  const trained = (Object.keys(trainings) as TrainingName[]).map((name): Trained => {
    const out = join(work, name);
    const isFirst = name === 'networks';
    if (!isFirst && !existsSync(out)) copyModel(join(work, 'networks'), out);
    const ran = run(`train-${name}`, [
      'train',
      ...['--archive', archive, '--preset', series.preset, '--train', train, '--validate', validate],
      ...trainings[name],
      ...(isFirst ? ['--components', String(networks)] : []),
      ...['--out', out, '--seed', '1'],
    ]);
    return { name, ran, summary: ran.result as TrainSummary };
  });

  const forecast = (name: string, arm: Arm, starts: string): string => {
    const out = join(work, 'runs', name);
    const startsApart = arm.flags.includes('--initial');
    run(name, [
      'forecast',
      ...['--archive', archive, '--model', join(work, arm.model), '--starts', starts, '--lead', series.lead],
      ...arm.flags,
      ...(startsApart ? ['--initial-states', train] : []),
      ...['--seed', '1', '--out', out],
    ]);
    return out;
  };

  const initialTrials = series.initialTrials.map((amplitude) => {
    const arm = armsOf(series, amplitude).find(({ name }) => name === 'initial');
    if (arm === undefined) throw new Error('no arm of initial perturbations');
    const name = `initial-${amplitude}`;
    const directory = forecast(name, arm, series.validationStarts);
    const ran = run(`verify-${name}`, ['verify', directory, ...learnt, quick]);
    return {
      amplitude,
      meanLogCrps: meanLogCrps((ran.result as { rows: CompareRow[] }).rows, series.shown, 'ensemble'),
    };
  });
  const best = initialTrials.reduce((a, b) => (b.meanLogCrps < a.meanLogCrps ? b : a));

  const arms = armsOf(series, best.amplitude);
  const ranks = new Map<string, readonly DiagramRow[]>();
  for (const arm of arms) {
    const directory = forecast(arm.name, arm, series.testStarts);
    run(`verify-${arm.name}`, ['verify', directory, ...learnt, quick]);
    ranks.set(arm.name, await rankHistograms(directory));
  }
  const directories = arms.map(({ name }) => join(work, 'runs', name));
  const result = run('compare', ['compare', ...directories, ...learnt, series.references])
    .result as CompareResult;
  return { series, arms, trained, initialTrials, initial: best.amplitude, result, ranks, commands };
}

/** A finished deterministic stage, for later stages to go on from. */
function copyModel(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of ['weights.arrow', 'model.json']) copyFileSync(join(from, file), join(to, file));
}

async function rankHistograms(directory: string): Promise<DiagramRow[]> {
  const path = join(directory, 'diagrams.arrow');
  if (!existsSync(path)) return [];
  const rows = diagramRows(await readTable(path), path);
  return rows.filter(({ model, diagram }) => model === 'ensemble' && diagram === 'rank_histogram');
}
