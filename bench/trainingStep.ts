/**
 * A training step timed in ONNX Runtime and in PyTorch in the same run. GFLOP/s count 2·m·n·k of matrix products and
 * convolutions, forward and backward, and nothing else; the time is that of the fastest step, because other work on the
 * machine only ever adds. PyTorch is run where a Python with torch is found (PLUME_PYTHON, else python3).
 */
import { spawnSync } from 'node:child_process';
import { adamw } from '../models/graph/adamw.js';
import type { GraphBuilder } from '../models/graph/builder.js';
import { gradient } from '../models/graph/gradient.js';
import { elements, type Graph, matrixFlops, type Value } from '../models/graph/graph.js';
import { createOnnxExecutor } from '../models/graph/onnxExecutor.js';

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

/** Milliseconds of the fastest of `steps` steps, parameters fed back from step to step. */
async function onnxMilliseconds(graph: Graph, threads: number, steps: number): Promise<number> {
  const executor = await createOnnxExecutor(graph, { device: 'cpu', threads, flushDenormals: true });
  let feeds: Parameters<typeof executor.run>[0] = Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const isData = !graph.outputs.some((output) => output.name === `next ${name}`);
      const scale = isData ? 1 : name.includes(' ') ? 0 : 0.05;
      // Any smooth spread of numbers does: what is timed does not depend on them, denormals apart.
      return [
        name,
        Float32Array.from({ length: elements(value.shape) }, (_, i) => scale * Math.sin(i * 1.7)),
      ];
    }),
  );
  let best = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= steps; step++) {
    feeds = { ...feeds, rate: Float32Array.of(1e-4), step: Float32Array.of(step) };
    const start = performance.now();
    const results = await executor.run(feeds);
    best = Math.min(best, performance.now() - start);
    const fed = graph.inputs.filter(({ name }) => `next ${name}` in results);
    feeds = { ...feeds, ...Object.fromEntries(fed.map(({ name }) => [name, results[`next ${name}`]!])) };
  }
  await executor.release();
  return best;
}

/** A program that takes threads and steps as arguments and prints milliseconds and the version of torch. */
function torchMilliseconds(
  program: string,
  threads: number,
  steps: number,
): { milliseconds: number; version: string } | undefined {
  const python = process.env.PLUME_PYTHON ?? 'python3';
  const result = spawnSync(python, ['-c', program, String(threads), String(steps)], { encoding: 'utf8' });
  if (result.status !== 0) return undefined;
  const [milliseconds, version] = result.stdout.trim().split(' ');
  return { milliseconds: Number(milliseconds), version: version ?? '' };
}

export interface StepBenchmark {
  readonly threads: number;
  /** GFLOP/s of ONNX Runtime. */
  readonly onnx: number;
  /** GFLOP/s of PyTorch and its version, where found. */
  readonly torch?: { readonly gflops: number; readonly version: string };
}

/** Measures and prints one line per thread count; ONNX Runtime and PyTorch take turns. */
export async function benchStep(
  graph: Graph,
  torchProgram: string,
  print: (line: string) => void = console.log,
): Promise<StepBenchmark[]> {
  const gigaflop = matrixFlops(graph) / 1e9;
  print(
    `training step: ${graph.nodes.length} nodes, ${gigaflop.toFixed(1)} GFLOP in products and convolutions`,
  );
  const benchmarks: StepBenchmark[] = [];
  for (const threads of [1, 2]) {
    let onnx = Number.POSITIVE_INFINITY;
    let torch: { milliseconds: number; version: string } | undefined;
    for (let round = 0; round < 2; round++) {
      onnx = Math.min(onnx, await onnxMilliseconds(graph, threads, 12));
      const turn = torchMilliseconds(torchProgram, threads, 12);
      if (turn !== undefined && turn.milliseconds < (torch?.milliseconds ?? Number.POSITIVE_INFINITY))
        torch = turn;
    }
    const rate = (milliseconds: number) => gigaflop / (milliseconds / 1e3);
    const peer =
      torch === undefined ? undefined : { gflops: rate(torch.milliseconds), version: torch.version };
    benchmarks.push({ threads, onnx: rate(onnx), ...(peer === undefined ? {} : { torch: peer }) });
    const compared =
      peer === undefined
        ? 'no Python with torch found (set PLUME_PYTHON)'
        : `PyTorch ${peer.version} ${peer.gflops.toFixed(0)} GFLOP/s, ratio ${(rate(onnx) / peer.gflops).toFixed(2)}`;
    print(
      `${threads} thread${threads === 1 ? '' : 's'}: ONNX Runtime ${rate(onnx).toFixed(0)} GFLOP/s; ${compared}`,
    );
  }
  return benchmarks;
}
