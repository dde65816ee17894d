import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTime, requireFinite } from '../../core/archive/finite.js';
import { openArchive } from '../../core/archive/open.js';
import { isPlumeError } from '../../core/errors.js';
import { parseTime } from '../../core/time.js';
import { writeNetcdf } from './archiveFixture.js';

const data = resolve('..', 'shared', 'data');
const hasData = existsSync(data);
const slp = join(data, 'ncep-slp-natl', 'slp.daily.2001-2007.nc');
const slpClassic = join(data, 'ncep-slp-natl', 'slp.daily.2001-2007.classic.nc');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plume-archive-errors-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Every refusal is bad data, names the file and says the given words. */
async function expectRefused(path: string, words: RegExp, options = {}): Promise<void> {
  const error: unknown = await openArchive([path], options).then(
    async (archive) => {
      await archive.close();
      return null;
    },
    (reason: unknown) => reason,
  );
  if (!isPlumeError(error)) throw new Error(`not refused with a tagged error: ${String(error)}`);
  expect(error.tag).toBe('data');
  expect(error.message).toContain(path);
  expect(error.message).toMatch(words);
}

describe('files that are none', () => {
  it('missing', () => expectRefused(join(folder, 'nowhere.nc'), /no such file/));

  it('empty', async () => {
    const path = join(folder, 'empty.nc');
    writeFileSync(path, '');
    await expectRefused(path, /empty/);
  });

  it('text', async () => {
    const path = join(folder, 'text.nc');
    writeFileSync(path, 'date,pressure\n2001-01-01,1013\n');
    await expectRefused(path, /neither NetCDF nor Zarr.*"date"/);
  });

  it('GRIB', async () => {
    const path = join(folder, 'x.grib');
    writeFileSync(path, 'GRIB\0\0\0\x01 and so on');
    await expectRefused(path, /GRIB/);
  });

  it('a directory that is no Zarr store', async () => {
    const path = join(folder, 'directory');
    mkdirSync(path);
    await expectRefused(path, /not a Zarr store/);
  });

  it('no archive at all', async () => {
    await expect(openArchive([])).rejects.toMatchObject({ tag: 'usage' });
  });
});

describe.skipIf(!hasData)('truncated and damaged files', () => {
  it.each([
    [slp, 1_500_000],
    [slp, 2_200_000],
    [slpClassic, 1_500_000],
    [slpClassic, 2_894_000],
  ])('%s cut to %d bytes: found and expected size are told', async (source, bytes) => {
    const path = join(folder, `cut-${bytes}.nc`);
    copyFileSync(source, path);
    truncateSync(path, bytes);
    await expectRefused(path, new RegExp(`truncated: it has ${bytes} bytes, its header promises 2[0-9]{6}`));
  });

  it.each([
    [slp, 40],
    [slpClassic, 200],
  ])('%s cut inside its header', async (source, bytes) => {
    const path = join(folder, `header-${bytes}.nc`);
    copyFileSync(source, path);
    truncateSync(path, bytes);
    await expectRefused(path, /truncated|damaged/);
  });

  it('a damaged chunk of NetCDF-4 is an error where it is read, and no invented values', async () => {
    const path = join(folder, 'damaged.nc');
    const bytes = readFileSync(slp);
    bytes.fill(7, 900_000, 901_000);
    writeFileSync(path, bytes);
    const archive = await openArchive([path]);
    await archive.read(0);
    await expect(archive.read(800)).rejects.toMatchObject({ tag: 'data' });
    await expect(archive.read(800)).rejects.toThrow(/damaged/);
    await archive.close();
  });
});

