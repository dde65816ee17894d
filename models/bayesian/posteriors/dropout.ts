/**
 * Monte-Carlo dropout: hidden units are dropped in forecasts as they were in training,
 *   w = diag(z / (1 − p)) M,   z = 0 with probability p, else 1, one for each unit that feeds a matrix,
 * and the mask is frozen in the weight sample: a member keeps its units through the whole forecast. Drawing it anew each
 * step would be noise. The mean of w is M. What data feed directly, and biases, are not dropped.
 *
 * Divergence from N(m₀, σ_p²), q being the limit of Gaussians that narrow around their two places: what depends on M is
 *   Σ_dropped (1 − p) (M/(1 − p) − m₀)² / 2σ_p² + Σ_others (M − m₀)² / 2σ_p²,
 * the entropy and the dropped part p m₀²/2σ_p² being constants that are left out: it is no true divergence in nats.
 * Gal & Ghahramani 2016, arXiv:1506.02142, appendix (arXiv:1506.02157), section 4.2 with the prior centred on m₀.
 */
import { usageError } from '../../../core/errors.js';
import { uniforms } from '../../../core/random/stream.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { HiddenRows, Network } from '../networks/network.js';
import { isMatrix, rowPeriod, scaledMatrix, timesRows } from './matrixRows.js';
import { partOf, valueNamed } from './parts.js';
import { centres, meanShapes, startingMeans } from './point.js';
import type { Posterior, WeightKey } from './posterior.js';
import type { TrainingDrawKey, WeightFamily } from './weightFamily.js';

type DropoutNetwork = Pick<Network, 'parameters' | 'isRandom' | 'hiddenRows'>;

/** Trainable tensors "mean.<parameter>", M; draws "draw.<parameter>" [S, units] of 0 and 1/(1 − p). */
export class DropoutFamily implements WeightFamily {
  readonly kind = 'dropout';
  readonly trainable: ReadonlyMap<string, Shape>;
  readonly #network: DropoutNetwork;
  readonly #rate: number;
  readonly #dropped: ReadonlyMap<string, HiddenRows>;

  /** @param rate p. @throws {PlumeError} usage, when it is not from 0 to below 1 */
  constructor(network: DropoutNetwork, rate: number) {
    requireRate(rate);
    this.#network = network;
    this.#rate = rate;
    this.#dropped = droppedMatrices(network);
    this.trainable = meanShapes(network);
  }

  drawShapes(samples: number): ReadonlyMap<string, Shape> {
    return new Map([...this.#dropped].map(([name, { units }]) => [`draw.${name}`, [samples, units]]));
  }

  fillDraw({ seed, stage, step }: TrainingDrawKey, name: string, out: Float32Array): void {
    const noiseStream = 1 + [...this.#dropped.keys()].indexOf(name.slice('draw.'.length));
    uniforms({ seed, weightSample: stage, noiseStream, purpose: 'training', step }, out);
    keepOrDrop(out, this.#rate);
  }

  weights(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    draws: ReadonlyMap<string, Value>,
  ): Map<string, Value> {
    const weights = centres(b, tensors, this.#network);
    for (const [name, { period, units }] of this.#dropped) {
      const drawn = valueNamed(draws, `draw.${name}`);
      const [samples = 1] = drawn.shape;
      const rest = [samples, period - units];
      const factors = period > units ? b.concat([drawn, b.expand(b.scalar(1), rest)], 1) : drawn;
      weights.set(name, timesRows(b, valueNamed(weights, name), factors));
    }
    return weights;
  }

  divergence(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    prior: ReadonlyMap<string, Value>,
    priorSigma: ReadonlyMap<string, number>,
  ): Value | undefined {
    const parts = [...this.#network.parameters].flatMap(([name, shape]) => {
      if (!this.#network.isRandom(name)) return [];
      const mean = valueNamed(tensors, `mean.${name}`);
      const centre = valueNamed(prior, name);
      const dropped = this.#dropped.get(name);
      const squares =
        dropped === undefined
          ? squareOf(b, b.sub(mean, centre))
          : this.#droppedSquares(b, mean, centre, shape, dropped);
      const variance = (priorSigma.get(name) ?? 1) ** 2;
      return [b.mul(b.reduceSum(squares), b.scalar(1 / (2 * variance)))];
    });
    return parts.length === 0 ? undefined : b.sum(parts);
  }

  start(trained: Tensors): Map<string, Tensor> {
    return startingMeans(trained, this.#network);
  }

  posterior(tensors: Tensors): Posterior {
    return openDropout(tensors, this.#network, this.#rate);
  }

  /** (1 − p)(M/(1 − p) − m₀)² in the rows of units, (M − m₀)² in the others. */
  #droppedSquares(b: GraphBuilder, mean: Value, centre: Value, shape: Shape, { period, units }: HiddenRows) {
    const kept = 1 - this.#rate;
    const byRow = (unit: number, other: number): Value =>
      b.constant(
        Float32Array.from({ length: period }, (_, row) => (row < units ? unit : other)),
        [1, period],
      );
    const lead = [1, ...shape];
    const scaled = timesRows(b, b.reshape(mean, lead), byRow(1 / kept, 1));
    return timesRows(b, squareOf(b, b.sub(scaled, b.reshape(centre, lead))), byRow(kept, 1));
  }
}

function squareOf(b: GraphBuilder, x: Value): Value {
  return b.mul(x, x);
}

/** Matrices that hidden units feed, and which rows those are. */
function droppedMatrices(network: DropoutNetwork): Map<string, HiddenRows> {
  const found = new Map<string, HiddenRows>();
  for (const [name, shape] of network.parameters) {
    const rows = network.hiddenRows(name);
    if (rows === undefined || rows.units < 1 || !isMatrix(shape) || !network.isRandom(name)) continue;
    found.set(name, { period: rowPeriod(network, name), units: rows.units });
  }
  return found;
}

/** Uniform numbers become factors, in place. */
function keepOrDrop(uniform: Float32Array | Float64Array, rate: number): void {
  for (let i = 0; i < uniform.length; i++) uniform[i] = uniform[i]! < rate ? 0 : 1 / (1 - rate);
}

function requireRate(rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw usageError(`dropout rate is ${rate}; it must be from 0 to below 1, such as 0.1`);
}

/**
 * @param tensors "mean.<parameter>"
 * @param rate p
 */
export function openDropout(tensors: Tensors, network: DropoutNetwork, rate: number): Posterior {
  requireRate(rate);
  const means = partOf(tensors, 'mean');
  const dropped = droppedMatrices(network);
  const sample = ({ seed, weightSample }: WeightKey): Map<string, Tensor> => {
    const weights = new Map<string, Tensor>();
    let step = 0;
    for (const [name, mean] of means) {
      const rows = dropped.get(name);
      if (rows === undefined) {
        weights.set(name, mean);
      } else {
        const factors = new Float64Array(rows.period);
        const units = factors.subarray(0, rows.units);
        uniforms({ seed, weightSample, noiseStream: 0, purpose: 'weights', step }, units);
        keepOrDrop(units, rate);
        factors.fill(1, rows.units);
        const [, out = 1] = mean.shape;
        weights.set(name, {
          shape: mean.shape,
          values: scaledMatrix(mean.values, factors, undefined, out),
        });
      }
      step++;
    }
    return weights;
  };
  return { sample, mean: () => means };
}
