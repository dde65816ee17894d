/**
 * plume verify: forecasts against what happened and against the references. Statistics of every case are gathered, or
 * taken from an earlier gathering that would come out the same, and made into files beside the forecasts:
 * statistics.arrow, scores.arrow, diagrams.arrow, maps.arrow.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { channelName, type Schema } from '../../core/schema.js';
import { writeTable } from '../../core/store/table.js';
import { type DiagramRow, diagramColumns } from '../../evaluation/diagramRow.js';
import { wholeDomain } from '../../evaluation/region.js';
import { mapsName, writeScoreMaps } from '../../evaluation/scoreMaps.js';
import { type ScoreRow, scoreColumns } from '../../evaluation/scoreRow.js';
import { wholeYear } from '../../evaluation/seasons.js';
import { gatherStatistics, type ReferenceSummary } from '../../evaluation/statistics/gather.js';
import {
  type StatisticsFile,
  statisticsName,
  writeStatistics,
} from '../../evaluation/statistics/statisticsFile.js';
import type { StatisticTable } from '../../evaluation/statistics/statisticTable.js';
import { summarise } from '../../evaluation/statistics/summarise.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { openForecastOperand } from '../forecastOption.js';
import { keptDiagrams } from '../keptDiagrams.js';
import type { Options } from '../options.js';
import { unitsText } from '../report/channelUnits.js';
import { headlineChannels } from '../report/compareTable.js';
import { keySentence } from '../report/keySentence.js';
import { formatScores } from '../report/scoreTable.js';
import { notesOn } from '../verificationNotes.js';
import {
  ensembleModel,
  planVerification,
  statisticsThere,
  type VerificationPlan,
} from '../verificationPlan.js';

export const verifyOptions = [
  'archive',
  'variables',
  'unit',
  'train',
  'references',
  'seasonless',
  'seed',
] as const;
export type VerifyOptionName = (typeof verifyOptions)[number];

/** What a forecast that the command made itself needs no word on. */
const moreOptions = [
  'starts',
  'regions',
  'mask',
  'seasons',
  'diagrams',
  'thresholds',
  'nanPolicy',
  'workers',
  'regrid',
  'forecastUnit',
  'memberDimension',
  'out',
] as const;
type MoreOptionName = (typeof moreOptions)[number];

/** Channels whose tables a terminal shows. */
const mostTables = 4;

export const verifyCommand: CommandDefinition<VerifyOptionName | MoreOptionName> = {
  name: 'verify',
  operands: '<run...>',
  summary:
    'score a run, or forecasts in NetCDF or Zarr files, against the archive and the references; writes scores.arrow',
  examples: [
    'plume verify runs/2007 --archive slp.nc',
    'plume verify runs/2007 --archive slp.nc --references climatology --json',
    'plume verify runs/2007 --archive slp.nc --regions nh,europe --seasons --thresholds p5,p95,msl=98000',
    'plume verify ens_2020*.nc --archive era5.zarr --train 1990-01-01/2015-12-31 --regrid conservative --regions nh,land',
  ],
  options: [...verifyOptions, ...moreOptions],
  run: async (context) => {
    // Diagrams are for pages: they stay in their file.
    const { rows, diagrams: _, ...result } = await verifyRun(context.operands, context);
    if (!context.json)
      process.stdout.write(`${scoresText({ rows, ...result })}\n\n${result.sentences.join('\n')}\n`);
    return { ...result, rows };
  },
};

/**
 * Tables of all channels and regions where they are few; else of the headline channels, then of the whole domain alone:
 * the rest is in scores.arrow.
 */
function scoresText({ rows, scores }: Pick<VerifyResult, 'rows' | 'scores'>): string {
  const names = [...new Set(rows.map(nameOf))];
  const regions = new Set(rows.map(({ region }) => region));
  const shown = names.length <= mostTables ? names : headlineChannels(names);
  const everywhere = shown.length * regions.size <= mostTables;
  const text = formatScores(
    rows.filter((row) => shown.includes(nameOf(row)) && (everywhere || row.region === wholeDomain.name)),
  );
  const channels = names.length === shown.length ? '' : ` of all ${names.length} channels`;
  const where = regions.size === 1 ? '' : ` in all ${regions.size} regions`;
  return `${text}\nevery metric${channels}${where}, with intervals: ${scores} and --json`;
}

function nameOf({ variable, level }: Pick<ScoreRow, 'variable' | 'level'>): string {
  return `${variable}${level ?? ''}`;
}

export interface VerifyResult {
  /** Paths of the files written. */
  readonly scores: string;
  readonly diagramsFile: string;
  readonly statistics: string;
  readonly maps: string;
  /** (start, lead, channel) scored, and those left out for want of truth. */
  readonly scored: number;
  readonly missingTruth: number;
  /** For each channel and reference, what was tuned inside the training years. */
  readonly references: readonly ReferenceSummary[];
  readonly rows: readonly ScoreRow[];
  readonly diagrams: readonly DiagramRow[];
  /** The result of each channel in a sentence. */
  readonly sentences: readonly string[];
}

