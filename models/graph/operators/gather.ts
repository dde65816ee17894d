/**
 * Rows of one axis by constant indices: attributes { indices, axis }; an index −1 gives zeros.
 * Windows, edge padding, wrapped longitudes, flips and strides are all gathers. The adjoint (scatter-add) is
 * written as gathers too: the r-th brings every source row the r-th of the places it went to, or zeros; ONNX
 * Runtime gathers with all threads but scatters with one.
 */
import { usageError } from '../../../core/errors.js';
import { elements, type GraphNode, type Shape, type Value } from '../graph.js';
import type { Operations, Operator } from '../operator.js';

function attributesOf(node: GraphNode): { axis: number; indices: readonly number[]; shape: Shape } {
  const { axis, indices } = node.attributes;
  return { axis: axis as number, indices: indices as readonly number[], shape: node.inputs[0]!.shape };
}

/** The indices with −1 pointing at a row of zeros behind the last, which executors append. */
function withZeroRow(indices: readonly number[], rows: number): number[] {
  return indices.map((index) => (index === -1 ? rows : index));
}

/** Every row the sum of its places: the r-th round brings the r-th place of all rows, or zeros. */
function roundsOf(ops: Operations, upstream: Value, places: readonly Places[], axis: number): Value {
  const rounds = Math.max(1, ...places.map((list) => list.length));
  const parts = Array.from({ length: rounds }, (_, round) =>
    ops.gather(
      upstream,
      places.map((list) => list[round] ?? -1),
      axis,
    ),
  );
  return ops.sum(parts);
}

/**
 * The same where few rows went to several places, as the edges of a frame do: those are summed by themselves and stand
 * behind the others, from where one more gather brings every row. Undefined where that would move more numbers.
 */
function sumOfPlaces(
  ops: Operations,
  upstream: Value,
  places: readonly Places[],
  axis: number,
): Value | undefined {
  const rounds = Math.max(1, ...places.map((list) => list.length));
  const repeated = places.flatMap((list, row) => (list.length > 1 ? [row] : []));
  const size = upstream.shape[axis]!;
  const moved = repeated.reduce((sum, row) => sum + 2 * places[row]!.length, 0) + 2 * size + places.length;
  if (repeated.length === 0 || moved > rounds * places.length) return undefined;
  const counts = [...new Set(repeated.map((row) => places[row]!.length))].sort((a, b) => a - b);
  const rowsOf = counts.map((count) => repeated.filter((row) => places[row]!.length === count));
  const sums = rowsOf.map((rows) =>
    roundsOf(
      ops,
      upstream,
      rows.map((row) => places[row]!),
      axis,
    ),
  );
  const stands = new Map(rowsOf.flat().map((row, i) => [row, size + i]));
  return ops.gather(
    ops.concat([upstream, ...sums], axis),
    places.map((list, row) => stands.get(row) ?? list[0] ?? -1),
    axis,
  );
}

/** Where a row went to. */
type Places = readonly number[];

export const gather: Operator = {
  name: 'Gather',
  infer([x], attributes) {
    const indices = attributes.indices as readonly number[];
    const axis = attributes.axis as number;
    const wrong = indices.find((index) => !Number.isInteger(index) || index < -1 || index >= x![axis]!);
    if (wrong !== undefined) throw usageError(`Gather: index ${wrong} is outside axis ${axis} of [${x}]`);
    return x!.map((n, i) => (i === axis ? indices.length : n));
  },
  gradient(ops, node, upstream) {
    const { axis, indices, shape } = attributesOf(node);
    const places: number[][] = Array.from({ length: shape[axis]! }, () => []);
    indices.forEach((source, place) => {
      if (source >= 0) places[source]!.push(place);
    });
    return [sumOfPlaces(ops, upstream, places, axis) ?? roundsOf(ops, upstream, places, axis)];
  },
  toOnnx(writer, node, [x]) {
    const { axis, indices, shape } = attributesOf(node);
    const attributes = { axis: { int: axis } };
    if (!indices.includes(-1)) return writer.node('Gather', [x!, writer.int64(indices)], attributes);
    const widths = [...shape.map(() => 0), ...shape.map((_, i) => (i === axis ? 1 : 0))];
    const padded = writer.node('Pad', [x!, writer.int64(widths)]);
    return writer.node('Gather', [padded, writer.int64(withZeroRow(indices, shape[axis]!))], attributes);
  },
  tfjs(backend, [x], node) {
    const { axis, indices, shape } = attributesOf(node);
    const widths = shape.map((_, i): [number, number] => [0, i === axis ? 1 : 0]);
    const source = indices.includes(-1) ? backend.pad(x!, widths) : x!;
    return backend.gather(source, backend.tensor1d(withZeroRow(indices, shape[axis]!), 'int32'), axis);
  },
  evaluate([x], node, output) {
    const { axis, indices, shape } = attributesOf(node);
    const inner = elements(shape.slice(axis + 1));
    const outer = elements(shape.slice(0, axis));
    output.fill(0);
    for (let o = 0; o < outer; o++) {
      indices.forEach((index, place) => {
        if (index < 0) return;
        const from = (o * shape[axis]! + index) * inner;
        output.set(x!.subarray(from, from + inner), (o * indices.length + place) * inner);
      });
    }
  },
};
