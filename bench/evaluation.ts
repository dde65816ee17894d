/** Fair CRPS of 50 members on a 1° global field, one core, against one read of the same bytes. */
import { normals } from '../core/random/stream.js';
import { crpsEnsemble } from '../evaluation/scores/crps.js';
import { fastest } from './fastest.js';

const members = 50;
const points = 181 * 360;

export async function benchEvaluation(): Promise<void> {
  const key = { seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training' } as const;
  const values = new Float32Array(members * points);
  const observed = new Float32Array(points);
  normals({ ...key, step: 0 }, values);
  normals({ ...key, step: 1 }, observed);
  const crps = await fastest(3, () => crpsEnsemble(values, members, observed));
  let sum = 0;
  const read = await fastest(3, () => {
    for (let i = 0; i < values.length; i++) sum += values[i]!;
  });
  process.stdout.write(
    `  fair CRPS, ${members} members × ${points} points: ${(1e3 * crps).toFixed(0)} ms, ` +
      `${(crps / read).toFixed(0)} × one read (${(1e3 * read).toFixed(1)} ms${Number.isFinite(sum) ? '' : '!'})\n`,
  );
}
