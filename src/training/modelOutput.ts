/**
 * The directory that a training writes: whose it is, what is in it already, what may be written, and the names of what
 * lies there while the training is under way.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isPlumeError, resourceError, usageError } from '../../core/errors.js';
import { availableDiskBytes, cleanTemporaries, makeDirectory } from '../../core/store/atomic.js';
import { lockDirectory } from '../../core/store/lock.js';
import { readModel, type TrainedModel } from '../../models/bayesian/modelDirectory.js';
import { removeCheckpoint } from '../../models/bayesian/training/checkpoint.js';
import { type StageName, stageNames } from '../../models/bayesian/training/stages.js';
import { formatBytes } from '../progress.js';

/** The stages that `--stage` asks for. */
export type StageChoice = StageName | 'all';

const checkpointName = /^checkpoint-\d+(\.previous)?\.arrow$/;

export function checkpointPath(directory: string, component: number): string {
  return join(directory, `checkpoint-${component}.arrow`);
}

/** Once the model is written: what a finished training needs no more. Between stages the checkpoint stays. */
export async function tidy(directory: string, components: number, isFinished: boolean): Promise<void> {
  if (!isFinished) return;
  for (let component = 0; component < components; component++) {
    await removeCheckpoint(checkpointPath(directory, component));
  }
}

export interface TurnOfStages {
  /** Places of the first and the last stage to run. */
  readonly first: number;
  readonly last: number;
  /** The model that the stages before have left, where there is no checkpoint to go on from. */
  readonly earlier: TrainedModel | null;
  /** A model is there, from a checkpoint of the same training or not. */
  readonly present: TrainedModel | null;
}

/**
 * Which stages a training runs, by what was asked for and what is in the directory.
 * @throws {PlumeError} usage, when a stage is finished, or the one before it is not
 */
export async function turnOfStages(directory: string, asked: StageChoice): Promise<TurnOfStages> {
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  const isUnderWay = isDirectory && readdirSync(directory).some((name) => checkpointName.test(name));
  const present = existsSync(join(directory, 'model.json'))
    ? await readModel(directory).catch((error: unknown) => {
        // killed between the two files of a later stage's model: its checkpoint has all that is needed
        if (isUnderWay && isPlumeError(error) && error.tag === 'data') return null;
        throw error;
      })
    : null;
  const finished = present === null ? 0 : finishedStages(present);
  const last = asked === 'all' ? stageNames.length - 1 : stageNames.indexOf(asked);
  // a checkpoint may be in any stage: the trainer reads it, and refuses what does not follow
  if (isUnderWay) return { first: asked === 'all' ? 0 : last, last, earlier: null, present };
  if (finished > last) {
    throw usageError(
      finished === stageNames.length
        ? `"${directory}" holds a trained model already; remove it to train anew, or choose another --out`
        : `"${directory}" holds a model whose ${stageNames[last]} stage is finished; go on with ` +
            `--stage ${stageNames[finished]}, or choose another --out`,
    );
  }
  const first = asked === 'all' ? finished : last;
  if (first > finished) {
    throw usageError(
      `--stage ${stageNames[first]} begins where the ${stageNames[first - 1]} stage ends, and "${directory}" holds ` +
        `${finished === 0 ? 'no model' : `one of the ${stageNames[finished - 1]} stage`}; first run plume train ` +
        `--stage ${stageNames[finished]} --out ${directory}`,
    );
  }
  return { first, last, earlier: present, present };
}

/** How many stages of training made a model; models that do not say have them all. */
export function finishedStages({ description }: TrainedModel): number {
  const { record } = description.training;
  const stages =
    typeof record === 'object' && record !== null && 'stages' in record ? record.stages : undefined;
  return Array.isArray(stages) ? stages.length : stageNames.length;
}

/**
 * A checkpoint holds up to nine tensors for each of the parameters; the one before and the next lie beside it.
 * @returns bytes that a training writes, at most
 * @throws {PlumeError} resources, where the disk has not so many
 */
export async function requireDisk(directory: string, parameters: number): Promise<number> {
  const needed = 3 * 9 * 4 * parameters;
  const available = await availableDiskBytes(directory);
  if (needed <= available) return needed;
  throw resourceError(
    `training writes up to ${formatBytes(needed)}, ${formatBytes(available)} are free on the disk of ` +
      `"${directory}"; free some space or use another --out`,
  );
}

/** Makes the directory this process's own while the work is under way; a failure leaves no empty directory. */
export async function inDirectory<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    await cleanTemporaries(directory);
    return await work();
  } finally {
    await lock.release();
    // refuses where anything is in it
    await rmdir(directory).catch(() => undefined);
  }
}
