/**
 * plume query: yes-or-no questions of members and how likely they are, exceedance curves, maps of an event at every point.
 * What a question does not need is not loaded: most of the time of a small one is the start of the process.
 */
import { usageError } from '../../core/errors.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { type Column, writeTable } from '../../core/store/table.js';
import { formatTime } from '../../core/time.js';
import type { EventExpression } from '../../evaluation/events/event.js';
import { parseEvent } from '../../evaluation/events/parse.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import type { Options } from '../options.js';
import { askEvents, quantitiesOf } from '../query/askEvents.js';
import { type AskedForecast, askedStarts, openAsked, termsOf } from '../query/askedForecast.js';
import { askedSites } from '../query/askedSites.js';
import { openUsualWeather, type UsualWeather } from '../query/usualWeather.js';

const queryOptions = [
  'event',
  'curve',
  'start',
  'at',
  'sites',
  'archive',
  'unit',
  'regrid',
  'seasonless',
  'annual',
  'minimumMembers',
  'interval',
  'arrow',
  'csv',
  'map',
  'figure',
  'forecastUnit',
  'memberDimension',
] as const;
type QueryOptionName = (typeof queryOptions)[number];

/** What all kinds of questions share. */
interface Question extends Pick<CommandContext<QueryOptionName>, 'options' | 'report' | 'signal'> {
  readonly forecast: AskedForecast;
  readonly starts: readonly number[];
}

interface Answered {
  /** For a screen. */
  readonly texts: readonly string[];
  /** For --json. */
  readonly result: object;
}

export const queryCommand: CommandDefinition<QueryOptionName> = {
  name: 'query',
  operands: '<run...>',
  summary:
    'the probability of an event in a run, or in forecast files: what members say, and how sure that is',
  examples: [
    'plume query runs/2007 --event "msl < 980 hPa anywhere within 300km of 60N,20W between 24h and 72h"',
    'plume query runs/2007 --event "fall(msl, 24h) >= 24 hPa" --at 58,-10 --archive slp.nc',
    'plume query runs/2007 --event "wind > 17.2 m/s for 6h" --sites ports.csv --csv answers.csv',
    'plume query runs/2007 --event "msl < p5" --archive slp.nc --map low.svg --arrow low.arrow',
    'plume query runs/2007 --curve "msl < * hPa within 300km of 60N,20W" --figure curve.svg',
  ],
  options: queryOptions,
  run: async ({ options, operands, report, signal, json }) => {
    requireOneKind(options);
    const forecast = await openAsked(operands, options);
    try {
      for (const note of forecast.notes) report.line(note);
      const starts = askedStarts(forecast, options.start);
      const question = { options, report, signal, forecast, starts };
      const { texts, result } = await answerOf(question);
      const { length } = forecast.source.starts;
      if (options.start === undefined && length > 1) {
        report.line(`start      ${formatTime(starts[0]!)}, the last of ${length}; --start chooses others`);
      }
      if (!json) process.stdout.write(`${texts.join('\n\n')}\n`);
      return { forecast: forecast.name, starts: starts.map(formatTime), ...result };
    } finally {
      await forecast.close();
    }
  },
};

/** @throws {PlumeError} usage, for options that belong to other kinds of questions */
function requireOneKind(options: Pick<Options, QueryOptionName>): void {
  const { event, curve, map, figure, at, sites, annual, archive } = options;
  if (event.length === 0 && curve.length === 0) {
    throw usageError('nothing is asked: give --event "wind > 17.2 m/s for 6h at 51.95,4.05", or --curve');
  }
  const faults: readonly (readonly [boolean, string])[] = [
    [
      event.length > 0 && curve.length > 0,
      '--event and --curve have different answers: ask one after the other',
    ],
    [map !== undefined && event.length === 0, '--map draws events: give --event'],
    [
      map !== undefined && (at ?? sites) !== undefined,
      '--map asks at every grid point: leave --at and --sites out',
    ],
    [
      figure !== undefined && curve.length === 0,
      '--figure draws curves: give --curve, or --map for a map of events',
    ],
    [annual && curve.length === 0, '--annual belongs to --curve'],
    [annual && archive === undefined, '--annual takes the largest values of years from --archive: give it'],
  ];
  const fault = faults.find(([found]) => found);
  if (fault !== undefined) throw usageError(fault[1]);
}

async function answerOf(question: Question): Promise<Answered> {
  const { options, forecast } = question;
  const terms = termsOf(forecast.source);
  if (options.curve.length > 0) {
    const { parseCurve } = await import('../query/parseCurve.js');
    const curves = options.curve.map((text) => parseCurve(text, terms));
    const quantities = curves.map(({ request }) => request.quantity.name);
    return withUsual(question, quantities, (usual) => answerCurves(question, curves, usual));
  }
  const events = options.event.map((text) => parseEvent(text, terms));
  return withUsual(question, quantitiesOf(events), (usual) =>
    options.map === undefined
      ? answerEvents(question, events, usual)
      : answerMap(question, events, options.map, usual),
  );
}

