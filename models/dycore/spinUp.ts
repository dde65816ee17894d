/**
 * How the nature run begins: from rest with small seeded waves, long enough at a coarse truncation that winds and
 * temperatures have forgotten it (the slowest relaxation takes 40 days), then at the run's own.
 */
import { Dycore, type DycoreConfig, resolveDycore, segmentHours } from './dycore.js';
import { NatureStepper } from './natureModel.js';
import { changeTruncation } from './spectralState.js';

/** 2001-01-01 00 UTC: the calendar begins when the spin-up ends. */
export const natureEpoch = Date.UTC(2001, 0, 1);

export interface SpinUpOptions {
  readonly coarseDays?: number;
  readonly fineDays?: number;
  /** Called after each day. */
  readonly onDay?: (done: number, of: number) => void;
}

const coarseTruncation = 21;

/** Days at the coarse truncation, then at the run's own. */
export const spinUpLength = { coarseDays: 150, fineDays: 50 } as const;

/** What the first days are integrated with. */
export function coarseConfig({ truncation, levels }: DycoreConfig): DycoreConfig {
  return resolveDycore({ truncation: Math.min(coarseTruncation, truncation), levels });
}

/**
 * The state of seed's atmosphere at the epoch.
 * @returns [channel, lat, lon] of natureSchema(config)
 */
export function spinUp(config: DycoreConfig, seed: number, options: SpinUpOptions = {}): Float32Array {
  const days = spinUpDays(config, seed, options);
  for (;;) {
    const day = days.next();
    if (day.done === true) return day.value;
  }
}

/** The same one day at a time, for those who look up between days: it takes a minute. */
export function* spinUpDays(
  config: DycoreConfig,
  seed: number,
  options: SpinUpOptions = {},
): Generator<void, Float32Array, void> {
  const { coarseDays, fineDays, onDay } = { ...spinUpLength, ...options };
  const { truncation, levels } = config;
  const coarse = coarseConfig(config);
  const days = coarseDays + fineDays;
  let dycore = new Dycore(coarse);
  let state = dycore.restingState(seed);
  for (let day = 0; day < days; day++) {
    if (day === coarseDays) {
      state = changeTruncation(state, levels, coarse.truncation, truncation);
      dycore = new Dycore(config);
    }
    for (let hours = 0; hours < 24; hours += segmentHours) dycore.advance(state, segmentHours);
    onDay?.(day + 1, days);
    yield;
  }
  const stepper = new NatureStepper(config);
  const out = new Float32Array(stepper.stateLength);
  stepper.write(fineDays > 0 ? state : changeTruncation(state, levels, coarse.truncation, truncation), out);
  return out;
}
