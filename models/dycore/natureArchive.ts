/**
 * The nature run as an archive that is computed when it is read: the same map as `plume nature` writes down, from the
 * same start, to the bit. Nothing is integrated before the first read; reads of rising times cost one integration in
 * all, and going back costs no more than from the nearest state kept. Memory is bounded: states are kept once a
 * simulated day, or less often where the run is long or the grid is fine, and the few that were read last.
 */
import { setImmediate } from 'node:timers/promises';
import { findVariable, readName } from '../../core/archive/variableNames.js';
import { dataError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { channelName, type Schema } from '../../core/schema.js';
import type { State } from '../../core/state.js';
import { millisecondsPerHour } from '../../core/time.js';
import { type DycoreConfig, segmentHours } from './dycore.js';
import { NatureStepper, natureSchema } from './natureModel.js';
import { pressureChannels } from './pressureChannels.js';
import { natureEpoch, type SpinUpOptions, spinUpDays } from './spinUp.js';

export interface NatureArchiveOptions {
  readonly config: DycoreConfig;
  readonly seed: number;
  /** First and last valid time, milliseconds since 1970; the first is the epoch by default. */
  readonly from?: number;
  readonly to: number;
  /** Hours between times, a multiple of six. */
  readonly everyHours: number;
  /** 'z500', 'z' for all its levels, 'vo_ml3'; by default the sixteen on pressure levels and near the surface. */
  readonly channels?: readonly string[];
  readonly spinUp?: SpinUpOptions;
}

const segment = segmentHours * millisecondsPerHour;
/** States read last are kept whole. */
const recentStates = 8;
/** Bytes of states kept along the run. */
const keptBytes = 128e6;

/**
 * @throws {PlumeError} usage, for times before the epoch, in falling order or not every six hours; data, for a
 * channel that the run does not have; from reads: data, when the integration breaks
 */
export function createNatureArchive(options: NatureArchiveOptions): Archive {
  const { config, seed, from = natureEpoch, to, everyHours } = options;
  requireEvery(everyHours);
  if (from < natureEpoch || (from - natureEpoch) % segment !== 0 || to < from) {
    throw usageError(
      `nature run from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}: it begins at 2001-01-01T00Z, ` +
        'has states every six hours, and must end after it begins',
    );
  }
  const every = everyHours * millisecondsPerHour;
  const times = Float64Array.from(
    { length: Math.floor((to - from) / every) + 1 },
    (_, i) => from + i * every,
  );
  const whole = natureSchema(config);
  const chosen = chooseChannels(whole, options.channels ?? pressureChannels.map(channelName));
  const schema = { channels: chosen.map((c) => whole.channels[c]!), grid: whole.grid };
  const points = gridSize(whole.grid);
  const segments = (times.at(-1)! - natureEpoch) / segment;
  const sequence = new NatureSequence(config, seed, segments, options.spinUp);
  let queue: Promise<unknown> = Promise.resolve();

  const read = async (time: number): Promise<State> => {
    const state = await sequence.at((time - natureEpoch) / segment);
    const values = new Float32Array(chosen.length * points);
    chosen.forEach((c, i) => {
      values.set(state.subarray(c * points, (c + 1) * points), i * points);
    });
    return { schema, validTime: time, values };
  };
  return {
    schema,
    times,
    // one integration at a time: reads at the same moment wait for each other
    read: (timeIndex) => {
      const time = times[timeIndex];
      if (time === undefined) {
        return Promise.reject(dataError(`nature run: no time ${timeIndex}, it has ${times.length}`));
      }
      const result = queue.then(() => read(time));
      queue = result.catch(() => undefined);
      return result;
    },
    close: async () => sequence.forget(),
  };
}

/** @throws {PlumeError} usage, when it is no multiple of the six hours of the map */
export function requireEvery(everyHours: number): void {
  if (!(everyHours > 0 && Number.isInteger(everyHours / segmentHours))) {
    throw usageError(
      `states every ${everyHours} h: the nature run has one every ${segmentHours} h; give a multiple, such as 6h or 24h`,
    );
  }
}

/** The states of one seed by number, six hours apart, 0 at the epoch. */
class NatureSequence {
  readonly #stepper: NatureStepper;
  readonly #seed: number;
  readonly #spinUp: SpinUpOptions | undefined;
  /** States between those kept along the run. */
  readonly #spacing: number;
  readonly #kept = new Map<number, Float32Array>();
  /** Oldest first. */
  readonly #recent = new Map<number, Float32Array>();

  constructor(config: DycoreConfig, seed: number, segments: number, spinUp: SpinUpOptions | undefined) {
    this.#stepper = new NatureStepper(config);
    this.#seed = seed;
    this.#spinUp = spinUp;
    const states = Math.max(1, Math.floor(keptBytes / (4 * this.#stepper.stateLength)));
    this.#spacing = Math.max(24 / segmentHours, Math.ceil(segments / states));
  }

  forget(): void {
    this.#kept.clear();
    this.#recent.clear();
  }

  /** @returns [channel, lat, lon], to be read only */
  async at(number: number): Promise<Float32Array> {
    const known = this.#kept.get(number) ?? this.#recent.get(number);
    if (known !== undefined) return known;
    let nearest = -1;
    for (const states of [this.#kept, this.#recent]) {
      for (const n of states.keys()) if (n < number && n > nearest) nearest = n;
    }
    let state = this.#kept.get(nearest) ?? this.#recent.get(nearest);
    if (state === undefined) {
      state = await this.#begin();
      nearest = 0;
    }
    const work = state.slice();
    for (let n = nearest + 1; n <= number; n++) {
      this.#stepper.step(work, work);
      if (n % this.#spacing === 0) this.#kept.set(n, work.slice());
      // so that an interrupt is heard
      await setImmediate();
    }
    if (nearest === number) return state;
    if (this.#kept.has(number)) return work;
    this.#recent.set(number, work);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > recentStates && oldest !== undefined) this.#recent.delete(oldest);
    return work;
  }

  async #begin(): Promise<Float32Array> {
    const days = spinUpDays(this.#stepper.config, this.#seed, this.#spinUp);
    for (;;) {
      const day = days.next();
      if (day.done === true) {
        this.#kept.set(0, day.value);
        return day.value;
      }
      await setImmediate();
    }
  }
}

/**
 * Positions of channels asked for by name, in the order asked for, each once.
 * @throws {PlumeError} data, naming what the run has
 */
function chooseChannels({ channels }: Schema, names: readonly string[]): number[] {
  const chosen = new Set<number>();
  for (const name of names) {
    const exact = channels.findIndex((channel) => channelName(channel) === name);
    const named = readName(name);
    const variable = findVariable(name)?.shortName ?? named?.known.shortName ?? name;
    const found =
      exact >= 0
        ? [exact]
        : [...channels.keys()].filter((c) => {
            const channel = channels[c]!;
            return channel.variable === variable && (named?.level ?? channel.level) === channel.level;
          });
    if (found.length === 0) {
      throw dataError(
        `the nature run has no channel "${name}"; it has ${channels.map(channelName).join(', ')}`,
      );
    }
    for (const c of found) chosen.add(c);
  }
  return [...chosen];
}
