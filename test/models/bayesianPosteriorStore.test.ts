/** Models with every kind of posterior: stored and opened again, members that stay pure, clear words for what is wrong. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import type { Tensors } from '../../core/store/tensorFile.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { BayesianModel, buildForecastStep } from '../../models/bayesian/model.js';
import {
  type ModelDescription,
  type ModelParts,
  readModel,
  writeModel,
} from '../../models/bayesian/modelDirectory.js';
import { createNetwork } from '../../models/bayesian/networks/createNetwork.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { DropoutFamily } from '../../models/bayesian/posteriors/dropout.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import { openPosterior } from '../../models/bayesian/posteriors/openPosterior.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { RankOneFamily } from '../../models/bayesian/posteriors/rankOne.js';
import { SwagCollector } from '../../models/bayesian/posteriors/swagCollector.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomParameters, randomValues, tinyParts } from './bayesianFixture.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-posterior-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
let next = 0;

const whole = tinyParts({ rows: 5, columns: 7, noiseScale: 0 });
const network = createNetwork(whole.network, whole.schema, whole.constants);
const start = { initialSigma: 0.3, priorSigma: 0.5, floor: 0.01 };

function trained(label: number): Tensors {
  return new Map(
    [...randomParameters(network, label)].map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map((value) => 0.3 * value) },
    ]),
  );
}

function snapshots(label: number): Tensors {
  const collector = new SwagCollector(network.parameters, (name) => network.isRandom(name), {
    rank: 3,
    everySteps: 1,
  });
  for (let i = 0; i < 5; i++) {
    const moved = [...trained(label)].map(([name, { shape, values }], at) => {
      const shift = randomValues(values.length, 900 + 40 * i + at, 0.05);
      return [name, { shape, values: values.map((value, j) => value + shift[j]!) }] as const;
    });
    collector.add(new Map(moved));
  }
  return collector.tensors();
}

type Posterior = ModelDescription['posterior'];
const common = { components: 2, seed: 5, scale: 1 };
const learned = { ...common, prior_sigma: 0.5, beta: 0.01 };
const kinds: readonly (readonly [Posterior, (label: number) => Tensors])[] = [
  [{ kind: 'point', components: 2, seed: 5 }, (label) => new PointFamily(network).start(trained(label))],
  [{ kind: 'mean-field', ...learned }, (label) => new MeanFieldFamily(network, start).start(trained(label))],
  [{ kind: 'rank-one', ...learned }, (label) => new RankOneFamily(network, start).start(trained(label))],
  [
    { kind: 'dropout', ...learned, rate: 0.25 },
    (label) => new DropoutFamily(network, 0.25).start(trained(label)),
  ],
  [{ kind: 'swag', ...common, rank: 3 }, snapshots],
];

function partsOf(posterior: Posterior, tensors: (label: number) => Tensors): ModelParts {
  return {
    ...whole,
    components: [tensors(300), tensors(600)],
    settings: { ...whole.settings, posterior },
  };
}

async function written(parts: ModelParts): Promise<string> {
  const directory = join(root, String(next++));
  await writeModel(directory, parts);
  return directory;
}

/** States after each of three steps of K × J members, without noise. */
async function members(
  model: BayesianModel,
  [firstWeightSample, weightSamples, noiseStreams]: readonly [number, number, number],
  batchMembers: number,
): Promise<Float32Array[]> {
  const states: Float32Array[] = [];
  const request = {
    seed: 3,
    start: Date.UTC(2003, 0, 10),
    analyses: [7, 8].map((label) => randomValues(35, label, 800).map((value) => 101_300 + value)),
    block: { firstWeightSample, weightSamples },
    noiseStreams,
    steps: 3,
    batchMembers,
  };
  for await (const all of trajectory(model, [], request)) states.push(Float32Array.from(all));
  return states;
}

