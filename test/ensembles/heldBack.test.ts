/**
 * What limits hold back, counted through a trajectory and through the real pool: every perturbation of the start once a
 * member, those of the steps once a step. Needs npm run build.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Archive, ForecastModel, InitialPerturbation, StepPerturbation } from '../../core/interfaces.js';
import { type Schema, schemaToJson } from '../../core/schema.js';
import { noPerturbations } from '../../ensembles/perturbationPlan.js';
import { runEnsemble } from '../../ensembles/runEnsemble.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { writeModel } from '../../models/bayesian/modelDirectory.js';
import { startCounts } from '../../perturbations/heldBack.js';
import { createLimits } from '../../perturbations/limits.js';
import { tinyParts } from '../models/bayesianFixture.js';
import { syntheticArchive } from '../syntheticArchive.js';

const moist: Schema = {
  grid: makeGrid([60, 50], [0, 10]),
  channels: [
    { variable: 'q', level: 850, unit: 'kg kg-1' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};

/** States stay as they are; two of them are needed. */
const still: ForecastModel = {
  ...{ schema: moist, stepHours: 6, historyLength: 2 },
  step: async ({ history }) => ({ mean: history[0]!.slice(), amplitude: null }),
  memoryBytes: () => 0,
  close: async () => {},
};

const lowered = (states: Float32Array, point: number, by: number): void => {
  for (let i = point; i < states.length; i += 8) states[i]! -= by;
};
const initial = [3, 1].map(
  (by): Pick<InitialPerturbation, 'stepsBack' | 'add'> => ({
    stepsBack: 0,
    add: async ({ states }) => {
      for (const all of states) lowered(all, 0, by);
    },
  }),
) as InitialPerturbation[];
const drying = {
  streams: () => ({ apply: ({ after }) => lowered(after, 1, 2) }),
} as Pick<StepPerturbation, 'streams'> as StepPerturbation;

describe('a trajectory', () => {
  it('counts what is held back by place of the perturbation', async () => {
    const limits = createLimits(moist, [])!;
    const held = startCounts(limits, 2);
    const analysis = Float32Array.from({ length: 8 }, () => 3.5);
    const request = {
      ...{ seed: 1, start: 0, block: { firstWeightSample: 0, weightSamples: 2 }, noiseStreams: 3 },
      ...{ analyses: [analysis, analysis], steps: 4, batchMembers: 2, initial, limits, held },
    };
    for await (const _ of trajectory(still, [drying], request));
    // 6 members of 4 points: 3.5 − 3 is no harm, 0.5 − 1 is; 3.5 falls below zero in the second of four steps, and stays there
    expect(held).toEqual([
      { values: 24, held: Float64Array.of(0) },
      { values: 24, held: Float64Array.of(6) },
      { values: 96, held: Float64Array.of(18) },
    ]);
  });
});

describe('a run', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'plume-held-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('ends with what its perturbations were held back in, by any number of workers', async () => {
    const pressures = syntheticArchive({ rows: 5, columns: 7, days: 30 });
    const channels = [{ variable: 'q', level: 850, unit: 'Pa' }];
    // pressures less their mean, called humidity: half of it is below zero, and lower is held back there
    const schema: Schema = { ...pressures.schema, channels };
    const archive: Archive = {
      ...{ schema, times: pressures.times, close: async () => {} },
      read: async (index) => {
        const state = await pressures.read(index);
        return { ...state, schema, values: state.values.map((value) => value - 101_300) };
      },
    };
    const parts = tinyParts({ rows: 5, columns: 7 });
    const model = join(root, 'model');
    await writeModel(model, { ...parts, schema });
    const notes: string[][] = [];
    for (const workers of [1, 2]) {
      const summary = await runEnsemble({
        directory: join(root, `run-${workers}`),
        description: {
          ...{ plume: '0.0.0', seed: 11, weightSamples: 2, noiseStreams: 4, leadsHours: [24], stepHours: 24 },
          ...{ starts: [20, 24].map((index) => archive.times[index]!), schema: schemaToJson(schema) },
          ...{ model: { kind: 'bayesian' }, perturbation: {}, device: 'cpu', settings: {}, config: {} },
        },
        ...{ archive, archiveName: 'synthetic', model: { kind: 'bayesian', directory: model } },
        perturbations: {
          ...noPerturbations(schema),
          initial: [{ kind: 'white', amplitude: 0.05, antithetic: true }],
          dates: Array.from(archive.times.slice(1, 9)),
        },
        ...{ historyLength: 2, device: 'cpu', workers, batchMembers: 4, modelBytes: 1e6, modelRowBytes: 0 },
        block: { weightSamples: 1, noiseStreams: 4 },
        signal: new AbortController().signal,
        onEstimate: () => {},
        onProgress: () => {},
      });
      notes.push([...summary.notes]);
    }
    expect(notes[1]).toEqual(notes[0]);
    expect(notes[0]).toEqual([
      expect.stringMatching(/^white \(start\): [\d.]+ % of q850 would .*; give a smaller amplitude$/),
    ]);
  });
});
