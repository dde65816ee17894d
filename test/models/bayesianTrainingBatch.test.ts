/** The data of a training step on a globe: turned samples, erring analyses and members that start apart. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { GlobalNetwork } from '../../models/bayesian/networks/globalNetwork.js';
import { addView } from '../../models/bayesian/networks/zonalSymmetry.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { type AnomalySeries, gatherStates } from '../../models/bayesian/training/anomalySource.js';
import type { SampleBatch } from '../../models/bayesian/training/sampleLoader.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { fillBatch } from '../../models/bayesian/training/trainingBatch.js';
import { randomValues } from './bayesianFixture.js';

const schema: Schema = {
  grid: makeGrid([60, 20, -20, -60], [0, 45, 90, 135, 180, 225, 270, 315]),
  channels: [
    { variable: 'z', level: 500, unit: 'm2 s-2' },
    { variable: 'v', level: 500, unit: 'm s-1' },
  ],
};
const n = 2 * 4 * 8;
const days = 16;
const series: AnomalySeries = {
  times: Float64Array.from({ length: days }, (_, t) => t * 86_400_000),
  stateLength: n,
  values: randomValues(days * n, 1),
};
const network = new GlobalNetwork(
  { kind: 'global', wavenumbers: 3, modes: 3, channels: 4, layers: 1, overlap: 0, truncation: 2 },
  schema,
  {},
);
const noise = { stream: () => ({ next: (out: Float32Array) => out.fill(1) }) };
const stage = (initialError: number): Stage => ({
  name: 'aleatoric',
  phases: [],
  weightSamples: 2,
  noiseStreams: 3,
  learningRate: 1,
  warmUpSteps: 1,
  linearRate: 1,
  matrixRate: 1,
  rhoRate: 1,
  amplitudeRate: 1,
  weightDecay: 0,
  clipNorm: 1,
  dropout: 0,
  beta: 0,
  alpha: 1,
  initialError,
  leadWeights: [1],
  averageDecay: 0.9,
});
const batch = Int32Array.of(4, 11, 13, 2, 7);
const samples: SampleBatch = {
  times: Float64Array.from(batch, (position) => series.times[position]!),
  states: (offset, out) => gatherStates(series, batch, offset, out),
};
const loader = {
  stateLength: n,
  stepMilliseconds: 86_400_000,
  pool: { dates: days, history: 1, values: series.values },
};
const family = new PointFamily(network);

function filled(initialError: number, step: number): Map<string, Float32Array> {
  const phase = { steps: 1, rollout: 2, batch: batch.length };
  const buffers = new Map([
    ['state.0', new Float32Array(batch.length * n)],
    ['truth.0', new Float32Array(batch.length * n)],
    ['truth.1', new Float32Array(batch.length * n)],
    ['season.0', new Float32Array(batch.length)],
    ['season.1', new Float32Array(batch.length)],
  ]);
  if (initialError > 0) buffers.set('initial.0', new Float32Array(6 * batch.length * n));
  const place = { index: 1, stage: stage(initialError), phase, step };
  fillBatch({ network, loader, noise, seed: 3, family }, place, samples, buffers);
  return buffers;
}

const row = (values: Float32Array, i: number) => values.subarray(i * n, (i + 1) * n);
const turned = (time: number, columns: number): Float32Array => {
  const out = new Float32Array(n);
  addView(row(series.values, time), schema, { columns, mirrored: false }, 1, out);
  return out;
};
const square = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0) / values.length;

describe('a batch on a globe', () => {
  it('holds each sample turned by one angle, state and truths alike, another every step', () => {
    const angles: number[] = [];
    for (let step = 0; step < 3; step++) {
      const found = filled(0, step);
      batch.forEach((position, i) => {
        const shifts = Array.from({ length: 8 }, (_, columns) => columns);
        const angle = shifts.find((columns) =>
          turned(position, columns).every((x, k) => x === row(found.get('state.0')!, i)[k]),
        );
        expect(angle).toBeDefined();
        angles.push(angle!);
        for (const lead of [0, 1]) {
          expect(row(found.get(`truth.${lead}`)!, i)).toEqual(turned(position + lead + 1, angle!));
        }
      });
    }
    expect(new Set(angles).size).toBeGreaterThan(4);
  });

  it('with errors holds analyses off by differences of states, and members off by their own', () => {
    const exact = filled(0, 4).get('state.0')!;
    const found = filled(0.3, 4);
    const errors = found.get('state.0')!.map((x, i) => x - exact[i]!);
    const members = found.get('initial.0')!;
    // independent states of variance 1: α (x₁ − x₂)/√2 has variance α²
    for (const all of [errors, members]) {
      const samples = all.length / n;
      expect(Math.abs(square(all) / 0.09 - 1)).toBeLessThan(4 * Math.sqrt(2 / all.length) + 0.02);
      expect(new Set(Array.from({ length: samples }, (_, i) => row(all, i).join())).size).toBe(samples);
    }
    // each is a difference of two states of the series, turned and perhaps mirrored
    const one = row(members, 0);
    const views = [false, true].flatMap((mirrored) =>
      Array.from({ length: 8 }, (_, columns) => ({ columns, mirrored })),
    );
    const residual = Math.min(
      ...views.flatMap((view) =>
        Array.from({ length: days }, (_, a) => {
          const first = one.slice();
          addView(row(series.values, a), schema, view, -0.3 / Math.SQRT2, first);
          return Math.min(
            ...Array.from({ length: days }, (_, b) => {
              const rest = first.slice();
              addView(row(series.values, b), schema, view, 0.3 / Math.SQRT2, rest);
              return square(rest);
            }),
          );
        }),
      ),
    );
    expect(residual).toBeLessThan(1e-10);
  });

  it('is the same whenever it is filled', () => {
    expect(filled(0.3, 7)).toEqual(filled(0.3, 7));
    expect(filled(0.3, 7)).not.toEqual(filled(0.3, 8));
  });
});
