/**
 * Probabilistic climatology: what the training years had on days of the year within ± some days of the valid
 * time, each value an equally likely member. The half-width is chosen inside the training years: each year
 * is scored against the others (fair CRPS), and the best of a few widths is kept.
 */
import { dataError } from '../../core/errors.js';
import { dayOfYear, formatTime } from '../../core/time.js';
import { crpsOfErrors, fairCrps } from '../crps.js';
import type { Prediction, Reference, ReferenceMethod } from './reference.js';
import { rowsByYear, type TrainingSeries } from './trainingSeries.js';

/** Half-widths tried, days. */
const candidateDays = [5, 10, 15, 20, 30, 45, 60, 90];
/** Mean length of a year of the Gregorian calendar, days. */
const yearDays = 365.2425;
/** The choice of one number needs no more than this many dates and points. */
const scoredDates = 250;
const scoredPoints = 100;

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
  const members = new Float32Array(rows.length * points);
  for (const [m, row] of rows.entries())
    members.set(training.values.subarray(row * points, (row + 1) * points), m * points);
  return { kind: 'ensemble', members, memberCount: rows.length };
}

/** The half-width with the lowest leave-one-year-out fair CRPS; the middle one where there is one year only. */
function chooseHalfWidth(training: TrainingSeries): number {
  const { times, values, weights } = training;
  const years = rowsByYear(times);
  if (years.size < 2) return 15;
  const points = weights.length;
  const days = Float64Array.from(times, dayOfYear);
  const yearAt = new Int32Array(times.length);
  for (const [year, rows] of years) for (const row of rows) yearAt[row] = year;
  const dateStride = Math.max(1, Math.floor(times.length / scoredDates));
  const pointStride = Math.max(1, Math.floor(points / scoredPoints));
  const errors = new Float64Array(times.length);
  const totals = candidateDays.map(() => 0);
  for (let row = 0; row < times.length; row += dateStride) {
    const others = days.map((day) => dayDistance(day, days[row]!));
    for (const [candidate, halfWidth] of candidateDays.entries()) {
      const members: number[] = [];
      for (let i = 0; i < times.length; i++)
        if (others[i]! <= halfWidth && yearAt[i] !== yearAt[row]) members.push(i);
      for (let point = 0; point < points; point += pointStride) {
        const truth = values[row * points + point]!;
        for (const [m, i] of members.entries()) errors[m] = values[i * points + point]! - truth;
        totals[candidate]! += weights[point]! * crpsOfErrors(errors, members.length, fairCrps);
      }
    }
  }
  let best = 0;
  // NaN (too few members at some date) never wins.
  for (let i = 1; i < totals.length; i++)
    if (totals[i]! < totals[best]! || Number.isNaN(totals[best]!)) best = i;
  return candidateDays[best]!;
}
