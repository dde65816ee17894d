/**
 * What all trackers share: at each time centres are found and linked, tracks that have ended are kept as their fixes
 * alone, and in the end those are left that last long enough and pass the tracker's tests on whole tracks.
 */
import { dataError, usageError } from '../../../core/errors.js';
import { describeGrid, type Grid, gridSize } from '../../../core/grid.js';
import { formatTime } from '../../../core/time.js';
import { type SphereGrid, sphereGrid } from '../fields/sphereGrid.js';
import type { Fix, Track } from '../track.js';
import type { FieldsAt, Following, Tracker, TrackerDescription } from '../tracker.js';
import type { Centre } from './centre.js';
import { type LinkRules, linkCentres, type OpenTrack } from './linking.js';
import { Weather } from './weather.js';

export interface TrackerRules {
  readonly description: TrackerDescription;
  /** Distances that must be a grid length at least, by the name of their threshold, km. */
  readonly atLeastAGridLength: Readonly<Record<string, number>>;
  readonly findCentres: (weather: Weather, land: Uint8Array | null) => Centre[];
  readonly links: (sphere: SphereGrid) => LinkRules;
  /** From the first fix to the last. Of a series that is shorter, tracks must last all of it. */
  readonly minimumHours: number;
  /** @param steps how many times the series has: no track can have more */
  readonly keeps: (fixes: readonly Fix[], steps: number) => boolean;
}

export function trackerOf(rules: TrackerRules): Tracker {
  return {
    description: rules.description,
    follow: (grid, land) => new FollowedTrajectory(rules, grid, land),
  };
}

class FollowedTrajectory implements Following {
  readonly #rules: TrackerRules;
  readonly #sphere: SphereGrid;
  readonly #land: Uint8Array | null;
  readonly #links: LinkRules;
  readonly #notes = new Set<string>();
  readonly #ended: (readonly Fix[])[] = [];
  readonly #open: OpenTrack[] = [];
  #first = Number.NaN;
  #last = Number.NaN;
  #steps = 0;

  constructor(rules: TrackerRules, grid: Grid, land: Uint8Array | null) {
    requireFit(rules, grid);
    if (land !== null && land.length !== gridSize(grid)) {
      throw usageError(
        `tracker ${rules.description.name}: the land mask has ${land.length} points, the grid ${gridSize(grid)}; give one on the same grid`,
      );
    }
    this.#rules = rules;
    this.#sphere = sphereGrid(grid);
    this.#land = land;
    this.#links = rules.links(this.#sphere);
  }

  get notes(): readonly string[] {
    return [...this.#notes];
  }

  add(time: number, fields: FieldsAt): void {
    if (time <= this.#last) {
      throw usageError(
        `tracker ${this.#rules.description.name}: ${formatTime(time)} comes after ${formatTime(this.#last)}; times must rise`,
      );
    }
    const { name, needs } = this.#rules.description;
    for (const { anyOf, required } of needs) {
      if (required && anyOf.every((channel) => fields(channel) === null)) {
        throw dataError(
          `tracker ${name} at ${formatTime(time)}: none of ${anyOf.join(', ')} is there; it cannot work without one of them`,
        );
      }
    }
    const weather = new Weather(this.#sphere, fields, this.#notes);
    const centres = this.#rules.findCentres(weather, this.#land);
    const ended = linkCentres(this.#open, centres, time, this.#links, this.#sphere.spacingKm);
    for (const { fixes } of ended) this.#ended.push(fixes);
    if (this.#steps === 0) this.#first = time;
    this.#last = time;
    this.#steps++;
  }

  tracks(): readonly Track[] {
    const { minimumHours, keeps, description } = this.#rules;
    const series = (this.#last - this.#first) / 3_600_000;
    if (series < minimumHours) {
      this.#notes.add(
        `the series is ${series} h long: tracks must last all of it, not ${minimumHours} h as ${description.name} asks`,
      );
    }
    const least = Math.min(minimumHours, series) * 3_600_000;
    const kept = [...this.#ended, ...this.#open.map(({ fixes }) => fixes)].filter(
      (fixes) => fixes.at(-1)!.time - fixes[0]!.time >= least && keeps(fixes, this.#steps),
    );
    kept.sort(([a], [b]) => a!.time - b!.time || b!.latitude - a!.latitude || a!.longitude - b!.longitude);
    return kept.map((fixes, index) => ({ id: String(index + 1), name: null, fixes: [...fixes] }));
  }
}

/** @throws {PlumeError} usage, when the grid has no neighbourhoods, or a distance is less than a grid length */
function requireFit({ description: { name }, atLeastAGridLength }: TrackerRules, grid: Grid): void {
  if (grid.latitudes.length < 3 || grid.longitudes.length < 3) {
    throw usageError(
      `tracker ${name}: a grid of ${describeGrid(grid)} has no inner points; expected 3 × 3 at least`,
    );
  }
  const { spacingKm } = sphereGrid(grid);
  for (const [threshold, km] of Object.entries(atLeastAGridLength)) {
    // A thousandth is left to rounding: 278 km and 2.5° are meant to be the same.
    if (km >= 0.999 * spacingKm) continue;
    throw usageError(
      `tracker ${name}: ${threshold} reaches ${km.toFixed(0)} km, less than a grid length (${spacingKm.toFixed(0)} km; grid of ` +
        `${describeGrid(grid)}), so nothing lies within it; set ${threshold} larger, or use a finer grid`,
    );
  }
}
