/**
 * Fair CRPS of one large field on all cores, at the speed at which its members can be read: they lie in shared memory,
 * workers claim stretches of points as they get done, and nothing is copied.
 *
 *   const field = crpsField({ memberCount: 50, points: 721 * 1440, workers: 2 });
 *   … each member into field.members, the truth into field.truth …
 *   await field.score('propagate');   // field.crps
 *   await field.close();
 *
 * Memory: 4 bytes a value, at most 2 GiB. Results do not depend on the number of workers.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { internalError, PlumeError } from '../../core/errors.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import type { StretchesScored, StretchTask } from './crpsFieldWorker.js';
import { type FairCrpsArrays, fairCrpsArrays, fairCrpsKernel, fairCrpsMemory } from './fairCrpsKernel.js';

export interface CrpsFieldShape {
  /** M ≥ 1 */
  readonly memberCount: number;
  readonly points: number;
  /** 1: the calling thread itself. */
  readonly workers: number;
}

export interface CrpsField extends Omit<FairCrpsArrays, 'counter'> {
  /** Points from the first of a member to the first of the next. */
  readonly capacity: number;
  /**
   * Scores all points.
   * @throws {PlumeError} data, on a missing value under policy raise, naming the point
   */
  score(nanPolicy: NanPolicy): Promise<void>;
  /** Ends the workers. */
  close(): Promise<void>;
}

/**
 * @throws {PlumeError} internal, for numbers that are not or when the kernels are not built; resources, when there is no
 *   memory for it
 */
export function crpsField({ memberCount, points, workers }: CrpsFieldShape): CrpsField {
  const shape = fairCrpsMemory(memberCount, points, workers);
  const { members, truth, crps, counter } = fairCrpsArrays(shape);
  const arrays = { capacity: shape.capacity, members, truth, crps };
  if (workers === 1) {
    const score = fairCrpsKernel(shape);
    return {
      ...arrays,
      score: async (nanPolicy) => score(0, points, nanPolicy),
      close: async () => {},
    };
  }
  const threads = new Piscina({
    filename: workerFile(),
    minThreads: workers,
    maxThreads: workers,
    workerData: shape,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  return {
    ...arrays,
    async score(nanPolicy) {
      counter[0] = 0;
      const tasks = Array.from(
        { length: workers },
        (_, thread): StretchTask => ({ thread, points, nanPolicy }),
      );
      const done = (await Promise.all(
        tasks.map((task) => threads.run(task, { name: 'scoreStretches' })),
      )) as StretchesScored[];
      const failures = done.flatMap(({ failure }) => (failure === null ? [] : [failure]));
      const [first] = failures.sort((a, b) => a.from - b.from);
      if (first) throw new PlumeError(first.tag, first.message);
    },
    close: () => threads.destroy(),
  };
}

/** Beside this file when built; under dist/ when this file is run as TypeScript by the tests. */
function workerFile(): string {
  const places = ['./crpsFieldWorker.js', '../../dist/evaluation/kernels/crpsFieldWorker.js'];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const built = files.find((file) => existsSync(file));
  if (built === undefined) throw internalError(`the worker ${files[1]} is not built; run npm run build`);
  return built;
}
