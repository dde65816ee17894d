/**
 * A network as data: a directed acyclic graph of ONNX operators with static shapes, float32 throughout.
 * Nodes stand in topological order; a value is the output of one node, an input, or a constant.
 * Arrays are row-major. What an operator means lives in operators/, how a graph is written in builder.ts.
 */

export type Shape = readonly number[];

/** Anything of an operator that is known when the graph is built: axes, sizes, exponents, indices. */
export type Attributes = Readonly<Record<string, number | boolean | readonly number[]>>;

export interface Value {
  /** Unique within its graph. */
  readonly id: number;
  readonly shape: Shape;
}

export interface GraphNode {
  /** Name in the operator registry, the ONNX name where ONNX has the operator. */
  readonly operator: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly output: Value;
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export interface GraphConstant {
  readonly value: Value;
  readonly data: Float32Array;
}

export interface Graph {
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
  readonly constants: readonly GraphConstant[];
  /** Topological order. */
  readonly nodes: readonly GraphNode[];
}

/** Number of elements of a shape; 1 for a scalar (shape []). */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Multiplications and additions of all matrix products in the graph, 2·m·n·k each: what GFLOP/s are counted in. */
export function matrixFlops(graph: Graph): number {
  let flops = 0;
  for (const node of graph.nodes) {
    if (node.operator !== 'MatMul') continue;
    const left = node.inputs[0]?.shape ?? [];
    const inner = left.at(node.attributes.transposeA === true ? -2 : -1) ?? 1;
    flops += 2 * elements(node.output.shape) * inner;
  }
  return flops;
}
