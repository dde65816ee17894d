/**
 * plume tracks: cyclones of a forecast. Of a run or gridded forecast they are followed in every member and kept in
 * tracks.arrow beside it; files of tracks, best tracks too, are read and shown. With --best the forecast is scored, with
 * --strike places are asked, with --maps maps are written, with --figures pictures are drawn.
 */
import { mkdir } from 'node:fs/promises';
import { usageError } from '../../core/errors.js';
import { describeGrid, type Grid } from '../../core/grid.js';
import { formatTime, parseTimeRange } from '../../core/time.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import { landOrSea } from '../../evaluation/regions/landAndSea.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { openForecastOperand } from '../forecastOption.js';
import type { Options } from '../options.js';
import { openMask } from '../regionOption.js';
import { madeUpWorld } from '../report/headline.js';
import { areTrackFiles, readTrackFiles } from '../tracks/askedTracks.js';
import { type CycloneForecast, forecastsInFiles } from '../tracks/cycloneForecast.js';
import { forecastJson, trackJson } from '../tracks/forecastJson.js';
import { foundJson, foundText, matchFound } from '../tracks/foundTracks.js';
import { trackRun } from '../tracks/runTracks.js';
import { writeStormMaps } from '../tracks/stormMapFile.js';
import { gridAround } from '../tracks/stormMapGrid.js';
import { activityRadiusKm, arcsWhile, knowsWinds, thereWhile, tracksOf } from '../tracks/stormMaps.js';
import { strikeAt, strikePlace } from '../tracks/strikeOption.js';
import { strikeScoreText } from '../tracks/strikeScoreText.js';
import { trackerFrom } from '../tracks/trackerOption.js';
import { bestTracksText, forecastText, strikeText } from '../tracks/tracksText.js';
import { verificationText } from '../tracks/verificationText.js';
import { verifyStrikes } from '../tracks/verifyStrikes.js';
import { verifyTracks } from '../tracks/verifyTracks.js';

const optionNames = [
  'tracker',
  'set',
  'match',
  'start',
  'mask',
  'best',
  'strike',
  'radius',
  'strict',
  'trackFormat',
  'asked',
  'maps',
  'mapSpacing',
  'figures',
  'forecastUnit',
  'memberDimension',
  'out',
] as const;
type Name = (typeof optionNames)[number];

/** Starts whose storms a screen shows. */
const mostStarts = 3;

export const tracksCommand: CommandDefinition<Name> = {
  name: 'tracks',
  operands: '<run-or-files...>',
  summary: 'follow cyclones in every member of a forecast, or read files of tracks; storms, strikes, scores',
  examples: [
    'plume tracks runs/ida --tracker ecmwf --strike 29.1N,90.2W,100',
    'plume tracks runs/2007 --tracker lows --set minimumHours=48 --figures pictures --maps maps.arrow',
    'plume tracks runs/ida --best hurdat2.txt           scores: position, along and across the track, CRPS, spread',
    'plume tracks ecmwf-tracks.bufr --best ibtracs.csv',
    'plume tracks hurdat2.txt                           the storms of a file of best tracks',
    'plume tracks cytrack.dat --best hurdat2.txt        storms found in analyses, each beside its best track',
  ],
  options: optionNames,
  wording: {
    start: 'start dates whose cyclones are followed or read: one, a list or FROM/TO/PERIOD (default: all)',
    mask: 'land-sea mask that --tracker ecmwf asks wind over land with: FILE or FILE:VARIABLE (default: none, the test is left out)',
    out: 'directory of tracks.arrow (default: the run, or beside the forecast file)',
    match: 'mean distance below which tracks are one storm (default: 300, or the spacing of a coarser grid)',
  },
  run: tracks,
};

