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
