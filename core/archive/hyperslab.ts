/**
 * Boxes (hyperslabs) of C-ordered arrays: their size, the contiguous runs they are made of, and copies of
 * the part that two boxes share. A box is `start` and `count` along every dimension; [] is a scalar.
 */
import { dataError } from '../errors.js';
import type { DataType, NumericArray } from './dataset.js';

/** Number of elements of a box or shape. */
export function boxSize(count: readonly number[]): number {
  return count.reduce((product, n) => product * n, 1);
}

/** @throws {PlumeError} data, when the box is not inside the shape */
export function requireInside(
  what: string,
  shape: readonly number[],
  start: readonly number[],
  count: readonly number[],
): void {
  const inside =
    start.length === shape.length &&
    count.length === shape.length &&
    shape.every((n, d) => start[d]! >= 0 && count[d]! >= 0 && start[d]! + count[d]! <= n);
  if (!inside) {
    throw dataError(
      `${what} has shape [${shape.join(', ')}]; a read from [${start.join(', ')}] of [${count.join(', ')}] lies outside`,
    );
  }
}

/**
 * Visits a box as runs of elements that follow each other in memory.
 * @param visit (first element, elements in the run), in C order
 */
export function forEachRun(
  shape: readonly number[],
  start: readonly number[],
  count: readonly number[],
  visit: (element: number, length: number) => void,
): void {
  if (boxSize(count) === 0) return;
  // Dimensions from `split` on are read whole, so they and the one before form one run.
  let split = shape.length;
  while (split > 0 && start[split - 1] === 0 && count[split - 1] === shape[split - 1]) split--;
  const outer = Math.max(0, split - 1);
  const strides = stridesOf(shape);
  let length = 1;
  for (let d = outer; d < shape.length; d++) length *= count[d]!;
  const index = start.slice(0, outer);
  for (;;) {
    let element = outer < shape.length ? start[outer]! * strides[outer]! : 0;
    for (let d = 0; d < outer; d++) element += index[d]! * strides[d]!;
    visit(element, length);
    if (!advance(index, start, count)) return;
  }
}

/** Elements between neighbours along every dimension, C order. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1]! * shape[d + 1]!;
  return strides;
}

/** Copies the part that two boxes of the same array share, from one's values to the other's. */
export function copyOverlap(
  source: {
    readonly start: readonly number[];
    readonly count: readonly number[];
    readonly data: NumericArray;
  },
  target: {
    readonly start: readonly number[];
    readonly count: readonly number[];
    readonly data: NumericArray;
  },
): void {
  const start = source.start.map((s, d) => Math.max(s, target.start[d]!));
  const count = start.map(
    (s, d) => Math.min(source.start[d]! + source.count[d]!, target.start[d]! + target.count[d]!) - s,
  );
  if (count.some((n) => n <= 0)) return;
  const sourceStrides = stridesOf(source.count);
  const targetStrides = stridesOf(target.count);
  const last = count.length - 1;
  const origin = count.map(() => 0);
  const index = [...origin];
  for (;;) {
    let from = 0;
    let to = 0;
    for (let d = 0; d < count.length; d++) {
      from += (index[d]! + start[d]! - source.start[d]!) * sourceStrides[d]!;
      to += (index[d]! + start[d]! - target.start[d]!) * targetStrides[d]!;
    }
    // Rows along the last dimension are contiguous in both.
    copyRun(source.data, from, target.data, to, count[last] ?? 1);
    if (!advance(index, origin, count, last - 1)) return;
  }
}

/**
 * Moves an index to the next place of a box in C order, dimensions 0 to `last` counting.
 * @returns false after the last place
 */
export function advance(
  index: number[],
  start: readonly number[],
  count: readonly number[],
  last: number = index.length - 1,
): boolean {
  for (let d = last; d >= 0; d--) {
    index[d]! += 1;
    if (index[d]! < start[d]! + count[d]!) return true;
    index[d] = start[d]!;
  }
  return false;
}

function copyRun(source: NumericArray, from: number, target: NumericArray, to: number, length: number): void {
  // Both arrays are of one type (same variable); TypeScript cannot say so for the union.
  const row = source.subarray(from, from + length);
  (target as Float64Array).set(row as Float64Array, to);
}

/** Chunks that a box touches: where each begins and how much of it lies inside the array. */
export function chunksOf(
  shape: readonly number[],
  chunks: readonly number[],
  start: readonly number[],
  count: readonly number[],
): { readonly index: number[]; readonly start: number[]; readonly count: number[] }[] {
  if (boxSize(count) === 0) return [];
  const first = start.map((s, d) => Math.floor(s / chunks[d]!));
  const spans = first.map((f, d) => Math.floor((start[d]! + count[d]! - 1) / chunks[d]!) - f + 1);
  const found: { index: number[]; start: number[]; count: number[] }[] = [];
  const index = [...first];
  do {
    const chunkStart = index.map((i, d) => i * chunks[d]!);
    found.push({
      index: [...index],
      start: chunkStart,
      count: chunkStart.map((s, d) => Math.min(chunks[d]!, shape[d]! - s)),
    });
  } while (advance(index, first, spans));
  return found;
}

/** @returns a zeroed array for the type; throws for texts */
export function allocate(dtype: DataType, length: number): NumericArray {
  switch (dtype) {
    case 'int8':
      return new Int8Array(length);
    case 'uint8':
      return new Uint8Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'uint64':
      return new BigUint64Array(length);
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'char':
    case 'string':
    case 'other':
      throw dataError(`values of type ${dtype} are not numbers`);
  }
}

const bytesPerElement: Readonly<Record<DataType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  char: 1,
  string: 16,
  other: 16,
};

export function elementBytes(dtype: DataType): number {
  return bytesPerElement[dtype];
}
