/**
 * Which training states stand for a date: those within ± some days of the same date in other years, of the same hour
 * of the day or of any. Dates of other years lie whole mean Gregorian years away, rounded to days, so that neither leap
 * days nor the turn of the year are special. The year around the date itself never counts: a date must not be its own
 * climatology, nor its neighbours, which resemble it.
 *
 * Half-width and hours are chosen inside the training period: dates of it are scored against the other years by the
 * CRPS with pairs of states of different years (pairs of neighbouring days are too alike, and would make narrow windows
 * look worse than they are), and the best choice is kept.
 */
import { millisecondsPerDay } from '../../core/time.js';
import { rowsByYear, type TrainingSeries } from './trainingSeries.js';

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

/** Milliseconds since midnight. */
function hourOf(time: number): number {
  return ((time % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay;
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
  const dates = Math.max(60, Math.floor(scoredStates / (places.length * times.length)));
  const hourChoices = hours > 1 ? [false, true] : [false];
  const trials = hourChoices.flatMap((sameHour) =>
    every(times.length, Math.min(scoredDates, dates)).map((row) => ({
      row,
      sameHour,
      windows: windowsAround(times, row, sameHour),
    })),
  );
  const totals = hourChoices.map(() => new Float64Array(candidateDays.length));
  const scratch = new PairSums(years + 2);
  const column = new Float64Array(times.length);
  for (const point of places) {
    for (let i = 0; i < times.length; i++) column[i] = values[i * points + point]!;
    // Sorted once: the members of every date and window are met in rising order.
    const order = Int32Array.from(column.keys()).sort((a, b) => column[a]! - column[b]!);
    for (const { row, sameHour, windows } of trials)
      scratch.add(column, order, column[row]!, windows, weights[point]!, totals[sameHour ? 1 : 0]!);
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

interface WindowsAround {
  /** [row]: position of the narrowest candidate that takes it in; past the last: of none. */
  readonly narrowest: Uint8Array;
  /** [row]: number of the year that it comes from, from 0. */
  readonly year: Uint16Array;
}

function windowsAround(times: Float64Array, row: number, sameHour: boolean): WindowsAround {
  const narrowest = new Uint8Array(times.length).fill(candidateDays.length);
  const year = new Uint16Array(times.length);
  const first = yearsAndDays(times[row]!, times[0]!).years;
  for (let i = 0; i < times.length; i++) {
    const { years, daysOff } = yearsAndDays(times[row]!, times[i]!);
    year[i] = years - first;
    if (years === 0 || (sameHour && hourOf(times[i]!) !== hourOf(times[row]!))) continue;
    const candidate = candidateDays.findIndex((halfWidth) => daysOff <= halfWidth);
    if (candidate >= 0) narrowest[i] = candidate;
  }
  return { narrowest, year };
}

/**
 * Sums of one date and point for every candidate, over the members met in rising order, of all years and of each:
 * Σ_{i<j} |x_i − x_j| = Σ (2i − M + 1) x_(i), and pairs of different years are all pairs less those of each year.
 */
class PairSums {
  private readonly years: number;
  private readonly distances = new Float64Array(candidateDays.length);
  /** [candidate, 1 + year]: members, Σ x and Σ (2i + 1) x; first of all years together. */
  private readonly counts: Float64Array;
  private readonly sums: Float64Array;
  private readonly ranked: Float64Array;

  constructor(years: number) {
    this.years = years;
    [this.counts, this.sums, this.ranked] = [0, 0, 0].map(
      () => new Float64Array(candidateDays.length * (years + 1)),
    ) as [Float64Array, Float64Array, Float64Array];
  }

  /** @param totals [candidate], added to: weight × CRPS */
  add(
    column: Float64Array,
    order: Int32Array,
    truth: number,
    { narrowest, year }: WindowsAround,
    weight: number,
    totals: Float64Array,
  ): void {
    const { distances, counts, sums, ranked } = this;
    const width = this.years + 1;
    for (const sum of [distances, counts, sums, ranked]) sum.fill(0);
    for (let k = 0; k < order.length; k++) {
      const row = order[k]!;
      const error = column[row]! - truth;
      for (let c = narrowest[row]!; c < candidateDays.length; c++) {
        distances[c]! += Math.abs(error);
        const all = c * width;
        const own = all + 1 + year[row]!;
        ranked[all]! += (2 * counts[all]! + 1) * error;
        sums[all]! += error;
        counts[all]! += 1;
        ranked[own]! += (2 * counts[own]! + 1) * error;
        sums[own]! += error;
        counts[own]! += 1;
      }
    }
    for (let c = 0; c < candidateDays.length; c++) {
      const all = c * width;
      const count = counts[all]!;
      let pairs = (count * (count - 1)) / 2;
      let apart = ranked[all]! - count * sums[all]!;
      for (let i = all + 1; i < all + width; i++) {
        pairs -= (counts[i]! * (counts[i]! - 1)) / 2;
        apart -= ranked[i]! - counts[i]! * sums[i]!;
      }
      totals[c]! += weight * (distances[c]! / count - (pairs > 0 ? apart / (2 * pairs) : Number.NaN));
    }
  }
}
