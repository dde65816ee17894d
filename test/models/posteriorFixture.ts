/** A network small enough for central differences, with what posteriors ask of one, and inputs for graphs of its weights. */
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import type { HiddenRows } from '../../models/bayesian/networks/network.js';
import type { WeightFamily } from '../../models/bayesian/posteriors/weightFamily.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Graph, type Shape, type Value } from '../../models/graph/graph.js';
import { randomValues } from './bayesianFixture.js';

/**
 * hidden = tanh(x A + a), y = ([hidden, hidden²] B) · scale. B has the hidden units in two taps, of which the last of
 * four is no unit; the scale is not random.
 */
export const smallNetwork = {
  parameters: new Map<string, Shape>([
    ['a.weight', [3, 4]],
    ['a.bias', [1, 4]],
    ['b.weight', [8, 2]],
    ['scale', [1, 2]],
  ]),
  isRandom: (name: string): boolean => name !== 'scale',
  hiddenRows: (name: string): HiddenRows | undefined =>
    name === 'b.weight' ? { period: 4, units: 3 } : undefined,
};

export const trainedWeights: Tensors = new Map(
  [...smallNetwork.parameters].map(([name, shape], i): [string, Tensor] => [
    name,
    { shape, values: randomValues(elements(shape), 10 + i) },
  ]),
);

export const priorSigmas: ReadonlyMap<string, number> = new Map([
  ['a.weight', 0.3],
  ['a.bias', 0.7],
  ['b.weight', 0.5],
]);

/** Trainable tensors near the trained weights but at no special place. */
export function movedTensors(family: WeightFamily, label = 77): Map<string, Tensor> {
  let next = label;
  return new Map(
    [...family.start(trainedWeights)].map(([name, { shape, values }]) => {
      const shift = randomValues(values.length, next++, 0.2);
      return [name, { shape, values: values.map((value, i) => value + shift[i]!) }];
    }),
  );
}

export interface FamilyGraph {
  readonly graph: Graph;
  /** Every input's numbers, by name. */
  readonly inputs: Record<string, Float32Array>;
}

const rows = 5;

/**
 * Outputs "weight.<parameter>", "kl" where there is one, "loss" = squared error + 0.1 kl and "gradient.<tensor>".
 * @param samples S
 */
export function familyGraph(
  family: WeightFamily,
  samples: number,
  tensors: Tensors = movedTensors(family),
): FamilyGraph {
  const b = new GraphBuilder();
  const inputs: Record<string, Float32Array> = {};
  const input = (name: string, shape: Shape, values: Float32Array): Value => {
    inputs[name] = values;
    return b.input(name, shape);
  };
  const values = new Map(
    [...family.trainable].map(([name, shape]) => [
      name,
      input(name, shape, tensors.get(name)?.values ?? new Float32Array(0)),
    ]),
  );
  const draws = new Map(
    [...family.drawShapes(samples)].map(([name, shape]) => {
      const numbers = new Float32Array(elements(shape));
      family.fillDraw({ seed: 6, stage: 1, step: 40 }, name, numbers);
      return [name, input(name, shape, numbers)];
    }),
  );
  const prior = new Map(
    [...trainedWeights].map(([name, { shape, values: centre }]) => [
      name,
      input(`prior.${name}`, shape, centre),
    ]),
  );
  const weights = family.weights(b, values, draws);
  for (const [name, value] of weights) b.output(`weight.${name}`, value);
  const weight = (name: string): Value => weights.get(name) ?? b.scalar(Number.NaN);
  const x = b.reshape(b.constant(randomValues(rows * 3, 1), [rows, 3]), [1, rows, 3]);
  const hidden = b.tanh(
    b.add(b.matMul(b.expand(x, [samples, rows, 3]), every(b, weight('a.weight'), samples)), weight('a.bias')),
  );
  const features = b.concat([hidden, b.mul(hidden, hidden)], 2);
  const y = b.mul(b.matMul(features, every(b, weight('b.weight'), samples)), weight('scale'));
  const error = b.sub(y, b.constant(randomValues(rows * 2, 2), [rows, 2]));
  let loss = b.reduceMean(b.mul(error, error));
  const kl = family.divergence(b, values, prior, priorSigmas);
  if (kl !== undefined) {
    b.output('kl', kl);
    loss = b.add(loss, b.mul(kl, b.scalar(0.1)));
  }
  b.output('loss', loss);
  const names = [...values.keys()];
  gradient(b, loss, [...values.values()]).forEach((value, i) => {
    b.output(`gradient.${names[i]}`, value);
  });
  return { graph: b.build(), inputs };
}

function every(b: GraphBuilder, value: Value, samples: number): Value {
  return b.expand(value, [samples, ...value.shape.slice(1)]);
}
