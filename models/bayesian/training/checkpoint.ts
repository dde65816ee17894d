/**
 * Where a training stands, in one atomic file: every tensor of the optimizer, which stage and step comes next,
 * and the losses so far. A training killed at any moment goes on from its last checkpoint to the same weights.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dataError, usageError } from '../../../core/errors.js';
import { fileError, writeAtomically } from '../../../core/store/atomic.js';
import { decodeTensors, encodeTensors, type Tensor } from '../../../core/store/tensorFile.js';

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
  /** The fit since the last record: its sum and the number of steps. */
  readonly pending: { readonly sum: number; readonly count: number };
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { tensors, ...rest } = checkpoint;
  const text = JSON.stringify(rest);
  const metadata = { checkpoint: text, sha256: digestOf(text, tensors) };
  await writeAtomically(path, encodeTensors(tensors, metadata));
}

/**
 * @returns the checkpoint, or null where there is none
 * @throws {PlumeError} usage, when it belongs to another training; data, when it is corrupted; resources, when
 *   it may not be read
 */
export async function readCheckpoint(path: string, identity: string): Promise<Checkpoint | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw fileError(error, `reading ${path}`);
  });
  if (bytes === null) return null;
  const { tensors, metadata } = decodeTensors(bytes, path);
  const text = metadata.get('checkpoint') ?? '';
  if (metadata.get('sha256') !== digestOf(text, tensors)) {
    throw dataError(
      `checkpoint "${path}" is corrupted: its checksum is not its own; remove it to train anew`,
    );
  }
  const rest = JSON.parse(text) as Omit<Checkpoint, 'tensors'>;
  if (rest.identity !== identity) {
    throw usageError(
      `"${path}" belongs to a training with other data or settings; remove it to train anew, or choose another --out`,
    );
  }
  return { ...rest, tensors };
}

/** SHA-256 of the text and of every tensor's name and numbers. */
function digestOf(text: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(text);
  for (const [name, { values }] of tensors) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
