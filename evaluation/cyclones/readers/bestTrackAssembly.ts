/** Fixes of best tracks as they come from a file, storm by storm or mixed, put together into tracks. */
import { formatTime } from '../../../core/time.js';
import type { Fix, Track } from '../track.js';
import type { SkippedRows } from './skippedRows.js';
import type { BestTracks } from './trackFile.js';

interface Gathered {
  name: string | null;
  readonly fixes: { readonly fix: Fix; readonly category: string | null; readonly at: string }[];
}

export class BestTrackAssembly {
  readonly #storms = new Map<string, Gathered>();
  readonly #skipped: SkippedRows;

  constructor(skipped: SkippedRows) {
    this.#skipped = skipped;
  }

  /**
   * @param id of the storm
   * @param name null where the row has none; the last name of a storm is kept, since depressions get theirs later
   * @param at where the fix stands in the file
   */
  add(id: string, name: string | null, fix: Fix, category: string | null, at: string): void {
    const storm = this.#storms.get(id) ?? { name: null, fixes: [] };
    this.#storms.set(id, storm);
    storm.name = name ?? storm.name;
    storm.fixes.push({ fix, category: category === '' ? null : category, at });
  }

  /** Fixes in order of time; of several at one time the first in the file, the others are skipped. */
  finish(): Pick<BestTracks, 'tracks' | 'categories'> {
    const tracks: Track[] = [];
    const categories = new Map<string, (string | null)[]>();
    for (const [id, { name, fixes }] of this.#storms) {
      const kept = fixes
        .toSorted((a, b) => a.fix.time - b.fix.time)
        .filter(({ fix, at }, i, sorted) => {
          if (i === 0 || sorted[i - 1]!.fix.time < fix.time) return true;
          this.#skipped.add(at, `${id} has a fix at ${formatTime(fix.time)} already`);
          return false;
        });
      tracks.push({ id, name, fixes: kept.map(({ fix }) => fix) });
      categories.set(
        id,
        kept.map(({ category }) => category),
      );
    }
    return { tracks, categories };
  }
}

/** Names that agencies give to what has none. */
const noNames = new Set(['', 'UNNAMED', 'NOT_NAMED', 'NOT NAMED', 'NONAME', 'INVEST', 'UNKNOWN', 'NA']);

/** The name as published, or null where it says that there is none. */
export function givenName(name: string | undefined): string | null {
  const trimmed = (name ?? '').trim();
  return noNames.has(trimmed.toUpperCase()) ? null : trimmed;
}
