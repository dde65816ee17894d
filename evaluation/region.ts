/**
 * Where scores are averaged, and with what weights: the whole domain, boxes, the points of a mask (land, sea), or a
 * list of stations. Regions are plain data, so that workers can be handed them.
 */
import { usageError } from '../core/errors.js';
import { describeGrid, type Grid, gridSize, pointWeights, sameGrid } from '../core/grid.js';
import { type Box, describeBox, insideBoxes } from './regions/boxRegion.js';
import { type Station, type StationMethod, stationWeights } from './regions/stationWeights.js';

export interface BoxRegion {
  readonly name: string;
  /** null is the whole domain. */
  readonly box: Box | null;
}

/** Points inside any of the boxes. */
export interface BoxesRegion {
  readonly name: string;
  readonly boxes: readonly Box[];
}

export interface MaskRegion {
  readonly name: string;
  /** 1 inside, 0 outside, [lat, lon] flattened, on its grid. */
  readonly mask: { readonly grid: Grid; readonly inside: Uint8Array };
}

export interface StationRegion {
  readonly name: string;
  readonly stations: readonly Station[];
  readonly method: StationMethod;
}

export type Region = BoxRegion | BoxesRegion | MaskRegion | StationRegion;

export const wholeDomain: Region = { name: 'all', box: null };

/**
 * Weights inside the region, 0 outside: areas of cells (mean 1 over the grid), or equal shares of stations (sum 1).
 * @returns [lat, lon] flattened
 * @throws {PlumeError} usage, when the region holds no point of the grid, a mask lies on another, or a station
 *   lies outside it
 */
export function regionWeights(region: Region, grid: Grid): Float64Array {
  if ('stations' in region) return stationWeights(region.stations, region.method, grid);
  const weights = pointWeights(grid);
  if ('box' in region && region.box === null) return weights;
  const inside = insideOf(region, grid);
  const kept = weights.map((weight, point) => (inside[point] === 1 ? weight : 0));
  if (kept.some((weight) => weight > 0)) return kept;
  throw usageError(
    `region "${region.name}"${boundsOf(region)} holds no point of the ` +
      `grid (${describeGrid(grid)}); choose one that overlaps it`,
  );
}

function boxesOf(region: BoxRegion | BoxesRegion): readonly Box[] {
  if ('boxes' in region) return region.boxes;
  return region.box === null ? [] : [region.box];
}

function boundsOf(region: BoxRegion | BoxesRegion | MaskRegion): string {
  return 'mask' in region ? '' : ` (${boxesOf(region).map(describeBox).join('; ')})`;
}

function insideOf(region: BoxRegion | BoxesRegion | MaskRegion, grid: Grid): Uint8Array {
  if (!('mask' in region)) return insideBoxes(boxesOf(region), grid);
  const { mask } = region;
  if (!sameGrid(mask.grid, grid) || mask.inside.length !== gridSize(grid)) {
    throw usageError(
      `region "${region.name}" is a mask on ${describeGrid(mask.grid)}, the forecasts lie on ${describeGrid(grid)}; ` +
        'make the mask on the grid of the forecasts',
    );
  }
  return mask.inside;
}
