/**
 * Consistency bars for events that depend on each other: one start asked at many places. If forecasts are reliable the truth
 * is like a member, so a member is put in its place, the same one at all places of a start, and is forecast by the others:
 * the resampling of Bröcker & Smith 2007 (doi:10.1175/WAF993.1), with whole starts for cases and outcomes that keep the
 * dependence between places. It holds the limits of a finite ensemble too: where k of M say yes, a reliable one is not right
 * k/M of the time (Richardson 2001, doi:10.1002/qj.49712757715). Starts must lie far enough apart to count as independent.
 */
import { uniforms } from '../../core/random/stream.js';
import { percentile } from '../significance/percentile.js';
import { type ClosedEnd, classBetween, type ProbabilityClasses } from './probabilityClasses.js';
import type { Bar, ResamplingOptions } from './reliabilityDiagram.js';

/** What members say of an event. */
export interface EnsembleEvents {
  readonly starts: number;
  /** 2 or more. */
  readonly members: number;
  readonly places: number;
  /** [start, member, place]: 1 is yes. */
  readonly yes: Uint8Array;
}

/**
 * Classes as they would come out if a member were the truth, once for every resample.
 * @param edges of classes of probability, 0 … 1
 */
export function exchangeableClasses(
  { starts, members, places, yes }: EnsembleEvents,
  edges: Float64Array,
  closed: ClosedEnd,
  { seed, resamples = 1000 }: ResamplingOptions,
): ProbabilityClasses[] {
  const counts = countYes({ starts, members, places, yes });
  const others = members - 1;
  const classOf = Int32Array.from({ length: members }, (_, k) => classBetween(k / others, edges, closed));
  const draws = new Float64Array(2 * starts);
  return Array.from({ length: resamples }, (_, step) => {
    uniforms({ seed, weightSample: 0, noiseStream: 2, purpose: 'bootstrap', step }, draws);
    const [sums, given, happened] = [0, 0, 0].map(() => new Float64Array(edges.length - 1)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let i = 0; i < starts; i++) {
      const start = Math.min(starts - 1, Math.floor(draws[i]! * starts));
      const truth = Math.min(members - 1, Math.floor(draws[starts + i]! * members));
      const row = (start * members + truth) * places;
      for (let place = 0; place < places; place++) {
        const outcome = yes[row + place]!;
        const k = counts[start * places + place]! - outcome;
        const at = classOf[k]!;
        given[at]!++;
        happened[at]! += outcome;
        sums[at]! += k / others;
      }
    }
    return { probability: sums.map((sum, at) => sum / given[at]!), given, happened };
  });
}

/**
 * Range of the frequency in each class.
 * @param resampled of {@link exchangeableClasses}
 * @returns [class]; NaN for classes that no resample fills
 */
export function exchangeableBars(resampled: readonly ProbabilityClasses[], confidence = 0.95): Bar[] {
  const classes = resampled[0]?.given.length ?? 0;
  return Array.from({ length: classes }, (_, at) => {
    const frequencies = Float64Array.from(
      resampled.filter(({ given }) => given[at]! > 0),
      ({ given, happened }) => happened[at]! / given[at]!,
    );
    return {
      low: percentile(frequencies, (1 - confidence) / 2),
      high: percentile(frequencies, (1 + confidence) / 2),
    };
  });
}

/** @returns [start, place] */
export function countYes({ starts, members, places, yes }: EnsembleEvents): Uint32Array {
  const counts = new Uint32Array(starts * places);
  for (let start = 0; start < starts; start++) {
    for (let member = 0; member < members; member++) {
      const row = (start * members + member) * places;
      for (let place = 0; place < places; place++) counts[start * places + place]! += yes[row + place]!;
    }
  }
  return counts;
}
