/** Samples from a period larger than memory: the same as from memory, once an epoch each, within the bytes allowed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataError, isPlumeError } from '../../core/errors.js';
import {
  type AnomalySource,
  heldSource,
  samplePositions,
} from '../../models/bayesian/training/anomalySource.js';
import { planBlocks } from '../../models/bayesian/training/blockPlan.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import { openSampleLoader } from '../../models/bayesian/training/openSampleLoader.js';
import type {
  SampleBatch,
  SampleLoader,
  SampleRequest,
} from '../../models/bayesian/training/sampleLoader.js';
import { SampleOrder } from '../../models/bayesian/training/sampleOrder.js';
import { StreamingLoader } from '../../models/bayesian/training/streamingLoader.js';

const day = 86_400_000;
const n = 3;

interface Watched extends AnomalySource {
  /** States read so far, and the buffers that they were read into. */
  readonly seen: { states: number; readonly buffers: Map<ArrayBufferLike, number> };
}

/** States whose values tell their position; days that are not there are gaps in time. */
function watched(
  count: number,
  { piece = 1, missing = new Set<number>(), skipped = new Set<number>() } = {},
): Watched {
  const days = Array.from({ length: count }, (_, i) => i).filter((d) => !skipped.has(d));
  const seen: Watched['seen'] = { states: 0, buffers: new Map() };
  return {
    times: Float64Array.from(days, (d) => d * day),
    stateLength: n,
    complete: Uint8Array.from(days, (d) => (missing.has(d) ? 0 : 1)),
    pieces: Int32Array.from({ length: Math.ceil(days.length / piece) }, (_, i) => i * piece),
    seen,
    async read(first, states, out) {
      await Promise.resolve();
      seen.states += states;
      seen.buffers.set(out.buffer, out.buffer.byteLength);
      for (let i = 0; i < states; i++) {
        for (let k = 0; k < n; k++) out[i * n + k] = days[first + i]! + k / 8;
      }
    },
  };
}

const stateOf = (d: number): number[] => Array.from({ length: n }, (_, k) => d + k / 8);

function request(change: Partial<SampleRequest> = {}): SampleRequest {
  return { seed: 3, stage: 1, step: 0, batch: 4, history: 2, rollout: 2, ...change };
}

async function streamOf(source: AnomalySource, budgetStates: number, beyond = 3): Promise<StreamingLoader> {
  const plan = planBlocks(source, 4 * n * budgetStates, beyond);
  return StreamingLoader.open(source, plan, { stepMilliseconds: day, batchStates: 60 });
}

async function daysOf(loader: SampleLoader, wanted: SampleRequest): Promise<number[]> {
  return Array.from((await loader.batch(wanted)).times, (time) => time / day);
}

function everyState(batch: SampleBatch, { history, rollout, batch: size }: SampleRequest): number[][] {
  return Array.from({ length: history + rollout }, (_, i) => {
    const out = new Float32Array(size * n);
    batch.states(i - history + 1, out);
    return [...out];
  });
}

const worlds = fc.record({
  count: fc.integer({ min: 40, max: 160 }),
  piece: fc.constantFrom(1, 3, 7, 30),
  budget: fc.integer({ min: 25, max: 120 }),
  batch: fc.integer({ min: 1, max: 9 }),
  history: fc.integer({ min: 1, max: 2 }),
  rollout: fc.integer({ min: 1, max: 2 }),
  missing: fc.uniqueArray(fc.integer({ min: 0, max: 159 }), { maxLength: 6 }),
  skipped: fc.uniqueArray(fc.integer({ min: 0, max: 159 }), { maxLength: 4 }),
  seed: fc.nat(1000),
});

