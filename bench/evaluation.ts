/**
 * Verification against the speed of memory: fair CRPS of fields of 721 × 1440 points beside other packages (crps.ts), and
 * every statistic of a point in one pass.
 */
import { normals } from '../core/random/stream.js';
import { createPointKernel } from '../evaluation/kernels/createPointKernel.js';
import { benchCrps } from './crps.js';
import { fastest } from './fastest.js';

const points = 721 * 1440;

export async function benchEvaluation(): Promise<void> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  await benchCrps({ members: 50, points, rounds: 4 }, print);
  await benchCrps({ members: 10, points, rounds: 3 }, print);
  // An eighth of the field: 500 members of all of it, held by us and by the peers, would take 12 GB.
  await benchCrps({ members: 500, points: points / 8, rounds: 2 }, print);
  await benchStatistics(print);
}

/** All of pointStatistics on one core, of a field in ordinary memory, copied into the kernel tile by tile. */
async function benchStatistics(print: (line: string) => void): Promise<void> {
  const members = 50;
  const capacity = 1008;
  const field = new Float32Array(new SharedArrayBuffer(4 * members * points));
  const truth = new Float32Array(points);
  const key = { seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training' } as const;
  for (let m = 0; m < members; m++)
    normals({ ...key, step: m }, field.subarray(m * points, (m + 1) * points));
  normals({ ...key, step: members }, truth);
  for (const thresholds of [0, 4]) {
    const kernel = createPointKernel({
      design: { weightSamples: 10, noiseStreams: 5 },
      capacity,
      thresholds,
      anomalies: true,
    });
    for (let t = 0; t < thresholds; t++) kernel.thresholds.fill(t - 1.5, t * capacity, (t + 1) * capacity);
    const seconds = await fastest(6, () => {
      for (let first = 0; first < points; first += capacity) {
        const n = Math.min(capacity, points - first);
        for (let m = 0; m < members; m++) {
          const from = m * points + first;
          kernel.members.set(field.subarray(from, from + n), m * capacity);
        }
        kernel.truth.set(truth.subarray(first, first + n));
        kernel.score(n, 'propagate');
      }
    });
    print(
      `  every statistic, ${members} members × ${points} points, ${thresholds} thresholds: ` +
        `${(1e3 * seconds).toFixed(0)} ms on one core`,
    );
  }
}
