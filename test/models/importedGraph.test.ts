/** ONNX files of other tools as graphs of ours: the same outputs on every executor, and gradients that tfjs finds too. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import type { Graph, Value } from '../../models/graph/graph.js';
import { createOnnxExecutor, tensorData } from '../../models/graph/onnxExecutor.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { loadTfjs, tfjsGradients } from '../../models/graph/tfjsExecutor.js';
import { importGraph, operatorsWithoutRule } from '../../models/imported/importGraph.js';
import { listLayers } from '../../models/imported/layers.js';
import { type OnnxFile, readOnnxFile } from '../../models/imported/onnxFile.js';
import { float32Numbers } from '../../models/imported/tensorNumbers.js';
import { fixture, fixtureCase, relativeError, runOriginal } from './importedFixture.js';

const differentiable = ['block', 'convolutional', 'old', 'external/model', 'plain'] as const;

/** The model with the fixture's inputs as inputs, and tensors of the file as inputs where named. */
function written(name: string, layers: readonly string[] = []) {
  const file = readOnnxFile(fixture(name));
  const example = fixtureCase(name);
  const b = new GraphBuilder();
  const inputs = new Map(
    Object.entries(example.inputs).map(([input, { shape }]) => [input, b.input(input, shape)]),
  );
  const weights = new Map<string, Value>();
  for (const layer of layers) weights.set(layer, b.input(layer, file.tensors.get(layer)?.shape ?? []));
  const outputs = importGraph(b, file, inputs, weights);
  const feeds: Record<string, Float32Array> = {};
  for (const [input, { values }] of Object.entries(example.inputs)) feeds[input] = Float32Array.from(values);
  for (const layer of layers) feeds[layer] = numbersOf(file, layer);
  return { b, file, outputs, feeds, example };
}

function numbersOf(file: OnnxFile, layer: string): Float32Array {
  const tensor = file.tensors.get(layer);
  if (tensor === undefined) throw new Error(`no tensor ${layer}`);
  return float32Numbers(tensor);
}

async function runOnnx(
  graph: Graph,
  feeds: Record<string, Float32Array>,
): Promise<Record<string, Float32Array>> {
  const executor = await createOnnxExecutor(graph, { device: 'cpu' });
  const results = await executor.run(feeds);
  const numbers = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, Float32Array.from(tensorData(tensor))]),
  );
  await executor.release();
  return numbers;
}

describe('an ONNX file as a graph of ours', () => {
  it.each(differentiable)('%s gives what the file gives in ONNX Runtime', async (name) => {
    const { b, outputs, feeds, example } = written(name);
    for (const [output, value] of outputs) b.output(output, value);
    const graph = b.build();
    const original = await runOriginal(fixture(name), example.inputs);
    const ours = await runOnnx(graph, feeds);
    const exact = runReference(graph, feeds);
    for (const output of outputs.keys()) {
      const expected = original[output] ?? new Float32Array(0);
      expect(relativeError(ours[output] ?? [], expected)).toBeLessThan(1e-5);
      expect(relativeError(exact[output] ?? [], expected)).toBeLessThan(1e-5);
      // and what the tool that wrote it gave
      expect(relativeError(expected, example.outputs[output]?.values ?? [])).toBeLessThan(1e-5);
    }
  });

  it.each(differentiable)('%s has the gradient of every layer that tfjs finds', async (name) => {
    const layers = listLayers(readOnnxFile(fixture(name))).map((layer) => layer.name);
    expect(layers.length).toBeGreaterThan(2);
    const { b, outputs, feeds } = written(name, layers);
    const [output] = outputs.values();
    if (output === undefined) throw new Error('no output');
    const loss = b.reduceMean(b.mul(output, output));
    b.output('loss', loss);
    const forward = b.build();
    const values = layers.map((layer) => {
      const input = forward.inputs.find((candidate) => candidate.name === layer);
      if (input === undefined) throw new Error(`no input ${layer}`);
      return input.value;
    });
    gradient(b, loss, values).forEach((value, i) => {
      b.output(`gradient ${layers[i]}`, value);
    });
    const ours = await runOnnx(b.build(), feeds);
    const theirs = await tfjsGradients(await loadTfjs('cpu'), forward, 'loss', layers, feeds);
    for (const layer of layers) {
      const expected = theirs[layer] ?? new Float32Array(0);
      expect(
        expected.some((value) => value !== 0),
        `gradient of ${layer}`,
      ).toBe(true);
      expect(relativeError(ours[`gradient ${layer}`] ?? [], expected), `gradient of ${layer}`).toBeLessThan(
        1e-4,
      );
    }
  });

  it('takes the size of a free batch axis from its caller', async () => {
    const file = readOnnxFile(fixture('convolutional'));
    const b = new GraphBuilder();
    const outputs = importGraph(b, file, new Map([['x', b.input('x', [5, 2, 4, 6])]]), new Map());
    expect(outputs.get('y')?.shape).toEqual([5, 2, 4, 6]);
  });

  it('leaves nothing of the arithmetic of shapes', () => {
    const { b, file, outputs } = written('block');
    for (const [output, value] of outputs) b.output(output, value);
    const before = file.nodes.map(({ opType }) => opType);
    expect(before).toContain('Shape');
    expect(before).toContain('Concat');
    const after = b.build().nodes.map(({ operator }) => operator);
    expect(after).not.toContain('Concat');
    // what is left of Slice takes queries, keys and values apart
    expect(after.filter((operator) => operator === 'Slice')).toHaveLength(3);
  });

  it('names operator, node and a way out where there is no rule', () => {
    const file = readOnnxFile(fixture('awkward'));
    expect(operatorsWithoutRule(file)).toEqual(['Sin']);
    const b = new GraphBuilder();
    const inputs = new Map([
      ['input', b.input('input', [2, 2, 4, 6])],
      ['input_surface', b.input('input_surface', [1, 4, 6])],
    ]);
    expect(() => importGraph(b, file, inputs, new Map())).toThrow(
      /operator Sin \(node "waves"\) has no gradient rule here; fit .*--fit scales/,
    );
  });
});
