/**
 * Writing a file so that a reader, or the next process after a crash, sees all of it or nothing:
 * write beside as '<name>.tmp-<pid>-<n>', flush, rename, flush the directory that holds the name.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { toPlumeError, usageError } from '../errors.js';
import { processIsAlive } from './processIdentity.js';

let written = 0;

/** Lower-case hexadecimal SHA-256. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Replaces `path` by `bytes`, or leaves it as it was.
 * @throws {PlumeError} resources when the disk is full or closed to us; the temporary file is gone then
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  // Worker threads share a process id: the thread tells their temporaries apart.
  const temporary = `${path}.tmp-${process.pid}-${threadId}.${written++}`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, `writing ${path}`);
  }
}

/** A rename survives a power cut once its directory is on disk. Windows cannot open directories, nor needs it. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A path that runs through a file is a wrong request; everything else as `toPlumeError` says. */
export function fileError(error: unknown, doing: string): Error {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR') {
    return usageError(`${doing}: the path is a file where a directory is needed, or the reverse (${code})`, {
      cause: error,
    });
  }
  return toPlumeError(error, doing);
}

/** Makes a directory and its parents. @throws {PlumeError} usage or resources */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fileError(error, `making the directory ${path}`);
  }
}

const temporaryName = /\.tmp-(\d+)-[\d.]+$/;

/** True for the name of a temporary file of `writeAtomically`. */
export function isTemporary(path: string): boolean {
  return temporaryName.test(basename(path));
}

/**
 * Removes what writers that no longer live left beside in `directory` (not below it). A temporary under this
 * process's own id counts as dead: call it before this process writes there.
 * @returns names removed
 */
export async function cleanTemporaries(directory: string): Promise<string[]> {
  const removed: string[] = [];
  try {
    for (const name of await readdir(directory)) {
      const pid = Number(temporaryName.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(pid) || (pid !== process.pid && processIsAlive(pid))) continue;
      await rm(join(directory, name), { force: true });
      removed.push(name);
    }
  } catch (error) {
    throw fileError(error, `cleaning ${directory}`);
  }
  return removed.sort();
}

/** Bytes that this process may still write to the file system of `path`, which must exist. */
export async function availableDiskBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    throw fileError(error, `asking for the free space of ${path}`);
  }
}
