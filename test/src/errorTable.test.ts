/** Errors of forecasts by channel, with models whose errors are known, and the file they are kept in. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Archive, ForecastModel, StepRequest } from '../../core/interfaces.js';
import type { Schema } from '../../core/schema.js';
import { type ErrorTable, readErrorTable, writeErrorTable } from '../../perturbations/errorTable.js';
import { type ErrorRequest, measureErrors } from '../../src/errorTable.js';
import { memoryArchive } from '../evaluation/memoryArchive.js';

const hour = 3_600_000;
const epoch = Date.UTC(2007, 0, 1);
const schema: Schema = {
  grid: makeGrid([75, 45, 15, -15, -45, -75], [0, 120, 240]),
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};
const points = 18;
const n = 36;

/** Value at time t (steps of 6 h): by channel and row a polynomial, so that nothing is equal to anything else. */
const truth = (t: number, at: number): number =>
  (1 + Math.floor(at / points)) * (100 + t * t) + (at % points) * t;

function archiveOf(times: readonly number[], value = truth): Archive {
  const values = Float32Array.from({ length: times.length * n }, (_, i) =>
    value(times[Math.floor(i / n)]!, i % n),
  );
  return memoryArchive(
    schema,
    Float64Array.from(times, (t) => epoch + 6 * hour * t),
    values,
  );
}

/** x(t + 1) = 2 x(t) − x(t − 1) with two states of history, x(t) with one: persistence of trend, and of state. */
function persistence(historyLength: 1 | 2, calls: StepRequest[] = []): ForecastModel {
  return {
    schema,
    stepHours: 6,
    historyLength,
    step: async (request) => {
      calls.push(request);
      const [newest, previous] = request.history;
      const mean = newest!.map((x, i) => (previous === undefined ? x : 2 * x - previous[i]!));
      return { mean, amplitude: mean.map(() => 1e6) };
    },
    memoryBytes: () => 0,
    close: async () => {},
  };
}

const days = Array.from({ length: 13 }, (_, t) => t);
const startsOf = (...times: readonly number[]) => times.map((t) => epoch + 6 * hour * t);

function request(change: Partial<ErrorRequest> = {}): ErrorRequest {
  return {
    model: persistence(1),
    archive: archiveOf(days),
    archiveName: 'archive "a.nc"',
    starts: startsOf(2, 3, 5),
    leadHours: 12,
    seed: 1,
    analysisError: null,
    signal: new AbortController().signal,
    ...change,
  };
}

/** Area mean over rows whose edges are 30° apart. */
function areaMean(of: (point: number) => number): number {
  const sine = (degrees: number) => Math.sin((degrees * Math.PI) / 180);
  let [sum, area] = [0, 0];
  for (let point = 0; point < points; point++) {
    const latitude = 75 - 30 * Math.floor(point / 3);
    const band = sine(latitude + 15) - sine(latitude - 15);
    sum += band * of(point);
    area += band;
  }
  return sum / area;
}

