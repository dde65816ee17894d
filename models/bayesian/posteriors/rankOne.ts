/**
 * Rank-one posterior: each matrix W is a point, multiplied by Gaussian factors of its rows and of its columns,
 *   w = W ∘ (r sᵀ),   q(r) = N(μ_r, σ_r²),  q(s) = N(μ_s, σ_s²),  p(r) = p(s) = N(1, σ_p²),   σ = ln(1 + e^ρ),
 * so that doubt costs two numbers for each unit and not one for each weight. The divergence is that of r and s; W has
 * none (weight decay is its prior). Biases and scales are points.
 * Dusenberry et al. 2020, arXiv:2005.07186, section 3; the factors are those of BatchEnsemble, Wen et al. 2020. As there,
 * r belongs to input units: all taps of a convolution share it where the network says which rows they are.
 */
import { normals } from '../../../core/random/stream.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { elements, type Shape, type Value } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import { gaussianKl, inverseSoftplus, softplus } from './gaussian.js';
import { isMatrix, rowPeriod, scaledMatrix, timesRows } from './matrixRows.js';
import { partOf, tensorNamed, valueNamed } from './parts.js';
import { centres, meanShapes, startingMeans } from './point.js';
import type { Posterior, WeightKey } from './posterior.js';
import type { TrainingDrawKey, WeightFamily } from './weightFamily.js';

/** r and s, in the order of their tensors and of their streams. */
const sides = ['input', 'output'] as const;
type Side = (typeof sides)[number];

export interface RankOneOptions {
  /** First σ of every factor; factors are near 1, so it is relative to the weight. */
  readonly initialSigma: number;
  /** σ_p of r and of s. */
  readonly priorSigma: number;
}

type RankOneNetwork = Pick<Network, 'parameters' | 'isRandom' | 'hiddenRows'>;

/**
 * Trainable tensors "mean.<parameter>" of all parameters (W of matrices), then for every random matrix
 * "input_mean." and "input_rho." [units], "output_mean." and "output_rho." [out]. Draws "draw.input.<parameter>"
 * [S, units] and "draw.output.<parameter>" [S, out], standard normals.
 */
export class RankOneFamily implements WeightFamily {
  readonly kind = 'rank-one';
  readonly trainable: ReadonlyMap<string, Shape>;
  readonly #network: RankOneNetwork;
  readonly #options: RankOneOptions;
  /** Shapes of the factors by draw: "input.<parameter>", "output.<parameter>". */
  readonly #factors: ReadonlyMap<string, Shape>;
  readonly #matrices: readonly string[];

  constructor(network: RankOneNetwork, options: RankOneOptions) {
    this.#network = network;
    this.#options = options;
    this.#factors = factorShapes(network);
    this.#matrices = matricesOf(network);
    this.trainable = rankOneShapes(network);
  }

