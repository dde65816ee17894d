/**
 * Runs a graph in float64 by the plain loops of each operator: slow, obvious, and exact enough for central
 * differences. The other executors are tested against it. Constants are the float32 numbers of the graph.
 */
import { usageError } from '../../core/errors.js';
import { elements, type Graph } from './graph.js';
import { operatorNamed } from './operators/registry.js';

/**
 * @param inputs row-major numbers by input name
 * @returns row-major numbers by output name
 * @throws a usage error when an input is missing or of the wrong length
 */
export function runReference(
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const values = new Map<number, Float64Array>();
  for (const { name, value } of graph.inputs) {
    const given = inputs[name];
    if (given === undefined || given.length !== elements(value.shape)) {
      throw usageError(
        `graph input "${name}": ${given?.length ?? 'no'} numbers given, shape [${value.shape}] has ${elements(value.shape)}`,
      );
    }
    values.set(value.id, Float64Array.from(given));
  }
  for (const { value, data } of graph.constants) values.set(value.id, Float64Array.from(data));
  const read = (id: number): Float64Array => values.get(id) as Float64Array;
  for (const node of graph.nodes) {
    const output = new Float64Array(elements(node.output.shape));
    operatorNamed(node.operator).evaluate(
      node.inputs.map((input) => read(input.id)),
      node,
      output,
    );
    values.set(node.output.id, output);
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, read(value.id)]));
}
