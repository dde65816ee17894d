/**
 * Fields of the place that a network may know beside the state: height of the ground, share of land, type of soil. They are
 * read from the file that --constants names, or looked for among the archive's own; what is not found is zeros.
 * The network sees height and soil in units of their deviation about their mean, [point], and the share of land, 0 to 1.
 */
import type { Dataset } from '../../core/archive/dataset.js';
import { openDataset } from '../../core/archive/openDataset.js';
import { readStaticField } from '../../core/archive/staticField.js';
import { dataError, usageError } from '../../core/errors.js';
import { describeGrid, type Grid, gridSize, sameGrid } from '../../core/grid.js';
import { readLandShare } from '../../evaluation/regions/landAndSea.js';
import type { NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import { isStored, type KnownField } from '../../models/bayesian/networks/earthPlanes.js';
import type { NetworkConstants } from '../../models/bayesian/networks/network.js';

export interface ConstantFiles {
  readonly paths: readonly string[];
  /** Named by --constants: it must have what it is asked for, on the archive's grid. */
  readonly asked: boolean;
}

export interface KnownFields {
  /** [point] by the name of the field; what was not found is left out. */
  readonly constants: NetworkConstants;
  /** Of every field that the network stores: file and variable, or "zeros". */
  readonly sources: Readonly<Record<string, string>>;
}

/** What files call them: variables of ECMWF, CMIP, CESM, ICON, WeatherBench, and CF standard names. */
const orographyNames = [
  'orog',
  'orography',
  'surface_altitude',
  'geopotential_at_surface',
  'surface_geopotential',
  'topography',
  'topo',
  'elevation',
  'hsurf',
  'phis',
  'zsfc',
];
const soilNames = ['slt', 'soil_type', 'soiltype'];

interface FoundField {
  readonly name: string;
  readonly grid: Grid;
  readonly values: Float32Array;
}

/**
 * @throws {PlumeError} usage, when --constants is given to a network that knows no such field; data, when the file it names
 *   lacks them all, a field has missing values, or lies on another grid
 */
export async function readKnownFields(
  network: NetworkConfig,
  grid: Grid,
  { paths, asked }: ConstantFiles,
): Promise<KnownFields> {
  const fields = network.kind === 'earth-transformer' ? network.constants.filter(isStored) : [];
  if (fields.length === 0) {
    if (!asked) return { constants: {}, sources: {} };
    throw usageError(
      `--constants ${paths.join(' ')}: the ${network.kind} network takes no fields of the place; leave the flag out, or ` +
        'choose --network earth-transformer with orography, land-mask or soil-type among its constants',
    );
  }
  const constants: Record<string, Float32Array> = {};
  const sources: Record<string, string> = Object.fromEntries(fields.map((field) => [field, 'zeros']));
  for (const path of paths) {
    const missing = fields.filter((field) => constants[field] === undefined);
    if (missing.length === 0) break;
    const dataset = await openDataset(path);
    try {
      for (const field of missing) {
        const found = await findField(dataset, field, asked);
        if (found === null) continue;
        constants[field] = scaled(field, checked(found, grid, path));
        sources[field] = `${found.name} of ${path}`;
      }
    } finally {
      await dataset.close();
    }
  }
  if (asked && Object.keys(constants).length === 0) {
    throw dataError(
      `--constants ${paths.join(' ')}: none of ${fields.join(', ')} is in it, by the names of variables or by CF standard ` +
        'names (orog or surface_altitude, lsm or land_area_fraction, slt or soil_type); rename the variables',
    );
  }
  return { constants, sources };
}

async function findField(dataset: Dataset, field: KnownField, asked: boolean): Promise<FoundField | null> {
  const flat = { flat: true };
  switch (field) {
    case 'orography':
      // ECMWF's static files call surface geopotential z, as archives call the geopotential of levels
      return readStaticField(dataset, asked ? [...orographyNames, 'z'] : orographyNames, flat);
    case 'soil-type':
      return readStaticField(dataset, soilNames, flat);
    case 'land-mask': {
      const share = await readLandShare(dataset);
      return share === null ? null : { name: 'land–sea mask', grid: share.grid, values: share.share };
    }
    default:
      return null;
  }
}

function checked({ name, grid: own, values }: FoundField, grid: Grid, path: string): Float32Array {
  if (!sameGrid(own, grid)) {
    throw dataError(
      `"${path}": ${name} lies on ${describeGrid(own)}, the archive on ${describeGrid(grid)}; fields of the place are not ` +
        'regridded: bring them onto the grid of the archive, or give another file with --constants',
    );
  }
  const missing = values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  if (missing > 0) {
    throw dataError(
      `"${path}": ${name} has no value at ${missing} of ${gridSize(grid)} points; fill them (0 over sea), or give another ` +
        'file with --constants',
    );
  }
  return values;
}

/** Shares stay as they are; a field that is the same everywhere says nothing. */
function scaled(field: KnownField, values: Float32Array): Float32Array {
  if (field === 'land-mask') return values;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const deviation = Math.sqrt(variance);
  // of a constant, rounding is left
  if (!(deviation > 1e-6 * Math.abs(mean))) return new Float32Array(values.length);
  return values.map((value) => (value - mean) / deviation);
}
