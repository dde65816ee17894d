/**
 * Trackers: from the fields of one trajectory to the tracks of its cyclones. A tracker is told the times one by one and
 * keeps no fields, so that memory does not grow with the forecast; a preset is its options.
 */
import type { Grid } from '../../core/grid.js';
import type { Track } from './track.js';

/** A field that a tracker reads, by what it is: 'msl', 'u850', 'z300'; several where any of them serves, best first. */
export interface FieldNeed {
  readonly anyOf: readonly string[];
  /** Without it the tracker cannot work; without the others it leaves out a test, and says so in `notes`. */
  readonly required: boolean;
}

export interface TrackerDescription {
  readonly name: string;
  readonly summary: string;
  /** Where its thresholds were read. */
  readonly source: string;
  readonly needs: readonly FieldNeed[];
}

/** Fields of one time; null: the archive or run does not have it. Pa, m s⁻¹, m² s⁻², K, s⁻¹; NaN where missing. */
export type FieldsAt = (channel: string) => Float32Array | null;

export interface Tracker {
  readonly description: TrackerDescription;
  /**
   * @param grid global or regional
   * @param land 1 over land, 0 over sea, [point]; null: not known, and tests over land are left out
   * @throws {PlumeError} usage, when the grid is too coarse or small for the tracker, saying what would do
   */
  follow(grid: Grid, land: Uint8Array | null): Following;
}

/** One trajectory being followed. */
export interface Following {
  /** Tests that are left out for want of fields, in words. Known after the first time. */
  readonly notes: readonly string[];
  /** The next time, later than the one before. */
  add(time: number, fields: FieldsAt): void;
  /** Ends it. Tracks by their first time, then from north to south; ids "1", "2", … */
  tracks(): readonly Track[];
}
