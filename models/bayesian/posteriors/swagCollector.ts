/**
 * The moments that SWAG takes of the weights along a training with a constant learning rate: after every so many steps
 *   θ̄ ← θ̄ + (θ − θ̄)/n,   V ← V + ((θ − θ̄_before)(θ − θ̄_after) − V)/n,   D_n = θ − θ̄_n,
 * the last D columns of D_n kept. V is the mean square deviation, E θ² − θ̄² of Maddox et al. 2019 (arXiv:1902.02476,
 * algorithm 1) by Welford's update: in float32 the difference of two squares would lose widths below 1e-4 of a weight.
 * Everything is float32, [shape] of the parameter: a collector that goes on from its state adds what the first would.
 */
import { dataError, internalError, usageError } from '../../../core/errors.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import { elements, type Shape } from '../../graph/graph.js';

export interface SwagPlan {
  /** D: deviations kept; at least 2. */
  readonly rank: number;
  /** Training steps from one snapshot of the weights to the next. */
  readonly everySteps: number;
}

/** Name of the count among the tensors of the state. */
const countName = 'collected.count';

export class SwagCollector {
  readonly plan: SwagPlan;
  readonly #parameters: ReadonlyMap<string, Shape>;
  readonly #isRandom: (name: string) => boolean;
  readonly #tensors = new Map<string, Tensor>();
  #count = 0;

  /**
   * @param parameters shapes by name
   * @param isRandom false for what keeps its mean
   * @param state of a collector with the same plan, to go on from; it is copied
   * @throws {PlumeError} usage, when the plan has no two deviations; internal, when the state is another plan's
   */
  constructor(
    parameters: ReadonlyMap<string, Shape>,
    isRandom: (name: string) => boolean,
    plan: SwagPlan,
    state?: Tensors,
  ) {
    const { rank, everySteps } = plan;
    if (!(Number.isInteger(rank) && rank >= 2 && Number.isInteger(everySteps) && everySteps >= 1)) {
      throw usageError(
        `SWAG: rank ${rank} and a snapshot every ${everySteps} steps; the rank must be a whole number from 2, the steps from 1`,
      );
    }
    this.plan = plan;
    this.#parameters = parameters;
    this.#isRandom = isRandom;
    for (const [name, shape] of parameters) {
      this.#tensors.set(`mean.${name}`, zeros(shape));
      if (!isRandom(name)) continue;
      this.#tensors.set(`variance.${name}`, zeros(shape));
      this.#tensors.set(`deviations.${name}`, zeros([rank, ...shape]));
    }
    if (state !== undefined) this.#resume(state);
  }

  /** Snapshots taken so far. */
  get count(): number {
    return this.#count;
  }

  /** @param step finished training steps, from 1 */
  isDue(step: number): boolean {
    return step % this.plan.everySteps === 0;
  }

  /**
   * Takes a snapshot.
   * @param weights by parameter name; copied
   * @throws {PlumeError} data, when a weight is not finite; internal, when one is missing or of another length
   */
  add(weights: Tensors): void {
    for (const [name, shape] of this.#parameters) checkWeights(name, shape, weights.get(name), this.#count);
    this.#count++;
    const share = 1 / this.#count;
    const column = (this.#count - 1) % this.plan.rank;
    for (const [name, shape] of this.#parameters) {
      const from = weights.get(name)!.values;
      const mean = this.#values(`mean.${name}`);
      if (!this.#isRandom(name)) {
        for (let i = 0; i < from.length; i++) mean[i]! += (from[i]! - mean[i]!) * share;
        continue;
      }
      const size = elements(shape);
      const variance = this.#values(`variance.${name}`);
      const deviation = this.#values(`deviations.${name}`).subarray(column * size, (column + 1) * size);
      for (let i = 0; i < size; i++) {
        const before = from[i]! - mean[i]!;
        mean[i]! += before * share;
        deviation[i] = from[i]! - mean[i]!;
        variance[i]! += (before * deviation[i]! - variance[i]!) * share;
      }
    }
  }

  /** What a checkpoint holds: count, "mean.", "variance." and "deviations.<parameter>", [D, ...shape]; the arrays themselves. */
  state(): Map<string, Tensor> {
    return new Map([[countName, { shape: [1], values: Float32Array.of(this.#count) }], ...this.#tensors]);
  }

  /**
   * The tensors of the posterior: "mean.", "variance." and "deviations.<parameter>" [columns, ...shape].
   * @throws {PlumeError} usage, when fewer than two snapshots were taken
   */
  tensors(): Map<string, Tensor> {
    if (this.#count < 2) {
      throw usageError(
        `SWAG: ${this.#count} snapshots of the weights were taken, at least 2 are needed; ` +
          `train longer or take one more often than every ${this.plan.everySteps} steps`,
      );
    }
    const columns = Math.min(this.#count, this.plan.rank);
    return new Map(
      [...this.#tensors].map(([name, { shape, values }]) => {
        if (!name.startsWith('deviations.')) return [name, { shape, values: values.slice() }];
        const [, ...rest] = shape;
        return [name, { shape: [columns, ...rest], values: values.slice(0, columns * elements(rest)) }];
      }),
    );
  }

  #values(name: string): Float32Array {
    return this.#tensors.get(name)!.values;
  }

  #resume(state: Tensors): void {
    for (const [name, { values, shape }] of this.#tensors) {
      const found = state.get(name);
      if (found?.values.length !== values.length) {
        throw internalError(
          `SWAG: the state to go on from has [${found?.shape ?? 'no tensor'}] for "${name}", expected [${shape}]`,
        );
      }
      values.set(found.values);
    }
    this.#count = state.get(countName)?.values[0] ?? 0;
  }
}

function zeros(shape: Shape): Tensor {
  return { shape, values: new Float32Array(elements(shape)) };
}

function checkWeights(name: string, shape: Shape, tensor: Tensor | undefined, taken: number): void {
  if (tensor?.values.length !== elements(shape)) {
    throw internalError(
      `SWAG: a snapshot has [${tensor?.shape ?? 'no tensor'}] for "${name}", expected [${shape}]`,
    );
  }
  const wrong = tensor.values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw dataError(
      `SWAG: weight ${wrong} of "${name}" is ${tensor.values[wrong]} after ${taken} snapshots; ` +
        'the training has diverged: lower its constant learning rate',
    );
  }
}
