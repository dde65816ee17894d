/**
 * Where a training stands, in one atomic file: every tensor of the optimizer, which stage and step comes next, and what
 * was learned of losses so far. A training killed at any moment goes on from its last checkpoint to the same weights.
 * The one before is kept beside it: where the last is damaged, by a disk or by hand, the one before is taken, and said.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { dataError, isPlumeError, usageError } from '../../../core/errors.js';
import { createAtomically, fileError } from '../../../core/store/atomic.js';
import { decodeTensors, encodeTensors, type Tensor } from '../../../core/store/tensorFile.js';
import type { WatchState } from './divergence.js';
import type { StoppingState } from './earlyStopping.js';

/** The loss of training, averaged over the steps since the last record. */
export interface LossRecord {
  readonly stage: string;
  /** Steps of the stage that are done. */
  readonly step: number;
  /** What the stage minimises, without the KL term. */
  readonly fit: number;
  /** KL(q‖p) in nats after the last of these steps; absent where the posterior has none to minimise. */
  readonly kl?: number;
}

/** A judgement of the averaged weights on the validation period. */
export interface ValidationRecord {
  readonly stage: string;
  readonly step: number;
  /** What the stage minimises, without the KL term. */
  readonly fit: number;
  /** Fair CRPS in units of each channel's scale, mean over channels and leads; null for a stage without members. */
  readonly crps: number | null;
  readonly spreadSkillRatio: number | null;
  /** True: better than every judgement of the stage before it, and kept; never of a stage that collects its result. */
  readonly best: boolean;
}

export interface TrainingHistory {
  readonly losses: readonly LossRecord[];
  readonly validations: readonly ValidationRecord[];
}

export interface Checkpoint extends TrainingHistory {
  /** Digest of everything that decides the training: another one must not be resumed. */
  readonly identity: string;
  readonly stage: number;
  /** Next step of the stage; 0: the stage has not begun, and tensors are what the one before handed on. */
  readonly step: number;
  /** The fit since the last record: its sum and the number of steps. */
  readonly pending: { readonly sum: number; readonly count: number };
  readonly watch: WatchState;
  readonly stopping: StoppingState;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** "checkpoint-0.arrow" → "checkpoint-0.previous.arrow" */
export function previousPath(path: string): string {
  return path.replace(/(\.[^./]*)?$/, '.previous$1');
}

/** @throws {PlumeError} resources, when the disk is full or closed to us; an intact checkpoint is there then as before */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { tensors, ...rest } = checkpoint;
  const text = JSON.stringify(rest);
  const metadata = { checkpoint: text, sha256: digestOf(text, tensors) };
  const bytes = encodeTensors(tensors, metadata);
  const file = await createAtomically(path);
  await file.write(bytes);
  await keepPrevious(path).catch(async (error: unknown) => {
    await file.abandon();
    throw fileError(error, `keeping ${path}`);
  });
  await file.commit();
}

/**
 * The present checkpoint becomes the one before. Two names of one file would not do: what damages the file would damage
 * both. Until the next has its name there is the one before alone, and a reader takes it.
 */
async function keepPrevious(path: string): Promise<void> {
  await rename(path, previousPath(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(previousPath(path), { force: true });
}

/**
 * @param note told where the last checkpoint is damaged and the one before is taken
 * @returns the checkpoint, or null where there is none
 * @throws {PlumeError} usage, when it belongs to another training; data, when both it and the one before are damaged;
 *   resources, when it may not be read
 */
export async function readCheckpoint(
  path: string,
  identity: string,
  note: (text: string) => void = () => undefined,
): Promise<Checkpoint | null> {
  const previous = previousPath(path);
  let damage = '';
  for (const file of [path, previous]) {
    const bytes = await bytesOf(file);
    if (bytes === null) continue;
    let checkpoint: Checkpoint;
    try {
      checkpoint = decodeCheckpoint(bytes, file);
    } catch (error) {
      if (!isPlumeError(error)) throw error;
      damage = damage === '' ? error.message : `${damage}; ${error.message}`;
      continue;
    }
    if (checkpoint.identity !== identity) {
      throw usageError(
        `"${file}" belongs to a training with other data or settings; remove it to train anew, or choose another --out`,
      );
    }
    if (damage !== '') {
      // the damaged file gives way: the next to be written must not push the intact one out
      await rename(file, path).catch((error: unknown) => {
        throw fileError(error, `replacing ${path}`);
      });
      note(`${damage}; going on from the one before, stage ${checkpoint.stage + 1} step ${checkpoint.step}`);
    }
    return checkpoint;
  }
  if (damage === '') return null;
  throw dataError(`${damage}; no intact checkpoint is left: remove the damaged files to train anew`);
}

async function bytesOf(path: string): Promise<Uint8Array | null> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw fileError(error, `reading ${path}`);
  });
}

function decodeCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const { tensors, metadata } = decodeTensors(bytes, path);
  const text = metadata.get('checkpoint') ?? '';
  if (metadata.get('sha256') !== digestOf(text, tensors)) {
    throw dataError(`checkpoint "${path}" is corrupted: its checksum is not its own`);
  }
  return { ...(JSON.parse(text) as Omit<Checkpoint, 'tensors'>), tensors };
}

/** SHA-256 of the text and of every tensor's name and numbers. */
function digestOf(text: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(text);
  for (const [name, { values }] of tensors) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