describe('a stream of samples', () => {
  it('gives every sample once an epoch, complete, with its past and future, in as many bytes as planned', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ count, piece, budget, missing, skipped, ...rest }) => {
        const gaps = { missing: new Set(missing), skipped: new Set(skipped) };
        const source = watched(count, { piece, ...gaps });
        const loader = await streamOf(source, budget);
        const needs = { history: rest.history, steps: rest.rollout, stepMilliseconds: day };
        const expected = Array.from(
          samplePositions(source, needs),
          (position) => source.times[position]! / day,
        );
        expect(loader.count(rest.history, rest.rollout)).toBe(expected.length);
        const days: number[] = [];
        for (let step = 0; days.length < 2 * expected.length; step++) {
          const wanted = request({ ...rest, step });
          const batch = await loader.batch(wanted);
          const found = everyState(batch, wanted);
          batch.times.forEach((time, i) => {
            days.push(time / day);
            found.forEach((states, at) => {
              const there = time / day + at - (rest.history - 1);
              expect(states.slice(i * n, (i + 1) * n)).toEqual(stateOf(there));
              expect(gaps.missing.has(there) || gaps.skipped.has(there)).toBe(false);
            });
          });
        }
        for (const epoch of [0, 1]) {
          const those = days.slice(epoch * expected.length, (epoch + 1) * expected.length);
          expect(those.sort((a, b) => a - b)).toEqual(expected);
        }
        const held = [...source.seen.buffers.values()].reduce((sum, bytes) => sum + bytes, 0);
        expect(held).toBeLessThanOrEqual(4 * n * budget);
        expect(held).toBeLessThanOrEqual(loader.memoryBytes());
        await loader.close();
      }),
      { numRuns: 60 },
    );
  });

  it('gives what memory gives in the same order of blocks, and goes on from any step to the same batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        worlds,
        fc.integer({ min: 0, max: 40 }),
        async ({ count, piece, budget, ...rest }, from) => {
          const source = watched(count, { piece });
          const plan = planBlocks(source, 4 * n * budget, 3);
          const all = new Float32Array(count * n);
          await source.read(0, count, all);
          const held = heldSource({ times: source.times, stateLength: n, values: all });
          const memory = await InMemoryLoader.open(held, { stepMilliseconds: day, blocks: plan });
          const whole = await StreamingLoader.open(source, plan, { stepMilliseconds: day, batchStates: 60 });
          const resumed = await StreamingLoader.open(source, plan, {
            stepMilliseconds: day,
            batchStates: 60,
          });
          for (let step = 0; step < from + 12; step++) {
            const wanted = request({ ...rest, step });
            const expected = everyState(await memory.batch(wanted), wanted);
            expect(everyState(await whole.batch(wanted), wanted)).toEqual(expected);
            if (step >= from) expect(everyState(await resumed.batch(wanted), wanted)).toEqual(expected);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('jumps between steps, stages and rollouts without leaving a trace', async () => {
    const loader = await streamOf(watched(200), 120);
    const fresh = async (wanted: SampleRequest) => daysOf(await streamOf(watched(200), 120), wanted);
    for (const change of [
      { step: 30 },
      { step: 2 },
      { step: 3, stage: 2 },
      { step: 4, rollout: 1 },
      { step: 5, batch: 7 },
    ]) {
      expect(await daysOf(loader, request(change))).toEqual(await fresh(request(change)));
    }
  });

  it('begins in the middle of an epoch with no more reading than its first samples need', async () => {
    const source = watched(2000);
    const loader = await streamOf(source, 400);
    if (loader.plan.kind !== 'stream') throw new Error('not a stream');
    const { poolBlocks, blockTimes } = loader.plan;
    await loader.batch(request({ step: 300 }));
    await loader.close();
    expect(source.seen.states).toBeLessThanOrEqual((poolBlocks + 1) * (blockTimes + 3));
  });

  it('reads a period once an epoch, but for the states beyond the ends of blocks', async () => {
    for (const piece of [1, 30]) {
      const source = watched(3000, { piece });
      const loader = await streamOf(source, 1700);
      if (loader.plan.kind !== 'stream') throw new Error('not a stream');
      const { blockTimes } = loader.plan;
      expect(blockTimes % piece).toBe(0);
      const samples = loader.count(2, 2);
      const epochs = 4;
      for (let step = 0; step < (epochs * samples) / 10; step++)
        await loader.batch(request({ step, batch: 10 }));
      await loader.close();
      const perEpoch = source.seen.states / epochs / 3000;
      expect(perEpoch).toBeLessThan(1 + 3 / blockTimes + 1 / 8);
    }
  });

  it('reads no more at a step than twice its samples and the rest of a part, so none waits for a block', async () => {
    const source = watched(3000);
    const loader = await streamOf(source, 1000);
    if (loader.plan.kind !== 'stream') throw new Error('not a stream');
    const most: number[] = [];
    let before = 0;
    for (let step = 0; step < 1200; step++) {
      before = source.seen.states;
      await loader.batch(request({ step, batch: 5 }));
      most.push(source.seen.states - before);
    }
    const part = Math.ceil(loader.plan.blockTimes / 32) + 1;
    // the very first steps read the first blocks; the epochs after go on without a halt
    expect(Math.max(...most.slice(20))).toBeLessThanOrEqual(2 * 2 * 5 + 3 * part);
  });

  it('spreads the reading of large pieces over the steps', async () => {
    const source = watched(3000, { piece: 50 });
    const loader = await streamOf(source, 1000);
    const read: number[] = [];
    for (let step = 0; step < 1300; step++) {
      await loader.batch(request({ step, batch: 5 }));
      read.push(source.seen.states);
    }
    const window = 40;
    for (let step = 60; step + window < read.length; step++) {
      expect(read[step + window]! - read[step]!).toBeLessThanOrEqual(2 * 5 * window + 2 * 50);
    }
  });

  it('tells a failed read to the step that needs it, and goes on when the archive is there again', async () => {
    const source = watched(400);
    let broken = true;
    const failing: AnomalySource = {
      ...source,
      read: async (first, count, out) => {
        if (broken && first > 100) throw dataError('archive "far.zarr": the chunk is gone');
        await source.read(first, count, out);
      },
    };
    const loader = await streamOf(failing, 120);
    const wanted = request({ step: 40 });
    const error: unknown = await loader.batch(wanted).catch((reason: unknown) => reason);
    expect(isPlumeError(error) && error.message).toContain('the chunk is gone');
    broken = false;
    expect(await daysOf(loader, wanted)).toEqual(await daysOf(await streamOf(source, 120), wanted));
  });

  it('too large for its budget is refused with what it needs', async () => {
    const source = watched(400);
    expect(() => planBlocks(source, 4 * n * 19, 3)).toThrow(/MiB for 5 blocks of 4 states/);
    expect(planBlocks(source, 4 * n * 20, 3).blockTimes).toBe(1);
  });
});

describe('the order of samples', () => {
  const positions = Int32Array.from({ length: 3000 }, (_, i) => i);
  const blocksOf = (length: number) =>
    Int32Array.from({ length: Math.ceil(3000 / length) }, (_, i) => i * length);
  const orderOf = (key: { seed?: number; stage?: number; epoch?: number } = {}, pool = 16) =>
    new SampleOrder(positions, blocksOf(30), pool).epoch({ seed: 1, stage: 0, epoch: 0, ...key }).positions;

  it('is another for every epoch, seed and stage', () => {
    const orders = [{}, { epoch: 1 }, { seed: 2 }, { stage: 1 }].map((key) => orderOf(key));
    orders.forEach((a, i) => {
      orders.slice(0, i).forEach((b) => {
        // two random permutations share one place in the mean
        const shared = a.reduce((sum, position, at) => sum + (position === b[at] ? 1 : 0), 0);
        expect(shared).toBeLessThan(12);
      });
    });
  });

  it('needs no more blocks at any place than the pool holds', () => {
    const order = new SampleOrder(positions, blocksOf(30), 16).epoch({ seed: 1, stage: 0, epoch: 0 });
    const last = new Map<number, number>();
    order.ranks.forEach((rank, at) => {
      last.set(rank, at);
    });
    const open = new Set<number>();
    order.ranks.forEach((rank, at) => {
      open.add(rank);
      expect(open.size).toBeLessThanOrEqual(16);
      if (last.get(rank) === at) open.delete(rank);
    });
  });

  it('is nearly as free of memory as a full shuffle', () => {
    const distance = (order: Int32Array) => {
      let sum = 0;
      for (let i = 1; i < order.length; i++) sum += Math.abs(order[i]! - order[i - 1]!);
      return sum / (order.length - 1);
    };
    // of a full shuffle a third of the period, with a standard error of about 0.236 · 3000/√3000
    const full = distance(orderOf({}, 100));
    expect(Math.abs(full - 1000)).toBeLessThan(4 * 13);
    // one neighbour in sixteen is of the same block
    expect(distance(orderOf()) / full).toBeGreaterThan(0.87);
    // without a pool it would be a walk through blocks
    expect(distance(orderOf({}, 1)) / full).toBeLessThan(0.1);
  });

  it('mixes samples within batches: few pairs share a block', () => {
    const order = orderOf();
    let same = 0;
    let pairs = 0;
    for (let first = 0; first + 32 <= order.length; first += 32) {
      for (let i = first; i < first + 32; i++) {
        for (let j = first; j < i; j++) {
          pairs++;
          if (Math.floor(order[i]! / 30) === Math.floor(order[j]! / 30)) same++;
        }
      }
    }
    // 1/16 inside an epoch, more in its first and last batches
    expect(same / pairs).toBeLessThan(0.09);
  });
});

describe('the loader of a period', () => {
  it('streams what is not held, with errors of analyses from a pool within the budget', async () => {
    const source = watched(2000, { piece: 30 });
    const options = { stepMilliseconds: day, most: { history: 2, rollout: 2, batch: 4 }, errors: true };
    const budgetBytes = 4 * n * 1000;
    const loader = await openSampleLoader(source, { ...options, budgetBytes });
    expect(loader.plan.kind).toBe('stream');
    await loader.batch(request());
    const { dates, history, values } = loader.pool;
    expect(dates * history * n * 4).toBeLessThanOrEqual(budgetBytes / 8);
    // beside the order of the samples
    expect(loader.memoryBytes() - 36 * 2000).toBeLessThanOrEqual(budgetBytes);
    const first = Array.from({ length: dates }, (_, date) => values[date * history * n]!);
    expect([...first].sort((a, b) => a - b)).toEqual(first);
    expect(first.at(-1)! - first[0]!).toBeGreaterThan(1900);
    first.forEach((d, date) => {
      const at = date * history * n;
      expect([...values.subarray(at, at + 2 * n)]).toEqual([...stateOf(d), ...stateOf(d - 1)]);
    });
    const all = new Float32Array(2000 * n);
    await source.read(0, 2000, all);
    const held = await openSampleLoader(
      heldSource({ times: source.times, stateLength: n, values: all }),
      options,
    );
    expect(held.plan.kind).toBe('memory');
  });
});
