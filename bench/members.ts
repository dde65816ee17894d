/**
 * What a member costs: of K weight samples × J noise streams in one batch, with its noise, against one forecast of the
 * deterministic network, which has none; and drawing the weights, once for each sample of a run.
 * CPU time of one thread; runs are interleaved and the fastest of each counts.
 */

import { gridSize, makeGrid } from '../core/grid.js';
import { normals } from '../core/random/stream.js';
import { buildForecastStep } from '../models/bayesian/model.js';
import { readModel } from '../models/bayesian/modelDirectory.js';
import { createNetwork } from '../models/bayesian/networks/createNetwork.js';
import type { Network } from '../models/bayesian/networks/network.js';
import { MeanFieldFamily } from '../models/bayesian/posteriors/meanField.js';
import { openPosterior } from '../models/bayesian/posteriors/openPosterior.js';
import type { Posterior } from '../models/bayesian/posteriors/posterior.js';
import { elements } from '../models/graph/graph.js';
import { createOnnxExecutor, type OnnxExecutor } from '../models/graph/onnxExecutor.js';
import { createNoisePatterns } from '../perturbations/fields/noiseScales.js';
import type { NoiseScale } from '../perturbations/source.js';
import { recipes } from '../src/training/recipe.js';

const designs = { deterministic: [1, 1], aleatoric: [1, 48], hybrid: [8, 6], epistemic: [48, 1] } as const;
type Design = keyof typeof designs;
const entries = Object.entries(designs) as [Design, readonly [number, number]][];
const rounds = 12;
/** Members whose patterns are made together, and how often: that is shorter than the clock of CPU time is fine. */
const batch = 8;
const repeats = 12;

interface Noises {
  readonly scales: readonly NoiseScale[];
  readonly stepHours: number;
}

export async function benchMembers(): Promise<void> {
  const shipped = await readModel('models/default');
  const global = createNetwork(shipped.network, shipped.schema, shipped.constants);
  const posterior = openPosterior(shipped.description.posterior, shipped.components, global);
  const { noise, step_hours } = shipped.description;
  const scales = noise.fields.map(({ length_km, time_hours, share }) => ({
    lengthKm: length_km,
    timeHours: time_hours,
    share,
  }));
  await report('the shipped network', global, posterior, { scales, stepHours: step_hours });
  const regional = standardNetwork();
  const noises = { scales: recipes.standard.noise, stepHours: 24 };
  await report('the standard regional network', regional.network, regional.posterior, noises);
}

async function report(name: string, network: Network, posterior: Posterior, noises: Noises): Promise<void> {
  const seconds = await stepSeconds(network);
  const noise = await noiseSeconds(network, noises);
  const sampling = await leastCpu(rounds, () => posterior.sample({ seed: 1, weightSample: 3 }));
  const weights = [...network.parameters.values()].reduce((sum, shape) => sum + elements(shape), 0);
  const cost = (design: Design): number => {
    const noisy = design === 'hybrid' || design === 'aleatoric';
    return seconds[design] + (noisy ? noise : 0);
  };
  process.stdout.write(`  ${name}: a member's step, of which its noise ${(1e3 * noise).toFixed(2)} ms\n`);
  for (const [design, [k, j]] of entries) {
    process.stdout.write(
      `    ${design.padEnd(13)} ${`${k}×${j}`.padStart(5)} ${(1e3 * cost(design)).toFixed(2).padStart(7)} ms, ` +
        `${(cost(design) / cost('deterministic')).toFixed(2)} of the deterministic network's\n`,
    );
  }
  process.stdout.write(
    `    drawing ${weights.toLocaleString('en')} weights once for each sample: ${(1e3 * sampling).toFixed(0)} ms, ` +
      `that of ${(sampling / cost('hybrid')).toFixed(0)} members' steps\n`,
  );
}

/** Seconds of a member's step, network alone. */
async function stepSeconds(network: Network): Promise<Record<Design, number>> {
  const executors = new Map<Design, { executor: OnnxExecutor; inputs: Record<string, Float32Array> }>();
  for (const [design, [k, j]] of entries) {
    const graph = buildForecastStep(network, k, j);
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name, value }, step) => {
        const values = new Float32Array(elements(value.shape));
        normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training', step }, values);
        return [name, values.map((x) => 0.1 * x)];
      }),
    );
    const executor = await createOnnxExecutor(graph, { device: 'cpu', threads: 1 });
    executors.set(design, { executor, inputs });
  }
  const best = { deterministic: Infinity, aleatoric: Infinity, hybrid: Infinity, epistemic: Infinity };
  for (let round = 0; round < rounds; round++) {
    for (const [design, { executor, inputs }] of executors) {
      const [k, j] = designs[design];
      best[design] = Math.min(best[design], (await leastCpu(1, () => executor.run(inputs))) / (k * j));
    }
  }
  for (const { executor } of executors.values()) await executor.release();
  return best;
}

/** Seconds of one member's pattern. */
function noiseSeconds(network: Network, { scales, stepHours }: Noises): Promise<number> {
  const { grid } = network.schema;
  const streams = createNoisePatterns(grid, scales, { stepHours }).streams(
    Array.from({ length: batch }, (_, noiseStream) => ({ seed: 1, start: 0, weightSample: 0, noiseStream })),
  );
  const patterns = new Float32Array(batch * gridSize(grid));
  return leastCpu(rounds, () => {
    for (let i = 0; i < repeats; i++) streams.next(0, batch, patterns);
  }).then((all) => all / (repeats * batch));
}

/** Seconds of CPU time: other work on the machine takes turns, and is not counted. */
async function leastCpu(tries: number, work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

/** As large as one trained on daily pressures of the North Atlantic. */
function standardNetwork(): { network: Network; posterior: Posterior } {
  const recipe = recipes.standard;
  const grid = makeGrid(
    Array.from({ length: 17 }, (_, i) => 70 - 2.5 * i),
    Array.from({ length: 33 }, (_, j) => -70 + 2.5 * j),
  );
  const schema = { channels: [{ variable: 'msl', level: null, unit: 'Pa' }], grid };
  const shapes = createNetwork(recipe.network, schema, {}).constantShapes;
  const constants = Object.fromEntries(
    [...shapes].map(([name, shape]) => [name, new Float32Array(elements(shape)).fill(0.01)]),
  );
  const network = createNetwork(recipe.network, schema, constants);
  const trained = new Map(
    [...network.parameters].map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(elements(shape)).fill(0.1) },
    ]),
  );
  const family = new MeanFieldFamily(network, recipe.posterior);
  return { network, posterior: family.posterior(family.start(trained)) };
}
