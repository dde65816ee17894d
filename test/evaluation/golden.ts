/** Reads ../shared/golden/scores.json: values of peer packages (its README says whose), never copied here. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

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

let wholeFile: readonly GoldenCase[] | undefined;

export function allGoldenCases(): readonly GoldenCase[] {
  if (goldenIsMissing) return [];
  wholeFile ??= (JSON.parse(readFileSync(goldenPath, 'utf8')) as { cases: GoldenCase[] }).cases;
  return wholeFile;
}

export function goldenCases(kind: string): GoldenCase[] {
  return allGoldenCases().filter((each) => each.kind === kind);
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

/**
 * Every number of a case by its path: 'crps', 'components_ecdf.spread', 'step_24.max_member_error_km', …
 * Words about the numbers are left out.
 */
export function quantitiesOf(golden: GoldenCase): Map<string, Float64Array> {
  const found = new Map<string, Float64Array>();
  const walk = (name: string, node: unknown): void => {
    if (typeof node === 'number' || Array.isArray(node)) found.set(name, flat(node as Json));
    else if (typeof node === 'object' && node !== null) {
      if ('value' in node) found.set(name, flat(node.value as Json));
      else
        for (const [key, child] of Object.entries(node))
          if (key !== 'sources') walk(name === '' ? key : `${name}.${key}`, child);
    }
  };
  walk('', golden.expected);
  return found;
}

export type Values = ArrayLike<number> | number | undefined;

/**
 * One test a case of the kind, which fails for every number of the case that `prepare(golden)(name)` has no answer
 * to (undefined), or another one.
 * @param elsewhere names that another test compares
 */
export function compareGolden(
  kind: string,
  prepare: (golden: GoldenCase) => ((name: string) => Values) | Promise<(name: string) => Values>,
  elsewhere?: RegExp,
): void {
  // A suite without any test is an error of the runner.
  it.skipIf(goldenIsMissing)(`${kind}: the file has cases`, () => {
    expect(goldenCases(kind).length).toBeGreaterThan(0);
  });
  for (const golden of goldenCases(kind)) {
    it(`${golden.id}: equals the peers`, async () => {
      const answer = await prepare(golden);
      const absolute = golden.tags.includes('cancellation');
      let compared = 0;
      for (const [name, expected] of quantitiesOf(golden)) {
        if (elsewhere?.test(name)) continue;
        const found = answer(name);
        if (found === undefined) throw new Error(`nothing here is compared with ${golden.id}/${name}`);
        expectClose(typeof found === 'number' ? [found] : found, expected, name, absolute);
        compared++;
      }
      expect(compared).toBeGreaterThan(0);
    });
  }
}

/** A case's ensemble as [case][member] rows with their observations. */
export function rowsOf(golden: GoldenCase): {
  readonly rows: Float64Array[];
  readonly observed: Float64Array;
} {
  const observed = flat(golden.input.obs);
  const ens = flat(golden.input.ens);
  const count = ens.length / observed.length;
  return {
    rows: Array.from(observed, (_, c) => ens.subarray(c * count, (c + 1) * count)),
    observed,
  };
}
