/**
 * Relative operating characteristic: how well probabilities tell cases with the event from cases without, whatever
 * the numbers they carry (Mason 1982). Warnings are given from a least probability on; hit rate and false-alarm
 * rate for every such threshold are the curve. The area under it is the probability that a case with the event had
 * the higher forecast, ties counting one half (Mann & Whitney); ½ for no discrimination.
 */
import { type ClassGradient, type ProbabilityClasses, totalsOf } from './probabilityClasses.js';

export interface RocCurve {
  /** [point]: least probability that counts as a warning; the first is Infinity, where nobody is warned. */
  readonly threshold: Float64Array;
  /** [point], rising from 0 to 1: warnings among the cases without the event. */
  readonly falseAlarmRate: Float64Array;
  /** [point], rising from 0 to 1: warnings among the cases with it. */
  readonly hitRate: Float64Array;
}

/** A point for no warning and one for every class given; rates are NaN where a kind of case never came. */
export function rocCurve(classes: ProbabilityClasses): RocCurve {
  const { probability, given, happened } = classes;
  const total = totalsOf(classes);
  const threshold = [Number.POSITIVE_INFINITY];
  const falseAlarms = [0];
  const hits = [0];
  let warned = 0;
  let hit = 0;
  for (let k = given.length - 1; k >= 0; k--) {
    if (!(given[k]! > 0)) continue;
    warned += given[k]!;
    hit += happened[k]!;
    threshold.push(probability[k]!);
    falseAlarms.push((warned - hit) / (total.given - total.happened));
    hits.push(hit / total.happened);
  }
  return {
    threshold: Float64Array.from(threshold),
    falseAlarmRate: Float64Array.from(falseAlarms),
    hitRate: Float64Array.from(hits),
  };
}

/** NaN where the event always or never happened. */
export function rocArea(classes: ProbabilityClasses): number {
  return placementsOf(classes).area;
}

/**
 * Standard error of the area over independent cases (DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595).
 * @param classes weights are numbers of cases
 */
export function rocAreaError(classes: ProbabilityClasses): number {
  const { given, happened } = classes;
  const { area, below, above } = placementsOf(classes);
  const total = totalsOf(classes);
  const without = total.given - total.happened;
  let withEvent = 0;
  let withoutEvent = 0;
  for (let k = 0; k < given.length; k++) {
    withEvent += happened[k]! * (below[k]! - area) ** 2;
    withoutEvent += (given[k]! - happened[k]!) * (above[k]! - area) ** 2;
  }
  return Math.sqrt(
    withEvent / (total.happened - 1) / total.happened + withoutEvent / (without - 1) / without,
  );
}

/** First derivatives of the area by the weights of the classes. */
export function rocAreaGradient(classes: ProbabilityClasses): ClassGradient {
  const { area, below, above } = placementsOf(classes);
  const total = totalsOf(classes);
  const byWithout = above.map((share) => (share - area) / (total.given - total.happened));
  return {
    given: byWithout,
    happened: below.map((share, k) => (share - area) / total.happened - byWithout[k]!),
  };
}

/**
 * For every class the share of the cases without the event that lie below it, and of those with the event above
 * it, those within counting one half; the area is the mean of either.
 */
function placementsOf(classes: ProbabilityClasses): {
  readonly area: number;
  readonly below: Float64Array;
  readonly above: Float64Array;
} {
  const { given, happened } = classes;
  const total = totalsOf(classes);
  const without = total.given - total.happened;
  const below = new Float64Array(given.length);
  const above = new Float64Array(given.length);
  let area = 0;
  let passedWith = 0;
  let passedWithout = 0;
  for (let k = 0; k < given.length; k++) {
    const quiet = given[k]! - happened[k]!;
    below[k] = (passedWithout + quiet / 2) / without;
    above[k] = (total.happened - passedWith - happened[k]! / 2) / total.happened;
    area += (happened[k]! / total.happened) * below[k]!;
    passedWith += happened[k]!;
    passedWithout += quiet;
  }
  return { area, below, above };
}
