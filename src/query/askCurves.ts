/**
 * Exceedance curves, quantiles and return levels of places: of the largest value in the window of every member (the lowest,
 * where the curve asks for <), and beside them of other years where an archive is given. A return level of 1 in N
 * is what one member in N exceeds in this forecast's window; of years, what one year in N exceeds, from the largest
 * values of whole years of the archive (returnLevels.ts).
 */
import { dataError, usageError } from '../../core/errors.js';
import { millisecondsPerHour, yearOf } from '../../core/time.js';
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
import type { Station } from '../../evaluation/regions/stationWeights.js';
import { roundStep } from '../report/roundStep.js';
import type { AnswerChoice } from './askEvents.js';
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
  /** 1 in N years exceeds it; null without --annual. */
  readonly ofYears: {
    readonly years: number;
    readonly fit: ExtremeValueFit;
    readonly levels: readonly (ReturnLevel & { readonly empirical: number | null })[];
  } | null;
}

/** @throws {PlumeError} usage and data, as extremesAt; data, of an archive of too few whole years */
export async function askCurves(
  { source }: AskedForecast,
  starts: readonly number[],
  curves: readonly CurveRequest[],
  sites: readonly Station[] | null,
  usual: UsualWeather | null,
  choice: AnswerChoice & { readonly annual: boolean },
): Promise<AskedCurve[]> {
  const found: AskedCurve[] = [];
  for (const { text, request } of curves) {
    const where = placesOf(request, sites, text);
    if (request.place.kind === 'point' && where !== null) requireInside(where, source.schema.grid);
    const annual = choice.annual ? await annualExtremes(request, where, source.leadsHours, usual) : null;
    for (const start of starts) {
      const members = await runTrajectories(source, start);
      const own = await extremesAt(request, where ?? [], members, choice);
      const others =
        usual === null
          ? null
          : await extremesAt(request, where ?? [], usual.of(start), { minimumMembers: 1 });
      own.forEach((extremes, i) => {
        found.push({
          ...{ curve: text, start },
          ...siteOf(where?.[i]),
          ...curveOf(extremes, others?.[i] ?? null, choice),
          missing: extremes.missing + members.missing.length,
          ofYears: annual === null ? null : yearsOf(annual[i]!),
        });
      });
    }
  }
  return found;
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
): Promise<PlaceExtremes[]> {
  if (usual === null)
    throw usageError('--annual needs years to take the largest values from; give --archive FILE');
  const { archive } = usual;
  const step = yearlyStep(archive.times, leadsHours);
  const held = new Set(archive.times);
  const first = yearOf(archive.times[0]!);
  const last = yearOf(archive.times.at(-1)!);
  // 365 days of every year, so that all have the same leads.
  const leads = Array.from({ length: Math.floor((365 * 24) / step) }, (_, i) => i * step);
  const starts = Array.from({ length: last - first + 1 }, (_, i) => Date.UTC(first + i, 0, 1)).filter(
    (start) => leads.every((lead) => held.has(start + lead * millisecondsPerHour)),
  );
  if (starts.length < fewestYears) {
    throw dataError(
      `the archive has ${starts.length} whole years from January to December; return levels of years need ${fewestYears} at ` +
        'least: give more, or leave --annual out',
    );
  }
  const years: Trajectories = archiveTrajectories(archive, starts, leads);
  return extremesAt({ ...request, window: null }, sites ?? [], years, { minimumMembers: fewestYears });
}

/** Hours between the archive's times, which must be even for years to be alike. */
function yearlyStep(times: Float64Array, leadsHours: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i++) least = Math.min(least, times[i]! - times[i - 1]!);
  const own = least / millisecondsPerHour;
  // As often as the forecast looks: the largest of more values would be larger.
  const gaps = leadsHours.slice(1).map((lead, i) => lead - leadsHours[i]!);
  const wanted = gaps.length === 0 ? own : Math.min(...gaps);
  return wanted % own === 0 ? wanted : own;
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
