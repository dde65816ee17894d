/**
 * Which operators work row by row. The rows of a value lie along its first axis that is longer than one; a value cut
 * into n equal groups of rows is its numbers, in their order, cut into n equal stretches. An operator works row by row
 * where a group of rows of its result needs only the same group of some of its inputs, and the others whole. A product
 * or sum that runs over the rows is a total: the sum of what the groups give.
 * rowLoops.ts takes a graph through its groups of rows one after another.
 */
import { elements, type GraphNode, type Shape, type Value } from './graph.js';

/** How much of a value an operator needs, or makes, for one group of rows. */
export interface RowRule {
  readonly inputs: readonly ('rows' | 'whole')[];
  readonly output: 'rows' | 'total';
}

type Numbers = readonly number[];

/** The axis of the rows; the rank where every axis has length one. */
export function rowAxis(shape: Shape): number {
  const axis = shape.findIndex((size) => size > 1);
  return axis === -1 ? shape.length : axis;
}

/** The shape of one of `groups` groups of rows. */
export function groupShape(shape: Shape, groups: number): Shape {
  const axis = rowAxis(shape);
  return shape.map((size, i) => (i === axis ? size / groups : size));
}

/** True where the rows fall into equal groups. */
export function splits(shape: Shape, groups: number): boolean {
  return (shape[rowAxis(shape)] ?? 1) % groups === 0 && rowAxis(shape) < shape.length;
}

/** A node as it is for one group: values of a group's shape, totals and what is needed whole as they are. */
export function groupNode(node: GraphNode, rule: RowRule, groups: number): GraphNode {
  const part = (value: Value): Value => ({ ...value, shape: groupShape(value.shape, groups) });
  const inputs = node.inputs.map((value, i) => (rule.inputs[i] === 'rows' ? part(value) : value));
  const output = rule.output === 'rows' ? part(node.output) : node.output;
  const { shape, sizes } = node.attributes;
  const attributes = {
    ...node.attributes,
    ...(shape === undefined ? {} : { shape: output.shape }),
    ...(sizes === undefined ? {} : { sizes: output.shape }),
  };
  return { operator: node.operator, inputs, attributes, output };
}

/** The rule of a node for so many groups; undefined where it does not work row by row. */
export function rowRule(node: GraphNode, groups: number): RowRule | undefined {
  const rule = ruleOf(node);
  if (rule === undefined || isThin(node, rule, groups)) return undefined;
  const cut = node.inputs.every(({ shape }, i) => rule.inputs[i] === 'whole' || splits(shape, groups));
  return cut && (rule.output === 'total' || splits(node.output.shape, groups)) ? rule : undefined;
}

/** Fewest rows of a group that a product with a large matrix, or for one, is worth reading it for. */
const fewestRows = 8;
const largeMatrix = 16 * 1024;

/** True for products that a group has too few rows for. */
function isThin({ operator, inputs, output }: GraphNode, rule: RowRule, groups: number): boolean {
  if (operator !== 'MatMul') return false;
  const [first] = inputs;
  const matrix = rule.output === 'total' ? output : inputs.find((_, i) => rule.inputs[i] === 'whole');
  if (first === undefined || matrix === undefined || elements(matrix.shape) < largeMatrix) return false;
  return (first.shape[rowAxis(first.shape)] ?? 1) / groups < fewestRows;
}

function ruleOf(node: GraphNode): RowRule | undefined {
  const { operator, inputs, attributes, output } = node;
  const first = inputs[0]?.shape ?? [];
  const rows = rowAxis(first);
  const within = (condition: boolean): RowRule | undefined =>
    condition ? { inputs: inputs.map(() => 'rows'), output: 'rows' } : undefined;
  switch (operator) {
    case 'Reshape':
      return within(true);
    case 'Transpose':
      return within((attributes.permutation as Numbers).every((from, to) => to > rows || from === to));
    case 'Concat':
      return within((attributes.axis as number) > rowAxis(output.shape));
    case 'Slice':
      return within((attributes.sizes as Numbers).every((size, i) => i > rows || size === first[i]));
    case 'Pad':
      return within(output.shape.every((size, i) => i > rows || size === first[i]));
    case 'Gather':
    case 'Softmax':
      return within((attributes.axis as number) > rows);
    case 'LayerNormalization':
    case 'InverseDeviation':
      return within(rows < first.length - 1);
    case 'ReduceSum':
      return { inputs: ['rows'], output: (attributes.axes as Numbers).includes(rows) ? 'total' : 'rows' };
    case 'Convolution':
      return rows === 0 ? { inputs: ['rows', 'whole'], output: 'rows' } : undefined;
    case 'MatMul':
      return productRule(node);
    default:
      return elementwise(node);
  }
}

const notElementwise = new Set([
  ...['Reshape', 'Transpose', 'Concat', 'Slice', 'Pad', 'Gather', 'ReduceSum', 'MatMul', 'Convolution'],
  ...['Softmax', 'LayerNormalization', 'InverseDeviation'],
]);

/** True for operators whose numbers depend on one number of each operand. */
export function isElementwise({ operator }: GraphNode): boolean {
  return !notElementwise.has(operator);
}

/** Operands that are repeated along the rows are needed whole. */
function elementwise({ inputs, output }: GraphNode): RowRule | undefined {
  const axis = rowAxis(output.shape) - output.shape.length;
  if (axis === 0) return undefined;
  return {
    inputs: inputs.map(({ shape }) => ((shape.at(axis) ?? 1) === 1 ? 'whole' : 'rows')),
    output: 'rows',
  };
}

function productRule(node: GraphNode): RowRule | undefined {
  const { inputs, attributes, output } = node;
  const [left = [], right = []] = inputs.map(({ shape }) => shape);
  const { transposeA, transposeB } = attributes;
  const rows = rowAxis(output.shape) - output.shape.length;
  const summed = rowAxis(left) === left.length - 2 && rowAxis(right) === right.length - 2;
  if (transposeA === true && transposeB !== true && summed) {
    return { inputs: ['rows', 'rows'], output: 'total' };
  }
  if (rows < -2) return elementwise(node);
  if (rows !== -2 || transposeA === true) return undefined;
  return { inputs: ['rows', 'whole'], output: 'rows' };
}
