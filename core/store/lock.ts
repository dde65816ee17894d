/**
 * One writer per directory of results. Every writer lays down a lock file of its own, named after itself, and only then
 * looks for others: of two that start together each sees the other, so both may be refused but never both
 * admitted; and since no name is used twice, removing a dead writer's file can never hit a live one's.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resourceError } from '../errors.js';
import { fileError } from './atomic.js';
import { ownIdentity, type ProcessIdentity, stateOf } from './processIdentity.js';

const lockName = /^writer-(\d+)-(\d+)\.lock$/;

/** Paths of locks held by this process: they share its identity and are alive all the same. */
const held = new Set<string>();
let locked = 0;

export interface Lock {
  release(): Promise<void>;
}

export function isLock(name: string): boolean {
  return lockName.test(name);
}

/**
 * @throws {PlumeError} resources, when another writer lives, or may live on another host, or when the directory
 * is not writable
 */
export async function lockDirectory(directory: string): Promise<Lock> {
  const path = join(directory, `writer-${process.pid}-${Date.now()}${locked++}.lock`);
  try {
    await writeFile(path, JSON.stringify(ownIdentity()), { flag: 'wx' });
    held.add(path);
  } catch (error) {
    throw fileError(error, `locking the directory ${directory}`);
  }
  const release = async (): Promise<void> => {
    held.delete(path);
    await rm(path, { force: true }).catch(() => undefined);
  };
  try {
    for (const name of await readdir(directory)) {
      const other = join(directory, name);
      if (isLock(name) && other !== path) await requireDead(directory, other, name);
    }
  } catch (error) {
    await release();
    throw fileError(error, `locking the directory ${directory}`);
  }
  return { release };
}

async function requireDead(directory: string, path: string, name: string): Promise<void> {
  let owner: ProcessIdentity | null;
  try {
    owner = JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    // Created but not yet written, by a writer that may live: its process id is in the name.
    owner = null;
  }
  const identity = owner ?? { ...ownIdentity(), pid: Number(lockName.exec(name)?.[1]), started: '' };
  const state =
    identity.pid === process.pid && !held.has(path) && owner === null ? 'dead' : stateOf(identity);
  switch (state) {
    case 'dead':
      await rm(path, { force: true });
      return;
    case 'alive':
      throw resourceError(
        `directory ${directory} is being written by process ${identity.pid}; wait for it, or choose another --out`,
      );
    case 'elsewhere':
      throw resourceError(
        `directory ${directory} is being written by process ${identity.pid} on host ${identity.host}; ` +
          `if that process is gone, remove ${path} and run the same command again`,
      );
  }
}
