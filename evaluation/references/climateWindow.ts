/**
 * Which training states stand for a date: those within ± some days of the same date in other years, of the same hour
 * of the day or of any. Dates of other years lie whole mean Gregorian years away, rounded to days, so that neither leap
 * days nor the turn of the year are special. The year around the date itself never counts: a date must not be its own
 * climatology, nor its neighbours, which resemble it.
 *
 * Half-width and hours are chosen inside the training period: dates of it are scored against the other years by the CRPS
 * of the sample itself (energy form), and the best choice is kept. The fair form would not do: it makes up for few
 * members, and so sees no use in a wide window.
 */
import { millisecondsPerDay } from '../../core/time.js';
import { hourOf, rowsByYear, type TrainingSeries } from './trainingSeries.js';

export interface ClimateWindow {
  readonly halfWidthDays: number;
  /** Only states of the valid time's hour of the day, where the training period has that hour. */
  readonly sameHour: boolean;
}

/** Half-widths tried, days. */
const candidateDays = [5, 10, 15, 20, 30, 45, 60, 90];
/** Where the training period has too few years to leave one out and still have two. */
const unchosenDays = 15;
/** Mean length of a year of the Gregorian calendar, days. */
const yearDays = 365.2425;
/** The choice of one number needs no more than this many dates and points, and passes over so many states. */
const scoredDates = 250;
const scoredPoints = 100;
const scoredStates = 6e7;

/** Whole years from a time to another, and how many days the other lies off the same date. */
export function yearsAndDays(
  time: number,
  other: number,
): { readonly years: number; readonly daysOff: number } {
  const days = (other - time) / millisecondsPerDay;
  const years = Math.round(days / yearDays);
  return { years, daysOff: Math.abs(days - Math.round(years * yearDays)) };
}

/**
 * Rows of the training states that stand for a date, rising.
 * @param times [time], rising
 */
export function rowsInWindow(
  times: Float64Array,
  validTime: number,
  { halfWidthDays, sameHour }: ClimateWindow,
): number[] {
  const hour = hourOf(validTime);
  const thatHour = sameHour && times.some((time) => hourOf(time) === hour);
  const rows: number[] = [];
  for (let row = 0; row < times.length; row++) {
    const from = yearsAndDays(validTime, times[row]!);
    if (from.years === 0 || from.daysOff > halfWidthDays) continue;
    if (thatHour && hourOf(times[row]!) !== hour) continue;
    rows.push(row);
  }
  return rows;
}

/** The window with the lowest CRPS of training dates against the other years. */
export function chooseWindow(training: TrainingSeries): ClimateWindow {
  const { times, values, weights } = training;
  const years = rowsByYear(times).size;
  const hours = new Set(Array.from(times, hourOf)).size;
  const unchosen = { halfWidthDays: unchosenDays, sameHour: hours > 1 };
  if (years < 3) return unchosen;
  const points = weights.length;
  const places = every(points, scoredPoints);
  const hourChoices = hours > 1 ? [false, true] : [false];
  const passes = places.length * times.length * hourChoices.length;
  const dates = Math.max(60, Math.floor(scoredStates / passes));
  const trials = hourChoices.flatMap((sameHour) =>
    every(times.length, Math.min(scoredDates, dates)).map((row) => ({
      row,
      sameHour,
      narrowest: narrowestWindows(times, row, sameHour),
    })),
  );
  const totals = hourChoices.map(() => new Float64Array(candidateDays.length));
  const column = new Float64Array(times.length);
  for (const point of places) {
    for (let i = 0; i < times.length; i++) column[i] = values[i * points + point]!;
    // Sorted once: the members of every date and window are met in rising order.
    const order = Int32Array.from(column.keys()).sort((a, b) => column[a]! - column[b]!);
    for (const { row, sameHour, narrowest } of trials)
      addScores(column, order, column[row]!, narrowest, weights[point]!, totals[sameHour ? 1 : 0]!);
  }
  let best: ClimateWindow = unchosen;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [h, sameHour] of hourChoices.entries()) {
    for (const [c, halfWidthDays] of candidateDays.entries()) {
      // NaN (too few members at some date) never wins.
      if (!(totals[h]![c]! < lowest)) continue;
      lowest = totals[h]![c]!;
      best = { halfWidthDays, sameHour };
    }
  }
  return best;
}

/** Numbers below `count`, evenly spread, about `most` of them. */
function every(count: number, most: number): number[] {
  const stride = Math.max(1, Math.floor(count / most));
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
}

/** For every row the position of the narrowest candidate that takes it in for a date of its own; past the last: of none. */
function narrowestWindows(times: Float64Array, row: number, sameHour: boolean): Uint8Array {
  return Uint8Array.from(times, (time) => {
    const { years, daysOff } = yearsAndDays(times[row]!, time);
    if (years === 0 || (sameHour && hourOf(time) !== hourOf(times[row]!))) return candidateDays.length;
    const candidate = candidateDays.findIndex((halfWidth) => daysOff <= halfWidth);
    return candidate < 0 ? candidateDays.length : candidate;
  });
}

const counts = new Float64Array(candidateDays.length);
const distances = new Float64Array(candidateDays.length);
const sums = new Float64Array(candidateDays.length);
const ranked = new Float64Array(candidateDays.length);

/**
 * Adds the CRPS of one date and point for every candidate: D/M − P/M², D = Σ |x_i − y|, P = Σ_{i<j} |x_i − x_j| =
 * Σ (2i − M + 1) x_(i), the members met in rising order.
 * @param order rows by rising value
 * @param narrowest {@link narrowestWindows}
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
    totals[c]! += weight * (distances[c]! / count - pairs / (count * count));
  }
}
