/**
 * What --references, --seasonless and --train name: the forecasts that anybody could have made, and the period they
 * learn from.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isPlumeError, usageError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import { type Period, parsePeriod } from '../core/period.js';
import type { Schema } from '../core/schema.js';
import { climatology } from '../evaluation/references/climatology.js';
import { eofRegression } from '../evaluation/references/eofRegression.js';
import { needsTraining } from '../evaluation/references/fitReferences.js';
import { persistence } from '../evaluation/references/persistence.js';
import type { ReferenceMethod } from '../evaluation/references/reference.js';
import { seasonlessClimatology } from '../evaluation/references/seasonlessClimatology.js';
import { isNatureArchive } from './natureOption.js';
import type { Options } from './options.js';

/** Points × channels up to which the regression, some minutes for two thousand points, runs unasked. */
const regressionValues = 2000;

const everyReference = ['persistence', 'climatology', 'regression'] as const;

export interface ChosenReferences {
  readonly names: readonly string[];
  readonly methods: readonly ReferenceMethod[];
  /** What was left out and why, in a line; null where nothing was. */
  readonly note: string | null;
}

/**
 * Those asked for; else all that suit what is scored.
 * @throws {PlumeError} usage, for a name that is no reference
 */
export async function chooseReferences(
  options: Pick<Options, 'references' | 'seasonless' | 'archive'>,
  scored: Schema,
): Promise<ChosenReferences> {
  const seasonless = options.seasonless || (await isSeasonless(options.archive ?? []));
  const size = gridSize(scored.grid) * scored.channels.length;
  const left =
    options.references !== undefined
      ? null
      : seasonless
        ? 'regression left out: it rests on seasons; --references regression asks for it'
        : size > regressionValues
          ? `regression left out: ${scored.channels.length} channels × ${gridSize(scored.grid)} points would take long; ` +
            '--references persistence,climatology,regression asks for it'
          : null;
  const names = options.references ?? everyReference.filter((name) => left === null || name !== 'regression');
  return { names, methods: names.map((name) => referenceNamed(name, seasonless)), note: left };
}

export function referenceNamed(name: string, seasonless: boolean): ReferenceMethod {
  switch (name) {
    case 'persistence':
      return persistence;
    case 'climatology':
      return seasonless ? seasonlessClimatology : climatology;
    case 'regression':
      return eofRegression();
    default:
      throw usageError(`--references: "${name}" is none of ${everyReference.join(', ')}`);
  }
}

/** True for the built-in nature run, on the fly or as a store that says so in its attributes. */
export async function isSeasonless(archives: readonly string[]): Promise<boolean> {
  for (const archive of archives) {
    if (isNatureArchive(archive)) return true;
    const attributes = await readFile(join(archive, '.zattrs'), 'utf8').catch(() => '{}');
    if (/"seasonless":\s*(true|1|"true")/.test(attributes)) return true;
  }
  return false;
}

export interface TrainingPeriod {
  readonly text: string;
  readonly period: Period;
}

/**
 * The period that the references learn from: that of --train, else that which the model of a run was trained on.
 * Null where nothing is learnt.
 * @param models of the runs, as their manifests have them
 * @param subject in messages: run "runs/2007"
 * @throws {PlumeError} usage, when neither is there
 */
export function trainingPeriod(
  options: Pick<Options, 'train'>,
  methods: readonly ReferenceMethod[],
  models: readonly unknown[],
  subject: string,
): TrainingPeriod | null {
  if (!needsTraining(methods)) return null;
  const recorded = models.map((model) => (model as { train?: unknown } | null)?.train);
  const text = options.train ?? recorded.find((train) => typeof train === 'string');
  if (text === undefined) {
    throw usageError(
      `${subject} does not say which years its model was trained on; give --train FROM/TO, ` +
        'a period of the archive before the forecasts',
    );
  }
  try {
    return { text, period: parsePeriod(text) };
  } catch (error) {
    if (isPlumeError(error))
      throw usageError(`training period of ${subject}: ${error.message}`, { cause: error });
    throw error;
  }
}
