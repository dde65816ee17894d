/** --tracker and --set: the tracker with its thresholds, and what they all are. */
import { usageError } from '../../core/errors.js';
import type { Tracker } from '../../evaluation/cyclones/tracker.js';
import { makeTracker, trackerPresets } from '../../evaluation/cyclones/trackers/presets.js';
import { thresholdList } from './thresholdList.js';

/**
 * @param settings each NAME=VALUE
 * @throws {PlumeError} usage, for a setting that is none, or a tracker or threshold that does not exist
 */
export function trackerFrom(name: string, settings: readonly string[]): Tracker {
  const given: Record<string, number> = {};
  for (const text of settings.flatMap((each) => each.split(','))) {
    const [, key = '', value = ''] = /^\s*([A-Za-z]\w*)\s*=\s*(\S+)\s*$/.exec(text) ?? [];
    const number =
      value === 'Infinity' ? Number.POSITIVE_INFINITY : value === '' ? Number.NaN : Number(value);
    if (key === '' || Number.isNaN(number)) {
      throw usageError(
        `--set "${text}" is no setting; give NAME=NUMBER, such as minimumHours=24. Tracker ${name} has\n${thresholdList(name)}`,
      );
    }
    given[key] = number;
  }
  return makeTracker(name, given);
}

/** Trackers with what they do, a line each. */
export function trackerList(): string {
  return Object.entries(trackerPresets)
    .map(([name, { make }]) => `${name}: ${make().description.summary}`)
    .join('; ');
}
