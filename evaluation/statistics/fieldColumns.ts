/**
 * Scores of whole fields as columns of a row: energy and variogram score of the region and, of the whole domain, zonal
 * spectra of the members, their mean and the truth. They follow the columns that are means over points.
 */
import { type Grid, wrapsInLongitude } from '../../core/grid.js';
import { createFieldScores, type FieldResult, type FieldScores } from '../fields/fieldScores.js';
import { spectrumBands } from '../fields/zonalSpectrum.js';
import type { NanPolicy } from '../scores/nanPolicy.js';

/** What fields are scored on; plain data for threads. */
export interface FieldPlan {
  readonly grid: Grid;
  /** Which of the regions is the whole domain and has spectra; −1: none. */
  readonly whole: number;
}

export function withoutSpectra(plan: FieldPlan): FieldPlan {
  return { ...plan, whole: -1 };
}

/** Points a region that the energy score rests on: its cost grows with them and the square of the members. */
const energyPoints = 4096;

export function fieldScoresOf(
  { grid, whole }: FieldPlan,
  regions: readonly Float64Array[],
  memberCount: number,
  nanPolicy: NanPolicy,
): FieldScores {
  return createFieldScores(grid, regions, memberCount, {
    nanPolicy,
    spectra: whole >= 0,
    mostPoints: energyPoints,
  });
}

const series = ['members', 'mean', 'truth'] as const;

/** Names of the columns of each region. */
export function fieldNames({ grid, whole }: FieldPlan, regions: number): string[][] {
  const columns = grid.longitudes.length;
  const closed = wrapsInLongitude(grid);
  const bands = whole < 0 ? [] : spectrumBands(closed ? Math.floor(columns / 2) + 1 : columns);
  const digits = Math.max(3, String(columns).length);
  const spectra = series.flatMap((what) =>
    bands.map(({ wavenumber }) => `spectrum ${what} ${String(wavenumber).padStart(digits, '0')}`),
  );
  return Array.from({ length: regions }, (_, r) => [
    'energy_score',
    'variogram_score',
    ...(r === whole ? spectra : []),
  ]);
}

/** Numbers of a result as they go from thread to thread: two a region, then three spectra. */
export function fieldResultSize(plan: FieldPlan, regions: number): number {
  return fieldNames(plan, regions).reduce((sum, { length }) => sum + length, 0);
}

/** @param out written, regions one after the other */
export function flattenFields(
  { regions, spectra }: FieldResult,
  { whole }: FieldPlan,
  out: Float64Array,
): void {
  let next = 0;
  for (const [r, { energyScore, variogramScore }] of regions.entries()) {
    out[next++] = energyScore;
    out[next++] = variogramScore;
    if (r !== whole || spectra === null) continue;
    for (const what of series) {
      out.set(spectra[what], next);
      next += spectra[what].length;
    }
  }
}

/** The columns of each region from the numbers of a result. */
export function fieldRows(names: readonly (readonly string[])[], flat: Float64Array): Float64Array[] {
  let next = 0;
  return names.map(({ length }) => {
    next += length;
    return flat.subarray(next - length, next);
  });
}
