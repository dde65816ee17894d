/**
 * WebGPU, the real code path, where a driver is present (SwiftShader will do): a whole training step, from
 * convolution to AdamW, agrees with the CPU to 1e-3 of the largest element. One session at a time in a process.
 */
import { describe, expect, it } from 'vitest';
import { adamw } from '../../models/graph/adamw.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { convolution, layerNorm, linear, steadyLinear } from '../../models/graph/layers.js';
import { createOnnxExecutor } from '../../models/graph/onnxExecutor.js';
import type { ResolvedDevice } from '../../models/onnx/deviceName.js';
import { probeDevice } from '../../models/onnx/devices.js';
import { draw, relativeError, uniform } from './graphCases.js';

const probe = await probeDevice('webgpu');

function trainingStep() {
  const b = new GraphBuilder();
  const x = b.input('x', [2, 5, 6, 16]);
  const kernel = b.input('kernel', [144, 16]);
  const head = b.input('head', [16, 1]);
  const perSample = b.input('per sample', [2, 30, 4]);
  const h = b.gelu(convolution(b, x, kernel, { size: 3, rows: 'edge', columns: 'wrap' }));
  const field = b.reshape(linear(b, layerNorm(b, h), head), [2, 1, 30]);
  const mixed = b.softmax(steadyLinear(b, field, perSample));
  const loss = b.add(b.reduceMean(b.abs(field)), b.reduceSum(b.mul(mixed, mixed)));
  const weights = [kernel, head, perSample];
  const gradients = gradient(b, loss, weights);
  const { parameters, gradientNorm } = adamw(
    b,
    weights.map((value, i) => ({
      value,
      gradient: gradients[i]!,
      first: b.input(`first ${i}`, value.shape),
      second: b.expand(b.scalar(0.01), value.shape),
      weightDecay: 0.1,
    })),
    { learningRate: b.scalar(0.01), step: b.scalar(3), clipNorm: 1 },
  );
  b.output('loss', loss);
  b.output('norm', gradientNorm);
  parameters.forEach(({ value }, i) => {
    b.output(`gradient ${i}`, gradients[i]!);
    b.output(`next ${i}`, value);
  });
  return b.build();
}

describe(`webgpu (${probe.works ? 'works here' : `skipped, does not work here: ${probe.reason}`})`, () => {
  it.skipIf(!probe.works)('takes the training step the CPU takes', async () => {
    const graph = trainingStep();
    const random = uniform(5);
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name, value }) => [name, draw(value.shape, 'any', random)]),
    );
    const run = async (device: ResolvedDevice) => {
      const executor = await createOnnxExecutor(graph, { device });
      const results = await executor.run(inputs);
      const numbers = Object.entries(results).map(
        async ([name, tensor]) => [name, (await tensor.getData()).slice() as Float32Array] as const,
      );
      const named = Object.fromEntries(await Promise.all(numbers));
      await executor.release();
      return named;
    };
    const cpu = await run('cpu');
    const webgpu = await run('webgpu');
    for (const [name, expected] of Object.entries(cpu)) {
      expect(relativeError(webgpu[name]!, expected), name).toBeLessThan(1e-3);
    }
  });
});
