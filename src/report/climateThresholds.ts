/**
 * What counts as unusual: quantiles of a quantity in the training states, [point]. Where the world has no seasons and every
 * longitude is alike, all states and a whole row of points count together; elsewhere a point's own states within 15 days of
 * the day of the year.
 */
import { quantileSorted } from 'simple-statistics';
import type { Archive } from '../../core/interfaces.js';
import { type Period, timesInside } from '../../core/period.js';
import { channelName } from '../../core/schema.js';
import { dayOfYear } from '../../core/time.js';
import type { Quantity } from './quantities.js';

const halfWidthDays = 15;
/** More states than this change nothing that a map shows. */
const mostStates = 120;

/**
 * @param probabilities rising, 0 … 1
 * @returns one field [point] for each probability; null where the archive lacks the channels or has too few states
 */
export async function climateThresholds(
  archive: Archive,
  period: Period,
  quantity: Quantity,
  probabilities: readonly number[],
  options: { readonly symmetric: boolean; readonly validTime: number },
): Promise<Float64Array[] | null> {
  const names = archive.schema.channels.map(channelName);
  const channels = quantity.channels.map((channel) => names.indexOf(channel));
  if (channels.includes(-1)) return null;
  const day = dayOfYear(options.validTime);
  const apart = (time: number): number => {
    const days = Math.abs(dayOfYear(time) - day);
    return Math.min(days, 365.2425 - days);
  };
  const near = timesInside(archive.times, period).filter(
    (i) => options.symmetric || apart(archive.times[i]!) <= halfWidthDays,
  );
  const stride = Math.max(1, Math.ceil(near.length / mostStates));
  const used = near.filter((_, i) => i % stride === 0);
  if (used.length < 10) return null;
  const { grid } = archive.schema;
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const points = nlat * nlon;
  const samples = new Float64Array(used.length * points);
  for (const [s, index] of used.entries()) {
    const { values } = await archive.read(index);
    for (let point = 0; point < points; point++)
      samples[s * points + point] = quantity.value(
        ...channels.map((channel) => values[channel * points + point]!),
      );
  }
  const pooled = options.symmetric ? nlon : 1;
  const out = probabilities.map(() => new Float64Array(points));
  const pool = new Float64Array(used.length * pooled);
  for (let first = 0; first < points; first += pooled) {
    for (let s = 0; s < used.length; s++)
      pool.set(samples.subarray(s * points + first, s * points + first + pooled), s * pooled);
    pool.sort();
    for (const [i, probability] of probabilities.entries())
      out[i]!.fill(quantileSorted(pool as unknown as number[], probability), first, first + pooled);
  }
  return out;
}
