/**
 * Writing a file so that a reader, or the next process after a crash, sees all of it or nothing:
 * write beside as '<name>.tmp-<pid>-<n>', flush, rename, flush the directory that holds the name.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { toPlumeError, usageError } from '../errors.js';
import { processIsAlive } from './processIdentity.js';

let temporaries = 0;

/** Worker threads share a process id: the thread tells their temporaries apart. */
function temporaryBeside(path: string): string {
  return `${path}.tmp-${process.pid}-${threadId}.${temporaries++}`;
}

/** Lower-case hexadecimal SHA-256. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Replaces `path` by `bytes`, or leaves it as it was.
 * @throws {PlumeError} resources when the disk is full or closed to us; the temporary file is gone then
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = temporaryBeside(path);
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

/** A file that grows beside its final name and appears there whole, or not at all. */
export interface AtomicFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes and renames; the digest of everything written. */
  commit(): Promise<{ bytes: number; sha256: string }>;
  /** Gives up and leaves `path` as it was. */
  abandon(): Promise<void>;
}

/**
 * Opens a file to be written piece by piece, for what is too large to hold whole.
 * @throws {PlumeError} resources, from each call, when the disk is full or closed to us; the temporary is gone then
 */
export async function createAtomically(path: string): Promise<AtomicFile> {
  const temporary = temporaryBeside(path);
  const hash = createHash('sha256');
  let written = 0;
  const file = await open(temporary, 'wx').catch((error: unknown) => {
    throw fileError(error, `writing ${path}`);
  });
  const abandon = async (): Promise<void> => {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
  };
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      await abandon();
      throw fileError(error, `writing ${path}`);
    }
  };
  return {
    write: (bytes) =>
      guarded(async () => {
        await file.writeFile(bytes);
        hash.update(bytes);
        written += bytes.byteLength;
      }),
    commit: async () => {
      await guarded(async () => {
        await file.sync();
        await file.close();
        await rename(temporary, path);
        await syncDirectory(dirname(path));
      });
      return { bytes: written, sha256: hash.digest('hex') };
    },
    abandon,
  };
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

/**
 * Makes a directory and its parents. Node's own recursive form answers ENOENT on a read-only file system.
 * @throws {PlumeError} usage, when a file is in the way; resources, when the disk is full or closed to us
 */
export async function makeDirectory(path: string): Promise<void> {
  const failure = await mkdir(path).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  );
  if (failure === null) return;
  if (failure.code === 'ENOENT' && dirname(path) !== path) {
    await makeDirectory(dirname(path));
    await mkdir(path).catch((error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(error, `making ${path}`);
    });
    return;
  }
  // On a read-only file system an existing directory may answer EROFS.
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw fileError(failure, `making the directory ${path}`);
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

/** Bytes that this process may still write to the file system where `path` is, or would be made. */
export async function availableDiskBytes(path: string): Promise<number> {
  try {
    if (!existsSync(path) && dirname(path) !== path) return await availableDiskBytes(dirname(path));
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    throw fileError(error, `asking for the free space of ${path}`);
  }
}
