/** The Earth-specific transformer: what reaches what, rotations of the globe, order of levels, time of day, batches, shapes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../../core/schema.js';
import { seasonBasis, timeBasis, timeTerms } from '../../core/season.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { readModel, writeModel } from '../../models/bayesian/modelDirectory.js';
import {
  EarthTransformer,
  type EarthTransformerConfig,
} from '../../models/bayesian/networks/earthTransformer.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { elements, type Graph } from '../../models/graph/graph.js';
import { createOnnxExecutor, tensorData } from '../../models/graph/onnxExecutor.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomParameters, randomValues, tinyParts } from './bayesianFixture.js';
import { layeredSchema, smallTransformer, transformer } from './earthFixture.js';

type Weights = ReadonlyMap<string, Tensor>;

/** One step of K weight samples with R rows. */
function stepGraph(network: Network, samples: number, rows: number): Graph {
  const b = new GraphBuilder();
  const weights = new Map(
    [...network.parameters].map(([name, shape]) => [name, b.input(`weight.${name}`, [samples, ...shape])]),
  );
  const history = Array.from({ length: network.historyLength }, (_, back) =>
    b.input(`state.${back}`, [samples, rows, network.stateLength]),
  );
  const season = b.input('season', [rows, timeTerms(network)]);
  const { increment, amplitude } = network.forward(b, weights, { history, season });
  b.output('increment', increment);
  b.output('amplitude', amplitude);
  return b.build();
}

interface Fed {
  readonly samples: readonly Weights[];
  /** [K][R]: newest state first. */
  readonly states: readonly (readonly Float32Array[])[][];
  /** [R] */
  readonly seasons: readonly ArrayLike<number>[];
}

function inputsOf(network: Network, { samples, states, seasons }: Fed): Record<string, Float32Array> {
  const inputs: Record<string, Float32Array> = { season: joined(seasons) };
  for (let back = 0; back < network.historyLength; back++) {
    inputs[`state.${back}`] = joined(states.flat().map((history) => history[back]!));
  }
  for (const name of network.parameters.keys()) {
    inputs[`weight.${name}`] = joined(samples.map((tensors) => tensors.get(name)!.values));
  }
  return inputs;
}

function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}