describe('content that does not fit', () => {
  const path = (name: string): string => join(folder, name);

  it('a missing variable, naming what there is', async () => {
    const file = await writeNetcdf(path('variable.nc'));
    await expectRefused(file, /no variable "t850"; it has lat, lon, msl, time/, { variables: ['t850'] });
  });

  it('a wrong, unknown or absent unit, with the flag that corrects it', async () => {
    await expectRefused(
      await writeNetcdf(path('k.nc'), { attributes: { units: 'K' } }),
      /"K".*--unit msl=Pa/,
    );
    await expectRefused(await writeNetcdf(path('f.nc'), { attributes: { units: 'furlong' } }), /not known/);
    await expectRefused(
      await writeNetcdf(path('n.nc'), { attributes: { note: 'x' } }),
      /no unit.*--unit msl=Pa/,
    );
  });

  it('times out of order or twice, naming them', async () => {
    await expectRefused(
      await writeNetcdf(path('order.nc'), { times: [0, 2, 1] }),
      /out of order: 2001-01-02T00Z \(at 2\) follows 2001-01-03T00Z/,
    );
    await expectRefused(
      await writeNetcdf(path('twice.nc'), { times: [0, 1, 1] }),
      /2001-01-02T00Z occurs twice/,
    );
  });

  it('a time that is missing, a unit of time or a calendar that nobody knows', async () => {
    await expectRefused(await writeNetcdf(path('nan.nc'), { times: [0, Number.NaN] }), /time is missing/);
    await expectRefused(await writeNetcdf(path('cal.nc'), { calendar: 'lunar' }), /calendar "lunar"/);
  });

  it('latitudes and longitudes that are no axis', async () => {
    await expectRefused(
      await writeNetcdf(path('lat.nc'), { latitudes: [30, 50, 40] }),
      /latitudes are not monotonic/,
    );
    await expectRefused(
      await writeNetcdf(path('lon.nc'), { longitudes: [0, 20, 10, 30] }),
      /longitudes are not monotonic/,
    );
  });

  it('a region beside the grid', async () => {
    const file = await writeNetcdf(path('region.nc'));
    await expectRefused(file, /no latitude/, { region: { north: 80, south: 70, west: 0, east: 10 } });
    await expectRefused(file, /no longitude/, { region: { north: 40, south: 20, west: 100, east: 110 } });
    await expect(
      openArchive([file], { region: { north: 20, south: 40, west: 0, east: 1 } }),
    ).rejects.toMatchObject({ tag: 'usage' });
  });
});

describe('states and times that cannot be used', () => {
  it('a field that is missing everywhere, or at some points, is delivered and can be refused', async () => {
    const file = await writeNetcdf(join(folder, 'missing.nc'), {
      value: (time, row) => (time === 0 || (time === 1 && row === 0) ? Number.NaN : 1e5),
    });
    const archive = await openArchive([file]);
    const [all, some, none] = await Promise.all([0, 1, 2].map((time) => archive.read(time)));
    if (all === undefined || some === undefined || none === undefined) throw new Error('no states');
    expect([...all.values].every(Number.isNaN)).toBe(true);
    expect(() => requireFinite(all, 'a.nc')).toThrow(
      /"a.nc": channel msl at 2001-01-01T00Z is missing everywhere/,
    );
    expect(() => requireFinite(some, 'a.nc')).toThrow(/at 2001-01-02T00Z is missing at 4 of 12 points/);
    expect(() => requireFinite(none, 'a.nc')).not.toThrow();
    await archive.close();
  });

  it('a start date outside the archive, or between its times', () => {
    const times = Float64Array.from(['2001-01-01', '2001-01-02', '2001-01-04'].map(parseTime));
    expect(findTime({ times }, parseTime('2001-01-04'))).toBe(2);
    expect(() => findTime({ times }, parseTime('2001-01-03'), '"x.nc"')).toThrow(
      /not in "x.nc": the times around it are 2001-01-02T00Z and 2001-01-04T00Z/,
    );
    expect(() => findTime({ times }, parseTime('2000-12-31'))).toThrow(
      /start date 2000-12-31T00Z is outside the archive \(2001-01-01T00Z…2001-01-04T00Z\)/,
    );
    expect(() => findTime({ times }, parseTime('2007-01-01'))).toThrow(/outside/);
  });
});
