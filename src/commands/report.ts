/** plume report: one self-contained page of a run: maps, curves by lead, rank histograms, tables. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openRun } from '../../core/store/run.js';
import { readTable } from '../../core/store/table.js';
import { parseTime } from '../../core/time.js';
import { type ScoreRow, scoreRows } from '../../evaluation/scoreRow.js';
import type { CommandDefinition } from '../command.js';
import type { Options } from '../options.js';

const optionNames = ['out', 'start'] as const;

export const reportCommand: CommandDefinition<(typeof optionNames)[number]> = {
  name: 'report',
  operands: '<run>',
  summary: 'write the report page of a run; with scores when plume verify has been there',
  examples: ['plume report runs/2007', 'plume report runs/2007 --start 2007-01-15 --out storm.html'],
  options: optionNames,
  run: async ({ operands: [directory = ''], options, json, report }) => {
    const page = await reportRun(directory, options);
    if (!json && !report.quiet) process.stdout.write(`${page}\n`);
    return { report: page };
  },
};

/** @returns path of the page */
export async function reportRun(
  directory: string,
  options: Pick<Options, (typeof optionNames)[number]>,
): Promise<string> {
  // The drawing libraries take 0.7 s and 70 MB that no other command needs.
  const { writeReport } = await import('../report/report.js');
  const run = await openRun(directory);
  try {
    const page = options.out ?? join(directory, 'report.html');
    await writeReport(run, await scoresOf(directory), page, {
      name: directory,
      ...(options.start === undefined ? {} : { start: parseTime(options.start) }),
    });
    return page;
  } finally {
    await run.close();
  }
}

/** Rows of scores.arrow; none before plume verify. */
export async function scoresOf(directory: string): Promise<ScoreRow[]> {
  const path = join(directory, 'scores.arrow');
  return existsSync(path) ? scoreRows(await readTable(path), path) : [];
}
