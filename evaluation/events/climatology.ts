/**
 * What is usual: thresholds that are percentiles of the climatology at a place and time of year, from trajectories whose
 * rows are the same days of other years. Every lead has its own, so that the hour of the day is that of the forecast.
 * By linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, doi:10.2307/2684934).
 *
 * The climatological probability of an event is the share of those rows that say yes to it. Where the event has a
 * percentile for threshold, that comes from the rows that are then asked, which makes it too close to its nominal value
 * by about one over the number of rows.
 */
import { dataError, usageError } from '../../core/errors.js';
import { describeGrid, sameGrid } from '../../core/grid.js';
import { percentile } from '../significance/percentile.js';
import type { Trajectories } from './trajectories.js';

/**
 * @param values [lead, row, spot]; rows with NaN are left out
 * @param percent between 0 and 100
 * @returns [lead, spot]; NaN where no row has a value
 * @throws {PlumeError} data, when rows are too few to have the percentile among them: with n of them the outermost are
 *   about the 100/(n + 1)-th and the 100 n/(n + 1)-th (Weibull 1939)
 */
export function percentileThresholds(
  values: Float64Array,
  leads: number,
  rows: number,
  percent: number,
  text: string,
): Float64Array {
  const spots = values.length / (leads * rows);
  const thresholds = new Float64Array(leads * spots).fill(Number.NaN);
  const share = percent / 100;
  const needed = Math.ceil(1 / Math.min(share, 1 - share) - 1 - 1e-9);
  const sample = new Float64Array(rows);
  for (let lead = 0; lead < leads; lead++) {
    for (let spot = 0; spot < spots; spot++) {
      let count = 0;
      for (let row = 0; row < rows; row++) {
        const value = values[(lead * rows + row) * spots + spot]!;
        if (!Number.isNaN(value)) sample[count++] = value;
      }
      if (count === 0) continue;
      if (count < needed) {
        throw dataError(
          `event "${text}": its ${percent}th percentile comes from ${count} cases of the archive, but the ` +
            `outermost of so few are less rare than that; at least ${needed} are needed: give more years or a wider window of days`,
        );
      }
      thresholds[lead * spots + spot] = percentile(sample.subarray(0, count), share);
    }
  }
  return thresholds;
}

/** @throws {PlumeError} usage or data, when there is none, or it does not lie on the grid and leads of the forecast */
export function requireClimate(
  climate: Trajectories | null,
  trajectories: Trajectories,
  text: string,
): Trajectories {
  if (climate === null) {
    throw usageError(
      `event "${text}" has a percentile of the climatology for threshold, and no archive to take it from; give one, or a number`,
    );
  }
  if (!sameGrid(climate.schema.grid, trajectories.schema.grid)) {
    throw dataError(
      `the archive of the climatology lies on a grid of ${describeGrid(climate.schema.grid)}, the forecast on one of ` +
        `${describeGrid(trajectories.schema.grid)}; bring one to the other's grid`,
    );
  }
  const leads = climate.leadsHours;
  if (
    leads.length !== trajectories.leadsHours.length ||
    leads.some((lead, i) => Math.abs(lead - trajectories.leadsHours[i]!) > 1e-6)
  ) {
    throw dataError(
      `the climatology has leads ${leads.join(', ')} h, the forecast ${trajectories.leadsHours.join(', ')} h; they must be the same`,
    );
  }
  return climate;
}
