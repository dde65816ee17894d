/** The network as a graph: its gradient, the independence of weight samples and rows, its symmetry, its start. */
import { Matrix, SingularValueDecomposition, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import type { Period } from '../../core/period.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { buildForecastStep } from '../../models/bayesian/model.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { type RegionalConfig, RegionalNetwork } from '../../models/bayesian/networks/regionalNetwork.js';
import { softplus } from '../../models/bayesian/posteriors/meanField.js';
import { evaluateSeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import { isHeld } from '../../models/bayesian/training/anomalySource.js';
import { initialNetwork, initialParameters } from '../../models/bayesian/training/initialise.js';
import { almostFairCrps } from '../../models/bayesian/training/losses.js';
import { readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Value } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { type SyntheticOptions, syntheticArchive } from '../syntheticArchive.js';
import {
  directConfig,
  randomParameters,
  randomValues,
  tinyConfig,
  tinyNetwork,
  tinySchema,
} from './bayesianFixture.js';

type Parameters = ReadonlyMap<string, Tensor>;

interface Row {
  readonly newest: Float32Array;
  readonly previous: Float32Array;
  /** For networks that see three states. */
  readonly oldest?: Float32Array;
  readonly season: readonly number[];
}

/** One step of K weight samples with R rows, in float64: increments and amplitudes [K, R, n]. */
function forward(
  network: Network,
  samples: readonly Parameters[],
  rows: readonly (readonly Row[])[],
): { increment: Float64Array; amplitude: Float64Array } {
  const R = rows[0]!.length;
  const inputs: Record<string, Float32Array> = {
    'state.0': Float32Array.from(rows.flat().flatMap(({ newest }) => [...newest])),
    'state.1': Float32Array.from(rows.flat().flatMap(({ previous }) => [...previous])),
    season: Float32Array.from(rows[0]!.flatMap(({ season }) => season)),
  };
  if (network.historyLength === 3) {
    inputs['state.2'] = Float32Array.from(rows.flat().flatMap(({ oldest }) => [...oldest!]));
  }
  for (const name of network.parameters.keys()) {
    inputs[`weight.${name}`] = Float32Array.from(
      samples.flatMap((tensors) => [...tensors.get(name)!.values]),
    );
  }
  const { increment, amplitude } = runReference(buildForecastStep(network, samples.length, R), inputs);
  return { increment: increment!, amplitude: amplitude! };
}

const row = (n: number, label: number) => ({
  newest: randomValues(n, label),
  previous: randomValues(n, label + 1),
  oldest: randomValues(n, label + 2),
  season: [1, Math.cos(label), Math.sin(label)],
});

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each<[string, SyntheticOptions, RegionalConfig]>([
  ['a region, two channels', { rows: 3, columns: 5, channels: 2 }, tinyConfig],
  ['round the globe', { rows: 4, columns: 6, global: true }, tinyConfig],
  ['a region, without EOFs', { rows: 3, columns: 5, channels: 2 }, directConfig],
])('the gradient of a rollout on %s', (_, options, config) => {
  it('agrees with central differences for every parameter', () => {
    const { network } = tinyNetwork(tinySchema(options), config);
    const n = network.stateLength;
    const [K, R, B] = [2, 2, 1];
    const b = new GraphBuilder();
    const parameters = new Map<string, Value>();
    for (const [name, shape] of network.parameters) parameters.set(name, b.input(name, [K, ...shape]));
    let history = Array.from({ length: network.historyLength }, (_, back) =>
      b.input(`state.${back}`, [K, R, n]),
    );
    const season = b.input('season', [R, 3]);
    const noise = b.input('noise', [K, R, n]);
    for (let step = 0; step < 2; step++) {
      const { increment, amplitude } = network.forward(b, parameters, { history, season });
      const next = b.add(b.add(history[0]!, increment), b.mul(amplitude, noise));
      history = [next, ...history.slice(0, -1)];
    }
    const area = b.constant(new Float32Array(n).fill(1), [n]);
    const members = b.reshape(history[0]!, [K * R, B, n]);
    const loss = almostFairCrps(b, members, b.input('truth', [B, n]), area, 0.95);
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
    const step = 1e-5;
    for (const name of names) {
      const found = gradients[`d ${name}`]!;
      const scale = found.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(scale, `gradient of ${name}`).toBeGreaterThan(0);
      const strongest = found.findIndex((value) => Math.abs(value) === scale);
      for (const i of new Set([strongest, 0, Math.floor(0.6 * found.length)])) {
        const expected = (lossAt(name, i, step) - lossAt(name, i, -step)) / (2 * step);
        expect(Math.abs(found[i]! - expected) / scale, `${name}[${i}]`).toBeLessThan(1e-5);
      }
    }
  });
});

describe.each([
  ['with EOFs', tinyConfig],
  ['of windows alone', directConfig],
])('a step of the network %s', (_, config) => {
  const { network } = tinyNetwork(tinySchema({ rows: 5, columns: 7, channels: 2 }), config);
  const n = network.stateLength;
  const samples = [0, 1, 2].map((k) => randomParameters(network, 1000 * (k + 1)));
  // rows share the time of the batch
  const states = samples.map((_, k) =>
    [0, 1].map((r) => ({ ...row(n, 10 * k + 3 * r), season: [1, 0.6, 0.8] })),
  );

  it('of each weight sample is that of the sample alone', () => {
    const together = forward(network, samples, states);
    samples.forEach((sample, k) => {
      const alone = forward(network, [sample], [states[k]!]);
      const part = (all: Float64Array) => all.subarray(k * 2 * n, (k + 1) * 2 * n);
      expect(largest(alone.increment, part(together.increment))).toBeLessThan(1e-12);
      expect(largest(alone.amplitude, part(together.amplitude))).toBeLessThan(1e-12);
    });
    expect(
      largest(together.increment.subarray(0, n), together.increment.subarray(2 * n, 3 * n)),
    ).toBeGreaterThan(0.1);
  });

  it('of a row is that of the row alone, wherever it stands', () => {
    const rows = states.flat();
    const all = forward(network, [samples[0]!], [rows]);
    const reversed = forward(network, [samples[0]!], [[...rows].reverse()]);
    rows.forEach((one, r) => {
      const alone = forward(network, [samples[0]!], [[one]]);
      const at = rows.length - 1 - r;
      for (const kind of ['increment', 'amplitude'] as const) {
        expect(largest(alone[kind], all[kind].subarray(r * n, (r + 1) * n))).toBeLessThan(1e-12);
        expect(largest(alone[kind], reversed[kind].subarray(at * n, (at + 1) * n))).toBeLessThan(1e-12);
      }
    });
  });

  it('has positive amplitudes and sees all its states, the season and the climate', () => {
    const base = row(n, 1);
    const sample = samples[0]!;
    const before = forward(network, [sample], [[base]]);
    expect(before.amplitude.every((value) => value > 0)).toBe(true);
    const changed = [
      { ...base, newest: randomValues(n, 77) },
      { ...base, previous: randomValues(n, 77) },
      ...(config.history === 3 ? [{ ...base, oldest: randomValues(n, 77) }] : []),
      { ...base, season: [1, 0, 1] },
    ];
    for (const other of changed) {
      const after = forward(network, [sample], [[other]]);
      expect(largest(before.increment, after.increment)).toBeGreaterThan(1e-3);
      expect(largest(before.amplitude, after.amplitude)).toBeGreaterThan(1e-3);
    }
    const flat = new RegionalNetwork(network.config, network.schema, {
      ...(config.eofs > 0 ? { projection: randomValues(n * config.eofs, 1, 1 / Math.sqrt(n)) } : {}),
      climate: new Float32Array(3 * n),
    });
    expect(largest(before.increment, forward(flat, [sample], [[base]]).increment)).toBeGreaterThan(1e-3);
  });

  it('refuses to be written without one of its parameters', () => {
    const b = new GraphBuilder();
    const state = b.input('state', [1, 1, n]);
    const inputs = { history: [state, state, state], season: b.input('season', [1, 3]) };
    expect(() => network.forward(b, new Map(), inputs)).toThrow(/no parameter "/);
  });
});

it('a configuration that contradicts itself is refused, naming what', () => {
  const made = (config: RegionalConfig) => () => tinyNetwork(tinySchema(), config);
  expect(made({ ...directConfig, hidden: 3 })).toThrow(/hidden path of 3 units sees EOFs, and eofs is 0/);
  expect(made({ ...directConfig, entry: 4 })).toThrow(/entry is 4 tokens a side/);
  expect(made({ ...directConfig, kernel: 2 })).toThrow(/kernel is 2 tokens a side/);
});

it('where no place is learned, what a point gives depends on where it lies, by latitude and longitude', () => {
  const { network } = tinyNetwork(tinySchema({ rows: 4, columns: 8 }), {
    ...directConfig,
    layers: 0,
    entry: 1,
  });
  const n = network.stateLength;
  const flat = { newest: new Float32Array(n), previous: new Float32Array(n), oldest: new Float32Array(n) };
  const bare = new RegionalNetwork(network.config, network.schema, { climate: new Float32Array(3 * n) });
  const parameters = randomParameters(bare);
  parameters.get('amplitude.bias')!.values.fill(0.3);
  const { increment } = forward(bare, [parameters], [[{ ...flat, season: [1, 0, 1] }]]);
  // two points of the same piece of their tokens, one token apart, far from the edges
  for (const [from, to] of [
    [2, 4],
    [2, 18],
  ] as const) {
    expect(Math.abs(increment[from]! - increment[to]!), `${from} and ${to}`).toBeGreaterThan(1e-3);
  }
});

describe('rotating the globe', () => {
  /** The network without what knows a place: constants, positions, and output weights by point. */
  function withoutPlaces(options: SyntheticOptions): { network: Network; parameters: Map<string, Tensor> } {
    const schema = tinySchema(options);
    const n = schema.channels.length * schema.grid.latitudes.length * schema.grid.longitudes.length;
    const network = new RegionalNetwork(tinyConfig, schema, {
      projection: new Float32Array(n * tinyConfig.eofs),
      climate: new Float32Array(3 * n),
    });
    const parameters = randomParameters(network);
    for (const name of ['local.position', 'hidden.out.weight', 'amplitude.bias']) {
      parameters.get(name)!.values.fill(name === 'amplitude.bias' ? 0.3 : 0);
    }
    return { network, parameters };
  }

  /** Every row of the grid turned east by so many columns. */
  const rotate = <A extends Float32Array | Float64Array>(values: A, columns: number, by: number): A => {
    const out = values.slice() as A;
    for (let i = 0; i < values.length; i++) {
      const first = i - (i % columns);
      out[first + (((i % columns) + by) % columns)] = values[i]!;
    }
    return out;
  };

  const turned = (options: SyntheticOptions, by: number): number => {
    const { network, parameters } = withoutPlaces(options);
    const columns = network.schema.grid.longitudes.length;
    const state = row(network.stateLength, 5);
    const before = forward(network, [parameters], [[state]]);
    const rotated = {
      ...state,
      newest: rotate(state.newest, columns, by),
      previous: rotate(state.previous, columns, by),
    };
    const after = forward(network, [parameters], [[rotated]]);
    return Math.max(
      largest(after.increment, rotate(before.increment, columns, by)),
      largest(after.amplitude, rotate(before.amplitude, columns, by)),
    );
  };

  it('by whole tokens rotates the forecast', () => {
    const globe = { rows: 5, columns: 8, channels: 2, global: true } as const;
    for (const by of [2, 4, 6]) expect(turned(globe, by)).toBeLessThan(1e-12);
  });

  it('does not rotate the forecast of a region, whose edges stay where they are', () => {
    expect(turned({ rows: 5, columns: 8, channels: 2 }, 2)).toBeGreaterThan(1e-3);
  });
});

async function fitted(archive: Archive, period: Period) {
  const { cycle, source } = await readTrainingData(archive, period, { climate: { harmonics: 1 }, name: 'a' });
  if (!isHeld(source)) throw new Error('a short period is held');
  return { cycle, series: source };
}

describe('before training', () => {
  const archive = syntheticArchive({ days: 300, rows: 4, columns: 6 });
  const period = { from: archive.times[0]!, to: archive.times[299]! };
  const options = { stepMilliseconds: 86_400_000, ridge: 0.05, threads: 1 };
  const begin = { seed: 1, amplitude: 0.25 };

  it('the network is the ridge regression of the increment on the EOFs of two states', async () => {
    const { cycle, series } = await fitted(archive, period);
    const initial = await initialNetwork(tinyConfig, archive.schema, series, cycle, options);
    const { network } = initial;
    const parameters = initialParameters(initial, begin);
    const n = series.stateLength;
    const count = network.parameters.get('linear.weight')![0]! / 2;
    // the same regression once more, by the singular vectors of the weighted anomalies and unscaled coefficients
    const area = pointWeights(archive.schema.grid).map(Math.sqrt);
    const times = series.times.length;
    const weighted = new Matrix(times, n);
    for (let t = 0; t < times; t++)
      for (let i = 0; i < n; i++) weighted.set(t, i, series.values[t * n + i]! * area[i]!);
    const patterns = new SingularValueDecomposition(weighted, { autoTranspose: true }).rightSingularVectors;
    const coefficients = weighted.mmul(patterns.subMatrix(0, n - 1, 0, count - 1));
    const rows = Array.from({ length: times - 2 }, (_, i) => i + 1);
    const inputs = new Matrix(rows.map((t) => [...coefficients.getRow(t), ...coefficients.getRow(t - 1)]));
    const targets = new Matrix(
      rows.map((t) =>
        Array.from({ length: n }, (_, i) => series.values[(t + 1) * n + i]! - series.values[t * n + i]!),
      ),
    );
    const normal = inputs.transpose().mmul(inputs);
    let penalty = 0;
    for (let k = 0; k < count; k++) penalty += (options.ridge * normal.get(k, k)) / count;
    for (let k = 0; k < 2 * count; k++) normal.set(k, k, normal.get(k, k) + penalty);
    const regression = solve(normal, inputs.transpose().mmul(targets));
    const expected = inputs.mmul(regression);

    for (const at of [0, 40, 200]) {
      const t = rows[at]!;
      const state = (time: number) => series.values.slice(time * n, (time + 1) * n);
      const found = forward(
        network,
        [parameters],
        [[{ newest: state(t), previous: state(t - 1), season: [1, 0.5, 0.5] }]],
      );
      // the penalties differ by what variances over all times and over the samples differ, 1 in 300
      expect(largest(found.increment, expected.getRow(at))).toBeLessThan(1e-3);
      expect(largest(found.amplitude, new Float64Array(n).fill(begin.amplitude))).toBeLessThan(1e-6);
    }
    expect(largest(expected.getRow(40), new Float64Array(n))).toBeGreaterThan(0.05);
  });

  it('a network without EOFs is persistence, and asks for no sums over the data but their climate', async () => {
    const { cycle, series } = await fitted(archive, period);
    const initial = await initialNetwork(directConfig, archive.schema, series, cycle, options);
    expect(Object.keys(initial.constants)).toEqual(['climate']);
    const parameters = initialParameters(initial, begin);
    const found = forward(initial.network, [parameters], [[row(series.stateLength, 3)]]);
    expect(largest(found.increment, new Float64Array(series.stateLength))).toBe(0);
  });

  it('hidden layers hold random weights of unit gain, keyed by the seed, and output layers zeros', async () => {
    const { cycle, series } = await fitted(archive, period);
    const config = { ...tinyConfig, channels: 32, hidden: 64 };
    const initial = await initialNetwork(config, archive.schema, series, cycle, options);
    const make = (seed: number) => initialParameters(initial, { ...begin, seed });
    const first = make(1);
    expect(make(1)).toEqual(first);
    expect(make(2).get('local.in.weight')).not.toEqual(first.get('local.in.weight'));
    for (const name of ['hidden.out.weight', 'local.out.weight', 'local.in.bias']) {
      expect(first.get(name)!.values.every((value) => value === 0)).toBe(true);
    }
    const { shape, values } = first.get('local.0.weight')!;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(variance * shape[0]! - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
    expect(softplus(first.get('amplitude.bias')!.values[0]!)).toBeCloseTo(begin.amplitude, 6);
  });

  it('the climate it sees is the seasonal cycle in units of the scale, less the mean of each channel', async () => {
    const { cycle, series } = await fitted(archive, period);
    const { constants } = await initialNetwork(tinyConfig, archive.schema, series, cycle, options);
    const n = series.stateLength;
    const january = new Float32Array(n);
    evaluateSeasonalCycle(cycle, Date.UTC(2001, 0, 1), january);
    const seen = january.map((_, i) => constants.climate![i]! + constants.climate![n + i]!);
    const offset = january[0]! / cycle.scale[0]! - seen[0]!;
    january.forEach((value, i) => {
      expect(value / cycle.scale[0]! - seen[i]!).toBeCloseTo(offset, 3);
    });
    expect(constants.climate!.subarray(0, n).reduce((sum, value) => sum + value, 0) / n).toBeCloseTo(0, 4);
  });
});
