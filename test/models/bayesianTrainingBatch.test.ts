/** The data of a training step on a globe: turned samples, erring analyses and members that start apart. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { timeBasis } from '../../core/season.js';
import { GlobalNetwork } from '../../models/bayesian/networks/globalNetwork.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { addView } from '../../models/bayesian/networks/zonalSymmetry.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { type AnomalySeries, gatherStates } from '../../models/bayesian/training/anomalySource.js';
import type { SampleBatch } from '../../models/bayesian/training/sampleLoader.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { fillBatch, type NoisePatterns } from '../../models/bayesian/training/trainingBatch.js';
import { elements } from '../../models/graph/graph.js';
import { randomValues, tinyConfig, tinyNetwork, tinySchema } from './bayesianFixture.js';

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
/** Patterns that say whose they are and of which step. */
const noise: NoisePatterns = {
  streams: (keys) => {
    let step = 0;
    return {
      next: (first, count, out) => {
        const points = out.length / count;
        for (let i = 0; i < count; i++) {
          const { weightSample, noiseStream } = keys[first + i]!;
          out.fill(1000 * step + 100 * weightSample + noiseStream, i * points, (i + 1) * points);
        }
        step++;
      },
    };
  },
};
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

describe('what a step draws', () => {
  const schemaOfRegion = tinySchema();
  const { network: regional } = tinyNetwork(schemaOfRegion, tinyConfig);
  const points = regional.stateLength;
  const meanField = new MeanFieldFamily(regional, { initialSigma: 0.1, floor: 0.02 });
  const dropping = { ...stage(0), dropout: 0.2 };
  const phase = { steps: 1, rollout: 2, batch: 3 };
  const hours = 6;
  const times = Float64Array.of(0, 100 * hours, 31 * 24).map((time) => time * 3_600_000);
  const region: SampleBatch = {
    times,
    states: (offset, out) =>
      out.forEach((_, i) => {
        out[i] = offset + Math.floor(i / points) / 8;
      }),
  };
  const fill = (step: number, index = 1, dayTime = false): Map<string, Float32Array> => {
    const terms = 3 + (dayTime ? 2 : 0);
    const shapes: [string, number][] = [
      ['state.0', 3 * points],
      ['state.1', 3 * points],
      ...[0, 1].flatMap((s): [string, number][] => [
        [`truth.${s}`, 3 * points],
        [`season.${s}`, 3 * terms],
        [`dropout.hidden.0.${s}`, 4000],
        [`dropout.stem.${s}`, 4000],
      ]),
      ...Array.from(meanField.drawShapes(2), ([name, shape]): [string, number] => [name, elements(shape)]),
    ];
    const buffers = new Map(shapes.map(([name, length]) => [name, new Float32Array(length)]));
    const sources = {
      network: Object.assign(Object.create(regional) as Network, { dayTime }),
      loader: {
        stateLength: points,
        stepMilliseconds: hours * 3_600_000,
        pool: { dates: 0, history: 0, values: new Float32Array(0) },
      },
      noise,
      seed: 5,
      family: meanField,
    };
    fillBatch(sources, { index, stage: dropping, phase, step }, region, buffers);
    return buffers;
  };
  const draws = (buffers: ReadonlyMap<string, Float32Array>) =>
    [...buffers].filter(([name]) => /^(draw|dropout)\./.test(name));

  it('fills states of the past and truths of the future by their offset', () => {
    const found = fill(0);
    const firstOf = (name: string) => [0, 1, 2].map((i) => found.get(name)![i * points]! - i / 8);
    expect(firstOf('state.0')).toEqual([0, 0, 0]);
    expect(firstOf('state.1')).toEqual([-1, -1, -1]);
    expect(firstOf('truth.0')).toEqual([1, 1, 1]);
    expect(firstOf('truth.1')).toEqual([2, 2, 2]);
  });

  it('tells season and time of day of every step of the rollout, at the state that it starts from', () => {
    const found = fill(0, 1, true);
    for (const s of [0, 1]) {
      times.forEach((time, i) => {
        const expected = timeBasis(time + s * hours * 3_600_000, { harmonics: 1, dayTime: true });
        const row = found.get(`season.${s}`)!.subarray(i * 5, (i + 1) * 5);
        row.forEach((value, k) => {
          expect(value).toBeCloseTo(expected[k]!, 6);
        });
      });
    }
  });

  it('takes the weights from the family, by stage and step alone', () => {
    const found = fill(7);
    for (const [name, shape] of meanField.drawShapes(2)) {
      const expected = new Float32Array(elements(shape));
      meanField.fillDraw({ seed: 5, stage: 1, step: 7 }, name, expected);
      expect(found.get(name)).toEqual(expected);
    }
  });

  it('gives every row patterns of its own stream, which goes on from step to step', () => {
    // two weight samples of three streams of three samples each
    const rows = 18;
    const cells = regional.schema.grid.latitudes.length * regional.schema.grid.longitudes.length;
    const patterns = [0, 1].map((s) => [`pattern.${s}`, new Float32Array(rows * cells)] as const);
    const buffers = new Map([...fill(0), ...patterns]);
    const pool = { dates: 0, history: 0, values: new Float32Array(0) };
    const sources = { network: regional, loader: { ...loader, pool }, noise, seed: 5, family: meanField };
    fillBatch(sources, { index: 1, stage: dropping, phase, step: 0 }, region, buffers);
    for (const [s, [, found]] of patterns.entries()) {
      const expected = Array.from({ length: rows * cells }, (_, i) => {
        const row = Math.floor(i / cells);
        return 1000 * s + 100 * Math.floor(row / 9) + (row % 9);
      });
      expect([...found]).toEqual(expected);
    }
  });

  it('remakes any step alone, and shares no numbers between steps, stages or tensors', () => {
    expect(fill(3)).toEqual(fill(3));
    const all = [...draws(fill(3)), ...draws(fill(4)), ...draws(fill(3, 2))].map(([, values]) =>
      // of dropout, which only holds two numbers, the pattern
      [...values.subarray(0, 60)].join(),
    );
    const long = all.filter((text) => text.split(',').length === 60);
    expect(long.length).toBeGreaterThan(20);
    expect(new Set(long).size).toBe(long.length);
  });

  it('drops the share asked for, of hidden units twice that, and keeps the mean', () => {
    const found = fill(1);
    for (const [name, share] of [
      ['dropout.stem.0', 0.2],
      ['dropout.hidden.0.1', 0.4],
    ] as const) {
      const values = found.get(name)!;
      const dropped = values.filter((value) => value === 0).length / values.length;
      expect(Math.abs(dropped - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / values.length));
      expect(
        values.filter((value) => value !== 0).every((value) => value === Math.fround(1 / (1 - share))),
      ).toBe(true);
    }
  });

  it('with errors is refused where the loader has no pool for them', () => {
    const place = { index: 1, stage: stage(0.1), phase: { ...phase, rollout: 0 }, step: 0 };
    const empty = { ...loader, pool: { dates: 0, history: 0, values: new Float32Array(0) } };
    const buffers = new Map([['state.0', new Float32Array(batch.length * n)]]);
    const sources = { network, loader: empty, noise, seed: 3, family };
    expect(() => fillBatch(sources, place, samples, buffers)).toThrow(/holds 0 dates of 0 states/);
  });
});
