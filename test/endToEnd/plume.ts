/**
 * The command line as its users meet it: real processes, their exit codes, what they print, what they leave.
 * The program is the built one (dist/), as `npm test` builds it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const program = resolve('dist/src/plume.js');

export interface Finished {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Vulkan drivers are left out of the environment: a test that wants one names it. */
export function inherited(): NodeJS.ProcessEnv {
  const { VK_ICD_FILENAMES: _i, VK_DRIVER_FILES: _d, ...environment } = process.env;
  return environment;
}

export function startPlume(args: readonly string[], { cwd, env }: SpawnOptions = {}): Started {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const finished = new Promise<Finished>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, ...output }));
  });
  return { child, finished };
}

export function plume(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  return startPlume(args, options).finished;
}

/** Runs a command that must succeed. */
export async function succeed(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const finished = await plume(args, options);
  if (finished.code !== 0)
    throw new Error(`plume ${args.join(' ')} ended ${finished.code}:\n${finished.stderr}`);
  return finished;
}

/**
 * Every file below a directory with the digest of its bytes, directories with a slash; {} where there is none.
 * Left out is what clocks decide: cost.json of a run, and a training's account of itself with its page.
 */
export function contents(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (path: string): void => {
    for (const name of readdirSync(path).sort()) {
      if (['cost.json', 'training.json', 'training.html'].includes(name)) continue;
      const inside = join(path, name);
      const key = relative(directory, inside);
      if (statSync(inside).isDirectory()) {
        found[`${key}/`] = 'directory';
        walk(inside);
      } else {
        found[key] = createHash('sha256').update(readFileSync(inside)).digest('hex');
      }
    }
  };
  if (existsSync(directory)) walk(directory);
  return found;
}
