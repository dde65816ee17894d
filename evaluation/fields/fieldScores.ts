/**
 * Scores of whole fields, which no point knows: energy score and variogram score of every region, zonal spectra of the
 * whole domain. Members are read once, in stretches of whole rows; what is kept of a stretch are sums that add up, so
 * that stretches can be summed by different threads and put together in their order.
 */
import { internalError } from '../../core/errors.js';
import { type Grid, gridSize } from '../../core/grid.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import { EnergySums, type StretchOfMembers } from './energyScore.js';
import { VariogramValues } from './variogramScore.js';
import { SpectrumRows, type ZonalSpectra } from './zonalSpectrum.js';

export interface FieldScoreOptions {
  /** Default: propagate. omit leaves out points (energy score), pairs (variogram score) and rows (spectra). */
  readonly nanPolicy?: NanPolicy;
  /** Default: true. */
  readonly spectra?: boolean;
  /** Of the energy score, a region; default 16384. */
  readonly mostPoints?: number;
  /** Of the variogram score, a region; default 64. */
  readonly variogramPoints?: number;
  /** Of the spectra; default 48. */
  readonly mostRows?: number;
}

export interface RegionFieldScores {
  /** Fair, unit of the variable; of one member ‖x − y‖; NaN where a value is missing. */
  readonly energyScore: number;
  /** Fair, p = ½, unit of the variable; of one member the plain form. */
  readonly variogramScore: number;
}

export interface FieldResult {
  readonly regions: readonly RegionFieldScores[];
  /** Null where not asked for. */
  readonly spectra: ZonalSpectra | null;
}

export interface FieldScores {
  /** Numbers of {@link sums}. */
  readonly size: number;
  /**
   * Sums of one stretch of whole rows; allocates nothing.
   * @param out [size], overwritten
   */
  sums(stretch: StretchOfMembers, out: Float64Array): void;
  /**
   * @param sums those of all stretches of a field, added element by element in their order
   * @param independent whether two members count as two draws (states of different years); default: all do
   */
  result(sums: Float64Array, independent?: (a: number, b: number) => boolean): FieldResult;
}

/**
 * @param regions area weights of every region, [point], 0 outside
 * @param memberCount M ≥ 1
 */
export function createFieldScores(
  grid: Grid,
  regions: readonly Float64Array[],
  memberCount: number,
  options: FieldScoreOptions = {},
): FieldScores {
  const { nanPolicy = 'propagate', spectra = true, mostPoints = 16384 } = options;
  const { variogramPoints = 64, mostRows = 48 } = options;
  const omit = nanPolicy === 'omit';
  const points = gridSize(grid);
  if (!(memberCount >= 1) || regions.some((weights) => weights.length !== points))
    throw internalError(`field scores: ${memberCount} members, or weights that are not of ${points} points`);
  const energy = regions.map((weights) => new EnergySums(grid, weights, memberCount, mostPoints));
  const variogram = regions.map(
    (weights) => new VariogramValues(grid, weights, memberCount, variogramPoints),
  );
  const rows = spectra ? new SpectrumRows(grid, mostRows) : null;
  // All parts one after another in one array.
  let size = 0;
  const place = (part: { readonly size: number }): { from: number; to: number } => {
    size += part.size;
    return { from: size - part.size, to: size };
  };
  const energyAt = energy.map(place);
  const variogramAt = variogram.map(place);
  const rowsAt = rows && place(rows);
  const part = (sums: Float64Array, at: { from: number; to: number }) => sums.subarray(at.from, at.to);
  return {
    size,
    sums(stretch, out) {
      out.fill(0);
      for (const [r, each] of energy.entries()) each.add(stretch, omit, part(out, energyAt[r]!));
      for (const [r, each] of variogram.entries()) each.add(stretch, part(out, variogramAt[r]!));
      if (rows && rowsAt) {
        const { members, memberStride, truth, from, to } = stretch;
        rows.add(members, memberCount, memberStride, truth, from, to, omit, part(out, rowsAt));
      }
    },
    result(sums, independent) {
      return {
        regions: regions.map((_, r) => {
          const own = part(sums, energyAt[r]!);
          return {
            energyScore:
              memberCount === 1 ? energy[r]!.distanceToTruth(own) : energy[r]!.score(own, independent),
            variogramScore: variogram[r]!.score(part(sums, variogramAt[r]!), omit),
          };
        }),
        spectra: rows && rowsAt ? rows.result(part(sums, rowsAt)) : null,
      };
    },
  };
}
