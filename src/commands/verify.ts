/** plume verify: a run against what happened and against the references, into scores.arrow and a table. */
import { join } from 'node:path';
import { interruptedError } from '../../core/errors.js';
import { channelName, type Schema } from '../../core/schema.js';
import { openRun } from '../../core/store/run.js';
import { writeTable } from '../../core/store/table.js';
import { type ScoreRow, scoreColumns } from '../../evaluation/scoreRow.js';
import { verify } from '../../evaluation/verify.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { chooseReferences, trainingPeriod } from '../referenceOption.js';
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

/** Channels whose tables a terminal shows. */
const mostTables = 4;

export const verifyCommand: CommandDefinition<VerifyOptionName> = {
  name: 'verify',
  operands: '<run>',
  summary: 'score a run against the archive and the references; writes scores.arrow into the run',
  examples: [
    'plume verify runs/2007 --archive slp.nc',
    'plume verify runs/2007 --archive slp.nc --references climatology --json',
  ],
  options: verifyOptions,
  run: async (context) => {
    const result = await verifyRun(context.operands[0] ?? '', context);
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

export async function verifyRun(
  directory: string,
  { options, report, signal }: Pick<CommandContext<VerifyOptionName>, 'options' | 'report' | 'signal'>,
): Promise<VerifyResult> {
  const run = await openRun(directory);
  try {
    const { names, methods, note } = await chooseReferences(options, run.schema);
    const training = trainingPeriod(options, methods, [run.manifest.model], `run "${directory}"`);
    const { archive, name } = await openArchiveOption(options, run.schema.channels.map(channelName), report);
    try {
      report.line(`references ${names.join(', ')}${training ? `, fitted on ${training.text}` : ''}`);
      if (note !== null) report.line(`           ${note}`);
      let progress: ReturnType<typeof report.begin> | undefined;
      const verification = await verify({
        run,
        archive,
        archiveName: name,
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
      const scores = join(directory, 'scores.arrow');
      await writeTable(scores, scoreColumns(verification.rows), {
        run: directory,
        training: training?.text ?? '',
        archive: name,
        units: unitsText(run.schema.channels),
      });
      return { scores, ...verification, sentences: sentencesOf(verification.rows, run.schema) };
    } finally {
      await archive.close();
    }
  } finally {
    await run.close();
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
