/**
 * Where a variational fit stands, in one atomic file, and the file before it should the last be damaged.
 */
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { dataError, isPlumeError, usageError } from '../../core/errors.js';
import { sha256, writeAtomically } from '../../core/store/atomic.js';
import { decodeTensors, encodeTensors, type Tensors } from '../../core/store/tensorFile.js';

export interface Standing {
  /** Next step. */
  readonly step: number;
  /** Of every step so far. */
  readonly losses: readonly number[];
  readonly divergence: number;
  readonly tensors: Tensors;
}

/** Writes the file, and keeps the one before. */
export async function writeStanding(
  path: string,
  identity: string,
  { tensors, ...rest }: Standing,
): Promise<void> {
  const text = JSON.stringify({ ...rest, identity });
  if (existsSync(path)) await rename(path, before(path));
  await writeAtomically(path, encodeTensors(tensors, { fit: text, sha256: digestOf(text, tensors) }));
}

/** The checkpoint before the last, which is there should the last be damaged. */
function before(path: string): string {
  return `${path}.before`;
}

function digestOf(text: string, tensors: Tensors): string {
  const numbers = [...tensors].map(
    ([name, { values }]) =>
      `${name} ${sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))}`,
  );
  return sha256([text, ...numbers].join('\n'));
}

/**
 * The last checkpoint, or the one before it where the last is damaged, which `onNote` is told; null: none.
 * @param identity digest of everything that decides the fit
 * @throws {PlumeError} usage, when it belongs to another fit
 */
export async function readStanding(
  path: string,
  identity: string,
  onNote: (text: string) => void,
): Promise<Standing | null> {
  for (const candidate of [path, before(path)]) {
    try {
      const found = await readOne(candidate, identity);
      if (found === null) continue;
      if (candidate !== path) onNote(`going on from "${candidate}", step ${found.step}`);
      return found;
    } catch (error) {
      if (!isPlumeError(error) || error.tag !== 'data') throw error;
      onNote(`${error.message}; looking for the checkpoint before it`);
    }
  }
  return null;
}

async function readOne(path: string, identity: string): Promise<Standing | null> {
  if (!existsSync(path)) return null;
  const { tensors, metadata } = decodeTensors(await readFile(path), path);
  const text = metadata.get('fit') ?? '';
  if (metadata.get('sha256') !== digestOf(text, tensors)) {
    throw dataError(`checkpoint "${path}" is corrupted: its checksum is not its own`);
  }
  const rest = JSON.parse(text) as Omit<Standing, 'tensors'> & { readonly identity: string };
  if (rest.identity !== identity) {
    throw usageError(
      `"${path}" belongs to a fit with other data or settings; remove it to begin anew, or choose another --out`,
    );
  }
  return { ...rest, tensors };
}

/** Removes what a finished fit needs no more: names of both files. */
export function checkpointFiles(path: string): string[] {
  return [path, before(path)];
}
