/**
 * Exceedance curves, quantiles and return levels of places: of the largest value in the window of every member (the lowest,
 * where the curve asks for <), and beside them of other years where an archive is given. A return level of 1 in N
 * is what one member in N exceeds in this forecast's window; of years, what one year in N exceeds, from the largest
 * values of whole years of the archive (returnLevels.ts).
 */
import { dataError, usageError } from '../../core/errors.js';
import { archiveTrajectories } from '../../evaluation/events/archiveTrajectories.js';
import {
  type ExtremeRequest,
  ensembleReturnLevels,
  exceedanceCurve,
  extremeQuantiles,
  extremesAt,
  type PlaceExtremes,
} from '../../evaluation/events/exceedance.js';
import { needsSite } from '../../evaluation/events/places/boundPlace.js';
import {
  type ExtremeValueFit,
  empiricalReturnLevel,
  fitGev,
  fittedReturnLevel,
} from '../../evaluation/events/returnLevels.js';
import { runTrajectories } from '../../evaluation/events/runTrajectories.js';
import type { Trajectories } from '../../evaluation/events/trajectories.js';
import { wholeYears } from '../../evaluation/events/wholeYears.js';
import type { Station } from '../../evaluation/regions/stationWeights.js';
import { roundStep } from '../report/roundStep.js';
import type { AnswerChoice, RefusedSite } from './askEvents.js';
import type { AskedForecast } from './askedForecast.js';
import { requireInside } from './askedSites.js';
import type { CurveRequest } from './parseCurve.js';
import type { UsualWeather } from './usualWeather.js';

/** Of a curve, about. */
const levels = 24;
const shares = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
const windows = [2, 5, 10, 20, 50, 100, 200, 500, 1000];
const periods = [2, 5, 10, 20, 50, 100];
/** Fewer whole years than this are no sample of extremes. */
const fewestYears = 10;

export interface ReturnLevel {
  readonly oneIn: number;
  readonly level: number;
}

export interface AskedCurve {
  readonly curve: string;
  readonly start: number;
  readonly site: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly direction: 'above' | 'below';
  readonly unit: string;
  readonly members: number;
  /** Members with missing values, or that are not in the run. */
  readonly missing: number;
  /** Probability of exceeding (falling short of) each level within the window; `usual` of the cases of the archive. */
  readonly exceedance: readonly {
    readonly level: number;
    readonly probability: number;
    readonly low: number;
    readonly high: number;
    readonly usual: number | null;
  }[];
  readonly interval: { readonly method: string; readonly level: number };
  readonly cases: number | null;
  readonly quantiles: readonly { readonly share: number; readonly level: number }[];
  /** 1 in N members exceeds it within the window. */
  readonly ofWindow: readonly ReturnLevel[];
  /** 1 in N years exceeds it; null without --annual, and where too few years have values. */
  readonly ofYears: {
    readonly years: number;
    /** Of the values with their signs turned where the lowest are asked for: their largest are what it is fitted to. */
    readonly fit: ExtremeValueFit;
    readonly levels: readonly (ReturnLevel & { readonly empirical: number | null })[];
  } | null;
}

export interface AskedCurves {
  readonly curves: readonly AskedCurve[];
  /** Sites of a list where too few members have values. */
  readonly refused: readonly (RefusedSite & Pick<AskedCurve, 'curve' | 'start'>)[];
}

/**
 * Where fewer whole years than ten have values at one site of several, that one has no levels of years.
 * @throws {PlumeError} usage and data, as extremesAt; data, of an archive of too few whole years, or where no site has an
 *   answer
 */
export async function askCurves(
  { source }: AskedForecast,
  starts: readonly number[],
  curves: readonly CurveRequest[],
  sites: readonly Station[] | null,
  usual: UsualWeather | null,
  choice: AnswerChoice & { readonly annual: boolean },
): Promise<AskedCurves> {
  const found: AskedCurve[] = [];
  const refused: AskedCurves['refused'][number][] = [];
  const { minimumMembers } = choice;
  for (const { text, request } of curves) {
    const where = placesOf(request, sites, text);
    if (request.place.kind === 'point' && where !== null) requireInside(where, source.schema.grid);
    const isList = where !== null && where.length > 1;
    const annual = choice.annual
      ? await annualExtremes(request, where, source.leadsHours, usual, isList ? 0 : fewestYears)
      : null;
    for (const start of starts) {
      const members = await runTrajectories(source, start);
      const least = isList ? 0 : minimumMembers;
      const own = await extremesAt(request, where ?? [], members, { ...choice, minimumMembers: least });
      const others =
        usual === null
          ? null
          : await extremesAt(request, where ?? [], usual.of(start), { minimumMembers: 0 });
      own.forEach((extremes, i) => {
        if (isList && extremes.values.length < minimumMembers) {
          const { name: site, latitude, longitude } = where[i]!;
          refused.push({ curve: text, start, site, latitude, longitude, members: extremes.values.length });
          return;
        }
        const cases = others?.[i];
        const years = annual?.[i];
        found.push({
          ...{ curve: text, start },
          ...siteOf(where?.[i]),
          ...curveOf(extremes, cases === undefined || cases.values.length === 0 ? null : cases, choice),
          missing: extremes.missing + members.missing.length,
          ofYears: years === undefined || years.values.length < fewestYears ? null : yearsOf(years),
        });
      });
    }
  }
  if (found.length > 0) return { curves: found, refused };
  const most = Math.max(...refused.map((site) => site.members));
  throw dataError(
    `at none of ${new Set(refused.map(({ site }) => site)).size} sites do ${minimumMembers} members have values (${most} at most); ` +
      'make more members, or give a smaller --minimum-members if so few are enough',
  );
}

