/**
 * The published network at full size, by its shapes alone: 721 × 1440 points, 13 levels, no weights. Numbers of parameters
 * are computed here from the published hyperparameters by hand (patches 2 × 4 × 4 and 4 × 4, window 2 × 6 × 12, channels
 * 192 and 384, depths 2, 6, 6, 2, heads 6, 12, 12, 6, perceptrons four times as wide; Bi et al. 2023, and the authors'
 * pseudocode, github.com/198808xc/Pangu-Weather), which state about 64 million in all.
 */
import { describe, expect, it } from 'vitest';
import { transformerFor } from '../../models/bayesian/networks/defaultNetwork.js';
import { EarthTransformer } from '../../models/bayesian/networks/earthTransformer.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { elements, type Shape } from '../../models/graph/graph.js';
import { layeredSchema } from './earthFixture.js';

const schema = layeredSchema({
  rows: 721,
  columns: 1440,
  levels: [1000, 925, 850, 700, 600, 500, 400, 300, 250, 200, 150, 100, 50],
  variables: ['z', 'q', 't', 'u', 'v'],
  surface: ['msl', 'u10', 'v10', 't2m'],
});

/** What the grid of the published network gets by itself, with the constant fields that it was published with. */
const network = new EarthTransformer(
  {
    ...transformerFor(schema, { harmonics: 0, stepHours: 24 }),
    constants: ['land-mask', 'soil-type', 'orography'],
  },
  schema,
  {},
);

/** Parameters of all tensors whose names match, and the shape of the first. */
function found(name: RegExp): { count: number; shape: Shape } {
  const shapes = [...network.parameters].filter(([key]) => name.test(key)).map(([, shape]) => shape);
  return { count: shapes.reduce((sum, shape) => sum + elements(shape), 0), shape: shapes[0] ?? [] };
}

/**
 * Layer, shape, parameters of all its tensors in the network. A position bias has (2 · 12 − 1) · 6² · 2² = 3312 numbers
 * for each type of window and head: 4 · 31 types of 6 heads at full resolution (181 rows are 31 windows), 4 · 16 of
 * 12 heads at half of it.
 */
const table: readonly (readonly [string, RegExp, Shape, number])[] = [
  ['patches above', /^embed\.upper\.weight/, [160, 192], 30_720],
  ['patches above, bias', /^embed\.upper\.bias/, [1, 192], 192],
  ['patches at the surface', /^embed\.surface\.weight/, [112, 192], 21_504],
  ['patches at the surface, bias', /^embed\.surface\.bias/, [1, 192], 192],
  ['q, k, v of stages 1 and 4', /^stage[14]\.\d\.qkv\.weight/, [192, 576], 4 * 110_592],
  ['their bias', /^stage[14]\.\d\.qkv\.bias/, [1, 576], 4 * 576],
  ['position bias of stages 1 and 4', /^stage[14]\.\d\.position/, [3312, 744], 4 * 2_464_128],
  ['projection of stages 1 and 4', /^stage[14]\.\d\.projection\.weight/, [192, 192], 4 * 36_864],
  ['its bias', /^stage[14]\.\d\.projection\.bias/, [1, 192], 4 * 192],
  ['norms of stages 1 and 4', /^stage[14]\.\d\.norm/, [1, 192], 4 * 768],
  ['perceptrons of stages 1 and 4, in', /^stage[14]\.\d\.mlp\.in\.weight/, [192, 768], 4 * 147_456],
  ['their bias', /^stage[14]\.\d\.mlp\.in\.bias/, [1, 768], 4 * 768],
  ['perceptrons of stages 1 and 4, out', /^stage[14]\.\d\.mlp\.out\.weight/, [768, 192], 4 * 147_456],
  ['their bias', /^stage[14]\.\d\.mlp\.out\.bias/, [1, 192], 4 * 192],
  ['half the resolution', /^down\.weight/, [768, 384], 294_912],
  ['its norm', /^down\.norm/, [1, 768], 1_536],
  ['q, k, v of stages 2 and 3', /^stage[23]\.\d\.qkv\.weight/, [384, 1152], 12 * 442_368],
  ['their bias', /^stage[23]\.\d\.qkv\.bias/, [1, 1152], 12 * 1_152],
  ['position bias of stages 2 and 3', /^stage[23]\.\d\.position/, [3312, 768], 12 * 2_543_616],
  ['projection of stages 2 and 3', /^stage[23]\.\d\.projection\.weight/, [384, 384], 12 * 147_456],
  ['its bias', /^stage[23]\.\d\.projection\.bias/, [1, 384], 12 * 384],
  ['norms of stages 2 and 3', /^stage[23]\.\d\.norm/, [1, 384], 12 * 1_536],
  ['perceptrons of stages 2 and 3, in', /^stage[23]\.\d\.mlp\.in\.weight/, [384, 1536], 12 * 589_824],
  ['their bias', /^stage[23]\.\d\.mlp\.in\.bias/, [1, 1536], 12 * 1_536],
  ['perceptrons of stages 2 and 3, out', /^stage[23]\.\d\.mlp\.out\.weight/, [1536, 384], 12 * 589_824],
  ['their bias', /^stage[23]\.\d\.mlp\.out\.bias/, [1, 384], 12 * 384],
  ['twice the resolution', /^up\.weight/, [384, 768], 294_912],
  ['its norm', /^up\.norm/, [1, 192], 384],
  ['its mixing', /^up\.mix\.weight/, [192, 192], 36_864],
  // increments as published (160 + 64 columns, 5 + 4 biases), and amplitudes as many
  ['patch recovery', /^recovery\.weight/, [384, 448], 2 * 86_016],
  ['its bias', /^recovery\.bias/, [1, 18], 2 * 9],
  // 69 channels of 721 × 1440 points
  ['amplitude of the noise at every point', /^amplitude\.bias/, [1, 71_638_560], 71_638_560],
];

