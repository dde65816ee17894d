/**
 * The time of year as a basis: 1, cos ωt, sin ωt, cos 2ωt, …, ω = 2π / 365.2425 days, t counted from New Year.
 * Seasonal cycles are fitted on it and networks are told the season by it.
 */
import { dayOfYear } from './time.js';

/** Terms of a cycle: 1 + 2 · harmonics. */
export function seasonTerms(harmonics: number): number {
  return 1 + 2 * harmonics;
}

/** @param time milliseconds since 1970 @returns [term] */
export function seasonBasis(time: number, harmonics: number): Float64Array {
  const phase = (2 * Math.PI * dayOfYear(time)) / 365.2425;
  const basis = new Float64Array(seasonTerms(harmonics));
  basis[0] = 1;
  for (let h = 1; h <= harmonics; h++) {
    basis[2 * h - 1] = Math.cos(h * phase);
    basis[2 * h] = Math.sin(h * phase);
  }
  return basis;
}

/** What a network is told of the time: the annual harmonics, and the time of day where it asks for it. */
export interface TimeInputs {
  /** H, annual harmonics. */
  readonly harmonics: number;
  /** True: cosine and sine of the time of day (UTC) follow. */
  readonly dayTime?: boolean;
}

/** Numbers of a time as a network is told it: 1 + 2H, and two more with the time of day. */
export function timeTerms({ harmonics, dayTime }: TimeInputs): number {
  return seasonTerms(harmonics) + (dayTime === true ? 2 : 0);
}

/** @param time milliseconds since 1970 @returns [1, cos ωt, sin ωt, …, cos and sin of the time of day], of `timeTerms` */
export function timeBasis(time: number, inputs: TimeInputs): Float64Array {
  const basis = new Float64Array(timeTerms(inputs));
  basis.set(seasonBasis(time, inputs.harmonics));
  if (inputs.dayTime === true) {
    const phase = (2 * Math.PI * time) / 86_400_000;
    basis.set([Math.cos(phase), Math.sin(phase)], basis.length - 2);
  }
  return basis;
}
