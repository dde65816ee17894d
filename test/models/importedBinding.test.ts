/** How tensors of a model hold the channels of an archive: orders, axes, sizes that do not fit. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { bind, parseChannelOrder } from '../../models/imported/binding.js';
import { readOnnxFile } from '../../models/imported/onnxFile.js';
import { Units } from '../../models/imported/units.js';
import { fixture } from './importedFixture.js';

const grid = makeGrid([60, 50, 40, 30], [0, 10, 20, 30, 40, 50]);
const channel = (variable: string, level: number | null = null) => ({ variable, level, unit: 'K' });
const schemaOf = (...names: [string, (number | null)?][]): Schema => ({
  grid,
  channels: names.map(([variable, level]) => channel(variable, level ?? null)),
});

describe('binding a model to an archive', () => {
  it('takes the channels of the archive in their order', () => {
    const bound = bind(readOnnxFile(fixture('convolutional')), schemaOf(['msl'], ['t', 850]), 'archive "a"');
    expect(bound.inputs).toEqual([{ name: 'x', shape: [1, 2, 4, 6], channels: [0, 1] }]);
    expect(bound.outputs).toEqual([{ name: 'y', shape: [1, 2, 4, 6], channels: [0, 1] }]);
  });

  it('takes them in the order that is given', () => {
    const orders = [parseChannelOrder('t850,msl')];
    const bound = bind(
      readOnnxFile(fixture('convolutional')),
      schemaOf(['msl'], ['t', 850]),
      'archive "a"',
      orders,
    );
    expect(bound.inputs[0]?.channels).toEqual([1, 0]);
  });

  it('shares them out among tensors of other ranks, variables and levels apart', () => {
    const schema = schemaOf(['t2m'], ['z', 500], ['z', 850], ['t', 500], ['t', 850]);
    const orders = ['input=z,t@850,500', 'input_surface=t2m'].map(parseChannelOrder);
    const bound = bind(readOnnxFile(fixture('awkward')), schema, 'archive "a"', orders);
    expect(bound.inputs).toEqual([
      { name: 'input', shape: [2, 2, 4, 6], channels: [2, 1, 4, 3] },
      { name: 'input_surface', shape: [1, 4, 6], channels: [0] },
    ]);
    // in the archive's order too, where nothing is said: four channels, then one
    const plain = bind(readOnnxFile(fixture('awkward')), schema, 'archive "a"');
    expect(plain.inputs.map(({ channels }) => channels)).toEqual([[0, 1, 2, 3], [4]]);
  });

  it('names model, archive and both sizes where they do not fit', () => {
    const file = readOnnxFile(fixture('convolutional'));
    expect(() => bind(file, schemaOf(['msl']), 'archive "a.nc"')).toThrow(
      /convolutional\.onnx": input "x" is \[any, 2, 4, 6\], but archive "a\.nc" has 1 channels for it \(msl\) on 4 × 6 points/,
    );
    const wider = {
      ...schemaOf(['msl'], ['t2m']),
      grid: makeGrid([60, 50, 40, 30], [0, 10, 20, 30, 40, 50, 60]),
    };
    expect(() => bind(file, wider, 'archive "a.nc"')).toThrow(/\[any, 2, 4, 6\].*4 × 7 points/);
  });

  it('refuses orders that leave channels out, name unknown ones, or other tensors', () => {
    const file = readOnnxFile(fixture('convolutional'));
    const schema = schemaOf(['msl'], ['t', 850]);
    const withOrder = (text: string) => () => bind(file, schema, 'archive "a"', [parseChannelOrder(text)]);
    expect(withOrder('msl')).toThrow(/t850 of archive "a" are missing/);
    expect(withOrder('msl,z500')).toThrow(/names channel "z500", but archive "a" has msl, t850/);
    expect(withOrder('msl,msl,t850')).toThrow(/one is named twice/);
    expect(withOrder('state=msl,t850')).toThrow(/has inputs "x".*there is no "state"/);
    expect(() => parseChannelOrder('input=')).toThrow(/names no channels/);
  });
});

describe('units of a model', () => {
  const state = Float32Array.of(10, 20, 30, 40, 50, 60);

  it('pass physical numbers unchanged, in another order', () => {
    const units = new Units(null, 3);
    const out = new Float32Array(6);
    units.gather(state, [1, 0], out);
    expect([...out]).toEqual([40, 50, 60, 10, 20, 30]);
    const back = new Float32Array(6);
    units.scatter(out, [1, 0], null, back);
    expect(back).toEqual(state);
    units.scatter(out, [1, 0], state, back);
    expect(back).toEqual(state.map((x) => 2 * x));
  });

  it('normalise and restore; an increment has no mean', () => {
    const units = new Units({ mean: [20, 50], deviation: [10, 5] }, 3);
    const out = new Float32Array(6);
    units.gather(state, [0, 1], out);
    expect([...out]).toEqual([-1, 0, 1, -2, 0, 2]);
    const back = new Float32Array(6);
    units.scatter(out, [0, 1], null, back);
    expect(back).toEqual(state);
    units.scatter(Float32Array.of(1, 1, 1, 1, 1, 1), [0, 1], state, back);
    expect([...back]).toEqual([20, 30, 40, 45, 55, 65]);
  });
});
