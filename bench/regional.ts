/**
 * How fast a training step of the standard recipe runs, deterministic stage (trainingStep.ts has the way of timing),
 * beside the same network in PyTorch: 32 states of sea-level pressure on 17 × 33 points, tokens of 2 × 2 points, four
 * residual layers of 5 × 5 windows and 64 channels, orthogonal updates of their matrices, moving averages of all.
 * PyTorch is given its planes already packed into tokens, which ours packs in the step.
 */
import { makeGrid } from '../core/grid.js';
import { RegionalNetwork } from '../models/bayesian/networks/regionalNetwork.js';
import { PointFamily } from '../models/bayesian/posteriors/point.js';
import { buildTrainingStep } from '../models/bayesian/training/stepGraph.js';
import type { Graph } from '../models/graph/graph.js';
import { recipes } from '../src/training/recipe.js';
import { benchStep, type StepBenchmark } from './trainingStep.js';

const [rows, columns] = [17, 33];

/** The step as training builds it. */
function trainingStep(): Graph {
  const { network: config, climate, stages } = recipes.standard;
  const [stage] = stages;
  const [phase] = stage?.phases ?? [];
  if (config.kind !== 'regional' || stage === undefined || phase === undefined) {
    throw new Error('the standard recipe has no regional network with a first stage');
  }
  const grid = makeGrid(
    Array.from({ length: rows }, (_, i) => 70 - 2.5 * i),
    Array.from({ length: columns }, (_, j) => -60 + 2.5 * j),
  );
  const cycle = new Float32Array((1 + 2 * climate.harmonics) * rows * columns);
  const schema = { channels: [{ variable: 'msl', level: null, unit: 'Pa' }], grid };
  const network = new RegionalNetwork(config, schema, { climate: cycle });
  const prior = { sampleCount: 1, sigma: new Map<string, number>() };
  return buildTrainingStep(network, new PointFamily(network), stage, phase, prior).graph;
}

const torchProgram = `
import sys, time, torch, torch.nn as nn, torch.nn.functional as F
threads, steps = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
clock = time.process_time if threads == 1 else time.perf_counter
H, W, h, w = ${rows}, ${columns}, ${Math.ceil(rows / 2)}, ${Math.ceil(columns / 2)}
torch.manual_seed(0)
convs = [nn.Conv2d(32, 64, 5)] + [nn.Conv2d(64, 64, 5) for _ in range(4)] + [nn.Conv2d(96, 8, 3)]
net = nn.ModuleList(convs)
matrices, biases = [c.weight for c in convs], [c.bias for c in convs]
momenta = [torch.zeros_like(m) for m in matrices]
averages = [p.detach().clone() for p in matrices + biases]
opt = torch.optim.AdamW(biases, lr=1e-4, betas=(0.9, 0.98), weight_decay=0.0)
seen = lambda c, x: c(F.pad(x, (c.kernel_size[0] // 2,) * 4, mode='replicate'))
packed, last, truth = torch.randn(32, 32, h, w), torch.randn(32, H, W), torch.randn(32, H, W)
masks = [(torch.rand(32, 64, 1, 1) > 0.1).float() for _ in range(4)]
area = torch.rand(H, 1)

def orthogonalised(g):
    x = g.reshape(g.shape[0], -1)
    x = x / (x.norm() + 1e-15)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    return x.reshape(g.shape)

best = 1e9
for _ in range(steps):
    start = clock()
    opt.zero_grad()
    for m in matrices: m.grad = None
    x = F.gelu(seen(convs[0], packed))
    for c, mask in zip(convs[1:5], masks):
        x = (x + F.gelu(seen(c, x))) * mask
    out = F.pixel_shuffle(seen(convs[5], torch.cat((x, packed), 1)), 2)[:, 0, :H, :W]
    loss = ((last + out - truth).abs() * area).mean()
    loss.backward()
    nn.utils.clip_grad_norm_(biases, 1.0)
    opt.step()
    with torch.no_grad():
        for m, momentum in zip(matrices, momenta):
            momentum.mul_(0.95).add_(m.grad, alpha=0.05)
            size = 0.2 * max(m.shape[0], m[0].numel()) ** 0.5
            m.mul_(1 - 1e-4 * 3).add_(orthogonalised(momentum * 0.95 + m.grad * 0.05), alpha=-1e-4 * size)
        torch._foreach_lerp_(averages, matrices + biases, 0.01)
    loss.item()
    best = min(best, clock() - start)
print(best * 1e3, torch.__version__)
`;

/** Measures and prints one line per thread count. */
export async function benchRegional(print: (line: string) => void = console.log): Promise<StepBenchmark[]> {
  const step = {
    graph: trainingStep(),
    next: (input: string) => `next.${input}`,
    scalars: { learning_rate: 1e-4, average_decay: 0.99 },
    isWeight: (input: string) => input.startsWith('mean.'),
  };
  return benchStep(step, torchProgram, print);
}
