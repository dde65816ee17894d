/** Sum of any number of values of one shape, in one pass over memory instead of a chain of additions. */
import { usageError } from '../../../core/errors.js';
import type { Operator } from '../operator.js';
import { sameShape } from '../shapes.js';

export const sum: Operator = {
  name: 'Sum',
  infer(shapes) {
    const [first] = shapes;
    if (first === undefined) throw usageError('Sum: no values given, expected at least one');
    for (const shape of shapes) {
      if (!sameShape(shape, first)) throw usageError(`Sum: shapes [${first}] and [${shape}] differ`);
    }
    return first;
  },
  gradient: (_ops, node, upstream) => node.inputs.map(() => upstream),
  toOnnx: (writer, _node, inputs) => writer.node('Sum', inputs),
  tfjs: (backend, inputs) => backend.addN([...inputs]),
  evaluate(inputs, _node, output) {
    for (let i = 0; i < output.length; i++) output[i] = inputs.reduce((total, x) => total + x[i]!, 0);
  },
};
