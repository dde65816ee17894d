/**
 * Loops over groups of rows. The rules, operator by operator in float64: what a rule promises for one group is what the
 * operator makes of all. Whole graphs, by ONNX Runtime: with loops and without, the same numbers.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Graph, type GraphNode, type Shape, type Value } from '../../models/graph/graph.js';
import { convolution, layerNorm, linear } from '../../models/graph/layers.js';
import { createOnnxExecutor } from '../../models/graph/onnxExecutor.js';
import { encodeOnnx } from '../../models/graph/onnxModel.js';
import { operatorNamed } from '../../models/graph/operators/registry.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { planRowLoops, type RowLoop } from '../../models/graph/rowLoops.js';
import { groupNode, rowRule } from '../../models/graph/rowRules.js';
import { differentiate, draw, operatorCases, relativeError, uniform } from './graphCases.js';

const rows = 12;
const always = { largeValue: 1, groupSize: 1 };

/** Layers on [rows, ...] fields, drawn at random, with weights; a loss, and its gradients by all weights. */
type Layer = (b: GraphBuilder, x: Value, weight: (shape: Shape) => Value) => Value;
const layers: readonly Layer[] = [
  (b, x, weight) => b.gelu(b.add(linear(b, x, weight([x.shape.at(-1) ?? 1, 4])), weight([4]))),
  (b, x, weight) => {
    const field = b.reshape(x, [rows, 1, -1, x.shape.at(-1) ?? 1]);
    const edges = { size: 3, rows: 'edge', columns: 'wrap' } as const;
    return b.tanh(convolution(b, field, weight([9 * (x.shape.at(-1) ?? 1), 3]), edges));
  },
  (b, x) => layerNorm(b, b.concat([x, b.sigmoid(x)], -1), 0.1),
  (b, x) => {
    const all = b.reshape(x, [rows, -1]);
    return b.reshape(b.softmax(all), x.shape);
  },
  (b, x) => {
    const tokens = b.reshape(x, [rows, -1, x.shape.at(-1) ?? 1]);
    const logits = b.matMul(tokens, b.tanh(tokens), { transposeB: true });
    return b.reshape(b.matMul(b.softmax(logits), tokens), x.shape);
  },
  (b, x) => {
    const fields = b.reshape(x, [rows, -1, x.shape.at(-1) ?? 1]);
    const turned = b.transpose(b.pad(fields, [0, 1, 0], [0, 0, 1]), [0, 2, 1]);
    const size = turned.shape[2] ?? 1;
    return b.gather(turned, [size - 1, -1, 0, ...Array.from({ length: size }, (_, i) => i)], 2);
  },
  // means over the batch tie its rows together: a loop ends here
  (b, x) => b.sub(x, b.tanh(b.reduceMean(x, [0], true))),
  (b, x, weight) => b.mul(x, b.add(weight([rows, ...x.shape.slice(1).map(() => 1)]), b.scalar(1))),
];

interface Built {
  readonly graph: Graph;
  readonly inputs: Record<string, Float32Array>;
}

function network(seed: number, choices: readonly number[]): Built {
  const b = new GraphBuilder();
  const random = uniform(seed);
  const inputs: Record<string, Float32Array> = {};
  const input = (name: string, shape: Shape, scale: number): Value => {
    inputs[name] = draw(shape, 'any', random).map((value) => scale * value);
    return b.input(name, shape);
  };
  const weights: Value[] = [];
  const weight = (shape: Shape): Value => {
    const made = input(`w${weights.length}`, shape, 0.5);
    weights.push(made);
    return made;
  };
  let x = input('x', [rows, 4, 2], 1);
  for (const choice of choices) {
    const next = layers[choice]?.(b, x, weight);
    if (next !== undefined && elements(next.shape) <= 4000) x = next;
  }
  const error = b.sub(b.reshape(x, [rows, -1]), input('y', [rows, elements(x.shape) / rows], 1));
  const loss = b.reduceMean(b.mul(error, error));
  b.output('loss', loss);
  const gradients = gradient(b, loss, weights);
  gradients.forEach((value, i) => {
    b.output(`d w${i}`, value);
  });
  return { graph: b.build(), inputs };
}

function loopsOf(graph: Graph): RowLoop[] {
  return planRowLoops(graph, always).flatMap((planned) => ('loop' in planned ? [planned.loop] : []));
}

