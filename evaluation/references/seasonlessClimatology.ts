/**
 * Climatology of a world without seasons: the states of the training period, of any date, each equally likely at
 * every valid time. Evenly spread states are enough of a long period; a period of some weeks serves too, since
 * its CRPS rests on pairs of states far enough apart to have forgotten each other.
 */
import { dataError } from '../../core/errors.js';
import { formatTime, millisecondsPerDay } from '../../core/time.js';
import { constantClimate, copyStates, mostStates } from './climate.js';
import type { ReferenceMethod } from './reference.js';
import { SampleDistribution } from './sampleDistribution.js';

/** The spread of the mean over so many states is 1/500 of the climatological variance. */
const trainedStates = 500;
/** Days after which two states count as independent: beyond the limit of skill of planetary waves. */
const independentDays = 10;

export const seasonlessClimatology: ReferenceMethod = {
  name: 'climatology',
  kind: 'distribution',
  states: trainedStates,
  fit(training) {
    const { name, times, values, weights } = training;
    const count = times.length;
    const [first, last] = [times[0], times[count - 1]];
    if (first === undefined || last === undefined || last - first < independentDays * millisecondsPerDay) {
      throw dataError(
        `climatology of ${name}: the training period holds ${count} state(s)` +
          (first === undefined || last === undefined
            ? ''
            : ` from ${formatTime(first)} to ${formatTime(last)}`) +
          `; it needs more than ${independentDays} days`,
      );
    }
    const apart = independentDays * millisecondsPerDay;
    const points = weights.length;
    const distribution = new SampleDistribution(values, count, points, { kind: 'apart', times, apart });
    const summary = `${count} states of any date, ${formatTime(first)} to ${formatTime(last)}`;
    const { members, kept } = copyStates(training, [...times.keys()], mostStates);
    const climate = constantClimate(summary, distribution, {
      members,
      memberCount: kept.length,
      independent: (a, b) => Math.abs(times[kept[a]!]! - times[kept[b]!]!) >= apart,
    });
    return {
      name: 'climatology',
      summary,
      inputHours: [],
      climate,
      predict: () => ({ kind: 'distribution', distribution }),
    };
  },
};
