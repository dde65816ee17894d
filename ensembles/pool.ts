/**
 * The worker pool: one per run, one lane a core on the CPU and a single lane on any other device.
 * Workers load built JavaScript, so a run needs `npm run build` before it.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { internalError, PlumeError } from '../core/errors.js';
import type { ProductsMade } from './products.js';
import type { MembersMade, MembersTask, Outcome, ProductsTask, WorkerSetup } from './worker.js';

export interface EnsemblePool {
  makeMembers(task: MembersTask): Promise<MembersMade>;
  makeProducts(task: ProductsTask): Promise<ProductsMade>;
  timeStep(task: MembersTask): Promise<number>;
  close(): Promise<void>;
}

/** Threads start with the first task: a run that lacks nothing starts none. */
export function createPool(setup: WorkerSetup, workers: number): EnsemblePool {
  let threads: Piscina | undefined;
  let closing = false;
  const started = (): Piscina => {
    if (threads !== undefined) return threads;
    threads = new Piscina({
      filename: workerFile(),
      minThreads: workers,
      maxThreads: workers,
      workerData: setup,
      idleTimeout: Number.POSITIVE_INFINITY,
      // what a start leaves behind is collected early, so that memory is the same after a few starts and after many
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    // a thread that is stopped while it still loads has failed nobody
    threads.on('error', (error) => {
      if (!closing) throw error;
    });
    return threads;
  };
  const run = async <Result>(name: string, task: unknown): Promise<Result> => {
    const outcome = (await started().run(task, { name })) as Outcome<Result>;
    if ('failure' in outcome) throw new PlumeError(outcome.failure.tag, outcome.failure.message);
    return outcome.result;
  };
  return {
    makeMembers: (task) => run('makeMembers', task),
    makeProducts: (task) => run('makeStartProducts', task),
    timeStep: (task) => run('timeStep', task),
    close: async () => {
      closing = true;
      await threads?.destroy();
    },
  };
}

/** Beside this file when built; under dist/ when this file is run as TypeScript by the tests. */
function workerFile(): string {
  const beside = fileURLToPath(new URL('./worker.js', import.meta.url));
  if (existsSync(beside)) return beside;
  const built = fileURLToPath(new URL('../dist/ensembles/worker.js', import.meta.url));
  if (existsSync(built)) return built;
  throw internalError(`the worker ${built} is not built; run npm run build`);
}
