/**
 * Makes what the comparison of perturbations rests on: the atmosphere, tables of errors, the amplitude of each scheme chosen
 * on starts of its own, forecasts from the test starts, scores, spectra. Commands are run once and kept with their records.
 */
import { basename, join } from 'node:path';
import { readTable } from '../../../core/store/table.js';
import type { CompareRow } from '../../../evaluation/compareRow.js';
import { type DiagramRow, diagramRows } from '../../../evaluation/diagramRow.js';
import type { CompareResult } from '../../../src/commands/compare.js';
import { meanLogCrps } from '../meanLogCrps.js';
import { once } from '../plumeCommand.js';
import { type Arm, type Candidate, type ChosenArm, flagsOf, joinedArms, plainArms } from './arms.js';
import { type ErrorSpectrum, errorSpectra } from './errorSpectra.js';
import { startSpectra } from './startSpectra.js';
import type { StudiedModel, Study } from './study.js';

export interface ModelEvidence {
  readonly model: StudiedModel;
  readonly arms: readonly ChosenArm[];
  /** Of those that perturb first states, the best on the validation starts. */
  readonly bestStart: string;
  /** Of all, the lowest mean of ln CRPS on the test starts: what the others are compared with. */
  readonly best: string;
  readonly result: CompareResult;
  readonly ranks: ReadonlyMap<string, readonly DiagramRow[]>;
  readonly spectra: ReadonlyMap<string, readonly ErrorSpectrum[]>;
}

export interface PerturbationEvidence {
  readonly study: Study;
  readonly models: readonly ModelEvidence[];
  /** As typed, in order. */
  readonly commands: readonly (readonly string[])[];
}

/** Leads whose spectra are shown beside those of the start, days. */
export const spectralDays = [1, 3, 5];

type Run = (name: string, args: readonly string[]) => unknown;

export async function gatherPerturbations(study: Study): Promise<PerturbationEvidence> {
  const commands: (readonly string[])[] = [];
  const run: Run = (name, args) => {
    commands.push(args);
    return once(join(study.work, 'records', `${name}.json`), args).result;
  };
  if (study.make !== undefined) run('atmosphere', study.make);
  const models: ModelEvidence[] = [];
  for (const model of study.models) models.push(await gatherModel(study, model, run));
  return { study, models, commands };
}

/** Arms of a model with their amplitudes, and nothing scored: what the gallery draws. */
export function chosenArms(study: Study, model: StudiedModel, run: Run): ChosenArm[] {
  const errors = errorTablePath(study, model);
  run(`${model.name}-errors`, [
    'errors',
    ...['--archive', study.atmosphere, '--model', model.model, '--starts', study.errorStarts],
    ...['--analysis-error', String(study.analysisError), '--initial-states', study.climate],
    ...['--device', 'cpu', '--out', errors],
  ]);
  const plain = plainArms(study, model, errors).map((arm) => chooseAmplitude(study, model, arm, run));
  const best = bestStart(plain);
  const joined = joinedArms(study, model, best.arm, best.chosen);
  return [...plain, ...joined.map((arm) => chooseAmplitude(study, model, arm, run))];
}

export function errorTablePath({ work }: Study, { name }: StudiedModel): string {
  return join(work, `errors-${name}.json`);
}

function bestStart(arms: readonly ChosenArm[]): ChosenArm {
  return arms
    .filter(({ arm }) => arm.kind === 'start')
    .reduce((a, b) => (b.chosen.meanLogCrps < a.chosen.meanLogCrps ? b : a));
}

async function gatherModel(study: Study, model: StudiedModel, run: Run): Promise<ModelEvidence> {
  const arms = chosenArms(study, model, run);
  const directoryOf = ({ arm }: ChosenArm): string => join(study.work, model.name, arm.name);
  const ranks = new Map<string, readonly DiagramRow[]>();
  const spectra = new Map<string, readonly ErrorSpectrum[]>();
  const logs = new Map<string, number>();
  for (const each of arms) {
    const { arm, chosen } = each;
    const directory = directoryOf(each);
    const { testStarts, lead, atmosphere } = study;
    run(`${model.name}-${arm.name}`, [
      'forecast',
      ...forecastArgs(study, model, arm, chosen),
      ...['--starts', testStarts, '--lead', lead, '--out', directory],
    ]);
    const verified = run(`${model.name}-verify-${arm.name}`, [
      ...['verify', directory, '--archive', atmosphere, '--references', 'persistence'],
      ...['--thresholds', 'none', '--diagrams', 'all'],
    ]) as { readonly rows: readonly CompareRow[] };
    logs.set(arm.name, meanLogCrps(verified.rows, study.shown, 'ensemble'));
    ranks.set(arm.name, await rankHistograms(directory));
    spectra.set(arm.name, [
      ...(await startSpectra(study, model, each)),
      ...(await errorSpectra(directory, atmosphere, { channels: study.spectral, days: spectralDays })),
    ]);
  }
  const value = ({ arm }: ChosenArm): number => logs.get(arm.name) ?? Number.POSITIVE_INFINITY;
  const ordered = [...arms].sort((a, b) => value(a) - value(b));
  const result = run(`${model.name}-compare`, [
    'compare',
    ...ordered.map(directoryOf),
    ...['--archive', study.atmosphere, '--thresholds', 'none'],
    ...['--references', 'persistence'],
  ]) as CompareResult;
  const best = ordered[0]?.arm.name ?? '';
  return { model, arms, bestStart: bestStart(arms).arm.name, best, result, ranks, spectra };
}

function forecastArgs(study: Study, model: StudiedModel, arm: Arm, candidate: Candidate): string[] {
  return [
    ...['--archive', study.atmosphere, '--model', model.model, '--every', '24h'],
    ...['--store', study.shown.join(','), '--analysis-error', String(study.analysisError)],
    ...['--initial-states', study.climate, '--device', 'cpu', '--seed', String(study.seed)],
    ...flagsOf(model, arm, candidate),
  ];
}

/** Forecasts every candidate from the validation starts and takes the one of the lowest CRPS. */
function chooseAmplitude(study: Study, model: StudiedModel, arm: Arm, run: Run): ChosenArm {
  const candidates = arm.candidates.slice(0, study.amplitudes);
  const single = candidates.length === 1;
  const directories = candidates.map((candidate, i) => {
    const name = `${model.name}-try-${arm.name}-${i + 1}`;
    const directory = join(study.work, 'trials', name);
    if (!single) {
      run(name, [
        'forecast',
        ...forecastArgs(study, model, arm, candidate),
        ...['--starts', study.validationStarts, '--lead', study.validationLead, '--out', directory],
      ]);
    }
    return directory;
  });
  const rows = single
    ? []
    : (
        run(`${model.name}-try-${arm.name}`, [
          ...['compare', ...directories, '--archive', study.atmosphere, '--thresholds', 'none'],
        ]) as CompareResult
      ).rows;
  const trials = candidates.map((candidate, i) => ({
    ...candidate,
    meanLogCrps: single ? Number.NaN : meanLogCrps(rows, study.shown, basename(directories[i] ?? '')),
  }));
  const chosen = trials.reduce((a, b) => (b.meanLogCrps < a.meanLogCrps ? b : a));
  return { arm, trials, chosen };
}

async function rankHistograms(directory: string): Promise<DiagramRow[]> {
  const path = join(directory, 'diagrams.arrow');
  const rows = diagramRows(await readTable(path), path);
  return rows.filter(({ model, diagram }) => model === 'ensemble' && diagram === 'rank_histogram');
}
