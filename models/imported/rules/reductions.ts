/** Sums, means, norms and averages of ONNX over axes or windows, and the normalisations made of them. */
import type { GraphBuilder } from '../../graph/builder.js';
import { elements, type Shape, type Value } from '../../graph/graph.js';
import { windowPoints, windowsOf } from './matrices.js';
import { type NodeContext, perChannel, type Rule } from './rule.js';

const reduction =
  (operation: (b: GraphBuilder, x: Value, axes: readonly number[], keep: boolean) => Value): Rule =>
  (node) => {
    const { shape } = node.operand(0);
    const axes = node.axes(1);
    if ((axes === undefined || axes.length === 0) && node.int('noop_with_empty_axes', 0) === 1)
      return node.x();
    const all = axes === undefined || axes.length === 0 ? shape.map((_, axis) => axis) : axes;
    return operation(node.b, node.x(), all, node.int('keepdims', 1) === 1);
  };

const sumOfSquares = (b: GraphBuilder, x: Value, axes: readonly number[], keep: boolean): Value =>
  b.reduceSum(b.mul(x, x), axes, keep);

/** Only of numbers that are known: sizes of shapes. */
const product: Rule = (node) => {
  const { numbers, integer, shape } = node.numbers(0);
  const axes = node.axes(1);
  if (axes !== undefined && axes.length > 0 && shape.length !== 1)
    node.fail('multiplies along some axes only');
  const keep = node.int('keepdims', 1) === 1;
  return {
    shape: keep ? shape.map(() => 1) : [],
    numbers: Float64Array.of(numbers.reduce((all, one) => all * one, 1)),
    integer,
  };
};

/** (x − mean) / √(variance + ε) over axes. */
function standardised(b: GraphBuilder, x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = b.sub(x, b.reduceMean(x, axes, true));
  const variance = b.reduceMean(b.mul(centred, centred), axes, true);
  return b.div(centred, b.sqrt(b.add(variance, b.scalar(epsilon))));
}

const from = (axis: number, shape: Shape): number[] => shape.map((_, i) => i).slice(axis);

const layerNormalization: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  if (node.outputs > 1) node.fail('is asked for its mean and deviation too');
  const axes = from(node.axis(node.int('axis', -1), x.shape), x.shape);
  const scaled = b.mul(standardised(b, x, axes, node.float('epsilon', 1e-5)), node.x(1));
  return node.has(2) ? b.add(scaled, node.x(2)) : scaled;
};

const rmsNormalization: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  const axes = from(node.axis(node.int('axis', -1), x.shape), x.shape);
  const square = b.reduceMean(b.mul(x, x), axes, true);
  return b.mul(b.div(x, b.sqrt(b.add(square, b.scalar(node.float('epsilon', 1e-5))))), node.x(1));
};

const batchNormalization: Rule = (node) => {
  const { b } = node;
  if (node.int('training_mode', 0) === 1)
    node.fail('is in training mode; export the model in evaluation mode');
  const x = node.x();
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) =>
    perChannel(b, node.x(i), x.shape.length),
  ) as [Value, Value, Value, Value];
  const deviation = b.sqrt(b.add(variance, b.scalar(node.float('epsilon', 1e-5))));
  return b.add(b.mul(b.div(b.sub(x, mean), deviation), scale), shift);
};

const instanceNormalization: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  const scaled = b.mul(
    standardised(b, x, from(2, x.shape), node.float('epsilon', 1e-5)),
    perChannel(b, node.x(1), x.shape.length),
  );
  return b.add(scaled, perChannel(b, node.x(2), x.shape.length));
};

/** Scale and shift are by group before version 21, by channel from there on. */
const groupNormalization: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  const groups = node.int('num_groups', 1);
  const [n, channels] = x.shape as [number, number];
  const grouped = b.reshape(x, [n, groups, channels / groups, ...x.shape.slice(2)]);
  const normal = standardised(b, grouped, from(2, grouped.shape), node.float('epsilon', 1e-5));
  const affine = (input: number): Value => {
    const value = node.x(input);
    const each = elements(value.shape) === channels && node.version >= 21;
    const spread = each
      ? value
      : b.reshape(b.expand(b.reshape(value, [groups, 1]), [groups, channels / groups]), [-1]);
    return perChannel(b, spread, x.shape.length);
  };
  return b.add(b.mul(b.reshape(normal, x.shape), affine(1)), affine(2));
};

