/**
 * Verification: an ensemble against what happened and against the references, over all its start dates.
 * Streams over starts; what is kept is a row of area means for each (model, channel, region, lead, start).
 * Every start counts alike; within a start, points count by their area. Leads whose valid time the archive
 * does not hold are left out and counted.
 */
import { dataError, isPlumeError } from '../core/errors.js';
import type { Archive } from '../core/interfaces.js';
import { channelName, requireSameSchema } from '../core/schema.js';
import type { NestedDesign } from '../core/statistics/varianceDecomposition.js';
import { formatTime, millisecondsPerHour } from '../core/time.js';
import {
  ensembleScorer,
  ensembleStatistics,
  predictionRows,
  predictionStatistics,
} from './caseStatistics.js';
import { CaseTable } from './caseTable.js';
import type { EnsembleSource } from './ensembleSource.js';
import type { NanPolicy } from './nanPolicy.js';
import type { Prediction, Reference, ReferenceMethod } from './references/reference.js';
import { type Period, readTraining } from './references/trainingSeries.js';
import { type Region, regionWeights, wholeDomain } from './region.js';
import type { ScoreRow } from './scoreRow.js';
import { type ModelCases, summarise } from './summarise.js';
import { type Truth, truthOf } from './truth.js';

export interface VerifyRequest {
  readonly run: EnsembleSource;
  readonly archive: Archive;
  /** Names of run and archive in messages. */
  readonly runName?: string;
  readonly archiveName?: string;
  /** Column `model` of the ensemble's rows; default 'ensemble'. */
  readonly model?: string;
  /** Years the references are fitted on; must not reach into the starts that are verified. */
  readonly training: Period;
  /** Default: none. */
  readonly references?: readonly ReferenceMethod[];
  /** Default: the whole domain. */
  readonly regions?: readonly Region[];
  /** Default: raise. */
  readonly nanPolicy?: NanPolicy;
  /** Of the bootstrap; default 0. */
  readonly seed?: number;
  /** Of the bootstrap; default 1000. */
  readonly resamples?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Verification {
  readonly rows: ScoreRow[];
  /** (start, lead) pairs scored, and those left out for want of truth. */
  readonly scored: number;
  readonly missingTruth: number;
  /** For each channel and reference, what was tuned inside the training years. */
  readonly references: readonly {
    readonly channel: string;
    readonly name: string;
    readonly summary: string;
  }[];
}

/**
 * @throws {PlumeError} data, when run and archive do not fit together or do not overlap in time, a member is
 *   missing, the training period does not serve, or a value is missing under policy raise
 */
export async function verify(request: VerifyRequest): Promise<Verification> {
  const { run, archive, nanPolicy = 'raise', seed = 0, resamples = 1000 } = request;
  const { runName = 'the run', archiveName = 'the archive', model = 'ensemble' } = request;
  const regions = request.regions ?? [wholeDomain];
  const methods = request.references ?? [];
  const starts = Array.from(run.starts);
  const channels = matchChannels(run, runName, archive, archiveName);
  const stateCount = 8 + Math.ceil(Math.max(...run.leadsHours) / Math.max(1, spacingOf(archive.times)));
  const truth = truthOf(archive, Math.min(64, stateCount));
  requireOverlap(run, runName, archive, archiveName, truth);

  const weights = regions.map((region) => regionWeights(region, archive.schema.grid));
  const fitted = await fitReferences(request, archive, channels, methods, starts);
  const design = { weightSamples: run.manifest.weight_samples, noiseStreams: run.manifest.noise_streams };
  const memberCount = design.weightSamples * design.noiseStreams;
  const scoreEnsemble = ensembleScorer(design, weights, nanPolicy);
  const tables = makeTables(methods, starts.length, design);
  const byValidTime = new Map<string, Float64Array[]>();
  const total = starts.length * channels.length;
  let missingTruth = 0;
  let scored = 0;
  let done = 0;

  for (const [s, start] of starts.entries()) {
    for (const [c, channel] of channels.entries()) {
      for (const [l, lead] of run.leadsHours.entries()) {
        const validTime = start + lead * millisecondsPerHour;
        if (!truth.has(validTime)) {
          missingTruth++;
          continue;
        }
        scored++;
        const observed = await truth.field(validTime, channel);
        const { values, members } = await run.readMembers(start, lead, c);
        if (members.length !== memberCount) {
          throw dataError(
            `${runName} has ${members.length} of ${memberCount} members at ${formatTime(start)}, lead ${lead} h; ` +
              'run the same forecast again to finish it',
          );
        }
        try {
          for (const [r, row] of scoreEnsemble(values, observed).entries())
            tables.ensemble(c, r, l).set(s, row);
          for (const [i, reference] of fitted[c]!.entries()) {
            const score = (prediction: Prediction) =>
              predictionRows(prediction, observed, weights, nanPolicy);
            const kept = { rows: byValidTime, key: `${c}/${i}/${validTime}` };
            const rows = await referenceRows(reference, truth, channel, start, lead, score, kept);
            for (const [r, row] of (rows ?? []).entries()) tables.reference(c, i, r, l).set(s, row);
          }
        } catch (error) {
          if (!isPlumeError(error)) throw error;
          throw dataError(`start ${formatTime(start)}, lead ${lead} h: ${error.message}`, { cause: error });
        }
      }
      request.onProgress?.(++done, total);
    }
    // Climatologies of valid times that no later start can ask for again.
    for (const key of byValidTime.keys())
      if (Number(key.slice(key.lastIndexOf('/') + 1)) <= start) byValidTime.delete(key);
  }

  const spacingHours = spacingOf(starts) || 24;
  const rows: ScoreRow[] = [];
  for (const [c] of channels.entries()) {
    const { variable, level } = run.schema.channels[c]!;
    for (const [r, region] of regions.entries()) {
      for (const [l, lead] of run.leadsHours.entries()) {
        const models: ModelCases[] = [
          { model, memberCount, cases: tables.ensemble(c, r, l) },
          ...methods.map((method, i) => ({
            model: method.name,
            memberCount: Number.POSITIVE_INFINITY,
            cases: tables.reference(c, i, r, l),
          })),
        ];
        const place = { variable, level, lead_hours: lead, region: region.name };
        rows.push(...summarise(place, models, starts.length, { seed, resamples, spacingHours }));
      }
    }
  }
  const references = channels.flatMap((_, c) =>
    fitted[c]!.map(({ name, summary }) => ({ channel: channelName(run.schema.channels[c]!), name, summary })),
  );
  return { rows, scored, missingTruth, references };
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

/** Index in the archive of every channel of the run. */
function matchChannels(
  run: EnsembleSource,
  runName: string,
  archive: Archive,
  archiveName: string,
): number[] {
  const names = archive.schema.channels.map(channelName);
  const channels = run.schema.channels.map((channel) => {
    const index = names.indexOf(channelName(channel));
    if (index < 0) {
      throw dataError(
        `${archiveName} has no channel ${channelName(channel)}, which ${runName} forecasts; ` +
          `it holds ${names.join(', ')}`,
      );
    }
    return index;
  });
  const part = { grid: archive.schema.grid, channels: channels.map((i) => archive.schema.channels[i]!) };
  requireSameSchema(part, archiveName, run.schema, runName);
  return channels;
}

function requireOverlap(
  run: EnsembleSource,
  runName: string,
  archive: Archive,
  archiveName: string,
  truth: Truth,
): void {
  const starts = Array.from(run.starts);
  for (const start of starts)
    for (const lead of run.leadsHours) if (truth.has(start + lead * millisecondsPerHour)) return;
  const span = (times: ArrayLike<number>): string =>
    times.length === 0 ? 'nothing' : `${formatTime(times[0]!)} … ${formatTime(times[times.length - 1]!)}`;
  throw dataError(
    `${runName} starts at ${span(starts)} with leads ${run.leadsHours.join(', ')} h, but ${archiveName} holds ` +
      `${span(archive.times)}: no valid time is in both; verify against an archive of the forecast's own time`,
  );
}

/** [channel][reference] */
async function fitReferences(
  request: VerifyRequest,
  archive: Archive,
  channels: readonly number[],
  methods: readonly ReferenceMethod[],
  starts: readonly number[],
): Promise<Reference[][]> {
  if (methods.length === 0) return channels.map(() => []);
  const { training, run } = request;
  const [first] = starts;
  const lastValid = Math.max(...starts) + Math.max(...run.leadsHours) * millisecondsPerHour;
  if (first !== undefined && training.from <= lastValid && training.to > first) {
    throw dataError(
      `the training period ${formatTime(training.from)} … ${formatTime(training.to)} overlaps the forecasts ` +
        `(${formatTime(first)} … ${formatTime(lastValid)}): the references would have seen what they are ` +
        'scored on; end the training period before the first start',
    );
  }
  const series = await readTraining(archive, training, channels);
  return series.map((each) => methods.map((method) => method.fit(each, run.leadsHours)));
}

/** Smallest distance between neighbouring times, hours; 0 for fewer than two. */
function spacingOf(times: ArrayLike<number>): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i++) smallest = Math.min(smallest, times[i]! - times[i - 1]!);
  return Number.isFinite(smallest) ? smallest / millisecondsPerHour : 0;
}

interface Tables {
  ensemble(channel: number, region: number, lead: number): CaseTable;
  reference(channel: number, reference: number, region: number, lead: number): CaseTable;
}

function makeTables(methods: readonly ReferenceMethod[], starts: number, design: NestedDesign): Tables {
  const tables = new Map<string, CaseTable>();
  const table = (key: string, statistics: () => string[]): CaseTable => {
    const found = tables.get(key) ?? new CaseTable(statistics(), starts);
    tables.set(key, found);
    return found;
  };
  return {
    ensemble: (c, r, l) => table(`${c}/${r}/${l}`, () => ensembleStatistics(design)),
    reference: (c, i, r, l) =>
      table(`${c}/${r}/${l}/${methods[i]!.name}`, () => predictionStatistics(methods[i]!.kind)),
  };
}
