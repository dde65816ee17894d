/**
 * Writes a graph: every operation appends a node and returns its output value.
 * Equal nodes are stored once (forward and backward passes share work), nodes no output needs are dropped, and
 * operations that change nothing (a reshape to the same shape, an expand that broadcasting implies) are not written.
 *
 *   const b = new GraphBuilder();
 *   const x = b.input('x', [64, 8]);
 *   b.output('y', b.tanh(b.matMul(x, b.input('w', [8, 3]))));
 *   const graph = b.build();
 */
import { usageError } from '../../core/errors.js';
import {
  type Attributes,
  elements,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type NamedValue,
  type Shape,
  type Value,
} from './graph.js';
import type { MatMulOptions, Operations } from './operator.js';
import { operatorNamed } from './operators/registry.js';
import { broadcastShapes, normaliseAxis, sameShape } from './shapes.js';

export class GraphBuilder implements Operations {
  readonly #inputs: NamedValue[] = [];
  readonly #outputs: NamedValue[] = [];
  readonly #constants: GraphConstant[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #known = new Map<string, Value>();
  readonly #producers = new Map<number, GraphNode>();
  #nextId = 0;

  /** Nodes written so far, in topological order. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  /** A value fed at every run. @throws a usage error when the name is taken or the shape is not positive */
  input(name: string, shape: Shape): Value {
    this.#claim(name);
    const wrong = shape.find((size) => !Number.isInteger(size) || size < 1);
    if (wrong !== undefined) throw usageError(`graph input "${name}": [${shape}] has a size of ${wrong}`);
    const value = this.#value(shape);
    this.#inputs.push({ name, value });
    return value;
  }

  /** Names a value as a result; the name differs from every input's. An input or constant may be a result too. */
  output(name: string, value: Value): void {
    this.#claim(name);
    this.#outputs.push({ name, value });
  }

  constant(data: Float32Array, shape: Shape): Value {
    if (data.length !== elements(shape)) {
      throw usageError(
        `constant of shape [${shape}]: ${data.length} numbers given, expected ${elements(shape)}`,
      );
    }
    const value = this.#value(shape);
    this.#constants.push({ value, data });
    return value;
  }

