/** The global network: its two symmetries, its linear path against a world that is one, its gradient. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { buildForecastStep } from '../../models/bayesian/model.js';
import { type GlobalConfig, GlobalNetwork } from '../../models/bayesian/networks/globalNetwork.js';
import { Hemispheres, signAt } from '../../models/bayesian/networks/hemispheres.js';
import { addView, symmetrise, type View } from '../../models/bayesian/networks/zonalSymmetry.js';
import { heldSource } from '../../models/bayesian/training/anomalySource.js';
import { fitPropagator } from '../../models/bayesian/training/fitPropagator.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Value } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomParameters, randomValues } from './bayesianFixture.js';

const day = 86_400_000;
const config: GlobalConfig = {
  kind: 'global',
  wavenumbers: 4,
  modes: 5,
  channels: 4,
  layers: 2,
  overlap: 1,
  truncation: 3,
};

/** Winds, a scalar and vorticity; rows with both poles and the equator, or neither (Gaussian-like). */
function globe(rows: number, columns = 8): Schema {
  const half = rows % 2 === 1 ? 90 : 90 - 90 / rows;
  return {
    grid: makeGrid(
      Array.from({ length: rows }, (_, i) => half - (2 * half * i) / (rows - 1)),
      Array.from({ length: columns }, (_, j) => (360 * j) / columns),
    ),
    channels: [
      { variable: 'z', level: 500, unit: 'm2 s-2' },
      { variable: 'u', level: 500, unit: 'm s-1' },
      { variable: 'v', level: 500, unit: 'm s-1' },
      { variable: 'vo', level: 500, unit: 's-1' },
    ],
  };
}

function randomNetwork(schema: Schema): { network: GlobalNetwork; parameters: Map<string, Tensor> } {
  const shapes = new GlobalNetwork(config, schema, {}).constantShapes;
  const constants = [...shapes].map(([name, shape], i) => [name, randomValues(elements(shape), i, 0.3)]);
  const network = new GlobalNetwork(config, schema, Object.fromEntries(constants));
  return { network, parameters: randomParameters(network) };
}

function step(network: GlobalNetwork, parameters: ReadonlyMap<string, Tensor>, state: Float32Array) {
  const inputs: Record<string, Float32Array> = { 'state.0': state, season: Float32Array.of(1) };
  for (const [name, { values }] of parameters) inputs[`weight.${name}`] = values;
  const { increment, amplitude } = runReference(buildForecastStep(network, 1, 1), inputs);
  return { increment: Float32Array.from(increment!), amplitude: Float32Array.from(amplitude!) };
}

const seen = (state: Float32Array, schema: Schema, view: View): Float32Array => {
  const out = new Float32Array(state.length);
  addView(state, schema, view, 1, out);
  return out;
};

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each([9, 11, 10, 8])('a step of the global network on %i rows', (rows) => {
  const schema = globe(rows);
  const { network, parameters } = randomNetwork(schema);
  const state = randomValues(network.stateLength, 7);
  const before = step(network, parameters, state);
  const turnedBy = (view: View) => ({
    after: step(network, parameters, seen(state, schema, view)),
    expected: {
      increment: seen(before.increment, schema, view),
      // an amplitude is no vector: seen in the mirror it keeps its sign
      amplitude: seen(before.amplitude, schema, view).map(Math.abs),
    },
  });

  it('of a globe turned by whole tokens is the step turned', () => {
    for (const columns of [2, 4, 6]) {
      const { after, expected } = turnedBy({ columns, mirrored: false });
      expect(largest(after.increment, expected.increment)).toBeLessThan(1e-5);
      expect(largest(after.amplitude, expected.amplitude)).toBeLessThan(1e-5);
    }
    const { after, expected } = turnedBy({ columns: 2, mirrored: false });
    expect(
      largest(
        after.increment,
        expected.increment.map((x) => -x),
      ),
    ).toBeGreaterThan(0.1);
  });

  it('of a globe in the mirror is the step in the mirror, and winds change sign in it', () => {
    const { after, expected } = turnedBy({ columns: 0, mirrored: true });
    expect(largest(after.increment, expected.increment)).toBeLessThan(1e-5);
    expect(largest(after.amplitude, expected.amplitude)).toBeLessThan(1e-5);
    expect(largest(after.increment, before.increment)).toBeGreaterThan(0.1);
    const flippedOnly = schema.channels.map((channel) => ({ ...channel, variable: 'z' }));
    const wrong = seen(state, { ...schema, channels: flippedOnly }, { columns: 0, mirrored: true });
    expect(largest(step(network, parameters, wrong).increment, expected.increment)).toBeGreaterThan(0.1);
  });
});

