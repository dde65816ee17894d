/**
 * Commands of plume as a reader would type them, each a process of its own, so that time and memory are those a user
 * sees. What a command made is kept with its record and taken up again; delete it to make it anew.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseScores } from '../scoresJson.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const plume = fileURLToPath(new URL('../../src/plume.js', import.meta.url));

/** A command that ran, now or before. */
export interface Ran {
  readonly args: readonly string[];
  readonly seconds: number;
  /** What it printed with --json. */
  readonly result: unknown;
}

/** @returns what it printed with --json; the process ends with the code of a command that fails */
export function runPlume(args: readonly string[]): unknown {
  process.stderr.write(`$ plume ${args.join(' ')}\n`);
  const result = spawnSync(process.execPath, [plume, ...args, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  return parseScores(result.stdout);
}

/** Runs a command once and keeps its record in a file; another command of the same record runs anew. */
export function once(record: string, args: readonly string[]): Ran {
  if (existsSync(record)) {
    const kept = parseScores(readFileSync(record, 'utf8')) as Ran;
    if (kept.args.join(' ') === args.join(' ')) return kept;
  }
  const began = performance.now();
  const result = runPlume(args);
  const ran = { args, seconds: (performance.now() - began) / 1000, result };
  mkdirSync(dirname(record), { recursive: true });
  writeFileSync(record, `${JSON.stringify(ran)}\n`);
  return ran;
}