describe.each(kinds)('a model whose posterior is $kind', (posterior, tensors) => {
  const parts = partsOf(posterior, tensors);

  it('is read as it was written, and draws the same weights', async () => {
    const directory = await written(parts);
    const model = await readModel(directory);
    expect(model.description.posterior).toEqual(posterior);
    expect(model.components.map((component) => [...component.keys()])).toEqual(
      parts.components.map((component) => [...component.keys()]),
    );
    const [before, after] = [parts.components, model.components].map((components) =>
      openPosterior(posterior, components, network),
    );
    for (const weightSample of [0, 1, 5]) {
      const expected = before!.sample({ seed: 5, weightSample });
      for (const [name, { shape, values }] of after!.sample({ seed: 5, weightSample })) {
        expect(shape).toEqual(expected.get(name)?.shape);
        // widths are kept to three digits, centres whole
        values.forEach((value, i) => {
          expect(Math.abs(value - expected.get(name)!.values[i]!)).toBeLessThan(2e-3);
        });
      }
    }
    expect(after!.mean()).toEqual(before!.mean());
  });

  it('makes members that are pure: the same alone, in batches and among more', async () => {
    const model = new BayesianModel(await readModel(await written(parts)), { device: 'cpu' });
    const all = await members(model, [0, 4, 2], 8);
    expect(all.every((states) => states.every(Number.isFinite))).toBe(true);
    expect(await members(model, [0, 4, 2], 1)).toEqual(all);
    const two = await members(model, [2, 2, 2], 3);
    expect(two).toEqual(all.map((states) => states.subarray(4 * 35)));
    // streams of one weight sample are one forecast without noise; components, and samples unless they are points, differ
    const texts = Array.from({ length: 8 }, (_, m) => all[2]!.subarray(m * 35, (m + 1) * 35).join());
    for (const k of [0, 1, 2, 3]) expect(texts[2 * k]).toBe(texts[2 * k + 1]);
    expect(new Set(texts).size).toBe(posterior.kind === 'point' ? 2 : 4);
    await model.close();
  });

  it('keeps one set of weights, masks and factors included, through the whole forecast', async () => {
    const read = await readModel(await written(parts));
    const model = new BayesianModel(read, { device: 'cpu' });
    const found = await members(model, [3, 1, 1], 1);
    await model.close();
    const weights = openPosterior(posterior, read.components, network).sample({ seed: 5, weightSample: 3 });
    const expected = forecastWith(network, weights);
    found.forEach((states, step) => {
      states.forEach((value, i) => {
        expect(Math.abs(value - expected[step]![i]!)).toBeLessThan(0.1);
      });
    });
    // the mean network is another one, unless the posterior is a point
    const still = new BayesianModel(read, { device: 'cpu' }, { weights: 'mean' });
    const [first] = await members(still, [0, 1, 1], 1);
    const [third] = await members(still, [3, 1, 1], 1);
    expect(third).toEqual(first);
    expect(first).not.toEqual(found[0]);
    await still.close();
  });
});

/** Three steps of the network with fixed weights, float64: anomalies in units of 800 Pa around a constant climate. */
function forecastWith({ stateLength: n }: Network, weights: Tensors): Float64Array[] {
  const graph = buildForecastStep(network, 1, 1);
  const inputs: Record<string, ArrayLike<number>> = {};
  for (const [name, { values }] of weights) inputs[`weight.${name}`] = values;
  let [newest, previous] = [7, 8].map((label) =>
    Float64Array.from(randomValues(n, label, 800), (value) => Math.fround(101_300 + value) / 800 - 126.625),
  ) as [Float64Array, Float64Array];
  const day = 86_400_000;
  return [0, 1, 2].map((step) => {
    const time = Date.UTC(2003, 0, 10) + step * day;
    const phase = (2 * Math.PI * ((time - Date.UTC(2003, 0, 1)) / day)) / 365.2425;
    const season = [1, Math.cos(phase), Math.sin(phase)];
    const { increment } = runReference(graph, { ...inputs, 'state.0': newest, 'state.1': previous, season });
    const state = newest.map((value, i) => Math.max(-8, Math.min(8, value + increment![i]!)));
    [newest, previous] = [state, newest];
    return state.map((value) => 800 * (value + 126.625));
  });
}

