/**
 * ECMWF's ensemble tracks as BUFR: one message a storm, one subset a member; template 3 16 082, and the one before it,
 * which writes the same sequence out without the radii. Each subset says where the storm was observed, where the
 * member's analysis has it (step 0), and then for each step its centre, pressure, and place and speed of the largest wind.
 */
import { dataError } from '../../../core/errors.js';
import { type BufrValue, decodeSubsets } from './bufr/decode.js';
import { type BufrMessage, bufrMessages } from './bufr/message.js';
import { addRows, type EcmwfRow, finishForecasts, forecastTypes } from './ecmwfRows.js';
import { ForecastAssembly } from './forecastAssembly.js';
import { timeOfText } from './publishedValues.js';
import { MalformedRow, type SkippedRows } from './skippedRows.js';
import type { TrackFormat } from './trackFormat.js';

export const ecmwfBufr: TrackFormat = {
  name: 'ecmwf-bufr',
  summary: "ECMWF's ensemble tracks, BUFR",
  // Headings of the transmission may stand before it.
  recognises: ({ bytes }) => Buffer.from(bytes.subarray(0, 256)).includes('BUFR'),
  async read({ bytes, path, skipped, options }) {
    const assembly = new ForecastAssembly(skipped);
    let messages = 0;
    for (const subset of ecmwfSubsets(bytes(), skipped)) {
      messages = Math.max(messages, subset.message);
      assembly.ask(subset.start, subset.member, forecastTypes.get(subset.forecastType ?? Number.NaN) ?? null);
      assembly.name(subset.storm, subset.name, subset.start);
      addRows(subset.rows, assembly, skipped);
    }
    if (messages === 0 && skipped.rows.length === 0) {
      throw dataError(`track file "${path}" holds no BUFR message; fetch it again`);
    }
    const { forecasts, notes } = finishForecasts(assembly, options.members);
    return { kind: 'forecast', wind: '10-m wind of a model', notes, forecasts };
  },
};

/** One member's account of one storm. */
export interface EcmwfSubset extends Pick<EcmwfRow, 'storm' | 'name' | 'start' | 'member' | 'forecastType'> {
  /** From 1. */
  readonly message: number;
  /** Steps at which the member has the storm. */
  readonly rows: readonly EcmwfRow[];
}

/** All subsets of all messages; broken messages are skipped. */
export function* ecmwfSubsets(bytes: Uint8Array, skipped: SkippedRows): Generator<EcmwfSubset> {
  for (const found of bufrMessages(bytes)) {
    if ('malformed' in found) {
      skipped.add(found.malformed.at, found.malformed.why);
      continue;
    }
    const { message } = found;
    const subsets = skipped.attempt(`message ${message.number}`, () => decodeSubsets(message)) ?? [];
    for (const [i, values] of subsets.entries()) {
      const at = `message ${message.number}, subset ${i + 1}`;
      const subset = skipped.attempt(at, () => subsetOf(values, message, at));
      if (subset !== null) yield subset;
    }
  }
}

/** Code table 0 08 005: what a position and the values after it are of. */
const significance = { centre: 1, largestWind: 3, perturbedAnalysis: 4, analysis: 5 };

interface Step {
  readonly hours: number;
  readonly centre: Partial<Record<'latitude' | 'longitude' | 'pressure', number>>;
  readonly windiest: Partial<Record<'latitude' | 'longitude' | 'wind', number>>;
}

function subsetOf(values: readonly BufrValue[], message: BufrMessage, at: string): EcmwfSubset {
  const storm = textOf(values, '001025');
  if (storm === null) throw new MalformedRow('the storm has no identifier (0 01 025)');
  // A message of one subset is a single forecast, which needs no number.
  const member = numberOf(values, '001091') ?? (message.subsets === 1 ? 0 : null);
  const name = textOf(values, '001027');
  if (member === null) throw new MalformedRow('the member has no number (0 01 091)');
  const [start, forecastType] = [baseTime(values), numberOf(values, '001092')];
  const rows = stepsOf(values).flatMap(({ hours, centre, windiest }): EcmwfRow[] => {
    if (centre.latitude === undefined || centre.longitude === undefined) return [];
    const row = {
      ...{ storm, name, start, member, forecastType, stepHours: hours },
      ...{ latitude: centre.latitude, longitude: centre.longitude, pressure: centre.pressure ?? Number.NaN },
      windLatitude: windiest.latitude ?? Number.NaN,
      windLongitude: windiest.longitude ?? Number.NaN,
      wind: windiest.wind ?? Number.NaN,
      at,
    };
    return [row];
  });
  return { message: message.number, storm, name, start, member, forecastType, rows };
}

/** Steps in their order; the first is the analysis. A position belongs to what the significance before it says. */
function stepsOf(values: readonly BufrValue[]): Step[] {
  let step: Step = { hours: 0, centre: {}, windiest: {} };
  const steps = [step];
  let of: number | null = null;
  for (const { descriptor, value } of values) {
    if (descriptor === '008005') of = typeof value === 'number' ? value : null;
    if (typeof value !== 'number') continue;
    if (descriptor === '004024') {
      step = { hours: value, centre: {}, windiest: {} };
      steps.push(step);
      of = null;
    }
    // The centre of step 0 is that of the member's analysis, not where the storm was observed.
    const isCentre =
      step.hours === 0 && steps.length === 1
        ? of === significance.perturbedAnalysis || of === significance.analysis
        : of === significance.centre;
    const isWindiest = of === significance.largestWind;
    if (descriptor === '005002' || descriptor === '005001') {
      if (isCentre) step.centre.latitude = value;
      if (isWindiest) step.windiest.latitude = value;
    } else if (descriptor === '006002' || descriptor === '006001') {
      if (isCentre) step.centre.longitude = value;
      if (isWindiest) step.windiest.longitude = value;
    } else if (descriptor === '010051' && isCentre) step.centre.pressure = value;
    else if (descriptor === '011012' && isWindiest) step.windiest.wind = value;
  }
  return steps;
}

function baseTime(values: readonly BufrValue[]): number {
  const [year, month, day] = ['004001', '004002', '004003'].map((one) => numberOf(values, one));
  const [hour, minute] = ['004004', '004005'].map((one) => numberOf(values, one));
  const two = (value: number | null | undefined): string => String(value ?? 0).padStart(2, '0');
  if (year === null || month === null || day === null) {
    throw new MalformedRow('the base time is missing (0 04 001 to 0 04 005)');
  }
  return timeOfText(`${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}Z`);
}

function numberOf(values: readonly BufrValue[], descriptor: string): number | null {
  const value = values.find((one) => one.descriptor === descriptor)?.value;
  return typeof value === 'number' ? value : null;
}

function textOf(values: readonly BufrValue[], descriptor: string): string | null {
  const value = values.find((one) => one.descriptor === descriptor)?.value;
  return typeof value === 'string' && value !== '' ? value : null;
}
