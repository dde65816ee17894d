/**
 * The dycore on one core: simulated days a second by resolution, and how much of the time the transforms take; beside
 * it, where there is a model directory (models/default), the member-days a second of the network. Six-hour segments, as
 * the nature run has them. Seconds are the processor's, of this process: other work on the machine does not add to them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gridSize } from '../core/grid.js';
import { Dycore, resolveDycore, segmentHours } from '../models/dycore/dycore.js';
import { NatureStepper } from '../models/dycore/natureModel.js';
import { openModel } from '../models/open.js';

const tries = 5;
const resolutions = [
  [21, 5],
  [31, 8],
  [42, 10],
  [63, 10],
] as const;
const directory = join(fileURLToPath(new URL('../..', import.meta.url)), 'models', 'default');
const networkRows = 24;

export async function benchDycore(): Promise<void> {
  for (const [truncation, levels] of resolutions) {
    const config = resolveDycore({ truncation, levels });
    const dycore = new Dycore(config);
    const state = dycore.restingState(1);
    // winds arise, and the compiler has seen it all
    dycore.advance(state, 12);
    const clock = timed(dycore);
    let least = Number.POSITIVE_INFINITY;
    let share = 0;
    for (let i = 0; i < tries; i++) {
      clock.seconds = 0;
      const seconds = await spent(1, () => dycore.advance(state, segmentHours));
      if (seconds < least) [least, share] = [seconds, clock.seconds / seconds];
    }
    const stepper = new NatureStepper(config);
    const values = new Float32Array(stepper.stateLength);
    stepper.write(state, values);
    const map = await spent(tries, () => stepper.step(values, values));
    const perDay = 24 / segmentHours;
    process.stdout.write(
      `  T${truncation}L${levels}, Δt ${config.stepSeconds} s: ${(1 / (perDay * least)).toFixed(2)} days/s ` +
        `(${(perDay * least * 1e3).toFixed(0)} ms a day), transforms ${(100 * share).toFixed(0)} %; ` +
        `as the map on the regular grid ${(1 / (perDay * map)).toFixed(2)} days/s\n`,
    );
  }
  await network();
}

/** Processor seconds of this process. */
function now(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Least processor seconds of several tries. */
async function spent(times: number, work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const began = now();
    await work();
    least = Math.min(least, now() - began);
  }
  return least;
}

/** Counts the seconds that a dycore's transforms take. */
function timed({ transform }: Dycore): { seconds: number } {
  const clock = { seconds: 0 };
  const { synthesize, analyze } = transform;
  const count =
    <Arguments extends unknown[]>(work: (...args: Arguments) => void) =>
    (...args: Arguments): void => {
      const began = now();
      work.apply(transform, args);
      clock.seconds += now() - began;
    };
  Object.assign(transform, { synthesize: count(synthesize), analyze: count(analyze) });
  return clock;
}

async function network(): Promise<void> {
  if (!existsSync(join(directory, 'model.json'))) {
    process.stdout.write(`  the network: no model at ${directory}\n`);
    return;
  }
  const model = await openModel({ kind: 'bayesian', directory }, { device: 'cpu', threads: 1 });
  const length = model.schema.channels.length * gridSize(model.schema.grid);
  const history = Array.from({ length: model.historyLength }, () => new Float32Array(networkRows * length));
  const seconds = await spent(3, () =>
    model.step({ weightSamples: [0], rowsPerSample: networkRows, history, validTime: 0 }),
  );
  await model.close();
  const memberDays = (networkRows * model.stepHours) / 24 / seconds;
  process.stdout.write(
    `  the network, ${networkRows} members at once: ${memberDays.toFixed(1)} member-days/s\n`,
  );
}
