/**
 * Convolution, stride 1: x [image, row, column, channel] with w [size · size · channel, out] (window positions in
 * reading order) → [image, row + 2·margin − size + 1, column + …, out]; attributes { size, margin }, margin the
 * number of zero points added on every side.
 *
 * Gradients: of x, the convolution of the upstream with the flipped kernel, inputs and outputs exchanged; of w,
 * the matrix product of x's windows with the upstream (a convolution whose kernel is a whole field is slow).
 *
 * ONNX: windows by Gather, then one matrix product, everywhere; but on CPUs where ONNX Runtime has its blocked
 * layout (com.microsoft.nchwc, channels in blocks of 8 or 16) that kernel, weights blocked on the way in: it
 * writes no windows. Measured on one core, 64 fields of 17 × 33, 64 → 64 channels, 3 × 3: windows and product
 * about 50 ms, blocked 20 ms; ONNX's own Conv 31 ms.
 */
import { usageError } from '../../../core/errors.js';
import type { GraphNode, Shape, Value } from '../graph.js';
import type { OnnxWriter, Operations, Operator } from '../operator.js';
import { windowIndices } from '../windowIndices.js';

interface Geometry {
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly size: number;
  readonly margin: number;
  readonly outRows: number;
  readonly outColumns: number;
  readonly out: number;
}

function geometry(node: GraphNode): Geometry {
  const [images, rows, columns, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const [, outRows, outColumns, out] = node.output.shape as [number, number, number, number];
  const { size, margin } = node.attributes as { size: number; margin: number };
  return { images, rows, columns, channels, size, margin, outRows, outColumns, out };
}

function indicesOf({ rows, columns, size, margin }: Geometry): number[] {
  return windowIndices(rows, columns, { size, margin });
}

/** Kernel for the gradient of x: positions reversed, channels and outputs exchanged. */
function flipped(ops: Operations, weights: Value, { size, channels, out }: Geometry): Value {
  const positions = size * size;
  const kernel = ops.reshape(weights, [positions, channels, out]);
  const reversed = ops.gather(
    kernel,
    Array.from({ length: positions }, (_, i) => positions - 1 - i),
    0,
  );
  return ops.reshape(ops.transpose(reversed, [0, 2, 1]), [positions * out, channels]);
}

function toBlockedOnnx(writer: OnnxWriter, g: Geometry, block: number, x: string, w: string): string {
  const reshape = (name: string, shape: Shape) => writer.node('Reshape', [name, writer.int64(shape)]);
  const transpose = (name: string, perm: Shape) => writer.node('Transpose', [name], { perm: { ints: perm } });
  const { images, rows, columns, channels, size, margin, outRows, outColumns, out } = g;
  const points = transpose(reshape(x, [images, rows * columns, channels / block, block]), [0, 2, 1, 3]);
  const kernel = transpose(
    reshape(w, [size, size, channels / block, block, out / block, block]),
    [4, 2, 0, 1, 3, 5],
  );
  const result = writer.node(
    'Conv',
    [reshape(points, [images, channels, rows, columns]), reshape(kernel, [out, channels, size, size])],
    { kernel_shape: { ints: [size, size] }, pads: { ints: [margin, margin, margin, margin] } },
    'com.microsoft.nchwc',
  );
  const blocks = reshape(result, [images, out / block, outRows * outColumns, block]);
  return reshape(transpose(blocks, [0, 2, 1, 3]), [images, outRows, outColumns, out]);
}

export const convolution: Operator = {
  name: 'Convolution',
  infer([x, w], attributes) {
    const { size, margin } = attributes as { size: number; margin: number };
    const [images, rows, columns, channels] = x as [number, number, number, number];
    if (x?.length !== 4 || w?.length !== 2 || w[0] !== size * size * channels) {
      throw usageError(
        `Convolution: x [${x}] and weights [${w}], expected [image, row, column, channel] and [${size} · ${size} · channel, out]`,
      );
    }
    const shrink = 2 * margin - size + 1;
    if (margin < 0 || margin >= size || rows + shrink < 1 || columns + shrink < 1) {
      throw usageError(
        `Convolution: size ${size} and margin ${margin} do not fit fields [${rows}, ${columns}]`,
      );
    }
    return [images, rows + shrink, columns + shrink, w[1]!];
  },
  gradient(ops, node, upstream, needed) {
    const [x, weights] = node.inputs as [Value, Value];
    const g = geometry(node);
    const { images, rows, columns, channels, size, margin, outRows, outColumns, out } = g;
    const weightGradient = () => {
      const points = ops.reshape(x, [images, rows * columns, channels]);
      const windows = ops.reshape(ops.gather(points, indicesOf(g), 1), [
        images * outRows * outColumns,
        size * size * channels,
      ]);
      return ops.matMul(windows, ops.reshape(upstream, [images * outRows * outColumns, out]), {
        transposeA: true,
      });
    };
    return [
      needed[0] ? ops.convolution(upstream, flipped(ops, weights, g), size, size - 1 - margin) : null,
      needed[1] ? weightGradient() : null,
    ];
  },
  toOnnx(writer, node, [x, w]) {
    const g = geometry(node);
    const { images, rows, columns, channels, size, outRows, outColumns, out } = g;
    const block = writer.convolutionBlock;
    if (block > 0 && channels % block === 0 && out % block === 0)
      return toBlockedOnnx(writer, g, block, x!, w!);
    const reshape = (name: string, shape: Shape) => writer.node('Reshape', [name, writer.int64(shape)]);
    const indices = indicesOf(g).map((index) => (index === -1 ? rows * columns : index));
    const points = reshape(x!, [images, rows * columns, channels]);
    const source = indices.includes(rows * columns)
      ? writer.node('Pad', [points, writer.int64([0, 0, 0, 0, 1, 0])])
      : points;
    const gathered = writer.node('Gather', [source, writer.int64(indices)], { axis: { int: 1 } });
    const windows = reshape(gathered, [images * outRows * outColumns, size * size * channels]);
    return reshape(writer.node('MatMul', [windows, w!]), [images, outRows, outColumns, out]);
  },
  tfjs(backend, [x, w], node) {
    const { channels, size, margin, out } = geometry(node);
    const widths: [number, number][] = [
      [0, 0],
      [margin, margin],
      [margin, margin],
      [0, 0],
    ];
    const padded = backend.pad(x!, widths) as import('@tensorflow/tfjs-core').Tensor4D;
    const kernel = backend.reshape(w!, [
      size,
      size,
      channels,
      out,
    ]) as import('@tensorflow/tfjs-core').Tensor4D;
    return backend.conv2d(padded, kernel, 1, 'valid');
  },
  evaluate([x, w], node, output) {
    const { images, rows, columns, channels, size, margin, outRows, outColumns, out } = geometry(node);
    let at = 0;
    for (let image = 0; image < images; image++) {
      for (let row = 0; row < outRows; row++) {
        for (let column = 0; column < outColumns; column++) {
          for (let o = 0; o < out; o++) {
            let total = 0;
            for (let dy = 0; dy < size; dy++) {
              for (let dx = 0; dx < size; dx++) {
                const y = row + dy - margin;
                const z = column + dx - margin;
                if (y < 0 || y >= rows || z < 0 || z >= columns) continue;
                for (let c = 0; c < channels; c++) {
                  const from = ((image * rows + y) * columns + z) * channels + c;
                  total += x![from]! * w![((dy * size + dx) * channels + c) * out + o]!;
                }
              }
            }
            output[at++] = total;
          }
        }
      }
    }
  },
};
