/** The noise of a model as the perturbation that makes it: the first field with the others beside it. */
import type { NoiseScale } from '../../perturbations/correlatedField.js';
import type { PerturbationSource } from '../../perturbations/create.js';

export function noiseSource(
  [first, ...scales]: readonly [NoiseScale, ...NoiseScale[]],
  stepHours: number,
): PerturbationSource {
  return { kind: 'correlated', ...first, stepHours, scales };
}
