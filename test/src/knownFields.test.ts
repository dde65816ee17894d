/** Fields of the place for a network: where they are found, in which units it sees them, and what is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readKnownFields } from '../../src/training/knownFields.js';
import { type Fixture, writeNetcdf } from '../core/archiveFixture.js';
import { layeredSchema, smallTransformer } from '../models/earthFixture.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-known-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const { grid } = layeredSchema({ rows: 6, columns: 8 });
const network = {
  ...smallTransformer,
  constants: ['orography', 'land-mask', 'soil-type', 'latitude'],
} as const;
let files = 0;

/** A field on the grid, its rows from south to north as many files have them. */
function field(variable: string, fixture: Fixture = {}): Promise<string> {
  files++;
  return writeNetcdf(join(directory, `${files}.nc`), {
    variable,
    times: [0],
    latitudes: [...grid.latitudes].reverse(),
    longitudes: [...grid.longitudes],
    attributes: { units: 'm' },
    value: (_, row, column) => 100 * row + column,
    ...fixture,
  });
}

const read = (paths: readonly string[], asked = false) => readKnownFields(network, grid, { paths, asked });

describe('fields of the place', () => {
  it('are found by the names that files use, and in units of their deviation, north first', async () => {
    const path = await field('orog');
    const { constants, sources } = await read([path]);
    const height = constants.orography ?? new Float32Array(0);
    const mean = height.reduce((sum, value) => sum + value, 0) / height.length;
    const square = height.reduce((sum, value) => sum + value * value, 0) / height.length;
    expect(height).toHaveLength(48);
    expect(mean).toBeCloseTo(0, 5);
    expect(square).toBeCloseTo(1, 5);
    // the last row of the file is the first of the grid
    expect(height[0]).toBeGreaterThan(height[47] ?? 0);
    expect(height[1]).toBeGreaterThan(height[0] ?? 0);
    expect(sources).toEqual({
      orography: `orog of ${path}`,
      'land-mask': 'zeros',
      'soil-type': 'zeros',
    });
  });

  it('are found by CF standard names, and in more files than one', async () => {
    const height = await field('topo_field', {
      attributes: { units: 'm', standard_name: 'surface_altitude' },
    });
    const soil = await field('kind_of_soil', { attributes: { units: '1', standard_name: 'soil_type' } });
    const { constants, sources } = await read([height, soil]);
    expect(Object.keys(constants).sort()).toEqual(['orography', 'soil-type']);
    expect(sources['soil-type']).toBe(`kind_of_soil of ${soil}`);
  });

  it('leave a share of land from 0 to 1, whatever its unit', async () => {
    const percent = await field('sftlf', {
      attributes: { units: '%' },
      value: (_, row) => (row === 0 ? 100 : 0),
    });
    const { constants } = await read([percent]);
    const land = constants['land-mask'];
    expect([land?.[0], land?.[47]]).toEqual([0, 1]);
  });

  it('are zeros where a field is the same everywhere', async () => {
    const { constants } = await read([await field('orog', { value: () => 7 })]);
    expect(constants.orography?.every((value) => value === 0)).toBe(true);
  });

  it('take surface geopotential by the name z from --constants alone, and never from levels', async () => {
    const z = await field('z');
    expect((await read([z])).constants).toEqual({});
    expect(Object.keys((await read([z], true)).constants)).toEqual(['orography']);
    const levels = await field('z', { levels: { values: [500, 850], units: 'hPa' } });
    await expect(read([levels], true)).rejects.toMatchObject({ tag: 'data' });
  });
});

describe('what is refused', () => {
  it('a field on another grid, naming both', async () => {
    const path = await field('orog', { longitudes: [0, 90, 180, 270] });
    await expect(read([path])).rejects.toMatchObject({
      tag: 'data',
      message: expect.stringMatching(/orog lies on 6 × 4 points.*the archive on 6 × 8 points.*not regridded/),
    });
  });

  it('a field with missing values, counting them', async () => {
    const path = await field('orog', { value: (_, row) => (row === 0 ? Number.NaN : row) });
    await expect(read([path])).rejects.toMatchObject({
      tag: 'data',
      message: expect.stringContaining('no value at 8 of 48 points'),
    });
  });

  it('a file of --constants that has none of the fields', async () => {
    await expect(read([await field('msl')], true)).rejects.toMatchObject({
      tag: 'data',
      message: expect.stringContaining('none of orography, land-mask, soil-type is in it'),
    });
  });

  it('--constants for a network that knows no such field', async () => {
    const without = { ...network, constants: ['latitude'] } as const;
    const files = { paths: ['static.nc'], asked: true };
    await expect(readKnownFields(without, grid, files)).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringContaining('takes no fields of the place'),
    });
  });
});
