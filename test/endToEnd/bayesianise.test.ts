/** plume bayesianise from an ONNX file of another tool to a forecast: real processes, their files, their failures. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../core/archive/open.js';
import { openRun } from '../../core/store/run.js';
import { writeNetcdf } from '../core/archiveFixture.js';
import { fixture, runOriginal } from '../models/importedFixture.js';
import { ask, askSuccess } from './ask.js';
import { contents, plume, startPlume, succeed } from './plume.js';
import { shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const model = fixture('pressure');

function fitArguments(out: string, flags: Readonly<Record<string, string>> = {}): string[] {
  const all = {
    ...{
      layers: '*.weight',
      archive: shared().archive,
      members: '3',
      lead: 'P2D',
      trials: '6',
      device: 'cpu',
    },
    ...{ 'fit-steps': '12', checkpoint: '0', out: join(directory, out), ...flags },
  };
  return ['bayesianise', model, ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])];
}

function forecastArguments(out: string, from: string, ...flags: string[]): string[] {
  return [
    ...[
      'forecast',
      '--archive',
      shared().archive,
      '--model',
      join(directory, from),
      '--starts',
      '2004-02-01',
    ],
    ...['--lead', 'P2D', '--device', 'cpu', '--out', join(directory, out), ...flags],
  ];
}

const start = Date.UTC(2004, 1, 1);

async function members(out: string, lead: number): Promise<number[][]> {
  const run = await openRun(join(directory, out));
  try {
    const { values } = await run.readMembers(start, lead, 0);
    return Array.from({ length: values.length / 60 }, (_, m) => [...values.subarray(m * 60, (m + 1) * 60)]);
  } finally {
    await run.close();
  }
}

describe('an imported model', () => {
  beforeAll(async () => {
    await askSuccess(fitArguments('scales', { fit: 'scales' }));
    await askSuccess(fitArguments('variational'));
  });

  it('lists its layers', async () => {
    const { stdout } = await askSuccess(['bayesianise', model, '--list']);
    expect(stdout).toMatch(/layer +shape +rms +used by\n/);
    expect(stdout).toMatch(/stem\.weight +6 × 1 × 3 × 3 +0\.\d+ +Conv\n/);
    const json = JSON.parse((await askSuccess(['bayesianise', model, '--list', '--json'])).stdout);
    expect(json.inputs).toEqual([{ name: 'x', shape: [null, 1, 6, 10] }]);
  });

  it('is fitted by gradient where it can be, by search where it is asked to, and says what it read', async () => {
    const json = (name: string) => JSON.parse(readFileSync(join(directory, name, 'model.json'), 'utf8'));
    expect(json('variational').posterior.kind).toBe('mean-field');
    expect(json('scales').posterior.kind).toBe('scales');
    expect(json('scales').fit.train).toBe('2001-01-01/2002-12-31');
    expect(json('scales').fit.validate).toBe('2003-01-01/2003-12-31');
    expect(existsSync(join(directory, 'variational', 'sigma.arrow'))).toBe(true);
    for (const name of ['scales', 'variational']) {
      expect(existsSync(join(directory, name, 'fit.json'))).toBe(false);
      const { validation } = json(name).fit.record;
      // spread about a model that errs is worth something
      expect(validation.fair_crps[0]).toBeLessThan(validation.centre_crps[0]);
    }
  });

  it('forecasts, a weight sample the same whatever the number of samples, workers and batch', async () => {
    await askSuccess(
      forecastArguments('few', 'variational', '--members', '3x1', '--workers', '1', '--batch', '1'),
    );
    await askSuccess(
      forecastArguments('many', 'variational', '--members', '5x1', '--workers', '2', '--batch', '5'),
    );
    const [few, many] = [await members('few', 48), await members('many', 48)];
    expect(many.slice(0, 3)).toEqual(few);
    expect(new Set(many.map((values) => values.join())).size).toBe(5);
  });

  it('without chance is the model that was imported, to the bit, step upon step', async () => {
    await askSuccess(forecastArguments('certain', 'scales', '--deterministic'));
    const archive = await openArchive([shared().archive]);
    const state = await archive.read([...archive.times].indexOf(start));
    await archive.close();
    let values = [...state.values];
    for (const lead of [24, 48]) {
      const outputs = await runOriginal(model, { x: { shape: [1, 1, 6, 10], values } });
      values = [...(outputs.y ?? [])];
      expect((await members('certain', lead))[0]).toEqual(values);
    }
  });

  it('has no noise to be unsure of', async () => {
    const { code, stderr } = await ask(forecastArguments('noise', 'scales', '--uncertainty', 'aleatoric'));
    expect(code).toBe(64);
    expect(stderr).toMatch(
      /was imported and has weights to be unsure of, but no noise; .*--uncertainty epistemic/,
    );
  });

  it('is told from a damaged one', async () => {
    const weights = join(directory, 'scales', 'weights.data');
    const bytes = readFileSync(weights);
    writeFileSync(weights, Buffer.from(bytes).fill(1, 0, 8));
    const { code, stderr } = await ask(forecastArguments('damaged', 'scales'));
    writeFileSync(weights, bytes);
    expect(code).toBe(65);
    expect(stderr).toMatch(/weights\.data" are corrupted: .*run plume bayesianise again/);
  });
});

describe('a fit that was killed', () => {
  it.each(['variational', 'scales'])('goes on to the same model (%s)', async (fit) => {
    const whole = join(directory, `whole-${fit}`);
    const out = join(directory, `killed-${fit}`);
    await askSuccess(fitArguments(`whole-${fit}`, { fit }));
    const args = fitArguments(`killed-${fit}`, { fit });
    const { child, finished } = startPlume(args);
    const moment = fit === 'variational' ? 'fit.arrow' : 'fit.json';
    let ended = false;
    void finished.then(() => {
      ended = true;
    });
    while (!ended && !existsSync(join(out, moment))) await new Promise((done) => setTimeout(done, 2));
    child.kill('SIGKILL');
    expect((await finished).signal).toBe('SIGKILL');
    expect(existsSync(join(out, 'model.json'))).toBe(false);
    await askSuccess(args);
    expect(contents(out)).toEqual(contents(whole));
    const again = await plume(args);
    expect(again.code).toBe(64);
    expect(again.stderr).toMatch(/holds a model already; remove it to begin anew/);
  });
});

describe('what cannot be imported', () => {
  const refused = async (args: readonly string[], message: RegExp, expected = 64): Promise<void> => {
    const { code, stderr } = await ask(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
    expect(existsSync(join(directory, 'refused'))).toBe(false);
  };

  it('is refused before anything is written', async () => {
    const { archive } = shared();
    await refused(
      fitArguments('refused', { layers: 'decoder.*' }),
      /--layers decoder\.\* matches no layer .*it has stem\.weight/,
    );
    await refused(['bayesianise', model, '--archive', archive], /no layers: give --layers/);
    await refused(['bayesianise', model, '--layers', '*', '--archive', archive], /give --out DIR/);
    const other = ['bayesianise', fixture('convolutional'), '--layers', '*', '--archive', archive];
    await refused(
      [...other, '--out', join(directory, 'refused')],
      /"x" is \[any, 2, 4, 6\], but archive .* has 1 channels .* 6 × 10 points/,
    );
    await refused(fitArguments('refused', { members: '1' }), /two or more weight samples/);
    await refused(fitArguments('refused', { scale: '0' }), /--scale "0": scale must be a number above 0/);
    await refused(
      fitArguments('refused', { 'model-step': '36h' }),
      /--model-step is 36 h, but archive .* every 24 h/,
    );
    const text = join(directory, 'text.onnx');
    writeFileSync(text, 'no model');
    await refused(['bayesianise', text, '--list'], /text\.onnx" is no ONNX model/, 65);
  });
});

describe('a model much larger than what is chosen of it', () => {
  const size = 2048;
  const layers = 20;
  const bytes = 4 * size * size * layers;
  const large = join(directory, 'large');
  afterAll(() => rmSync(large, { recursive: true, force: true }));

  /** State [1, 1, 32, 64] through twenty matrices, 336 MB in a file beside; a gain of 2048 numbers at the end. */
  function writeLarge(): string {
    mkdirSync(large, { recursive: true });
    const data = openSync(join(large, 'large.data'), 'w');
    const row = new Float32Array(size);
    for (let i = 0; i < size * layers; i++) {
      for (let j = 0; j < size; j++) row[j] = i % size === j ? 1 : 1e-6 * ((i + 3 * j) % 7);
      writeSync(data, new Uint8Array(row.buffer));
    }
    closeSync(data);
    const external = (offset: number, length: number) =>
      Object.entries({ location: 'large.data', offset, length }).map(([key, value]) => ({
        key,
        value: String(value),
      }));
    const gain = new Float32Array(size).fill(1);
    const info = (name: string) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: [1, 1, 32, 64].map((dimValue) => ({ dimValue })) } } },
    });
    const node = (opType: string, input: string[], output: string) => ({ opType, input, output: [output] });
    const shape = (name: string, dims: number[]) => ({
      ...{ name, dataType: 7, dims: [dims.length] },
      rawData: new Uint8Array(BigInt64Array.from(dims, BigInt).buffer),
    });
    const model = {
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }],
      graph: {
        name: 'large',
        node: [
          node('Reshape', ['state', 'row'], 'h0'),
          ...Array.from({ length: layers }, (_, i) => node('MatMul', [`h${i}`, `w${i}`], `h${i + 1}`)),
          node('Mul', [`h${layers}`, 'gain'], 'scaled'),
          node('Reshape', ['scaled', 'field'], 'next'),
        ],
        initializer: [
          ...Array.from({ length: layers }, (_, i) => ({
            ...{ name: `w${i}`, dataType: 1, dims: [size, size], dataLocation: 1 },
            externalData: external(i * 4 * size * size, 4 * size * size),
          })),
          { name: 'gain', dataType: 1, dims: [size], rawData: new Uint8Array(gain.buffer) },
          shape('row', [1, size]),
          shape('field', [1, 1, 32, 64]),
        ],
        input: [info('state')],
        output: [info('next')],
      },
    };
    const path = join(large, 'large.onnx');
    writeFileSync(path, onnxProto.onnx.ModelProto.encode(model).finish());
    return path;
  }

  it('takes one copy of its weights while it is fitted and while it forecasts', async () => {
    const path = writeLarge();
    const archive = await writeNetcdf(join(large, 'series.nc'), {
      times: Array.from({ length: 12 }, (_, day) => day),
      latitudes: Array.from({ length: 32 }, (_, i) => 80 - 5 * i),
      longitudes: Array.from({ length: 64 }, (_, j) => 5 * j),
      value: (t, row, column) => 100_000 + 300 * Math.sin(t + row / 5) * Math.cos(column / 10),
    });
    const measured = async (args: readonly string[]): Promise<number> =>
      JSON.parse((await succeed([...args, '--json', '--quiet'])).stdout).peakMemoryBytes;
    const out = join(large, 'model');
    const fitting = await measured([
      ...['bayesianise', path, '--layers', 'gain', '--archive', archive, '--train', '2001-01-01/2001-01-06'],
      ...[
        '--validate',
        '2001-01-07/2001-01-10',
        '--fit',
        'scales',
        '--members',
        '2',
        '--trials',
        '2',
        '--lead',
        'P1D',
      ],
      ...['--device', 'cpu', '--out', out],
    ]);
    const forecasting = await measured([
      ...['forecast', '--archive', archive, '--model', out, '--starts', '2001-01-11', '--members', '4x1'],
      ...['--lead', 'P1D', '--workers', '1', '--device', 'cpu', '--out', join(large, 'run')],
    ]);
    // the process itself, its libraries and a tensor while it is brought into the order of a kernel
    const slack = 300e6;
    for (const peak of [fitting, forecasting]) {
      expect(peak).toBeGreaterThan(bytes);
      expect(peak).toBeLessThan(bytes + slack);
    }
  });
});
