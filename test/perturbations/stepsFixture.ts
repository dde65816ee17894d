/** Grids, contexts and one way to step rows, for tests of perturbations at every step. */
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { MemberKey, StepPerturbation } from '../../core/interfaces.js';
import type { Channel } from '../../core/schema.js';
import { makeLatitudes } from '../../core/sphere/latitudes.js';
import type { PerturbationContext } from '../../perturbations/source.js';

export const memberKey: MemberKey = {
  seed: 11,
  start: Date.UTC(2007, 0, 1),
  weightSample: 0,
  noiseStream: 0,
};

export function memberKeys(count: number): MemberKey[] {
  return Array.from({ length: count }, (_, noiseStream) => ({ ...memberKey, noiseStream }));
}

export const globe = makeGrid(
  Array.from({ length: 13 }, (_, i) => 90 - 15 * i),
  Array.from({ length: 24 }, (_, j) => 15 * j),
);
export const region = makeGrid([60, 50, 40, 30], [-20, -10, 0, 10, 20]);
/** One point: fields there are numbers, cheap to draw by the thousand. */
export const place = makeGrid([50], [0]);

const units: Readonly<Record<string, string>> = {
  z: 'm2 s-2',
  t: 'K',
  t2m: 'K',
  u: 'm s-1',
  v: 'm s-1',
  u10: 'm s-1',
  v10: 'm s-1',
  vo: 's-1',
  d: 's-1',
  msl: 'Pa',
  q: 'kg kg-1',
  lnsp: '1',
};

/** Channels by short name: "t850", "u10", "vo_ml3". */
export function channel(name: string): Channel {
  const [, variable, level] = /^([a-z]+)(\d+)$/.exec(name) ?? [];
  if (level === undefined || name in units) {
    return { variable: name, level: null, unit: units[name.replace(/_ml\d+$/, '')]! };
  }
  return { variable: variable!, level: Number(level), unit: units[variable!]! };
}

export function contextOf(
  grid: Grid,
  names: readonly string[],
  changed: Partial<PerturbationContext> = {},
): PerturbationContext {
  const channels = names.map(channel);
  return {
    schema: { grid, channels },
    stepHours: 6,
    pressures: channels.map(({ level }) => level ?? 1000),
    spread: [],
    pool: null,
    rotate: false,
    ...changed,
  };
}

/** Area weights of a regular grid with both poles, exact for products of harmonics up to rows − 1: their sum is 1. */
export function areaWeights(grid: Grid): Float64Array {
  const rows = grid.latitudes.length;
  const columns = grid.longitudes.length;
  const { weights } = makeLatitudes('regular', rows);
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => weights[Math.floor(i / columns)]! / 2 / columns,
  );
}

/**
 * Steps all rows `steps` times from the same increment, in batches of `batch` rows.
 * @param before, after, amplitude of one row, [channel, lat, lon]: what the model made of it, the same at every step
 * @returns [step] of [row, channel, lat, lon]
 */
export function stepped(
  perturbation: StepPerturbation,
  keys: readonly MemberKey[],
  steps: number,
  {
    before,
    after,
    amplitude = null,
  }: Record<'before' | 'after', Float32Array> & { amplitude?: Float32Array | null },
  batch = keys.length,
): Float32Array[] {
  const streams = perturbation.streams(keys);
  const repeat = (row: Float32Array): Float32Array => {
    const all = new Float32Array(keys.length * row.length);
    for (let i = 0; i < keys.length; i++) all.set(row, i * row.length);
    return all;
  };
  const [befores, amplitudes] = [repeat(before), amplitude === null ? null : repeat(amplitude)];
  return Array.from({ length: steps }, () => {
    const made = repeat(after);
    for (let firstRow = 0; firstRow < keys.length; firstRow += batch) {
      const rows = Math.min(batch, keys.length - firstRow);
      const part = (all: Float32Array): Float32Array =>
        all.subarray(firstRow * before.length, (firstRow + rows) * before.length);
      streams.apply({
        firstRow,
        rows,
        before: part(befores),
        after: part(made),
        amplitude: amplitudes === null ? null : part(amplitudes),
      });
    }
    return made;
  });
}

/** What a perturbation adds to rows that are zero before and `value` after the step, [step] of [row, channel, lat, lon]. */
export function increments(
  perturbation: StepPerturbation,
  { schema }: PerturbationContext,
  keys: readonly MemberKey[],
  steps: number,
  value = 1,
  batch?: number,
): Float32Array[] {
  const length = schema.channels.length * gridSize(schema.grid);
  const [before, after] = [new Float32Array(length), new Float32Array(length).fill(value)];
  return stepped(perturbation, keys, steps, { before, after }, batch).map((made) =>
    made.map((x) => x - value),
  );
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Mean of a product: the covariance of two samples whose means are known to be 0. */
export function covariance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum / a.length;
}
