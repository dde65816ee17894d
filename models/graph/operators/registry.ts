/** Every operator by name. A new operator is one object and one line here; the tests want a case for each. */
import { internalError } from '../../../core/errors.js';
import type { Operator } from '../operator.js';
import { binaryOperators } from './binary.js';
import { convolution } from './convolution.js';
import { gather } from './gather.js';
import { gelu } from './gelu.js';
import { inverseDeviation, layerNormalization } from './layerNormalization.js';
import { concat, expand, pad, reshape, slice, transpose } from './layout.js';
import { matMul } from './matMul.js';
import { pow } from './pow.js';
import { reduceSum } from './reduceSum.js';
import { softmax } from './softmax.js';
import { sum } from './sum.js';
import { unaryOperators } from './unary.js';
import { where } from './where.js';

export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    ...unaryOperators,
    ...binaryOperators,
    ...[gelu, pow, where, sum, matMul, convolution, softmax, reduceSum, layerNormalization, inverseDeviation],
    ...[reshape, transpose, expand, concat, slice, pad, gather],
  ].map((operator) => [operator.name, operator]),
);

/** @throws an internal error when no operator has that name */
export function operatorNamed(name: string): Operator {
  const operator = operators.get(name);
  if (operator === undefined) throw internalError(`operator "${name}" is not registered`);
  return operator;
}
