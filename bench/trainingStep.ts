/**
 * A training step timed in ONNX Runtime and in PyTorch in the same run, and matrix products beside them: the share of the
 * machine's peak that a step reaches. GFLOP/s count 2·m·n·k of matrix products and convolutions, forward, backward and in
 * the optimizer, and nothing else; the time is that of the fastest step, because other work on the machine only ever
 * adds. With one thread it is the processor's time, which other work adds the least to and which on a machine with nothing
 * else to do is the time that passes; with two it is the time that passes. PyTorch is run where a Python with torch is
 * found (PLUME_PYTHON, else python3).
 */
import { spawnSync } from 'node:child_process';
import { adamw } from '../models/graph/adamw.js';
import { createExecutor } from '../models/graph/backends.js';
import { GraphBuilder } from '../models/graph/builder.js';
import { gradient } from '../models/graph/gradient.js';
import { elements, type Graph, matrixFlops, type Value } from '../models/graph/graph.js';
import { createOnnxExecutor } from '../models/graph/onnxExecutor.js';

/** A graph made by `appendStep`. */
export function plainStep(graph: Graph): StepGraphUnderTest {
  return {
    graph,
    next: (input) => `next ${input}`,
    scalars: { rate: 1e-4 },
    isWeight: (input) => !input.includes(' ') && graph.outputs.some(({ name }) => name === `next ${input}`),
  };
}

/** Appends gradients and AdamW; inputs "rate", "step" and the moments, outputs "loss" and "next …". */
export function appendStep(b: GraphBuilder, loss: Value, parameters: ReadonlyMap<string, Value>): Graph {
  const names = [...parameters.keys()];
  const gradients = gradient(b, loss, [...parameters.values()]);
  const { parameters: updated } = adamw(
    b,
    [...parameters].map(([name, value], i) => ({
      value,
      gradient: gradients[i] as Value,
      first: b.input(`first ${name}`, value.shape),
      second: b.input(`second ${name}`, value.shape),
      weightDecay: 0.01,
    })),
    { learningRate: b.input('rate', []), step: b.input('step', []) },
  );
  b.output('loss', loss);
  names.forEach((name, i) => {
    const next = updated[i];
    if (next === undefined) return;
    b.output(`next ${name}`, next.value);
    b.output(`next first ${name}`, next.first);
    b.output(`next second ${name}`, next.second);
  });
  return b.build();
}

/** A step's graph, and what is fed. */
export interface StepGraphUnderTest {
  readonly graph: Graph;
  /** The output that is an input's value for the next step, where there is one. */
  readonly next: (input: string) => string;
  /** Inputs that are no fields: learning rates, and the step. */
  readonly scalars: Readonly<Record<string, number>>;
  /** True for weights; what else is carried on from step to step starts at zero. */
  readonly isWeight: (input: string) => boolean;
}

/** Milliseconds since: of the processor with one thread, else of the clock. */
function stopwatch(threads: number): () => number {
  const began = performance.now();
  const used = process.cpuUsage();
  return () => {
    if (threads > 1) return performance.now() - began;
    const { user, system } = process.cpuUsage(used);
    return (user + system) / 1e3;
  };
}

/** Milliseconds of the fastest of `steps` steps, parameters fed back from step to step. */
async function onnxMilliseconds(
  { graph, next, scalars, isWeight }: StepGraphUnderTest,
  threads: number,
  steps: number,
): Promise<number> {
  const executor = await createExecutor(graph, 'ort-cpu', { threads, flushDenormals: true });
  const results = new Set(graph.outputs.map(({ name }) => name));
  let feeds: Parameters<typeof executor.run>[0] = Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const scale = isWeight(name) ? 0.05 : results.has(next(name)) ? 0 : 1;
      // Any smooth spread of numbers does: what is timed does not depend on them, denormals apart.
      return [
        name,
        Float32Array.from({ length: elements(value.shape) }, (_, i) => scale * Math.sin(i * 1.7)),
      ];
    }),
  );
  let best = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= steps; step++) {
    const now = Object.entries({ ...scalars, step }).map(([name, value]) => [name, Float32Array.of(value)]);
    feeds = { ...feeds, ...Object.fromEntries(now) };
    const elapsed = stopwatch(threads);
    const made = await executor.run(feeds);
    best = Math.min(best, elapsed());
    const carried = graph.inputs.flatMap(({ name }) => {
      const value = made[next(name)];
      return value === undefined ? [] : [[name, value]];
    });
    const spent = Object.values(feeds).filter((value) => !(value instanceof Float32Array));
    executor.dispose([
      ...spent,
      ...Object.keys(made).flatMap((name) => (name.startsWith('next') ? [] : [made[name] as object])),
    ]);
    feeds = { ...feeds, ...Object.fromEntries(carried) };
  }
  await executor.release();
  return best;
}

/** Products whose rate stands for the machine's: a large square one, and one with the shape of a network's. */
const products = [
  [2048, 2048, 2048],
  [32768, 576, 64],
] as const;

