/**
 * What a fit needs to know of the training period: mean and standard deviation of each channel, and its error scale, the
 * root mean square of what one model step changes (what persistence errs), over states spread evenly. Area-weighted.
 */
import { requireFinite } from '../../core/archive/finite.js';
import { dataError } from '../../core/errors.js';
import { gridSize, pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { formatPeriod, type Period, timesInside } from '../../core/period.js';
import { channelName } from '../../core/schema.js';

export interface ArchiveStatistics {
  /** [channel], physical units. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly errorScale: readonly number[];
}

const mostPairs = 200;

/** The step of an archive: the most frequent distance of two times, milliseconds. */
export function archiveStep(times: ArrayLike<number>, name: string): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [step] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (step === undefined) throw dataError(`${name} holds fewer than two times; a model needs a series`);
  return step;
}

/**
 * Analyses whose state one model step later is in the period too.
 * @throws {PlumeError} data, when there are none
 */
export function analysesWithNext(
  archive: Archive,
  name: string,
  period: Period,
  stride: number,
  stepMilliseconds: number,
): number[] {
  const { times } = archive;
  const found = timesInside(times, period).filter((index) => {
    const next = times[index + stride];
    return next !== undefined && next <= period.to && next - times[index]! === stepMilliseconds;
  });
  if (found.length > 0) return found;
  throw dataError(
    `${name} has no two states ${stepMilliseconds / 3_600_000} h apart in the training period ${formatPeriod(period)}; ` +
      'choose another --train or --model-step',
  );
}

/** @throws {PlumeError} data, for gaps, and for a channel that never changes */
export async function archiveStatistics(
  archive: Archive,
  name: string,
  analyses: readonly number[],
  stride: number,
): Promise<ArchiveStatistics> {
  const { channels, grid } = archive.schema;
  const points = gridSize(grid);
  const area = pointWeights(grid);
  const sums = channels.map(() => ({ weight: 0, mean: 0, squares: 0, change: 0 }));
  const pairs = Math.min(mostPairs, analyses.length);
  for (let pair = 0; pair < pairs; pair++) {
    const index = analyses[Math.floor((pair * analyses.length) / pairs)]!;
    const state = await archive.read(index);
    requireFinite(state, name);
    const next = await archive.read(index + stride);
    requireFinite(next, name);
    sums.forEach((sum, channel) => {
      for (let point = 0; point < points; point++) {
        const x = state.values[channel * points + point]!;
        const weight = area[point]!;
        // West 1979, doi:10.1145/359146.359153: weighted, without cancellation
        sum.weight += weight;
        const shift = x - sum.mean;
        sum.mean += (weight / sum.weight) * shift;
        sum.squares += weight * shift * (x - sum.mean);
        sum.change += weight * (next.values[channel * points + point]! - x) ** 2;
      }
    });
  }
  const still = sums.findIndex(({ squares, change }) => !(squares > 0) || !(change > 0));
  if (still >= 0) {
    throw dataError(
      `${name}: channel ${channelName(channels[still]!)} never changes; leave it out with --variables`,
    );
  }
  return {
    mean: sums.map(({ mean }) => mean),
    deviation: sums.map(({ squares, weight }) => Math.sqrt(squares / weight)),
    errorScale: sums.map(({ change, weight }) => Math.sqrt(change / weight)),
  };
}
