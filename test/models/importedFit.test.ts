/** Posteriors of imported models: draws that follow their key, the divergence in closed form, fits that go where they must. */
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { makeGrid } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import { bind } from '../../models/imported/binding.js';
import { fitVariational, type VariationalRequest } from '../../models/imported/fitVariational.js';
import { ImportedPosterior } from '../../models/imported/importedPosterior.js';
import { chooseLayers } from '../../models/imported/layers.js';
import { readOnnxFile } from '../../models/imported/onnxFile.js';
import { memoryArchive } from '../evaluation/memoryArchive.js';
import { fixture, runOriginal } from './importedFixture.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-fit-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const file = readOnnxFile(fixture('convolutional'));
const schema: Schema = {
  grid: makeGrid([60, 50, 40, 30], [0, 10, 20, 30, 40, 50]),
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};
const stateLength = 48;
const days = 24;

/** Days in pairs: a state, and what the model itself makes of it plus noise of one number for all points. */
async function pairs(noise: number) {
  const values = new Float32Array(days * stateLength);
  for (let day = 0; day < days; day += 2) {
    const state = values.subarray(day * stateLength, (day + 1) * stateLength);
    normals({ seed: 7, weightSample: 0, noiseStream: 0, purpose: 'training', step: day }, state);
    const { y = new Float32Array(stateLength) } = await runOriginal(fixture('convolutional'), {
      x: { shape: [1, 2, 4, 6], values: [...state] },
    });
    const error = new Float32Array(stateLength);
    normals({ seed: 8, weightSample: 0, noiseStream: 0, purpose: 'training', step: day }, error);
    values.set(
      y.map((value, i) => value + noise * error[i]!),
      (day + 1) * stateLength,
    );
  }
  const times = Float64Array.from({ length: days }, (_, day) => Date.UTC(2001, 0, 1 + day));
  return { values, archive: memoryArchive(schema, times, values) };
}

async function request(
  name: string,
  options: Partial<VariationalRequest> & { readonly noise?: number } = {},
): Promise<VariationalRequest> {
  const { noise = 0, ...rest } = options;
  const { values, archive } = await pairs(noise);
  return {
    file,
    layers: chooseLayers(file, ['*.weight']),
    binding: bind(file, schema, 'archive'),
    archive,
    readState: async (index) => values.subarray(index * stateLength, (index + 1) * stateLength),
    analyses: Array.from({ length: days / 2 }, (_, i) => 2 * i),
    stride: 1,
    normalisation: null,
    output: 'state',
    errorScale: [1, 1],
    scale: 0.1,
    priorScale: 1,
    beta: 0,
    steps: 30,
    learningRate: 0.05,
    samples: 3,
    batch: 2,
    seed: 1,
    session: { device: 'cpu' },
    checkpointPath: join(directory, `${name}.arrow`),
    checkpointSeconds: 1e9,
    identity: name,
    signal: new AbortController().signal,
    onStep: () => undefined,
    onNote: () => undefined,
    ...rest,
  };
}

const meanOf = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a posterior about the weights of an imported model', () => {
  const size = 20_000;
  const centre = { shape: [size], values: new Float32Array(size).fill(2) };
  const layers = [
    { name: 'a', centre, sigma: 0.5 },
    { name: 'b', centre, sigma: new Float32Array(size).fill(0.25) },
  ];

  it('draws by its key alone, about the centre, as wide as it says', () => {
    const posterior = new ImportedPosterior(layers);
    const key = { seed: 3, weightSample: 5 };
    const sample = posterior.sample(key);
    expect(new ImportedPosterior(layers).sample(key)).toEqual(sample);
    expect(posterior.sample({ ...key, weightSample: 6 })).not.toEqual(sample);
    for (const [name, sigma] of [
      ['a', 0.5],
      ['b', 0.25],
    ] as const) {
      const values = sample.get(name)?.values ?? new Float32Array(0);
      const mean = meanOf(values);
      const variance = meanOf(values.map((value) => (value - mean) ** 2));
      // four standard errors
      expect(Math.abs(mean - 2)).toBeLessThan((4 * sigma) / Math.sqrt(size));
      expect(Math.abs(variance / sigma ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / size));
    }
    // layers draw numbers of their own
    const [a, b] = ['a', 'b'].map((name) => sample.get(name)?.values ?? new Float32Array(0)) as [
      Float32Array,
      Float32Array,
    ];
    const together = meanOf(a.map((value, i) => ((value - 2) / 0.5) * ((b[i]! - 2) / 0.25)));
    expect(Math.abs(together)).toBeLessThan(4 / Math.sqrt(size));
  });

  it('is the centre, to the bit, at zero scale', () => {
    const zero = new ImportedPosterior(layers, 0);
    expect(zero.isPoint).toBe(true);
    expect(zero.sample({ seed: 1, weightSample: 9 })).toEqual(zero.mean());
    expect(new ImportedPosterior(layers).isPoint).toBe(false);
  });
});

