/** What networks tell about their last matrix is true: which columns feed what, and what the matrix is multiplied with. */
import { describe, expect, it } from 'vitest';
import { timeTerms } from '../../core/season.js';
import { createNetwork, type NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { elements } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { directConfig, randomParameters, randomValues, tinyConfig } from './bayesianFixture.js';
import { layeredSchema, smallTransformer } from './earthFixture.js';

const globe = { rows: 8, columns: 12, variables: ['t', 'u'] } as const;
const cases: readonly (readonly [string, NetworkConfig, ReturnType<typeof layeredSchema>])[] = [
  ['regional', tinyConfig, layeredSchema({ rows: 4, columns: 6, surface: ['msl', 't2m'], region: true })],
  [
    'regional, without EOFs,',
    directConfig,
    layeredSchema({ rows: 4, columns: 6, surface: ['msl', 't2m'], region: true }),
  ],
  [
    'global',
    { kind: 'global', wavenumbers: 2, modes: 2, channels: 3, layers: 1, overlap: 1, truncation: 0 },
    layeredSchema({ ...globe, levels: [850, 250] }),
  ],
  [
    'earth-transformer',
    smallTransformer,
    layeredSchema({ ...globe, levels: [850, 500, 250], surface: ['msl'] }),
  ],
];

describe.each(cases)('the last matrix of a %s network', (_, config, schema) => {
  const constants = Object.fromEntries(
    [...createNetwork(config, schema, {}).constantShapes].map(([name, shape], i) => [
      name,
      randomValues(elements(shape), i, 0.1),
    ]),
  );
  const network = createNetwork(config, schema, constants);
  const layer = network.outputLayer!;
  const [inner, columns] = network.parameters.get(layer.parameter)! as [number, number];
  const parameters = randomParameters(network);
  const weights = parameters.get(layer.parameter)!.values;
  const [K, R] = [1, 2];
  const b = new GraphBuilder();
  const inputs: Record<string, Float32Array> = {};
  const values = new Map(
    [...network.parameters].map(([name, shape]) => {
      inputs[name] = parameters.get(name)!.values;
      return [name, b.input(name, [K, ...shape])] as const;
    }),
  );
  const n = network.stateLength;
  const history = Array.from({ length: network.historyLength }, (_, back) => {
    inputs[`state.${back}`] = randomValues(K * R * n, 50 + back);
    return b.input(`state.${back}`, [K, R, n]);
  });
  inputs.season = randomValues(R * timeTerms(network), 60);
  const season = b.input('season', [R, timeTerms(network)]);
  const outputs = network.forward(b, values, { history, season, features: true });
  b.output('increment', outputs.increment);
  b.output('amplitude', outputs.amplitude);
  b.output('features', outputs.features!);
  const graph = b.build();
  const run = (changed: Float32Array) => runReference(graph, { ...inputs, [layer.parameter]: changed });
  const before = run(weights);
  const features = before.features!;
  const rows = outputs.features!.shape[1]!;

  /** The network with one column moved along one feature, or along all of them. */
  const moved = (column: number, feature: number, by: number) => {
    const changed = weights.slice();
    changed[feature * columns + column]! += by;
    return run(changed);
  };
  const changes = (found: Float64Array, expected: Float64Array): number[] =>
    Array.from(found, (value, i) => value - expected[i]!).filter((change) => Math.abs(change) > 1e-12);

  it('has columns for increments and columns for amplitudes', () => {
    expect(outputs.features!.shape).toEqual([K, rows, inner]);
    const isIncrement = new Set(layer.incrementColumns);
    expect(isIncrement.size).toBe(columns / 2);
    for (let column = 0; column < columns; column += 3) {
      const after = moved(column, 1, 0.5);
      const [fed, other] = isIncrement.has(column)
        ? (['increment', 'amplitude'] as const)
        : (['amplitude', 'increment'] as const);
      expect(after[other]).toEqual(before[other]);
      // points of the last tokens that lie beyond the grid are dropped, so a column may feed fewer, not none
      expect(changes(after[fed]!, before[fed]!).length).toBeGreaterThan(0);
    }
  });

  it('moves increments by the features of the rows that feed them', () => {
    const blocks = layer.blocks ?? [
      { period: rows, rows: [0, rows] as const, columns: [0, columns] as const },
    ];
    for (const column of layer.incrementColumns.filter((_, i) => i % 5 === 0)) {
      const block = blocks.find(({ columns: [from, to] }) => column >= from && column < to)!;
      const feature = column % inner;
      const own = Array.from({ length: rows }, (_, row) => row)
        .filter((row) => row % block.period >= block.rows[0] && row % block.period < block.rows[1])
        .map((row) => Math.abs(features[row * inner + feature]!));
      const found = changes(moved(column, feature, 1).increment!, before.increment!);
      expect(found.length).toBeGreaterThan(own.length / 4);
      for (const change of found) {
        const nearest = Math.min(...own.map((value) => Math.abs(value - Math.abs(change))));
        // the moved weight is rounded to float32
        expect(nearest).toBeLessThan(1e-6);
      }
    }
  });

  it('gives no features where nobody asks', () => {
    const plain = new GraphBuilder();
    const again = new Map(
      [...network.parameters].map(([name, shape]) => [name, plain.input(name, [K, ...shape])]),
    );
    const states = history.map((_, back) => plain.input(`state.${back}`, [K, R, n]));
    const result = network.forward(plain, again, {
      history: states,
      season: plain.input('season', [R, timeTerms(network)]),
    });
    expect(result.features).toBeUndefined();
  });
});
