/** What is answered to an event: a probability and all that it rests on. */

/** Named, with its level: of a share x/n that is known from n independent yes or no. */
export interface SamplingInterval {
  readonly method: 'wilson' | 'jeffreys';
  /** 0.95 */
  readonly level: number;
  readonly low: number;
  readonly high: number;
}

export interface EventAnswer {
  /** The site's name, or null where the event names its own place. */
  readonly site: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Valid time of the analysis, milliseconds since 1970. */
  readonly start: number;
  readonly probability: number;
  /** Members that say yes, members that were asked, members of the run that are not there or have missing values. */
  readonly yes: number;
  readonly members: number;
  readonly missing: number;
  /**
   * How many independent members they are worth, since those of one weight sample agree more with each other than with
   * the rest; null where that is not known (one weight sample or stream, or all members say the same).
   */
  readonly effectiveMembers: number | null;
  readonly interval: SamplingInterval;
  /** null without an archive. */
  readonly climatological: { readonly probability: number; readonly cases: number } | null;
  /** Of the yes or no itself, by the law of total variance over weight samples; null with one weight sample or stream. */
  readonly variance: { readonly epistemic: number; readonly aleatoric: number } | null;
  /** Of each condition of the event, in the order they were written. */
  readonly conditions: readonly ConditionAnswer[];
}

/**
 * The deciding variable of a condition: the number of each member that is compared in the end, so that the member says yes
 * exactly where it passes the threshold: of ">", the largest over points and windows of the smallest in the window.
 */
export interface ConditionAnswer {
  readonly text: string;
  readonly unit: string;
  /** Share of members that meet this condition alone. */
  readonly probability: number;
  /** Of the deciding variable over members: mean, and variance by source (unit²; null as above). */
  readonly mean: number;
  readonly variance: { readonly epistemic: number; readonly aleatoric: number } | null;
  /** Quantiles of the deciding variable at 5, 25, 50, 75, 95 %. */
  readonly quantiles: readonly number[];
  /** Points of the place, and those of them left out because the quantity has no values there in any member. */
  readonly points: number;
  readonly pointsLeftOut: number;
  /** False where the place reaches past the edges of a regional grid: only what lies inside is answered for. */
  readonly whole: boolean;
}
