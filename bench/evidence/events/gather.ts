/** Asks every question of every series, of events and of strikes, and judges the answers. Commands run once and are kept. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../../core/errors.js';
import type { Archive } from '../../../core/interfaces.js';
import { openRun, type RunReader } from '../../../core/store/run.js';
import { readTable } from '../../../core/store/table.js';
import { millisecondsPerDay, millisecondsPerHour, parseTime } from '../../../core/time.js';
import type { Track } from '../../../evaluation/cyclones/track.js';
import { makeTracker } from '../../../evaluation/cyclones/trackers/presets.js';
import { climatologyStarts } from '../../../evaluation/events/archiveTrajectories.js';
import { type ScoreRow, scoreRows } from '../../../evaluation/scoreRow.js';
import { once } from '../plumeCommand.js';
import { type AskedSeries, askEvents } from './askEvents.js';
import { openHeldStates } from './heldStates.js';
import { type Judged, judge } from './judgedCases.js';
import { type LowScores, lowScores } from './lowScores.js';
import { strikeCases, type TrackedDates, type TrackedStart } from './strikeCases.js';
import type { AskedStudy, EventStudy } from './study.js';
import { type Texture, textureOf } from './texture.js';
import { membersTracks, trueTracks } from './trackedLows.js';

export interface SeriesReliability {
  readonly study: AskedStudy;
  readonly members: number;
  readonly starts: readonly number[];
  readonly spacingHours: number;
  readonly leadsHours: readonly number[];
  /** Dates that the climatological probability of the first start rests on. */
  readonly climateDates: number;
  /** In the order of the study's kinds. */
  readonly events: readonly Judged[];
  readonly daily: readonly Judged[];
  readonly strikes: readonly Judged[];
  readonly lows: LowScores;
  /** Of sea-level pressure. */
  readonly texture: readonly Texture[];
  /** Of the run over its whole domain: spread–skill and bias of its channels. */
  readonly scores: readonly ScoreRow[];
  /** Seconds that questions and judging took, reading included, commands apart. */
  readonly seconds: number;
}

export interface EventEvidence {
  readonly series: readonly SeriesReliability[];
  /** As typed, in order. */
  readonly commands: readonly (readonly string[])[];
}

export async function gatherEvents({ work, series }: EventStudy): Promise<EventEvidence> {
  const commands: (readonly string[])[] = [];
  const run = (name: string, args: readonly string[]): void => {
    commands.push(args);
    once(join(work, 'records', `${name}.json`), args);
  };
  const found: SeriesReliability[] = [];
  for (const study of series) {
    if (study.make !== undefined) {
      if (existsSync(study.archive)) commands.push(study.make);
      else run('atmosphere', study.make);
    }
    if (study.forecast !== undefined) {
      run(study.name, study.forecast);
      run(`verify-${study.name}`, [
        ...['verify', study.run, '--archive', study.archive],
        ...['--references', 'persistence', '--thresholds', 'none'],
      ]);
    }
    found.push(await gatherSeries(study));
  }
  return { series: found, commands };
}

async function gatherSeries(study: AskedStudy): Promise<SeriesReliability> {
  if (!existsSync(study.run)) {
    throw usageError(
      `results: the forecasts in "${study.run}" are not there; make them first: npm run results -- ${study.name}`,
    );
  }
  const run = await openRun(study.run);
  const truth = await openHeldStates(study.archive, run.schema);
  try {
    const began = performance.now();
    const starts = Array.from(run.starts).filter((_, i) => i % study.stride === 0);
    const spacingHours = (starts[1]! - starts[0]!) / millisecondsPerHour;
    const leadHours = run.leadsHours[run.leadsHours.length - 1]!;
    const climateStarts = climateOf(study, truth, run.leadsHours);
    const series: AskedSeries = { run, truth, starts, climateStarts };
    const asked = await askEvents(series, [...study.kinds, ...study.daily], study.places);
    const tracked = await trackedStarts(series, run);
    const dates = await trackedDates(series);
    const judged = [
      ...asked,
      ...study.lows.kinds.map((kind) => strikeCases(kind, tracked, dates, study.lows.sites)),
    ].map((cases) => judge(cases, { leadHours, spacingHours }));
    const [events, daily] = [study.kinds.length, study.kinds.length + study.daily.length];
    const { limitKm } = study.lows;
    return {
      study,
      ...{ starts, spacingHours, leadsHours: run.leadsHours },
      members: run.members(),
      climateDates: climateStarts(starts[0]!).length,
      events: judged.slice(0, events),
      daily: judged.slice(events, daily),
      strikes: judged.slice(daily),
      lows: lowScores(tracked, { untilHours: leadHours, stepHours: 24, comparedTimes: 2, limitKm }),
      texture: await textureOf(series, { variable: 'msl', level: null, unit: 'Pa' }),
      scores: await scoresOf(study.run),
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await truth.close();
    await run.close();
  }
}

/** Pressure alone: the nature run and the reanalysis have it, and nothing that the tracker asks of it needs more. */
const channelsOfLows = ['msl'];

async function trackedStarts({ truth, starts }: AskedSeries, run: RunReader): Promise<TrackedStart[]> {
  const tracker = makeTracker('lows');
  const found: TrackedStart[] = [];
  for (const start of starts) {
    found.push({
      forecast: await membersTracks(tracker, run, start, channelsOfLows),
      truth: await trueTracks(tracker, truth, start, run.leadsHours, channelsOfLows),
    });
  }
  return found;
}

/** Of every date that stands for a start. */
async function trackedDates({ truth, starts, climateStarts, run }: AskedSeries): Promise<TrackedDates> {
  const tracker = makeTracker('lows');
  const found = new Map<number, readonly Track[]>();
  for (const date of starts.flatMap((start) => [...climateStarts(start)])) {
    if (found.has(date)) continue;
    found.set(date, await trueTracks(tracker, truth, date, run.leadsHours, channelsOfLows));
  }
  return { tracks: found, climateStarts };
}

function climateOf(
  { climate }: AskedStudy,
  { times }: Archive,
  leadsHours: readonly number[],
): (start: number) => Float64Array {
  if (climate === 'season') {
    return (start) => climatologyStarts(times, start, leadsHours).starts;
  }
  const [from, to] = [parseTime(climate.from), parseTime(climate.to)];
  const dates = times.filter(
    (time) => time >= from && time <= to && (time - from) % (climate.everyDays * millisecondsPerDay) === 0,
  );
  return () => dates;
}

async function scoresOf(run: string): Promise<ScoreRow[]> {
  const path = join(run, 'scores.arrow');
  const wanted = ['spread_skill_ratio', 'bias', 'rmse'];
  return scoreRows(await readTable(path), path).filter(
    ({ model, region, season, event, metric }) =>
      model === 'ensemble' &&
      season === 'all' &&
      event === null &&
      wanted.includes(metric) &&
      region === 'all',
  );
}
