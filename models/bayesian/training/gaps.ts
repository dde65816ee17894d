/**
 * Missing values in a training period: a named choice, never a silent one.
 *   raise  an error names the first gap
 *   omit   states with a gap, and the samples that need one of them, are left out of fits and batches, and counted
 */
import { dataError } from '../../../core/errors.js';
import { gridSize } from '../../../core/grid.js';
import { channelName } from '../../../core/schema.js';
import type { State } from '../../../core/state.js';
import { formatTime } from '../../../core/time.js';

export type GapPolicy = 'raise' | 'omit';

export function isComplete(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false;
  return true;
}

/**
 * The error of policy `raise`.
 * @param name 'archive "era5.nc"'
 */
export function gapError({ schema, validTime, values }: State, name: string): Error {
  const { latitudes, longitudes } = schema.grid;
  const points = gridSize(schema.grid);
  const first = values.findIndex((value) => !Number.isFinite(value));
  const channel = schema.channels[Math.floor(first / points)];
  const from = first - (first % points);
  const missing = values.subarray(from, from + points).filter((value) => !Number.isFinite(value)).length;
  const latitude = latitudes[Math.floor((first % points) / longitudes.length)] ?? Number.NaN;
  const longitude = longitudes[first % longitudes.length] ?? Number.NaN;
  const extent =
    missing === points
      ? 'is missing everywhere, first'
      : `is missing at ${missing} of ${points} points, first`;
  return dataError(
    `${name}: channel ${channel === undefined ? '' : channelName(channel)} at ${formatTime(validTime)} ${extent} at ` +
      `latitude ${latitude}, longitude ${longitude}; --nan-policy omit leaves such states out, or fill them, ` +
      'or choose variables and a region without gaps',
  );
}