/** Group by group as a rule says, put together again. */
function byGroups(
  node: GraphNode,
  inputs: readonly Float64Array[],
  groups: number,
): Float64Array | undefined {
  const rule = rowRule(node, groups);
  if (rule === undefined) return undefined;
  const one = groupNode(node, rule, groups);
  const together = new Float64Array(elements(node.output.shape));
  const size = elements(one.output.shape);
  for (let g = 0; g < groups; g++) {
    const parts = inputs.map((values, i) => {
      if (rule.inputs[i] === 'whole') return values;
      const length = values.length / groups;
      return values.slice(g * length, (g + 1) * length);
    });
    const output = new Float64Array(size);
    operatorNamed(node.operator).evaluate(parts, one, output);
    const start = rule.output === 'total' ? 0 : g * size;
    output.forEach((value, i) => {
      together[start + i] = (together[start + i] ?? 0) + value;
    });
  }
  return together;
}

/** Checks the rule of every node of a graph, with every number of groups it is for. @returns operators with a rule */
function checkRules(graph: Graph, inputs: Readonly<Record<string, Float32Array>>): Set<string> {
  const seen = new Set<string>();
  const everything = {
    ...graph,
    outputs: graph.nodes.map(({ output }) => ({ name: `v${output.id}`, value: output })),
  };
  const values = new Map(
    Object.entries(runReference(everything, inputs)).map(([name, data]) => [name, Float64Array.from(data)]),
  );
  for (const { name, value } of graph.inputs)
    values.set(`v${value.id}`, Float64Array.from(inputs[name] ?? []));
  for (const { value, data } of graph.constants) values.set(`v${value.id}`, Float64Array.from(data));
  for (const node of graph.nodes) {
    const own = node.inputs.map(({ id }) => values.get(`v${id}`) ?? new Float64Array(0));
    for (const groups of [2, 3, 4, 6, 12]) {
      const together = byGroups(node, own, groups);
      if (together === undefined) continue;
      seen.add(node.operator);
      const whole = values.get(`v${node.output.id}`) ?? new Float64Array(0);
      expect(relativeError(together, whole), `${node.operator} in ${groups} groups`).toBeLessThan(1e-12);
    }
  }
  return seen;
}

it('has rules that hold, for every operator in its cases and in networks', () => {
  const seen = new Set<string>();
  operatorCases.forEach((one, i) => {
    const { graph, inputs } = differentiate(one, i + 1);
    for (const name of checkRules(graph, inputs)) seen.add(name);
  });
  for (let seed = 1; seed <= 20; seed++) {
    const random = uniform(seed);
    const choices = Array.from({ length: 5 }, () => Math.floor(random() * layers.length));
    const { graph, inputs } = network(seed, choices);
    for (const name of checkRules(graph, inputs)) seen.add(name);
  }
  for (const name of [
    'Convolution',
    'Gather',
    'LayerNormalization',
    'MatMul',
    'Reshape',
    'Softmax',
    'Transpose',
  ])
    expect([...seen]).toContain(name);
});

describe('a step of a perceptron', () => {
  const { graph } = network(7, [0, 0]);

  it('is one loop from forecast to gradients, which are its totals', () => {
    const [loop, ...others] = loopsOf(graph);
    expect(others).toEqual([]);
    expect(loop?.outputs).toEqual([]);
    const totals = new Set(loop?.totals.map(({ id }) => id));
    for (const { name, value } of graph.outputs) {
      if (name !== 'loss') expect(totals.has(value.id), name).toBe(true);
    }
  });

  it('has no loop where nothing is large, and none unless asked for', () => {
    expect(planRowLoops(graph).some((planned) => 'loop' in planned)).toBe(false);
    expect(Buffer.from(encodeOnnx(graph)).includes('Scan')).toBe(false);
    expect(Buffer.from(encodeOnnx(graph, { rowLoops: always })).includes('Scan')).toBe(true);
  });
});

it('gives the same numbers with loops as the float64 reference, for random networks', async () => {
  const drawn = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    choices: fc.array(fc.integer({ min: 0, max: layers.length - 1 }), { minLength: 1, maxLength: 6 }),
  });
  let loops = 0;
  await fc.assert(
    fc.asyncProperty(drawn, async ({ seed, choices }) => {
      const { graph, inputs } = network(seed, choices);
      loops += loopsOf(graph).length;
      const executor = await createOnnxExecutor(graph, { device: 'cpu', rowLoops: always });
      const results = await executor.run(inputs);
      await executor.release();
      for (const [name, expected] of Object.entries(runReference(graph, inputs))) {
        expect(relativeError(results[name]?.data as Float32Array, expected), name).toBeLessThan(2e-5);
      }
    }),
    { numRuns: 60, seed: 20080101 },
  );
  expect(loops).toBeGreaterThan(40);
});
