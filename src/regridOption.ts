/**
 * Puts truth and forecasts on common ground before they are scored: the archive comes onto the grid of the forecasts
 * (--regrid, unless their points are the archive's own), the forecasts into the units of the archive.
 */
import { dataError } from '../core/errors.js';
import { describeGrid, sameGrid } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { coincidentPoints } from '../core/regrid/coincident.js';
import { regriddedArchive } from '../core/regrid/regriddedArchive.js';
import type { EnsembleSource } from '../evaluation/ensembleSource.js';
import { inUnitsOf } from '../evaluation/forecasts/partOfSource.js';
import type { Options } from './options.js';

export interface CommonGround {
  readonly archive: Archive;
  readonly source: EnsembleSource;
  /** What was done, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @param regrid of the command line
 * @throws {PlumeError} data, when grids differ and --regrid does not say how they meet, the archive does not
 *   cover the forecasts, or a unit cannot become the other
 */
export function onCommonGround(
  forecast: { readonly name: string; readonly source: EnsembleSource },
  truth: { readonly name: string; readonly archive: Archive },
  regrid: Options['regrid'],
): CommonGround {
  const { archive, notes } = onGridOf(forecast, truth, regrid);
  const { source, converted } = inUnitsOf(forecast.source, forecast.name, archive.schema, truth.name);
  return {
    archive,
    source,
    notes: [...notes, ...converted.map((what) => `units of ${forecast.name} converted: ${what}`)],
  };
}

export function onGridOf(
  forecast: { readonly name: string; readonly source: EnsembleSource },
  { name, archive }: { readonly name: string; readonly archive: Archive },
  regrid: Options['regrid'],
): { archive: Archive; notes: string[] } {
  const { grid } = forecast.source.schema;
  const own = archive.schema.grid;
  if (sameGrid(grid, own)) return { archive, notes: [] };
  if (coincidentPoints(own, grid) !== null) {
    return {
      archive: regriddedArchive(archive, grid, 'points'),
      notes: [`${name}: the ${describeGrid(grid)} of ${forecast.name} are among its own, taken unchanged`],
    };
  }
  if (regrid === undefined) {
    throw dataError(
      `${forecast.name} lies on a grid of ${describeGrid(grid)}, but ${name} on one of ${describeGrid(own)}; ` +
        'pass --regrid conservative (means over cells: for forecasts coarser than the archive) or --regrid bilinear ' +
        '(between points) to bring the archive onto the grid of the forecasts',
    );
  }
  return {
    archive: regriddedArchive(archive, grid, regrid),
    notes: [`${name}: regridded (${regrid}) from ${describeGrid(own)} to ${describeGrid(grid)}`],
  };
}
