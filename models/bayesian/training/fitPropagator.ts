/**
 * Fits the zonally symmetric propagator (zonalPropagator.ts) to a series of anomalies: for every wavenumber and
 * parity the EOFs of the area-weighted waves, then the complex ridge regression of a(t + Δt) on a(t),
 *   A = (H + λ tr(H)/r)⁻¹ C,  H = Σ a(t)ᴴ a(t),  C = Σ a(t)ᴴ a(t + Δt),  a a row of r coefficients.
 * The sums are graphs too, run by ONNX Runtime; float32 within a batch, float64 over batches.
 */
import { solveSymmetric } from '../../../core/linear/cholesky.js';
import { eigenOf } from '../../../core/linear/eofs.js';
import type { Schema } from '../../../core/schema.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { createOnnxExecutor, tensorData } from '../../graph/onnxExecutor.js';
import { Hemispheres } from '../networks/hemispheres.js';
import type { NetworkConstants } from '../networks/network.js';
import { type PropagatorConfig, rootWeights, zonalWaves } from '../networks/zonalPropagator.js';
import { type AnomalySource, samplePositions } from './anomalySource.js';
import { visitStates } from './stateReading.js';

export interface PropagatorFit {
  readonly stepMilliseconds: number;
  /** λ: penalty relative to the mean variance of a coefficient. */
  readonly ridge: number;
  readonly threads: number;
}

/** States of a batch, and the most pairs of states that are used, spread evenly over the series. */
const batch = 32;
const mostPairs = 3200;

export async function fitPropagator(
  config: PropagatorConfig,
  schema: Schema,
  source: AnomalySource,
  { stepMilliseconds, ridge, threads }: PropagatorFit,
): Promise<NetworkConstants> {
  const { wavenumbers: M, modes: r } = config;
  const { ownRows } = new Hemispheres(schema.grid);
  const f = schema.channels.length * ownRows;
  const root = rootWeights(schema);
  const all = samplePositions(source, { history: 1, steps: 1, stepMilliseconds });
  const count = Math.max(1, Math.min(Math.ceil(mostPairs / batch), Math.floor(all.length / batch))) * batch;
  const positions = Int32Array.from(
    { length: count },
    (_, i) => all[Math.floor((i * all.length) / count)] ?? 0,
  );

  const covariance = await summed(source, positions, [0], threads, (b, [state]) => {
    const waves = b.mul(zonalWaves(b, state as Value, M, schema), b.constant(root, [f]));
    return { gram: b.matMul(waves, waves, { transposeA: true }) };
  });
  const eofs = new Float32Array(2 * M * f * r);
  for (let w = 0; w < 2 * M; w++) {
    const gram = covariance.gram?.subarray(w * f * f, (w + 1) * f * f) ?? new Float64Array(0);
    const { vectors } = eigenOf(gram, f);
    for (let i = 0; i < f; i++) {
      for (let k = 0; k < r; k++) {
        // eigenvalues rise
        eofs[(w * f + i) * r + k] = vectors[i * f + (f - 1 - k)] ?? 0;
      }
    }
  }
  const sums = await summed(source, positions, [0, 1], threads, (b, [before, after]) => {
    const patterns = b.constant(eofs, [2, M, f, r]);
    const coefficients = (state: Value | undefined): Value =>
      b.matMul(b.mul(zonalWaves(b, state as Value, M, schema), b.constant(root, [f])), patterns);
    const [now, next] = [coefficients(before), coefficients(after)];
    return {
      variance: b.matMul(now, now, { transposeA: true }),
      varianceTurned: b.matMul(now, turned(b, now), { transposeA: true }),
      change: b.matMul(now, next, { transposeA: true }),
      changeTurned: b.matMul(now, turned(b, next), { transposeA: true }),
    };
  });
  const real = new Float32Array(2 * M * r * r);
  const imaginary = new Float32Array(2 * M * r * r);
  for (let w = 0; w < 2 * M; w++) {
    const of = (name: string) => sums[name]?.subarray(w * r * r, (w + 1) * r * r) ?? new Float64Array(0);
    const solution = complexRidge(
      of('variance'),
      of('varianceTurned'),
      of('change'),
      of('changeTurned'),
      r,
      ridge,
    );
    real.set(solution.subarray(0, r * r), w * r * r);
    imaginary.set(solution.subarray(r * r), w * r * r);
  }
  return {
    'propagator.eofs': eofs,
    'propagator.real': real,
    'propagator.imaginary': imaginary,
  };
}

