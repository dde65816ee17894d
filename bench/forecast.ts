/** One member's step of the standard network on one core, and the noise beside it. */
import { makeGrid } from '../core/grid.js';
import { normals } from '../core/random/stream.js';
import { buildForecastStep } from '../models/bayesian/model.js';
import { createNetwork } from '../models/bayesian/networks/createNetwork.js';
import { elements, matrixFlops } from '../models/graph/graph.js';
import { createOnnxExecutor } from '../models/graph/onnxExecutor.js';
import { createNoisePatterns } from '../perturbations/fields/noiseScales.js';
import { recipes } from '../src/training/recipe.js';
import { fastest } from './fastest.js';

const weightSamples = 1;
const rows = 48;

export async function benchForecast(): Promise<void> {
  const recipe = recipes.standard;
  const grid = makeGrid(
    Array.from({ length: 17 }, (_, i) => 70 - 2.5 * i),
    Array.from({ length: 33 }, (_, j) => -70 + 2.5 * j),
  );
  const schema = { channels: [{ variable: 'msl', level: null, unit: 'Pa' }], grid };
  const points = 17 * 33;
  const { constantShapes } = createNetwork(recipe.network, schema, {});
  const constants = [...constantShapes].map(([name, shape]) => [
    name,
    new Float32Array(elements(shape)).fill(0.01),
  ]);
  const network = createNetwork(recipe.network, schema, Object.fromEntries(constants));
  const graph = buildForecastStep(network, weightSamples, rows);
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name, value }, step) => {
      const values = new Float32Array(elements(value.shape));
      normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training', step }, values);
      return [name, values.map((x) => 0.1 * x)];
    }),
  );
  const executor = await createOnnxExecutor(graph, { device: 'cpu', threads: 1 });
  const seconds = await fastest(10, () => executor.run(inputs));
  await executor.release();

  const patterns = new Float32Array(rows * points);
  const streams = createNoisePatterns(grid, recipe.noise, { stepHours: 24 }).streams(
    Array.from({ length: rows }, (_, noiseStream) => ({ seed: 1, start: 0, weightSample: 0, noiseStream })),
  );
  const noise = (await fastest(5, () => streams.next(0, rows, patterns))) / rows;
  const step = seconds / rows;
  process.stdout.write(
    `  a member's step: ${(1e3 * step).toFixed(2)} ms, ${(matrixFlops(graph) / seconds / 1e9).toFixed(0)} GFLOP/s on one core\n` +
      `  its noise:       ${(1e3 * noise).toFixed(2)} ms, ${((100 * noise) / step).toFixed(0)} % of the step\n`,
  );
}