  drawShapes(samples: number): ReadonlyMap<string, Shape> {
    return new Map([...this.#factors].map(([name, shape]) => [`draw.${name}`, [samples, ...shape]]));
  }

  fillDraw({ seed, stage, step }: TrainingDrawKey, name: string, out: Float32Array): void {
    const noiseStream = 1 + [...this.#factors.keys()].indexOf(name.slice('draw.'.length));
    normals({ seed, weightSample: stage, noiseStream, purpose: 'training', step }, out);
  }

  weights(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    draws: ReadonlyMap<string, Value>,
  ): Map<string, Value> {
    const weights = centres(b, tensors, this.#network);
    const factor = (side: Side, name: string): Value => {
      const mean = valueNamed(tensors, `${side}_mean.${name}`);
      const sigma = b.softplus(valueNamed(tensors, `${side}_rho.${name}`));
      return b.add(mean, b.mul(sigma, valueNamed(draws, `draw.${side}.${name}`)));
    };
    for (const name of this.#matrices) {
      const columns = factor('output', name);
      const [samples = 1, out = 1] = columns.shape;
      const byRow = timesRows(b, valueNamed(weights, name), factor('input', name));
      weights.set(name, b.mul(byRow, b.reshape(columns, [samples, 1, out])));
    }
    return weights;
  }

  /** Of r and s from N(1, σ_p²); m₀ and σ_p of the weights are not asked for. */
  divergence(b: GraphBuilder, tensors: ReadonlyMap<string, Value>): Value | undefined {
    const one = b.scalar(1);
    const parts = this.#matrices.flatMap((name) =>
      sides.map((side) => {
        const sigma = b.softplus(valueNamed(tensors, `${side}_rho.${name}`));
        return gaussianKl(
          b,
          valueNamed(tensors, `${side}_mean.${name}`),
          sigma,
          one,
          this.#options.priorSigma,
        );
      }),
    );
    return parts.length === 0 ? undefined : b.sum(parts);
  }

  start(trained: Tensors): Map<string, Tensor> {
    const tensors = startingMeans(trained, this.#network);
    const rho = inverseSoftplus(this.#options.initialSigma);
    for (const [name, shape] of this.trainable) {
      if (tensors.has(name)) continue;
      const first = name.includes('_rho.') ? rho : 1;
      tensors.set(name, { shape, values: new Float32Array(elements(shape)).fill(first) });
    }
    return tensors;
  }

  posterior(tensors: Tensors): Posterior {
    return openRankOne(tensors);
  }
}

function matricesOf(network: RankOneNetwork): string[] {
  return [...network.parameters]
    .filter(([name, shape]) => isMatrix(shape) && network.isRandom(name))
    .map(([name]) => name);
}

function factorShapes(network: RankOneNetwork): Map<string, Shape> {
  return new Map(
    matricesOf(network).flatMap((name): [string, Shape][] => [
      [`input.${name}`, [rowPeriod(network, name)]],
      [`output.${name}`, [network.parameters.get(name)?.[1] ?? 1]],
    ]),
  );
}

/** Tensors of the posterior by name. */
export function rankOneShapes(network: RankOneNetwork): Map<string, Shape> {
  const factors = [...factorShapes(network)].flatMap(([factor, shape]): [string, Shape][] => {
    const side = factor.slice(0, factor.indexOf('.'));
    const name = factor.slice(side.length + 1);
    return [
      [`${side}_mean.${name}`, shape],
      [`${side}_rho.${name}`, shape],
    ];
  });
  return new Map([...meanShapes(network), ...factors]);
}

/**
 * r and s are independent, so the mean of w is W ∘ (μ_r μ_sᵀ).
 * @param tensors as `rankOneShapes` lists them
 */
export function openRankOne(tensors: Tensors): Posterior {
  const matrices = partOf(tensors, 'mean');
  const withFactors = (factor: (side: Side, name: string, index: number) => Float32Array) => {
    const weights = new Map<string, Tensor>();
    let index = 0;
    for (const [name, matrix] of matrices) {
      const { shape, values } = matrix;
      if (tensors.has(`input_mean.${name}`)) {
        const [rows, columns] = sides.map((side) => factor(side, name, index)) as [
          Float32Array,
          Float32Array,
        ];
        weights.set(name, { shape, values: scaledMatrix(values, rows, columns, shape[1] ?? 1) });
      } else {
        weights.set(name, matrix);
      }
      index++;
    }
    return weights;
  };
  const drawn = ({ seed, weightSample }: WeightKey) =>
    withFactors((side, name, step) => {
      const { values: mean } = tensorNamed(tensors, `${side}_mean.${name}`);
      const { values: rho } = tensorNamed(tensors, `${side}_rho.${name}`);
      const values = new Float32Array(mean.length);
      const noiseStream = sides.indexOf(side);
      normals({ seed, weightSample, noiseStream, purpose: 'weights', step }, values);
      for (let i = 0; i < values.length; i++) values[i] = mean[i]! + softplus(rho[i]!) * values[i]!;
      return values;
    });
  let mean: Tensors | undefined;
  return {
    sample: drawn,
    mean: () => {
      mean ??= withFactors((side, name) => tensorNamed(tensors, `${side}_mean.${name}`).values);
      return mean;
    },
  };
}
