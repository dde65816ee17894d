/** plume errors: what a model's forecasts err by, channel by channel, into the table that bred vectors are scaled to. */
import { availableParallelism } from 'node:os';
import { usageError } from '../../core/errors.js';
import { parsePeriod } from '../../core/period.js';
import { requireSameSchema } from '../../core/schema.js';
import { isoOf } from '../../core/store/manifest.js';
import { millisecondsPerHour, parseDuration, parseTimeRange } from '../../core/time.js';
import { readStatePool } from '../../ensembles/analyses.js';
import { initialDates } from '../../ensembles/initialStates.js';
import { resolveDevice } from '../../models/onnx/devices.js';
import { type DescribedModel, describeModel, openModel } from '../../models/open.js';
import { parseModelSource } from '../../models/source.js';
import { type ErrorTable, writeErrorTable } from '../../perturbations/errorTable.js';
import { type AddAnalysisError, createAnalysisError } from '../../perturbations/initial/stateDifference.js';
import type { NamedArchive } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { measureErrors } from '../errorTable.js';
import { openModelArchive } from '../modelArchive.js';
import type { Options } from '../options.js';
import { version } from '../version.js';

export const errorsOptions = [
  'archive',
  'variables',
  'unit',
  'model',
  'out',
  'starts',
  'lead',
  'analysisError',
  'initialStates',
  'seed',
  'device',
] as const;
export type ErrorsOptionName = (typeof errorsOptions)[number];

/** Of hemispheric centred bred vectors as they were published. */
const publishedLead = '48h';

export const errorsCommand: CommandDefinition<ErrorsOptionName> = {
  name: 'errors',
  summary: 'RMS errors of deterministic forecasts by channel, into the table that bred vectors are scaled to',
  examples: [
    'plume errors --archive slp.nc --model model --starts 2006-01-01/2006-12-24/P7D --out errors.json',
    'plume errors --archive slp.nc --model model --starts 2006-01-01/2006-12-24/P7D --lead 24h --out errors.json --json',
    'plume errors --archive nature --model nature --starts 2001-03-02,2001-03-12 --analysis-error 0.1 --out errors.json',
  ],
  options: errorsOptions,
  run: async (context) => {
    const { out, table } = await errors(context);
    if (!context.json && !context.report.quiet) process.stdout.write(describe(out, table));
    return table;
  },
};

export async function errors(
  context: Pick<CommandContext<ErrorsOptionName>, 'options' | 'given' | 'report' | 'signal'>,
): Promise<{ readonly out: string; readonly table: ErrorTable }> {
  const { options, given, report, signal } = context;
  const { out, seed } = options;
  if (out === undefined) throw usageError('no file: give --out FILE, such as errors.json');
  if (options.starts === undefined) {
    throw usageError('no start date: give --starts, such as 2006-01-01/2006-12-24/P7D');
  }
  const starts = parseTimeRange(options.starts);
  const leadHours = parseDuration(given.has('lead') ? options.lead : publishedLead) / millisecondsPerHour;
  const source = parseModelSource(options.model, { uncertainty: 'none' });
  const { device, why } =
    source.kind === 'nature' ? natureDevice(options.device) : await resolveDevice(options.device);
  const described = await describeModel(source);
  const opened = await openModelArchive(options, source, described, report);
  try {
    const { archive, name, files } = opened;
    requireSameSchema(archive.schema, name, described.schema, described.name);
    report.line(`device     ${device}: ${why}`);
    report.line(
      `forecasts  ${starts.length} of ${leadHours} h with ${described.name}, mean weights, no noise`,
    );
    const analysisError = await analysisErrorOf(context, described, opened, starts[0]!);
    const model = await openModel(source, { device, threads: availableParallelism() });
    const progress = report.begin('errors', starts.length, 'starts');
    try {
      const channels = await measureErrors({
        model,
        archive,
        archiveName: name,
        starts,
        leadHours,
        seed,
        analysisError,
        signal,
        onStart: (done) => progress.update(done),
      });
      progress.finish();
      const table: ErrorTable = {
        plume: version,
        model: described.identity,
        archive: files,
        lead_hours: leadHours,
        starts: starts.map(isoOf),
        analysis_error: options.analysisError ?? 0,
        channels,
      };
      await writeErrorTable(out, table);
      return { out, table };
    } finally {
      await model.close();
    }
  } finally {
    await opened.archive.close();
  }
}

function natureDevice(asked: Options['device']): { readonly device: 'cpu'; readonly why: string } {
  if (asked === 'auto' || asked === 'cpu') return { device: 'cpu', why: 'the dycore runs there' };
  throw usageError(`--device ${asked}: the nature model runs on the CPU; leave --device out`);
}

/** Null: forecasts start from the archive's own states. */
async function analysisErrorOf(
  { options, signal }: Pick<CommandContext<ErrorsOptionName>, 'options' | 'signal'>,
  { historyLength, stepHours, zonallySymmetric }: DescribedModel,
  { archive, name }: NamedArchive,
  firstStart: number,
): Promise<AddAnalysisError | null> {
  const { analysisError = 0, initialStates } = options;
  if (analysisError === 0) {
    if (initialStates === undefined) return null;
    throw usageError('--initial-states has no use without --analysis-error; give it, or leave both out');
  }
  const source = { archive, archiveName: name, historyLength, stepHours };
  const period = initialStates === undefined ? undefined : parsePeriod(initialStates);
  const dates = initialDates({ ...source, times: archive.times, firstStart, period });
  const pool = await readStatePool(source, dates, signal);
  return createAnalysisError(archive.schema.grid, { pool, rotate: zonallySymmetric }, analysisError);
}

function describe(out: string, { channels, lead_hours, starts }: ErrorTable): string {
  const rows = Object.entries(channels).map(([name, { rms, unit }]) => [name, rms.toPrecision(4), unit]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]!.length));
  const lines = rows.map(
    ([name = '', rms = '', unit]) => `  ${name.padEnd(width(0))}  ${rms.padStart(width(1))} ${unit}`,
  );
  return `${out}: RMS errors at ${lead_hours} h, ${starts.length} starts\n${lines.join('\n')}\n`;
}
