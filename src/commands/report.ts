/** plume report: one self-contained page of a run: maps, curves by lead, rank histograms, tables. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parsePeriod } from '../../core/period.js';
import { channelName, requireSameSchema } from '../../core/schema.js';
import { openRun } from '../../core/store/run.js';
import { readTable } from '../../core/store/table.js';
import { parseTime } from '../../core/time.js';
import { type ScoreRow, scoreRows } from '../../evaluation/scoreRow.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandDefinition } from '../command.js';
import type { Options } from '../options.js';
import { isSeasonless } from '../referenceOption.js';

const optionNames = ['out', 'start', 'archive', 'unit'] as const;

export const reportCommand: CommandDefinition<(typeof optionNames)[number]> = {
  name: 'report',
  operands: '<run>',
  summary: 'write the report page of a run; with scores when plume verify has been there',
  examples: [
    'plume report runs/2007',
    'plume report runs/2007 --start 2007-01-15 --out storm.html',
    'plume report runs/globe --archive era5.zarr        maps of what happened beside the forecast',
  ],
  options: optionNames,
  run: async ({ operands: [directory = ''], options, json, report }) => {
    const page = await reportRun(directory, options);
    if (!json && !report.quiet) process.stdout.write(`${page}\n`);
    return { report: page };
  },
};

/**
 * @param options.archive what happened, for the maps of a global run
 * @returns path of the page
 */
export async function reportRun(
  directory: string,
  options: Partial<Pick<Options, (typeof optionNames)[number]>>,
): Promise<string> {
  // The drawing libraries take 0.7 s and 70 MB that no other command needs.
  const { writeReport } = await import('../report/report.js');
  const run = await openRun(directory);
  const { unit = [], archive: paths } = options;
  const witness =
    paths === undefined
      ? null
      : await openArchiveOption(
          { archive: paths, unit, variables: undefined },
          run.schema.channels.map(channelName),
        );
  try {
    if (witness !== null)
      requireSameSchema(witness.archive.schema, witness.name, run.schema, `run "${directory}"`);
    const { rows, training } = await scoresOf(directory);
    const page = options.out ?? join(directory, 'report.html');
    await writeReport(run, rows, page, {
      name: directory,
      madeUp: await isSeasonless(paths ?? []),
      ...(options.start === undefined ? {} : { start: parseTime(options.start) }),
      ...(witness === null
        ? {}
        : {
            witness: {
              archive: witness.archive,
              ...(training === null ? {} : { training: parsePeriod(training) }),
            },
          }),
    });
    return page;
  } finally {
    await witness?.archive.close();
    await run.close();
  }
}

/** Rows of scores.arrow and the period that its references learnt from; none before plume verify. */
export async function scoresOf(
  directory: string,
): Promise<{ readonly rows: ScoreRow[]; readonly training: string | null }> {
  const path = join(directory, 'scores.arrow');
  if (!existsSync(path)) return { rows: [], training: null };
  const table = await readTable(path);
  return { rows: scoreRows(table, path), training: table.metadata.get('training') || null };
}
