/**
 * How fast a training step of a small Earth-specific transformer runs (trainingStep.ts has the way of timing), beside the
 * same network in PyTorch: a globe of 32 × 64 points, five variables on four levels and four at the surface, eight
 * states; sizes as that grid gets them by itself: patches 2 × 2 × 2, windows 2 × 4 × 4, 48 channels, two blocks in each of four stages.
 */
import { makeGrid } from '../core/grid.js';
import { transformerFor } from '../models/bayesian/networks/defaultNetwork.js';
import {
  EarthTransformer,
  type EarthTransformerConfig,
} from '../models/bayesian/networks/earthTransformer.js';
import { GraphBuilder } from '../models/graph/builder.js';
import type { Graph } from '../models/graph/graph.js';
import { appendStep, benchStep, plainStep, type StepBenchmark } from './trainingStep.js';

const batch = 8;
const [rows, columns] = [32, 64];

/** One step on the increment; the amplitude takes no part. */
function trainingStep(): Graph {
  const levels = [850, 700, 500, 250].flatMap((level) =>
    ['z', 'q', 't', 'u', 'v'].map((variable) => ({ variable, level, unit: '1' })),
  );
  const surface = ['msl', 'u10', 'v10', 't2m'].map((variable) => ({ variable, level: null, unit: '1' }));
  const grid = makeGrid(
    Array.from({ length: rows }, (_, i) => 90 - (180 * (i + 0.5)) / rows),
    Array.from({ length: columns }, (_, j) => (360 * j) / columns),
  );
  const config: EarthTransformerConfig = {
    ...transformerFor({ grid }, { harmonics: 1, stepHours: 24 }),
    constants: ['orography', 'latitude', 'season'],
  };
  const network = new EarthTransformer(config, { channels: [...levels, ...surface], grid }, {});
  const b = new GraphBuilder();
  const parameters = new Map(
    [...network.parameters]
      .filter(([name]) => name !== 'amplitude.bias')
      .map(([name, shape]) => [name, b.input(name, [1, ...shape])]),
  );
  const state = b.input('x', [1, batch, network.stateLength]);
  const season = b.input('season', [batch, 3]);
  const bias = b.constant(new Float32Array(network.stateLength), [1, 1, network.stateLength]);
  const all = new Map([...parameters, ['amplitude.bias', bias]]);
  const { increment } = network.forward(b, all, { history: [state], season });
  const loss = b.reduceMean(b.abs(b.sub(increment, b.input('y', increment.shape))));
  return appendStep(b, loss, parameters);
}

