/**
 * What several files of tracks hold more than once. A best track counted twice would be found once and missed once; a member's
 * forecast counted twice would weigh double.
 */
import { basename } from 'node:path';
import { usageError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import type { BestTracks, ForecastTracks } from '../../evaluation/cyclones/readers/trackFile.js';
import { matchTracks } from '../../evaluation/cyclones/storms.js';
import type { Track } from '../../evaluation/cyclones/track.js';

/** Agencies place a storm within some tens of km of each other; two storms do not stay so close. */
const sameKm = 100;
/** Storms that are named one by one. */
const mostNamed = 5;

/** Storms that an earlier file holds already are left out, whatever their identifiers, and told. */
export function onceEach(files: readonly BestTracks[]): {
  readonly files: BestTracks[];
  readonly notes: string[];
} {
  const kept: BestTracks[] = [];
  const notes: string[] = [];
  for (const file of files) {
    let tracks = file.tracks;
    for (const earlier of kept) {
      const matches = matchTracks(tracks, earlier.tracks, 0, {
        limitKm: sameKm,
        comparedTimes: Number.POSITIVE_INFINITY,
      });
      if (matches.length === 0) continue;
      const again = matches.map(({ track }) => tracks[track]!);
      tracks = tracks.filter((track) => !again.includes(track));
      notes.push(`${file.path}: left out, since ${basename(earlier.path)} has them: ${listed(again)}`);
    }
    kept.push({ ...file, tracks });
  }
  return { files: kept, notes };
}

function listed(tracks: readonly Track[]): string {
  const names = tracks.slice(0, mostNamed).map(({ id, name }) => name ?? id);
  const rest = tracks.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/**
 * @throws {PlumeError} usage, when two files hold the same storm of the same member and start, or call a member of one start by
 *   different names: decks number their techniques each for itself
 */
export function requireOnce(files: readonly ForecastTracks[]): void {
  const pathOf = new Map<string, string>();
  const called = new Map<string, { readonly path: string; readonly label: string }>();
  for (const { path, forecasts } of files) {
    for (const { storm, ensemble, labels } of forecasts) {
      for (const [member, label] of labels) {
        const key = `${ensemble.start} ${member}`;
        const other = called.get(key) ?? { path, label };
        called.set(key, other);
        if (other.label === label) continue;
        throw usageError(
          `member ${member} from ${formatTime(ensemble.start)} is ${other.label} in ${other.path} and ${label} in ${path}: ` +
            'they are no members of one ensemble; give one file at a time',
        );
      }
      for (const { member } of ensemble.members.filter(({ tracks }) => tracks.length > 0)) {
        const key = `${ensemble.start} ${member} ${storm}`;
        const other = pathOf.get(key) ?? path;
        pathOf.set(key, other);
        if (other === path) continue;
        throw usageError(
          `${path} and ${other} both hold ${storm === null ? 'tracks' : `storm ${storm}`} of member ${member} from ` +
            `${formatTime(ensemble.start)}: give each forecast once`,
        );
      }
    }
  }
}
