/** plume verify: a run against what happened and against the references, into scores.arrow and a table. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { interruptedError } from '../../core/errors.js';
import { channelName, type Schema } from '../../core/schema.js';
import { writeTable } from '../../core/store/table.js';
import { type ScoreRow, scoreColumns } from '../../evaluation/scoreRow.js';
import { verify } from '../../evaluation/verify.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { openForecastOperand } from '../forecastOption.js';
import type { Options } from '../options.js';
import { chooseReferences, trainingPeriod } from '../referenceOption.js';
import { regionsFrom } from '../regionOption.js';
import { onCommonGround } from '../regridOption.js';
import { unitsText } from '../report/channelUnits.js';
import { headlineChannels } from '../report/compareTable.js';
import { keySentence } from '../report/keySentence.js';
import { formatScores } from '../report/scoreTable.js';

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
    'plume verify ens_2020*.nc --archive era5.zarr --train 1990-01-01/2015-12-31 --regrid conservative --regions nh,land',
  ],
  options: [...verifyOptions, ...moreOptions],
  run: async (context) => {
    const result = await verifyRun(context.operands, context);
    if (!context.json) {
      process.stdout.write(`${scoresText(result)}\n\n${result.sentences.join('\n')}\n`);
    }
    return result;
  },
};

/** Tables of all channels, or of the headline ones where there are many: the rest is in scores.arrow. */
function scoresText({ rows, scores }: VerifyResult): string {
  const nameOf = ({ variable, level }: ScoreRow): string => `${variable}${level ?? ''}`;
  const names = [...new Set(rows.map(nameOf))];
  const shown = names.length <= mostTables ? names : headlineChannels(names);
  const text = formatScores(rows.filter((row) => shown.includes(nameOf(row))));
  return shown.length === names.length
    ? text
    : `${text}\nall ${names.length} channels are in ${scores} and --json`;
}

export interface VerifyResult {
  readonly scores: string;
  readonly scored: number;
  readonly missingTruth: number;
  readonly references: readonly {
    readonly channel: string;
    readonly name: string;
    readonly summary: string;
  }[];
  readonly rows: readonly ScoreRow[];
  /** The result of each channel in a sentence. */
  readonly sentences: readonly string[];
}

/** @param operands a run directory, or what holds anyone's forecasts (forecastOption.ts) */
export async function verifyRun(
  operands: string | readonly string[],
  {
    options,
    report,
    signal,
  }: Pick<CommandContext<VerifyOptionName>, 'report' | 'signal'> & {
    readonly options: Pick<Options, VerifyOptionName> & Partial<Pick<Options, MoreOptionName>>;
  },
): Promise<VerifyResult> {
  const forecast = await openForecastOperand(operands, options);
  try {
    for (const note of forecast.notes) report.line(note);
    const { schema } = forecast.source;
    // Nothing but the user knows which years somebody's forecasts did not see.
    const untrained =
      forecast.run === null && options.train === undefined && options.references === undefined;
    const { names, methods, note } = await chooseReferences(
      untrained ? { ...options, references: ['persistence'] } : options,
      schema,
    );
    const training = trainingPeriod(options, methods, [forecast.run?.manifest.model], forecast.name);
    const opened = await openArchiveOption(
      { ...options, variables: forecast.run === null ? undefined : options.variables },
      schema.channels.map(channelName),
      report,
    );
    try {
      const { archive, source: run, notes } = onCommonGround(forecast, opened, options.regrid);
      for (const line of notes) report.line(line);
      const { name } = opened;
      const regions = await regionsFrom(options, archive.schema.grid);
      if (untrained) report.line('climatology left out: --train FROM/TO names years for it to learn from');
      report.line(`references ${names.join(', ')}${training ? `, fitted on ${training.text}` : ''}`);
      if (note !== null) report.line(`           ${note}`);
      let progress: ReturnType<typeof report.begin> | undefined;
      const verification = await verify({
        run,
        archive,
        archiveName: name,
        regions,
        training: training?.period,
        references: methods,
        seed: options.seed,
        onProgress: (done, total) => {
          progress ??= report.begin('verifying', total, 'starts');
          progress.update(done);
          if (signal.aborted) {
            throw interruptedError(
              `stopped after ${done} of ${total} starts; nothing was written: run plume verify again`,
            );
          }
        },
      });
      progress?.finish();
      for (const line of referenceLines(verification.references)) report.line(line);
      const directory = options.out ?? forecast.directory;
      await mkdir(directory, { recursive: true });
      const scores = join(directory, 'scores.arrow');
      await writeTable(scores, scoreColumns(verification.rows), {
        run: forecast.run?.directory ?? forecast.name,
        training: training?.text ?? '',
        archive: name,
        units: unitsText(run.schema.channels),
      });
      return { scores, ...verification, sentences: sentencesOf(verification.rows, run.schema) };
    } finally {
      await opened.archive.close();
    }
  } finally {
    await forecast.close();
  }
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
      ({ variable, level }) => variable === channel.variable && level === channel.level,
    );
    return `${channelName(channel)}: ${keySentence(own, channel.unit)}`;
  });
}
