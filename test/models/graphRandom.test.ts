/**
 * Random graphs: a handful of smooth operators wired at random over a few inputs. Our gradient, run in float64,
 * agrees with central differences to 1e-5; ONNX Runtime and tfjs (its own autodiff) agree with it in float32.
 */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Value } from '../../models/graph/graph.js';
import { convolution, layerNorm } from '../../models/graph/layers.js';
import { createOnnxExecutor } from '../../models/graph/onnxExecutor.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { loadTfjs, runTfjs, type Tfjs, tfjsGradients } from '../../models/graph/tfjsExecutor.js';
import { centralDifferences, type DifferentiatedGraph, draw, relativeError, uniform } from './graphCases.js';

/** Bounded outputs keep any depth well scaled, so that a relative error means something. */
type Step = (b: GraphBuilder, x: Value, y: Value, pick: () => number) => Value;

const matrix = (b: GraphBuilder, x: Value): Value => b.reshape(x, [-1, x.shape.at(-1) ?? 1]);

const steps: readonly Step[] = [
  (b, x) => b.tanh(x),
  (b, x) => b.sigmoid(x),
  (b, x) => b.gelu(b.tanh(x)),
  (b, x) => b.erf(x),
  (b, x) => b.log(b.add(b.softplus(x), b.scalar(1))),
  (b, x) => b.exp(b.neg(b.mul(x, x))),
  (b, x) => b.sqrt(b.add(b.mul(x, x), b.scalar(0.5))),
  (b, x, y) => b.div(x, b.add(b.softplus(y), b.scalar(1))),
  (b, x) => b.pow(b.add(b.sigmoid(x), b.scalar(0.5)), 1.5),
  (b, x, y) => b.mul(b.tanh(x), y),
  (b, x, y) => b.sub(x, b.sigmoid(y)),
  (b, x, y) => b.sum([x, b.tanh(x), b.sigmoid(b.mul(x, b.reduceMean(y)))]),
  (b, x) => b.softmax(b.add(x, x)),
  (b, x) => b.add(x, b.reduceMean(x, [-1], true)),
  (b, x) => b.transpose(matrix(b, x), [1, 0]),
  (b, x, y) => {
    const [left, right] = [matrix(b, b.tanh(x)), matrix(b, b.tanh(y))];
    const size = Math.min(left.shape[1]!, right.shape[1]!);
    const cut = (v: Value) => b.slice(v, [0, 0], [v.shape[0]!, size]);
    return b.tanh(b.matMul(cut(left), cut(right), { transposeB: true }));
  },
  (b, x) => b.tanh(b.matMul(matrix(b, x), matrix(b, b.sigmoid(x)), { transposeA: true })),
  (b, x) => b.concat([x, b.neg(x)], -1),
  (b, x) => b.pad(matrix(b, x), [1, 0], [0, 1]),
  (b, x, _y, pick) => {
    const size = x.shape[0]!;
    const indices = Array.from({ length: 4 }, () => Math.floor(pick() * (size + 1)) - 1);
    return b.gather(x, indices, 0);
  },
  (b, x) => layerNorm(b, b.concat([x, b.tanh(b.neg(x))], -1), 0.1),
  (b, x, y) => {
    const field = b.reshape(b.tanh(x), [1, -1, x.shape.at(-1)!, 1]);
    const kernel = b.expand(b.reduceMean(b.tanh(y)), [9, 2]);
    return b.tanh(matrix(b, convolution(b, field, kernel, { size: 3, rows: 'edge', columns: 'wrap' })));
  },
];

const largest = 60;

function randomGraph(seed: number, choices: readonly number[]): DifferentiatedGraph {
  const random = uniform(seed);
  const b = new GraphBuilder();
  const shapes = [[2, 3], [3], [4, 1]];
  const inputs = shapes.map((shape, i) => b.input(`x${i}`, shape));
  const pool = [...inputs];
  const pick = (): Value => pool[Math.floor(random() * pool.length)]!;
  for (const choice of choices) {
    const x = pick();
    // Element-wise steps of two values take a partner that broadcasts; a mean always does.
    const y = pick();
    const partner =
      y.shape.length === x.shape.length && y.shape.every((n, i) => n === x.shape[i]) ? y : b.reduceMean(y);
    const twoMatrices = choice % steps.length === 15;
    const result = steps[choice % steps.length]!(b, x, twoMatrices ? y : partner, random);
    if (result.shape.length > 0 && elements(result.shape) <= largest) pool.push(result);
  }
  const loss = b.add(
    b.sum(pool.map((value) => b.reduceMean(b.mul(value, b.sigmoid(value))))),
    b.reduceSum(b.mul(pool.at(-1)!, b.constant(draw(pool.at(-1)!.shape, 'any', random), pool.at(-1)!.shape))),
  );
  const gradients = gradient(b, loss, inputs);
  b.output('loss', loss);
  inputs.forEach((_, i) => {
    b.output(`d x${i}`, gradients[i]!);
  });
  return {
    graph: b.build(),
    wrt: inputs.map((_, i) => `x${i}`),
    inputs: Object.fromEntries(shapes.map((shape, i) => [`x${i}`, draw(shape, 'any', random)])),
  };
}

const recipe = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  choices: fc.array(fc.integer({ min: 0, max: steps.length - 1 }), { minLength: 1, maxLength: 12 }),
});

let tfjs: Tfjs;
beforeAll(async () => {
  tfjs = await loadTfjs('wasm');
});

it('agrees with central differences to 1e-5 for random graphs', () => {
  fc.assert(
    fc.property(recipe, ({ seed, choices }) => {
      const random = randomGraph(seed, choices);
      const results = runReference(random.graph, random.inputs);
      for (const name of random.wrt) {
        expect(relativeError(results[`d ${name}`]!, centralDifferences(random, name)), name).toBeLessThan(
          1e-5,
        );
      }
    }),
    { numRuns: 150, seed: 20070101 },
  );
});

it('gives the same loss and gradients by ONNX Runtime and by the autodiff of tfjs on WebAssembly', async () => {
  await fc.assert(
    fc.asyncProperty(recipe, async ({ seed, choices }) => {
      const { graph, inputs, wrt } = randomGraph(seed, choices);
      const reference = runReference(graph, inputs);
      const executor = await createOnnxExecutor(graph, { device: 'cpu' });
      const onnx = await executor.run(inputs);
      await executor.release();
      const forward = await runTfjs(tfjs, graph, inputs);
      const own = await tfjsGradients(tfjs, graph, 'loss', wrt, inputs);
      for (const name of ['loss', ...wrt.map((input) => `d ${input}`)]) {
        expect(relativeError(onnx[name]!.data as Float32Array, reference[name]!), name).toBeLessThan(1e-5);
        expect(relativeError(forward[name]!, reference[name]!), name).toBeLessThan(1e-5);
      }
      for (const name of wrt) {
        expect(relativeError(own[name]!, reference[`d ${name}`]!), name).toBeLessThan(1e-5);
      }
    }),
    { numRuns: 60, seed: 20071231 },
  );
});
