/** What perturbations say they take, beside what the engine counts when they are used. */
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { ForecastRows } from '../../core/interfaces.js';
import { createInitialPerturbations, createStepPerturbations } from '../../perturbations/create.js';
import type { InitialSource, PerturbationContext, StepSource } from '../../perturbations/source.js';
import { arrayBytes, heldBytes } from '../heldMemory.js';
import { initialRows } from './initialFixture.js';
import { contextOf, memberKeys } from './stepsFixture.js';

const even = (count: number, first: number, step: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i * step);
const grids = {
  globe: makeGrid(even(91, 90, -2), even(180, 0, 2)),
  region: makeGrid(even(60, 70, -0.5), even(80, -20, 0.5)),
};
const names = ['z500', 'u500', 'v500', 't850', 'q500', 'vo_ml1'];
const rows = 10;

const fields = { amplitude: 0.1, antithetic: true };
const initial: readonly InitialSource[] = [
  { kind: 'white', ...fields },
  { kind: 'red', reddening: 2, ...fields },
  { kind: 'spherical-gaussian', alpha: 2, tau: 3, ...fields },
  { kind: 'perlin', octaves: 3, periodsLongitude: 12, periodsLatitude: 6, persistence: 0.5, ...fields },
  { kind: 'balanced', lengthKm: 500, balance: 'linear', verticalModes: 3, equatorDegrees: 15, ...fields },
  {
    kind: 'balanced',
    lengthKm: 500,
    balance: 'geostrophic',
    verticalModes: 3,
    equatorDegrees: 15,
    ...fields,
  },
];
const noise = {
  kind: 'noise',
  scales: [{ lengthKm: 500, timeHours: 6 }],
  factor: 1,
  antithetic: false,
} as const;
const steps: readonly StepSource[] = [
  { ...noise, balance: 'none' },
  { ...noise, balance: 'linear' },
  {
    kind: 'sppt',
    scales: [
      { sigma: 0.1, lengthKm: 500, timeHours: 6 },
      { sigma: 0.1, lengthKm: 1000, timeHours: 72 },
    ],
    ...{ clip: 2, stratosphere: null, boundaryLayer: null, surface: 1, antithetic: false },
  },
  { kind: 'skeb', rate: 1e-5, timeHours: 3, power: -1.83, fromDegree: 1, toDegree: 80, antithetic: false },
];

function context(grid: Grid): PerturbationContext {
  return contextOf(grid, names, { spread: names.map(() => 1) });
}

/** Within 3 %, and what WebAssembly's pages and small tables are. */
function expectHeld(held: number, foretold: number): void {
  expect(Math.abs(held - foretold)).toBeLessThan(200_000 + 0.03 * held);
}

describe.each(Object.entries(grids))('on a %s', (_, grid) => {
  const length = names.length * gridSize(grid);
  const analysis = new Float32Array(length);

  it.each(initial.map((source) => [source.kind, source] as const))(
    '%s at the start',
    async (_kind, source) => {
      const given = initialRows(memberKeys(2), [analysis]);
      const create = () => createInitialPerturbations([source], context(grid))[0]!;
      const foretold = create().memory(1, 2);
      expect(foretold).toMatchObject({ ownRows: 0, forecasts: [] });
      const held = await heldBytes(async () => {
        const made = create();
        await made.add(given);
        return made;
      });
      expect(held).toBeGreaterThan(gridSize(grid) * names.length * 4);
      expectHeld(held, foretold.heldBytes);
    },
  );

  it.each(steps.map((source) => [source.kind, source] as const))(
    '%s at every step',
    async (_kind, source) => {
      const before = new Float32Array(rows * length);
      const step = { firstRow: 0, rows, before, after: before.slice(), amplitude: before.slice().fill(1) };
      const create = () => createStepPerturbations([source], context(grid))[0]!;
      const held = await heldBytes(() => {
        const made = create();
        const streams = made.streams(memberKeys(rows));
        streams.apply(step);
        return [made, streams];
      });
      expect(held).toBeGreaterThan(1e6);
      expectHeld(held, create().memoryBytes(rows));
    },
  );
});

describe('forecasts that a start needs', () => {
  const { region } = grids;
  const stateBytes = 4 * names.length * gridSize(region);
  const history = 2;
  const analyses = Array.from({ length: 10 }, (_, age) => new Float32Array(stateBytes / 4).fill(age));
  const errors = Object.fromEntries(names.map((name) => [name, 1]));
  const bred = {
    ...{ kind: 'bred', amplitude: 0.35, cycles: 2, cycleHours: 6, seedChannel: 'z500', seedLengthKm: 500 },
    ...{ seedAmplitude: 1, errors, errorsOf: 'a test', antithetic: true },
  } as const;

  it.each([
    ['bred', bred, 8],
    ['bred', { ...bred, antithetic: false }, 3],
    ['lagged', { kind: 'lagged', lagsHours: [6, 12, 24], amplitude: 1 }, 8],
  ] as const)('%s has as many rows as it says', async (_, source, streams) => {
    // a model that reads vorticity or levels of its own would want the seed there
    const schema = contextOf(region, names.filter((name) => name !== 'vo_ml1').concat('u850'));
    const named = { ...source, ...('errors' in source ? { errors: { ...errors, u850: 1 } } : {}) };
    const create = () => createInitialPerturbations([named as InitialSource], schema)[0]!;
    const { heldBytes: tables, ownRows, forecasts } = create().memory(1, streams);
    const given = initialRows(memberKeys(streams), analyses, history);
    const asked = new Set<number>();
    let own = 0;
    let before = 0;
    const forecast: ForecastRows = async (states) => {
      asked.add(states[0]!.byteLength / stateBytes);
      own = Math.max(own, (await arrayBytes()) - before);
      return states.map((all) => all.map((value) => 2 * value));
    };
    const made = create();
    before = await arrayBytes();
    await made.add({ ...given, forecast });
    expect([...asked]).toEqual(forecasts);
    // beside its tables, which may lie in WebAssembly
    expect(own).toBeGreaterThan(0.95 * history * ownRows * stateBytes);
    expect(own).toBeLessThan(1.05 * history * ownRows * stateBytes + tables);
  });
});
