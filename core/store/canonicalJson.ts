/** JSON with one spelling for one value: keys sorted at every depth, no blanks; so that its digest names the value. */
import { createHash } from 'node:crypto';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

function sorted(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  const object = value as { readonly [key: string]: Json };
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .filter((key) => object[key] !== undefined)
      .map((key) => [key, sorted(object[key]!)]),
  );
}

/** @param indent 0 for one line */
export function canonicalJson(value: Json, indent = 0): string {
  return JSON.stringify(sorted(value), null, indent);
}

/** Hexadecimal SHA-256 of the canonical text. */
export function jsonDigest(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * The paths at which two values differ, first ones first: ['model.digest: "ab" ≠ "cd"', …].
 * @param limit how many to name
 */
export function jsonDifferences(
  a: Json | undefined,
  b: Json | undefined,
  limit: number,
  path = '',
): string[] {
  if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) return [];
  if (isObject(a) && isObject(b)) {
    const found: string[] = [];
    for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      found.push(
        ...jsonDifferences(a[key], b[key], limit - found.length, path === '' ? key : `${path}.${key}`),
      );
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }
  return limit > 0 ? [`${path}: ${shortened(a)} ≠ ${shortened(b)}`] : [];
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function shortened(value: Json | undefined): string {
  if (value === undefined) return 'absent';
  const text = canonicalJson(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