describe('errors of forecasts', () => {
  it.each([1, 2] as const)(
    'are the root of squares averaged over area and starts, with %i states of history',
    async (history) => {
      const starts = [2, 3, 5];
      const calls: StepRequest[] = [];
      const model = persistence(history, calls);
      const found = await measureErrors(request({ model, starts: startsOf(...starts) }));
      const forecast = (t: number, at: number) =>
        history === 1 ? truth(t, at) : truth(t, at) + 2 * (truth(t, at) - truth(t - 1, at));
      for (const [c, name] of ['msl', 't850'].entries()) {
        const squares = starts.map((t) =>
          areaMean((point) => (forecast(t, c * points + point) - truth(t + 2, c * points + point)) ** 2),
        );
        const rms = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / starts.length);
        expect(found[name]!.rms / rms).toBeCloseTo(1, 6);
        expect(found[name]!.unit).toBe(c === 0 ? 'Pa' : 'K');
      }
      expect(calls.map(({ validTime }) => (validTime - epoch) / hour)).toEqual([12, 18, 18, 24, 30, 36]);
      expect(
        calls.every(({ weightSamples, rowsPerSample }) => weightSamples.length * rowsPerSample === 1),
      ).toBe(true);
    },
  );

  it('count each start once in progress, and start from analyses that err where they are told to', async () => {
    const done: number[] = [];
    const still = archiveOf(days, () => 50);
    const found = await measureErrors(
      request({
        archive: still,
        onStart: (count) => done.push(count),
        analysisError: ({ seed, start }, [state]) => {
          for (let i = 0; i < points; i++) state![i]! += seed * (start - epoch > 20 * hour ? 3 : 1);
        },
        seed: 2,
      }),
    );
    expect(done).toEqual([1, 2, 3]);
    // errors of 2, 2 and 6 in the first channel alone
    expect(found.msl?.rms).toBeCloseTo(Math.sqrt((4 + 4 + 36) / 3), 6);
    expect(found.t850?.rms).toBe(0);
  });

  it.each<[string, Partial<ErrorRequest>, string, string]>([
    [
      'a lead between steps',
      { leadHours: 15 },
      'usage',
      "--lead of 15 h is not a whole number of the model's steps of 6 h",
    ],
    [
      'a truth beyond the archive',
      { starts: startsOf(2, 11) },
      'data',
      'start 2007-01-03T18Z: archive "a.nc" has no state at 2007-01-04T06Z to compare the forecast of 12 h with; ' +
        'it has 13 from 2007-01-01T00Z to 2007-01-04T00Z: choose earlier --starts, or a shorter --lead',
    ],
    [
      'a truth in a gap',
      { archive: archiveOf([0, 1, 2, 3, 5, 6]), starts: startsOf(2) },
      'data',
      'has no state at 2007-01-02T00Z',
    ],
    [
      'a start that is not there',
      { starts: startsOf(2, 40) },
      'data',
      'start date 2007-01-11T00Z is outside archive "a.nc"',
    ],
    [
      'no state before the first for a model with history',
      { model: persistence(2), starts: startsOf(0) },
      'data',
      'start date 2006-12-31T18Z is outside',
    ],
    [
      "the archive's own model",
      { archive: archiveOf(days, () => 50) },
      'usage',
      "are its states at 12 h to the bit, since it is the model's own run: their errors are 0; give --analysis-error",
    ],
    [
      'a truth with gaps',
      { archive: archiveOf(days, (t, at) => (t === 5 && at === 20 ? Number.NaN : t)) },
      'data',
      'channel t850 at 2007-01-02T06Z is missing at 1 of 18 points',
    ],
  ])('refuse %s', async (_, change, tag, message) => {
    const calls: StepRequest[] = [];
    const asked = request({ model: persistence(1, calls), ...change });
    const error = await measureErrors(asked).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ tag });
    expect(String(error)).toContain(message);
  });

  it('compute nothing when the last truth is missing', async () => {
    const calls: StepRequest[] = [];
    const work = measureErrors(request({ model: persistence(1, calls), starts: startsOf(2, 3, 12) }));
    await expect(work).rejects.toThrow('has no state');
    expect(calls).toHaveLength(0);
  });

  it('name the start and the channel of a forecast that is no longer finite', async () => {
    const model: ForecastModel = {
      ...persistence(1),
      step: async ({ history }) => ({
        mean: history[0]!.map((x, i) => (i === 20 && x > 200 + 6 ? Number.POSITIVE_INFINITY : x)),
        amplitude: null,
      }),
    };
    await expect(measureErrors(request({ model }))).rejects.toThrow(
      'start 2007-01-01T12Z: the forecast stopped being finite in t850 by lead 12 h',
    );
  });

  it('stop between starts when they are told to', async () => {
    const abort = new AbortController();
    const work = measureErrors(request({ signal: abort.signal, onStart: () => abort.abort() }));
    await expect(work).rejects.toMatchObject({ tag: 'interrupted' });
    await expect(work).rejects.toThrow('stopped after 1 of 3 starts');
  });
});

describe('a table of errors', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plume-errors-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const table: ErrorTable = {
    plume: '0.1.0',
    model: { kind: 'bayesian', digest: 'abcdef0123456789' },
    archive: ['slp.nc'],
    lead_hours: 48,
    starts: ['2006-01-01T00:00:00.000Z', '2006-12-24T00:00:00.000Z'],
    analysis_error: 0,
    channels: {
      msl: { rms: 412.5, unit: 'Pa' },
      t850: { rms: 0, unit: 'K' },
      z500: { rms: 3, unit: 'm2 s-2' },
    },
  };
  const written = async (name: string, value: unknown): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };

  it('is read as it was written, for the channels of the model, with what it is of', async () => {
    const path = join(directory, 'errors.json');
    await writeErrorTable(path, table);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(table);
    expect(await readErrorTable(path, schema, 'model "m"')).toEqual({
      errors: { msl: 412.5, t850: 0 },
      errorsOf:
        'bayesian abcdef012345 at 48 h, 2 starts from 2006-01-01T00:00:00.000Z to 2006-12-24T00:00:00.000Z, slp.nc',
    });
  });

  it('tells of the analysis error where there was one', async () => {
    const path = await written('erring.json', { ...table, analysis_error: 0.1 });
    const { errorsOf } = await readErrorTable(path, schema, 'model "m"');
    expect(errorsOf).toContain('analysis error 0.1');
  });

  it.each<[string, unknown, string]>([
    [
      'another unit',
      { ...table, channels: { ...table.channels, t850: { rms: 1, unit: 'degC' } } },
      'the error of t850 is in "degC", but model "m" has it in "K"; make one with plume errors for model "m"',
    ],
    [
      'a channel too few',
      { ...table, channels: { msl: table.channels.msl } },
      'lacks t850 of model "m"; make one with plume errors for model "m"',
    ],
    ['a negative error', { ...table, channels: { msl: { rms: -1, unit: 'Pa' } } }, 'channels.msl.rms'],
    ['no channels', { plume: '1' }, 'is none that plume errors writes'],
    ['a list', [], 'is none that plume errors writes: the whole'],
    ['no JSON', '{"plume": ', 'is not JSON'],
  ])('with %s is refused', async (name, value, message) => {
    const path = await written(`${name}.json`, value);
    const error = await readErrorTable(path, schema, 'model "m"').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ tag: 'data' });
    expect(String(error)).toContain(`table of errors "${path}"`);
    expect(String(error)).toContain(message);
  });

  it('that is not there is named', async () => {
    const path = join(directory, 'none.json');
    await expect(readErrorTable(path, schema, 'model "m"')).rejects.toThrow(
      `table of errors "${path}": no such file`,
    );
  });
});
