import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../../core/grid.js';
import { evaluateEvent } from '../../../evaluation/events/evaluate.js';
import type { Comparison, Condition, EventExpression, Place } from '../../../evaluation/events/event.js';
import { bruteForce } from './bruteForce.js';
import { channelsOf, memoryTrajectories } from './memoryTrajectories.js';
import { floats } from './randomFloats.js';

const channels = channelsOf('t2m:K', 'u10:m s-1', 'v10:m s-1', 'u850:m s-1', 'v850:m s-1', 'msl:Pa');

const grids: readonly Grid[] = [
  makeGrid([90, 45, 0, -45, -90], [0, 60, 120, 180, 240, 300]),
  makeGrid([75, 45, 15, -15, -45, -75], [-180, -135, -90, -45, 0, 45, 90, 135]),
  makeGrid([50, 48, 46, 44], [170, 174, 178, 182, 186]),
];

const leadSets = [
  [0, 6, 12, 18, 24, 30, 36],
  [6, 12, 18, 24, 36, 48, 72],
  [0, 1, 3, 6, 12],
];

const places = (grid: number): fc.Arbitrary<Place> => {
  const centre =
    grid === 2
      ? fc.record({
          latitude: fc.integer({ min: 44, max: 50 }),
          longitude: fc.integer({ min: -190, max: -174 }),
        })
      : fc.record({
          latitude: fc.integer({ min: -90, max: 90 }),
          longitude: fc.integer({ min: -180, max: 359 }),
        });
  return fc.oneof(
    centre.map((c): Place => ({ kind: 'point', centre: c })),
    centre.map((c): Place => ({ kind: 'circle', centre: c, radiusKm: grid === 2 ? 400 : 5000 })),
    fc
      .constant<Place>({ kind: 'box', box: { north: 50, south: 40, west: 175, east: -175 } })
      .map((place) =>
        grid === 2 ? place : ({ kind: 'box', box: { north: 90, south: 20, west: 100, east: -100 } } as const),
      ),
    fc.constant<Place>({ kind: 'domain' }),
  );
};

const comparisons: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('>', '>=', '<', '<='),
    threshold: fc.record({ kind: fc.constant('number' as const), value: fc.integer({ min: -3, max: 12 }) }),
  }),
  fc.record({
    kind: fc.constantFrom('in', 'outside'),
    from: fc.integer({ min: -4, max: 2 }),
    to: fc.integer({ min: 2, max: 8 }),
  }),
  fc.record({
    kind: fc.constantFrom('>', '<='),
    threshold: fc.record({ kind: fc.constant('percentile' as const), percent: fc.constantFrom(20, 50, 80) }),
  }),
);

const conditions = (grid: number, leads: readonly number[]): fc.Arbitrary<Condition> =>
  fc
    .record({
      name: fc.constantFrom(
        't2m',
        'u10',
        'wind',
        'wind850',
        'vorticity850',
        'divergence',
        'msl',
        'wind_direction',
      ),
      inTime: fc.constantFrom(null, 'mean', 'min', 'max', 'sum', 'change', 'rise', 'fall'),
      hours: fc.constantFrom(6, 12),
      comparison: comparisons,
      place: places(grid),
      join: fc.constantFrom('any', 'all', 'mean'),
      from: fc.integer({ min: 0, max: leads.length - 1 }),
      duration: fc.constantFrom(0, 0, 5, 6, 12),
      whole: fc.boolean(),
    })
    .map(({ name, inTime, hours, comparison, place, join, from, duration, whole }): Condition => {
      const direction = name === 'wind_direction';
      const range: Comparison = 'from' in comparison ? comparison : { kind: 'in', from: 350, to: 95 };
      return {
        kind: 'condition',
        text: `${inTime ?? ''} ${name}`,
        quantity: {
          name,
          inTime: inTime === null || direction ? null : { operation: inTime, hours },
          unit:
            name === 't2m'
              ? 'degC'
              : name === 'msl'
                ? 'hPa'
                : name.startsWith('wind') && !direction
                  ? 'knot'
                  : null,
        },
        comparison: direction ? { ...range, to: range.to * 20 } : comparison,
        place,
        join,
        window: whole ? null : { fromHours: leads[from]!, toHours: leads[leads.length - 1]! },
        durationHours: duration,
      };
    });

