/**
 * Verification: an ensemble against what happened and against the references, over all its start dates.
 * Streams over starts; what is kept is a row of area means for each (model, channel, region, lead, start).
 * Every start counts alike; within a start, points count by their area. Leads whose valid time the archive
 * does not hold are left out and counted.
 */
import type { Archive } from '../core/interfaces.js';
import { channelName } from '../core/schema.js';
import type { NestedDesign } from '../core/statistics/varianceDecomposition.js';
import type { EnsembleSource } from './ensembleSource.js';
import { channelsInArchive, requireTruth, spacingOf, statesShared } from './overlap.js';
import { fitReferences } from './references/fitReferences.js';
import type { ReferenceMethod } from './references/reference.js';
import type { Period } from './references/trainingSeries.js';
import { type Region, regionWeights, wholeDomain } from './region.js';
import type { ScoreRow } from './scoreRow.js';
import type { NanPolicy } from './scores/nanPolicy.js';
import { ensembleScorer, ensembleStatistics, predictionStatistics } from './statistics/caseStatistics.js';
import { CaseTable } from './statistics/caseTable.js';
import { memberCountOf, scoreCases } from './statistics/scoreCases.js';
import { type ModelCases, summarise } from './statistics/summarise.js';
import { truthOf } from './truth.js';

export interface VerifyRequest {
  readonly run: EnsembleSource;
  readonly archive: Archive;
  /** Names of run and archive in messages. */
  readonly runName?: string;
  readonly archiveName?: string;
  /** Column `model` of the ensemble's rows; default 'ensemble'. */
  readonly model?: string;
  /** What the references are fitted on, where they learn anything; must not reach into the forecasts. */
  readonly training?: Period | undefined;
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
  /** In starts. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Verification {
  readonly rows: ScoreRow[];
  /** (start, lead, channel) scored, and those left out for want of truth. */
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
  const { leadsHours } = run;
  const channels = channelsInArchive(
    { name: runName, value: run.schema },
    { name: archiveName, value: archive.schema },
  );
  const truth = truthOf(archive, statesShared(archive, leadsHours));
  requireTruth(
    { name: runName, value: { starts, leadsHours } },
    { name: archiveName, value: archive },
    truth,
  );

  const weights = regions.map((region) => regionWeights(region, archive.schema.grid));
  const { training } = request;
  const fitted = await fitReferences({ archive, channels, methods, training, starts, leadsHours });
  const design = { weightSamples: run.manifest.weight_samples, noiseStreams: run.manifest.noise_streams };
  const tables = makeTables(methods, starts.length, design);
  const { scored, missingTruth } = await scoreCases({
    truth,
    channels,
    starts,
    leadsHours,
    contestants: [
      {
        name: runName,
        source: run,
        channels: channels.map((_, c) => c),
        score: ensembleScorer(design, weights, nanPolicy),
      },
    ],
    references: fitted,
    weights,
    nanPolicy,
    keepContestant: ({ start, lead, channel }, _, rows) => {
      for (const [r, row] of rows.entries()) tables.ensemble(channel, r, lead).set(start, row);
    },
    keepReference: ({ start, lead, channel }, i, rows) => {
      for (const [r, row] of rows.entries()) tables.reference(channel, i, r, lead).set(start, row);
    },
    onProgress: request.onProgress,
  });

  const spacingHours = spacingOf(starts) || 24;
  const rows: ScoreRow[] = [];
  for (const [c] of channels.entries()) {
    const { variable, level } = run.schema.channels[c]!;
    for (const [r, region] of regions.entries()) {
      for (const [l, lead] of leadsHours.entries()) {
        const models: ModelCases[] = [
          { model, memberCount: memberCountOf(run), cases: tables.ensemble(c, r, l) },
          ...methods.map((method, i) => ({
            model: method.name,
            memberCount: Number.POSITIVE_INFINITY,
            cases: tables.reference(c, i, r, l),
          })),
        ];
        const place = { variable, level, lead_hours: lead, region: region.name, season: 'all', event: null };
        rows.push(...summarise(place, models, starts.length, { seed, resamples, spacingHours }));
      }
    }
  }
  const references = channels.flatMap((_, c) =>
    fitted[c]!.map(({ name, summary }) => ({ channel: channelName(run.schema.channels[c]!), name, summary })),
  );
  return { rows, scored, missingTruth, references };
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
