/**
 * What a regional network knows before it trains: the EOFs of the anomalies, and a linear path that already holds
 * the ridge regression of x(t + Δt) − x(t) on the EOF coefficients of x(t) and x(t − Δt).
 */
import { pointWeights } from '../../../core/grid.js';
import { solveSymmetric } from '../../../core/linear/cholesky.js';
import { addGram, product } from '../../../core/linear/denseProduct.js';
import { leadingEofs } from '../../../core/linear/eofs.js';
import type { Schema } from '../../../core/schema.js';
import type { NetworkConstants } from '../networks/network.js';
import type { RegionalConfig } from '../networks/regionalNetwork.js';
import type { SeasonalCycle } from '../seasonalCycle.js';
import { type AnomalySeries, samplePositions } from './trainingData.js';

export interface RegionalStart {
  /** With as many EOFs as the data have. */
  readonly config: RegionalConfig;
  readonly constants: NetworkConstants;
  /** [2 · eofs, n] */
  readonly linear: Float32Array;
}

export interface RidgeOptions {
  readonly stepMilliseconds: number;
  /** Penalty per sample, relative to the mean variance of a coefficient. */
  readonly ridge: number;
}

export function regionalStart(
  config: RegionalConfig,
  schema: Schema,
  series: AnomalySeries,
  cycle: SeasonalCycle,
  options: RidgeOptions,
): RegionalStart {
  const eofs = eofBasis(config, schema, series);
  return {
    config: { ...config, eofs: eofs.count },
    constants: {
      projection: Float32Array.from(eofs.projection),
      climate: climateOf(cycle, schema, series.stateLength),
    },
    linear: ridgeIncrement(series, eofs, options),
  };
}

interface EofBasis {
  readonly count: number;
  /** [n, eofs]: anomalies → coefficients divided by the root of their standard deviation. */
  readonly projection: Float64Array;
}

/** Area-weighted EOFs, half whitened: large scales stay larger than small ones, by the root of their size. */
function eofBasis(config: RegionalConfig, schema: Schema, series: AnomalySeries): EofBasis {
  const n = series.stateLength;
  const times = series.times.length;
  const area = pointWeights(schema.grid);
  const root = Float64Array.from({ length: n }, (_, i) => Math.sqrt(area[i % area.length]!));
  const weighted = new Float64Array(times * n);
  for (let i = 0; i < weighted.length; i++) weighted[i] = series.values[i]! * root[i % n]!;
  const { patterns, count, squares } = leadingEofs(weighted, n, 0.9999999, config.eofs);
  const projection = new Float64Array(n * count);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < count; k++) {
      const deviation = Math.sqrt(squares[k]! / times);
      projection[i * count + k] = (patterns[i * count + k]! * root[i]!) / Math.sqrt(deviation);
    }
  }
  return { count, projection };
}

/** [2 · eofs, n] */
function ridgeIncrement(series: AnomalySeries, eofs: EofBasis, options: RidgeOptions): Float32Array {
  const n = series.stateLength;
  const { count } = eofs;
  const positions = samplePositions(series, {
    history: 2,
    steps: 1,
    stepMilliseconds: options.stepMilliseconds,
  });
  const coefficients = product(
    Float64Array.from(series.values),
    eofs.projection,
    series.times.length,
    n,
    count,
  );
  const samples = positions.length;
  const inputs = new Float64Array(samples * 2 * count);
  const targets = new Float64Array(samples * n);
  positions.forEach((position, row) => {
    for (let k = 0; k < count; k++) {
      inputs[row * 2 * count + k] = coefficients[position * count + k]!;
      inputs[row * 2 * count + count + k] = coefficients[(position - 1) * count + k]!;
    }
    for (let i = 0; i < n; i++) {
      targets[row * n + i] = series.values[(position + 1) * n + i]! - series.values[position * n + i]!;
    }
  });
  const width = 2 * count;
  const normal = new Float64Array(width * width);
  addGram(inputs, width, inputs, width, 0, samples, normal);
  // the penalty is on unscaled coefficients: dividing an input by √s multiplies its weight by √s
  let meanVariance = 0;
  const variances = Float64Array.from({ length: count }, (_, k) => normal[k * width + k]! / samples);
  for (const scaled of variances) meanVariance += scaled * scaled;
  meanVariance /= count;
  for (let k = 0; k < width; k++) {
    normal[k * width + k]! += (options.ridge * samples * meanVariance) / variances[k % count]!;
  }
  const right = new Float64Array(width * n);
  addGram(inputs, width, targets, n, 0, samples, right);
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
