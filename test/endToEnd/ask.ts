/**
 * Many commands of one process that stays for the test file (commandHost.ts), one after the other: what is printed and
 * the exit code are those of `plume`, without half a second to start. For tests of what a command says and
 * writes; those of processes themselves (signals, memory, streams, full disks) start their own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll } from 'vitest';
import { type Finished, inherited } from './plume.js';

let host: ChildProcess | undefined;
let queue: Promise<unknown> = Promise.resolve();

afterAll(async () => {
  if (host === undefined || host.exitCode !== null) return;
  const ended = once(host, 'exit');
  host.disconnect();
  await ended;
});

/** @throws when the command leaves behind what would have kept its process alive */
export function ask(args: readonly string[]): Promise<Finished> {
  const answer = queue.then(() => askHost(args));
  queue = answer.catch(() => {});
  return answer;
}

/** Asks a command that must succeed. */
export async function askSuccess(args: readonly string[]): Promise<Finished> {
  const finished = await ask(args);
  if (finished.code !== 0)
    throw new Error(`plume ${args.join(' ')} ended ${finished.code}:\n${finished.stderr}`);
  return finished;
}

async function askHost(args: readonly string[]): Promise<Finished> {
  if (host === undefined || host.exitCode !== null) {
    host = fork(resolve('dist/test/endToEnd/commandHost.js'), {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      env: inherited(),
    });
  }
  const { stdout, stderr } = host as { stdout: Readable; stderr: Readable };
  const until = (stream: Readable, end: RegExp): Promise<string> =>
    new Promise((done, fail) => {
      let text = '';
      const take = (chunk: string): void => {
        text += chunk;
        if (end.test(text)) stop(() => done(text));
      };
      const gone = (): void => stop(() => fail(new Error(`plume ${args.join(' ')} took its process along`)));
      const stop = (then: () => void): void => {
        stream.off('data', take).off('close', gone);
        then();
      };
      stream.setEncoding('utf8').on('data', take).on('close', gone);
    });
  const printed = Promise.all([until(stdout, /\0$/), until(stderr, /\0.*\n$/)]);
  host.send([...args]);
  const [out, err] = await printed;
  const [said, end] = err.split('\0') as [string, string];
  const { code, left } = JSON.parse(end) as { code: number; left: string[] };
  if (left.length > 0) throw new Error(`plume ${args.join(' ')} leaves ${left.join(', ')}:\n${said}`);
  return { code, signal: null, stdout: out.slice(0, -1), stderr: said };
}
