/**
 * Fair CRPS of a large field, [member, point] float32, on one core and on two: ours, other packages (PLUME_PYTHON, else
 * python3: bench/evaluation_peers.py) and one read of the same bytes, which take turns. Scores are compared too.
 * On one core CPU time is measured, which other work on the machine disturbs least; on two, time by the clock.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { normals } from '../core/random/stream.js';
import { type CrpsField, crpsField } from '../evaluation/kernels/crpsField.js';
import { memoryRead } from './memoryRead.js';

export interface CrpsBench {
  readonly members: number;
  readonly points: number;
  /** Turns: each takes four tries of ours and of the read, and one of every peer. */
  readonly rounds: number;
}

/** Seconds on one core and on two. */
type Seconds = [number, number];

export async function benchCrps(
  { members, points, rounds }: CrpsBench,
  print: (line: string) => void,
): Promise<void> {
  const fields = [1, 2].map((workers) => crpsField({ memberCount: members, points, workers }));
  const folder = mkdtempSync(path.join(tmpdir(), 'crps-'));
  const peers = await startPeers(folder, fields, members, points);
  const reader = memoryRead(64 * Math.ceil((4 * members * points) / 64), 2);
  const best = new Map<string, Seconds>();
  const time = async (name: string, cores: number, work: () => Promise<number>): Promise<void> => {
    const seconds = await work();
    const of = best.get(name) ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    of[cores - 1] = Math.min(of[cores - 1]!, seconds);
    best.set(name, of);
  };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const cores of [1, 2]) {
        for (let i = 0; i < 4; i++) {
          await time('plume', cores, () => clock(cores, () => fields[cores - 1]!.score('propagate')));
          await time('one read', cores, () => clock(cores, () => reader.read(cores)));
        }
        for (const name of Object.keys(peers.versions))
          await time(name, cores, () => peers.time(name, cores));
      }
    }
    print(
      `  fair CRPS, ${members} members × ${points} points float32, fastest of ${4 * rounds} tries (peers ${rounds}):`,
    );
    const [ours, read] = [best.get('plume')!, best.get('one read')!];
    for (const [name, seconds] of best) {
      const version = peers.versions[name];
      const each = seconds.map((s) => `${(1e3 * s).toFixed(1).padStart(8)} ms`);
      const ratios = seconds.map((s, i) =>
        name === 'plume'
          ? `${(s / read[i]!).toFixed(2)} × the read`
          : `${(s / ours[i]!).toFixed(s < ours[i]! ? 2 : 1)} × ours`,
      );
      const off =
        version === undefined
          ? ''
          : `; scores differ by at most ${differenceOf(folder, name, fields[0]!, points).toExponential(0)}`;
      print(
        `    ${`${name} ${version ?? ''}`.padEnd(22)} 1 core ${each[0]}, ${ratios[0]}; 2 cores ${each[1]}, ${ratios[1]}${off}`,
      );
    }
    if (Object.keys(peers.versions).length === 0) print('    no Python with numpy found (set PLUME_PYTHON)');
  } finally {
    peers.close();
    rmSync(folder, { recursive: true });
    await Promise.all([...fields.map((field) => field.close()), reader.close()]);
  }
}

/** Seconds: CPU time of this process for one core, else by the clock. */
async function clock(cores: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const used = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(used);
  return cores === 1 ? (user + system) / 1e6 : (performance.now() - began) / 1000;
}

function differenceOf(folder: string, name: string, field: CrpsField, points: number): number {
  const bytes = readFileSync(path.join(folder, `${name}.f64`));
  const theirs = new Float64Array(bytes.buffer, bytes.byteOffset, points);
  let most = 0;
  for (let i = 0; i < points; i++) {
    const off = Math.abs(theirs[i]! - field.crps[i]!);
    if (!(off <= most)) most = off;
  }
  return most;
}

interface Peers {
  readonly versions: Readonly<Record<string, string>>;
  time(name: string, cores: number): Promise<number>;
  close(): void;
}

/** Fills the fields with normal numbers, and hands the same to a Python process. */
async function startPeers(
  folder: string,
  fields: readonly CrpsField[],
  members: number,
  points: number,
): Promise<Peers> {
  const row = new Float32Array(points);
  const write = (name: string, into: (field: CrpsField) => Float32Array, step: number): void => {
    normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training', step }, row);
    for (const field of fields) into(field).set(row);
    writeFileSync(path.join(folder, name), row, { flag: 'a' });
  };
  for (let m = 0; m < members; m++)
    write(
      'members.f32',
      (field) => field.members.subarray(m * field.capacity, m * field.capacity + points),
      m,
    );
  write('truth.f32', (field) => field.truth.subarray(0, points), members);
  const program = fileURLToPath(new URL('../../bench/evaluation_peers.py', import.meta.url));
  const child: ChildProcess = spawn(
    process.env.PLUME_PYTHON ?? 'python3',
    [program, folder, String(members), String(points)],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    },
  );
  child.on('error', () => {});
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const first = await lines.next();
  return {
    versions: first.done === true ? {} : (JSON.parse(first.value) as Record<string, string>),
    async time(name, cores) {
      child.stdin!.write(`${name} ${cores}\n`);
      return Number((await lines.next()).value);
    },
    close: () => child.stdin?.end(),
  };
}
