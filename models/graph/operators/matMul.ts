/**
 * Matrix product [..., m, k] × [..., k, n] → [..., m, n]; leading axes broadcast; attributes { transposeA,
 * transposeB } take the transpose of the last two axes of an operand.
 * With the two flags the gradients of a product are products again and nothing is ever transposed in memory:
 * ONNX's Gemm has the flags for matrices, ONNX Runtime's FusedMatMul (CPU) for batches of them.
 */
import { usageError } from '../../../core/errors.js';
import type { GraphNode, Shape, Value } from '../graph.js';
import type { OnnxWriter, Operator } from '../operator.js';
import { broadcastShapes, broadcastStrides, walk } from '../shapes.js';
import { sumTo } from './binary.js';

function flags(node: GraphNode): { ta: boolean; tb: boolean } {
  return { ta: node.attributes.transposeA === true, tb: node.attributes.transposeB === true };
}

function transposed(writer: OnnxWriter, name: string, rank: number): string {
  const permutation = Array.from({ length: rank }, (_, axis) => axis);
  permutation[rank - 2] = rank - 1;
  permutation[rank - 1] = rank - 2;
  return writer.node('Transpose', [name], { perm: { ints: permutation } });
}

export const matMul: Operator = {
  name: 'MatMul',
  infer([a, b], attributes) {
    if (a === undefined || b === undefined || a.length < 2 || b.length < 2) {
      throw usageError(`MatMul: shapes [${a}] and [${b}], expected at least two axes each`);
    }
    const [m, inner] = attributes.transposeA === true ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)];
    const [rows, n] = attributes.transposeB === true ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)];
    if (inner !== rows) {
      throw usageError(`MatMul: shapes [${a}] and [${b}]: inner sizes ${inner} and ${rows} differ`);
    }
    return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2), 'MatMul'), m!, n!];
  },
  gradient(ops, node, upstream, needed) {
    const [a, b] = node.inputs as [Value, Value];
    const { ta, tb } = flags(node);
    const gradientA = () =>
      ta
        ? ops.matMul(b, upstream, { transposeA: tb, transposeB: true })
        : ops.matMul(upstream, b, { transposeB: !tb });
    const gradientB = () =>
      tb
        ? ops.matMul(upstream, a, { transposeA: true, transposeB: ta })
        : ops.matMul(a, upstream, { transposeA: !ta });
    return [
      needed[0] ? sumTo(ops, gradientA(), a.shape) : null,
      needed[1] ? sumTo(ops, gradientB(), b.shape) : null,
    ];
  },
  toOnnx(writer, node, [a, b]) {
    const { ta, tb } = flags(node);
    const [left, right] = node.inputs as [Value, Value];
    if (!ta && !tb) return writer.node('MatMul', [a!, b!]);
    const attributes = { transA: { int: ta ? 1 : 0 }, transB: { int: tb ? 1 : 0 } };
    if (left.shape.length === 2 && right.shape.length === 2) return writer.node('Gemm', [a!, b!], attributes);
    if (writer.contrib) return writer.node('FusedMatMul', [a!, b!], attributes, 'com.microsoft');
    return writer.node('MatMul', [
      ta ? transposed(writer, a!, left.shape.length) : a!,
      tb ? transposed(writer, b!, right.shape.length) : b!,
    ]);
  },
  tfjs(backend, [a, b], node) {
    const { ta, tb } = flags(node);
    // tfjs's gradient wants equal leading axes.
    const lead = node.output.shape.slice(0, -2);
    const left = backend.broadcastTo(a!, [...lead, ...a!.shape.slice(-2)]);
    const right = backend.broadcastTo(b!, [...lead, ...b!.shape.slice(-2)]);
    return backend.matMul(left, right, ta, tb);
  },
  evaluate([a, b], node, output) {
    const { ta, tb } = flags(node);
    const [left, right] = node.inputs as [Value, Value];
    const [m, n] = node.output.shape.slice(-2) as [number, number];
    const k = left.shape.at(ta ? -2 : -1)!;
    const batch: Shape = node.output.shape.slice(0, -2);
    const batchStrides = [left, right].map((x) => broadcastStrides(x.shape.slice(0, -2), batch));
    walk(batch, batchStrides, (flat, at) => {
      const aStart = at[0]! * m * k;
      const bStart = at[1]! * k * n;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let l = 0; l < k; l++) {
            total += a![aStart + (ta ? l * m + i : i * k + l)]! * b![bStart + (tb ? j * k + l : l * n + j)]!;
          }
          output[(flat * m + i) * n + j] = total;
        }
      }
    });
  },
};