async function tracks(context: CommandContext<Name>): Promise<unknown> {
  const { options, report, json } = context;
  const places = options.strike.map((text) => strikePlace(text, options.radius));
  const best = options.best.length === 0 ? null : await bestTracks(context);
  const found = (await areTrackFiles(context.operands, options.trackFormat !== undefined))
    ? await fromFiles(context)
    : await fromFields(context);
  const notes = [...new Set([...(best?.notes ?? []), ...found.notes])];
  for (const note of notes) report.line(note);
  if (found.kind === 'best') {
    for (const [flag, given] of [
      ['--strike', places.length > 0],
      ['--maps', options.maps !== undefined],
      ['--map-spacing', options.mapSpacing !== undefined],
      ['--start', options.start !== undefined],
      ['--asked', options.asked !== undefined],
      ['--figures', options.figures !== undefined],
    ] as const) {
      if (given) throw usageError(`${flag} asks a forecast, but ${context.operands[0]} holds best tracks`);
    }
    const matched = best === null ? null : matchFound(found.tracks, best.tracks, { limitKm: options.match });
    if (!json) {
      const parts = [bestTracksText(found.tracks), ...(matched === null ? [] : [foundText(matched)])];
      process.stdout.write(`${parts.join('\n\n')}\n`);
    }
    return {
      kind: 'best',
      notes,
      storms: found.tracks.map(trackJson),
      verification: matched && foundJson(matched),
    };
  }
  const { forecasts, path } = found;
  const strikes = places.flatMap((place) => forecasts.map((forecast) => strikeAt(place, forecast)));
  const verification =
    best === null ? null : verifyTracks(forecasts, best.tracks, { limitKm: options.match });
  const grid =
    best === null && options.maps === undefined ? null : mapGrid(found, best?.tracks ?? [], options);
  const reliability =
    best === null || grid === null
      ? null
      : verifyStrikes(forecasts, best.tracks, grid, {
          radiusKm: options.radius,
          ...(options.match === undefined ? {} : { limitKm: options.match }),
        });
  const maps =
    options.maps === undefined || grid === null
      ? null
      : {
          file: options.maps,
          grid: describeGrid(grid),
          maps: await writeStormMaps(options.maps, forecasts, grid, {
            radiusKm: options.radius,
            signal: context.signal,
          }),
        };
  if (maps !== null || options.figures !== undefined) {
    const windless = forecasts.filter((forecast) => !knowsWinds(forecast)).length;
    if (windless > 0)
      report.line(
        `no wind of a cyclone is known in ${windless} of ${forecasts.length} starts: their maps of activity are left out`,
      );
  }
  const figures =
    options.figures === undefined
      ? []
      : await draw(options.figures, forecasts, { radiusKm: options.radius, coast: found.coast });
  if (!json) {
    const shown = forecasts.slice(-mostStarts);
    const parts = shown.map((forecast) => forecastText(forecast, options.radius));
    if (shown.length < forecasts.length) {
      const where = path === null ? '--json' : path;
      parts.unshift(`${forecasts.length} starts; the last ${shown.length} are shown, all are in ${where}`);
    }
    if (strikes.length > 0) parts.push(strikes.map(strikeText).join('\n'));
    if (verification !== null) parts.push(verificationText(verification));
    if (reliability !== null) parts.push(strikeScoreText(reliability));
    if (path !== null) parts.push(`tracks of every member: ${path}`);
    if (maps !== null) parts.push(`${maps.maps} maps on ${maps.grid}: ${maps.file}`);
    if (figures.length > 0) parts.push(`pictures: ${figures.join(', ')}`);
    process.stdout.write(`${parts.join('\n\n')}\n`);
  }
  return {
    kind: 'forecast',
    tracks: path,
    notes,
    forecasts: forecasts.map((forecast) => forecastJson(forecast, options.radius)),
    strikes: strikes.map(({ start, ...strike }) => ({ start: formatTime(start), ...strike })),
    verification: verification && { ...verification, strikes: reliability },
    maps,
    figures,
  };
}

type Found =
  | { readonly kind: 'best'; readonly tracks: readonly Track[]; readonly notes: readonly string[] }
  | {
      readonly kind: 'forecast';
      readonly forecasts: readonly CycloneForecast[];
      /** tracks.arrow, where it was written. */
      readonly path: string | null;
      /** Of the run; null of files of tracks. */
      readonly grid: Grid | null;
      /** Whether its world has land. */
      readonly coast: boolean;
      readonly notes: readonly string[];
    };

/** What is asked of fields, and what is written of a run. */
function requireFilesAsked(first: string, given: ReadonlySet<string>): void {
  const strange = (
    [
      ['--tracker', 'tracker'],
      ['--set', 'set'],
      ['--mask', 'mask'],
      ['--forecast-unit', 'forecastUnit'],
      ['--member-dimension', 'memberDimension'],
      ['--out', 'out'],
    ] satisfies [string, Name][]
  ).find(([, name]) => given.has(name));
  if (strange === undefined) return;
  throw usageError(
    `${strange[0]} is for cyclones that are followed in fields; ${first} holds tracks, which are read as they are: leave it out`,
  );
}

