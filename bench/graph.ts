/**
 * How fast a training step runs: GFLOP/s of a whole step (forward, L1 loss, backward, AdamW) of a small network,
 * by ONNX Runtime on one and two threads, and by PyTorch on the same network in the same run where a Python with
 * torch is found (PLUME_PYTHON, else python3). GFLOP/s count 2·m·n·k of matrix products and convolutions, forward
 * and backward, and nothing else; the time is that of the fastest step, because other work on the machine only
 * ever adds.
 *
 * Network: 64 fields of 17 × 33 with 8 channels; 5 × 5 convolution to 64, two of 3 × 3, 64 to 64, GELU after each;
 * a 1 × 1 to one channel; beside it a linear path 1122 → 128 → 561.
 */
import { spawnSync } from 'node:child_process';
import { adamw } from '../models/graph/adamw.js';
import { GraphBuilder } from '../models/graph/builder.js';
import { gradient } from '../models/graph/gradient.js';
import { elements, type Graph, matrixFlops, type Shape, type Value } from '../models/graph/graph.js';
import { convolution, linear } from '../models/graph/layers.js';
import { createOnnxExecutor } from '../models/graph/onnxExecutor.js';

const [images, rows, columns, channels, width] = [64, 17, 33, 8, 64];
const points = rows * columns;

const parameterShapes: Readonly<Record<string, Shape>> = {
  c1: [25 * channels, width],
  b1: [width],
  c2: [9 * width, width],
  b2: [width],
  c3: [9 * width, width],
  b3: [width],
  o: [width, 1],
  l1: [2 * points, 128],
  l2: [128, points],
};

/** One training step: inputs x, y, rate, step, the parameters and their moments; outputs loss and "next …". */
function trainingStep(): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', [images, rows, columns, channels]);
  const y = b.input('y', [images, points]);
  const names = Object.keys(parameterShapes);
  const p = Object.fromEntries(names.map((name) => [name, b.input(name, parameterShapes[name]!)]));
  const layer = (h: Value, kernel: string, bias: string, size: number) =>
    b.gelu(b.add(convolution(b, h, p[kernel]!, { size }), p[bias]!));
  const h = layer(layer(layer(x, 'c1', 'b1', 5), 'c2', 'b2', 3), 'c3', 'b3', 3);
  const two = b.reshape(b.slice(x, [0, 0, 0, 0], [images, rows, columns, 2]), [images, 2 * points]);
  const straight = b.matMul(b.gelu(b.matMul(two, p.l1!)), p.l2!);
  const predicted = b.add(b.reshape(linear(b, h, p.o!), [images, points]), straight);
  const loss = b.reduceMean(b.abs(b.sub(predicted, y)));
  const gradients = gradient(
    b,
    loss,
    names.map((name) => p[name]!),
  );
  const { parameters } = adamw(
    b,
    names.map((name, i) => ({
      value: p[name]!,
      gradient: gradients[i]!,
      first: b.input(`first ${name}`, parameterShapes[name]!),
      second: b.input(`second ${name}`, parameterShapes[name]!),
      weightDecay: 0.01,
    })),
    { learningRate: b.input('rate', []), step: b.input('step', []) },
  );
  b.output('loss', loss);
  names.forEach((name, i) => {
    b.output(`next ${name}`, parameters[i]!.value);
    b.output(`next first ${name}`, parameters[i]!.first);
    b.output(`next second ${name}`, parameters[i]!.second);
  });
  return b.build();
}

/** Milliseconds of the fastest of `steps` steps, parameters fed back from step to step. */
async function onnxMilliseconds(graph: Graph, threads: number, steps: number): Promise<number> {
  const executor = await createOnnxExecutor(graph, { device: 'cpu', threads, flushDenormals: true });
  let feeds: Parameters<typeof executor.run>[0] = Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const scale = name === 'x' || name === 'y' ? 1 : name.includes(' ') ? 0 : 0.05;
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

const torchProgram = `
import sys, time, torch, torch.nn.functional as F
threads, steps = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
c = [torch.randn(64, i, k, k) * 0.05 for i, k in ((8, 5), (64, 3), (64, 3))]
rest = [torch.zeros(64) for _ in range(3)] + [torch.randn(64, 1) * 0.05, torch.randn(1122, 128) * 0.05, torch.randn(128, 561) * 0.05]
p = [torch.nn.Parameter(v) for v in c + rest]
x, y = torch.randn(64, 8, 17, 33), torch.randn(64, 561)
two = x[:, :2].permute(0, 2, 3, 1).reshape(64, 1122).contiguous()
opt = torch.optim.AdamW(p, lr=1e-4, weight_decay=0.01)
best = 1e9
for _ in range(steps):
    start = time.perf_counter()
    opt.zero_grad()
    h = x
    for i in range(3):
        h = F.gelu(F.conv2d(h, p[i], p[3 + i], padding=p[i].shape[-1] // 2))
    out = (h.permute(0, 2, 3, 1) @ p[6]).reshape(64, 561) + F.gelu(two @ p[7]) @ p[8]
    loss = (out - y).abs().mean()
    loss.backward()
    opt.step()
    loss.item()
    best = min(best, time.perf_counter() - start)
print(best * 1e3, torch.__version__)
`;

function torchMilliseconds(
  threads: number,
  steps: number,
): { milliseconds: number; version: string } | undefined {
  const python = process.env.PLUME_PYTHON ?? 'python3';
  const result = spawnSync(python, ['-c', torchProgram, String(threads), String(steps)], {
    encoding: 'utf8',
  });
  if (result.status !== 0) return undefined;
  const [milliseconds, version] = result.stdout.trim().split(' ');
  return { milliseconds: Number(milliseconds), version: version ?? '' };
}

export interface GraphBenchmark {
  readonly threads: number;
  /** GFLOP/s of ONNX Runtime. */
  readonly onnx: number;
  /** GFLOP/s of PyTorch and its version, where found. */
  readonly torch?: { readonly gflops: number; readonly version: string };
}

/** Measures and prints one line per thread count; ONNX Runtime and PyTorch take turns. */
export async function benchGraph(print: (line: string) => void = console.log): Promise<GraphBenchmark[]> {
  const graph = trainingStep();
  const gigaflop = matrixFlops(graph) / 1e9;
  print(
    `training step: ${graph.nodes.length} nodes, ${gigaflop.toFixed(1)} GFLOP in products and convolutions`,
  );
  const benchmarks: GraphBenchmark[] = [];
  for (const threads of [1, 2]) {
    let onnx = Number.POSITIVE_INFINITY;
    let torch: { milliseconds: number; version: string } | undefined;
    for (let round = 0; round < 2; round++) {
      onnx = Math.min(onnx, await onnxMilliseconds(graph, threads, 12));
      const turn = torchMilliseconds(threads, 12);
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
