/** Matrix products and convolutions of ONNX. Fields there are [N, C, H, W], ours [N, H, W, C]. */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { type NodeContext, perChannel, type Rule } from './rule.js';

const matMul: Rule = (node) => {
  const { b } = node;
  const [x, y] = [node.x(0), node.x(1)];
  const left = x.shape.length === 1 ? b.reshape(x, [1, ...x.shape]) : x;
  const right = y.shape.length === 1 ? b.reshape(y, [...y.shape, 1]) : y;
  const product = b.matMul(left, right);
  // A vector's axis of one does not stay.
  const lead = product.shape.slice(0, -2);
  const [m = 1, n = 1] = product.shape.slice(-2);
  return b.reshape(product, [
    ...lead,
    ...(x.shape.length === 1 ? [] : [m]),
    ...(y.shape.length === 1 ? [] : [n]),
  ]);
};

const gemm: Rule = (node) => {
  const { b } = node;
  const scaled = (value: Value, factor: number): Value =>
    factor === 1 ? value : b.mul(value, b.scalar(factor));
  const product = b.matMul(node.x(0), node.x(1), {
    transposeA: node.int('transA', 0) === 1,
    transposeB: node.int('transB', 0) === 1,
  });
  const weighted = scaled(product, node.float('alpha', 1));
  return node.has(2) ? b.add(weighted, scaled(node.x(2), node.float('beta', 1))) : weighted;
};

/** How a window moves over a field of rows and columns. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Points before and after rows and columns: [top, left, bottom, right]. */
  readonly pads: readonly [number, number, number, number];
  readonly rows: number;
  readonly columns: number;
  readonly outRows: number;
  readonly outColumns: number;
}