async function fromFiles({ operands, options, given }: CommandContext<Name>): Promise<Found> {
  requireFilesAsked(operands[0]!, given);
  const { best, forecasts, notes } = await readTrackFiles(operands, options);
  if (best.length > 0 && forecasts.length > 0) {
    throw usageError(
      `${best[0]!.path} holds best tracks and ${forecasts[0]!.path} forecasts: give the forecasts, and the best tracks with --best`,
    );
  }
  if (best.length > 0) return { kind: 'best', tracks: best.flatMap((file) => file.tracks), notes };
  const read = forecastsInFiles(
    forecasts.flatMap((file) => file.forecasts),
    options.match === undefined ? {} : { limitKm: options.match },
  );
  const chosen = chosenStarts(
    options.start,
    read.forecasts.map(({ start }) => start),
    operands.join(', '),
  );
  return {
    kind: 'forecast',
    forecasts: read.forecasts.filter(({ start }) => chosen.includes(start)),
    path: null,
    grid: null,
    coast: true,
    notes: [...notes, ...read.notes],
  };
}

async function fromFields(context: CommandContext<Name>): Promise<Found> {
  const { operands, options } = context;
  const tracker = trackerFrom(options.tracker, options.set);
  const { forecastUnit, memberDimension } = options;
  const forecast = await openForecastOperand(operands, {
    forecastUnit,
    ...(memberDimension === undefined ? {} : { memberDimension }),
    ...(options.start === undefined ? {} : { starts: options.start }),
  });
  try {
    const { source, name } = forecast;
    const done = await trackRun(
      {
        source,
        name,
        tracker,
        directory: options.out ?? forecast.directory,
        land: options.mask === undefined ? null : await landAt(options.mask, source.schema.grid),
        starts: Array.from(source.starts),
        ...(options.match === undefined ? {} : { matchKm: options.match }),
      },
      context,
    );
    const coast = forecast.run === null || !madeUpWorld(forecast.run);
    return {
      kind: 'forecast',
      ...done,
      grid: source.schema.grid,
      coast,
      notes: [...forecast.notes, ...done.notes],
    };
  } finally {
    await forecast.close();
  }
}

/** The run's own, or the region that tracks and best tracks come near. */
function mapGrid(
  { forecasts, grid }: Extract<Found, { kind: 'forecast' }>,
  best: readonly Track[],
  { mapSpacing, radius }: Pick<Options, 'mapSpacing' | 'radius'>,
): Grid {
  if (grid !== null && mapSpacing === undefined) return grid;
  const arcs = forecasts.flatMap((forecast) =>
    arcsWhile(forecast, [...tracksOf(forecast), ...thereWhile(forecast, best)]),
  );
  return gridAround(arcs, mapSpacing ?? 1, Math.max(radius, activityRadiusKm));
}

async function landAt(mask: string, grid: Grid): Promise<Uint8Array> {
  return landOrSea('land', await openMask({ mask }), grid).mask.inside;
}

function chosenStarts(text: string | undefined, there: readonly number[], name: string): readonly number[] {
  if (text === undefined) return there;
  const wanted = parseTimeRange(text);
  const strange = wanted.find((time) => !there.includes(time));
  if (strange === undefined) return wanted;
  throw usageError(
    `--start ${text}: ${name} has no forecast from ${formatTime(strange)}; it has ${there.map(formatTime).join(', ')}`,
  );
}

async function bestTracks({
  options,
}: CommandContext<Name>): Promise<{ readonly tracks: readonly Track[]; readonly notes: readonly string[] }> {
  const { best, forecasts, notes } = await readTrackFiles(options.best, { strict: options.strict });
  if (forecasts.length > 0) {
    throw usageError(
      `--best ${forecasts[0]!.path} holds forecasts (${forecasts[0]!.format}), expected best tracks`,
    );
  }
  return { tracks: best.flatMap((file) => file.tracks), notes };
}

async function draw(
  directory: string,
  forecasts: readonly CycloneForecast[],
  { radiusKm, coast }: { readonly radiusKm: number; readonly coast: boolean },
): Promise<string[]> {
  const { writeStormFigures } = await import('../report/stormFigures.js');
  await mkdir(directory, { recursive: true });
  return writeStormFigures(directory, forecasts, { radiusKm, coast });
}
