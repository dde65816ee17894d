/**
 * manifest.json: what a run directory is and holds. No wall-clock time, host or process enters it, so that an
 * interrupted and resumed run ends with the same bytes as one that was never interrupted.
 * `identity` names everything that decides a member's values: two runs with the same identity may share a
 * directory, and grow in weight samples and in starts; with a single weight sample, in noise streams too, since
 * member m = k · J + j then keeps its number.
 */
import { z } from 'zod';
import { dataError, usageError } from '../errors.js';
import type { SchemaJson } from '../schema.js';
import { canonicalJson, type Json, jsonDifferences, jsonDigest } from './canonicalJson.js';

const json: z.ZodType<Json> = z.json() as z.ZodType<Json>;
const count = z.number().int().nonnegative();
const isoTime = z.iso.datetime();

const chunk = z.strictObject({
  kind: z.enum(['members', 'products']),
  rows: count,
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Valid time of the analysis. */
  start: isoTime,
  first_weight_sample: count,
  weight_samples: z.number().int().positive(),
  /** Both or neither: where a file holds some of the noise streams only. */
  first_noise_stream: count.optional(),
  noise_streams: z.number().int().positive().optional(),
});

const schema = z.strictObject({
  channels: z
    .array(z.strictObject({ variable: z.string(), level: z.number().nullable(), unit: z.string() }))
    .nonempty(),
  latitudes: z.array(z.number()).nonempty(),
  longitudes: z.array(z.number()).nonempty(),
});

const manifest = z.strictObject({
  format: z.literal('plume-run'),
  version: z.literal(1),
  plume: z.string(),
  identity: z.string().regex(/^[0-9a-f]{64}$/),
  seed: count,
  weight_samples: z.number().int().positive(),
  noise_streams: z.number().int().positive(),
  starts: z.array(isoTime),
  leads_hours: z.array(z.number().int().positive()).nonempty(),
  step_hours: z.number().positive(),
  schema,
  model: json,
  perturbation: json,
  device: json,
  settings: json,
  config: json,
  chunks: z.record(z.string(), chunk),
});

/** One file of a run: its size, digest and which members of which start it holds. */
export type Chunk = Readonly<z.infer<typeof chunk>>;
export type Manifest = Readonly<z.infer<typeof manifest>>;

/** What a run is asked to be. */
export interface RunDescription {
  /** Version of this program. */
  readonly plume: string;
  readonly seed: number;
  readonly weightSamples: number;
  readonly noiseStreams: number;
  /** Valid times of the analyses, milliseconds since 1970-01-01 UTC. */
  readonly starts: ArrayLike<number>;
  readonly leadsHours: readonly number[];
  readonly stepHours: number;
  readonly schema: SchemaJson;
  /** Kind, digest, posterior and whatever else tells one model from another. */
  readonly model: Json;
  readonly perturbation: Json;
  /** Device and provider that compute: other devices round otherwise. */
  readonly device: Json;
  /** Anything else that decides the members' values: the archive and its digest, the initial perturbation, … */
  readonly settings: Json;
  /** The configuration as resolved, for people: no part of the identity (it names K, starts, workers, …). */
  readonly config: Json;
}

/** '2007-01-01T00:00:00.000Z' */
export function isoOf(time: number): string {
  return new Date(time).toISOString();
}

/**
 * A manifest without chunks.
 * @throws {PlumeError} usage, when the description asks for what no run can be: no members, no leads, …
 */
export function makeManifest(description: RunDescription): Manifest {
  const made: Manifest = {
    format: 'plume-run',
    version: 1,
    plume: description.plume,
    identity: '',
    seed: description.seed,
    weight_samples: description.weightSamples,
    noise_streams: description.noiseStreams,
    starts: sortedStarts(Array.from(description.starts, isoOf)),
    leads_hours: [...description.leadsHours] as [number, ...number[]],
    step_hours: description.stepHours,
    schema: description.schema as Manifest['schema'],
    model: description.model,
    perturbation: description.perturbation,
    device: description.device,
    settings: description.settings,
    config: description.config,
    chunks: {},
  };
  const whole = { ...made, identity: jsonDigest(decidingPart(made)) };
  const checked = manifest.safeParse(whole);
  if (!checked.success) throw usageError(`this run cannot be made: ${z.prettifyError(checked.error)}`);
  return whole;
}

/** Everything but what may grow (weight samples, starts, chunks) and what is for people only (config). */
function decidingPart(of: Manifest): { readonly [key: string]: Json } {
  const { identity: _i, weight_samples: _k, starts: _s, chunks: _c, config: _f, ...deciding } = of;
  return deciding as unknown as { readonly [key: string]: Json };
}

/** ISO texts of equal length in rising order: the order of time, years 0–9999. */
function sortedStarts(starts: readonly string[]): string[] {
  return [...new Set(starts)].sort();
}

/**
 * What `found` becomes when `wanted` is run in its directory: its chunks, the union of starts, the larger K,
 * and the newer configuration.
 * @throws {PlumeError} usage, when their identities differ
 */
export function mergeManifests(found: Manifest, wanted: Manifest, directory: string): Manifest {
  if (found.identity !== wanted.identity) {
    if (sameButStreams(found, wanted)) return withMoreStreams(found, wanted);
    const differences = jsonDifferences(decidingPart(found), decidingPart(wanted), 3);
    throw usageError(
      `run directory ${directory} belongs to another configuration: ${differences.join('; ')} ` +
        '(there ≠ asked for); choose another --out or remove it',
    );
  }
  return {
    ...wanted,
    weight_samples: Math.max(found.weight_samples, wanted.weight_samples),
    starts: sortedStarts([...found.starts, ...wanted.starts]),
    chunks: found.chunks,
  };
}

function sameButStreams(found: Manifest, wanted: Manifest): boolean {
  const rest = (of: Manifest): string => jsonDigest({ ...decidingPart(of), noise_streams: 0 });
  return found.weight_samples === 1 && wanted.weight_samples === 1 && rest(found) === rest(wanted);
}

/** The larger J, and every chunk saying which streams it holds. */
function withMoreStreams(found: Manifest, wanted: Manifest): Manifest {
  const merged: Manifest = {
    ...wanted,
    noise_streams: Math.max(found.noise_streams, wanted.noise_streams),
    starts: sortedStarts([...found.starts, ...wanted.starts]),
    chunks: Object.fromEntries(
      Object.entries(found.chunks).map(([file, chunk]) => [
        file,
        { first_noise_stream: 0, noise_streams: found.noise_streams, ...chunk },
      ]),
    ),
  };
  return { ...merged, identity: jsonDigest(decidingPart(merged)) };
}

/** The bytes of manifest.json: keys sorted, one a line, so that equal runs have equal bytes. */
export function encodeManifest(of: Manifest): string {
  return `${canonicalJson(of as unknown as Json, 1)}\n`;
}

/** @throws {PlumeError} data, naming what is wrong with the text */
export function decodeManifest(text: string, path: string): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw dataError(`${path} is not JSON (${(error as Error).message}); restore it or remove the run`, {
      cause: error,
    });
  }
  const checked = manifest.safeParse(parsed);
  if (!checked.success) {
    throw dataError(`${path} is not the manifest of a run: ${z.prettifyError(checked.error)}`);
  }
  const expected = jsonDigest(decidingPart(checked.data));
  if (checked.data.identity !== expected) {
    throw dataError(
      `${path} has been altered: its identity is ${checked.data.identity}, its content says ${expected}`,
    );
  }
  return checked.data;
}
