/** Reads ../shared/golden/scores.json: values of peer packages (its README says whose), never copied here. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

export const goldenPath = path.resolve('..', 'shared', 'golden', 'scores.json');
export const goldenIsMissing = !existsSync(goldenPath);
export const whyGoldenIsSkipped = goldenIsMissing ? ` (skipped: no ${goldenPath})` : '';

type Json = number | string | readonly Json[];
interface Quantity {
  readonly value: Json;
}
export interface GoldenCase {
  readonly id: string;
  readonly kind: string;
  readonly tags: readonly string[];
  readonly input: Readonly<Record<string, Json>>;
  /** A quantity, a group of quantities, or a bare number. */
  readonly expected: Readonly<Record<string, Quantity & Readonly<Record<string, Quantity>>>>;
}

export function goldenCases(kind: string): GoldenCase[] {
  if (goldenIsMissing) return [];
  const { cases } = JSON.parse(readFileSync(goldenPath, 'utf8')) as { cases: GoldenCase[] };
  return cases.filter((each) => each.kind === kind);
}

/** Nested lists to a flat array; "NaN" and infinities are strings in the file. */
export function flat(value: Json | undefined): Float64Array {
  const out: number[] = [];
  const walk = (json: Json): void => {
    if (typeof json === 'object') for (const each of json) walk(each);
    else out.push(Number(json));
  };
  if (value === undefined) throw new Error('golden file: no such value');
  walk(value);
  return Float64Array.from(out);
}

export function expectedOf(golden: GoldenCase, name: string): Float64Array {
  const found = golden.expected[name] as Quantity | number | undefined;
  return flat(typeof found === 'object' ? found.value : found);
}

/** [case][member] of the file → [member, point] of this project. */
export function toMemberMajor(ens: Float64Array, cases: number): { members: Float64Array; count: number } {
  const count = ens.length / cases;
  const members = new Float64Array(ens.length);
  for (let c = 0; c < cases; c++)
    for (let m = 0; m < count; m++) members[m * cases + c] = ens[c * count + m]!;
  return { members, count };
}

/** |a − b| ≤ 1e-9 · max(1, |b|), as the file's README suggests; absolute for tag `cancellation`. */
export function expectClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  absolute = false,
): void {
  expect(found.length, what).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const a = found[i]!;
    const b = expected[i]!;
    if (Number.isNaN(b)) expect(a, `${what}[${i}]`).toBeNaN();
    else {
      const limit = 1e-9 * (absolute ? 1 : Math.max(1, Math.abs(b)));
      expect(Math.abs(a - b), `${what}[${i}]: ${a} against ${b}`).toBeLessThanOrEqual(limit);
    }
  }
}
