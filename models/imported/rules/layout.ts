/** Operators of ONNX that move numbers: shapes, axes, slices, joins, frames; and what they are told in, shapes as numbers. */
import type { GraphBuilder } from '../../graph/builder.js';
import { elements, type Shape, type Value } from '../../graph/graph.js';
import { type KnownNumbers, knownInts, type NodeContext, type Rule } from './rule.js';

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

const reshape: Rule = (node) => {
  const x = node.x();
  const keepZero = node.int('allowzero', 0) === 0;
  const target = (node.intList('shape') ?? node.ints(1)).map((size, axis) =>
    size === 0 && keepZero ? (x.shape[axis] ?? 1) : size,
  );
  return node.b.reshape(x, target);
};

const flatten: Rule = (node) => {
  const x = node.x();
  const axis = node.int('axis', 1);
  return node.b.reshape(x, [elements(x.shape.slice(0, axis < 0 ? axis + x.shape.length : axis)), -1]);
};

const squeeze: Rule = (node) => {
  const { shape } = node.operand(0);
  const axes = node.axes(1)?.map((axis) => node.axis(axis, shape));
  const kept = shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis)));
  return node.b.reshape(node.x(), kept);
};

const unsqueeze: Rule = (node) => {
  const { shape } = node.operand(0);
  const given = node.axes(1) ?? node.fail('has no axes');
  const rank = shape.length + given.length;
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
  let from = 0;
  return node.b.reshape(
    node.x(),
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (shape[from++] ?? 1))),
  );
};

const transpose: Rule = (node) => {
  const x = node.x();
  return node.b.transpose(x, node.intList('perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis));
};

const expand: Rule = (node) => {
  const x = node.x();
  const target = node.ints(1);
  const rank = Math.max(target.length, x.shape.length);
  const size = (shape: Shape, axis: number): number => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(size(x.shape, axis), size(target, axis)));
  return node.b.expand(x, shape);
};

const concat: Rule = (node) => {
  const values = node.operands.map((_, i) => node.x(i)).filter(({ shape }) => elements(shape) > 0);
  const [first] = values;
  return first === undefined
    ? node.fail('joins nothing')
    : node.b.concat(values, node.axis(node.int('axis', 0), first.shape));
};

/** Indices along an axis that a slice takes, as numpy counts them. */
function slicedIndices(size: number, start: number, end: number, step: number): number[] {
  const clamp = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const [first, last] =
    step > 0
      ? [clamp(start, 0, size), clamp(end, 0, size)]
      : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)];
  return Array.from({ length: Math.max(0, Math.ceil((last - first) / step)) }, (_, i) => first + i * step);
}

/** Consecutive rows are a slice, which is cheaper than a gather and its gradient than many. */
export function takeAlong(b: GraphBuilder, x: Value, indices: readonly number[], axis: number): Value {
  const [first = 0] = indices;
  const consecutive = first >= 0 && indices.every((index, i) => index === first + i);
  if (!consecutive) return b.gather(x, indices, axis);
  return b.slice(
    x,
    x.shape.map((_, i) => (i === axis ? first : 0)),
    x.shape.map((size, i) => (i === axis ? indices.length : size)),
  );
}

const slice: Rule = (node) => {
  let x = node.x();
  const starts = node.has(1) ? node.ints(1) : (node.intList('starts') ?? []);
  const ends = node.has(2) ? node.ints(2) : (node.intList('ends') ?? []);
  const axes = node.axes(3) ?? starts.map((_, i) => i);
  const steps = node.has(4) ? node.ints(4) : starts.map(() => 1);
  starts.forEach((start, i) => {
    const axis = node.axis(axes[i] ?? i, x.shape);
    const indices = slicedIndices(x.shape[axis] ?? 0, start, ends[i] ?? 0, steps[i] ?? 1);
    if (indices.length === 0) node.fail(`takes nothing of axis ${axis}`);
    x = takeAlong(node.b, x, indices, axis);
  });
  return x;
};

