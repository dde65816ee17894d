/**
 * plume report: one self-contained page of a run, of a verification without a run, or of a comparison: scorecards,
 * curves by lead, diagrams, maps, tables, with the data behind every figure.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { usageError } from '../../core/errors.js';
import { parsePeriod } from '../../core/period.js';
import { channelName, requireSameSchema } from '../../core/schema.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { openRun } from '../../core/store/run.js';
import { readTable, type TidyTable } from '../../core/store/table.js';
import { parseTime } from '../../core/time.js';
import { compareRows } from '../../evaluation/compareRow.js';
import { type DiagramRow, diagramRows } from '../../evaluation/diagramRow.js';
import { mapsName, readScoreMaps, type ScoreMaps } from '../../evaluation/scoreMaps.js';
import { type ScoreRow, scoreRows } from '../../evaluation/scoreRow.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandDefinition } from '../command.js';
import type { Options } from '../options.js';
import { isSeasonless } from '../referenceOption.js';
import { archivePaths } from '../report/archivePaths.js';
import { unitsIn } from '../report/channelUnits.js';
import { readRunTracks } from '../tracks/readRunTracks.js';
import { isTrainingDirectory, readAccount, trainingPageName } from '../training/trainingAccount.js';
import { version } from '../version.js';

const optionNames = ['out', 'start', 'archive', 'unit'] as const;
type ReportOptions = Partial<Pick<Options, (typeof optionNames)[number]>>;

export const reportCommand: CommandDefinition<(typeof optionNames)[number]> = {
  name: 'report',
  operands: '<run>',
  summary:
    'write the page of a run, of a directory of scores that plume verify wrote, of a file that plume compare wrote, or of a training',
  examples: [
    'plume report runs/2007                             the run, with scores when plume verify has been there',
    'plume report runs/2007 --start 2007-01-15 --out storm.html',
    'plume report runs/globe --archive era5.zarr        maps of what happened beside the forecast',
    'plume report eps.verification                      scores of forecasts from elsewhere',
    'plume report compare.arrow                         runs side by side; the page lies beside the file',
    'plume report model                                 a training, finished or under way: losses, what was chosen, cost',
  ],
  options: optionNames,
  wording: { start: 'start date that maps show (default: the first)' },
  run: async ({ operands: [operand = ''], options, json, report }) => {
    const page = await reportOf(operand, options);
    if (!json && !report.quiet) process.stdout.write(`${page}\n`);
    return { report: page };
  },
};

/** Whatever the operand is. @returns path of the page */
async function reportOf(operand: string, options: ReportOptions): Promise<string> {
  if (existsSync(join(operand, 'manifest.json'))) return await reportRun(operand, options);
  if (isTrainingDirectory(operand)) return await reportTraining(operand, options);
  const isFile = existsSync(operand) && statSync(operand).isFile();
  const path = isFile ? operand : join(operand, 'scores.arrow');
  // Without scores there is only a run left to be: its reader says what is missing.
  if (!existsSync(path)) return await reportRun(operand, options);
  requireRunForOptions(operand, options);
  const table = await readTable(path);
  const out = options.out ?? (isFile ? path.replace(/(\.arrow)?$/, '.html') : join(operand, 'report.html'));
  const compared = table.columns.some(({ name }) => name === 'against');
  const text = compared ? await comparisonText(path, table) : await verificationText(path, table);
  await writeAtomically(out, new TextEncoder().encode(text));
  return out;
}

/** @throws {PlumeError} usage: what has no members has no maps of them */
function requireRunForOptions(operand: string, { start, archive }: ReportOptions, holds = 'scores'): void {
  const given = start === undefined ? (archive === undefined ? null : '--archive') : '--start';
  if (given !== null)
    throw usageError(`${operand} holds ${holds} and no members: ${given} is for pages of runs; leave it out`);
}

/** Of a training, finished or under way. @returns path of the page */
async function reportTraining(directory: string, options: ReportOptions): Promise<string> {
  requireRunForOptions(directory, options, 'a model');
  const account = await readAccount(directory);
  const { trainingPage } = await import('../report/trainingPage.js');
  const out = options.out ?? join(directory, trainingPageName);
  await writeAtomically(out, trainingPage(account, directory));
  return out;
}

async function comparisonText(path: string, table: TidyTable): Promise<string> {
  const { comparisonPage } = await import('../report/comparisonPage.js');
  return comparisonPage(compareRows(table, path), {
    name: basename(path),
    plume: version,
    units: unitsIn(table.metadata, path),
    metadata: table.metadata,
  });
}

async function verificationText(path: string, table: TidyTable): Promise<string> {
  const { verificationPage } = await import('../report/verificationPage.js');
  const directory = dirname(path);
  const verification = {
    scores: scoreRows(table, path),
    ...(await diagramsOf(directory)),
    units: unitsIn(table.metadata, path),
    coast: !(await isSeasonless(archivePaths(table.metadata.get('archive') ?? ''))),
  };
  return verificationPage(verification, {
    name: table.metadata.get('run') ?? directory,
    plume: version,
    metadata: table.metadata,
  });
}

/**
 * @param options.archive what happened, for the maps of a global run
 * @returns path of the page
 */
export async function reportRun(directory: string, options: ReportOptions): Promise<string> {
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
    const start = options.start === undefined ? run.starts[0] : parseTime(options.start);
    const cyclones = start === undefined ? null : await readRunTracks(directory, start, run.leadsHours);
    await writeReport(run, rows, page, {
      name: directory,
      ...(cyclones === null ? {} : { cyclones }),
      ...(await diagramsOf(directory)),
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

/** What lies beside the scores: diagrams.arrow and maps.arrow, where they were written. */
async function diagramsOf(
  directory: string,
): Promise<{ readonly diagrams: DiagramRow[]; readonly maps: ScoreMaps | null }> {
  const [diagrams, maps] = [join(directory, 'diagrams.arrow'), join(directory, mapsName)];
  return {
    diagrams: existsSync(diagrams) ? diagramRows(await readTable(diagrams), diagrams) : [],
    maps: existsSync(maps) ? await readScoreMaps(maps) : null,
  };
}
