/**
 * Small networks for regression, written as graphs, for which every posterior is tried: what they must tell a weight
 * family and a training. Inputs are [n, inputs], outputs [S, n, outputs], S weight samples.
 */
import type { HiddenRows, Network, OutputLayer } from '../../models/bayesian/networks/network.js';
import type { GraphBuilder } from '../../models/graph/builder.js';
import type { Value } from '../../models/graph/graph.js';

export interface RegressionNetwork
  extends Pick<Network, 'parameters' | 'initialScale' | 'isRandom' | 'hiddenRows'> {
  readonly inputs: number;
  readonly outputs: number;
  readonly outputLayer: OutputLayer;
  /**
   * @param weights by parameter name, each [S or 1, ...shape]
   * @param x [1, n, inputs]
   * @returns outputs [S, n, outputs], and what the last matrix is multiplied with, [S, n, in]
   */
  forward(
    b: GraphBuilder,
    weights: ReadonlyMap<string, Value>,
    x: Value,
  ): { readonly output: Value; readonly features: Value };
}

function weightNamed(weights: ReadonlyMap<string, Value>, name: string): Value {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`no weight "${name}" was given`);
  return weight;
}

/** y = x W, W [inputs, outputs]: the model whose posterior is known exactly. */
export function linearNetwork(inputs: number, outputs = 1, initialScale = 0): RegressionNetwork {
  return {
    inputs,
    outputs,
    parameters: new Map([['out.weight', [inputs, outputs]]]),
    outputLayer: { parameter: 'out.weight', incrementColumns: Array.from({ length: outputs }, (_, c) => c) },
    initialScale: () => initialScale,
    isRandom: () => true,
    // every input counts as a hidden unit, so that masks fall on the inputs
    hiddenRows: () => ({ period: inputs, units: inputs }),
    forward: (b, weights, x) => ({ output: b.matMul(x, weightNamed(weights, 'out.weight')), features: x }),
  };
}

/**
 * Two hidden layers of tanh and a linear one, whose matrix has a row for the constant 1:
 *   h₁ = tanh(x W₁ + b₁),   h₂ = tanh(h₁ W₂ + b₂),   y = [h₂, 1] W₃.
 * First weights and biases start wide, so that the kinks of the units lie all over the interval −1 … 1.
 */
export function tanhNetwork(hidden: number): RegressionNetwork {
  const masked: HiddenRows = { period: hidden, units: hidden };
  return {
    inputs: 1,
    outputs: 1,
    parameters: new Map([
      ['first.weight', [1, hidden]],
      ['first.bias', [1, hidden]],
      ['second.weight', [hidden, hidden]],
      ['second.bias', [1, hidden]],
      ['out.weight', [hidden + 1, 1]],
    ]),
    outputLayer: { parameter: 'out.weight', incrementColumns: [0] },
    initialScale(name) {
      if (name.startsWith('first.')) return 2;
      return name.endsWith('.bias') ? 0.5 : 1 / Math.sqrt(hidden);
    },
    isRandom: () => true,
    hiddenRows(name) {
      if (name === 'second.weight') return masked;
      return name === 'out.weight' ? { period: hidden + 1, units: hidden } : undefined;
    },
    forward(b, weights, x) {
      const layer = (from: Value, name: string): Value => {
        const product = b.matMul(from, weightNamed(weights, `${name}.weight`));
        return b.tanh(b.add(product, weightNamed(weights, `${name}.bias`)));
      };
      const last = layer(layer(x, 'first'), 'second');
      const ones = b.expand(b.scalar(1), [...last.shape.slice(0, -1), 1]);
      const features = b.concat([last, ones], 2);
      return { output: b.matMul(features, weightNamed(weights, 'out.weight')), features };
    },
  };
}

/**
 * P networks of one output beside each other, as one: parameters [P, ...shape], output p that of network p. The sum of
 * their losses is the loss of all, so they train together as they would alone.
 */
export function parallel(network: RegressionNetwork, count: number): RegressionNetwork {
  return {
    ...network,
    outputs: count,
    parameters: new Map([...network.parameters].map(([name, shape]) => [name, [count, ...shape]])),
    // no matrix of its own is the last one: nothing asks for rows or features of many networks at once
    hiddenRows: () => undefined,
    forward(b, weights, x) {
      const each = new Map(
        [...weights].map(([name, value]) => [name, b.reshape(value, value.shape.slice(1))]),
      );
      const { output, features } = network.forward(b, each, x);
      return { output: b.transpose(output, [2, 1, 0]), features };
    },
  };
}