function placesOf({ place }: ExtremeRequest, sites: readonly Station[] | null, text: string) {
  if (!needsSite(place)) return null;
  if (sites !== null) return sites;
  throw usageError(
    `--curve "${text}" is asked "here", and no place is given: name one ("at 51.95,4.05"), or give --at LAT,LON or --sites FILE`,
  );
}

function siteOf(site: Station | undefined): Pick<AskedCurve, 'site' | 'latitude' | 'longitude'> {
  return {
    site: site?.name ?? null,
    latitude: site?.latitude ?? null,
    longitude: site?.longitude ?? null,
  };
}

function curveOf(
  extremes: PlaceExtremes,
  others: PlaceExtremes | null,
  choice: AnswerChoice,
): Omit<AskedCurve, 'curve' | 'start' | 'site' | 'latitude' | 'longitude' | 'missing' | 'ofYears'> {
  const thresholds = levelsOver([extremes.values, ...(others === null ? [] : [others.values])]);
  const usual = others === null ? null : exceedanceCurve(others, thresholds);
  const curve = exceedanceCurve(extremes, thresholds, { interval: choice.interval });
  const members = extremes.values.length;
  const reached = windows.filter((n) => n <= members + 1);
  const leveled = ensembleReturnLevels(extremes, reached);
  return {
    direction: extremes.direction,
    unit: extremes.unit,
    members,
    exceedance: curve.map(({ threshold, probability, interval }, i) => ({
      level: threshold,
      probability,
      low: interval.low,
      high: interval.high,
      usual: usual?.[i]?.probability ?? null,
    })),
    interval: { method: choice.interval, level: curve[0]?.interval.level ?? 0.95 },
    cases: others?.values.length ?? null,
    quantiles: extremeQuantiles(extremes, shares).map((level, i) => ({ share: shares[i]!, level })),
    ofWindow: reached.map((oneIn, i) => ({ oneIn, level: leveled[i]! })),
  };
}

/** Round levels from below the smallest value to above the largest. */
export function levelsOver(samples: readonly Float64Array[]): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of samples) {
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const step = roundStep((high - low) / levels);
  const [first, last] = [Math.floor(low / step - 1e-9), Math.ceil(high / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The extreme of every whole year: years are rows, and all times of a year are its leads. */
async function annualExtremes(
  request: ExtremeRequest,
  sites: readonly Station[] | null,
  leadsHours: readonly number[],
  usual: UsualWeather | null,
  leastYears: number,
): Promise<PlaceExtremes[]> {
  if (usual === null)
    throw usageError('--annual needs years to take the largest values from; give --archive FILE');
  const { archive } = usual;
  const { starts, leadsHours: leads } = wholeYears(archive.times, leadsHours);
  if (starts.length < fewestYears) {
    throw dataError(
      `the archive has ${starts.length} whole years from January to December; return levels of years need ${fewestYears} at ` +
        'least: give more, or leave --annual out',
    );
  }
  const years: Trajectories = archiveTrajectories(archive, starts, leads);
  return extremesAt({ ...request, window: null }, sites ?? [], years, { minimumMembers: leastYears });
}

function yearsOf({ values, direction }: PlaceExtremes): AskedCurve['ofYears'] {
  const sign = direction === 'above' ? 1 : -1;
  const maxima = values.map((value) => sign * value);
  const fit = fitGev(maxima);
  return {
    years: values.length,
    fit,
    levels: periods.map((oneIn) => ({
      oneIn,
      level: sign * fittedReturnLevel(fit, oneIn),
      empirical: oneIn <= maxima.length + 1 ? sign * empiricalReturnLevel(maxima, oneIn) : null,
    })),
  };
}
