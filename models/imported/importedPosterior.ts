/**
 * Gaussian posterior centred on chosen layers of a model that somebody else trained:
 *   w = m₀ + c σ ⊙ ε,   ε ~ N(0, 1) from the counter-based stream of the weight sample,
 * with σ = s · rms(m₀), one relative scale s for each layer, or a σ for every weight where one was learned; c multiplies
 * all. The centre m₀ never moves, so that at c = 0 the model is the one that was imported.
 * Centring and relative scale as in MOPED, Krishnan et al. 2020, doi:10.1609/aaai.v34i04.5875.
 */
import { normals } from '../../core/random/stream.js';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import type { Posterior, WeightKey } from '../bayesian/posteriors/posterior.js';

export interface RandomLayer {
  readonly name: string;
  readonly centre: Tensor;
  /** σ of all its weights, or of each, [shape]. */
  readonly sigma: number | Float32Array;
}

export class ImportedPosterior implements Posterior {
  readonly #layers: readonly RandomLayer[];
  readonly #scale: number;

  /**
   * @param layers in an order that stays: it keys the draws
   * @param scale c ≥ 0, multiplies every σ
   */
  constructor(layers: readonly RandomLayer[], scale = 1) {
    this.#layers = layers;
    this.#scale = scale;
  }

  sample(key: WeightKey): Map<string, Tensor> {
    return new Map(
      this.#layers.map(({ name, centre, sigma }, step) => {
        const values = new Float32Array(centre.values.length);
        normals({ ...key, noiseStream: 0, purpose: 'weights', step }, values);
        for (let i = 0; i < values.length; i++) {
          const each = typeof sigma === 'number' ? sigma : sigma[i]!;
          values[i] = centre.values[i]! + this.#scale * each * values[i]!;
        }
        return [name, { shape: centre.shape, values }];
      }),
    );
  }

  mean(): Tensors {
    return new Map(this.#layers.map(({ name, centre }) => [name, centre]));
  }

  /** The same layers with another c. */
  scaled(scale: number): ImportedPosterior {
    return new ImportedPosterior(this.#layers, scale);
  }

  /** True where every sample is the centre. */
  get isPoint(): boolean {
    return (
      this.#scale === 0 ||
      this.#layers.every(({ sigma }) =>
        typeof sigma === 'number' ? sigma === 0 : sigma.every((s) => s === 0),
      )
    );
  }
}
