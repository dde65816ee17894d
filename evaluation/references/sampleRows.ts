/** Which states of a training series are inputs and which are targets, and in which calendar year a sample lies. */
import { dataError } from '../../core/errors.js';
import { formatTime, millisecondsPerHour, yearOf } from '../../core/time.js';
import { rowOfTime, type TrainingSeries } from './trainingSeries.js';

export interface SampleRows {
  /** Rows of the series at t and t − lag, one entry a sample. */
  readonly now: Int32Array;
  readonly before: Int32Array;
  /** For each lead: rows of the series at t + lead. */
  readonly targets: Int32Array[];
  /** Samples that lie within one calendar year, by year. */
  readonly byYear: Map<number, number[]>;
  readonly acrossYears: number[];
}

/** Samples whose inputs and targets at every lead all lie in the training period. */
export function sampleRows(
  training: TrainingSeries,
  leadHours: readonly number[],
  lagHours: number,
): SampleRows {
  const rowAt = rowOfTime(training.times);
  const now: number[] = [];
  const before: number[] = [];
  const targets: number[][] = leadHours.map(() => []);
  const byYear = new Map<number, number[]>();
  const acrossYears: number[] = [];
  for (const [row, time] of training.times.entries()) {
    const earlier = rowAt.get(time - lagHours * millisecondsPerHour);
    const later = leadHours.map((hours) => rowAt.get(time + hours * millisecondsPerHour));
    if (earlier === undefined || later.some((each) => each === undefined)) continue;
    const sample = now.length;
    now.push(row);
    before.push(earlier);
    for (const [lead, each] of later.entries()) targets[lead]!.push(each!);
    const years = new Set([earlier, ...later.map((each) => each!)].map((r) => yearOf(training.times[r]!)));
    const [year] = years;
    if (years.size > 1 || year === undefined) acrossYears.push(sample);
    else byYear.set(year, [...(byYear.get(year) ?? []), sample]);
  }
  if (byYear.size < 2) {
    throw dataError(
      `eof-regression: the training period ${formatTime(training.times[0]!)} to ` +
        `${formatTime(training.times[training.times.length - 1]!)} holds ${byYear.size} calendar year(s) with ` +
        `states at t, t − ${lagHours} h and all leads (${leadHours.join(', ')} h); it needs two or more to ` +
        'choose its EOFs and penalty; train on a longer period or leave this reference out',
    );
  }
  return {
    now: Int32Array.from(now),
    before: Int32Array.from(before),
    targets: targets.map((each) => Int32Array.from(each)),
    byYear,
    acrossYears,
  };
}