const cases = fc
  .record({
    grid: fc.nat(2),
    leads: fc.constantFrom(...leadSets),
    seed: fc.nat(),
    gaps: fc.constantFrom(0, 0.002),
  })
  .chain((setting) =>
    fc.record({
      setting: fc.constant(setting),
      events: fc.oneof(
        conditions(setting.grid, setting.leads),
        fc
          .tuple(
            conditions(setting.grid, setting.leads),
            conditions(setting.grid, setting.leads),
            fc.constantFrom('and', 'or'),
          )
          .map(([a, b, kind]): EventExpression => ({ kind, terms: [a, { kind: 'not', term: b }] })),
      ),
    }),
  );

describe('events', () => {
  it('are what a loop over every member, lead and point says, on any grid, of any kind, with values missing', async () => {
    let compared = 0;
    const said = [0, 0];
    await fc.assert(
      fc.asyncProperty(cases, async ({ setting, events }) => {
        const grid = grids[setting.grid]!;
        const random = floats(setting.seed);
        const field = (c: number): number => {
          if (random() < setting.gaps) return Number.NaN;
          // Whole numbers make ties with thresholds frequent.
          if (c === 0) return 273.15 + Math.round(12 * (random() - 0.4));
          return c === 5 ? 100 * Math.round(10 * random()) : Math.round(14 * (random() - 0.5));
        };
        const members = memoryTrajectories(grid, channels, setting.leads, 7, (c) => field(c));
        const climate = memoryTrajectories(grid, channels, setting.leads, 11, (c) => field(c));
        const expected = bruteForce(events, members, climate);
        const asked = (memoryBytes: number) => evaluateEvent(events, members, null, { climate, memoryBytes });
        if (expected === 'refused') {
          await expect(asked(1e6)).rejects.toThrow(/lead|hours|hold/);
          return;
        }
        for (const memoryBytes of [1, 20_000, 1e8]) {
          const found = await asked(memoryBytes);
          expect([...found.missing]).toEqual(expected.missing);
          found.conditions.forEach((condition, i) => {
            condition.deciding.forEach((x, row) => {
              const wanted = expected.deciding[i]![row]!;
              if (Number.isNaN(wanted)) expect(x).toBeNaN();
              else expect(Math.abs(x - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
            });
          });
          for (let row = 0; row < 7; row++) {
            if (expected.near[row]) continue;
            expect([row, found.yes[row]]).toEqual([row, expected.yes[row]]);
            compared++;
            said[expected.yes[row]!]!++;
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(2000);
    expect(Math.min(...said)).toBeGreaterThan(300);
  }, 120_000);

  it('hold exactly where the deciding variable passes the threshold, at the threshold itself too', async () => {
    let ties = 0;
    await fc.assert(
      fc.asyncProperty(conditions(0, leadSets[0]!), fc.nat(), async (asked, seed) => {
        if (asked.quantity.name === 'wind_direction') return;
        const random = floats(seed);
        const members = memoryTrajectories(grids[0]!, channels, leadSets[0]!, 7, () => 10 * random());
        for (const kind of ['>', '>=', '<', '<='] as const) {
          const holding = async (value: number) => {
            const comparison = { kind, threshold: { kind: 'number', value } } as const;
            return (await evaluateEvent({ ...asked, durationHours: 0, comparison }, members)).conditions[0]!;
          };
          const { deciding } = await holding(0);
          const threshold = deciding[3]!;
          const passes = { '>': 0, '>=': 1, '<': 0, '<=': 1 }[kind];
          const { holds } = await holding(threshold);
          expect([kind, holds[3]]).toEqual([kind, passes]);
          deciding.forEach((x, row) => {
            const beyond = kind.startsWith('>') ? x > threshold : x < threshold;
            expect(holds[row]).toBe(x === threshold ? passes : Number(beyond));
            if (x === threshold) ties++;
          });
        }
      }),
      { numRuns: 60 },
    );
    expect(ties).toBeGreaterThan(150);
  });
});
