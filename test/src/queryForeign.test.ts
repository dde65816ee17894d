/**
 * Questions to somebody else's ensemble: ECMWF's 51 members before the storm of October 2013, gusts over the North Sea, from
 * a file that does not say when its forecasts began. Counted by hand from the file's own numbers, and held to what xarray
 * counts of the same file. Skipped where ../shared/data is absent.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../core/archive/openDataset.js';
import { epsgramCommand } from '../../src/commands/epsgram.js';
import { queryCommand } from '../../src/commands/query.js';
import { asked } from './queryFixture.js';

const file = join(resolve('..', 'shared', 'data'), 'ecmwf-ens-storm/ens_storm.nc');
const absent = existsSync(file) ? '' : ` (skipped: no ${file})`;
const [members, leads, rows, columns] = [51, 3, 31, 48];

interface Asked {
  readonly events: readonly {
    readonly answers: readonly {
      readonly yes: number;
      readonly members: number;
      readonly missing: number;
      readonly effectiveMembers: number | null;
      readonly variance: unknown;
      readonly conditions: readonly { points: number; mean: number; quantiles: readonly number[] }[];
    }[];
  }[];
}

describe.skipIf(absent !== '')(`a storm in 51 foreign members${absent}`, () => {
  /** [member, step, latitude, longitude], latitudes from the north. */
  let gusts: Float64Array;
  let latitudes: Float64Array;
  let longitudes: Float64Array;

  beforeAll(async () => {
    const dataset = await openDataset(file);
    const whole = async (name: string): Promise<Float64Array> => {
      const { shape, read } = dataset.variables.get(name)!;
      return Float64Array.from(
        (await read(
          shape.map(() => 0),
          shape,
        )) as ArrayLike<number>,
      );
    };
    [gusts, latitudes, longitudes] = [await whole('fg10'), await whole('latitude'), await whole('longitude')];
    await dataset.close();
  });

  const query = (event: string): Promise<Asked> =>
    asked(queryCommand, [file], { event, start: '2013-10-25' });

  /** Gusts of a member at the points within a distance, [lead][point]. */
  function around(member: number, latitude: number, longitude: number, km: number): number[][] {
    const r = Math.PI / 180;
    return Array.from({ length: leads }, (_, lead) => {
      const found: number[] = [];
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const cosine =
            Math.sin(latitude * r) * Math.sin(latitudes[i]! * r) +
            Math.cos(latitude * r) * Math.cos(latitudes[i]! * r) * Math.cos((longitudes[j]! - longitude) * r);
          if (6371.229 * Math.acos(Math.min(1, cosine)) > km) continue;
          found.push(gusts[((member * leads + lead) * rows + i) * columns + j]!);
        }
      }
      return found;
    });
  }

  const count = (holds: (member: number) => boolean): number =>
    Array.from({ length: members }, (_, m) => holds(m)).filter(Boolean).length;

  it.each([
    // Latitude, longitude, gust, and members that have it, of xarray.
    [55, 5, 25, 42],
    [51.95, 4.05, 25, 49],
    [51.95, 4.05, 30, 33],
    [53.5, 8.1, 25, 31],
    [57.1, 8.6, 30, 5],
    [54, 0, 30, 20],
  ])('has gusts within 150 km of %d, %d above %d m/s in as many members as one counts', async (...all) => {
    const [latitude, longitude, limit, known] = all;
    const { events } = await query(`fg10 > ${limit} m/s anywhere within 150km of ${latitude},${longitude}`);
    const answer = events[0]!.answers[0]!;
    const byHand = count((m) =>
      around(m, latitude, longitude, 150)
        .flat()
        .some((gust) => gust > limit),
    );
    expect(byHand).toBe(known);
    expect(answer).toMatchObject({
      yes: byHand,
      members,
      missing: 0,
      effectiveMembers: null,
      variance: null,
    });
    expect(answer.conditions[0]!.points).toBe(around(0, latitude, longitude, 150)[0]!.length);
  });

  it('blows for six hours at one and the same point in fewer', async () => {
    const { events } = await query('fg10 > 25 m/s for 6h anywhere within 150km of 55,5');
    const byHand = count((m) => {
      const [a, b, c] = around(m, 55, 5, 150);
      return b!.some((gust, p) => gust > 25 && (a![p]! > 25 || c![p]! > 25));
    });
    expect(byHand).toBe(8);
    expect(events[0]!.answers[0]!.yes).toBe(byHand);
  });

  it('is interpolated at a port as xarray does', async () => {
    const { events } = await query('fg10 > 20 m/s at 51.95,4.05');
    const { mean, quantiles } = events[0]!.answers[0]!.conditions[0]!;
    expect(mean).toBeCloseTo(26.383185865115507, 4);
    [21.01952492, 22.83223565, 26.06193644, 29.32335899, 32.35488111].forEach((known, i) => {
      expect(quantiles[i]).toBeCloseTo(known, 4);
    });
  });

  it('is refused without a start, with the flag that this command has, and drawn with one', async () => {
    await expect(asked(queryCommand, [file], { event: 'fg10 > 20 m/s at 52,4' })).rejects.toThrow(
      /not when it began; .*--start DATE/,
    );
    const drawn = await asked<never, { readonly plumes: readonly { readonly leads: readonly object[] }[] }>(
      epsgramCommand as never,
      [file],
      { at: '52,4', start: '2013-10-25', quantities: 'fg10' },
    );
    expect(drawn.plumes[0]!.leads).toHaveLength(leads);
  });
});