describe('an image of a hemisphere', () => {
  it.each([9, 10])('shows a wind across the pole as one wind, on %i rows', (rows) => {
    const schema = globe(rows);
    const globeOf = new Hemispheres(schema.grid);
    // one vector at the pole has these components on every meridian round it, northern or southern hemisphere
    const wind = (channel: string, point: number): number => {
      const angle = (2 * Math.PI * (point % 8)) / 8 + 0.3;
      const south = point >= (rows * 8) / 2;
      return channel === 'u' ? Math.sin(angle) : (south ? -1 : 1) * Math.cos(angle);
    };
    for (const image of [0, 1]) {
      for (const channel of schema.channels.slice(1, 3)) {
        for (let column = -2; column < 10; column++) {
          const values = [-1, 1].map((v) => {
            const at = globeOf.at(image, v, column);
            return signAt(channel, at) * wind(channel.variable, at.point);
          });
          expect(values[0]).toBeCloseTo(values[1]!, 12);
        }
      }
    }
    expect(globeOf.at(0, -1, 1).point % 8).toBe(5);
  });
});

describe('the linear path', () => {
  /** A world whose weather turns east by two columns a day and fades to 0.9, started anew now and then. */
  it('of a world that turns and fades is that world', async () => {
    const schema = globe(9);
    const n = 4 * 9 * 8;
    const days = 600;
    const values = new Float32Array(days * n);
    const { analysis } = smoothing(9, 8);
    for (let t = 0; t < days; t++) {
      const today = values.subarray(t * n, (t + 1) * n);
      if (t % 3 === 0) today.set(analysis(randomValues(n, t)));
      else addView(values.subarray((t - 1) * n, t * n), schema, { columns: 2, mirrored: false }, 0.9, today);
    }
    // the pairs that cross a new start are left out by a day's gap
    const times = Float64Array.from({ length: days }, (_, t) => (t + Math.floor(t / 3)) * day);
    const series = heldSource({ times, stateLength: n, values });
    const full = { ...config, modes: 20 };
    const constants = await fitPropagator(full, schema, series, {
      stepMilliseconds: day,
      ridge: 1e-9,
      threads: 1,
    });
    const network = new GlobalNetwork(full, schema, constants);
    const parameters = randomParameters(network);
    for (const name of ['token.out.weight', 'token.out.row']) parameters.get(name)!.values.fill(0);
    const state = analysis(randomValues(n, 5000));
    const { increment } = step(network, parameters, state);
    const expected = seen(state, schema, { columns: 2, mirrored: false }).map((x, i) => 0.9 * x - state[i]!);
    expect(largest(expected, new Float32Array(n))).toBeGreaterThan(0.5);
    expect(largest(increment, expected)).toBeLessThan(2e-3);
  });

  /** Keeps wavenumbers 0 … 3 of 8 columns: takes the mean over each fourth wave out. */
  function smoothing(rows: number, columns: number) {
    const analysis = (state: Float32Array): Float32Array =>
      state.map((value, i) => {
        const first = i - (i % columns);
        let alternating = 0;
        for (let j = 0; j < columns; j++) alternating += state[first + j]! * (j % 2 === 0 ? 1 : -1);
        return value - (alternating / columns) * (i % 2 === 0 ? 1 : -1);
      });
    return { rows, analysis };
  }
});

