/** Fixes of members as they come from a file, put together into the forecasts of storms. */
import { formatTime } from '../../../core/time.js';
import type { Fix, MemberTracks } from '../track.js';
import type { SkippedRows } from './skippedRows.js';
import type { StormForecast } from './trackFile.js';

export interface MemberFix {
  readonly storm: string;
  readonly name: string | null;
  readonly start: number;
  readonly member: number;
  /** What the file calls the member, or null. */
  readonly label: string | null;
  readonly fix: Fix;
  /** Where it stands in the file. */
  readonly at: string;
}

interface Gathered {
  readonly storm: string;
  name: string | null;
  readonly start: number;
  readonly fixes: Map<number, { readonly fix: Fix; readonly at: string }[]>;
}

export class ForecastAssembly {
  /** By storm and base time. */
  readonly #storms = new Map<string, Gathered>();
  /** By base time: members and what they are called. */
  readonly #asked = new Map<number, Map<number, string | null>>();
  readonly #skipped: SkippedRows;

  constructor(skipped: SkippedRows) {
    this.#skipped = skipped;
  }

  /** A storm that somebody asked for, though no member may have it. */
  name(storm: string, name: string | null, start: number): void {
    const found = this.#gathered(storm, start);
    found.name = name ?? found.name;
  }

  /** A member that was asked, though it may have no storm. */
  ask(start: number, member: number, label: string | null): void {
    const members = this.#asked.get(start) ?? new Map<number, string | null>();
    this.#asked.set(start, members.set(member, label ?? members.get(member) ?? null));
  }

  add({ storm, name, start, member, label, fix, at }: MemberFix): void {
    this.ask(start, member, label);
    this.name(storm, name, start);
    const { fixes } = this.#gathered(storm, start);
    const own = fixes.get(member) ?? [];
    fixes.set(member, own);
    own.push({ fix, at });
  }

  #gathered(storm: string, start: number): Gathered {
    const key = `${start} ${storm}`;
    const found = this.#storms.get(key) ?? { storm, name: null, start, fixes: new Map() };
    this.#storms.set(key, found);
    return found;
  }

  /**
   * @param members that were asked; undefined: those that the file names from each base time
   * @param notes gains a sentence where members of the file are not among those
   */
  finish(members: readonly number[] | undefined, notes: string[]): StormForecast[] {
    const storms = [...this.#storms.values()].sort((a, b) => a.start - b.start);
    const leftOut = new Set<number>();
    const forecasts = storms.map((gathered) => {
      const { storm, name, start, fixes } = gathered;
      const known = this.#asked.get(start) ?? new Map<number, string | null>();
      for (const member of known.keys()) if (members?.includes(member) === false) leftOut.add(member);
      const asked = [...new Set(members ?? known.keys())].sort((a, b) => a - b);
      const ensemble = {
        start,
        members: asked.map((member): MemberTracks => {
          const kept = this.#inOrder(storm, member, fixes.get(member) ?? []);
          const tracks = kept.length === 0 ? [] : [{ id: storm, name, fixes: kept }];
          return { member, weightSample: null, noiseStream: null, tracks };
        }),
      };
      const labels = new Map([...known].flatMap(([one, label]) => (label === null ? [] : [[one, label]])));
      return { storm, name, ensemble, labels };
    });
    if (leftOut.size > 0) {
      notes.push(`members of the file that were not asked for are left out: ${[...leftOut].join(', ')}`);
    }
    return forecasts;
  }

  #inOrder(storm: string, member: number, fixes: readonly { fix: Fix; at: string }[]): Fix[] {
    return fixes
      .toSorted((a, b) => a.fix.time - b.fix.time)
      .filter(({ fix, at }, i, sorted) => {
        if (i === 0 || sorted[i - 1]!.fix.time < fix.time) return true;
        this.#skipped.add(at, `member ${member} has a fix of ${storm} at ${formatTime(fix.time)} already`);
        return false;
      })
      .map(({ fix }) => fix);
  }
}
