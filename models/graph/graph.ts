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

/**
 * Multiplications and additions of all matrix products and convolutions in the graph, 2·m·n·k each: what GFLOP/s
 * are counted in. Products with the zeros around a field count, element-wise work does not.
 */
export function matrixFlops(graph: Graph): number {
  let flops = 0;
  for (const { operator, inputs, attributes, output } of graph.nodes) {
    const inner =
      operator === 'MatMul'
        ? inputs[0]?.shape.at(attributes.transposeA === true ? -2 : -1)
        : operator === 'Convolution'
          ? inputs[1]?.shape[0]
          : undefined;
    if (inner !== undefined) flops += 2 * elements(output.shape) * inner;
  }
  return flops;
}
