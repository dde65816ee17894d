/**
 * Probabilistic climatology: what the training years had on days of the year within ± some days of the valid
 * time, each value an equally likely member. The half-width is chosen inside the training years: each year
 * is scored against the others (fair CRPS), and the best of a few widths is kept.
 */
import { dataError } from '../../core/errors.js';
import { dayOfYear, formatTime, yearOf } from '../../core/time.js';
import type { Prediction, Reference, ReferenceMethod } from './reference.js';
import { rowsByYear, type TrainingSeries } from './trainingSeries.js';

/** Half-widths tried, days. */
const candidateDays = [5, 10, 15, 20, 30, 45, 60, 90];
/** Mean length of a year of the Gregorian calendar, days. */
const yearDays = 365.2425;
/** The choice of one number needs no more than this many dates and points. */
const scoredDates = 250;
const scoredPoints = 100;
/** Members at one valid time. */
const mostMembers = 500;

export const climatology: ReferenceMethod = {
  name: 'climatology',
  kind: 'ensemble',
  fit(training: TrainingSeries): Reference {
    const halfWidth = chooseHalfWidth(training);
    const days = Float64Array.from(training.times, dayOfYear);
    return {
      name: 'climatology',
      summary: `values of the training years within ±${halfWidth} days of the day of the year`,
      inputHours: [],
      predict: (_, start, leadHours) =>
        membersAround(training, days, start + leadHours * 3_600_000, halfWidth),
    };
  },
};

/** Days between two days of the year, the shorter way round. */
export function dayDistance(a: number, b: number): number {
  const apart = Math.abs(a - b) % yearDays;
  return Math.min(apart, yearDays - apart);
}

function membersAround(
  training: TrainingSeries,
  days: Float64Array,
  validTime: number,
  halfWidth: number,
): Prediction {
  const points = training.weights.length;
  const day = dayOfYear(validTime);
  const rows: number[] = [];
  // A verification date inside the training period must not be its own climatology.
  for (const [row, other] of days.entries())
    if (dayDistance(day, other) <= halfWidth && training.times[row] !== validTime) rows.push(row);
  if (rows.length < 2) {
    throw dataError(
      `climatology: the training period has ${rows.length} states within ±${halfWidth} days of ` +
        `${formatTime(validTime)}; use a training period that covers whole years`,
    );
  }
  // Neighbouring days say much the same: of very many, evenly spread ones serve as well.
  const stride = Math.ceil(rows.length / mostMembers);
  const kept = rows.filter((_, i) => i % stride === 0);
  const members = new Float32Array(kept.length * points);
  for (const [m, row] of kept.entries())
    members.set(training.values.subarray(row * points, (row + 1) * points), m * points);
  return { kind: 'ensemble', members, memberCount: kept.length };
}

/** The half-width with the lowest leave-one-year-out fair CRPS; the middle one where there is one year only. */
function chooseHalfWidth(training: TrainingSeries): number {
  const { times, values, weights } = training;
  if (rowsByYear(times).size < 2) return 15;
  const points = weights.length;
  const rows = every(times.length, scoredDates);
  const widths = rows.map((row) => narrowestWidths(times, row));
  const totals = new Float64Array(candidateDays.length);
  const column = new Float64Array(times.length);
  for (const point of every(points, scoredPoints)) {
    for (let i = 0; i < times.length; i++) column[i] = values[i * points + point]!;
    // Sorted once: the members of every date and width are met in rising order.
    const order = Int32Array.from(column.keys()).sort((a, b) => column[a]! - column[b]!);
    for (const [i, row] of rows.entries())
      addScores(column, order, column[row]!, widths[i]!, weights[point]!, totals);
  }
  let best = 0;
  // NaN (too few members at some date) never wins.
  for (let i = 1; i < totals.length; i++)
    if (totals[i]! < totals[best]! || Number.isNaN(totals[best]!)) best = i;
  return candidateDays[best]!;
}

/** Numbers below `count`, evenly spread, about `most` of them. */
function every(count: number, most: number): number[] {
  const stride = Math.max(1, Math.floor(count / most));
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
}

/** For every row: the position of the narrowest candidate that takes it in for the date of `row`; none: of no one. */
function narrowestWidths(times: Float64Array, row: number): Uint8Array {
  const day = dayOfYear(times[row]!);
  const year = yearOf(times[row]!);
  return Uint8Array.from(times, (time) => {
    if (yearOf(time) === year) return candidateDays.length;
    const apart = dayDistance(dayOfYear(time), day);
    const narrowest = candidateDays.findIndex((halfWidth) => apart <= halfWidth);
    return narrowest < 0 ? candidateDays.length : narrowest;
  });
}

const counts = new Float64Array(candidateDays.length);
const distances = new Float64Array(candidateDays.length);
const sums = new Float64Array(candidateDays.length);
const ranked = new Float64Array(candidateDays.length);

/**
 * Adds the fair CRPS of one date and point for every candidate width, with Σ_{i<j} |x_i − x_j| = Σ (2i − M + 1) x_(i).
 * @param order rows by rising value
 * @param narrowest {@link narrowestWidths}
 */
function addScores(
  column: Float64Array,
  order: Int32Array,
  truth: number,
  narrowest: Uint8Array,
  weight: number,
  totals: Float64Array,
): void {
  for (const scratch of [counts, distances, sums, ranked]) scratch.fill(0);
  for (let k = 0; k < order.length; k++) {
    const row = order[k]!;
    const error = column[row]! - truth;
    for (let c = narrowest[row]!; c < counts.length; c++) {
      distances[c]! += Math.abs(error);
      sums[c]! += error;
      ranked[c]! += (2 * counts[c]! + 1) * error;
      counts[c]! += 1;
    }
  }
  for (let c = 0; c < totals.length; c++) {
    const count = counts[c]!;
    const pairs = ranked[c]! - count * sums[c]!;
    totals[c]! += weight * (distances[c]! / count - pairs / (count * (count - 1)));
  }
}
