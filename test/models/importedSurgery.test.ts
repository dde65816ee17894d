/** Chosen tensors as inputs: bit by bit the same outputs, weights in one file, one copy of them in memory. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseLayers, listLayers } from '../../models/imported/layers.js';
import { readOnnxFile } from '../../models/imported/onnxFile.js';
import { centreFile, sampledFile, weightsFile, writeSurgery } from '../../models/imported/surgery.js';
import { float32Numbers } from '../../models/imported/tensorNumbers.js';
import { type FixtureTensor, fixture, fixtureCase, relativeError, runOriginal } from './importedFixture.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-imported-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const names = ['block', 'convolutional', 'old', 'external/model', 'plain', 'awkward'] as const;

async function operated(name: string) {
  const out = join(directory, name.replace('/', '-'));
  mkdirSync(out, { recursive: true });
  const file = readOnnxFile(fixture(name));
  const layers = chooseLayers(file, ['*']);
  const surgery = await writeSurgery(file, new Set(layers.map((layer) => layer.name)), out);
  const centres = Object.fromEntries(
    layers.map(({ name: layer, shape }): [string, FixtureTensor] => {
      const tensor = file.tensors.get(layer);
      if (tensor === undefined) throw new Error(`no tensor ${layer}`);
      return [layer, { shape, values: [...float32Numbers(tensor)] }];
    }),
  );
  return { out, layers, surgery, centres };
}

describe('a model written anew', () => {
  it.each(names)('%s with its weights as initializers gives the same bits', async (name) => {
    const { out } = await operated(name);
    const { inputs } = fixtureCase(name);
    expect(await runOriginal(join(out, centreFile), inputs)).toEqual(
      await runOriginal(fixture(name), inputs),
    );
  });

  it.each(names)('%s with its weights as inputs gives the same bits, operator by operator', async (name) => {
    const { out, centres, layers } = await operated(name);
    const { inputs } = fixtureCase(name);
    // Without fusions and packed weights: what remains is the operators of the file itself.
    const asWritten: ort.InferenceSession.SessionOptions = {
      graphOptimizationLevel: 'disabled',
      extra: { session: { disable_prepacking: '1' } },
    };
    const sampled = join(out, sampledFile);
    const found = await runOriginal(sampled, { ...inputs, ...centres }, asWritten);
    expect(found).toEqual(await runOriginal(fixture(name), inputs, asWritten));
    // With them sums are taken in another order.
    const fused = await runOriginal(sampled, { ...inputs, ...centres });
    const [layer] = layers;
    for (const [output, values] of Object.entries(found)) {
      expect(relativeError(fused[output] ?? [], values)).toBeLessThan(2e-6);
    }
    // and the inputs are what it computes with
    const { shape = [], values = [] } = centres[layer?.name ?? ''] ?? {};
    const moved = {
      ...centres,
      [layer?.name ?? '']: { shape, values: values.map((value) => 1.5 * value + 0.1) },
    };
    expect(await runOriginal(sampled, { ...inputs, ...moved })).not.toEqual(fused);
  });

  it('is small beside its weights, which lie in one file at aligned places', async () => {
    const { out, surgery, layers } = await operated('block');
    expect(readFileSync(join(out, weightsFile)).length).toBe(surgery.weights.bytes);
    for (const { name, shape } of layers) {
      const place = surgery.stored.get(name);
      expect(place?.length).toBe(4 * shape.reduce((product, size) => product * size, 1));
      expect((place?.offset ?? 1) % 64).toBe(0);
    }
  });
});

describe('layers of a model', () => {
  it('are its float32 tensors with the operators that use them', () => {
    const layers = listLayers(readOnnxFile(fixture('plain')));
    expect(layers.map(({ name, shape, users }) => [name, shape, users])).toEqual([
      ['second', [48, 20], ['Gemm']],
      ['bias', [20], ['Gemm']],
      ['first', [48, 20], ['Gemm']],
    ]);
    const { centre } = { centre: float32Numbers(tensorOf('plain', 'second')) };
    const rms = Math.sqrt(centre.reduce((sum, value) => sum + value * value, 0) / centre.length);
    expect(layers[0]?.rms).toBeCloseTo(rms, 12);
  });

  it('are chosen by patterns, and taken away by patterns with an exclamation mark', () => {
    const file = readOnnxFile(fixture('convolutional'));
    const chosen = chooseLayers(file, ['*.weight', 'head.*', '!stem*']).map(({ name }) => name);
    expect(chosen).toEqual([
      'wrapped.weight',
      'depthwise.weight',
      'coarse.weight',
      'head.weight',
      'head.bias',
    ]);
    expect(() => chooseLayers(file, ['decoder.*'])).toThrow(
      /--layers decoder\.\* matches no layer .*it has stem\.weight, .*--list/,
    );
    expect(() => chooseLayers(file, ['val_0'])).toThrow(/cannot be made random: it is no float32 tensor/);
  });
});

function tensorOf(name: string, tensor: string) {
  const found = readOnnxFile(fixture(name)).tensors.get(tensor);
  if (found === undefined) throw new Error(`no tensor ${tensor}`);
  return found;
}

describe('files that are no models', () => {
  it('are told apart and refused', () => {
    const text = join(directory, 'text.onnx');
    writeFileSync(text, 'this is not a model');
    expect(() => readOnnxFile(text)).toThrow(/text\.onnx" is no ONNX model/);
    writeFileSync(text, '');
    expect(() => readOnnxFile(text)).toThrow(/is no ONNX model: it has no graph/);
    expect(() => readOnnxFile(join(directory, 'nothing.onnx'))).toThrow(/no such file/);
    const short = join(directory, 'short.onnx');
    for (const kept of [3, 100, 4000, 8000]) {
      copyFileSync(fixture('plain'), short);
      truncateSync(short, kept);
      expect(() => readOnnxFile(short), `${kept} bytes`).toThrow(/no ONNX model|cut short/);
    }
  });

  it('lack the weights beside them, or have too few', () => {
    const alone = join(directory, 'alone.onnx');
    copyFileSync(fixture('external/model'), alone);
    expect(() => readOnnxFile(alone)).toThrow(
      /lies in "model\.onnx\.data", which is not there; put the file/,
    );
    copyFileSync(`${fixture('external/model')}.data`, join(directory, 'model.onnx.data'));
    expect(readOnnxFile(alone).tensors.size).toBeGreaterThan(5);
    truncateSync(join(directory, 'model.onnx.data'), 1000);
    expect(() => readOnnxFile(alone)).toThrow(/which has 1000; the file is cut short/);
  });
});

describe('fixtures', () => {
  const python = process.env.PLUME_PYTHON ?? 'python3';
  const hasTorch = (() => {
    try {
      execFileSync(python, ['-c', 'import torch, onnx, onnxscript'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();

  it.runIf(hasTorch)('come from the script beside them', async () => {
    const made = join(directory, 'made');
    execFileSync(python, [fixture('make').replace('.onnx', '.py'), made], { stdio: 'ignore' });
    for (const name of names) {
      const { inputs, outputs } = JSON.parse(readFileSync(join(made, `${name}.json`), 'utf8'));
      const found = await runOriginal(join(made, `${name}.onnx`), inputs);
      for (const [output, { values }] of Object.entries(outputs as Record<string, FixtureTensor>)) {
        expect(relativeError(found[output] ?? [], values)).toBeLessThan(1e-5);
      }
      const file = readOnnxFile(join(made, `${name}.onnx`));
      const committed = readOnnxFile(fixture(name));
      expect(file.nodes.map(({ opType }) => opType)).toEqual(committed.nodes.map(({ opType }) => opType));
      expect(listLayers(file)).toEqual(listLayers(committed));
    }
  });
});