/** GFLOP/s of each product in ONNX Runtime, the fastest of a few tries. */
export async function onnxProducts(threads: number): Promise<number[]> {
  const rates: number[] = [];
  for (const [m, k, n] of products) {
    const b = new GraphBuilder();
    b.output('y', b.reduceSum(b.matMul(b.input('a', [m, k]), b.input('b', [k, n]))));
    const executor = await createOnnxExecutor(b.build(), { device: 'cpu', threads });
    const a = new Float32Array(m * k).fill(0.5);
    const right = new Float32Array(k * n).fill(0.25);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 8; i++) {
      const elapsed = stopwatch(threads);
      await executor.run({ a, b: right });
      best = Math.min(best, elapsed());
    }
    await executor.release();
    rates.push((2 * m * k * n) / best / 1e6);
  }
  return rates;
}

const torchProducts = `
import sys, time, torch
threads = int(sys.argv[1])
torch.set_num_threads(threads)
clock = time.process_time if threads == 1 else time.perf_counter
for m, k, n in ${JSON.stringify(products)}:
    a, b = torch.full((m, k), 0.5), torch.full((k, n), 0.25)
    best = 1e9
    for _ in range(8):
        start = clock()
        (a @ b).sum().item()
        best = min(best, clock() - start)
    print(2 * m * k * n / best / 1e9, end=' ')
`;

/** A program that takes threads and steps as arguments and prints milliseconds and the version of torch. */
function torchMilliseconds(
  program: string,
  threads: number,
  steps: number,
): { milliseconds: number; version: string } | undefined {
  const printed = runPython(program, threads, steps);
  const [milliseconds, version] = printed ?? [];
  return milliseconds === undefined
    ? undefined
    : { milliseconds: Number(milliseconds), version: version ?? '' };
}

/** Words that a Python program prints; undefined where it fails. */
function runPython(program: string, ...numbers: readonly number[]): string[] | undefined {
  const python = process.env.PLUME_PYTHON ?? 'python3';
  const result = spawnSync(python, ['-c', program, ...numbers.map(String)], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim().split(' ') : undefined;
}

export interface StepBenchmark {
  readonly threads: number;
  /** GFLOP/s of the fastest product. */
  readonly peak: number;
  /** GFLOP/s of ONNX Runtime. */
  readonly onnx: number;
  /** GFLOP/s of PyTorch and its version, where found. */
  readonly torch?: { readonly gflops: number; readonly version: string };
}

const rounds = 3;
const stepsARound = 8;

/** Measures and prints one line per thread count; ONNX Runtime and PyTorch take turns. */
export async function benchStep(
  step: StepGraphUnderTest,
  torchProgram: string,
  print: (line: string) => void = console.log,
): Promise<StepBenchmark[]> {
  const gigaflop = matrixFlops(step.graph) / 1e9;
  print(
    `training step: ${step.graph.nodes.length} nodes, ${gigaflop.toFixed(1)} GFLOP in products and convolutions`,
  );
  const benchmarks: StepBenchmark[] = [];
  for (const threads of [1, 2]) {
    let onnx = Number.POSITIVE_INFINITY;
    let torch: { milliseconds: number; version: string } | undefined;
    let [ours, theirs]: [readonly number[], readonly number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      onnx = Math.min(onnx, await onnxMilliseconds(step, threads, stepsARound));
      const turn = torchMilliseconds(torchProgram, threads, stepsARound);
      if (turn !== undefined && turn.milliseconds < (torch?.milliseconds ?? Number.POSITIVE_INFINITY))
        torch = turn;
      ours = larger(ours, await onnxProducts(threads));
      theirs = larger(theirs, (runPython(torchProducts, threads) ?? []).map(Number));
    }
    const peak = Math.max(...ours, ...theirs);
    const rate = (milliseconds: number) => gigaflop / (milliseconds / 1e3);
    const told = (name: string, milliseconds: number) =>
      `${name} ${milliseconds.toFixed(0)} ms, ${rate(milliseconds).toFixed(0)} GFLOP/s, ${((100 * rate(milliseconds)) / peak).toFixed(0)} % of the peak`;
    const peer =
      torch === undefined ? undefined : { gflops: rate(torch.milliseconds), version: torch.version };
    benchmarks.push({ threads, peak, onnx: rate(onnx), ...(peer === undefined ? {} : { torch: peer }) });
    const compared =
      torch === undefined || peer === undefined
        ? 'no Python with torch found (set PLUME_PYTHON)'
        : `${told(`PyTorch ${peer.version}`, torch.milliseconds)}; ratio ${(rate(onnx) / peer.gflops).toFixed(2)}`;
    const rates = (numbers: readonly number[]) =>
      numbers.map((number, i) => `[${products[i]?.join(' × ')}] ${number.toFixed(0)}`).join(', ');
    print(`${threads} thread${threads === 1 ? '' : 's'}: ${told('ONNX Runtime', onnx)}; ${compared}`);
    print(
      `  products, GFLOP/s: ONNX Runtime ${rates(ours)}${theirs.length > 0 ? `; PyTorch ${rates(theirs)}` : ''}`,
    );
  }
  return benchmarks;
}

function larger(a: readonly number[], b: readonly number[]): number[] {
  return b.map((value, i) => Math.max(value, a[i] ?? 0));
}
