/**
 * Where a fit of an imported model stands: the model as it was taken apart, and the value of every posterior tried so far,
 * in one small atomic file beside it. A fit that was killed takes the same way again through what is known.
 */
import { readFile } from 'node:fs/promises';
import { usageError } from '../../core/errors.js';
import { fileError, writeAtomically } from '../../core/store/atomic.js';
import type { Surgery } from '../../models/imported/surgery.js';
import type { PosteriorScore } from './scorePosterior.js';

export interface FitRecord {
  /** Digest of everything that decides the fit. */
  readonly identity: string;
  readonly weights: Surgery['weights'];
  readonly stored: readonly (readonly [string, { readonly offset: number; readonly length: number }])[];
  /** Working memory of a step, bytes. */
  readonly stepMemoryBytes: number;
  /** By scales, as searches name them. */
  readonly trials: readonly (readonly [string, PosteriorScore])[];
}

export async function writeFitRecord(path: string, record: FitRecord): Promise<void> {
  await writeAtomically(
    path,
    `${JSON.stringify(record, (_key, value) => (value === Number.POSITIVE_INFINITY ? 'infinite' : value))}\n`,
  );
}

/**
 * @returns null where there is none, or one that cannot be read: it holds only time
 * @throws {PlumeError} usage, when it belongs to another fit
 */
export async function readFitRecord(path: string, identity: string): Promise<FitRecord | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw fileError(error, `reading ${path}`);
  });
  if (text === null) return null;
  let record: FitRecord;
  try {
    record = JSON.parse(text, (_key, value) =>
      value === 'infinite' ? Number.POSITIVE_INFINITY : value,
    ) as FitRecord;
  } catch {
    return null;
  }
  if (record.identity === identity) return record;
  throw usageError(
    `"${path}" belongs to a fit with other data or settings; remove it to begin anew, or choose another --out`,
  );
}