describe('the variational fit', () => {
  it('knows the divergence from the prior in closed form', async () => {
    const found: number[] = [];
    const asked = await request('divergence', {
      steps: 1,
      onStep: (_step, _from, _crps, divergence) => found.push(divergence),
    });
    await fitVariational(asked);
    const expected = asked.layers.reduce((sum, { shape }) => {
      const count = shape.reduce((product, n) => product * n, 1);
      return sum + count * (Math.log(1 / 0.1) + 0.1 ** 2 / 2 - 0.5);
    }, 0);
    expect(found[0]! / expected).toBeCloseTo(1, 5);
  });

  it('narrows where the model is right, and keeps more width where it errs', async () => {
    const right = await fitVariational(await request('right', { steps: 80 }));
    const wrong = await fitVariational(await request('wrong', { steps: 80, noise: 1 }));
    for (const { name, rms } of chooseLayers(file, ['*.weight'])) {
      const [narrow, wide] = [right, wrong].map(
        ({ sigma }) => meanOf(sigma.get(name)?.values ?? new Float32Array(0)) / rms,
      );
      expect(narrow).toBeLessThan(0.07);
      expect(wide).toBeGreaterThan(1.3 * narrow!);
    }
    expect(right.losses.at(-1)).toBeLessThan(right.losses[0]! / 2);
  });

  it('goes to the prior where nothing else counts', async () => {
    const { sigma, divergence } = await fitVariational(
      await request('prior', { beta: 1e6, steps: 150, learningRate: 0.1 }),
    );
    for (const { name, rms } of chooseLayers(file, ['*.weight'])) {
      expect(meanOf(sigma.get(name)?.values ?? new Float32Array(0)) / rms).toBeCloseTo(1, 1);
    }
    expect(divergence).toBeLessThan(5);
  });

  it('goes on after an interruption to the same widths, from the checkpoint before where the last is damaged', async () => {
    const whole = await fitVariational(await request('whole', { steps: 12 }));
    const stopAt = async (step: number): Promise<void> => {
      const abort = new AbortController();
      const asked = await request('stopped', {
        steps: 12,
        signal: abort.signal,
        onStep: (done) => {
          if (done === step) abort.abort();
        },
      });
      const failure = await fitVariational(asked).catch((error: unknown) => error);
      expect(isPlumeError(failure) && failure.tag).toBe('interrupted');
    };
    await stopAt(4);
    await stopAt(7);
    truncateSync(join(directory, 'stopped.arrow'), 500);
    const notes: string[] = [];
    const steps: number[] = [];
    const resumed = await fitVariational(
      await request('stopped', {
        steps: 12,
        onStep: (step) => steps.push(step),
        onNote: (note) => notes.push(note),
      }),
    );
    expect(steps[0]).toBe(5);
    expect(notes.join('\n')).toMatch(
      /stopped\.arrow.*looking for the checkpoint before it[\s\S]*going on from .*step 4/,
    );
    expect(resumed.sigma).toEqual(whole.sigma);
    expect(resumed.losses).toEqual(whole.losses);
    await expect(fitVariational(await request('stopped', { identity: 'another' }))).rejects.toThrow(
      /belongs to a fit with other data or settings/,
    );
  });

  it('stops where the loss is no number, naming step and channel', async () => {
    const asked = await request('diverged');
    const broken: VariationalRequest = {
      ...asked,
      readState: async (index) => {
        const state = Float32Array.from(await asked.readState(index));
        // odd days are truths
        if (index % 2 === 1) state[30] = Number.NaN;
        return state;
      },
    };
    await expect(fitVariational(broken)).rejects.toThrow(
      /the fit diverged: at step 1 the error of t850 is no number/,
    );
  });

  it('refuses operators without a gradient rule before it begins', async () => {
    const awkward = readOnnxFile(fixture('awkward'));
    const schemaOfFive: Schema = {
      ...schema,
      channels: Array.from({ length: 5 }, (_, i) => ({ variable: `v${i}`, level: null, unit: 'K' })),
    };
    const asked = await request('awkward', {
      file: awkward,
      layers: chooseLayers(awkward, ['mix']),
      binding: bind(awkward, schemaOfFive, 'archive'),
      errorScale: [1, 1, 1, 1, 1],
    });
    await expect(fitVariational(asked)).rejects.toThrow(/operator Sin \(node "waves"\) has no gradient rule/);
  });
});