/** Empty slices of shapes are nothing to compute with, but something to join. */
const sliceOrNothing: Rule = (node) => {
  const { known } = node.operand(0);
  if (known === undefined || known.shape.length !== 1 || !node.has(1)) return slice(node);
  const steps = node.has(4) ? node.ints(4) : [1];
  const indices = slicedIndices(
    known.numbers.length,
    node.ints(1)[0] ?? 0,
    node.ints(2)[0] ?? 0,
    steps[0] ?? 1,
  );
  return {
    shape: [indices.length],
    numbers: Float64Array.from(indices, (i) => known.numbers[i] ?? 0),
    integer: known.integer,
  };
};

const split: Rule = (node) => {
  const x = node.x();
  const axis = node.axis(node.int('axis', 0), x.shape);
  const size = x.shape[axis] ?? 0;
  const parts = node.int('num_outputs', node.outputs);
  const even = Math.ceil(size / parts);
  const sizes =
    (node.has(1) ? node.ints(1) : node.intList('split')) ??
    Array.from({ length: parts }, (_, i) => Math.min(even, size - i * even));
  let from = 0;
  return sizes.map((length) => {
    from += length;
    return takeAlong(node.b, x, range(from - length, from), axis);
  });
};

const gather: Rule = (node) => {
  const x = node.x();
  const indices = node.numbers(1);
  const axis = node.axis(node.int('axis', 0), x.shape);
  const size = x.shape[axis] ?? 0;
  const flat = [...indices.numbers].map((index) => (index < 0 ? index + size : index));
  const taken = takeAlong(node.b, x, flat, axis);
  return node.b.reshape(taken, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
};

/** Where each point of a padded axis comes from; −1 for a constant. */
function paddedIndices(
  node: NodeContext,
  mode: string,
  size: number,
  before: number,
  after: number,
): number[] {
  const source = (at: number): number => {
    if (at >= 0 && at < size) return at;
    switch (mode) {
      case 'constant':
        return -1;
      case 'edge':
        return at < 0 ? 0 : size - 1;
      case 'wrap':
        return ((at % size) + size) % size;
      case 'reflect': {
        if (size === 1) return 0;
        const period = 2 * size - 2;
        const within = ((at % period) + period) % period;
        return within < size ? within : period - within;
      }
      default:
        return node.fail(`pads in mode "${mode}"`);
    }
  };
  return range(-before, size + after).map(source);
}

const pad: Rule = (node) => {
  const { b } = node;
  let x = node.x();
  const mode = node.text('mode', 'constant');
  const pads = node.has(1) ? node.ints(1) : (node.intList('pads') ?? []);
  const axes = node.has(3)
    ? node.ints(3).map((axis) => node.axis(axis, x.shape))
    : x.shape.map((_, axis) => axis);
  const [fill = 0] = mode === 'constant' && node.has(2) ? node.numbers(2).numbers : [];
  // A frame of another number than 0 is a frame of zeros about what is left without that number.
  if (fill !== 0) x = b.sub(x, b.scalar(fill));
  axes.forEach((axis, i) => {
    const [before, after] = [pads[i] ?? 0, pads[axes.length + i] ?? 0];
    const zeros = x.shape.map(() => 0);
    if (mode === 'constant' && before >= 0 && after >= 0)
      x = b.pad(x, zeros.with(axis, before), zeros.with(axis, after));
    else x = takeAlong(b, x, paddedIndices(node, mode, x.shape[axis] ?? 0, before, after), axis);
  });
  return fill === 0 ? x : b.add(x, b.scalar(fill));
};

const tile: Rule = (node) => {
  let x = node.x();
  node.ints(1).forEach((times, axis) => {
    const size = x.shape[axis] ?? 1;
    if (times > 1)
      x = node.b.gather(
        x,
        range(0, size * times).map((i) => i % size),
        axis,
      );
  });
  return x;
};

const depthToSpace: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const s = node.int('blocksize', 1);
  const crd = node.text('mode', 'DCR') === 'CRD';
  const blocks = b.reshape(x, crd ? [n, c / (s * s), s, s, h, w] : [n, s, s, c / (s * s), h, w]);
  return b.reshape(b.transpose(blocks, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [
    n,
    c / (s * s),
    h * s,
    w * s,
  ]);
};

const spaceToDepth: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const s = node.int('blocksize', 1);
  const blocks = b.reshape(x, [n, c, h / s, s, w / s, s]);
  return b.reshape(b.transpose(blocks, [0, 3, 5, 1, 2, 4]), [n, c * s * s, h / s, w / s]);
};

