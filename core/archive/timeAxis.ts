/** Valid times of a time coordinate: decoded in the file's calendar, carried over to UTC instants, checked. */
import { dataError, isPlumeError } from '../errors.js';
import { formatTime } from '../time.js';
import { type Calendar, type CalendarDate, instantOfDate, parseCalendar } from './calendar.js';
import { readCoordinate, textAttribute } from './cf.js';
import { decodeTimes } from './cfTime.js';
import type { Variable } from './dataset.js';

/** CF's default where a file names no calendar. */
const defaultCalendar = 'standard';

/** @returns the calendar and its dates, as they stand in the file, in any order */
export async function readDates(
  coordinate: Variable,
): Promise<{ calendar: Calendar; dates: CalendarDate[] }> {
  const calendar = parseCalendar(textAttribute(coordinate.attributes, 'calendar') ?? defaultCalendar);
  const units = textAttribute(coordinate.attributes, 'units') ?? '';
  return { calendar, dates: decodeTimes(await readCoordinate(coordinate), units, calendar) };
}

/**
 * @returns milliseconds since 1970-01-01 UTC, strictly rising
 * @throws {PlumeError} data, when a time repeats, falls, or does not exist in the Gregorian calendar
 */
export async function readValidTimes(coordinate: Variable, archive: string): Promise<Float64Array> {
  let times: Float64Array;
  try {
    const { calendar, dates } = await readDates(coordinate);
    times = Float64Array.from(dates, (date) => instantOfDate(calendar, date));
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    throw dataError(`archive "${archive}": time coordinate "${coordinate.name}": ${error.message}`, {
      cause: error,
    });
  }
  requireRising(times, archive);
  return times;
}

/** @throws {PlumeError} data, naming the first time that repeats or falls */
export function requireRising(times: ArrayLike<number>, archive: string): void {
  for (let i = 1; i < times.length; i++) {
    const [before, time] = [times[i - 1] ?? 0, times[i] ?? 0];
    if (time > before) continue;
    throw dataError(
      time === before
        ? `archive "${archive}": time ${formatTime(time)} occurs twice (at ${i - 1} and ${i}); remove one of the two`
        : `archive "${archive}": times are out of order: ${formatTime(time)} (at ${i}) follows ${formatTime(before)}; sort the file by time`,
    );
  }
}
