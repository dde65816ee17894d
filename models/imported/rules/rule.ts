/**
 * What turns one operator of an ONNX file into ours: a function of a node's operands and attributes that writes operations
 * and returns their results. A new operator is one function and one line in rules/registry.ts.
 * Operands whose numbers are known when the graph is written (shapes, axes, indices, small tensors) tell them, so that the
 * arithmetic of shapes that exporters leave behind comes to nothing.
 */
import type { onnx } from 'onnx-proto';
import { usageError } from '../../../core/errors.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { elements, type Shape, type Value } from '../../graph/graph.js';
import { normaliseAxis } from '../../graph/shapes.js';

/** Numbers known when the graph is written, row-major. */
export interface KnownNumbers {
  readonly shape: Shape;
  readonly numbers: Float64Array;
  /** Whole numbers or truth values, whose quotient is whole again. */
  readonly integer: boolean;
}

export interface Operand {
  readonly shape: Shape;
  readonly known: KnownNumbers | undefined;
  readonly integer: boolean;
  /** As a value of the graph that is being written. */
  value(): Value;
}

export type RuleResult = Value | KnownNumbers | readonly (Value | KnownNumbers)[];
export type Rule = (node: NodeContext) => RuleResult;

export function knownInts(values: readonly number[], shape: Shape = [values.length]): KnownNumbers {
  return { shape, numbers: Float64Array.from(values), integer: true };
}

/** One node as its rule sees it. */
export class NodeContext {
  readonly b: GraphBuilder;
  /** Version of ONNX's operator set that the file was written in. */
  readonly version: number;
  readonly operands: readonly (Operand | undefined)[];
  readonly #proto: onnx.INodeProto;

  constructor(
    b: GraphBuilder,
    proto: onnx.INodeProto,
    operands: readonly (Operand | undefined)[],
    version: number,
  ) {
    this.b = b;
    this.version = version;
    this.operands = operands;
    this.#proto = proto;
  }

  get outputs(): number {
    return this.#proto.output?.length ?? 0;
  }

  /** Input i as a value. @throws {PlumeError} usage, when it is left out */
  x(i = 0): Value {
    return this.operand(i).value();
  }

  operand(i: number): Operand {
    return this.operands[i] ?? this.fail(`has no input ${i}`);
  }

  /** Whether input i is given: later inputs may be left out. */
  has(i: number): boolean {
    return this.operands[i] !== undefined;
  }

  /** Whole numbers of input i, which must not depend on the state. */
  ints(i: number): number[] {
    return [...this.numbers(i).numbers].map(Math.trunc);
  }

  numbers(i: number): KnownNumbers {
    return (
      this.operand(i).known ??
      this.fail(`takes input ${i} from a computation on the state, expected constants`)
    );
  }

  /** Axes as an attribute before some version, as an input after; undefined where neither is there. */
  axes(input: number): number[] | undefined {
    if (this.has(input)) return this.ints(input);
    return this.intList('axes');
  }

  int(name: string, otherwise: number): number {
    const found = this.#attribute(name);
    return found === undefined ? otherwise : Number(found.i ?? 0);
  }

  float(name: string, otherwise: number): number {
    const found = this.#attribute(name);
    return found === undefined ? otherwise : Number(found.f ?? 0);
  }

  text(name: string, otherwise: string): string {
    const found = this.#attribute(name)?.s;
    return found === undefined || found === null ? otherwise : new TextDecoder().decode(found);
  }

  intList(name: string): number[] | undefined {
    return this.#attribute(name)?.ints?.map(Number);
  }

  tensor(name: string): onnx.ITensorProto | undefined {
    return this.#attribute(name)?.t ?? undefined;
  }

  axis(axis: number, shape: Shape): number {
    return normaliseAxis(axis, shape, `${this.#proto.opType}`);
  }

  /** @throws {PlumeError} usage, naming operator and node */
  fail(problem: string): never {
    throw unsupported(this.#proto, problem);
  }

  #attribute(name: string): onnx.IAttributeProto | undefined {
    return this.#proto.attribute?.find((attribute) => attribute.name === name);
  }
}

/** A node that cannot be turned into operations with a gradient. */
export function unsupported({ opType, name, output }: onnx.INodeProto, problem: string): Error {
  const called = name === undefined || name === '' ? `that makes "${output?.[0] ?? ''}"` : `"${name}"`;
  return usageError(
    `operator ${opType} (node ${called}) ${problem}; fit without gradients by --fit scales, which runs every operator ` +
      'that ONNX Runtime has, or export the model without it',
  );
}

/** A size-one-per-axis shape of numbers that broadcast over [N, C, …]: one number a channel. */
export function perChannel(b: GraphBuilder, value: Value, rank: number): Value {
  return b.reshape(value, [elements(value.shape), ...new Array<number>(rank - 2).fill(1)]);
}
