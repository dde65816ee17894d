/**
 * Perturbations of every step on the nature model, whose states hold what is looked at beside what is integrated: both
 * must be told the same.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { areaMean, gridSize, pointWeights } from '../../core/grid.js';
import type { StepPerturbation } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { resolveDycore } from '../../models/dycore/dycore.js';
import { createNatureArchive } from '../../models/dycore/natureArchive.js';
import { NatureGrid } from '../../models/dycore/natureGrid.js';
import { NatureStepper } from '../../models/dycore/natureModel.js';
import { equalLevels } from '../../models/dycore/sigmaLevels.js';
import type { PerturbationContext } from '../../perturbations/source.js';
import { createBackscatter } from '../../perturbations/steps/backscatter.js';
import { createSppt } from '../../perturbations/steps/sppt.js';
import { memberKeys } from './stepsFixture.js';

const config = resolveDycore({ truncation: 21, levels: 4 });
const stepper = new NatureStepper(config);
const { schema } = stepper;
const points = gridSize(schema.grid);
const weights = pointWeights(schema.grid);
const names = schema.channels.map(channelName);
const { full } = equalLevels(config.levels);
const context: PerturbationContext = {
  schema,
  stepHours: 6,
  pressures: schema.channels.map(({ variable, level }) => {
    const layer = /_ml(\d+)$/.exec(variable)?.[1];
    return level ?? (layer === undefined ? 1000 : 1000 * full[Number(layer) - 1]!);
  }),
  spread: [],
  pool: null,
  rotate: false,
};
const backscatter = createBackscatter(
  {
    kind: 'skeb',
    rate: 1e-5,
    timeHours: 3,
    power: -1.83,
    fromDegree: 1,
    toDegree: 21,
    antithetic: false,
  },
  context,
);
const sppt = createSppt(
  {
    kind: 'sppt',
    scales: [{ sigma: 0.2, lengthKm: 1000, timeHours: 6 }],
    clip: 2,
    stratosphere: null,
    boundaryLayer: [0.87, 0.97],
    surface: 0,
    antithetic: false,
  },
  context,
);

let analysis: Float32Array;
beforeAll(async () => {
  const archive = createNatureArchive({
    config,
    seed: 1,
    to: Date.UTC(2001, 0, 1),
    everyHours: 6,
    channels: names,
    spinUp: { coarseDays: 20, fineDays: 5 },
  });
  analysis = (await archive.read(0)).values.slice();
  await archive.close();
});

function field(state: Float32Array, name: string): Float32Array {
  const at = names.indexOf(name) * points;
  return state.subarray(at, at + points);
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(
    areaMean(
      values.map((x) => x * x),
      weights,
    ),
  );
}

/** What is seen of the channels that are integrated. */
function diagnosed(state: Float32Array): Float32Array {
  const out = new Float32Array(state.length);
  const integrated = state.subarray(names.indexOf('vo_ml1') * points);
  stepper.write(new NatureGrid(config.truncation, config.levels).fromGrid(integrated), out);
  return out;
}

/** A member's way: states after each step. */
function forecast(perturbation: StepPerturbation | null, steps: number, noiseStream = 0): Float32Array[] {
  const streams = perturbation?.streams([memberKeys(noiseStream + 1)[noiseStream]!]);
  let before = analysis;
  return Array.from({ length: steps }, () => {
    const after = new Float32Array(before.length);
    stepper.step(before, after);
    streams?.apply({ firstRow: 0, rows: 1, before, after, amplitude: null });
    before = after;
    return after;
  });
}

describe('backscatter', () => {
  it('gives the vorticity that is integrated the wind that is seen', () => {
    const streams = backscatter.streams(memberKeys(1));
    const perturbed = analysis.slice();
    streams.apply({ firstRow: 0, rows: 1, before: analysis, after: perturbed, amplitude: null });
    const [seen, plain] = [diagnosed(perturbed), diagnosed(analysis)];
    for (const name of ['u250', 'v250', 'u500', 'v500', 'u850', 'v850', 'u10', 'v10']) {
      const told = field(perturbed, name).map((value, i) => value - field(analysis, name)[i]!);
      const made = field(seen, name).map((value, i) => value - field(plain, name)[i]!);
      const apart = rootMeanSquare(told.map((value, i) => value - made[i]!)) / rootMeanSquare(made);
      // the planets differ by 0.004 % in radius; wind at 10 m by how high the lowest level lies
      expect(apart).toBeLessThan(name.endsWith('10') ? 0.1 : 2e-4);
      expect(rootMeanSquare(made)).toBeGreaterThan(0.1);
    }
    for (const name of ['z500', 't850', 'msl', 'd_ml2', 't_ml3', 'lnsp']) {
      expect(field(perturbed, name)).toEqual(field(analysis, name));
    }
  });
});

describe('members', () => {
  for (const [name, perturbation] of [
    ['perturbed tendencies', sppt],
    ['backscatter', backscatter],
  ] as const) {
    it(`of ${name} go apart, and stay atmospheres`, () => {
      const steps = 20;
      const [a, b] = [forecast(perturbation, steps, 0), forecast(perturbation, steps, 1)];
      const apart = (step: number): number =>
        rootMeanSquare(field(a[step]!, 'u500').map((value, i) => value - field(b[step]!, 'u500')[i]!));
      expect(apart(0)).toBeGreaterThan(0);
      expect(apart(steps - 1)).toBeGreaterThan(2 * apart(1));
      expect(Math.max(...field(a[steps - 1]!, 'u250').map(Math.abs))).toBeLessThan(100);
      expect(a.every((state) => state.every(Number.isFinite))).toBe(true);
    });
  }

  it('of perturbed tendencies are scaled alike in what is integrated and what is seen', () => {
    const streams = sppt.streams(memberKeys(1));
    const after = new Float32Array(analysis.length);
    stepper.step(analysis, after);
    const perturbed = after.slice();
    streams.apply({ firstRow: 0, rows: 1, before: analysis, after: perturbed, amplitude: null });
    const change = (state: Float32Array, name: string): Float32Array =>
      field(state, name).map((value, i) => value - field(analysis, name)[i]!);
    // where the increments of both are not lost in rounding
    const scaled = (
      name: string,
    ): { readonly increment: Float32Array; readonly factor: Float32Array; readonly least: number } => {
      const increment = change(after, name);
      const factor = change(perturbed, name).map((value, i) => value / increment[i]!);
      return { increment, factor, least: 0.2 * rootMeanSquare(increment) };
    };
    const seen = scaled('z500');
    for (const name of ['t500', 'vo_ml2', 'd_ml1', 't_ml3']) {
      const { increment, factor, least } = scaled(name);
      const compared = [...factor.keys()].filter(
        (i) => Math.abs(increment[i]!) > least && Math.abs(seen.increment[i]!) > seen.least,
      );
      expect(compared.length).toBeGreaterThan(points / 4);
      expect(Math.max(...compared.map((i) => Math.abs(factor[i]! - seen.factor[i]!)))).toBeLessThan(0.01);
      expect(Math.max(...compared.map((i) => factor[i]!))).toBeGreaterThan(1.3);
    }
    expect(field(perturbed, 'lnsp')).toEqual(field(after, 'lnsp'));
  });
});
