/**
 * The nature run as the value of --archive: `nature`, or `nature:seed=2,days=120,every=24h,truncation=31,levels=8`.
 * A file or directory called nature is written ./nature.
 */
import { usageError } from '../core/errors.js';
import { millisecondsPerHour, parseDuration } from '../core/time.js';
import { type DycoreConfig, resolveDycore } from '../models/dycore/dycore.js';
import { requireEvery } from '../models/dycore/natureArchive.js';

export interface NatureSpecification {
  readonly seed: number;
  /** Length of the run after the spin-up. */
  readonly days: number;
  readonly everyHours: number;
  readonly config: DycoreConfig;
}

const keys = {
  seed: 'seed=1, a whole number: another one, another atmosphere',
  days: 'days=90, how many from 2001-01-01 on',
  every: 'every=6h, between states',
  truncation: 'truncation=31',
  levels: 'levels=8',
  step: 'step=1800, seconds',
} as const;
type Key = keyof typeof keys;

export function isNatureArchive(text: string): boolean {
  return text === 'nature' || text.startsWith('nature:');
}

/** @throws {PlumeError} usage, listing the keys; as `resolveDycore` for what cannot be integrated */
export function parseNatureArchive(text: string): NatureSpecification {
  const values = new Map<Key, string>();
  const listed = text.slice('nature:'.length).split(',');
  for (const part of listed.map((piece) => piece.trim()).filter((piece) => piece !== '')) {
    const [key = '', value = '', ...more] = part.split('=').map((piece) => piece.trim());
    const known = Object.hasOwn(keys, key) && value !== '' && more.length === 0;
    if (!known || values.has(key as Key)) {
      throw usageError(
        `archive "${text}": "${part}" ${known ? 'comes twice' : 'is not understood'}; the keys are, with their defaults: ` +
          Object.values(keys).join('; '),
      );
    }
    values.set(key as Key, value);
  }
  const whole = (key: Key, least: number): number | undefined => {
    const value = values.get(key);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value) || Number(value) < least || !Number.isSafeInteger(Number(value))) {
      throw usageError(
        `archive "${text}": ${key} is "${value}"; it must be a whole number, ${least} or more`,
      );
    }
    return Number(value);
  };
  const everyHours = parseEvery(values.get('every') ?? '6h');
  return {
    seed: whole('seed', 0) ?? 1,
    days: whole('days', 1) ?? 90,
    everyHours,
    config: dycoreOf({
      truncation: whole('truncation', 1),
      levels: whole('levels', 1),
      step: whole('step', 1),
    }),
  };
}

/** The same with nothing left to a default; parseNatureArchive reads it back. */
export function formatNatureArchive({ seed, days, everyHours, config }: NatureSpecification): string {
  const { truncation, levels, stepSeconds } = config;
  return `nature:seed=${seed},days=${days},every=${everyHours}h,truncation=${truncation},levels=${levels},step=${stepSeconds}`;
}

/** @returns hours; @throws {PlumeError} usage, when it is no multiple of six hours */
export function parseEvery(text: string): number {
  const hours = parseDuration(text) / millisecondsPerHour;
  requireEvery(hours);
  return hours;
}

/** @throws {PlumeError} usage, as `resolveDycore` */
export function dycoreOf(options: {
  readonly truncation?: number | undefined;
  readonly levels?: number | undefined;
  readonly step?: number | undefined;
}): DycoreConfig {
  const { truncation, levels, step } = options;
  return resolveDycore({
    ...(truncation === undefined ? {} : { truncation }),
    ...(levels === undefined ? {} : { levels }),
    ...(step === undefined ? {} : { stepSeconds: step }),
  });
}

/** Times in so many days, the first at their beginning. */
export function timesInDays(days: number, everyHours: number): number {
  return Math.ceil((24 * days) / everyHours);
}
