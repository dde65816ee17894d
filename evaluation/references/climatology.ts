/**
 * Probabilistic climatology: what other years had on days around the valid time's date (references/climateWindow.ts),
 * each state equally likely. Its scores rest on pairs of states of different years: days of one year resemble each
 * other, and with them the climatology would seem sharper than it is, its CRPS larger, and the skill of what is
 * compared with it too large.
 */
import { dataError } from '../../core/errors.js';
import { formatTime, millisecondsPerDay } from '../../core/time.js';
import { copyStates, mostMembers, mostStates, seasonalClimate } from './climate.js';
import { chooseWindow, rowsInWindow, yearsAndDays } from './climateWindow.js';
import { dependenceOf, type Independence, isIndependent } from './dependentPairs.js';
import type { ReferenceMethod } from './reference.js';
import { SampleDistribution } from './sampleDistribution.js';
import { describeStates, type TrainingSeries } from './trainingSeries.js';

/** Days after which states of the same year count as independent, where there is one year only. */
const independentDays = 10;

export const climatology: ReferenceMethod = {
  name: 'climatology',
  kind: 'distribution',
  thinned: true,
  fit(training: TrainingSeries) {
    const window = chooseWindow(training);
    const hours = window.sameHour ? ', of the same hour where there are any' : '';
    const summary =
      `states of other years within ±${window.halfWidthDays} days of the date${hours}; ` +
      `trained on ${describeStates(training)}`;
    const points = training.weights.length;
    const rowsOf = (validTime: number): number[] => {
      const rows = rowsInWindow(training.times, validTime, window);
      if (rows.length < 2) throw tooFew(training, validTime, window.halfWidthDays, rows.length);
      return rows;
    };
    const climate = seasonalClimate(
      points,
      summary,
      (validTime) => {
        const { members, kept } = copyStates(training, rowsOf(validTime), mostMembers(points));
        return new SampleDistribution(
          members,
          kept.length,
          points,
          independenceOf(training, validTime, kept),
        );
      },
      (validTime) => {
        const { members, kept } = copyStates(training, rowsOf(validTime), mostStates);
        const dependence = dependenceOf(kept.length, independenceOf(training, validTime, kept));
        return { members, memberCount: kept.length, independent: (a, b) => isIndependent(dependence, a, b) };
      },
    );
    return {
      name: 'climatology',
      summary,
      inputHours: [],
      climate,
      predict: (_, start, leadHours) => ({
        kind: 'distribution',
        distribution: climate.distribution(start + leadHours * 3_600_000),
      }),
    };
  },
};

/** States of different years; of the only year, those far enough apart. */
function independenceOf({ times }: TrainingSeries, validTime: number, rows: readonly number[]): Independence {
  const years = rows.map((row) => yearsAndDays(validTime, times[row]!).years);
  const ends = years.flatMap((year, i) => (year === years[i + 1] ? [] : [i + 1]));
  if (ends.length > 1) return { kind: 'groups', ends: Int32Array.from(ends) };
  const apart = independentDays * millisecondsPerDay;
  return { kind: 'apart', times: Float64Array.from(rows, (row) => times[row]!), apart };
}

function tooFew({ name, times }: TrainingSeries, validTime: number, halfWidthDays: number, found: number) {
  return dataError(
    `climatology of ${name}: the training period ${formatTime(times[0]!)} to ` +
      `${formatTime(times[times.length - 1]!)} has ${found} state(s) of other years within ±${halfWidthDays} days ` +
      `of the date of ${formatTime(validTime)}, and two are needed; use a training period of whole years before ` +
      'the forecasts (--train FROM/TO), or --seasonless for a world without seasons',
  );
}
