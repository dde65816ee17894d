/**
 * plume start without data: tonight's forecast of the built-in atmosphere. A year-old nature run of its own seed supplies the
 * analysis, with a small error, and later the truth; the model that comes with the program makes the ensemble.
 * Whatever is there already is taken up again.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { dataError } from '../../core/errors.js';
import { openRun } from '../../core/store/run.js';
import { formatTime, millisecondsPerDay, parseDuration, parseTime } from '../../core/time.js';
import { lowsTracker } from '../../evaluation/cyclones/trackers/lows.js';
import { resolveDycore } from '../../models/dycore/dycore.js';
import { natureStoreTimes, writeNature } from '../../models/dycore/natureStore.js';
import { natureEpoch, type SpinUpOptions } from '../../models/dycore/spinUp.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext } from '../command.js';
import { formatSeconds } from '../progress.js';
import { shippedModel } from '../shippedModel.js';
import { readRunTracks } from '../tracks/readRunTracks.js';
import { trackRun, tracksName } from '../tracks/runTracks.js';
import { truthTracks } from '../tracks/truthTracks.js';
import { forecast } from './forecast.js';
import { reportRun, scoresOf } from './report.js';
import type { StartOptionName } from './startOptions.js';
import { verifyRun } from './verify.js';

/** Another atmosphere than the one that models are trained on, seed 1. */
const tonightSeed = 2;
/** Days of the nature run before tonight: what is usual, and what analysis errors are made of. */
const daysBefore = 60;
/** The last ten of them say nothing of tonight: its references learn from the others. */
const gapDays = 10;

export interface StartNatureResult {
  readonly run: string;
  readonly report: string;
  readonly scores: string;
  readonly model: string;
  readonly nature: string;
  readonly seconds: number;
  /** Most memory this process has held, its workers included. */
  readonly peakMemoryBytes: number;
}

/** @param spinUp a shorter one for tests */
export async function startNature(
  context: CommandContext<StartOptionName>,
  spinUp?: Pick<SpinUpOptions, 'coarseDays' | 'fineDays'>,
): Promise<StartNatureResult> {
  const { report, given, json, signal } = context;
  const began = performance.now();
  const model = given.has('model') ? context.options.model : shippedModel();
  if (!existsSync(join(model, 'model.json'))) {
    throw dataError(
      `the model "${model}" is not there${given.has('model') ? '' : ', though it comes with the program: get a whole copy of it'}; ` +
        'or train one: npx plume train --archive nature:days=1000,every=24h --preset nature --out model, then npm start -- --model model',
    );
  }
  const lead = given.has('lead') ? context.options.lead : 'P10D';
  const out = context.options.out ?? join('runs', 'tonight', 'bayesian');
  const tonight = natureEpoch + daysBefore * millisecondsPerDay;
  const nature = join(out, '..', 'nature.zarr');
  await makeNature(
    nature,
    daysBefore + Math.ceil(parseDuration(lead) / millisecondsPerDay) + 1,
    { report, signal },
    spinUp,
  );

  const day = (time: number): string => formatTime(time).slice(0, 10);
  const options = {
    ...context.options,
    archive: [nature],
    model,
    lead,
    out,
    starts: context.options.starts ?? day(tonight),
    analysisError: context.options.analysisError ?? 0.1,
    train:
      context.options.train ?? `${day(natureEpoch)}/${day(tonight - (gapDays + 1) * millisecondsPerDay)}`,
  };
  const { madeMembers } = await forecast({ options, report, signal });
  const [scores, page] = [join(out, 'scores.arrow'), join(out, 'report.html')];
  // The same members have the same scores and the same page, unless they are to be scored otherwise.
  const asked = ['train', 'references', 'seasonless'].some((name) => given.has(name));
  if (
    madeMembers > 0 ||
    asked ||
    !existsSync(scores) ||
    !existsSync(page) ||
    !existsSync(join(out, tracksName))
  ) {
    await verifyRun(out, { options, report, signal });
    if (madeMembers > 0 || !existsSync(join(out, tracksName))) await findLows(out, { report, signal });
    report.line('drawing the report …');
    await reportRun(out, { archive: [nature], unit: options.unit });
  } else {
    report.line(`scores     ${scores}, and the report: there already`);
  }
  const seconds = (performance.now() - began) / 1000;
  if (!json) process.stdout.write(`\n${await summary({ nature, page, options, seconds })}`);
  return {
    run: out,
    report: page,
    scores,
    model,
    nature,
    seconds,
    // kilobytes, on every platform
    peakMemoryBytes: 1024 * process.resourceUsage().maxRSS,
  };
}

