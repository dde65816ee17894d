/**
 * Brier score of a yes/no event: (p − o)², o = 1 where it happened. 0 is perfect; no unit.
 *   plain  p = k/M, k of M members say yes
 *   fair   (k/M − o)² − k (M − k) / (M² (M − 1)): what infinitely many members would score, on average
 *          (Ferro 2014, doi:10.1002/qj.2270, eq. 3)
 * An event is a threshold exceeded: strictly (`above`, the default) or with equality.
 * Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2 (half of his two-sided form).
 */

export type Exceedance = 'above' | 'at-or-above';
export type FiniteForm = 'fair' | 'plain';

export interface BrierOptions {
  /** Default: above. */
  readonly exceedance?: Exceedance;
  /** Default: fair. */
  readonly form?: FiniteForm;
}

export function exceeds(value: number, threshold: number, exceedance: Exceedance = 'above'): boolean {
  return exceedance === 'above' ? value > threshold : value >= threshold;
}

/** Number of members that say yes; NaN where one is missing. */
export function countExceeding(
  members: ArrayLike<number>,
  threshold: number,
  exceedance: Exceedance = 'above',
): number {
  let count = 0;
  for (let i = 0; i < members.length; i++) {
    if (Number.isNaN(members[i]!)) return Number.NaN;
    if (exceeds(members[i]!, threshold, exceedance)) count++;
  }
  return count;
}

/** @param probability 0 … 1 */
export function brierOfProbability(probability: number, happened: boolean): number {
  return (probability - (happened ? 1 : 0)) ** 2;
}

/**
 * @param exceeding k members of M say yes
 * @returns fair: NaN for one member
 */
export function brierOfCount(
  exceeding: number,
  memberCount: number,
  happened: boolean,
  form: FiniteForm = 'fair',
): number {
  const plain = brierOfProbability(exceeding / memberCount, happened);
  if (form === 'plain') return plain;
  return plain - (exceeding * (memberCount - exceeding)) / (memberCount * memberCount * (memberCount - 1));
}

/**
 * @param members [member], unit of the threshold
 * @returns NaN where a value is missing, and fair for one member
 */
export function brierEnsemble(
  members: ArrayLike<number>,
  observed: number,
  threshold: number,
  { exceedance = 'above', form = 'fair' }: BrierOptions = {},
): number {
  if (Number.isNaN(observed)) return Number.NaN;
  const happened = exceeds(observed, threshold, exceedance);
  return brierOfCount(countExceeding(members, threshold, exceedance), members.length, happened, form);
}

/**
 * Logarithmic score −ln p(what happened), nats (Good 1952): Infinity for a certain forecast that was wrong.
 * @param probability 0 … 1 of the event
 */
export function logScoreOfProbability(probability: number, happened: boolean): number {
  return happened ? -Math.log(probability) : -Math.log1p(-probability);
}
