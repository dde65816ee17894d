/** plume compare: runs side by side on the starts, leads and channels they share, and what a member-day cost. */
import { basename, resolve } from 'node:path';
import { usageError } from '../../core/errors.js';
import { channelName } from '../../core/schema.js';
import { canonicalJson, type Json } from '../../core/store/canonicalJson.js';
import type { Manifest } from '../../core/store/run.js';
import { writeTable } from '../../core/store/table.js';
import { formatTime } from '../../core/time.js';
import { readCost } from '../../ensembles/cost.js';
import { compareRuns, compareStatistics, sharedCases } from '../../evaluation/compare.js';
import { type CompareRow, compareColumns } from '../../evaluation/compareRow.js';
import { inUnitsOf } from '../../evaluation/forecasts/partOfSource.js';
import { wholeDomain } from '../../evaluation/region.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { type ForecastOperand, openForecastOperand } from '../forecastOption.js';
import { keptComparison } from '../keptComparison.js';
import { chooseReferences, trainingPeriod } from '../referenceOption.js';
import { unitsText } from '../report/channelUnits.js';
import {
  type ComparedRunText,
  comparisonSentence,
  formatComparison,
  formatRuns,
  headlineChannels,
  legend,
  shownLeads,
  singleFields,
} from '../report/compareTable.js';
import { headlineVerdicts, jointSentence, ofRegion } from '../report/comparisonVerdicts.js';
import { planVerification, type VerificationPlan } from '../verificationPlan.js';

export const compareOptions = [
  'archive',
  'variables',
  'unit',
  'train',
  'references',
  'seasonless',
  'seed',
  'starts',
  'regions',
  'mask',
  'seasons',
  'thresholds',
  'nanPolicy',
  'workers',
  'regrid',
  'forecastUnit',
  'memberDimension',
  'out',
] as const;
type CompareOptionName = (typeof compareOptions)[number];

export const compareCommand: CommandDefinition<CompareOptionName> = {
  name: 'compare',
  operands: '<runs...>',
  summary:
    'two runs or files of forecasts or more side by side: scores, paired differences from the first, cost per member-day',
  examples: [
    'plume compare runs/eps runs/bayes --archive nature.zarr',
    'plume compare runs/eps runs/bayes --archive nature.zarr --references climatology,persistence --train 2001-01-01/2001-12-31',
    'plume compare runs/a runs/b --archive slp.nc --variables msl --out compare.arrow --json',
    'plume compare runs/a runs/b --archive slp.nc --regions nh,europe --seasons --thresholds p10,p90',
  ],
  options: compareOptions,
  run: async (context) => {
    const result = await compare(context);
    if (!context.json) process.stdout.write(`${textOf(result, context.options.variables)}\n`);
    return result;
  },
};

export interface CompareResult {
  /** In the order given; the others are compared with the first. */
  readonly runs: readonly (ComparedRunText & { readonly directory: string })[];
  readonly archive: string;
  readonly references: readonly string[];
  readonly training: string | null;
  /** False where the runs start from analyses that were made in different ways: then not the models alone differ. */
  readonly sameAnalyses: boolean;
  readonly starts: readonly string[];
  readonly leadsHours: readonly number[];
  readonly channels: readonly { readonly name: string; readonly unit: string }[];
  /** False where the statistics of earlier verifications served. */
  readonly membersRead: boolean;
  readonly scored: number;
  readonly missingTruth: number;
  /** Where the rows were written. */
  readonly out: string | null;
  readonly rows: readonly CompareRow[];
}