/** Before version 13 over all axes from `axis` on, then over that one alone. */
function softmaxOf(node: NodeContext): Value {
  const { b } = node;
  const x = node.x();
  if (node.version >= 13) return b.softmax(x, node.axis(node.int('axis', -1), x.shape));
  const axis = node.axis(node.int('axis', 1), x.shape);
  const rows = b.reshape(x, [elements(x.shape.slice(0, axis)), elements(x.shape.slice(axis))]);
  return b.reshape(b.softmax(rows, 1), x.shape);
}

const globalAverage: Rule = (node) => {
  const x = node.x();
  return node.b.reduceMean(x, from(2, x.shape), true);
};

/** Points of each window of a field [n, c, h, w] as [n, c, place, position]; zeros outside. */
function windowed(node: NodeContext): {
  readonly values: Value;
  readonly indices: readonly number[];
  readonly shape: Shape;
} {
  const { b } = node;
  const x = node.x();
  if (x.shape.length !== 4) node.fail(`works on [${x.shape}], expected [n, c, h, w]`);
  const geometry = windowsOf(
    node,
    x.shape,
    node.intList('kernel_shape') ?? [],
    node.int('ceil_mode', 0) === 1,
  );
  const [n, c] = x.shape as [number, number];
  const indices = windowPoints(geometry);
  const { outRows, outColumns } = geometry;
  const points = b.gather(b.reshape(x, [n, c, -1]), indices, 2);
  const values = b.reshape(points, [n, c, outRows * outColumns, indices.length / (outRows * outColumns)]);
  return { values, indices, shape: [n, c, outRows, outColumns] };
}

const averagePool: Rule = (node) => {
  const { b } = node;
  const { values, indices, shape } = windowed(node);
  const positions = values.shape[3] ?? 1;
  const whole = node.int('count_include_pad', 0) === 1;
  if (whole && node.int('ceil_mode', 0) === 1) node.fail('counts its frame with rounding up');
  const counts = Float32Array.from({ length: indices.length / positions }, (_, place) =>
    whole
      ? positions
      : indices.slice(place * positions, (place + 1) * positions).filter((i) => i >= 0).length,
  );
  return b.reshape(b.div(b.reduceSum(values, [3]), b.constant(counts, [counts.length])), shape);
};

const maxPool: Rule = (node) => {
  const { b } = node;
  if (node.outputs > 1) node.fail('is asked for indices too');
  const { values, indices, shape } = windowed(node);
  const [n, c, places, positions] = values.shape as [number, number, number, number];
  // Points outside never win: they are far below any other.
  const outside = Float32Array.from(indices, (index) => (index < 0 ? 1 : 0));
  const masked = outside.includes(1)
    ? b.where(b.constant(outside, [places, positions]), b.scalar(-3e38), values)
    : values;
  const each = Array.from({ length: positions }, (_, i) => b.slice(masked, [0, 0, 0, i], [n, c, places, 1]));
  return b.reshape(
    each.reduce((x, y) => b.max(x, y)),
    shape,
  );
};

export const reductionRules: Readonly<Record<string, Rule>> = {
  ReduceSum: reduction((b, x, axes, keep) => b.reduceSum(x, axes, keep)),
  ReduceMean: reduction((b, x, axes, keep) => b.reduceMean(x, axes, keep)),
  ReduceSumSquare: reduction(sumOfSquares),
  ReduceL1: reduction((b, x, axes, keep) => b.reduceSum(b.abs(x), axes, keep)),
  ReduceL2: reduction((b, x, axes, keep) => b.sqrt(sumOfSquares(b, x, axes, keep))),
  ReduceLogSumExp: reduction((b, x, axes, keep) => b.log(b.reduceSum(b.exp(x), axes, keep))),
  ReduceProd: product,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  Softmax: softmaxOf,
  LogSoftmax: (node) => node.b.log(softmaxOf(node)),
  GlobalAveragePool: globalAverage,
  AveragePool: averagePool,
  MaxPool: maxPool,
};
