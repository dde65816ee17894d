/**
 * What statistics were made from: everything that decides their values, so that they can be taken up again, merged or
 * compared only where all of it agrees. Numbers of workers, seeds of intervals and places of files are no part of it.
 */
import { access } from 'node:fs/promises';
import { canonicalJson, type Json, jsonDigest } from '../../core/store/canonicalJson.js';
import type { Region } from '../region.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import type { EventChoice } from './events.js';
import { readStatistics, type StatisticsFile } from './statisticsFile.js';

export interface Provenance {
  /** Version of this program. */
  readonly plume: string;
  /** Identity of the run, or names of forecast files; how many members. */
  readonly run: { readonly identity: string; readonly members: readonly [number, number] };
  /** Names of files without their directories, or the nature run in full; units given by hand with them. */
  readonly archive: readonly string[];
  readonly units?: readonly string[];
  /** How truth came onto the grid of the forecasts. */
  readonly regrid?: string | null;
  readonly references: readonly string[];
  /** Period the references learn from, as it was given. */
  readonly training: string | null;
  readonly regions: readonly Region[];
  readonly events?: EventChoice;
  readonly nanPolicy: NanPolicy;
  /** Default: true. */
  readonly fieldScores?: boolean;
}

export function madeFrom(of: Provenance): Json {
  return {
    plume: of.plume,
    run: { identity: of.run.identity, members: [...of.run.members] },
    archive: [...of.archive],
    units: [...(of.units ?? [])],
    regrid: of.regrid ?? null,
    references: [...of.references],
    training: of.training,
    regions: of.regions.map((region) => ({ name: region.name, digest: regionDigest(region) })),
    events: JSON.parse(JSON.stringify(of.events ?? {})) as Json,
    nan_policy: of.nanPolicy,
    field_scores: of.fieldScores ?? true,
  };
}

/** A region names its points by boxes, a mask or stations; typed arrays become plain numbers. */
function regionDigest(region: Region): string {
  const plain: unknown = JSON.parse(
    JSON.stringify(region, (_, value: unknown) =>
      ArrayBuffer.isView(value) ? Array.from(value as Uint8Array | Float64Array) : value,
    ),
  );
  return jsonDigest(plain as Json).slice(0, 16);
}

/** The same truth and options, whatever the run: tables of two such runs can stand side by side. */
export function comparable(a: Json, b: Json): boolean {
  const { run: _a, ...restA } = a as { readonly [key: string]: Json };
  const { run: _b, ...restB } = b as { readonly [key: string]: Json };
  return canonicalJson(restA) === canonicalJson(restB);
}

/**
 * Statistics that are there already and were made from the same; null where there are none.
 * @throws {PlumeError} data, when the file is damaged
 */
export async function keptStatistics(path: string, from: Json): Promise<StatisticsFile | null> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) return null;
  const found = await readStatistics(path);
  return canonicalJson(found.madeFrom) === canonicalJson(from) ? found : null;
}
