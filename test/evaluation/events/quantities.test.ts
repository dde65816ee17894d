import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../../core/grid.js';
import { evaluateEvent, evaluateSites } from '../../../evaluation/events/evaluate.js';
import type { Condition } from '../../../evaluation/events/event.js';
import { planLeads } from '../../../evaluation/events/inTime.js';
import { quantityNames, quantityOn, quantityUnits } from '../../../evaluation/events/quantities.js';
import { directionOf, readSpots, spotTerms } from '../../../evaluation/events/spots.js';
import { channelsOf, memoryTrajectories } from './memoryTrajectories.js';

const axis = (from: number, step: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * step);
const radians = Math.PI / 180;
const radius = 6_371_229;

/** A quantity at every point of a grid, of winds at 850 hPa that are functions of latitude and longitude. */
async function fieldOf(
  grid: Grid,
  name: string,
  u: (φ: number, λ: number) => number,
  v: (φ: number, λ: number) => number,
): Promise<Float64Array> {
  const nlon = grid.longitudes.length;
  const winds = memoryTrajectories(grid, channelsOf('u850:m s-1', 'v850:m s-1'), [0], 1, (c, _l, _r, point) =>
    (c === 0 ? u : v)(
      grid.latitudes[Math.floor(point / nlon)]! * radians,
      grid.longitudes[point % nlon]! * radians,
    ),
  );
  const quantity = quantityOn(winds.schema, name);
  const spots = axis(0, 1, grid.latitudes.length * nlon).map((point) => ({ points: [point], weights: [1] }));
  return (await readSpots(winds, quantity, spotTerms(quantity, spots), [0])).values;
}

