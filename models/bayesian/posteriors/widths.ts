/**
 * How wide a trained posterior is, tensor by tensor and whatever its kind: σ, the root mean square deviation of draws
 * from the centre, beside the root mean square of the centre. Of a tensor of n weights σ is known to 1/√(2 · draws · n).
 */
import type { Tensors } from '../../../core/store/tensorFile.js';
import type { PosteriorDescription } from './description.js';
import { openPosterior, type PosteriorNetwork } from './openPosterior.js';
import { rootMeanSquare } from './parts.js';

export interface TensorWidth {
  /** Parameter of the network. */
  readonly name: string;
  /** Numbers in it. */
  readonly weights: number;
  readonly sigma: number;
  readonly rms: number;
}

export const widthDraws = 16;

/**
 * @param components tensors "<part>.<parameter>" of each component
 * @returns [component][tensor]; tensors whose draws never differ are left out, so a point has none
 */
export function posteriorWidths(
  description: PosteriorDescription,
  components: readonly Tensors[],
  network: PosteriorNetwork,
): TensorWidth[][] {
  if (description.kind === 'point') return components.map(() => []);
  return components.map((tensors) => {
    const posterior = openPosterior(description, [tensors], network);
    const centre = posterior.mean();
    const squares = new Map<string, number>();
    for (let weightSample = 0; weightSample < widthDraws; weightSample++) {
      for (const [name, { values }] of posterior.sample({ seed: description.seed, weightSample })) {
        const mean = centre.get(name)?.values;
        if (mean === undefined || mean === values) continue;
        let sum = 0;
        for (let i = 0; i < values.length; i++) sum += ((values[i] ?? 0) - (mean[i] ?? 0)) ** 2;
        squares.set(name, (squares.get(name) ?? 0) + sum);
      }
    }
    return [...centre].flatMap(([name, { values }]) => {
      const sum = squares.get(name) ?? 0;
      if (sum === 0) return [];
      const sigma = Math.sqrt(sum / (widthDraws * values.length));
      return [{ name, weights: values.length, sigma, rms: rootMeanSquare(values) }];
    });
  });
}