type VerifyContext = Pick<CommandContext<VerifyOptionName>, 'report' | 'signal'> & {
  readonly options: Pick<Options, VerifyOptionName> & Partial<Pick<Options, MoreOptionName>>;
};

/** @param operands a run directory, or what holds anyone's forecasts (forecastOption.ts) */
export async function verifyRun(
  operands: string | readonly string[],
  context: VerifyContext,
): Promise<VerifyResult> {
  const { options, report } = context;
  const forecast = await openForecastOperand(operands, options);
  try {
    for (const note of forecast.notes) report.line(note);
    const { schema } = forecast.source;
    const truth = await openArchiveOption(
      { ...options, variables: forecast.run === null ? undefined : options.variables },
      schema.channels.map(channelName),
      report,
    );
    try {
      const plan = await planVerification(forecast, truth, options);
      for (const note of plan.notes) report.line(note);
      const fitted = plan.training === null ? '' : `, fitted on ${plan.training.text}`;
      report.line(`references ${plan.references.join(', ') || 'none'}${fitted}`);
      const directory = options.out ?? forecast.directory;
      const kept = await statisticsThere(directory, forecast, plan, options.archive ?? []);
      if (kept) report.line(`statistics ${join(directory, statisticsName)}: there already`);
      const { table, references = [] } = kept ?? (await gather(directory, forecast.name, plan, context));
      for (const note of notesOn(table, ensembleModel, forecast.name)) report.line(note);
      for (const line of referenceLines(references)) report.line(line);
      const summary = summarise(table, {
        references: plan.references,
        seed: options.seed,
        resamples: 1000,
        seasons: options.seasons ?? false,
        diagrams: keptDiagrams(table, options.diagrams),
      });
      const about = {
        run: forecast.run?.directory ?? forecast.name,
        training: plan.training?.text ?? '',
        archive: truth.name,
        units: unitsText(plan.source.schema.channels),
      };
      const files = {
        scores: join(directory, 'scores.arrow'),
        diagramsFile: join(directory, 'diagrams.arrow'),
        statistics: join(directory, statisticsName),
        maps: join(directory, mapsName),
      };
      await writeTable(files.scores, scoreColumns(summary.scores), about);
      await writeTable(files.diagramsFile, diagramColumns(summary.diagrams), about);
      return {
        ...files,
        ...casesIn(table, plan.source.leadsHours.length * plan.source.schema.channels.length),
        references,
        rows: summary.scores,
        diagrams: summary.diagrams,
        sentences: sentencesOf(summary.scores, plan.source.schema),
      };
    } finally {
      await truth.archive.close();
    }
  } finally {
    await forecast.close();
  }
}

/** Gathers, and keeps statistics and maps beside the forecasts. */
async function gather(
  directory: string,
  name: string,
  { gathering, madeFrom, source }: VerificationPlan,
  { report, signal }: VerifyContext,
): Promise<StatisticsFile> {
  let progress: ReturnType<typeof report.begin> | undefined;
  const { table, maps, references } = await gatherStatistics({
    ...gathering,
    signal,
    onProgress: (done, total) => {
      progress ??= report.begin('verifying', total, 'cases');
      progress.update(done);
    },
  });
  progress?.finish();
  notesOn(table, ensembleModel, name); // nothing is written of forecasts without a value
  await mkdir(directory, { recursive: true });
  const file = { table, madeFrom, references };
  await writeScoreMaps(join(directory, mapsName), { grid: source.schema.grid, maps });
  // The last to be written: what is there beside it belongs to it.
  await writeStatistics(join(directory, statisticsName), file);
  return file;
}

/** Cases of the forecast that were scored, and those that had no truth. */
function casesIn(
  { starts, groups }: StatisticTable,
  casesOfStart: number,
): Pick<VerifyResult, 'scored' | 'missingTruth'> {
  const own = groups.filter(({ model, region }) => model === ensembleModel && region === wholeDomain.name);
  const scored = own.reduce((sum, { cases }) => sum + cases.count, 0);
  return { scored, missingTruth: starts.length * casesOfStart - scored };
}

/** One line for all channels that a reference has the same to say of. */
function referenceLines(references: VerifyResult['references']): string[] {
  const channels = new Map<string, string[]>();
  for (const { channel, name, summary } of references) {
    const said = `${name.padEnd(10)} ${summary}`;
    channels.set(said, [...(channels.get(said) ?? []), channel]);
  }
  return [...channels].map(
    ([said, of]) => `${said} (${of.length > 4 ? `${of.length} channels` : of.join(', ')})`,
  );
}

function sentencesOf(rows: readonly ScoreRow[], schema: Schema): string[] {
  return schema.channels.map((channel) => {
    const own = rows.filter(
      ({ variable, level, region, season }) =>
        variable === channel.variable &&
        level === channel.level &&
        region === wholeDomain.name &&
        season === wholeYear,
    );
    return `${channelName(channel)}: ${keySentence(own, channel.unit)}`;
  });
}
