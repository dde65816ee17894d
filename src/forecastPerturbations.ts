/** From the perturbations that were asked for to the plan of a run, what the manifest records of it, and what is said of it. */
import { usageError } from '../core/errors.js';
import { parsePeriod } from '../core/period.js';
import { isoOf } from '../core/store/manifest.js';
import type { Json } from '../core/store/run.js';
import { formatTime } from '../core/time.js';
import { initialDates } from '../ensembles/initialStates.js';
import { needsStates, type PerturbationPlan } from '../ensembles/perturbationPlan.js';
import type { DescribedModel } from '../models/open.js';
import { isInitial, isStep } from '../perturbations/parameters.js';
import { type PerturbationRequest, parsePerturbations } from '../perturbations/parse.js';
import { formatPerturbation, resolvePerturbation } from '../perturbations/resolve.js';
import type { PerturbationSource, StepSource } from '../perturbations/source.js';
import type { Options } from './options.js';

/** Of the archive that a forecast starts from. */
export interface StartArchive {
  readonly times: Float64Array;
  readonly name: string;
  readonly firstStart: number;
}

/**
 * @param asked in its order; the noise that a model has learned comes last where it is not named, so that others perturb
 *   what the model makes of a state and not the noise
 * @throws {PlumeError} usage, for what does not suit the model, or states that are not there; data, for a table of errors
 */
export async function perturbationPlan(
  options: Pick<Options, 'analysisError' | 'initialStates'>,
  asked: readonly PerturbationRequest[],
  model: DescribedModel,
  archive: StartArchive,
): Promise<PerturbationPlan> {
  const { analysisError = 0, initialStates } = options;
  const { noise, schema, stepHours, name } = model;
  const ownNoise = noise !== null && !asked.some(({ kind }) => kind === 'noise');
  const requests = ownNoise ? [...asked, ...(await parsePerturbations(['noise']))] : asked;
  const sources: PerturbationSource[] = [];
  const notes: string[] = [];
  for (const request of requests) {
    const perturbed = { name, schema, stepHours, noise: noise?.fields ?? null };
    const resolved = await resolvePerturbation(request, perturbed);
    sources.push(resolved.source);
    notes.push(...resolved.notes);
  }
  const plan = {
    initial: sources.filter(isInitial),
    steps: sources.filter(isStep),
    analysisError,
    rotate: model.zonallySymmetric,
    pressures: model.pressures,
    notes,
  };
  if (analysisError === 0 && !sources.some(needsStates)) {
    if (initialStates === undefined) return { ...plan, dates: [] };
    throw usageError(
      '--initial-states has no use without --analysis-error, --initial, or a --perturb that is measured by them; give one',
    );
  }
  const dates = initialDates({
    ...{ times: archive.times, archiveName: archive.name, firstStart: archive.firstStart },
    ...{ historyLength: model.historyLength, stepHours },
    period: initialStates === undefined ? undefined : parsePeriod(initialStates),
  });
  return { ...plan, dates };
}

/** Every parameter, and whose draws are whose: the purpose of a key, and the step of those of first states. */
export function perturbationRecord({ initial, steps }: PerturbationPlan): Json {
  return JSON.parse(
    JSON.stringify({
      initial: initial.map((source, place) => ({ ...source, stream: { purpose: 'initial', place } })),
      steps: steps.map((source) => ({ ...source, stream: { purpose: purposeOf(source) } })),
    }),
  ) as Json;
}

function purposeOf({ kind }: StepSource): string {
  switch (kind) {
    case 'noise':
      return 'pattern';
    case 'sppt':
      return 'sppt';
    case 'skeb':
      return 'backscatter';
  }
}

/** What analyses err by, and the states that say how much varies; null where there is no need of any. */
export function initialRecord({ analysisError, dates, rotate }: PerturbationPlan): Json | null {
  if (dates.length === 0) return null;
  return { analysis_error: analysisError, rotate, dates: dates.map(isoOf) };
}

/** Lines of the report, one a perturbation. */
export function perturbationLines({ initial, steps, analysisError, dates }: PerturbationPlan): string[] {
  const states = (): string =>
    `${dates.length} states ${formatTime(dates[0] ?? 0)} … ${formatTime(dates.at(-1) ?? 0)}`;
  return [
    ...(dates.length === 0
      ? []
      : [`analysis   error ${analysisError} of climatological spread, which is that of ${states()}`]),
    ...initial.map((source) => `at start   ${formatPerturbation(source)}`),
    ...steps.map((source) => `each step  ${formatPerturbation(source)}`),
  ];
}
