/**
 * plume start: the main job in one go. With an archive: trains a model where there is none, forecasts the test year
 * from weekly starts, verifies, writes the report, and says what was found and what to type next. Without: tonight's
 * forecast of the built-in atmosphere.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../core/errors.js';
import { parsePeriod, splitByYear } from '../../core/period.js';
import { formatTime, millisecondsPerDay, parseDuration } from '../../core/time.js';
import { readModel } from '../../models/bayesian/modelDirectory.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { formatSeconds } from '../progress.js';
import { formatScores } from '../report/scoreTable.js';
import { forecast } from './forecast.js';
import { reportRun } from './report.js';
import { startNature } from './startNature.js';
import { type StartOptionName, startOptions } from './startOptions.js';
import { train } from './train.js';
import { verifyRun } from './verify.js';

export const startCommand: CommandDefinition<StartOptionName> = {
  name: 'start',
  summary: 'the whole job in one go, on the built-in atmosphere or on an archive: forecast, verify, report',
  examples: [
    'plume start                            tonight’s forecast of the built-in atmosphere, by the model that comes along',
    'plume start --archive slp.nc',
    'plume start --archive slp.nc --preset brief        a first look in a minute',
  ],
  options: startOptions,
  run: (context) => (context.options.archive === undefined ? startNature(context) : start(context)),
};

async function start(context: CommandContext<StartOptionName>): Promise<unknown> {
  const { options, report, json } = context;
  const began = performance.now();
  const modelFile = join(options.model, 'model.json');
  if (existsSync(modelFile)) {
    report.line(`model      ${options.model}, trained before (remove it to train anew)`);
  } else {
    await train({ ...context, options: { ...options, out: options.model } });
  }
  const starts = options.starts ?? (await weeklyStarts(context));
  const out = options.out ?? join('runs', starts.replaceAll('/', '_').replaceAll(':', ''));
  await forecast({ ...context, options: { ...options, starts, out } });
  const verification = await verifyRun(out, context);
  const { archive, unit } = options;
  const page = await reportRun(out, { unit, ...(archive === undefined ? {} : { archive }) });
  if (!json) {
    process.stdout.write(
      `\n${formatScores(verification.rows)}\n\n${verification.sentences.join('\n')}\n\nDone in ${formatSeconds((performance.now() - began) / 1000)}. The report: ${page}\nNext:\n` +
        `  npx plume run info ${out}\n` +
        `  npx plume forecast --archive ${(options.archive ?? []).join(' ')} --model ${options.model} --starts ${starts.split('/')[0]} --out runs/one\n`,
    );
  }
  return { run: out, report: page, scores: verification.scores, model: options.model };
}

/** Once a week through the year that the model has not seen, as far as the archive can verify. */
async function weeklyStarts({ options }: CommandContext<StartOptionName>): Promise<string> {
  const trained = await readModel(options.model);
  const { archive } = await openArchiveOption(options);
  try {
    const { times } = archive;
    const { test } = splitByYear(times);
    const learned = [trained.description.training.train, trained.description.training.validate].map(
      parsePeriod,
    );
    const first = Math.max(test.from, ...learned.map(({ to }) => to + 1));
    const from = times.find((time) => time >= first);
    const last = times[times.length - 1]! - parseDuration(options.lead);
    if (from === undefined || from > last) {
      throw usageError(
        `the archive ends at ${formatTime(times[times.length - 1]!)}, too soon after the years the model learned ` +
          'from to verify a forecast; give --starts, or --train and --validate that leave a year',
      );
    }
    const weeks = Math.floor((last - from) / (7 * millisecondsPerDay));
    return `${formatTime(from)}/${formatTime(from + weeks * 7 * millisecondsPerDay)}/P7D`;
  } finally {
    await archive.close();
  }
}
