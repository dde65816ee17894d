/**
 * Operators that move numbers and compute nothing: reshape, transpose, expand, concat, slice, pad.
 * They come in adjoint pairs (slice and pad, expand and sum, concat and slice), which their gradients use.
 */
import { usageError } from '../../../core/errors.js';
import { elements, type Value } from '../graph.js';
import type { Operator } from '../operator.js';
import { broadcastShapes, broadcastStrides, sameShape, strides, walk } from '../shapes.js';
import { sumTo } from './binary.js';

type Numbers = readonly number[];

/** Row-major order kept, shape changed: attributes { shape }. */
export const reshape: Operator = {
  name: 'Reshape',
  infer([x], attributes) {
    const shape = attributes.shape as Numbers;
    if (elements(shape) !== elements(x!)) {
      throw usageError(`Reshape: [${x}] has ${elements(x!)} elements, [${shape}] has ${elements(shape)}`);
    }
    return shape;
  },
  gradient: (ops, node, upstream) => [ops.reshape(upstream, node.inputs[0]!.shape)],
  toOnnx: (writer, node, [x]) => writer.node('Reshape', [x!, writer.int64(node.output.shape)]),
  tfjs: (backend, [x], node) => backend.reshape(x!, [...node.output.shape]),
  evaluate: ([x], _node, output) => output.set(x!),
};