const torchProgram = `
import sys, time, torch, torch.nn as nn, torch.nn.functional as F
threads, steps = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
clock = time.process_time if threads == 1 else time.perf_counter
B, H0, W0, C0, win = ${batch}, ${rows}, ${columns}, 48, (2, 4, 4)
Z, H, W = 3, H0 // 2, W0 // 2

class Block(nn.Module):
    def __init__(self, size, dim, heads, shifted):
        super().__init__()
        self.size, self.heads = size, heads
        self.win = tuple(min(w, s) for w, s in zip(win, size))
        self.shift = tuple(w // 2 if shifted and w < s else 0 for w, s in zip(self.win, size))
        self.pads = tuple((-s) % w for s, w in zip(size, self.win))
        self.whole = tuple(s + p for s, p in zip(size, self.pads))
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        wz, wh, ww = self.win
        self.types = (self.whole[0] // wz) * (self.whole[1] // wh)
        T = wz * wh * ww
        self.bias = nn.Parameter(torch.randn(wz * wz * wh * wh * (2 * ww - 1), self.types * heads) * 0.02)
        z, h, w = torch.meshgrid(*(torch.arange(n) for n in self.win), indexing='ij')
        z, h, w = z.flatten(), h.flatten(), w.flatten()
        index = ((z[:, None] * wz + z[None]) * wh * wh + h[:, None] * wh + h[None]) * (2 * ww - 1) + w[None] - w[:, None] + ww - 1
        self.register_buffer('index', index.flatten())
        region = torch.zeros(self.whole[:2])
        if self.shift[0]: region[-self.shift[0]:] += 1
        if self.shift[1]: region[:, -self.shift[1]:] += 2
        beyond = torch.zeros(self.whole[:2], dtype=torch.bool)
        beyond[size[0]:] = True
        beyond[:, size[1]:] = True
        beyond = torch.roll(beyond, (-self.shift[0], -self.shift[1]), (0, 1))
        cut = lambda x: x.view(self.whole[0] // wz, wz, self.whole[1] // wh, wh).permute(0, 2, 1, 3).reshape(self.types, wz * wh).repeat_interleave(ww, 1)
        r, o = cut(region), cut(beyond)
        mask = torch.where((r[:, :, None] != r[:, None, :]) | o[:, None, :], -1000.0, 0.0)
        self.register_buffer('mask', mask[:, None])
        self.T = T
    def attention(self, x):
        B, N, C = x.shape
        (Z, H, W), (wz, wh, ww), h = self.whole, self.win, self.heads
        x = F.pad(x.view(B, *self.size, C), (0, 0, 0, self.pads[2], 0, self.pads[1], 0, self.pads[0]))
        if any(self.shift): x = torch.roll(x, tuple(-s for s in self.shift), (1, 2, 3))
        x = x.view(B, Z // wz, wz, H // wh, wh, W // ww, ww, C).permute(0, 5, 1, 3, 2, 4, 6, 7)
        x = x.reshape(B, W // ww, self.types, self.T, C)
        q, k, v = self.qkv(x).view(B, W // ww, self.types, self.T, 3, h, C // h).permute(4, 0, 1, 2, 5, 3, 6)
        bias = self.bias[self.index].view(self.T, self.T, self.types, h).permute(2, 3, 0, 1) + self.mask
        a = torch.softmax((q * (C // h) ** -0.5) @ k.transpose(-1, -2) + bias, -1) @ v
        a = a.transpose(3, 4).reshape(B, W // ww, Z // wz, H // wh, wz, wh, ww, C)
        a = a.permute(0, 2, 4, 3, 5, 1, 6, 7).reshape(B, Z, H, W, C)
        if any(self.shift): a = torch.roll(a, self.shift, (1, 2, 3))
        a = a[:, :self.size[0], :self.size[1], :self.size[2]].reshape(B, N, C)
        return self.proj(a)
    def forward(self, x):
        x = x + self.norm1(self.attention(x))
        return x + self.norm2(self.down(F.gelu(self.up(x))))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        stage = lambda size, dim, heads: nn.Sequential(*(Block(size, dim, heads, i % 2 == 1) for i in range(2)))
        self.upper, self.surface = nn.Linear(5 * 8, C0), nn.Linear((4 + 4) * 4, C0)
        self.s1, self.s4 = stage((Z, H, W), C0, 3), stage((Z, H, W), C0, 3)
        self.s2, self.s3 = stage((Z, H // 2, W // 2), 2 * C0, 6), stage((Z, H // 2, W // 2), 2 * C0, 6)
        self.dnorm, self.dlin = nn.LayerNorm(4 * C0), nn.Linear(4 * C0, 2 * C0, bias=False)
        self.ulin, self.unorm, self.umix = nn.Linear(2 * C0, 4 * C0, bias=False), nn.LayerNorm(C0), nn.Linear(C0, C0, bias=False)
        self.rupper, self.rsurface = nn.Linear(2 * C0, 2 * 40), nn.Linear(2 * C0, 2 * 16)
    def forward(self, upper, surface, known):
        B, C = upper.shape[0], C0
        u = upper.view(B, 2, 2, 5, H, 2, W, 2).permute(0, 1, 4, 6, 2, 3, 5, 7).reshape(B, 2 * H * W, 40)
        s = torch.cat((surface, known), 1).view(B, 8, H, 2, W, 2).permute(0, 2, 4, 1, 3, 5).reshape(B, H * W, 32)
        x = self.s1(torch.cat((self.surface(s), self.upper(u)), 1))
        d = x.view(B, Z, H // 2, 2, W // 2, 2, C).permute(0, 1, 2, 4, 3, 5, 6).reshape(B, -1, 4 * C)
        d = self.s3(self.s2(self.dlin(self.dnorm(d))))
        y = self.ulin(d).view(B, Z, H // 2, W // 2, 2, 2, C).permute(0, 1, 2, 4, 3, 5, 6).reshape(B, -1, C)
        y = torch.cat((x, self.s4(self.umix(self.unorm(y)))), -1)
        u = self.rupper(y[:, H * W:]).view(B, 2, H, W, 2, 2, 5, 2, 2).permute(4, 0, 1, 5, 6, 2, 7, 3, 8)
        s = self.rsurface(y[:, :H * W]).view(B, H, W, 2, 4, 2, 2).permute(3, 0, 4, 1, 5, 2, 6)
        return u[0].reshape(B, 20, H0, W0), s[0].reshape(B, 4, H0, W0)

torch.manual_seed(0)
net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=0.01)
upper, surface, known = torch.randn(B, 20, H0, W0), torch.randn(B, 4, H0, W0), torch.randn(B, 4, H0, W0)
target = torch.randn(B, 24, H0, W0)
best = 1e9
for _ in range(steps):
    start = clock()
    opt.zero_grad()
    loss = (torch.cat(net(upper, surface, known), 1) - target).abs().mean()
    loss.backward()
    opt.step()
    loss.item()
    best = min(best, clock() - start)
print(best * 1e3, torch.__version__)
`;

/** Measures and prints one line per thread count. */
export async function benchTransformer(
  print: (line: string) => void = console.log,
): Promise<StepBenchmark[]> {
  return benchStep(plainStep(trainingStep()), torchProgram, print);
}
