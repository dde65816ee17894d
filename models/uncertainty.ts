/** What the members of a forecast differ by, apart from where they start. */

/**
 * Which uncertainty a forecast has: of the weights (epistemic: weight samples, no noise), of the flow (aleatoric: the
 * mean weights for all members, noise), of both (hybrid) or of neither: members then differ where they start, or not
 * at all.
 */
export const uncertainties = ['hybrid', 'epistemic', 'aleatoric', 'none'] as const;
export type Uncertainty = (typeof uncertainties)[number];

export function hasWeightSamples(uncertainty: Uncertainty): boolean {
  return uncertainty === 'hybrid' || uncertainty === 'epistemic';
}

export function hasNoise(uncertainty: Uncertainty): boolean {
  return uncertainty === 'hybrid' || uncertainty === 'aleatoric';
}
