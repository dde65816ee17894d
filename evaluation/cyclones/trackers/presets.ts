/** The trackers by name: a new one is one file and one line here. */
import { usageError } from '../../../core/errors.js';
import type { Tracker } from '../tracker.js';
import { ecmwfThresholds, ecmwfTracker } from './ecmwf.js';
import { lowsThresholds, lowsTracker } from './lows.js';
import { tempestThresholds, tempestTracker } from './tempest.js';
import type { Thresholds } from './thresholds.js';
import { vitartThresholds, vitartTracker } from './vitart.js';

export interface TrackerPreset {
  readonly thresholds: Thresholds;
  readonly make: (given?: Readonly<Record<string, number>>) => Tracker;
}

export const trackerPresets: Readonly<Record<string, TrackerPreset>> = {
  ecmwf: { thresholds: ecmwfThresholds, make: ecmwfTracker },
  tempest: { thresholds: tempestThresholds, make: tempestTracker },
  vitart: { thresholds: vitartThresholds, make: vitartTracker },
  lows: { thresholds: lowsThresholds, make: lowsTracker },
};

export const trackerNames: readonly string[] = Object.keys(trackerPresets);

/**
 * @param given thresholds by name; the others have their standard
 * @throws {PlumeError} usage, when there is no such tracker or threshold
 */
export function makeTracker(name: string, given: Readonly<Record<string, number>> = {}): Tracker {
  const preset = Object.hasOwn(trackerPresets, name) ? trackerPresets[name] : undefined;
  if (preset === undefined) {
    throw usageError(`there is no tracker "${name}"; choose one of ${trackerNames.join(', ')}`);
  }
  return preset.make(given);
}
