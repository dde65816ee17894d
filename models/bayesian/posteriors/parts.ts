/** Tensors of a posterior by part: "mean.token.in.weight" is parameter "token.in.weight" of part "mean". */
import { internalError } from '../../../core/errors.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { Value } from '../../graph/graph.js';

/** The tensors of one part by parameter, in the order they are given. */
export function partOf(tensors: Tensors, part: string): Map<string, Tensor> {
  const prefix = `${part}.`;
  const found = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix)) found.set(name.slice(prefix.length), tensor);
  }
  return found;
}

/** @throws {PlumeError} internal, when there is none of that name */
export function tensorNamed(tensors: Tensors, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw internalError(`posterior: no tensor "${name}"`);
  return tensor;
}

/** @throws {PlumeError} internal, when there is none of that name */
export function valueNamed(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw internalError(`weight family: no value "${name}"`);
  return value;
}

/** √(mean of squares), float64; 0 of nothing. */
export function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}