/** @param ceil windows that begin inside the frame and end outside count too */
export function windowsOf(node: NodeContext, field: Shape, kernelShape: Shape, ceil = false): Windows {
  const pair = (values: readonly number[] | undefined, otherwise: number): readonly [number, number] => [
    values?.[0] ?? otherwise,
    values?.[1] ?? otherwise,
  ];
  const [rows, columns] = pair(field.slice(-2), 1);
  const kernel = pair(kernelShape, 1);
  const strides = pair(node.intList('strides'), 1);
  const dilations = pair(node.intList('dilations'), 1);
  const reach = [0, 1].map((i) => ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1);
  const pads = padsOf(node, [rows, columns], reach, strides);
  const out = (size: number, axis: 0 | 1): number => {
    const room = (size + pads[axis] + pads[axis + 2]! - reach[axis]!) / strides[axis];
    return (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
  };
  return {
    kernel,
    strides,
    dilations,
    pads,
    rows,
    columns,
    outRows: out(rows, 0),
    outColumns: out(columns, 1),
  };
}

function padsOf(
  node: NodeContext,
  sizes: readonly number[],
  reach: readonly number[],
  strides: readonly number[],
): [number, number, number, number] {
  const mode = node.text('auto_pad', 'NOTSET');
  if (mode === 'NOTSET' || mode === 'VALID') {
    const [top = 0, left = 0, bottom = 0, right = 0] = mode === 'VALID' ? [] : (node.intList('pads') ?? []);
    return [top, left, bottom, right];
  }
  const total = sizes.map((size, i) =>
    Math.max(0, (Math.ceil(size / strides[i]!) - 1) * strides[i]! + reach[i]! - size),
  );
  const less = total.map((n) => Math.floor(n / 2));
  const more = total.map((n) => Math.ceil(n / 2));
  const [first, second] = mode === 'SAME_UPPER' ? [less, more] : [more, less];
  return [first[0]!, first[1]!, second[0]!, second[1]!];
}

/** Flat indices of the points under a window at every place, [outRow, outColumn, kernelRow, kernelColumn]; −1 outside. */
export function windowPoints({
  kernel,
  strides,
  dilations,
  pads,
  rows,
  columns,
  outRows,
  outColumns,
}: Windows): number[] {
  const indices: number[] = [];
  for (let row = 0; row < outRows; row++) {
    for (let column = 0; column < outColumns; column++) {
      for (let i = 0; i < kernel[0]; i++) {
        for (let j = 0; j < kernel[1]; j++) {
          const y = row * strides[0] + i * dilations[0] - pads[0];
          const x = column * strides[1] + j * dilations[1] - pads[1];
          indices.push(y < 0 || y >= rows || x < 0 || x >= columns ? -1 : y * columns + x);
        }
      }
    }
  }
  return indices;
}

/** Our convolution, which is quicker than windows and a product: stride 1, a square kernel, one frame all around. */
function isPlain({ kernel, strides, dilations, pads }: Windows): boolean {
  const [top] = pads;
  return (
    kernel[0] === kernel[1] &&
    [...strides, ...dilations].every((one) => one === 1) &&
    pads.every((pad) => pad === top) &&
    top < kernel[0]
  );
}

/** x [n, h, w, c] with weights [out, c, kh, kw] → [n, outRows, outColumns, out] */
function convolve(b: GraphBuilder, x: Value, weights: Value, geometry: Windows): Value {
  const [n, rows, columns, channels] = x.shape as [number, number, number, number];
  const [out, , kernelRows, kernelColumns] = weights.shape as [number, number, number, number];
  const inner = kernelRows * kernelColumns * channels;
  const kernel = b.reshape(b.transpose(weights, [2, 3, 1, 0]), [inner, out]);
  if (isPlain(geometry)) return b.convolution(x, kernel, kernelRows, geometry.pads[0]);
  const { outRows, outColumns } = geometry;
  const points = b.gather(b.reshape(x, [n, rows * columns, channels]), windowPoints(geometry), 1);
  const product = b.matMul(b.reshape(points, [n * outRows * outColumns, inner]), kernel);
  return b.reshape(product, [n, outRows, outColumns, out]);
}

/** One kernel for each channel: x [n, h, w, c] with weights [c, 1, kh, kw], as a sum of shifted products. */
function depthwise(b: GraphBuilder, x: Value, weights: Value, geometry: Windows): Value {
  const [n, rows, columns, channels] = x.shape as [number, number, number, number];
  const { kernel, outRows, outColumns } = geometry;
  const positions = kernel[0] * kernel[1];
  const all = windowPoints(geometry);
  const points = b.reshape(x, [n, rows * columns, channels]);
  const kernels = b.transpose(b.reshape(weights, [channels, positions]), [1, 0]);
  const parts = Array.from({ length: positions }, (_, position) => {
    const indices = all.filter((_index, i) => i % positions === position);
    return b.mul(b.gather(points, indices, 1), b.slice(kernels, [position, 0], [1, channels]));
  });
  return b.reshape(b.sum(parts), [n, outRows, outColumns, channels]);
}

/** Part `index` of `count` equal ones along an axis. */
function part(b: GraphBuilder, x: Value, axis: number, index: number, count: number): Value {
  const size = (x.shape[axis] ?? count) / count;
  return b.slice(
    x,
    x.shape.map((_, i) => (i === axis ? index * size : 0)),
    x.shape.map((n, i) => (i === axis ? size : n)),
  );
}

/** Input and weights. @throws {PlumeError} usage, for convolutions over one axis or three */
function fieldAndKernel(node: NodeContext): { readonly x: Value; readonly weights: Value } {
  const [x, weights] = [node.x(0), node.x(1)];
  if (x.shape.length === 4) return { x, weights };
  return node.fail(
    `convolves [${x.shape}] with [${weights.shape}], expected fields of two axes, [n, c, h, w]`,
  );
}

const convolution: Rule = (node) => {
  const { b } = node;
  const { x, weights } = fieldAndKernel(node);
  const groups = node.int('group', 1);
  const geometry = windowsOf(node, x.shape, weights.shape.slice(2));
  const field = b.transpose(x, [0, 2, 3, 1]);
  const channels = field.shape[3] ?? 1;
  const results =
    groups === channels && weights.shape[0] === channels
      ? [depthwise(b, field, weights, geometry)]
      : Array.from({ length: groups }, (_, g) =>
          convolve(b, part(b, field, 3, g, groups), part(b, weights, 0, g, groups), geometry),
        );
  const result = b.transpose(b.concat(results, 3), [0, 3, 1, 2]);
  return node.has(2) ? b.add(result, perChannel(b, node.x(2), 4)) : result;
};

/** The adjoint of a convolution: zeros between the points, then a convolution with the kernel turned around. */
const transposedConvolution: Rule = (node) => {
  const { b } = node;
  const { x, weights } = fieldAndKernel(node);
  if (node.text('auto_pad', 'NOTSET') !== 'NOTSET' || node.intList('output_shape') !== undefined) {
    return node.fail('finds its frame by itself; export it with pads');
  }
  const pair = (name: string, otherwise: number): [number, number] => {
    const [first = otherwise, second = otherwise] = node.intList(name) ?? [];
    return [first, second];
  };
  const [strides, dilations, extra] = [pair('strides', 1), pair('dilations', 1), pair('output_padding', 0)];
  const [top = 0, left = 0, bottom = 0, right = 0] = node.intList('pads') ?? [];
  const [n, channels, rows, columns] = x.shape as [number, number, number, number];
  const kernel = weights.shape.slice(2) as [number, number];
  const spread = [rows, columns].map((size, i) => (size - 1) * strides[i]! + 1) as [number, number];
  const reach = [0, 1].map((i) => (kernel[i]! - 1) * dilations[i]!) as [number, number];
  const stuffed = Array.from({ length: spread[0] * spread[1] }, (_, i) => {
    const [row, column] = [Math.floor(i / spread[1]), i % spread[1]];
    const here = row % strides[0] === 0 && column % strides[1] === 0;
    return here ? (row / strides[0]) * columns + column / strides[1] : -1;
  });
  const points = b.reshape(b.transpose(x, [0, 2, 3, 1]), [n, rows * columns, channels]);
  const field = b.reshape(b.gather(points, stuffed, 1), [n, ...spread, channels]);
  const pads = [
    reach[0] - top,
    reach[1] - left,
    reach[0] - bottom + extra[0],
    reach[1] - right + extra[1],
  ] as const;
  const turned = [2, 3].reduce((w, axis) => {
    const size = w.shape[axis] ?? 1;
    return b.gather(
      w,
      Array.from({ length: size }, (_, i) => size - 1 - i),
      axis,
    );
  }, weights);
  const geometry: Windows = {
    ...{ kernel, dilations, pads, strides: [1, 1], rows: spread[0], columns: spread[1] },
    outRows: spread[0] + pads[0] + pads[2] - reach[0],
    outColumns: spread[1] + pads[1] + pads[3] - reach[1],
  };
  const groups = node.int('group', 1);
  const results = Array.from({ length: groups }, (_, g) =>
    convolve(
      b,
      part(b, field, 3, g, groups),
      b.transpose(part(b, turned, 0, g, groups), [1, 0, 2, 3]),
      geometry,
    ),
  );
  const result = b.transpose(b.concat(results, 3), [0, 3, 1, 2]);
  return node.has(2) ? b.add(result, perChannel(b, node.x(2), 4)) : result;
};

export const matrixRules: Readonly<Record<string, Rule>> = {
  MatMul: matMul,
  Gemm: gemm,
  Conv: convolution,
  ConvTranspose: transposedConvolution,
};
