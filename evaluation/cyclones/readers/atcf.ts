/**
 * Decks of the Automated Tropical Cyclone Forecasting system (ATCF): lines of basin, number, base time, technique number
 * (of best tracks minutes), technique, forecast hour, latitude and longitude in tenths of degrees, 1-minute wind (kt),
 * pressure (mb), status, then radii, of which each of 34, 50 and 64 kt has a line of its own with the same fix.
 * A deck whose technique is BEST alone is a best track (b-deck); else techniques are the members of a forecast (a-deck).
 * "Best track / objective aid / wind radii format", Naval Research Laboratory (abrdeck.html). 0 stands for no value.
 */
import { basename } from 'node:path';
import { dataError } from '../../../core/errors.js';
import { cells, numberedLines } from '../../delimitedText.js';
import type { Fix } from '../track.js';
import { BestTrackAssembly, givenName } from './bestTrackAssembly.js';
import { ForecastAssembly } from './forecastAssembly.js';
import { afterHours, degreesWithLetter, fixOf, numberCell, timeOfDigits } from './publishedValues.js';
import { MalformedRow, type SkippedRows } from './skippedRows.js';
import type { TrackContent, TrackFormat, TrackSource } from './trackFormat.js';

/** Fields that may not be missing. */
const rowCells = 8;
const [nameCell, statusCell] = [27, 10];
/** Positions that forecasters worked with, not forecasts. */
const workingTechniques = ['CARQ', 'WRNG', 'BEST'];
/** Numbers of storms come again each year; no storm goes so long without a fix. */
const yearGap = 30 * 86_400_000;

export const atcf: TrackFormat = {
  name: 'atcf',
  summary: 'ATCF decks: best tracks (b-decks), techniques as members (a-decks)',
  recognises: ({ lines }) => lines.some((line) => /^[A-Z]{2},\s*\w\d,\s*\d{10},/.test(line)),
  async read(source) {
    const lines = [...linesOf(source)];
    const numbered = numberStorms(lines, source.path);
    return lines.every(({ technique }) => technique === 'BEST')
      ? bestTracks(numbered, source.skipped)
      : forecasts(numbered, source);
  },
};

interface DeckLine {
  readonly at: string;
  /** 'AL09' */
  readonly basinAndNumber: string;
  readonly base: number;
  readonly technique: string;
  readonly hours: number;
  readonly name: string | null;
  readonly status: string;
  /** null: an intensity without a position. */
  readonly fix: Fix | null;
}

function* linesOf({ text, skipped }: TrackSource): Generator<DeckLine> {
  for (const { line, number } of numberedLines(text())) {
    const at = `line ${number}`;
    const read = skipped.attempt(at, () => deckLine(cells(line, ','), at));
    if (read !== null) yield read;
  }
}

function deckLine(row: readonly string[], at: string): DeckLine {
  if (row.length < rowCells) {
    throw new MalformedRow(`the line has ${row.length} cells, a fix at least ${rowCells}`);
  }
  const [basin = '', cyclone = '', digits = '', minutes = '', technique = '', tau] = row;
  if (!/^[A-Z]{2}$/.test(basin) || !/^\w\d$/.test(cyclone)) {
    throw new MalformedRow(`"${basin}, ${cyclone}" is no basin and number, as in "AL, 09"`);
  }
  if (!/^\w+$/.test(technique)) throw new MalformedRow(`"${technique}" is no technique`);
  const isBest = technique === 'BEST';
  const hours = numberCell('forecast hour', tau);
  const past = isBest && /^\d\d$/.test(minutes) ? Number(minutes) : 0;
  const base = timeOfDigits(digits.slice(0, 8), digits.slice(8)) + past * 60_000;
  const [latitude, longitude] = [tenths('latitude', row[6]), tenths('longitude', row[7])];
  const zeroIsNone = (what: string, cell: string | undefined): number =>
    numberCell(what, cell, ['', '0', '-99', '-999', '-9999']);
  const fix = fixOf({
    time: afterHours(base, hours),
    latitude,
    longitude,
    wind: zeroIsNone('wind', row[8]),
    windUnit: 'knot',
    pressure: zeroIsNone('pressure', row[9]),
    pressureUnit: 'hPa',
  });
  return {
    at,
    basinAndNumber: basin + cyclone,
    base,
    technique,
    hours,
    name: givenName(row[nameCell]),
    status: row[statusCell] ?? '',
    fix: latitude === 0 && longitude === 0 ? null : fix,
  };
}

function tenths(what: 'latitude' | 'longitude', text: string | undefined): number {
  // 0N and 0W stand without a place for techniques of intensity alone.
  return degreesWithLetter(what, text === '0' ? `0${what === 'latitude' ? 'N' : 'W'}` : text) / 10;
}

