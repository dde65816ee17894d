/**
 * Land and sea from a mask that says what share of each cell is land: land where it is one half or more (as ECMWF
 * takes its land–sea mask), sea where it is less; a point without a value is neither. A mask on another grid comes
 * onto the forecasts' as a mean over cells.
 */

import type { Dataset } from '../../core/archive/dataset.js';
import { readStaticField } from '../../core/archive/staticField.js';
import { dataError } from '../../core/errors.js';
import { describeGrid, type Grid, gridSize, sameGrid } from '../../core/grid.js';
import { coincidentPoints } from '../../core/regrid/coincident.js';
import { regridWeights } from '../../core/regrid/regrid.js';
import { applyWeights } from '../../core/regrid/sparseWeights.js';
import { isKnownUnit, unitConversion } from '../../core/units.js';
import type { MaskRegion } from '../region.js';

/** What files call a share of land: ECMWF, CF, CMIP, NCEP, CESM. */
export const maskNames: readonly string[] = [
  'lsm',
  'land_sea_mask',
  'land_binary_mask',
  'land_area_fraction',
  'sftlf',
  'landfrac',
  'frac_lnd',
  'land',
  'mask',
];

export interface LandShare {
  readonly grid: Grid;
  /** [lat, lon], 0 to 1, NaN where unknown. */
  readonly share: Float32Array;
}

/**
 * @param variable default: whichever of the usual names is there
 * @returns null where there is none
 * @throws {PlumeError} data, when values lie outside 0…1 in the unit stated
 */
export async function readLandShare(dataset: Dataset, variable?: string): Promise<LandShare | null> {
  const field = await readStaticField(dataset, variable === undefined ? maskNames : [variable]);
  if (field === null) return null;
  const { scale } = isKnownUnit(field.unit) ? unitConversion(field.unit, '1') : { scale: 1 };
  const share = field.values.map((value) => scale * value);
  const strange = share.find((value) => value < -1e-6 || value > 1 + 1e-6);
  if (strange !== undefined) {
    throw dataError(
      `mask "${dataset.path}": "${field.name}" holds ${strange}; a land–sea mask is a share from 0 (sea) to 1 (land), ` +
        'or per cent with units = "%"',
    );
  }
  return { grid: field.grid, share };
}

/** @throws {PlumeError} data, when the mask does not cover the grid */
export function landOrSea(name: 'land' | 'sea', mask: LandShare, grid: Grid): MaskRegion {
  const share = onGrid(mask, grid);
  const inside = Uint8Array.from(share, (value) => Number(name === 'land' ? value >= 0.5 : value < 0.5));
  return { name, mask: { grid, inside } };
}

function onGrid(mask: LandShare, grid: Grid): Float32Array {
  if (sameGrid(mask.grid, grid)) return mask.share;
  const narrow = [mask.grid, grid].some(
    ({ latitudes, longitudes }) => Math.min(latitudes.length, longitudes.length) < 2,
  );
  const method = coincidentPoints(mask.grid, grid) !== null ? 'points' : narrow ? 'bilinear' : 'conservative';
  const out = new Float32Array(gridSize(grid));
  try {
    applyWeights(regridWeights(mask.grid, grid, method), mask.share, out);
  } catch (error) {
    throw dataError(
      `the land–sea mask (${describeGrid(mask.grid)}) does not cover the forecasts (${describeGrid(grid)}); give one that does with --mask`,
      { cause: error },
    );
  }
  return out;
}
