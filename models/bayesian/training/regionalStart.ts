/**
 * What a regional network knows before it trains: the climate and, where it has a path of EOFs, those of the anomalies
 * and a linear path that already holds the ridge regression of x(t + Δt) − x(t) on the EOF coefficients of x(t),
 * x(t − Δt), … Sums are taken as the states pass by, so the series need not be in memory: two passes, or more where there are fewer times than points.
 */
import { pointWeights } from '../../../core/grid.js';
import { solveSymmetric } from '../../../core/linear/cholesky.js';
import { addGram, product } from '../../../core/linear/denseProduct.js';
import type { Schema } from '../../../core/schema.js';
import type { NetworkConstants } from '../networks/network.js';
import type { RegionalConfig } from '../networks/regionalNetwork.js';
import type { SeasonalCycle } from '../seasonalCycle.js';
import { type AnomalySource, samplePositions } from './anomalySource.js';
import { visitStates } from './stateReading.js';
import { streamedEofs } from './streamedEofs.js';

export interface RegionalStart {
  /** With as many EOFs as the data have. */
  readonly config: RegionalConfig;
  readonly constants: NetworkConstants;
  /** [history · eofs, n]; undefined without EOFs. */
  readonly linear: Float32Array | undefined;
}

export interface RidgeOptions {
  readonly stepMilliseconds: number;
  /** Penalty per sample, relative to the mean variance of a coefficient. */
  readonly ridge: number;
}

/** @throws {PlumeError} data, when too few complete states follow each other, or the archive cannot be read */
export async function regionalStart(
  config: RegionalConfig,
  schema: Schema,
  source: AnomalySource,
  cycle: SeasonalCycle,
  options: RidgeOptions,
): Promise<RegionalStart> {
  const climate = climateOf(cycle, schema, source.stateLength);
  if (config.eofs === 0) return { config, constants: { climate }, linear: undefined };
  const eofs = await eofBasis(config, schema, source);
  return {
    config: { ...config, eofs: eofs.count },
    constants: { projection: Float32Array.from(eofs.projection), climate },
    linear: await ridgeIncrement(source, eofs, { ...options, history: config.history }),
  };
}

interface EofBasis {
  readonly count: number;
  /** [n, eofs]: anomalies → coefficients divided by the root of their standard deviation. */
  readonly projection: Float64Array;
}

/** Area-weighted EOFs, half whitened: large scales stay larger than small ones, by the root of their size. */
async function eofBasis(config: RegionalConfig, schema: Schema, source: AnomalySource): Promise<EofBasis> {
  const n = source.stateLength;
  const area = pointWeights(schema.grid);
  const root = Float64Array.from({ length: n }, (_, i) => Math.sqrt(area[i % area.length]!));
  const { patterns, count, squares, times } = await streamedEofs(source, root, {
    share: 0.9999999,
    most: config.eofs,
  });
  const projection = new Float64Array(n * count);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < count; k++) {
      const deviation = Math.sqrt(squares[k]! / times);
      projection[i * count + k] = (patterns[i * count + k]! * root[i]!) / Math.sqrt(deviation);
    }
  }
  return { count, projection };
}

/** [history · eofs, n] */
async function ridgeIncrement(
  source: AnomalySource,
  eofs: EofBasis,
  options: RidgeOptions & { readonly history: number },
): Promise<Float32Array> {
  const n = source.stateLength;
  const { count } = eofs;
  const { history } = options;
  const positions = samplePositions(source, {
    history,
    steps: 1,
    stepMilliseconds: options.stepMilliseconds,
  });
  const samples = positions.length;
  const width = history * count;
  const normal = new Float64Array(width * width);
  const right = new Float64Array(width * n);
  const inputs = new Float64Array(width);
  const targets = new Float64Array(n);
  const coefficients = (state: Float32Array): Float64Array =>
    product(Float64Array.from(state), eofs.projection, 1, n, count);
  /** Coefficients of the states before the last one visited, by position. */
  let known = new Map<number, Float64Array>();
  const around = { before: history - 1, after: 1 };
  for await (const { position, states } of visitStates(source, positions, around)) {
    const state = (offset: number): Float32Array =>
      states.subarray((history - 1 + offset) * n, (history + offset) * n);
    const seen = new Map<number, Float64Array>();
    for (let back = 0; back < history; back++) {
      const values = known.get(position - back) ?? coefficients(state(-back));
      seen.set(position - back, values);
      inputs.set(values, back * count);
    }
    known = seen;
    const [now, next] = [state(0), state(1)];
    for (let i = 0; i < n; i++) targets[i] = next[i]! - now[i]!;
    addGram(inputs, width, inputs, width, 0, 1, normal);
    addGram(inputs, width, targets, n, 0, 1, right);
  }
  // the penalty is on unscaled coefficients: dividing an input by √s multiplies its weight by √s
  let meanVariance = 0;
  const variances = Float64Array.from({ length: count }, (_, k) => normal[k * width + k]! / samples);
  for (const scaled of variances) meanVariance += scaled * scaled;
  meanVariance /= count;
  for (let k = 0; k < width; k++) {
    normal[k * width + k]! += (options.ridge * samples * meanVariance) / variances[k % count]!;
  }
  return Float32Array.from(solveSymmetric(normal, right, width, n, 'linear path of the network'));
}

/** The seasonal cycle in units of the scale, each channel without its mean over points and year. */
function climateOf(cycle: SeasonalCycle, schema: Schema, n: number): Float32Array {
  const points = n / schema.channels.length;
  const climate = new Float32Array(cycle.coefficients.length);
  for (let i = 0; i < climate.length; i++) {
    climate[i] = cycle.coefficients[i]! / cycle.scale[Math.floor((i % n) / points)]!;
  }
  for (let c = 0; c < schema.channels.length; c++) {
    const means = climate.subarray(c * points, (c + 1) * points);
    const mean = means.reduce((sum, value) => sum + value, 0) / points;
    means.forEach((value, i) => {
      means[i] = value - mean;
    });
  }
  return climate;
}
