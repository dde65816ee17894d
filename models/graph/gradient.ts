/**
 * Reverse-mode differentiation of a graph into the same graph: the chain rule walked from the loss back to the
 * values asked for, each operator contributing its own rule (operator.ts), contributions of several uses summed.
 * Griewank & Walther 2008, Evaluating Derivatives, ch. 3.
 */
import { usageError } from '../../core/errors.js';
import type { GraphBuilder } from './builder.js';
import type { Value } from './graph.js';
import { operatorNamed } from './operators/registry.js';

/**
 * Gradients of a scalar with respect to any values of the graph.
 * @param loss one element
 * @param wrt the values to differentiate by
 * @returns one value per entry of wrt, of its shape; zeros where the loss does not depend on it
 * @throws a usage error when the loss is not a scalar
 */
export function gradient(builder: GraphBuilder, loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.some((size) => size !== 1)) {
    throw usageError(`gradient: the loss has shape [${loss.shape}], expected a scalar; reduce it first`);
  }
  const nodes = [...builder.nodes];
  const depends = new Set(wrt.map((value) => value.id));
  for (const node of nodes) {
    if (node.inputs.some((input) => depends.has(input.id))) depends.add(node.output.id);
  }

  const contributions = new Map<number, Value[]>();
  contributions.set(loss.id, [builder.expand(builder.scalar(1), loss.shape)]);
  for (const node of nodes.reverse()) {
    const arrived = contributions.get(node.output.id);
    if (arrived === undefined || !depends.has(node.output.id)) continue;
    const upstream = builder.sum(arrived);
    contributions.set(node.output.id, [upstream]);
    const needed = node.inputs.map((input) => depends.has(input.id));
    const parts = operatorNamed(node.operator).gradient(builder, node, upstream, needed);
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (!needed[i] || part === null || part === undefined) return;
      contributions.set(input.id, [...(contributions.get(input.id) ?? []), part]);
    });
  }
  return wrt.map((value) => {
    const arrived = contributions.get(value.id);
    return arrived === undefined
      ? builder.expand(builder.scalar(0), value.shape)
      : builder.expand(builder.sum(arrived), value.shape);
  });
}
