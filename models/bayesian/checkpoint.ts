/**
 * Where a training stands, in one atomic file: every tensor of the optimizer, which stage and step comes next,
 * and the losses so far. A training killed at any moment goes on from its last checkpoint to the same weights.
 */
import { readFile } from 'node:fs/promises';
import { usageError } from '../../core/errors.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { decodeTensors, encodeTensors, type Tensor } from '../../core/store/tensorFile.js';

export interface LossRecord {
  readonly stage: string;
  readonly step: number;
  /** What the stage minimises, without the KL term; mean over the steps since the last record. */
  readonly fit: number;
}

export interface Checkpoint {
  /** Digest of everything that decides the training: another one must not be resumed. */
  readonly identity: string;
  readonly stage: number;
  /** Next step of the stage. */
  readonly step: number;
  readonly losses: readonly LossRecord[];
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { tensors, ...rest } = checkpoint;
  await writeAtomically(path, encodeTensors(tensors, { checkpoint: JSON.stringify(rest) }));
}

/**
 * @returns the checkpoint, or null where there is none
 * @throws {PlumeError} usage, when it belongs to another training; data, when it is corrupted
 */
export async function readCheckpoint(path: string, identity: string): Promise<Checkpoint | null> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return null;
  const { tensors, metadata } = decodeTensors(bytes, path);
  const rest = JSON.parse(metadata.get('checkpoint') ?? '{}') as Omit<Checkpoint, 'tensors'>;
  if (rest.identity !== identity) {
    throw usageError(
      `"${path}" belongs to a training with other data or settings; remove it to train anew, or choose another --out`,
    );
  }
  return { ...rest, tensors };
}
