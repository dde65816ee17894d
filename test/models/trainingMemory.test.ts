/** The memory of a training: nothing grows from step to step, and what was foretold bounds what is used. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../models/graph/builder.js';
import { graphMemory } from '../../models/graph/peakMemory.js';
import { deterministic, type TrainingFixture, trainingFixture } from './trainingFixture.js';

let fixture: TrainingFixture;
beforeAll(async () => {
  fixture = await trainingFixture();
});
afterAll(() => fixture.remove());

describe('the memory of a graph', () => {
  it('is the largest sum of values alive together, shared by reshapes', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [10, 10]);
    const y = b.tanh(x);
    const z = b.exp(b.reshape(y, [100]));
    b.output('sum', b.reduceSum(b.mul(z, z)));
    // y and z at first, then z and its square
    expect(graphMemory(b.build())).toEqual({ activations: 800, inputs: 400, constants: 0, outputs: 4 });
  });

  it('holds a value that is read late until then', () => {
    const b = new GraphBuilder();
    const early = b.tanh(b.input('x', [100]));
    const chain = [1, 2, 3, 4].reduce((value) => b.exp(value), early);
    b.output('sum', b.reduceSum(b.mul(early, chain)));
    // the early one, and two links of the chain
    expect(graphMemory(b.build()).activations).toBe(1200);
  });
});

describe('a training step', () => {
  it('leaves nothing behind: over 200 steps neither heap nor tensors nor resident memory grow', async () => {
    const sizes: { heap: number; outside: number; resident: number }[] = [];
    const collect = (globalThis as { gc?: () => void }).gc ?? (await exposedGc());
    let step = 0;
    const count = (): void => {
      if (++step % 50 !== 0) return;
      collect();
      const { heapUsed, external, rss } = process.memoryUsage();
      sizes.push({ heap: heapUsed, outside: external, resident: rss });
    };
    const { createExecutor } = fixture.base;
    await fixture.train({
      stages: [{ ...deterministic, phases: [{ steps: 300, rollout: 1, batch: 4 }] }],
      createExecutor: async (graph) => {
        const executor = await createExecutor(graph);
        const { run } = executor;
        return {
          ...executor,
          run: async (inputs) => {
            count();
            return run(inputs);
          },
        };
      },
    });
    // from the second count on: the first steps compile code and fill pools
    const [, first, , , , last] = sizes;
    expect(sizes).toHaveLength(6);
    expect(last!.heap - first!.heap).toBeLessThan(1e6);
    expect(last!.outside - first!.outside).toBeLessThan(2e5);
    expect(last!.resident - first!.resident).toBeLessThan(8e6);
  });
});

/** The collector, where the process was not started with it. */
async function exposedGc(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const built = resolve('dist/test/models/memoryProbe.js');
describe.skipIf(!existsSync(built))('the memory foretold', () => {
  it('is at least what a training in a process of its own used, and at most twice that', () => {
    const { stdout, stderr } = spawnSync(process.execPath, [built], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { expected, used } = JSON.parse(stdout) as { expected: number; used: number };
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThanOrEqual(expected);
    expect(expected).toBeLessThan(2 * used);
  });
});
