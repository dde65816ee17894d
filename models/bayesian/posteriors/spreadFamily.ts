/**
 * A posterior found without gradients (SWAG, Laplace, a mixture) as a family that training can move:
 *   w = m + (w_k − w̄),   w_k a sample of the fixed posterior, w̄ its centre, m trainable.
 * Its deviations are draws filled on the host and frozen in shape; only the centre learns. There is no divergence: the
 * width was fitted where the deviations were.
 */
import { internalError } from '../../../core/errors.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { Posterior, PosteriorKind, WeightKey } from './posterior.js';
import type { TrainingDrawKey, WeightFamily } from './weightFamily.js';

/** Weight samples of a training are other ones than those of any forecast: they begin here. */
const firstTrainingSample = 2 ** 31;
const samplesPerStage = 2 ** 28;

export class SpreadFamily implements WeightFamily {
  readonly kind: PosteriorKind;
  readonly trainable: ReadonlyMap<string, Shape>;
  readonly #posterior: Posterior;
  readonly #centre: Tensors;
  readonly #random: ReadonlySet<string>;
  /** Deviations of the weight samples of the step that is being filled. */
  #filled: { readonly key: string; readonly samples: readonly Tensors[] } | undefined;

  /** @param posterior kept as it is; a parameter is random where its first two samples differ from the centre */
  constructor(kind: PosteriorKind, posterior: Posterior) {
    this.kind = kind;
    this.#posterior = posterior;
    this.#centre = posterior.mean();
    this.trainable = new Map([...this.#centre].map(([name, { shape }]) => [`mean.${name}`, shape]));
    const random = new Set<string>();
    for (const weightSample of [0, 1]) {
      for (const [name, { values }] of posterior.sample({ seed: 0, weightSample })) {
        const centre = this.#centreOf(name).values;
        if (values.some((value, i) => value !== centre[i])) random.add(name);
      }
    }
    this.#random = random;
  }

  drawShapes(samples: number): ReadonlyMap<string, Shape> {
    return new Map(
      [...this.#centre].flatMap(([name, { shape }]) =>
        this.#random.has(name) ? [[`deviation.${name}`, [samples, ...shape]]] : [],
      ),
    );
  }

  fillDraw(key: TrainingDrawKey, name: string, out: Float32Array): void {
    const parameter = name.slice('deviation.'.length);
    const centre = this.#centreOf(parameter).values;
    const samples = this.#samples(key, out.length / centre.length);
    for (const [s, sample] of samples.entries()) {
      const values = sample.get(parameter)!.values;
      for (let i = 0; i < centre.length; i++) out[s * centre.length + i] = values[i]! - centre[i]!;
    }
  }

  weights(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    draws: ReadonlyMap<string, Value>,
  ): Map<string, Value> {
    return new Map(
      [...this.#centre].map(([name, { shape }]) => {
        const mean = tensors.get(`mean.${name}`);
        if (mean === undefined) throw internalError(`spread family: no tensor "mean.${name}" was given`);
        const deviation = draws.get(`deviation.${name}`);
        const row = b.reshape(mean, [1, ...shape]);
        return [name, deviation === undefined ? row : b.add(row, deviation)];
      }),
    );
  }

  divergence(): undefined {
    return undefined;
  }

  start(trained: Tensors): Map<string, Tensor> {
    return new Map([...this.#centre].map(([name, centre]) => [`mean.${name}`, trained.get(name) ?? centre]));
  }

  /** The fixed posterior, moved to the trained centre. To store it, replace the "mean." tensors of its kind by these. */
  posterior(tensors: Tensors): Posterior {
    const means = new Map(
      [...this.#centre].map(([name, centre]) => [name, tensors.get(`mean.${name}`) ?? centre]),
    );
    return { mean: () => means, sample: (key) => this.#moved(means, key) };
  }

  #moved(means: Tensors, key: WeightKey): Map<string, Tensor> {
    const sample = new Map(this.#posterior.sample(key));
    for (const name of this.#random) {
      const [from, centre, to] = [sample.get(name)!, this.#centreOf(name).values, means.get(name)!.values];
      const values = from.values.map((value, i) => to[i]! + (value - centre[i]!));
      sample.set(name, { shape: from.shape, values });
    }
    for (const [name, mean] of means) if (!this.#random.has(name)) sample.set(name, mean);
    return sample;
  }

  #centreOf(name: string): Tensor {
    const centre = this.#centre.get(name);
    if (centre === undefined) throw internalError(`spread family: the posterior has no parameter "${name}"`);
    return centre;
  }

  /** All parameters of a sample are drawn at once: the tensors of a step are filled one after the other. */
  #samples({ seed, stage, step }: TrainingDrawKey, count: number): readonly Tensors[] {
    const key = `${seed} ${stage} ${step} ${count}`;
    if (this.#filled?.key !== key) {
      const first = (stage * samplesPerStage + step * count) % 2 ** 31;
      const samples = Array.from({ length: count }, (_, s) =>
        this.#posterior.sample({ seed, weightSample: firstTrainingSample + ((first + s) % 2 ** 31) }),
      );
      this.#filled = { key, samples };
    }
    return this.#filled.samples;
  }
}
