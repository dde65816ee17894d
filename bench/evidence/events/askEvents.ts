/** Asks events of a run from each of some starts: of its members, of what happened, and of other dates. */
import { internalError } from '../../../core/errors.js';
import type { Archive } from '../../../core/interfaces.js';
import type { EnsembleSource } from '../../../evaluation/ensembleSource.js';
import { archiveTrajectories } from '../../../evaluation/events/archiveTrajectories.js';
import { type EvaluatedEvent, evaluateEvent, evaluateSites } from '../../../evaluation/events/evaluate.js';
import { climatologicalProbability } from '../../../evaluation/events/probability.js';
import { runTrajectories } from '../../../evaluation/events/runTrajectories.js';
import type { Trajectories } from '../../../evaluation/events/trajectories.js';
import { type AskedCases, emptyCases } from './askedCases.js';
import { type AskedPlaces, type EventKind, type Question, questionOf } from './eventKinds.js';

export interface AskedSeries {
  readonly run: EnsembleSource;
  readonly truth: Archive;
  readonly starts: readonly number[];
  /** Dates that stand for a start; the same array where they are the same. */
  readonly climateStarts: (start: number) => Float64Array;
}

/** One for each kind. */
export async function askEvents(
  { run, truth, starts, climateStarts }: AskedSeries,
  kinds: readonly EventKind[],
  places: AskedPlaces,
): Promise<AskedCases[]> {
  const questions = kinds.map((kind) => questionOf(kind, places));
  const members = run.manifest.weight_samples * run.manifest.noise_streams;
  const cases = kinds.map(({ text }, i) =>
    emptyCases(text, { starts: starts.length, members, places: placesOf(questions[i]!) }),
  );
  /** Of the last dates, by kind: other starts often share them. */
  let usual: { readonly dates: Float64Array; readonly probability: readonly Float64Array[] } | null = null;
  for (const [s, start] of starts.entries()) {
    const dates = climateStarts(start);
    const climate = archiveTrajectories(truth, dates, run.leadsHours);
    if (usual === null || usual.dates !== dates) {
      const probability: Float64Array[] = [];
      for (const question of questions) {
        const answers = await ask(question, climate, climate);
        probability.push(
          Float64Array.from(answers, (each) => climatologicalProbability(each)?.probability ?? Number.NaN),
        );
      }
      usual = { dates, probability };
    }
    const forecast = await runTrajectories(run, start);
    const observed = archiveTrajectories(truth, [start], run.leadsHours);
    if (forecast.rows !== members)
      throw internalError(`start ${start}: ${forecast.rows} members of ${members}`);
    for (const [k, question] of questions.entries()) {
      const { yes, outcome, climate: probability, places: count } = cases[k]!;
      const said = await ask(question, forecast, climate);
      const happened = await ask(question, observed, climate);
      for (let place = 0; place < count; place++) {
        for (let member = 0; member < members; member++)
          yes[(s * members + member) * count + place] = said[place]!.yes[member]!;
        outcome[s * count + place] = happened[place]!.yes[0]!;
      }
      probability.set(usual.probability[k]!, s * count);
    }
  }
  return cases;
}

function placesOf(question: Question): number {
  return question.at === 'sites' ? question.sites.length : question.events.length;
}

/** @returns one for each place; nothing may be missing */
async function ask(
  question: Question,
  trajectories: Trajectories,
  climate: Trajectories,
): Promise<EvaluatedEvent[]> {
  const answers: EvaluatedEvent[] = [];
  if (question.at === 'sites')
    answers.push(...(await evaluateSites(question.event, question.sites, trajectories, { climate })));
  else
    for (const event of question.events)
      answers.push(await evaluateEvent(event, trajectories, null, { climate }));
  if (answers.some(({ missing }) => missing.includes(1)))
    throw internalError('an event of the evidence has missing values; its series has none');
  return answers;
}