async function withUsual(
  { options, forecast, report }: Question,
  quantities: readonly string[],
  answer: (usual: UsualWeather | null) => Promise<Answered>,
): Promise<Answered> {
  const usual = await openUsualWeather(options, forecast, quantities, report);
  try {
    return await answer(usual);
  } finally {
    await usual?.close();
  }
}

async function answerEvents(
  { options, forecast, starts }: Question,
  events: readonly EventExpression[],
  usual: UsualWeather | null,
): Promise<Answered> {
  const asked = await askEvents(forecast, starts, events, await askedSites(options), usual, options);
  const { answerText } = await import('../query/answerText.js');
  await writeRows(options, forecast.name, usual, async () =>
    (await import('../query/answerRow.js')).answerColumns(asked),
  );
  return {
    texts: asked.map((one) => answerText(one, usual?.meaning ?? null)),
    result: {
      climatology: usual?.meaning ?? null,
      events: asked.map(({ answers, ...one }) => ({
        ...one,
        start: formatTime(one.start),
        answers: answers.map(({ start: _, ...answer }) => answer),
      })),
    },
  };
}

async function answerCurves(
  { options, forecast, starts }: Question,
  curves: Parameters<typeof import('../query/askCurves.js').askCurves>[2],
  usual: UsualWeather | null,
): Promise<Answered> {
  const { askCurves } = await import('../query/askCurves.js');
  const { curves: asked, refused } = await askCurves(
    forecast,
    starts,
    curves,
    await askedSites(options),
    usual,
    options,
  );
  const { curveText, refusedText } = await import('../query/curveText.js');
  await writeRows(options, forecast.name, usual, async () =>
    (await import('../query/curveRow.js')).curveColumns(asked),
  );
  if (options.figure !== undefined) {
    const { curveFigure } = await import('../query/curveFigure.js');
    await writeText(options.figure, curveFigure(asked, usual?.meaning ?? null));
  }
  return {
    texts: [...asked.map(curveText), ...refusedText(refused)],
    result: {
      climatology: usual?.meaning ?? null,
      figure: options.figure ?? null,
      curves: asked.map((one) => ({ ...one, start: formatTime(one.start) })),
      refused: refused.map((one) => ({ ...one, start: formatTime(one.start) })),
    },
  };
}

async function answerMap(
  { options, forecast, starts, report, signal }: Question,
  events: readonly EventExpression[],
  file: string,
  usual: UsualWeather | null,
): Promise<Answered> {
  const { mapEvent } = await import('../query/eventMap.js');
  const { encodeEventMaps, eventMapColumns } = await import('../query/eventMapFile.js');
  const { eventMapFigure } = await import('../query/eventMapFigure.js');
  const { mapText, summaryOfMap } = await import('../query/eventMapText.js');
  const { isSeasonless } = await import('../referenceOption.js');
  const { grid } = forecast.source.schema;
  const points = grid.latitudes.length * grid.longitudes.length;
  const maps = [];
  for (const start of starts) {
    for (const event of events) {
      const progress = report.begin('map', points, 'points');
      const onPoints = (done: number): void => progress.update(done);
      const { minimumMembers } = options;
      maps.push(await mapEvent(forecast, start, event, usual, { minimumMembers, signal, onPoints }));
      progress.finish();
    }
  }
  const coast = !(await isSeasonless([...(options.archive ?? []), ...recordedArchives(forecast)]));
  await writeText(file, eventMapFigure(grid, maps, coast, usual?.meaning ?? null));
  if (options.arrow !== undefined) await writeAtomically(options.arrow, encodeEventMaps(grid, maps));
  if (options.csv !== undefined) await writeCsv(options.csv, eventMapColumns(grid, maps));
  return {
    texts: [...maps.map((map) => mapText(grid, map)), `map: ${file}`],
    result: {
      climatology: usual?.meaning ?? null,
      map: file,
      events: maps.map((map) => ({ ...summaryOfMap(grid, map), start: formatTime(map.start) })),
    },
  };
}

/** What a run says that it was made from: file names, or the nature run in full. */
function recordedArchives({ run }: AskedForecast): string[] {
  const { archive } = (run?.manifest.settings ?? {}) as { readonly archive?: unknown };
  return Array.isArray(archive) ? archive.filter((one) => typeof one === 'string') : [];
}

async function writeRows(
  { arrow, csv }: Pick<Options, 'arrow' | 'csv'>,
  forecast: string,
  usual: UsualWeather | null,
  columnsOf: () => Promise<readonly Column[]>,
): Promise<void> {
  if (arrow === undefined && csv === undefined) return;
  const columns = await columnsOf();
  const metadata = { forecast, ...(usual === null ? {} : { climatology: usual.meaning }) };
  if (arrow !== undefined) await writeTable(arrow, columns, metadata);
  if (csv !== undefined) await writeCsv(csv, columns);
}

async function writeCsv(file: string, columns: readonly Column[]): Promise<void> {
  const { csvText } = await import('../report/csvText.js');
  await writeText(file, csvText(columns));
}

function writeText(file: string, text: string): Promise<void> {
  return writeAtomically(file, new TextEncoder().encode(text));
}