describe('the gradient of two steps of the global network', () => {
  it('agrees with central differences for every parameter', () => {
    const { network } = randomNetwork(globe(9));
    const n = network.stateLength;
    const b = new GraphBuilder();
    const parameters = new Map<string, Value>();
    for (const [name, shape] of network.parameters) parameters.set(name, b.input(name, [2, ...shape]));
    let state = b.input('state', [2, 1, n]);
    const season = b.input('season', [1, 1]);
    for (let s = 0; s < 2; s++) {
      const { increment, amplitude } = network.forward(b, parameters, { history: [state], season });
      state = b.add(b.add(state, increment), b.mul(amplitude, b.input(`noise.${s}`, [2, 1, n])));
    }
    const loss = b.reduceMean(b.mul(state, state));
    b.output('loss', loss);
    const names = [...network.parameters.keys()];
    gradient(b, loss, [...parameters.values()]).forEach((value, i) => {
      b.output(`d ${names[i]}`, value);
    });
    const graph = b.build();
    const inputs: Record<string, Float64Array> = {};
    graph.inputs.forEach(({ name, value }, i) => {
      const fan = name.endsWith('.weight') ? (value.shape[1] ?? 1) : 4;
      const size = network.parameters.has(name) ? Math.sqrt(1 / fan) : 1;
      inputs[name] = Float64Array.from(randomValues(elements(value.shape), i, size));
    });
    const gradients = runReference(graph, inputs);
    const only = { ...graph, outputs: graph.outputs.filter(({ name }) => name === 'loss') };
    const lossAt = (name: string, i: number, change: number): number => {
      const moved = Float64Array.from(inputs[name]!);
      moved[i]! += change;
      return runReference(only, { ...inputs, [name]: moved }).loss![0]!;
    };
    for (const name of names) {
      const found = gradients[`d ${name}`]!;
      const scale = found.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(scale, `gradient of ${name}`).toBeGreaterThan(0);
      const i = found.findIndex((value) => Math.abs(value) === scale);
      const expected = (lossAt(name, i, 1e-5) - lossAt(name, i, -1e-5)) / 2e-5;
      expect(Math.abs(found[i]! - expected) / scale, `${name}[${i}]`).toBeLessThan(1e-5);
    }
  });
});

describe('a grid that is no symmetric globe', () => {
  it.each([
    ['a region', makeGrid([70, 60, 50, 40], [0, 10, 20, 30])],
    ['hemispheres apart', makeGrid([80, 40, 0, -45], [0, 90, 180, 270])],
    ['an odd number of columns', makeGrid([60, 20, -20, -60], [0, 72, 144, 216, 288])],
  ])('is refused: %s', (_, grid) => {
    const schema = { ...globe(9), grid };
    expect(() => new GlobalNetwork(config, schema, {})).toThrow(/a global network needs .* the grid has/);
  });
});

describe('the symmetric climate', () => {
  it('is the same along parallels, and in the mirror', () => {
    const schema = globe(9);
    const fields = Float64Array.from(randomValues(4 * 72, 3));
    const whole = fields.slice();
    symmetrise(fields, schema);
    const state = Float32Array.from(fields);
    expect(seen(state, schema, { columns: 3, mirrored: true })).toEqual(state);
    // by hand: z of rows 1 and 7, and v of the same, whose mean is of their difference
    const mean = (channel: number, row: number) =>
      whole.subarray((channel * 9 + row) * 8, (channel * 9 + row + 1) * 8).reduce((sum, x) => sum + x, 0) / 8;
    expect(fields[8]).toBeCloseTo((mean(0, 1) + mean(0, 7)) / 2, 12);
    expect(fields[(2 * 9 + 7) * 8 + 5]).toBeCloseTo((mean(2, 7) - mean(2, 1)) / 2, 12);
  });
});