describe('the published network at full size', () => {
  it.each(table)('%s: shape and number of parameters', (_, name, shape, count) => {
    expect(found(name)).toEqual({ count, shape });
  });

  it('has 64 220 169 parameters, beside what the amplitude adds', () => {
    const all = found(/./).count;
    expect(table.reduce((sum, [, , , count]) => sum + count, 0)).toBe(all);
    expect(all - 86_016 - 9 - 71_638_560).toBe(64_220_169);
  });

  it('is written as a graph in seconds and a few hundred megabytes, with its outputs in the state’s shape', () => {
    // CPU time: the machine may have other work
    const began = process.cpuUsage();
    const before = process.memoryUsage();
    const b = new GraphBuilder();
    const weights = new Map(
      [...network.parameters].map(([name, shape]) => [name, b.input(name, [1, ...shape])]),
    );
    const state = b.input('state', [1, 1, network.stateLength]);
    const { increment, amplitude } = network.forward(b, weights, {
      history: [state],
      season: b.input('season', [1, 1]),
    });
    b.output('increment', increment);
    b.output('amplitude', amplitude);
    const graph = b.build();
    const after = process.memoryUsage();
    expect(increment.shape).toEqual([1, 1, 69 * 721 * 1440]);
    expect(amplitude.shape).toEqual(increment.shape);
    // 8 levels of 181 × 360 tokens, 91 × 180 in the middle
    const shapes = new Set(graph.nodes.map((node) => node.output.shape.join()));
    for (const tokens of [
      [1, 1, 8 * 181 * 360, 192],
      [1, 1, 8 * 91 * 180, 384],
    ]) {
      expect(shapes).toContain(tokens.join());
    }
    expect(process.cpuUsage(began).user / 1e3).toBeLessThan(20_000);
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(grown).toBeLessThan(1e9);
    // masks stand once for each kind of window, not for every type: 16 of 144 × 144
    const masks = graph.constants.filter(({ value }) => value.shape.at(-1) === 144);
    expect(masks.length).toBeGreaterThan(0);
    expect(masks.every(({ data }) => data.length <= 9 * 144 ** 2)).toBe(true);
  });
});
