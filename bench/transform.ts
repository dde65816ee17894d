/**
 * The spherical-harmonic transform of 48 fields on one core, in place: microseconds a field each way, by truncation, in
 * WebAssembly and in TypeScript, beside one read of the grid's bytes. GFLOP/s count the multiplications and additions of
 * the Legendre sums of both parities, and 5 N log₂ N for the Fourier transform of a pair of rows of N columns.
 */
import { gaussianSize, makeTransform } from '../core/sphere/sphericalTransform.js';
import { fastest } from './fastest.js';

const fields = 48;
const tries = 30;

export async function benchTransform(): Promise<void> {
  for (const truncation of [21, 31, 42, 63]) {
    const size = gaussianSize(truncation);
    const pairs = size.rows / 2;
    const lines: string[] = [];
    for (const kernels of ['wasm', 'typescript'] as const) {
      const transform = makeTransform({ truncation, latitudes: 'gaussian', ...size, kernels });
      const spectral = transform.allocate(2 * transform.coefficients * fields);
      const grid = transform.allocate(size.rows * size.columns * fields);
      // Any numbers do that are not zero: every pass gives them back.
      spectral.forEach((_, i) => {
        spectral[i] = Math.sin(i);
      });
      const synthesis = await fastest(tries, () => transform.synthesize(spectral, fields, grid));
      const analysis = await fastest(tries, () => transform.analyze(grid, fields, spectral));
      const flops =
        fields * pairs * (4 * transform.coefficients + 5 * size.columns * Math.log2(size.columns));
      let sum = 0;
      const read = await fastest(tries, () => {
        sum = readOnce(grid);
      });
      const each = (seconds: number): string => ((1e6 * seconds) / fields).toFixed(1);
      lines.push(
        `${kernels} ${each(synthesis)} µs to the grid, ${each(analysis)} µs back, ` +
          `${((2 * flops) / (synthesis + analysis) / 1e9).toFixed(1)} GFLOP/s, ` +
          `${((synthesis + analysis) / 2 / read).toFixed(1)} × one read${Number.isFinite(sum) ? '' : '!'}`,
      );
    }
    process.stdout.write(`  T${truncation}, a field: ${lines.join('; ')}\n`);
  }
}

/** Four sums at once, so that the adders do not wait for each other. */
function readOnce(values: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  return a + b + c + d;
}
