/**
 * Every operator: its gradient rule against central differences in float64, and both executors against the
 * float64 reference. float32 has a unit roundoff of 6e-8; sums here are of at most a few hundred terms and ONNX
 * Runtime's and tfjs's erf, exp and tanh are good to about 3e-7, so 1e-5 of the largest element holds them all.
 */

import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOnnxExecutor } from '../../models/graph/onnxExecutor.js';
import { encodeOnnx } from '../../models/graph/onnxModel.js';
import { erf } from '../../models/graph/operators/erf.js';
import { operators } from '../../models/graph/operators/registry.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { loadTfjs, runTfjs, type Tfjs, tfjsGradients } from '../../models/graph/tfjsExecutor.js';
import { createSession } from '../../models/onnx/session.js';
import { centralDifferences, differentiate, operatorCases, relativeError } from './graphCases.js';

const tolerance = 1e-5;
let tfjs: Tfjs;
beforeAll(async () => {
  tfjs = await loadTfjs('cpu');
});

it('has a case for every registered operator', () => {
  const tested = new Set(operatorCases.map(({ operator }) => operator));
  expect([...operators.keys()].filter((name) => !tested.has(name))).toEqual([]);
});

it('computes erf as published (Abramowitz & Stegun 1964, table 7.1) and as mpmath does', () => {
  expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
  expect(erf(1)).toBeCloseTo(0.8427007929497149, 15);
  expect(erf(2)).toBeCloseTo(0.9953222650189527, 15);
  expect(erf(3)).toBeCloseTo(0.9999779095030014, 15);
  expect(erf(-0.1)).toBeCloseTo(-0.1124629160182849, 15);
});

describe.each(
  operatorCases.map((one, i) => ({ ...one, seed: i + 1, title: `${one.operator} ${one.label ?? ''}` })),
)('$title', (testCase) => {
  const differentiated = differentiate(testCase, testCase.seed);
  const { graph, inputs, wrt } = differentiated;
  const reference = runReference(graph, inputs);

  it('is the operator it says', () => {
    expect(graph.nodes.map((node) => node.operator)).toContain(testCase.operator);
  });

  it('has the gradient that central differences find', () => {
    for (const name of wrt) {
      const expected = centralDifferences(differentiated, name);
      expect(relativeError(reference[`d ${name}`]!, expected), name).toBeLessThan(tolerance);
    }
  });

  it('means the same to ONNX Runtime', async () => {
    const executor = await createOnnxExecutor(graph, { device: 'cpu' });
    const results = await executor.run(inputs);
    await executor.release();
    for (const [name, expected] of Object.entries(reference)) {
      expect(relativeError(results[name]!.data as Float32Array, expected), name).toBeLessThan(tolerance);
    }
  });

  const plain = encodeOnnx(graph);
  const fast = encodeOnnx(graph, { contrib: true, convolutionBlock: 16 });
  if (Buffer.compare(plain, fast) !== 0) {
    it('means the same in ONNX operators alone, for other providers', async () => {
      const session = await createSession(plain, { device: 'cpu' });
      const feeds = graph.inputs.map(({ name, value }) => [
        name,
        new ort.Tensor('float32', inputs[name]!, value.shape),
      ]);
      const results = await session.run(Object.fromEntries(feeds));
      await session.release();
      for (const [name, expected] of Object.entries(reference)) {
        expect(relativeError(results[name]!.data as Float32Array, expected), name).toBeLessThan(tolerance);
      }
    });
  }

  it('means the same to tfjs, whose own autodiff finds the same gradient', async () => {
    const results = await runTfjs(tfjs, graph, inputs);
    const own = await tfjsGradients(tfjs, graph, 'loss', wrt, inputs);
    for (const [name, expected] of Object.entries(reference)) {
      expect(relativeError(results[name]!, expected), name).toBeLessThan(tolerance);
    }
    for (const name of wrt) {
      expect(relativeError(own[name]!, reference[`d ${name}`]!), name).toBeLessThan(tolerance);
    }
  });
});