/** −i times waves whose cosine and sine parts are halves of the rows: (s, −c), so that Σ nowᵀ · turned is Im Σ aᴴ b. */
function turned(b: GraphBuilder, waves: Value): Value {
  const [parities, M, rows, width] = waves.shape as [number, number, number, number];
  const half = (which: number): Value =>
    b.slice(waves, [0, 0, (which * rows) / 2, 0], [parities, M, rows / 2, width]);
  return b.concat([half(1), b.neg(half(0))], 2);
}

/** Re and Im of (H + λ)⁻¹ C behind each other, each [r, r], by the real form [[Hr, −Hi], [Hi, Hr]]. */
function complexRidge(
  hr: Float64Array,
  hi: Float64Array,
  cr: Float64Array,
  ci: Float64Array,
  r: number,
  ridge: number,
): Float64Array {
  let trace = 0;
  for (let k = 0; k < r; k++) trace += hr[k * r + k] ?? 0;
  const penalty = (ridge * trace) / r + Number.MIN_VALUE;
  const matrix = new Float64Array(4 * r * r);
  const right = new Float64Array(2 * r * r);
  for (let i = 0; i < r; i++) {
    for (let j = 0; j < r; j++) {
      const [re, im] = [hr[i * r + j] ?? 0, hi[i * r + j] ?? 0];
      matrix[i * 2 * r + j] = re + (i === j ? penalty : 0);
      matrix[(r + i) * 2 * r + r + j] = matrix[i * 2 * r + j] ?? 0;
      matrix[i * 2 * r + r + j] = -im;
      matrix[(r + i) * 2 * r + j] = im;
      right[i * r + j] = cr[i * r + j] ?? 0;
      right[(r + i) * r + j] = ci[i * r + j] ?? 0;
    }
  }
  return solveSymmetric(matrix, right, 2 * r, r, 'linear path of the network');
}

/**
 * Runs a graph on batches of states at several offsets from the positions, and adds its outputs.
 * @param positions rising, as many as fill whole batches
 */
async function summed(
  source: AnomalySource,
  positions: Int32Array,
  offsets: readonly number[],
  threads: number,
  write: (b: GraphBuilder, states: readonly Value[]) => Readonly<Record<string, Value>>,
): Promise<Readonly<Record<string, Float64Array>>> {
  const b = new GraphBuilder();
  const n = source.stateLength;
  const states = offsets.map((offset) => b.input(`state.${offset}`, [batch, n]));
  for (const [name, value] of Object.entries(write(b, states))) b.output(name, value);
  const executor = await createOnnxExecutor(b.build(), { device: 'cpu', threads });
  const sums: Record<string, Float64Array> = {};
  const buffers = offsets.map(() => new Float32Array(batch * n));
  try {
    let row = 0;
    for await (const { states } of visitStates(source, positions, { after: offsets.length - 1 })) {
      offsets.forEach((offset, i) => {
        buffers[i]?.set(states.subarray(offset * n, (offset + 1) * n), row * n);
      });
      row = (row + 1) % batch;
      if (row > 0) continue;
      const inputs = Object.fromEntries(
        offsets.map((offset, i) => [`state.${offset}`, buffers[i] as Float32Array]),
      );
      for (const [name, tensor] of Object.entries(await executor.run(inputs))) {
        const values = tensorData(tensor);
        const sum = sums[name] ?? new Float64Array(values.length);
        sums[name] = sum;
        for (let i = 0; i < values.length; i++) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0);
      }
    }
  } finally {
    await executor.release();
  }
  return sums;
}