describe('quantities', () => {
  it('are channels as they are and what follows from the winds at each level, with their units', () => {
    const schema = {
      grid: makeGrid([10, 0], [0, 10]),
      channels: channelsOf('t2m:K', 'u10:knot', 'v10:knot', 'u850:m s-1', 'v850:m s-1', 'u500:m s-1'),
    };
    expect(quantityNames(schema)).toEqual([
      ...[
        't2m',
        'u10',
        'v10',
        'u850',
        'v850',
        'u500',
        'wind',
        'wind850',
        'wind_direction',
        'wind_direction850',
      ],
      ...['vorticity', 'vorticity850', 'divergence', 'divergence850'],
    ]);
    const units = quantityUnits(schema);
    expect(['T2M', 'wind', 'wind850', 'wind_direction', 'vorticity', 'wind500', 'snow'].map(units)).toEqual([
      ...['K', 'knot', 'm s-1', 'degree', 's-1', null, null],
    ]);
    expect(() => quantityOn(schema, 'wind500')).toThrow(
      /"wind500" is neither.*there are t2m, u10.*divergence850/,
    );
    // u at 10 hPa is not the wind at 10 m.
    const stratosphere = {
      grid: schema.grid,
      channels: [
        { variable: 'u', level: 10, unit: 'm s-1' },
        { variable: 'v', level: 10, unit: 'm s-1' },
      ],
    };
    expect(quantityUnits(stratosphere)('wind')).toBeNull();
    expect(quantityUnits(stratosphere)('wind10')).toBe('m s-1');
    const speed = { grid: schema.grid, channels: channelsOf('ws10:m s-1') };
    expect(quantityOn(speed, 'wind').channels).toEqual([0]);
  });

  it('have the direction whence the wind blows', () => {
    expect([directionOf(0, -1), directionOf(-1, 0), directionOf(0, 1), directionOf(1, 0)]).toEqual([
      0, 90, 180, 270,
    ]);
    expect(directionOf(-1, -1)).toBeCloseTo(45, 12);
    expect(directionOf(1e-30, -1)).toBeLessThan(360);
    expect(directionOf(0, 0)).toBeNaN();
  });

  it('have the vorticity of a solid rotation about any axis, the pole and the seam included', async () => {
    // ψ = −ω a² (axis · r): ζ = 2ω (axis · r), exactly known for any axis; a tilted axis blows over the poles.
    const tilt = 50 * radians;
    const ω = 1e-5;
    const [ax, az] = [Math.sin(tilt), Math.cos(tilt)];
    const u = (φ: number, λ: number) => ω * radius * (az * Math.cos(φ) - ax * Math.sin(φ) * Math.cos(λ));
    const v = (_φ: number, λ: number) => ω * radius * ax * Math.sin(λ);
    const errors: number[] = [];
    for (const step of [4, 2]) {
      for (const grid of [
        makeGrid(axis(90, -step, 180 / step + 1), axis(0, step, 360 / step)),
        makeGrid(axis(90 - step / 2, -step, 180 / step), axis(-180, step, 360 / step)),
      ]) {
        const [ζ, D] = [
          await fieldOf(grid, 'vorticity850', u, v),
          await fieldOf(grid, 'divergence850', u, v),
        ];
        let worst = 0;
        ζ.forEach((value, point) => {
          const nlon = grid.longitudes.length;
          const [φ, λ] = [
            grid.latitudes[Math.floor(point / nlon)]! * radians,
            grid.longitudes[point % nlon]! * radians,
          ];
          const exact = 2 * ω * (ax * Math.cos(φ) * Math.cos(λ) + az * Math.sin(φ));
          // Beside a pole a component turns once round its small circle, which costs 1/cos φ; at the pole itself it does not.
          const cosine = Math.abs(φ) === Math.PI / 2 ? 1 : Math.cos(φ);
          worst = Math.max(
            worst,
            (cosine * Math.abs(value - exact)) / (2 * ω),
            (cosine * Math.abs(D[point]!)) / (2 * ω),
          );
        });
        errors.push(worst);
      }
    }
    // Second order: Δ²/6 is 0.0008 at 4°, and a quarter of it at half the spacing.
    expect(Math.max(errors[0]!, errors[1]!)).toBeLessThan(0.003);
    expect(errors[2]! / errors[0]!).toBeLessThan(0.3);
    expect(errors[3]! / errors[1]!).toBeLessThan(0.3);
  });

  it('have the divergence of a flow from pole to pole', async () => {
    // χ = −a V sin φ…: v = V cos φ: D = −2 V sin φ / a.
    for (const first of [90, 89]) {
      const grid = makeGrid(axis(first, -2, first === 90 ? 91 : 90), axis(0, 2, 180));
      const D = await fieldOf(
        grid,
        'divergence850',
        () => 0,
        (φ) => 10 * Math.cos(φ),
      );
      D.forEach((value, point) => {
        const φ = grid.latitudes[Math.floor(point / 180)]! * radians;
        expect(Math.abs(value + (20 * Math.sin(φ)) / radius)).toBeLessThan(0.01 * (20 / radius));
      });
    }
  });

  it('have one-sided differences at the edges of a region, and none on a grid of one row', async () => {
    const grid = makeGrid(axis(10, -1, 21), axis(170, 1, 21));
    const ζ = await fieldOf(
      grid,
      'vorticity850',
      () => 0,
      (_φ, λ) => 1000 * λ,
    );
    ζ.forEach((value, point) => {
      const φ = grid.latitudes[Math.floor(point / 21)]! * radians;
      expect(value * radius * Math.cos(φ)).toBeCloseTo(1000, 1);
    });
    const row = makeGrid([0], axis(0, 1, 4));
    expect([
      ...(await fieldOf(
        row,
        'vorticity850',
        () => 1,
        () => 1,
      )),
    ]).toEqual(Array(4).fill(Number.NaN));
  });
});