interface NumberedStorm {
  /** 'AL092021' */
  readonly id: string;
  readonly name: string | null;
  readonly lines: readonly DeckLine[];
}

/** Lines by storm: a basin's number belongs to another storm when it comes again in another year. */
function numberStorms(lines: readonly DeckLine[], path: string): NumberedStorm[] {
  const storms: NumberedStorm[] = [];
  const byNumber = grouped(lines, ({ basinAndNumber }) => basinAndNumber);
  for (const [basinAndNumber, all] of byNumber) {
    const sorted = all.toSorted((a, b) => a.base - b.base);
    let from = 0;
    for (let i = 1; i <= sorted.length; i++) {
      if (i < sorted.length && sorted[i]!.base - sorted[i - 1]!.base < yearGap) continue;
      const own = sorted.slice(from, i);
      const id = basinAndNumber + seasonOf(path, basinAndNumber, own[0]!.base);
      storms.push({ id, name: own.findLast(({ name }) => name !== null)?.name ?? null, lines: own });
      from = i;
    }
  }
  return storms;
}

/** The year of the season, which south of the equator begins in July before it, as in the name of the file: bsh012020.dat. */
function seasonOf(path: string, basinAndNumber: string, first: number): string {
  const named = new RegExp(`^[a-z]?${basinAndNumber}(\\d{4})`, 'i').exec(basename(path))?.[1];
  if (named !== undefined) return named;
  const date = new Date(first);
  const isSouthern = basinAndNumber.startsWith('SH');
  return String(date.getUTCFullYear() + (isSouthern && date.getUTCMonth() >= 6 ? 1 : 0));
}

function bestTracks(storms: readonly NumberedStorm[], skipped: SkippedRows): TrackContent {
  const assembly = new BestTrackAssembly(skipped);
  for (const { id, name, lines } of storms) {
    for (const { fix, status, at } of oncePerTime(lines, skipped)) assembly.add(id, name, fix, status, at);
  }
  return { kind: 'best', wind: '1-minute mean', notes: [], ...assembly.finish() };
}

function forecasts(storms: readonly NumberedStorm[], { skipped, options, path }: TrackSource): TrackContent {
  const wanted = options.techniques?.map((technique) => technique.toUpperCase());
  const isForecast = ({ technique }: DeckLine): boolean => !workingTechniques.includes(technique);
  const found = new Set(storms.flatMap(({ lines }) => lines.filter(isForecast).map((l) => l.technique)));
  const techniques = [...found].filter((one) => wanted?.includes(one.toUpperCase()) ?? true).sort();
  if (techniques.length === 0) {
    throw dataError(
      `track file "${path}" has none of the techniques asked for (${wanted?.join(', ') ?? 'any forecast'}); ` +
        `it has ${[...found].sort().join(', ') || workingTechniques.join(', ')}`,
    );
  }
  const assembly = new ForecastAssembly(skipped);
  let intensities = 0;
  for (const { id, name, lines } of storms) {
    for (const [member, technique] of techniques.entries()) {
      const own = lines.filter((line) => line.technique === technique);
      intensities += own.filter(({ fix }) => fix === null).length;
      for (const [start, run] of grouped(own, ({ base }) => base)) {
        assembly.ask(start, member, technique);
        for (const { fix, at } of oncePerTime(run, skipped)) {
          assembly.add({ storm: id, name, start, member, label: technique, fix, at });
        }
      }
    }
  }
  const notes = [
    `techniques are the members: ${techniques.map((one, i) => `${i} ${one}`).join(', ')}; name techniques to take some`,
    'members asked are the techniques that the file has from each base time',
  ];
  if (intensities > 0) notes.push(`forecasts of intensity without a position are left out: ${intensities}`);
  return {
    kind: 'forecast',
    wind: '1-minute mean',
    notes,
    forecasts: assembly.finish(options.members, notes),
  };
}

/** The lines of 34, 50 and 64 kt say the same fix; where they do not, the later is skipped. */
function* oncePerTime(
  lines: readonly DeckLine[],
  skipped: SkippedRows,
): Generator<DeckLine & { readonly fix: Fix }> {
  for (const [, same] of grouped(lines, ({ fix }) => fix?.time)) {
    const [first, ...others] = same;
    if (first === undefined || first.fix === null) continue;
    const { fix } = first;
    yield { ...first, fix };
    for (const other of others) {
      if (other.fix !== null && sameFix(other.fix, fix)) continue;
      skipped.add(other.at, `another position, wind or pressure than ${first.at}, of the same time`);
    }
  }
}

function sameFix(a: Fix, b: Fix): boolean {
  return (
    a.latitude === b.latitude &&
    a.longitude === b.longitude &&
    Object.is(a.wind, b.wind) &&
    Object.is(a.pressure, b.pressure)
  );
}

/** Map.groupBy, which Node 20 does not have. */
function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