export async function compare(context: CommandContext<CompareOptionName>): Promise<CompareResult> {
  const { operands, options, report } = context;
  if (operands.length < 2) throw usageError('plume compare needs two run directories or more');
  const opened: ForecastOperand[] = [];
  try {
    // --variables chooses what is shown, of the channels that all have.
    const part = { ...options, variables: undefined };
    for (const operand of operands) opened.push(await openForecastOperand(operand, part));
    for (const { name, notes } of opened) for (const note of notes) report.line(`${name}: ${note}`);
    const labels = labelsOf(operands);
    const [first] = opened;
    const shared = sharedCases(
      opened.map(({ source, name }, i) => ({
        name: labels[i]!,
        source: i === 0 ? source : inUnitsOf(source, name, first!.source.schema, first!.name).source,
      })),
    );
    const names = shared.schema.channels.map(channelName);
    requireChannels(options.variables, names);
    const chosen = await chooseReferences(
      { ...options, references: options.references ?? [] },
      shared.schema,
    );
    const models = opened.map(({ run }) => run?.manifest.model);
    const training = trainingPeriod(options, chosen.methods, models, 'none of these runs');
    const texts = await Promise.all(
      opened.map(async ({ run, source: { manifest } }, i) => ({
        name: labels[i]!,
        directory: operands[i]!,
        weightSamples: manifest.weight_samples,
        noiseStreams: manifest.noise_streams,
        cost: run === null ? null : await readCost(run.directory),
      })),
    );
    const truth = await openArchiveOption({ ...options, variables: undefined }, names, report);
    try {
      const { name } = truth;
      const asked = { ...options, references: [...chosen.names], train: training?.text };
      const plans: VerificationPlan[] = [];
      for (const forecast of opened) plans.push(await planVerification(forecast, truth, asked));
      for (const note of new Set(plans.flatMap(({ notes }) => notes))) report.line(note);
      const operandsOf = opened.map((forecast, i) => ({ label: labels[i]!, forecast }));
      const kept = await keptComparison(operandsOf, plans, options, shared);
      if (kept !== null) report.line('statistics of the runs are there already: no members are read');
      const found =
        kept === null
          ? await gathered(plans, labels, context)
          : {
              ...kept,
              rows: compareStatistics(kept.table, {
                ...kept,
                runs: labels,
                channels: shared.schema.channels,
                seasons: options.seasons,
                seed: options.seed,
              }),
            };
      const { rows, scored, missingTruth } = found;
      const references = kept?.references ?? chosen.names;
      const trained = kept === null ? (training?.text ?? null) : kept.training;
      if (options.out !== undefined) {
        const units = unitsText(shared.schema.channels);
        const metadata = { runs: operands.join(' '), training: trained ?? '', archive: name, units };
        await writeTable(options.out, compareColumns(rows), metadata);
      }
      return {
        runs: texts,
        archive: name,
        references,
        training: trained,
        membersRead: kept === null,
        sameAnalyses: haveSameAnalyses(opened.map(({ run }) => run?.manifest)),
        starts: shared.starts.map(formatTime),
        leadsHours: shared.leadsHours,
        channels: shared.schema.channels.map((channel) => ({
          name: channelName(channel),
          unit: channel.unit,
        })),
        scored,
        missingTruth,
        out: options.out ?? null,
        rows,
      };
    } finally {
      await truth.archive.close();
    }
  } finally {
    for (const run of opened) await run.close();
  }
}

/** Reads members and truth. */
async function gathered(
  plans: readonly VerificationPlan[],
  labels: readonly string[],
  { options, report, signal }: CommandContext<CompareOptionName>,
): Promise<Pick<CompareResult, 'rows' | 'scored' | 'missingTruth'>> {
  let progress: ReturnType<typeof report.begin> | undefined;
  const found = await compareRuns({
    ...plans[0]!.gathering,
    runs: plans.map(({ source }, i) => ({ name: labels[i]!, source })),
    seasons: options.seasons,
    seed: options.seed,
    signal,
    onProgress: (done, total) => {
      progress ??= report.begin('comparing', total, 'starts');
      progress.update(done);
    },
  });
  progress?.finish();
  return found;
}