describe('events', () => {
  const condition = (given: Partial<Condition>): Condition => ({
    kind: 'condition',
    text: 'as asked',
    quantity: { name: 'u10', inTime: null, unit: null },
    comparison: { kind: '>', threshold: { kind: 'number', value: 0 } },
    place: { kind: 'domain' },
    join: 'any',
    window: null,
    durationHours: 0,
    ...given,
  });
  const globe = makeGrid(axis(90, -10, 19), axis(0, 10, 36));
  const winds = channelsOf('u10:m s-1', 'v10:m s-1');

  it('at a point take the speed of the interpolated wind, which is nothing at the centre of a vortex', async () => {
    const grid = makeGrid([10, 0], [0, 10]);
    const turning = memoryTrajectories(
      grid,
      winds,
      [0],
      1,
      (c, _l, _r, point) =>
        [
          [-3, -3, 3, 3],
          [-4, 4, -4, 4],
        ][c]![point]!,
    );
    const centre = { latitude: 5, longitude: 5 };
    const wind = { quantity: { name: 'wind', inTime: null, unit: null } };
    const point = await evaluateEvent(condition({ ...wind, place: { kind: 'point', centre } }), turning);
    expect(point.conditions[0]!.deciding[0]).toBeCloseTo(0, 12);
    const around = await evaluateEvent(condition({ ...wind, join: 'mean' }), turning);
    expect(around.conditions[0]!.deciding[0]).toBeCloseTo(5, 12);
  });

  it('refuse windows and hours that the leads do not have, naming their spacing', () => {
    const inTime = (operation: 'mean' | 'sum' | 'change', hours: number) => ({
      name: 'u10',
      inTime: { operation, hours },
      unit: null,
    });
    const leads = [6, 12, 18, 24, 36, 48];
    const plan = (given: Partial<Condition>) => () => planLeads(condition(given), leads);
    expect(plan({ window: { fromHours: 13, toHours: 17 } })).toThrow(
      /"as asked": no lead lies between 13 h and 17 h; the forecast has leads every 6 h from 6 h to 24 h, every 12 h from 24 h to 48 h/,
    );
    expect(plan({ quantity: inTime('mean', 6) })).toThrow(
      /mean over 6 h at lead 36 h begins at 30 h, between two leads/,
    );
    expect(plan({ quantity: inTime('mean', 9) })).toThrow(/begins at 9 h, between two leads/);
    expect(plan({ quantity: inTime('mean', 72) })).toThrow(
      /no lead of the window has 72 h of forecast behind it/,
    );
    expect(plan({ durationHours: 48 })).toThrow(/hold for 48 h, but the leads that are compared span 42 h/);
    expect(plan({ quantity: inTime('mean', 0) })).toThrow(/hours/);
    // Amounts of the first step have fallen since 0 h; a mean would need the value at 0 h.
    expect(planLeads(condition({ quantity: inTime('sum', 12) }), leads).leadsHours).toEqual([
      12, 18, 24, 36, 48,
    ]);
    expect(planLeads(condition({ quantity: inTime('mean', 12) }), leads).leadsHours).toEqual([
      18, 24, 36, 48,
    ]);
    // A change reads its two ends alone.
    const change = condition({ quantity: inTime('change', 24), window: { fromHours: 48, toHours: 48 } });
    expect(planLeads(change, leads).readHours).toEqual([24, 48]);
  });

  it('refuse directions as numbers and over time, and percentiles without a climatology or with too little of it', async () => {
    const asked = memoryTrajectories(globe, winds, [0, 6], 2, () => 1);
    const direction = { name: 'wind_direction', inTime: null, unit: null };
    await expect(evaluateEvent(condition({ quantity: direction }), asked)).rejects.toThrow(
      /give a range.*350\.\.10/,
    );
    await expect(
      evaluateEvent(
        condition({
          quantity: { ...direction, inTime: { operation: 'mean', hours: 6 } },
          comparison: { kind: 'in', from: 0, to: 9 },
        }),
        asked,
      ),
    ).rejects.toThrow(/mean of a direction over time has no meaning/);
    const p95 = condition({ comparison: { kind: '>', threshold: { kind: 'percentile', percent: 95 } } });
    await expect(evaluateEvent(p95, asked)).rejects.toThrow(/no archive to take it from/);
    const few = memoryTrajectories(globe, winds, [0, 6], 18, () => 1);
    await expect(evaluateEvent(p95, asked, null, { climate: few })).rejects.toThrow(
      /from 18 cases.*at least 19/,
    );
    const other = memoryTrajectories(globe, winds, [0, 12], 30, () => 1);
    await expect(evaluateEvent(p95, asked, null, { climate: other })).rejects.toThrow(
      /leads 0, 12 h, the forecast 0, 6 h/,
    );
    await expect(
      evaluateEvent(condition({ place: { kind: 'point', centre: 'here' } }), asked),
    ).rejects.toThrow(/"here"/);
  });

  it('are not held up by points where a field has no values, and count them', async () => {
    const asked = memoryTrajectories(globe, channelsOf('u10:K'), [0, 6], 3, (_c, lead, row, point) =>
      point < 36 || (row === 2 && lead === 1 && point === 100) ? Number.NaN : row,
    );
    const { missing, yes, conditions } = await evaluateEvent(condition({}), asked);
    expect([[...missing], [...yes], conditions[0]!.pointsLeftOut, conditions[0]!.points]).toEqual([
      ...[[0, 0, 1], [0, 1, 0], 36, 19 * 36],
    ]);
    const mean = await evaluateEvent(condition({ join: 'mean' }), asked);
    expect(mean.conditions[0]!.deciding[1]).toBeCloseTo(1, 12);
  });

  it('at many sites are those at each of them, whatever is read at once', async () => {
    let k = 0;
    const asked = memoryTrajectories(globe, winds, [0, 6, 12], 4, () => ((k++ * 7919) % 1009) / 100 - 5);
    const sites = Array.from({ length: 60 }, (_, i) => ({
      latitude: 90 - ((i * 37) % 181),
      longitude: ((i * 97) % 360) - 180,
    }));
    for (const place of [
      { kind: 'point', centre: 'here' },
      { kind: 'circle', centre: 'here', radiusKm: 1500 },
    ] as const) {
      for (const join of ['any', 'all', 'mean'] as const) {
        const event = condition({
          quantity: { name: 'wind', inTime: null, unit: null },
          place,
          join,
          durationHours: 6,
        });
        const together = await evaluateSites(event, sites, asked);
        const inPieces = await evaluateSites(event, sites, asked, { memoryBytes: 30_000 });
        for (const [i, site] of sites.entries()) {
          const alone = await evaluateEvent(event, asked, site);
          expect(together[i]!.conditions[0]!.deciding).toEqual(alone.conditions[0]!.deciding);
          // Means may add up in another order of nothing: pieces are in the order of points.
          expect(inPieces[i]!.conditions[0]!.deciding).toEqual(alone.conditions[0]!.deciding);
        }
      }
    }
  });

  it('read the points that sites share once, and no more at a time than they may hold', async () => {
    const asked = memoryTrajectories(globe, winds, [0, 6], 5, () => 1);
    const site = { latitude: 45, longitude: 5 };
    const here = condition({ place: { kind: 'point', centre: 'here' } });
    await evaluateSites(here, Array(50).fill(site), asked);
    expect(asked.reads).toEqual([4]);
    // What is gathered of sites counts too: of means 2 leads × 5 members × 8 bytes each.
    asked.reads.length = 0;
    const mean = condition({ place: { kind: 'circle', centre: 'here', radiusKm: 1000 }, join: 'mean' });
    await evaluateSites(mean, Array(500).fill(site), asked, { memoryBytes: 20_000 });
    expect(asked.reads.length).toBeGreaterThan(2);
    asked.reads.length = 0;
    const memoryBytes = 20_000;
    await evaluateEvent(condition({}), asked, null, { memoryBytes });
    expect(asked.reads.reduce((sum, n) => sum + n, 0)).toBe(19 * 36);
    // 2 leads × 5 members, 4 bytes as read and 24 as computed.
    expect(Math.max(...asked.reads)).toBeLessThanOrEqual(Math.ceil(memoryBytes / (2 * 5 * 28)));
    expect(asked.reads.length).toBeLessThan(12);
  });
});
