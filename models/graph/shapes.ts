/**
 * Arithmetic of shapes: numpy broadcasting, strides, axes. Shapes are row-major, a scalar has shape [].
 * Broadcasting: https://numpy.org/doc/stable/user/basics.broadcasting.html, the rule ONNX took over.
 */
import { usageError } from '../../core/errors.js';
import type { Shape } from './graph.js';

/** The common shape of two operands. @throws a usage error naming both where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Shape {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw usageError(`${where}: shapes [${a}] and [${b}] do not broadcast: ${left} against ${right}`);
    }
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** Axes of `to` along which `from` was repeated by broadcasting. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const lead = to.length - from.length;
  return to.flatMap((size, axis) => (axis < lead || (from[axis - lead] === 1 && size !== 1) ? [axis] : []));
}

/** Row-major strides in elements; 0 for axes of length 1 when `broadcast` (so an index of any length reads them). */
export function strides(shape: Shape, broadcast = false): number[] {
  const result = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    result[axis] = broadcast && size === 1 ? 0 : stride;
    stride *= size;
  }
  return result;
}

/** Strides with which a value of shape `from` is read by an index of shape `to` under broadcasting. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  return [...new Array<number>(to.length - from.length).fill(0), ...strides(from, true)];
}

/** A non-negative axis. @throws a usage error when the axis is outside the shape. */
export function normaliseAxis(axis: number, shape: Shape, where: string): number {
  const result = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= shape.length) {
    throw usageError(`${where}: axis ${axis} is outside shape [${shape}]`);
  }
  return result;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/**
 * Walks every element of `shape` in row-major order and tells where each of several strided operands stands.
 * @param visit (flat index, offsets), offsets[i] belonging to operandStrides[i]; the array is reused
 */
export function walk(
  shape: Shape,
  operandStrides: readonly (readonly number[])[],
  visit: (flat: number, offsets: readonly number[]) => void,
): void {
  const rank = shape.length;
  const total = shape.reduce((product, size) => product * size, 1);
  const index = new Array<number>(rank).fill(0);
  const offsets = new Array<number>(operandStrides.length).fill(0);
  for (let flat = 0; flat < total; flat++) {
    visit(flat, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      for (let i = 0; i < offsets.length; i++) offsets[i]! += operandStrides[i]![axis]!;
      if (index[axis]! < shape[axis]!) break;
      for (let i = 0; i < offsets.length; i++) offsets[i]! -= operandStrides[i]![axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}