/** Axes in another order: attributes { permutation }. */
export const transpose: Operator = {
  name: 'Transpose',
  infer([x], attributes) {
    const permutation = attributes.permutation as Numbers;
    if (
      !sameShape(
        [...permutation].sort((a, b) => a - b),
        x!.map((_, axis) => axis),
      )
    ) {
      throw usageError(`Transpose: [${permutation}] is not an order of the axes of [${x}]`);
    }
    return permutation.map((axis) => x![axis]!);
  },
  gradient(ops, node, upstream) {
    const permutation = node.attributes.permutation as Numbers;
    return [
      ops.transpose(
        upstream,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
  toOnnx: (writer, node, inputs) =>
    writer.node('Transpose', inputs, { perm: { ints: node.attributes.permutation as Numbers } }),
  tfjs: (backend, [x], node) => backend.transpose(x!, [...(node.attributes.permutation as Numbers)]),
  evaluate([x], node, output) {
    const source = strides(node.inputs[0]!.shape);
    const permuted = (node.attributes.permutation as Numbers).map((axis) => source[axis]!);
    walk(node.output.shape, [permuted], (i, at) => {
      output[i] = x![at[0]!]!;
    });
  },
};

/** Broadcasting made explicit: attributes { shape }. */
export const expand: Operator = {
  name: 'Expand',
  infer([x], attributes) {
    const shape = attributes.shape as Numbers;
    if (!sameShape(broadcastShapes(x!, shape, 'Expand'), shape)) {
      throw usageError(`Expand: [${x}] does not broadcast to [${shape}]`);
    }
    return shape;
  },
  gradient: (ops, node, upstream) => [sumTo(ops, upstream, node.inputs[0]!.shape)],
  toOnnx: (writer, node, [x]) => writer.node('Expand', [x!, writer.int64(node.output.shape)]),
  tfjs: (backend, [x], node) => backend.broadcastTo(x!, [...node.output.shape]),
  evaluate([x], node, output) {
    walk(node.output.shape, [broadcastStrides(node.inputs[0]!.shape, node.output.shape)], (i, at) => {
      output[i] = x![at[0]!]!;
    });
  },
};

/** Values one after another along an axis: attributes { axis }. */
export const concat: Operator = {
  name: 'Concat',
  infer(shapes, attributes) {
    const axis = attributes.axis as number;
    const first = shapes[0]!;
    for (const shape of shapes) {
      const fits = shape.length === first.length && shape.every((n, i) => i === axis || n === first[i]);
      if (!fits) throw usageError(`Concat: [${first}] and [${shape}] differ outside axis ${axis}`);
    }
    const total = shapes.reduce((sum, shape) => sum + shape[axis]!, 0);
    return first.map((size, i) => (i === axis ? total : size));
  },
  gradient(ops, node, upstream, needed) {
    const axis = node.attributes.axis as number;
    let at = 0;
    return node.inputs.map((input: Value, i) => {
      const starts = input.shape.map((_, a) => (a === axis ? at : 0));
      at += input.shape[axis]!;
      return needed[i] ? ops.slice(upstream, starts, input.shape) : null;
    });
  },
  toOnnx: (writer, node, inputs) =>
    writer.node('Concat', inputs, { axis: { int: node.attributes.axis as number } }),
  tfjs: (backend, inputs, node) => backend.concat([...inputs], node.attributes.axis as number),
  evaluate(inputs, node, output) {
    const axis = node.attributes.axis as number;
    const row = elements(node.output.shape.slice(axis));
    let at = 0;
    inputs.forEach((x, i) => {
      const size = elements(node.inputs[i]!.shape.slice(axis));
      for (let r = 0; r * size < x.length; r++)
        output.set(x.subarray(r * size, (r + 1) * size), r * row + at);
      at += size;
    });
  },
};

/** A box: attributes { starts, sizes }, one of each per axis. */
export const slice: Operator = {
  name: 'Slice',
  infer([x], attributes) {
    const starts = attributes.starts as Numbers;
    const sizes = attributes.sizes as Numbers;
    const inside = x!.every((n, axis) => starts[axis]! >= 0 && starts[axis]! + sizes[axis]! <= n);
    if (starts.length !== x!.length || sizes.length !== x!.length || !inside) {
      throw usageError(`Slice: the box at [${starts}] of sizes [${sizes}] leaves shape [${x}]`);
    }
    return sizes;
  },
  gradient(ops, node, upstream) {
    const { shape } = node.inputs[0]!;
    const starts = node.attributes.starts as Numbers;
    const after = shape.map((n, axis) => n - starts[axis]! - upstream.shape[axis]!);
    return [ops.pad(upstream, starts, after)];
  },
  toOnnx(writer, node, [x]) {
    const { shape } = node.inputs[0]!;
    const starts = node.attributes.starts as Numbers;
    const sizes = node.attributes.sizes as Numbers;
    const axes = shape.flatMap((n, axis) => (sizes[axis] === n ? [] : [axis]));
    return writer.node('Slice', [
      x!,
      writer.int64(axes.map((axis) => starts[axis]!)),
      writer.int64(axes.map((axis) => starts[axis]! + sizes[axis]!)),
      writer.int64(axes),
    ]);
  },
  tfjs: (backend, [x], node) =>
    backend.slice(x!, [...(node.attributes.starts as Numbers)], [...(node.attributes.sizes as Numbers)]),
  evaluate([x], node, output) {
    const source = strides(node.inputs[0]!.shape);
    const starts = node.attributes.starts as Numbers;
    const offset = starts.reduce((sum, start, axis) => sum + start * source[axis]!, 0);
    walk(node.output.shape, [source], (i, at) => {
      output[i] = x![offset + at[0]!]!;
    });
  },
};

/** Zeros around: attributes { before, after }, one of each per axis. */
export const pad: Operator = {
  name: 'Pad',
  infer([x], attributes) {
    const before = attributes.before as Numbers;
    const after = attributes.after as Numbers;
    const valid = [...before, ...after].every((n) => n >= 0);
    if (before.length !== x!.length || after.length !== x!.length || !valid) {
      throw usageError(`Pad: [${before}] before and [${after}] after do not fit shape [${x}]`);
    }
    return x!.map((n, axis) => before[axis]! + n + after[axis]!);
  },
  gradient: (ops, node, upstream) => [
    ops.slice(upstream, node.attributes.before as Numbers, node.inputs[0]!.shape),
  ],
  toOnnx: (writer, node, [x]) =>
    writer.node('Pad', [
      x!,
      writer.int64([...(node.attributes.before as Numbers), ...(node.attributes.after as Numbers)]),
    ]),
  tfjs(backend, [x], node) {
    const after = node.attributes.after as Numbers;
    const widths = (node.attributes.before as Numbers).map((n, axis): [number, number] => [n, after[axis]!]);
    return backend.pad(x!, widths);
  },
  evaluate([x], node, output) {
    const target = strides(node.output.shape);
    const before = node.attributes.before as Numbers;
    const offset = before.reduce((sum, n, axis) => sum + n * target[axis]!, 0);
    output.fill(0);
    walk(node.inputs[0]!.shape, [target], (i, at) => {
      output[offset + at[0]!] = x![i]!;
    });
  },
};
