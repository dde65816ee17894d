/** The synthetic archive follows the law it states, and its file holds what its memory does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openArchive } from '../core/archive/open.js';
import { sameGrid } from '../core/grid.js';
import { dayOfYear } from '../core/time.js';
import { syntheticSeries, writeSyntheticNetcdf } from './syntheticArchive.js';

it('the waves travel east by their frequencies and keep 0.9 of themselves a day', () => {
  const { values, times } = syntheticSeries();
  const [nlat, nlon, days] = [6, 10, times.length];
  [0.3, 0.5, 0.8].forEach((radians, i) => {
    // c_k by projection on the wave and its meridional shape; the cycle is taken off first
    const k = i + 1;
    const real = new Float64Array(days);
    const imaginary = new Float64Array(days);
    for (let t = 0; t < days; t++) {
      const season = 101_300 + 500 * Math.cos((2 * Math.PI * dayOfYear(times[t]!)) / 365.2425);
      for (let row = 0; row < nlat; row++) {
        const shape = Math.sin(Math.PI * ((row + 0.5) / nlat) * k);
        for (let column = 0; column < nlon; column++) {
          const x = shape * (values[(t * nlat + row) * nlon + column]! - season);
          const angle = (2 * Math.PI * k * column) / nlon;
          real[t]! += x * Math.cos(angle);
          imaginary[t]! -= x * Math.sin(angle);
        }
      }
    }
    let [product, cross, square] = [0, 0, 0];
    for (let t = 1; t < days; t++) {
      product += real[t]! * real[t - 1]! + imaginary[t]! * imaginary[t - 1]!;
      cross += imaginary[t]! * real[t - 1]! - real[t]! * imaginary[t - 1]!;
      square += real[t - 1]! ** 2 + imaginary[t - 1]! ** 2;
    }
    const standardError = Math.sqrt((1 - 0.81) / days);
    expect(Math.abs(product / square - 0.9 * Math.cos(radians))).toBeLessThan(4 * standardError);
    expect(Math.abs(cross / square + 0.9 * Math.sin(radians))).toBeLessThan(4 * standardError);
  });
});

it('the file holds the states of the memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'plume-synthetic-'));
  try {
    const options = { days: 20, rows: 3, columns: 4, firstYear: 2003, seed: 8 };
    const path = await writeSyntheticNetcdf(join(directory, 'synthetic.nc'), options);
    const { schema, times, values } = syntheticSeries(options);
    const archive = await openArchive([path]);
    expect(sameGrid(archive.schema.grid, schema.grid)).toBe(true);
    expect(archive.schema.channels).toEqual(schema.channels);
    expect([...archive.times]).toEqual([...times]);
    expect((await archive.read(7)).values).toEqual(values.slice(7 * 12, 8 * 12));
    await archive.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
