/** Lows as storms: how many members find them, how far off they are by lead, and whether the spread of places says so. */
import { type MatchingOptions, stormsByReference } from '../../../evaluation/cyclones/storms.js';
import type { EnsembleTracks, Track } from '../../../evaluation/cyclones/track.js';
import { type StormCase, stormCases } from '../../../evaluation/cyclones/verification/stormCase.js';
import {
  addCounts,
  countStorms,
  detectionScores,
  type StormCounts,
} from '../../../evaluation/cyclones/verification/stormCounts.js';
import { type TrackScoreRow, trackScores } from '../../../evaluation/cyclones/verification/trackScores.js';
import type { TrackedStart } from './strikeCases.js';

export interface LowScores {
  /** Lows of the truth, over all starts. */
  readonly lows: number;
  /** Sums over starts and members. */
  readonly counts: StormCounts;
  readonly detection: ReturnType<typeof detectionScores>;
  /** The same where a member of each start stands for the truth of the others: what a perfect ensemble would have. */
  readonly amongMembers: {
    readonly detection: ReturnType<typeof detectionScores>;
    readonly rows: readonly TrackScoreRow[];
  };
  /** Lows of a member, over the lows of the truth. */
  readonly lowsPerTrue: number;
  readonly rows: readonly TrackScoreRow[];
}

export interface LowOptions extends MatchingOptions {
  readonly untilHours: number;
  readonly stepHours: number;
}

/** @param options also how a member's low is known for one of the truth's */
export function lowScores(starts: readonly TrackedStart[], options: LowOptions): LowScores {
  const ofTruth = new Sums(options);
  const ofMember = new Sums(options);
  let [lows, own] = [0, 0];
  for (const [s, { forecast, truth }] of starts.entries()) {
    const { members } = forecast;
    lows += truth.length;
    own += members.reduce((sum, { tracks }) => sum + tracks.length, 0) / members.length;
    ofTruth.add(forecast, truth);
    const one = members[s % members.length]!;
    ofMember.add({ ...forecast, members: members.filter((member) => member !== one) }, one.tracks);
  }
  return {
    lows,
    counts: ofTruth.counts,
    detection: detectionScores(ofTruth.counts),
    amongMembers: { detection: detectionScores(ofMember.counts), rows: trackScores(ofMember.cases) },
    lowsPerTrue: own / lows,
    rows: trackScores(ofTruth.cases),
  };
}

class Sums {
  readonly #options: LowOptions;
  readonly cases: StormCase[] = [];
  counts: StormCounts = { hits: 0, misses: 0, falseAlarms: 0 };

  constructor(options: LowOptions) {
    this.#options = options;
  }

  add(forecast: EnsembleTracks, truth: readonly Track[]): void {
    const { untilHours, stepHours, ...matching } = this.#options;
    this.counts = addCounts(this.counts, countStorms(forecast, truth, this.#options));
    const { storms } = stormsByReference(forecast, truth, { stepHours, ...matching });
    for (const [i, storm] of storms.entries())
      this.cases.push(...stormCases(storm, truth[i]!, { untilHours, stepHours, motionHours: stepHours }));
  }
}
