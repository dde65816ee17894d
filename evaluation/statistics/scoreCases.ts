/**
 * The way through the cases of a verification: start by start, lead by lead, channel by channel, in the order in
 * which archives and member files lie. Every field of truth is read once and scored against all contestants and
 * references; nothing but the rows of statistics that are handed on outlives its case.
 */
import { dataError, isPlumeError } from '../../core/errors.js';
import type { FloatArray } from '../../core/statistics/moments.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import type { EnsembleSource } from '../ensembleSource.js';
import type { Prediction, Reference } from '../references/reference.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import type { Truth } from '../truth.js';
import { predictionRows } from './caseStatistics.js';

export interface Contestant {
  /** In messages: run "runs/2007". */
  readonly name: string;
  readonly source: EnsembleSource;
  /** Index in the source of every channel scored. */
  readonly channels: readonly number[];
  /** @returns a row of statistics a region */
  score(members: Float32Array, truth: FloatArray): Float64Array[];
}

/** Positions among the starts, leads and channels scored. */
export interface Case {
  readonly start: number;
  readonly lead: number;
  readonly channel: number;
}

export interface CaseRequest {
  readonly truth: Truth;
  /** Index in the archive of every channel scored. */
  readonly channels: readonly number[];
  /** Rising. */
  readonly starts: readonly number[];
  readonly leadsHours: readonly number[];
  readonly contestants: readonly Contestant[];
  /** [channel][reference] */
  readonly references: readonly (readonly Reference[])[];
  /** Area weights of every region, [point]. */
  readonly weights: readonly Float64Array[];
  readonly nanPolicy: NanPolicy;
  /** @param rows one a region */
  keepContestant(at: Case, contestant: number, rows: readonly Float64Array[]): void;
  keepReference(at: Case, reference: number, rows: readonly Float64Array[]): void;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface CasesScored {
  /** (start, lead, channel) scored, and those left out for want of truth. */
  readonly scored: number;
  readonly missingTruth: number;
}

/** @throws {PlumeError} data, when a member is missing, or a value under policy raise */
export async function scoreCases(request: CaseRequest): Promise<CasesScored> {
  const { truth, channels, starts, leadsHours, contestants, weights, nanPolicy } = request;
  const byValidTime = new Map<string, Float64Array[]>();
  let missingTruth = 0;
  let scored = 0;
  for (const [s, start] of starts.entries()) {
    for (const [l, lead] of leadsHours.entries()) {
      const validTime = start + lead * millisecondsPerHour;
      if (!truth.has(validTime)) {
        missingTruth += channels.length;
        continue;
      }
      for (const [c, channel] of channels.entries()) {
        const at: Case = { start: s, lead: l, channel: c };
        const observed = await truth.field(validTime, channel);
        try {
          for (const [i, contestant] of contestants.entries()) {
            const members = await membersOf(contestant, start, lead, c);
            request.keepContestant(at, i, contestant.score(members, observed));
          }
          for (const [i, reference] of request.references[c]!.entries()) {
            const score = (prediction: Prediction) =>
              predictionRows(prediction, observed, weights, nanPolicy);
            const kept = { rows: byValidTime, key: `${c}/${i}/${validTime}` };
            const rows = await referenceRows(reference, truth, channel, start, lead, score, kept);
            if (rows) request.keepReference(at, i, rows);
          }
        } catch (error) {
          if (!isPlumeError(error)) throw error;
          throw dataError(`start ${formatTime(start)}, lead ${lead} h: ${error.message}`, { cause: error });
        }
        scored++;
      }
    }
    // Climatologies of valid times that no later start can ask for again.
    for (const key of byValidTime.keys())
      if (Number(key.slice(key.lastIndexOf('/') + 1)) <= start) byValidTime.delete(key);
    request.onProgress?.(s + 1, starts.length);
  }
  return { scored, missingTruth };
}

async function membersOf(
  { name, source, channels }: Contestant,
  start: number,
  lead: number,
  channel: number,
): Promise<Float32Array> {
  const { values, members } = await source.readMembers(start, lead, channels[channel]!);
  const expected = memberCountOf(source);
  if (members.length !== expected) {
    throw dataError(
      `${name} has ${members.length} of ${expected} members; run the same forecast again to finish it`,
    );
  }
  return values;
}

export function memberCountOf({ manifest }: EnsembleSource): number {
  return manifest.weight_samples * manifest.noise_streams;
}

/** Rows of one reference, or null where the archive lacks a state it needs; kept by valid time where only that matters. */
async function referenceRows(
  reference: Reference,
  truth: Truth,
  channel: number,
  start: number,
  lead: number,
  score: (prediction: Prediction) => Float64Array[],
  kept: { readonly rows: Map<string, Float64Array[]>; readonly key: string },
): Promise<Float64Array[] | null> {
  const found = kept.rows.get(kept.key);
  if (found) return found;
  const inputs: Float32Array[] = [];
  for (const age of reference.inputHours) {
    const time = start - age * millisecondsPerHour;
    if (!truth.has(time)) return null;
    inputs.push(await truth.field(time, channel));
  }
  const rows = score(reference.predict(inputs, start, lead));
  if (reference.inputHours.length === 0) kept.rows.set(kept.key, rows);
  return rows;
}
