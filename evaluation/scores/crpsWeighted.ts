/**
 * CRPS of an ensemble whose members carry weights, and the three parts of the plain score.
 *
 *   CRPS = Σ w_i |x_i − y| − ½ ΣΣ w_i w_j |x_i − x_j|,   Σ w = 1
 *
 * With x sorted, half the double sum is Σ w_(i) x_(i) (2 W_i + w_(i) − 1), W_i the weight of all before i.
 * Unit of the variable. One case at a time, members as [member].
 */

/**
 * Energy-form CRPS with weights, which need not sum to one.
 * @param members [member]
 * @param weights [member], ≥ 0, not all 0
 * @returns NaN where a value is missing or all weights are 0
 */
export function crpsWeighted(
  members: ArrayLike<number>,
  weights: ArrayLike<number>,
  observed: number,
): number {
  const order = Array.from({ length: members.length }, (_, i) => i).sort((a, b) => members[a]! - members[b]!);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  let before = 0;
  let distance = 0;
  let pairs = 0;
  for (const i of order) {
    const weight = weights[i]! / total;
    const error = members[i]! - observed;
    distance += weight * Math.abs(error);
    pairs += weight * error * (2 * before + weight - 1);
    before += weight;
  }
  return distance - pairs;
}

export interface CrpsComponents {
  /** Mean of max(0, y − x_i): the members lay below. */
  readonly underforecast: number;
  /** Mean of max(0, x_i − y): the members lay above. */
  readonly overforecast: number;
  /** Half the mean distance between members, subtracted. */
  readonly spread: number;
}

/**
 * Parts of the energy-form score: CRPS = underforecast + overforecast − spread.
 * @param members [member]
 */
export function crpsComponents(members: ArrayLike<number>, observed: number): CrpsComponents {
  const count = members.length;
  const errors = Float64Array.from(members, (x) => x - observed).sort();
  let under = 0;
  let over = 0;
  let pairs = 0;
  for (let i = 0; i < count; i++) {
    const error = errors[i]!;
    if (error < 0) under -= error;
    else over += error;
    pairs += (2 * i - count + 1) * error;
  }
  return { underforecast: under / count, overforecast: over / count, spread: pairs / (count * count) };
}

/**
 * The two distances of the fair score, CRPS = skill − ½ spread: E|X − y| and E|X − X′|, both in the unit of the
 * variable. Spread over skill is the spread–skill ratio of the absolute error; a reliable ensemble has 1.
 * @param members [member]; spread is NaN for one
 */
export function crpsSkillAndSpread(
  members: ArrayLike<number>,
  observed: number,
): { readonly skill: number; readonly spread: number } {
  const { underforecast, overforecast, spread } = crpsComponents(members, observed);
  const count = members.length;
  return { skill: underforecast + overforecast, spread: (2 * spread * count) / (count - 1) };
}
