/** Regions: which points they hold, with what weights, and what is said where they hold none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid, pointWeights } from '../../core/grid.js';
import { type Region, regionWeights } from '../../evaluation/region.js';
import { landOrSea } from '../../evaluation/regions/landAndSea.js';
import { parseStations } from '../../evaluation/regions/stationList.js';
import { regionsFrom } from '../../src/regionOption.js';
import { coordinateOf, variableOf, writeFile } from './forecastFixture.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-regions-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const globe = makeGrid(
  Array.from({ length: 19 }, (_, i) => 90 - 10 * i),
  Array.from({ length: 36 }, (_, j) => 10 * j),
);

/** Latitudes and longitudes of points inside. */
function inside(region: Region, grid: Grid): { latitudes: number[]; longitudes: number[] } {
  const weights = regionWeights(region, grid);
  const nlon = grid.longitudes.length;
  const points = [...weights.keys()].filter((point) => weights[point]! > 0);
  const sorted = (values: number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  return {
    latitudes: sorted(points.map((point) => grid.latitudes[Math.floor(point / nlon)]!)),
    longitudes: sorted(points.map((point) => grid.longitudes[point % nlon]!)),
  };
}

async function named(text: string, grid = globe, mask?: string): Promise<Region> {
  const regions = await regionsFrom({ regions: [text], ...(mask === undefined ? {} : { mask }) }, grid);
  expect(regions.map(({ name }) => name)).toEqual(['all', text.split('=')[0]]);
  return regions[1]!;
}

describe('usual names', () => {
  it.each([
    ['nh', 20, 90],
    ['sh', -90, -20],
    ['tropics', -20, 20],
    ['arctic', 60, 90],
    ['antarctic', -90, -60],
  ])('%s is the band %d to %d, edges included, all around', async (name, south, north) => {
    const { latitudes, longitudes } = inside(await named(name), globe);
    expect([latitudes[0], latitudes.at(-1)]).toEqual([south, north]);
    expect(longitudes).toHaveLength(36);
  });

  it('extratropics are both bands, and with the tropics share the edges alone', async () => {
    const weights = await Promise.all(
      ['extratropics', 'tropics', 'all'].map(async (name) =>
        regionWeights(name === 'all' ? { name, box: null } : await named(name), globe),
      ),
    );
    const [outer, inner, all] = weights as [Float64Array, Float64Array, Float64Array];
    for (let point = 0; point < gridSize(globe); point++) {
      const edge = Math.abs(globe.latitudes[Math.floor(point / 36)]!) === 20;
      expect((outer[point]! > 0 ? 1 : 0) + (inner[point]! > 0 ? 1 : 0)).toBe(edge ? 2 : 1);
      expect(Math.max(outer[point]!, inner[point]!)).toBe(all[point]);
    }
  });

  it('europe crosses the meridian, the Pacific the date line, in either convention', async () => {
    expect(inside(await named('europe'), globe)).toEqual({
      latitudes: [40, 50, 60, 70],
      longitudes: [0, 10, 20, 30, 40, 350],
    });
    const turned = makeGrid(
      globe.latitudes,
      Array.from({ length: 36 }, (_, j) => 10 * j - 180),
    );
    expect(inside(await named('europe', turned), turned).longitudes).toEqual([-10, 0, 10, 20, 30, 40]);
    expect(inside(await named('npacific'), globe).longitudes).toEqual([
      150, 160, 170, 180, 190, 200, 210, 220, 230,
    ]);
    expect(inside(await named('npacific', turned), turned).longitudes).toEqual([
      -180, -170, -160, -150, -140, -130, 150, 160, 170,
    ]);
  });

  it('WeatherBench names are understood, others refused with the list', async () => {
    expect(
      (await regionsFrom({ regions: ['northern-hemisphere', 'global'] }, globe)).map(({ name }) => name),
    ).toEqual(['all', 'nh']);
    await expect(regionsFrom({ regions: ['atlantis'] }, globe)).rejects.toThrow(
      /"atlantis" is none of all, nh.*land, sea; a box is NAME=N\/S\/W\/E/,
    );
    await expect(regionsFrom({ regions: ['nh', 'nh'] }, globe)).rejects.toThrow(/"nh" is there twice/);
  });
});

describe('boxes of one’s own', () => {
  it('hold their edges, also where axes are rounded to single precision', async () => {
    const grid = makeGrid([50.1, 49.9, 49.7].map(Math.fround), [5.1, 5.3, 5.5].map(Math.fround));
    expect(inside(await named('box=50.1/49.7/5.1/5.5', grid), grid).latitudes).toHaveLength(3);
    expect(inside(await named('box=50.1/49.7/5.1/5.5', grid), grid).longitudes).toHaveLength(3);
    expect(inside(await named('box=50/49.8/365.2/365.4', grid), grid).longitudes).toEqual([Math.fround(5.3)]);
  });

  it('are refused upside down, and said to be empty where they hold no point', async () => {
    await expect(named('box=10/20/0/5')).rejects.toThrow(/90 ≥ N > S ≥ −90/);
    await expect(named('box=20/10/0')).rejects.toThrow(/NAME=N\/S\/W\/E/);
    expect(() =>
      regionWeights({ name: 'speck', box: { north: 4, south: 2, west: 1, east: 2 } }, globe),
    ).toThrow(/region "speck" \(2…4°N, 1…2°E\) holds no point of the grid/);
  });
});

describe('land and sea', () => {
  const coarse = makeGrid([60, 0, -60], [0, 90, 180, 270]);

  it('share all points with a value, one half being land', () => {
    const share = Float32Array.of(0, 0.49, 0.5, 1, Number.NaN, 0, 0, 0, 1, 1, 1, 1);
    const [land, sea] = (['land', 'sea'] as const).map((name) =>
      regionWeights(landOrSea(name, { grid: coarse, share }, coarse), coarse),
    );
    const all = pointWeights(coarse);
    const expected = [0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1];
    expect([...land!]).toEqual(expected.map((is, i) => (is ? all[i] : 0)));
    expect([...sea!]).toEqual(expected.map((is, i) => (is || i === 4 ? 0 : all[i])));
  });

  it('come from a file, on another grid, in per cent', async () => {
    const lengths = { time: 1, lat: 6, lon: 8 };
    const path = await writeFile(join(directory, 'mask.nc'), 'NetCDF-4', {
      dimensions: lengths,
      variables: {
        lat: coordinateOf('lat', [-75, -45, -15, 15, 45, 75], { units: 'degrees_north' }),
        lon: coordinateOf('lon', [0, 45, 90, 135, 180, 225, 270, 315], { units: 'degrees_east' }),
        time: coordinateOf('time', [0], { units: 'days since 2000-01-01' }),
        // All of the north is land.
        sftlf: variableOf(lengths, ['time', 'lat', 'lon'], ({ lat }) => (lat! >= 3 ? 100 : 0), {
          units: '%',
        }),
      },
    });
    expect(inside(await named('land', coarse, path), coarse).latitudes).toEqual([0, 60]);
    expect(inside(await named('sea', coarse, `${path}:sftlf`), coarse).latitudes).toEqual([-60]);
    const archive = await regionsFrom({ regions: ['sea'], archive: [path] }, coarse);
    expect(inside(archive[1]!, coarse).latitudes).toEqual([-60]);
    await expect(named('land', coarse, `${path}:orog`)).rejects.toThrow(/has no variable "orog"/);
  });

  it('are asked for in plain words where there is no mask', async () => {
    await expect(regionsFrom({ regions: ['land'] }, coarse)).rejects.toThrow(/pass --mask FILE/);
    await expect(regionsFrom({ regions: ['land'], archive: ['nature'] }, coarse)).rejects.toThrow(
      /has no land/,
    );
  });

  it('are refused on another grid than the forecasts’', () => {
    const region = landOrSea('land', { grid: coarse, share: new Float32Array(12).fill(1) }, coarse);
    expect(() => regionWeights(region, globe)).toThrow(/is a mask on 3 × 4 points/);
  });
});

describe('stations', () => {
  const write = (text: string): string => {
    const path = join(directory, `stations-${text.length}.csv`);
    writeFileSync(path, text);
    return path;
  };

  it('count alike at their nearest points, two at one point twice', async () => {
    const path = write('name,lat,lon\n"Isle, North",58,-2\nA,52,7\nB,49,9\n\n');
    const weights = regionWeights(await named(`stations=${path}`), globe);
    const at = (latitude: number, longitude: number): number =>
      weights[globe.latitudes.indexOf(latitude) * 36 + globe.longitudes.indexOf(longitude)]!;
    expect(at(60, 0)).toBeCloseTo(1 / 3, 15);
    expect(at(50, 10)).toBeCloseTo(2 / 3, 15);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 14);
  });

  it('or spread over the four points around', async () => {
    const path = write('station;LAT;LON\nA;52.5;352.5\n');
    const weights = regionWeights(await named(`towns=${path}:bilinear`), globe);
    const at = (latitude: number, longitude: number): number =>
      weights[globe.latitudes.indexOf(latitude) * 36 + globe.longitudes.indexOf(longitude)]!;
    expect([at(60, 350), at(60, 0), at(50, 350), at(50, 0)]).toEqual([0.25 * 0.75, 0.0625, 0.5625, 0.1875]);
  });

  it('outside the grid are named', () => {
    const grid = makeGrid([60, 50], [0, 10]);
    for (const method of ['nearest', 'bilinear'] as const)
      expect(() =>
        regionWeights(
          { name: 's', method, stations: [{ name: 'Perth', latitude: -32, longitude: 116 }] },
          grid,
        ),
      ).toThrow(/1 of 1 stations lie outside the grid .*Perth \(-32°N, 116°E\)/);
    expect(() => regionWeights({ name: 's', method: 'nearest', stations: [] }, grid)).toThrow(
      /list of stations is empty/,
    );
  });

  it('are read with their line in every complaint', () => {
    expect(() => parseStations('a,b\n1,2\n', 's.csv')).toThrow(
      /must name the columns lat and lon.*it says a,b/,
    );
    expect(() => parseStations('lat,lon\n10,20\n91,20\n', 's.csv')).toThrow(/line 3: latitude "91"/);
    expect(() => parseStations('lat,lon\n10\n', 's.csv')).toThrow(/line 2: longitude ""/);
    expect(() => parseStations('', 's.csv')).toThrow(/is empty/);
    expect(parseStations('# made by hand\nid\tlatitude\tlongitude\nx\t1\t2\n', 's.tsv')).toEqual([
      { name: 'x', latitude: 1, longitude: 2 },
    ]);
  });
});