describe('a model directory with a posterior that is not whole', () => {
  const rankOne = kinds[2]!;
  const dropout = kinds[3]!;

  async function refusal(directory: string): Promise<string> {
    const error: unknown = await readModel(directory).catch((reason: unknown) => reason);
    expect(isPlumeError(error) && error.tag).toBe('data');
    return String(error);
  }

  async function changed(
    parts: ModelParts,
    change: (json: { posterior: Record<string, unknown> }) => void,
  ): Promise<string> {
    const directory = await written(parts);
    const path = join(directory, 'model.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as { posterior: Record<string, unknown> };
    change(json);
    await writeFile(path, JSON.stringify(json));
    return directory;
  }

  it('names the tensor that is missing', async () => {
    const parts = partsOf(...rankOne);
    const less = new Map(parts.components[1]);
    less.delete('output_rho.hidden.in.weight');
    const directory = await written({ ...parts, components: [parts.components[0]!, less] });
    expect(await refusal(directory)).toContain('lack tensor "1.output_rho.hidden.in.weight"; train again');
  });

  it('names the tensor whose shape is another', async () => {
    const parts = partsOf(...rankOne);
    const wrong = new Map(parts.components[0]);
    wrong.set('input_mean.hidden.out.weight', { shape: [3], values: new Float32Array(3) });
    const directory = await written({ ...parts, components: [wrong, parts.components[1]!] });
    expect(await refusal(directory)).toMatch(
      /"0\.input_mean\.hidden\.out\.weight" has shape \[3\], the network of model\.json expects \[5\]/,
    );
  });

  it('names what the description lacks or says wrongly', async () => {
    const parts = partsOf(...dropout);
    const cases: [RegExp, (posterior: Record<string, unknown>) => void][] = [
      [/rate/, (posterior) => delete posterior.rate],
      [/rate/, (posterior) => Object.assign(posterior, { rate: 1 })],
      [/rank/, (posterior) => Object.assign(posterior, { rank: 3 })],
      [/kind/, (posterior) => Object.assign(posterior, { kind: 'certain' })],
      [/scale/, (posterior) => Object.assign(posterior, { scale: -1 })],
    ];
    for (const [named, change] of cases) {
      const message = await refusal(await changed(parts, ({ posterior }) => void change(posterior)));
      expect(message).toContain('does not describe a model');
      expect(message).toMatch(named);
    }
  });

  it('says so when the weights are of another kind', async () => {
    const directory = await changed(partsOf(...dropout), (json) => {
      json.posterior = { kind: 'rank-one', ...learned };
    });
    expect(await refusal(directory)).toMatch(/lack tensor "0\.input_mean\./);
  });
});

it('the model that ships opens, and draws weights near its mean', async () => {
  const model = await readModel(join(import.meta.dirname, '../../models/default'));
  const shipped = createNetwork(model.network, model.schema, model.constants);
  const posterior = openPosterior(model.description.posterior, model.components, shipped);
  const sample = posterior.sample({ seed: model.description.posterior.seed, weightSample: 0 });
  const mean = posterior.mean();
  let [squares, deviations] = [0, 0];
  for (const [name, shape] of shipped.parameters) {
    expect(sample.get(name)?.shape).toEqual(shape);
    for (const [i, value] of (sample.get(name)?.values ?? []).entries()) {
      const centre = mean.get(name)?.values[i] ?? Number.NaN;
      squares += centre ** 2;
      deviations += (value - centre) ** 2;
    }
  }
  expect(deviations).toBeGreaterThanOrEqual(0);
  expect(deviations).toBeLessThan(0.25 * squares);
});
