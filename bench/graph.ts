/**
 * How fast a training step of a small convolutional network runs (forward, L1 loss, backward, AdamW): trainingStep.ts
 * has the way of timing.
 *
 * Network: 64 fields of 17 × 33 with 8 channels; 5 × 5 convolution to 64, two of 3 × 3, 64 to 64, GELU after each;
 * a 1 × 1 to one channel; beside it a linear path 1122 → 128 → 561.
 */
import { GraphBuilder } from '../models/graph/builder.js';
import type { Graph, Shape, Value } from '../models/graph/graph.js';
import { convolution, linear } from '../models/graph/layers.js';
import { appendStep, benchStep, plainStep, type StepBenchmark } from './trainingStep.js';

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
  return appendStep(b, loss, new Map(Object.entries(p)));
}

const torchProgram = `
import sys, time, torch, torch.nn.functional as F
threads, steps = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
clock = time.process_time if threads == 1 else time.perf_counter
c = [torch.randn(64, i, k, k) * 0.05 for i, k in ((8, 5), (64, 3), (64, 3))]
rest = [torch.zeros(64) for _ in range(3)] + [torch.randn(64, 1) * 0.05, torch.randn(1122, 128) * 0.05, torch.randn(128, 561) * 0.05]
p = [torch.nn.Parameter(v) for v in c + rest]
x, y = torch.randn(64, 8, 17, 33), torch.randn(64, 561)
two = x[:, :2].permute(0, 2, 3, 1).reshape(64, 1122).contiguous()
opt = torch.optim.AdamW(p, lr=1e-4, weight_decay=0.01)
best = 1e9
for _ in range(steps):
    start = clock()
    opt.zero_grad()
    h = x
    for i in range(3):
        h = F.gelu(F.conv2d(h, p[i], p[3 + i], padding=p[i].shape[-1] // 2))
    out = (h.permute(0, 2, 3, 1) @ p[6]).reshape(64, 561) + F.gelu(two @ p[7]) @ p[8]
    loss = (out - y).abs().mean()
    loss.backward()
    opt.step()
    loss.item()
    best = min(best, clock() - start)
print(best * 1e3, torch.__version__)
`;

/** Measures and prints one line per thread count. */
export async function benchGraph(print: (line: string) => void = console.log): Promise<StepBenchmark[]> {
  return benchStep(plainStep(trainingStep()), torchProgram, print);
}