  scalar(value: number): Value {
    const rounded = Math.fround(value);
    return this.#once(`scalar ${Object.is(rounded, -0) ? '-0' : rounded}`, () =>
      this.constant(Float32Array.of(rounded), []),
    );
  }

  /** Appends any registered operator. */
  apply(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const key = `${operator} ${inputs.map((input) => input.id)} ${JSON.stringify(attributes)}`;
    return this.#once(key, () => {
      const shapes = inputs.map((input) => input.shape);
      const output = this.#value(operatorNamed(operator).infer(shapes, attributes));
      const node = { operator, inputs, attributes, output };
      this.#nodes.push(node);
      this.#producers.set(output.id, node);
      return output;
    });
  }

  /** The finished graph: only what its outputs need, inputs always. */
  build(): Graph {
    const needed = new Set(this.#outputs.map((output) => output.value.id));
    const nodes: GraphNode[] = [];
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const node = this.#nodes[i] as GraphNode;
      if (!needed.has(node.output.id)) continue;
      for (const input of node.inputs) needed.add(input.id);
      nodes.push(node);
    }
    return {
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      constants: this.#constants.filter((constant) => needed.has(constant.value.id)),
      nodes: nodes.reverse(),
    };
  }

  add = (a: Value, b: Value): Value => this.#binary('Add', a, b);
  sub = (a: Value, b: Value): Value => this.#binary('Sub', a, b);
  mul = (a: Value, b: Value): Value => this.#binary('Mul', a, b);
  div = (a: Value, b: Value): Value => this.#binary('Div', a, b);
  max = (a: Value, b: Value): Value => this.#binary('Max', a, b);
  min = (a: Value, b: Value): Value => this.#binary('Min', a, b);
  greater = (a: Value, b: Value): Value => this.#binary('Greater', a, b);
  neg = (x: Value): Value => this.apply('Neg', [x]);
  abs = (x: Value): Value => this.apply('Abs', [x]);
  sign = (x: Value): Value => this.apply('Sign', [x]);
  sqrt = (x: Value): Value => this.apply('Sqrt', [x]);
  exp = (x: Value): Value => this.apply('Exp', [x]);
  log = (x: Value): Value => this.apply('Log', [x]);
  tanh = (x: Value): Value => this.apply('Tanh', [x]);
  sigmoid = (x: Value): Value => this.apply('Sigmoid', [x]);
  softplus = (x: Value): Value => this.apply('Softplus', [x]);
  erf = (x: Value): Value => this.apply('Erf', [x]);
  relu = (x: Value): Value => this.apply('Relu', [x]);
  gelu = (x: Value): Value => this.apply('Gelu', [x]);
  where = (mask: Value, a: Value, b: Value): Value => this.apply('Where', [mask, a, b]);

  pow(x: Value, exponent: number): Value {
    return exponent === 1 ? x : this.apply('Pow', [x], { exponent });
  }

  sum(values: readonly Value[]): Value {
    const [first, second] = values;
    if (values.length === 1 && first !== undefined) return first;
    if (values.length === 2 && first !== undefined && second !== undefined) return this.add(first, second);
    return this.apply('Sum', values);
  }

  matMul(a: Value, b: Value, options: MatMulOptions = {}): Value {
    const transposeA = options.transposeA === true;
    const transposeB = options.transposeB === true;
    // One large product instead of many small ones, and a weight gradient that needs no sum over the batch.
    if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
      const rows = this.reshape(a, [-1, a.shape.at(-1) ?? 1]);
      const product = this.matMul(rows, b, { transposeB });
      return this.reshape(product, [...a.shape.slice(0, -1), product.shape[1] ?? 1]);
    }
    return this.apply('MatMul', [a, b], { transposeA, transposeB });
  }

  convolution(x: Value, weights: Value, size: number, margin: number): Value {
    return this.apply('Convolution', [x, weights], { size, margin });
  }

  normalise(x: Value, epsilon: number): Value {
    return this.apply('LayerNormalization', [x], { epsilon });
  }

  inverseDeviation(x: Value, epsilon: number): Value {
    return this.apply('InverseDeviation', [x], { epsilon });
  }

  softmax(x: Value, axis = -1): Value {
    return this.apply('Softmax', [x], { axis: normaliseAxis(axis, x.shape, 'Softmax') });
  }

  reshape(x: Value, shape: Shape): Value {
    const known = elements(shape.filter((size) => size !== -1));
    const full = shape.map((size) => (size === -1 ? elements(x.shape) / known : size));
    if (sameShape(full, x.shape)) return x;
    const producer = this.#producers.get(x.id);
    const [source] = producer?.operator === 'Reshape' ? producer.inputs : [x];
    if (source !== undefined && sameShape(full, source.shape)) return source;
    return this.apply('Reshape', [source ?? x], { shape: full });
  }

  transpose(x: Value, permutation: readonly number[]): Value {
    if (permutation.every((from, to) => from === to) && permutation.length === x.shape.length) return x;
    return this.apply('Transpose', [x], { permutation });
  }

  expand(x: Value, shape: Shape): Value {
    return sameShape(x.shape, shape) ? x : this.apply('Expand', [x], { shape });
  }

  concat(values: readonly Value[], axis: number): Value {
    const [first] = values;
    if (first === undefined) throw usageError('Concat: no values given, expected at least one');
    if (values.length === 1) return first;
    return this.apply('Concat', values, { axis: normaliseAxis(axis, first.shape, 'Concat') });
  }

  slice(x: Value, starts: readonly number[], sizes: readonly number[]): Value {
    const whole = sameShape(sizes, x.shape) && starts.every((start) => start === 0);
    return whole ? x : this.apply('Slice', [x], { starts, sizes });
  }

  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    return [...before, ...after].every((n) => n === 0) ? x : this.apply('Pad', [x], { before, after });
  }

  gather(x: Value, indices: readonly number[], axis: number): Value {
    const along = normaliseAxis(axis, x.shape, 'Gather');
    const size = x.shape[along] ?? 0;
    if (indices.length === size && indices.every((index, i) => index === i)) return x;
    return this.apply('Gather', [x], { indices, axis: along });
  }

  reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
    const all =
      axes?.map((axis) => normaliseAxis(axis, x.shape, 'ReduceSum')) ?? x.shape.map((_, axis) => axis);
    return all.length === 0 ? x : this.apply('ReduceSum', [x], { axes: all, keepDims });
  }

  reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
    const total = this.reduceSum(x, axes, keepDims);
    return this.mul(total, this.scalar(elements(total.shape) / elements(x.shape)));
  }

  #binary(operator: string, a: Value, b: Value): Value {
    const shape = broadcastShapes(a.shape, b.shape, operator);
    return this.apply(operator, [this.#unexpanded(a, b, shape), this.#unexpanded(b, a, shape)]);
  }

  /** The value before an Expand that broadcasting against `other` would do anyway. */
  #unexpanded(value: Value, other: Value, shape: Shape): Value {
    const producer = this.#producers.get(value.id);
    const [source] = producer?.operator === 'Expand' ? producer.inputs : [];
    if (source === undefined) return value;
    return sameShape(broadcastShapes(source.shape, other.shape, 'Expand'), shape) ? source : value;
  }

  /** Inputs and outputs share one space of names, as in ONNX; names beginning with "#" are the encoder's. */
  #claim(name: string): void {
    const taken = [...this.#inputs, ...this.#outputs].some((other) => other.name === name);
    if (taken || name === '' || name.startsWith('#')) {
      throw usageError(`graph: the name "${name}" is ${taken ? 'taken' : 'not allowed'}; choose another`);
    }
  }

  #value(shape: Shape): Value {
    return { id: this.#nextId++, shape };
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}
