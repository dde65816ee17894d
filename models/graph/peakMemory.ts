/**
 * The memory that a graph needs while it runs, foretold from its shapes: values are counted from the node that makes them
 * to their last reader, as an allocator with reuse holds them. Reshapes and results that stand in for their operand share
 * its memory.
 */
import { elements, type Graph } from './graph.js';

export interface GraphMemory {
  /** Largest sum of the values that are alive at the same time, inputs, constants and outputs left out; bytes. */
  readonly activations: number;
  readonly inputs: number;
  readonly constants: number;
  readonly outputs: number;
}

const float = 4;

export function graphMemory(graph: Graph): GraphMemory {
  const outside = new Set([...graph.inputs, ...graph.constants].map(({ value }) => value.id));
  const outputs = new Set(graph.outputs.map(({ value }) => value.id));
  // whose memory a value lies in
  const owner = new Map<number, number>();
  const ownerOf = (id: number): number => owner.get(id) ?? id;
  for (const { operator, inputs, output } of graph.nodes) {
    const [first] = inputs;
    if (operator === 'Reshape' && first !== undefined) owner.set(output.id, ownerOf(first.id));
  }
  const lastReader = new Map<number, number>();
  graph.nodes.forEach(({ inputs }, at) => {
    for (const { id } of inputs) lastReader.set(ownerOf(id), at);
  });
  const ending = new Map<number, number[]>();
  for (const [id, at] of lastReader) ending.set(at, [...(ending.get(at) ?? []), id]);
  const sizes = new Map<number, number>();
  let alive = 0;
  let most = 0;
  graph.nodes.forEach(({ output }, at) => {
    if (ownerOf(output.id) === output.id && !outputs.has(output.id)) {
      const bytes = float * elements(output.shape);
      sizes.set(output.id, bytes);
      alive += bytes;
      most = Math.max(most, alive);
    }
    for (const id of ending.get(at) ?? []) {
      if (outside.has(id)) continue;
      alive -= sizes.get(id) ?? 0;
      sizes.delete(id);
    }
  });
  const bytes = (values: readonly { readonly value: { readonly shape: readonly number[] } }[]): number =>
    values.reduce((sum, { value }) => sum + float * elements(value.shape), 0);
  return {
    activations: most,
    inputs: bytes(graph.inputs),
    constants: bytes(graph.constants),
    outputs: bytes(graph.outputs),
  };
}
