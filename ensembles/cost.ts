/**
 * What members have cost: cost.json in the run directory, beside the manifest and no part of it, since no wall-clock time
 * may enter what a resumed run must end with. Calls that go on with a run add to it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../core/store/atomic.js';

export const costName = 'cost.json';

const cost = z.object({
  /** Members times days of forecast made. */
  member_days: z.number().positive(),
  /** Seconds from the first block to the last product. */
  wall_seconds: z.number().nonnegative(),
  /** CPU seconds that workers have spent on members, a thread each (elapsed where the system does not tell, or on a GPU). */
  core_seconds: z.number().nonnegative(),
  /** Of the latest call. */
  workers: z.number().int().positive(),
  core_seconds_per_member_day: z.number().nonnegative(),
  device: z.string(),
});

export type Cost = Readonly<z.infer<typeof cost>>;

/** @returns null where nothing readable is recorded */
export async function readCost(directory: string): Promise<Cost | null> {
  try {
    return cost.parse(JSON.parse(await readFile(join(directory, costName), 'utf8')));
  } catch {
    return null;
  }
}

/** Adds what was made to what is recorded; nothing made, nothing changed. @returns the sum */
export async function addCost(
  directory: string,
  made: Omit<Cost, 'core_seconds_per_member_day'>,
): Promise<Cost | null> {
  const before = await readCost(directory);
  if (!(made.member_days > 0)) return before;
  const memberDays = made.member_days + (before?.member_days ?? 0);
  const coreSeconds = made.core_seconds + (before?.core_seconds ?? 0);
  const sum: Cost = {
    member_days: memberDays,
    wall_seconds: made.wall_seconds + (before?.wall_seconds ?? 0),
    core_seconds: coreSeconds,
    workers: made.workers,
    core_seconds_per_member_day: coreSeconds / memberDays,
    device: made.device,
  };
  await writeAtomically(join(directory, costName), `${JSON.stringify(sum, null, 1)}\n`);
  return sum;
}