/** Part of a shape as numbers. */
const shapeOf: Rule = (node) => {
  const { shape } = node.operand(0);
  const at = (index: number): number => (index < 0 ? index + shape.length : index);
  return knownInts(shape.slice(at(node.int('start', 0)), at(node.int('end', shape.length))));
};

const constantOfShape: Rule = (node) => {
  const shape = node.ints(0);
  const tensor = node.tensor('value');
  const raw = tensor?.rawData;
  const view = raw === undefined || raw === null || raw.length === 0 ? undefined : Buffer.from(raw);
  const isFloat = tensor === undefined || tensor.dataType === 1;
  const listed = Number(tensor?.floatData?.[0] ?? tensor?.int64Data?.[0] ?? tensor?.int32Data?.[0] ?? 0);
  const fill =
    view === undefined
      ? listed
      : isFloat
        ? view.readFloatLE(0)
        : view.length >= 8
          ? Number(view.readBigInt64LE(0))
          : view.readIntLE(0, Math.min(4, view.length));
  return { shape, numbers: new Float64Array(elements(shape)).fill(fill), integer: !isFloat };
};

const rangeOf: Rule = (node) => {
  const [start = 0, limit = 0, step = 1] = [0, 1, 2].map((i) => node.numbers(i).numbers[0]);
  const count = Math.max(0, Math.ceil((limit - start) / step));
  const integer = [0, 1, 2].every((i) => node.numbers(i).integer);
  return {
    shape: [count],
    numbers: Float64Array.from({ length: count }, (_, i) => start + i * step),
    integer,
  };
};

/** Ones on and above, or below, a diagonal: the masks of attention. */
const triangle: Rule = (node) => {
  const { b } = node;
  const { shape } = node.operand(0);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const [diagonal = 0] = node.has(1) ? node.ints(1) : [];
  const upper = node.int('upper', 1) === 1;
  const kept = Float32Array.from({ length: rows * columns }, (_, i) => {
    const offset = (i % columns) - Math.floor(i / columns) - diagonal;
    return (upper ? offset >= 0 : offset <= 0) ? 1 : 0;
  });
  return b.where(b.constant(kept, [rows, columns]), node.x(), b.scalar(0));
};

const size: Rule = (node): KnownNumbers => knownInts([elements(node.operand(0).shape)], []);

/** Numbers given as attributes; tensors were read with the file. */
const constant: Rule = (node) => {
  const ints = node.intList('value_ints');
  if (ints !== undefined && ints.length > 0) return knownInts(ints);
  const whole = node.int('value_int', Number.NaN);
  if (!Number.isNaN(whole)) return knownInts([whole], []);
  const number = node.float('value_float', Number.NaN);
  if (Number.isNaN(number)) return node.fail('holds something other than numbers');
  return { shape: [], numbers: Float64Array.of(number), integer: false };
};

export const layoutRules: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Expand: expand,
  Concat: concat,
  Slice: sliceOrNothing,
  Split: split,
  Gather: gather,
  Pad: pad,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Shape: shapeOf,
  Size: size,
  ConstantOfShape: constantOfShape,
  Range: rangeOf,
  Trilu: triangle,
  Constant: constant,
};
