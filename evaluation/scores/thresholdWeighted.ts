/**
 * CRPS that looks at one part of the line: heat, heavy rain, gales. Unit of the variable, one case at a time,
 * members as [member], w the indicator of the part.
 *   threshold-weighted   ∫ w(x) (F(x) − 1{y ≤ x})² dx: the CRPS of members and truth moved to the nearest end of the
 *                        part, v(x) = min(max(x, from), to). Proper (Gneiting & Ranjan 2011,
 *                        doi:10.1198/jbes.2010.08110; chaining: Allen, Ginsbourger & Ziegel 2023,
 *                        doi:10.1137/22M1532184)
 *   outcome-weighted     w(y) · CRPS of the members inside the part: the forecast given that it happens
 *                        (Holzmann & Klar 2017, doi:10.1214/17-AOAS1088)
 *   vertically re-scaled the kernel score of w(x) w(x′) |x − x′| with a term for the mass outside
 *                        (Allen, Ginsbourger & Ziegel 2023), about the reference point 0
 */
import { type CrpsEstimator, crpsOfErrors, fairCrps } from './crps.js';

/** The part of the line that counts: above `from`, below `to`. */
export interface Stretch {
  /** Default: −Infinity. */
  readonly from?: number;
  /** Default: Infinity. */
  readonly to?: number;
}

/** v(x): the nearest point of the stretch. NaN stays NaN. */
export function chained(
  x: number,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Stretch,
): number {
  return Math.min(Math.max(x, from), to);
}

/**
 * Threshold-weighted CRPS. Parts that share an end add up: below t and above t sum to the whole CRPS.
 * @param estimator default fair
 * @returns NaN where a value is missing, and for one member in the fair form
 */
export function crpsThresholdWeighted(
  members: ArrayLike<number>,
  observed: number,
  stretch: Stretch,
  estimator: CrpsEstimator = fairCrps,
): number {
  const truth = chained(observed, stretch);
  const errors = Float64Array.from(members, (x) => {
    const moved = chained(x, stretch);
    // An end at infinity is the same point for all: no distance.
    return moved === truth ? 0 : moved - truth;
  });
  return crpsOfErrors(errors, errors.length, estimator);
}

/**
 * Outcome-weighted CRPS, energy form: 0 where the outcome lies outside the stretch.
 * @returns NaN where a value is missing, and where the outcome lies inside and no member does
 */
export function crpsOutcomeWeighted(members: ArrayLike<number>, observed: number, stretch: Stretch): number {
  const all = Array.from(members);
  if (Number.isNaN(observed) || all.some(Number.isNaN)) return Number.NaN;
  if (!lies(observed, stretch)) return 0;
  const errors = Float64Array.from(
    all.filter((x) => lies(x, stretch)),
    (x) => x - observed,
  );
  return crpsOfErrors(errors, errors.length, { kind: 'energy' });
}

/**
 * Vertically re-scaled CRPS, energy form:
 *   w_y (1/M) Σ w_i |x_i − y| − (1/2M²) ΣΣ w_i w_j |x_i − x_j| + ((1/M) Σ w_i |x_i| − w_y |y|)(w̄ − w_y)
 * @returns NaN where a value is missing
 */
export function crpsVerticallyRescaled(
  members: ArrayLike<number>,
  observed: number,
  stretch: Stretch,
): number {
  const all = Array.from(members);
  if (Number.isNaN(observed) || all.some(Number.isNaN)) return Number.NaN;
  const count = all.length;
  const happened = lies(observed, stretch) ? 1 : 0;
  const inside = all.filter((x) => lies(x, stretch)).sort((a, b) => a - b);
  let distance = 0;
  let pairs = 0;
  let magnitude = 0;
  for (const [i, x] of inside.entries()) {
    distance += Math.abs(x - observed);
    // About the observation, so that large offsets keep their digits.
    pairs += (2 * i - inside.length + 1) * (x - observed);
    magnitude += Math.abs(x);
  }
  const excess = magnitude / count - happened * Math.abs(observed);
  return (happened * distance) / count - pairs / count ** 2 + excess * (inside.length / count - happened);
}

function lies(
  x: number,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Stretch,
): boolean {
  return x > from && x < to;
}
