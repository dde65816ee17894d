/**
 * An ONNX file written into a graph of ours, node by node, so that it has a gradient and runs on every executor.
 * Sizes come from the inputs that the caller made (a free batch axis has the size it has there). Nodes whose operands are
 * all known are evaluated while the graph is written, in float64 by the same rules: shape arithmetic leaves nothing behind.
 */
import type { onnx } from 'onnx-proto';
import { isPlumeError, usageError } from '../../core/errors.js';
import { GraphBuilder } from '../graph/builder.js';
import { elements, type Value } from '../graph/graph.js';
import { runReference } from '../graph/referenceExecutor.js';
import type { OnnxFile, OnnxTensor } from './onnxFile.js';
import { rules } from './rules/registry.js';
import {
  type KnownNumbers,
  NodeContext,
  type Operand,
  type Rule,
  type RuleResult,
  unsupported,
} from './rules/rule.js';
import { anyNumbers, float32Numbers } from './tensorNumbers.js';

/** Tensors and results of at most so many numbers take part in what is evaluated beforehand. */
const mostKnown = 1 << 16;

/**
 * Writes the model into `b`.
 * @param inputs values of the model's inputs by name
 * @param weights values in place of tensors of the file, by name, in their shapes
 * @returns outputs by name
 * @throws {PlumeError} usage, naming operator and node, for what has no rule
 */
export function importGraph(
  b: GraphBuilder,
  file: OnnxFile,
  inputs: ReadonlyMap<string, Value>,
  weights: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const version = file.operatorSets.get('') ?? 0;
  const operands = new Map<string, Operand>();
  for (const { name } of file.inputs) {
    const value = inputs.get(name);
    if (value === undefined) throw usageError(`model "${file.path}": input "${name}" was not given`);
    operands.set(name, computed(value));
  }
  for (const [name, value] of weights) operands.set(name, computed(value));
  for (const tensor of file.tensors.values()) {
    if (!operands.has(tensor.name)) operands.set(tensor.name, tensorOperand(b, tensor));
  }
  for (const node of file.nodes) {
    const outputs = operandsOf(b, node, operands, version);
    (node.output ?? []).forEach((name, i) => {
      const output = outputs[i];
      if (name !== '' && output !== undefined) operands.set(name, output);
    });
  }
  return new Map(
    file.outputs.map(({ name }) => {
      const output = operands.get(name);
      if (output === undefined) throw usageError(`model "${file.path}": nothing makes output "${name}"`);
      return [name, output.value()];
    }),
  );
}

/**
 * Operators of the model that have no rule, each once: empty where the model can be differentiated, but for what its
 * shapes may show when it is written.
 */
export function operatorsWithoutRule(file: OnnxFile): string[] {
  const without = file.nodes.filter(({ domain, opType }) => !isOwn(domain) || !rules.has(opType ?? ''));
  return [
    ...new Set(without.map(({ domain, opType }) => (isOwn(domain) ? `${opType}` : `${domain}.${opType}`))),
  ];
}

function isOwn(domain: string | null | undefined): boolean {
  return domain === undefined || domain === null || domain === '' || domain === 'ai.onnx';
}

function computed(value: Value, integer = false): Operand {
  return { shape: value.shape, known: undefined, integer, value: () => value };
}

function known(b: GraphBuilder, numbers: KnownNumbers): Operand {
  let value: Value | undefined;
  return {
    shape: numbers.shape,
    known: numbers,
    integer: numbers.integer,
    value: () => {
      value ??= b.constant(Float32Array.from(numbers.numbers), numbers.shape);
      return value;
    },
  };
}

function tensorOperand(b: GraphBuilder, tensor: OnnxTensor): Operand {
  const { shape, type } = tensor;
  const integer = type !== 1 && type !== 11;
  if (integer || elements(shape) <= mostKnown) {
    let read: KnownNumbers | undefined;
    const numbers = (): KnownNumbers => (read ??= { shape, integer, numbers: anyNumbers(tensor) });
    return lazily(b, shape, integer, numbers);
  }
  let value: Value | undefined;
  return {
    shape,
    known: undefined,
    integer,
    value: () => (value ??= b.constant(float32Numbers(tensor), shape)),
  };
}

/** Numbers read when they are first asked for: most tensors of a model that is being split are never needed. */
function lazily(
  b: GraphBuilder,
  shape: readonly number[],
  integer: boolean,
  numbers: () => KnownNumbers,
): Operand {
  let value: Value | undefined;
  return {
    shape,
    integer,
    get known() {
      return numbers();
    },
    value: () => (value ??= b.constant(Float32Array.from(numbers().numbers), shape)),
  };
}

function operandsOf(
  b: GraphBuilder,
  node: onnx.INodeProto,
  operands: ReadonlyMap<string, Operand>,
  version: number,
): Operand[] {
  const rule = isOwn(node.domain) ? rules.get(node.opType ?? '') : undefined;
  if (rule === undefined) {
    const whose = isOwn(node.domain) ? '' : ` of domain "${node.domain}"`;
    throw unsupported(node, `${whose} has no gradient rule here`.trim());
  }
  const given = (node.input ?? []).map((name) => {
    if (name === '') return undefined;
    return operands.get(name) ?? unknownInput(node, name);
  });
  try {
    const integer = given.length > 0 && given.every((operand) => operand?.integer !== false);
    if (given.every((operand) => operand === undefined || operand.known !== undefined)) {
      return evaluated(rule, node, given, version, integer).map((numbers) => known(b, numbers));
    }
    return listed(rule(new NodeContext(b, node, given, version))).map((result) =>
      'numbers' in result ? known(b, result) : computed(result, integer),
    );
  } catch (error) {
    if (!isPlumeError(error) || error.message.startsWith('operator ')) throw error;
    throw unsupported(node, `does not fit: ${error.message}`);
  }
}

function unknownInput(node: onnx.INodeProto, name: string): never {
  throw unsupported(node, `reads "${name}", which nothing before it makes`);
}

function listed(result: RuleResult): readonly (Value | KnownNumbers)[] {
  return Array.isArray(result) ? result : [result as Value | KnownNumbers];
}

/** What a node comes to when all its operands are known: its rule writes a graph of its own, which is run at once. */
function evaluated(
  rule: Rule,
  node: onnx.INodeProto,
  given: readonly (Operand | undefined)[],
  version: number,
  integer: boolean,
): KnownNumbers[] {
  const b = new GraphBuilder();
  const feeds: Record<string, ArrayLike<number>> = {};
  const operands = given.map((operand, i) => {
    if (operand?.known === undefined) return undefined;
    const { numbers, shape } = operand.known;
    let value: Value | undefined;
    const written = (): Value => {
      if (numbers.length === 0) return b.constant(new Float32Array(0), shape);
      feeds[`x${i}`] = numbers;
      return b.input(`x${i}`, shape);
    };
    return { ...operand, shape, known: operand.known, value: () => (value ??= written()) };
  });
  const results = listed(rule(new NodeContext(b, node, operands, version)));
  results.forEach((result, i) => {
    if (!('numbers' in result)) b.output(`y${i}`, result);
  });
  const outputs = runReference(b.build(), feeds);
  return results.map((result, i) =>
    'numbers' in result
      ? result
      : { shape: result.shape, numbers: outputs[`y${i}`] ?? new Float64Array(0), integer },
  );
}