/** The increment and amplitude of one state, in float64. */
function single(
  network: Network,
  parameters: Weights,
  state: Float32Array,
  season: ArrayLike<number> = [1, 0.6, 0.8],
): { increment: Float64Array; amplitude: Float64Array } {
  const fed = { samples: [parameters], states: [[[state, state]]], seasons: [season] };
  const { increment, amplitude } = runReference(stepGraph(network, 1, 1), inputsOf(network, fed));
  return { increment: increment!, amplitude: amplitude! };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

/** Every row of the grid turned east by so many columns. */
function rotated<A extends Float32Array | Float64Array>(values: A, columns: number, by: number): A {
  const out = values.slice() as A;
  for (let i = 0; i < values.length; i++) {
    out[i - (i % columns) + (((i % columns) + by) % columns)] = values[i]!;
  }
  return out;
}

/** The amplitude's bias has a number for every point; the same for all of them, it knows no place. */
function withoutPlaces(network: Network): Map<string, Tensor> {
  const parameters = randomParameters(network);
  parameters.get('amplitude.bias')!.values.fill(0.3);
  return parameters;
}

describe('rotating the globe', () => {
  // 12 columns of tokens, 6 at half the resolution: windows of 3 close the circle at both
  const schema = layeredSchema({
    rows: 9,
    columns: 24,
    levels: [850, 500, 250],
    variables: ['t', 'u'],
    surface: ['msl'],
  });
  const whole = 12;

  it('by whole windows rotates the forecast, where the constants are zero', () => {
    const network = transformer(schema, { constants: ['orography', 'latitude', 'season'] });
    const parameters = withoutPlaces(network);
    const state = randomValues(network.stateLength, 5);
    const before = single(network, parameters, state);
    const after = single(network, parameters, rotated(state, 24, whole));
    expect(largest(after.increment, rotated(before.increment, 24, whole))).toBeLessThan(1e-12);
    expect(largest(after.amplitude, rotated(before.amplitude, 24, whole))).toBeLessThan(1e-12);
    const other = single(network, parameters, rotated(state, 24, 2));
    expect(largest(other.increment, rotated(before.increment, 24, 2))).toBeGreaterThan(1e-3);
  });

  it('does not rotate it where the orography is not the same all along', () => {
    const orography = randomValues(9 * 24, 8);
    const network = new EarthTransformer(smallTransformer, schema, { orography });
    const parameters = withoutPlaces(network);
    const state = randomValues(network.stateLength, 5);
    const before = single(network, parameters, state);
    const after = single(network, parameters, rotated(state, 24, whole));
    expect(largest(after.increment, rotated(before.increment, 24, whole))).toBeGreaterThan(1e-3);
  });

  it('rotates the forecast with the time of day: only local solar time counts', () => {
    const network = transformer(schema, { constants: ['time-of-day'] });
    const parameters = withoutPlaces(network);
    const state = randomValues(network.stateLength, 5);
    const at = (hours: number): Float64Array => timeBasis(Date.UTC(2001, 0, 1, hours), network);
    const before = single(network, parameters, state, at(3));
    const sameTime = single(network, parameters, rotated(state, 24, whole), at(3));
    // half a circle further east the sun stands as it stood when it is twelve hours earlier
    const same = single(network, parameters, rotated(state, 24, whole), withSeasonOf(at(15), at(3)));
    expect(largest(same.increment, rotated(before.increment, 24, whole))).toBeLessThan(1e-6);
    expect(largest(sameTime.increment, rotated(before.increment, 24, whole))).toBeGreaterThan(1e-3);
  });
});

/** The time of day of one basis with the season of another. */
function withSeasonOf(day: Float64Array, season: Float64Array): Float64Array {
  const basis = season.slice();
  basis.set(day.slice(-2), basis.length - 2);
  return basis;
}

describe('what a step is told of the time', () => {
  it('is the season, and the time of day behind it where it is asked for', () => {
    const time = Date.UTC(2001, 6, 2, 6);
    expect(timeBasis(time, { harmonics: 2 })).toEqual(seasonBasis(time, 2));
    const told = timeBasis(time, { harmonics: 1, dayTime: true });
    expect(told.subarray(0, 3)).toEqual(seasonBasis(time, 1));
    // six o'clock is a quarter of the circle
    expect(told[3]).toBeCloseTo(0, 9);
    expect(told[4]).toBeCloseTo(1, 9);
    expect(timeTerms({ harmonics: 1, dayTime: true })).toBe(5);
  });
});

describe('the order of levels', () => {
  it('is that of pressure inside, whatever the schema has', () => {
    const shape = { rows: 6, columns: 8, variables: ['t', 'u'], surface: ['msl'] } as const;
    const up = layeredSchema({ ...shape, levels: [850, 500, 250] });
    const down = layeredSchema({ ...shape, levels: [250, 850, 500] });
    const network = transformer(up);
    const parameters = withoutPlaces(network);
    const state = randomValues(network.stateLength, 3);
    const reordered = (values: Float32Array | Float64Array): Float64Array =>
      Float64Array.from({ length: values.length }, (_, i) => {
        const channel = down.channels[Math.floor(i / 48)]!;
        const from = up.channels.findIndex(
          (c) => c.level === channel.level && c.variable === channel.variable,
        );
        return values[from * 48 + (i % 48)]!;
      });
    const expected = single(network, parameters, state);
    const found = single(transformer(down), parameters, Float32Array.from(reordered(state)));
    expect(largest(found.increment, reordered(expected.increment))).toBeLessThan(1e-12);
    expect(largest(expected.increment, new Float64Array(network.stateLength))).toBeGreaterThan(0.1);
  });
});

describe('a batch of weight samples on the CPU', () => {
  const shapes = { rows: 5, columns: 7, surface: ['msl'] } as const;
  const schemas: readonly (readonly [string, Schema, Partial<EarthTransformerConfig>])[] = [
    [
      'on a globe with levels',
      layeredSchema({
        rows: 9,
        columns: 12,
        levels: [850, 500, 250],
        variables: ['t', 'u'],
        surface: ['msl'],
      }),
      { channels: 10, heads: [5, 2, 4, 1] },
    ],
    [
      'in a region at one level',
      layeredSchema({ ...shapes, region: true }),
      { patch: [1, 1, 1], norm: 'pre' },
    ],
    [
      'with two states and columns that fill no window',
      layeredSchema({ rows: 7, columns: 10, levels: [500], variables: ['z'] }),
      { historyLength: 2, patch: [1, 1, 2], window: [2, 3, 2], channels: 16, heads: [1, 1, 4, 8] },
    ],
  ];

  it.each(schemas)('%s: each member is the single run to the bit', async (_, schema, changes) => {
    const network = transformer(schema, changes);
    const [K, R] = [3, 2];
    const samples = Array.from({ length: K }, (_, k) => randomParameters(network, 1000 * (k + 1)));
    const states = samples.map((_, k) =>
      Array.from({ length: R }, (_, r) =>
        [0, 1].map((t) => randomValues(network.stateLength, 100 * k + 10 * r + t)),
      ),
    );
    const season = [1, 0.6, 0.8];
    const run = async (fed: Fed): Promise<{ increment: Float32Array; amplitude: Float32Array }> => {
      const graph = stepGraph(network, fed.samples.length, fed.states[0]!.length);
      const executor = await createOnnxExecutor(graph, { device: 'cpu' });
      const results = await executor.run(inputsOf(network, fed));
      const [increment, amplitude] = [tensorData(results.increment), tensorData(results.amplitude)];
      const copies = { increment: increment.slice(), amplitude: amplitude.slice() };
      await executor.release();
      return copies;
    };
    const together = await run({ samples, states, seasons: [season, season] });
    const n = network.stateLength;
    for (let k = 0; k < K; k++) {
      for (let r = 0; r < R; r++) {
        const alone = await run({ samples: [samples[k]!], states: [[states[k]![r]!]], seasons: [season] });
        const at = (k * R + r) * n;
        expect(alone.increment).toEqual(together.increment.subarray(at, at + n));
        expect(alone.amplitude).toEqual(together.amplitude.subarray(at, at + n));
      }
    }
    expect(largest(together.increment.subarray(0, n), together.increment.subarray(n, 2 * n))).toBeGreaterThan(
      0.1,
    );
  });
});

describe('a model directory', () => {
  it('gives a transformer back as it was written, fields of the place included', async () => {
    const schema = layeredSchema({
      rows: 6,
      columns: 8,
      levels: [500, 850],
      variables: ['t'],
      surface: ['msl'],
    });
    const config = { ...smallTransformer, constants: ['orography', 'season', 'time-of-day'] } as const;
    const orography = randomValues(48, 4);
    const network = new EarthTransformer(config, schema, { orography });
    const weights = randomParameters(network);
    const n = network.stateLength;
    const scratch = await mkdtemp(join(tmpdir(), 'plume-earth-'));
    const plain = tinyParts();
    await writeModel(scratch, {
      ...plain,
      schema,
      network: config,
      constants: { orography },
      cycle: { harmonics: 1, coefficients: new Float32Array(3 * n), scale: new Float32Array(3).fill(1) },
      components: [
        new Map(
          [...weights].flatMap(([name, tensor]) => [
            [`mean.${name}`, tensor] as const,
            [`rho.${name}`, { ...tensor, values: new Float32Array(tensor.values.length).fill(-3) }] as const,
          ]),
        ),
      ],
    });
    const found = await readModel(scratch);
    await rm(scratch, { recursive: true });
    expect(found.network).toEqual(config);
    expect(found.constants).toEqual({ orography });
    for (const [name, { values }] of weights) {
      expect(found.components[0]!.get(`mean.${name}`)!.values, name).toEqual(values);
    }
  });
});

describe('paths left out in training', () => {
  it('leave the tokens as they are, and factors of one change nothing', () => {
    const schema = layeredSchema({ rows: 4, columns: 8, surface: ['msl'] });
    const network = transformer(schema);
    const parameters = withoutPlaces(network);
    const b = new GraphBuilder();
    const weights = new Map(
      [...network.parameters].map(([name, shape]) => [
        name,
        b.constant(parameters.get(name)!.values, [1, ...shape]),
      ]),
    );
    const state = b.constant(randomValues(network.stateLength, 1), [1, 1, network.stateLength]);
    const season = b.constant(Float32Array.of(1, 0.6, 0.8), [1, 3]);
    const shapes = [...network.dropoutShapes(1, 1)];
    expect(shapes).toHaveLength(2 * 5);
    const factors = (value: number) =>
      new Map(
        shapes.map(([name, shape]) => [
          name,
          b.constant(new Float32Array(elements(shape)).fill(value), shape),
        ]),
      );
    const write = (name: string, dropout?: ReturnType<typeof factors>): void => {
      const inputs = { history: [state], season, ...(dropout === undefined ? {} : { dropout }) };
      b.output(name, network.forward(b, weights, inputs).increment);
    };
    write('plain');
    write('kept', factors(1));
    write('dropped', factors(0));
    const { plain, kept, dropped } = runReference(b.build(), {});
    expect(largest(kept!, plain!)).toBeLessThan(1e-12);
    expect(largest(dropped!, plain!)).toBeGreaterThan(1e-3);
  });
});

describe('sizes that do not fit', () => {
  const schema = layeredSchema({ rows: 4, columns: 8, surface: ['msl'] });
  it('of heads are refused', () => {
    expect(() => transformer(schema, { heads: [4, 3, 3, 2] })).toThrow(/stage 1 has 4 heads of 1.5 channels/);
    expect(() => transformer(schema, { heads: [2, 3, 12, 2] })).toThrow(/stage 3 has 12 heads of 1 channels/);
  });
  it('of patches that leave one token are refused', () => {
    expect(() => transformer(schema, { patch: [1, 4, 8] })).toThrow(
      /expected two or more; choose smaller patches/,
    );
  });
  it('a step from too few states is refused', () => {
    const network = transformer(schema, { historyLength: 2 });
    const b = new GraphBuilder();
    const state = b.input('state', [1, 1, network.stateLength]);
    expect(() =>
      network.forward(b, new Map(), { history: [state], season: b.input('season', [1, 3]) }),
    ).toThrow(/1 states, 2 needed/);
  });
});