/** True when archive, analysis error and, where there is one, what draws it are those of the first run. */
function haveSameAnalyses(manifests: readonly (Manifest | undefined)[]): boolean {
  // Nobody knows what the forecasts of others began with.
  if (manifests.includes(undefined)) return false;
  const analyses = manifests
    .flatMap((manifest) => manifest ?? [])
    .map(({ seed, settings }) => {
      const { archive = null, initial = null } = (settings ?? {}) as {
        readonly archive?: Json;
        readonly initial?: { readonly [key: string]: Json } | null;
      };
      const { analysis_error: error = 0, rotate = null, dates = null } = initial ?? {};
      return canonicalJson(error === 0 ? { archive } : { archive, seed, error, rotate, dates });
    });
  return new Set(analyses).size === 1;
}

/** Last names of the directories where they differ, else the paths as given. */
function labelsOf(directories: readonly string[]): string[] {
  const short = directories.map((directory) => basename(resolve(directory)));
  return new Set(short).size === short.length ? short : [...directories];
}

function requireChannels(asked: readonly string[] | undefined, shared: readonly string[]): void {
  const unknown = asked?.find((name) => !shared.includes(name));
  if (unknown !== undefined) {
    throw usageError(`--variables: the runs share no channel "${unknown}"; they share ${shared.join(', ')}`);
  }
}

function textOf(result: CompareResult, variables: readonly string[] | undefined): string {
  const { runs, rows, channels, leadsHours, starts, missingTruth } = result;
  const shown = variables ?? headlineChannels(channels.map(({ name }) => name));
  const leads = shownLeads(leadsHours);
  const several = runs.filter(({ weightSamples, noiseStreams }) => weightSamples * noiseStreams > 1);
  const ensembles = new Set(several.map(({ name }) => name));
  const references = new Set(rows.map(({ run }) => run));
  for (const { name } of runs) references.delete(name);
  const region = rows[0]?.region ?? wholeDomain.name;
  const home = ofRegion(rows, region);
  const blocks = shown.map((name) => {
    const unit = channels.find((channel) => channel.name === name)?.unit ?? '';
    const own = home.filter((row) => nameOf(row) === name);
    const plain = own.filter(({ event }) => event === null);
    const sentences = runs
      .slice(1)
      .flatMap((run) => [
        `${name}: ${comparisonSentence(plain, run.name)}`,
        ...headlineVerdicts(own, run.name),
      ]);
    return `${formatComparison(plain, `${name}, ${unit}`, leads, ensembles, references)}\n${sentences.join('\n')}`;
  });
  const head = [
    `${starts.length} start(s) in all runs, ${starts[0]} … ${starts.at(-1)}` +
      (result.membersRead ? '' : '; from statistics of earlier verifications') +
      `; truth of ${result.archive}` +
      (missingTruth > 0 ? `; ${missingTruth} fields without truth left out` : ''),
    formatRuns(runs),
  ];
  if (!result.sameAnalyses)
    head.push('these runs start from different analyses: not the models alone differ');
  const tail = [...runs.slice(1).map((run) => jointSentence(rows, run.name)), legend];
  const elsewhere = new Set(rows.map((row) => `${row.region}, ${row.season}`)).size - 1;
  if (elsewhere > 0)
    tail.push(
      `shown: region ${region}, whole year; ${elsewhere} more regions and seasons are in --json and --out`,
    );
  if (references.has('climatology')) tail.push('CRPS skill: 1 − CRPS / CRPS of climatology');
  if (singleFields(rows).size > 0)
    tail.push('a single field has no spread, and its CRPS is the mean absolute error (MAE)');
  const hidden = channels.length - shown.length;
  if (hidden > 0 || leads.length < leadsHours.length) {
    tail.push(`${channels.length} channels and ${leadsHours.length} leads are in --json and --out`);
  }
  return [...head, '', ...blocks.flatMap((block) => [block, '']), ...tail].join('\n');
}

function nameOf({ variable, level }: CompareRow): string {
  return level === null ? variable : `${variable}${level}`;
}
