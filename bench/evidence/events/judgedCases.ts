/**
 * How good and how reliable the answers to one question were. Whether a forecast is reliable is asked of three numbers, each
 * held against what they come to when a member stands for the truth (evaluation/calibration/exchangeableBars.ts):
 *   reliability  Σ w (p − o)², the term of the Brier score, against the most it may be
 *   bias         mean probability less frequency, against both ends
 *   slope        of the frequency on the probability, against both ends
 * Each test errs once in sixty (Bonferroni), so that at most one reliable forecast in twenty is taken for another.
 */
import { brierParts } from '../../../evaluation/calibration/brierDecomposition.js';
import {
  countYes,
  exchangeableBars,
  exchangeableClasses,
} from '../../../evaluation/calibration/exchangeableBars.js';
import {
  classBetween,
  type ProbabilityClasses,
  totalsOf,
} from '../../../evaluation/calibration/probabilityClasses.js';
import type { Bar } from '../../../evaluation/calibration/reliabilityDiagram.js';
import { strikeEdges } from '../../../evaluation/cyclones/verification/strikeReliability.js';
import {
  blockLength,
  bootstrapIntervals,
  type Interval,
} from '../../../evaluation/significance/blockBootstrap.js';
import { percentile } from '../../../evaluation/significance/percentile.js';
import type { AskedCases } from './askedCases.js';

export interface Judged {
  readonly name: string;
  readonly places: number;
  /** Share of the cases in which it happened, mean probability, mean climatological probability. */
  readonly observed: number;
  readonly forecast: number;
  readonly climatological: number;
  /** Fair: what it would be with members without end. */
  readonly brier: number;
  /** Against the climatological probability, with its interval over starts. */
  readonly skill: number;
  readonly skillInterval: Interval;
  readonly classes: ProbabilityClasses;
  /** [class]: 95 % of the frequencies of a reliable forecast. */
  readonly bars: readonly Bar[];
  readonly reliability: { readonly value: number; readonly limit: number };
  readonly bias: Judgement;
  readonly slope: Judgement;
}

export interface Judgement extends Interval {
  readonly value: number;
}

/** How starts lie in time. */
export interface Spacing {
  readonly leadHours: number;
  readonly spacingHours: number;
}

const resampling = { seed: 1, resamples: 2000 };
const level = 0.05 / 3;

export function judge(cases: AskedCases, { leadHours, spacingHours }: Spacing): Judged {
  const { name, starts, members, places, outcome, climate } = cases;
  const counts = countYes(cases);
  const probability = Float64Array.from(counts, (count) => count / members);
  const classes = classesOf(probability, outcome);
  const resampled = exchangeableClasses(cases, strikeEdges, 'left', resampling);
  const scores = new Float64Array(2 * starts);
  for (let i = 0; i < probability.length; i++) {
    const [p, o] = [probability[i]!, outcome[i]!];
    const start = Math.floor(i / places);
    // Ferro 2014, doi:10.1002/qj.2270
    scores[2 * start]! += ((p - o) ** 2 - (p * (1 - p)) / (members - 1)) / places;
    scores[2 * start + 1]! += (climate[i]! - o) ** 2 / places;
  }
  const [brier, reference] = [0, 1].map((s) => mean(scores.filter((_, i) => i % 2 === s))) as [
    number,
    number,
  ];
  const block = blockLength(starts, leadHours, spacingHours);
  const [skillInterval] = bootstrapIntervals(scores, 2, block, [([own, of]) => 1 - own! / of!], resampling);
  const against = (of: (classes: ProbabilityClasses) => number): Judgement => {
    const draws = Float64Array.from(resampled, of);
    return { value: of(classes), low: percentile(draws, level / 2), high: percentile(draws, 1 - level / 2) };
  };
  return {
    ...{ name, places, brier, classes },
    observed: mean(outcome),
    forecast: mean(probability),
    climatological: mean(climate),
    skill: 1 - brier / reference,
    skillInterval: skillInterval!,
    bars: exchangeableBars(resampled),
    reliability: {
      value: brierParts(classes).reliability,
      limit: percentile(
        Float64Array.from(resampled, (each) => brierParts(each).reliability),
        1 - level,
      ),
    },
    bias: against(biasOf),
    slope: against(slopeOf),
  };
}

/**
 * reliable: none of the three is beyond what members among themselves come to; slight: bias or slope are, and the reliability
 * is not, so that it takes this many cases to see; off: the reliability is.
 */
export interface Verdict {
  readonly grade: 'reliable' | 'slight' | 'off';
  /** 'reliable', 'slightly too cautious', 'too often, too sure'. */
  readonly words: string;
}

export function verdictOf({ reliability, bias, slope }: Judged): Verdict {
  const found = [
    ...(bias.value > bias.high ? ['too often'] : bias.value < bias.low ? ['too seldom'] : []),
    ...(slope.value < slope.low ? ['too sure'] : slope.value > slope.high ? ['too cautious'] : []),
  ].join(', ');
  if (reliability.value > reliability.limit) return { grade: 'off', words: found || 'uneven' };
  return found === ''
    ? { grade: 'reliable', words: 'reliable' }
    : { grade: 'slight', words: `slightly ${found}` };
}

function classesOf(probability: Float64Array, outcome: Uint8Array): ProbabilityClasses {
  const [sums, given, happened] = [0, 0, 0].map(() => new Float64Array(strikeEdges.length - 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [i, p] of probability.entries()) {
    const at = classBetween(p, strikeEdges, 'left');
    sums[at]! += p;
    given[at]!++;
    happened[at]! += outcome[i]!;
  }
  return { probability: sums.map((sum, at) => sum / given[at]!), given, happened };
}

/** Mean probability less frequency. */
function biasOf(classes: ProbabilityClasses): number {
  const { given, happened } = totalsOf(classes);
  return (weighted(classes, (p) => p) - happened) / given;
}

/** Of the regression of outcomes on the probabilities of their classes. */
function slopeOf(classes: ProbabilityClasses): number {
  const { given, happened } = totalsOf(classes);
  const [p0, o0] = [weighted(classes, (p) => p) / given, happened / given];
  const covariance = weighted(classes, (p, o) => (p - p0) * (o - o0));
  return covariance / weighted(classes, (p) => (p - p0) ** 2);
}

function weighted(
  { probability, given, happened }: ProbabilityClasses,
  of: (probability: number, frequency: number) => number,
): number {
  let sum = 0;
  for (let at = 0; at < given.length; at++)
    if (given[at]! > 0) sum += given[at]! * of(probability[at]!, happened[at]! / given[at]!);
  return sum;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