/** tracks.arrow of the run. */
async function findLows(
  directory: string,
  context: Pick<CommandContext<StartOptionName>, 'report' | 'signal'>,
): Promise<void> {
  const run = await openRun(directory);
  try {
    const starts = Array.from(run.starts);
    const tracker = lowsTracker();
    const name = `run "${directory}"`;
    await trackRun({ source: run, name, directory, tracker, land: null, starts }, context);
  } finally {
    await run.close();
  }
}

async function makeNature(
  directory: string,
  times: number,
  { report, signal }: Pick<CommandContext<StartOptionName>, 'report' | 'signal'>,
  spinUp: Pick<SpinUpOptions, 'coarseDays' | 'fineDays'> | undefined,
): Promise<void> {
  const store = {
    directory,
    config: resolveDycore(),
    seed: tonightSeed,
    everyHours: 24,
    modelLevels: true,
    ...(spinUp === undefined ? {} : { spinUp }),
  };
  const held = await natureStoreTimes(store);
  if (held >= times) {
    report.line(`nature     ${directory}, made before: ${held} days`);
    return;
  }
  report.line(`nature     ${directory}: an atmosphere of its own, seed ${tonightSeed}, its truth known`);
  let spinning: ReturnType<typeof report.begin> | undefined;
  let running: ReturnType<typeof report.begin> | undefined;
  await writeNature({
    ...store,
    times,
    signal,
    onSpinUp: (days, of) => {
      spinning ??= report.begin('spinning up', of, 'days');
      spinning.update(days);
      if (days === of) spinning.finish();
    },
    onTime: (count) => {
      running ??= report.begin('nature run', times, 'days');
      running.update(count);
    },
  });
  running?.finish();
}

interface Finished {
  readonly nature: string;
  readonly page: string;
  readonly options: CommandContext<StartOptionName>['options'] & {
    readonly out: string;
    readonly starts: string;
  };
  readonly seconds: number;
}

async function summary({ nature, page, options, seconds }: Finished): Promise<string> {
  const { headline } = await import('../report/headline.js');
  const { lowsSentences } = await import('../report/lowsSentence.js');
  const { outlook } = await import('../report/outlook.js');
  const { forecastFields } = await import('../report/quantities.js');
  const { terminalSummary } = await import('../report/terminalSummary.js');
  const { out, starts, lead } = options;
  const run = await openRun(out);
  const { archive } = await openArchiveOption({ archive: [nature], unit: [], variables: undefined });
  try {
    const start = parseTime(starts.split(/[,/]/)[0]!);
    const classical = join(out, '..', 'classical');
    const lows = await readRunTracks(out, start, run.leadsHours);
    // of any depth: one that the tracker would just pass over is no reason to say that nothing came
    const anyLow = lowsTracker({ depth: 50, minimumHours: 0 });
    const happened = await truthTracks(archive, nature, anyLow, start, run.leadsHours);
    const shown = (path: string): string => relative('.', path) || path;
    return terminalSummary({
      title: `Tonight’s forecast, made and checked in ${formatSeconds(seconds)}`,
      said: headline(run, start, (await scoresOf(out)).rows, true),
      prospects: await outlook(forecastFields(run, start, archive), run.schema.grid),
      lows: lows === null ? [] : lowsSentences(lows, 'low', happened),
      report: page,
      next: [
        {
          command: `npx plume forecast --model nature --archive ${shown(nature)} --starts ${starts} --lead ${lead} --analysis-error ${options.analysisError ?? 0.1} --out ${shown(classical)}`,
          purpose: 'the same night by the classical ensemble, in some minutes',
        },
        {
          command: `npx plume compare ${shown(out)} ${shown(classical)} --archive ${shown(nature)}`,
          purpose: 'which of the two is better, and what a member costs',
        },
        { command: 'npm start -- --archive FILE', purpose: 'train and forecast on your own data' },
      ],
    });
  } finally {
    await archive.close();
    await run.close();
  }
}
