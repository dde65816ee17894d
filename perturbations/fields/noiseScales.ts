/**
 * Correlated noise of variance 1, as users give it: scales that each have a length, a time and a share of the variance.
 */
import { usageError } from '../../core/errors.js';
import { describeGrid, type Grid } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import type { NoiseScale } from '../source.js';
import { heatKernelAmplitudes } from './heatKernel.js';
import { createRandomField, type RandomField } from './randomField.js';
import type { SpectralScale } from './spectralProcess.js';

/**
 * The patterns that a model's own amplitude of noise is filled in with, in forecasts as in training.
 * @throws {PlumeError} as `spectraOfScales`, and for a time step that is not positive
 */
export function createNoisePatterns(
  grid: Grid,
  scales: readonly NoiseScale[],
  { stepHours, antithetic = false }: { readonly stepHours: number; readonly antithetic?: boolean },
): RandomField {
  return createRandomField(grid, {
    scales: spectraOfScales(grid, scales),
    stepHours,
    purpose: 'pattern',
    antithetic,
  });
}

/**
 * @param scales at least one
 * @throws {PlumeError} usage, for a length below the grid spacing or beyond what can be computed, a negative time,
 * or a share that is not positive
 */
export function spectraOfScales(grid: Grid, scales: readonly NoiseScale[]): SpectralScale[] {
  const total = scales.reduce((sum, { share = 1 }) => sum + share, 0);
  return scales.map(({ lengthKm, timeHours, share = 1 }) => {
    if (!(share > 0 && Number.isFinite(share))) {
      throw usageError(`share of a noise scale is ${share}; it must be positive`);
    }
    requireResolved(grid, lengthKm);
    const root = Math.sqrt(share / total);
    return { amplitudes: heatKernelAmplitudes(lengthKm).map((sigma) => sigma * root), timeHours };
  });
}

/** The shortest length that `requireResolved` lets pass, in whole kilometres. */
export function shortestLengthKm(grid: Grid): number {
  return Math.ceil(gridSpacingKm(grid));
}

/** @throws {PlumeError} usage, for a length below the grid spacing */
export function requireResolved(grid: Grid, lengthKm: number): void {
  const spacing = gridSpacingKm(grid);
  if (lengthKm < spacing) {
    throw usageError(
      `length scale of the noise is ${lengthKm} km, below the ${Math.round(spacing)} km between points of the grid ` +
        `(${describeGrid(grid)}): it could not be told from white noise there; give ${shortestLengthKm(grid)} km or more`,
    );
  }
}

/** The larger of the distances between neighbouring rows, and between neighbouring columns where they are widest. */
export function gridSpacingKm(grid: Grid): number {
  const widest = (axis: Float64Array): number =>
    axis.reduce((most, value, i) => (i === 0 ? 0 : Math.max(most, Math.abs(value - axis[i - 1]!))), 0);
  const lowest = grid.latitudes.reduce((least, latitude) => Math.min(least, Math.abs(latitude)), 90);
  const zonal = widest(grid.longitudes) * Math.cos((lowest * Math.PI) / 180);
  return (Math.max(widest(grid.latitudes), zonal) * Math.PI * earthRadiusKm) / 180;
}
