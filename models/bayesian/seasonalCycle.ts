/**
 * The smooth seasonal cycle of every channel and point, mean plus annual harmonics, fitted by least squares
 * on the training period, and the scale of what is left. Networks see anomalies in units of that scale:
 *   z = (x − c(t)) / s,  c(t) = a₀ + Σ_h a_h cos(hωt) + b_h sin(hωt),  ω = 2π / 365.2425 d.
 * Arrays are [channel, lat, lon] flattened; physical units.
 */
import { dataError } from '../../core/errors.js';
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { channelName } from '../../core/schema.js';
import { seasonBasis } from '../../core/season.js';
import type { State } from '../../core/state.js';

export interface SeasonalCycle {
  readonly harmonics: number;
  /** [1 + 2 · harmonics, channel · lat · lon] */
  readonly coefficients: Float32Array;
  /** [channel]: root mean square of the training anomalies over points and times. */
  readonly scale: Float32Array;
}

/** Anomalies smaller than this share of the values are rounding (float32 has 6e-8 of them). */
const constantShare = 1e-6;

/**
 * Fits the cycle in one pass over the states.
 * @throws {PlumeError} data, when there are too few states or a channel never varies
 */
export async function fitSeasonalCycle(
  states: AsyncIterable<State> | Iterable<State>,
  harmonics: number,
): Promise<SeasonalCycle> {
  const terms = 1 + 2 * harmonics;
  const normal = new Float64Array(terms * terms);
  let right = new Float64Array(0);
  let squares = new Float64Array(0);
  let schema: State['schema'] | undefined;
  let count = 0;
  for await (const state of states) {
    const size = state.values.length;
    if (schema === undefined) {
      schema = state.schema;
      right = new Float64Array(terms * size);
      squares = new Float64Array(size);
    }
    const basis = seasonBasis(state.validTime, harmonics);
    for (let a = 0; a < terms; a++) {
      for (let b = 0; b < terms; b++) normal[a * terms + b]! += basis[a]! * basis[b]!;
      for (let i = 0; i < size; i++) right[a * size + i]! += basis[a]! * state.values[i]!;
    }
    for (let i = 0; i < size; i++) squares[i]! += state.values[i]! ** 2;
    count++;
  }
  if (schema === undefined || count < 2 * terms) {
    throw dataError(
      `training period: ${count} states are too few for a seasonal cycle of ${terms} terms; ` +
        'give a longer --train period',
    );
  }
  const size = squares.length;
  const coefficients = solveSymmetric(normal, right, terms, size, 'seasonal cycle of the training period');
  const scale = anomalyScale(schema, coefficients, right, squares, { terms, size, count });
  return { harmonics, coefficients: Float32Array.from(coefficients), scale };
}

/** Writes c(t) for every channel and point into `out`. */
export function evaluateSeasonalCycle(cycle: SeasonalCycle, time: number, out: Float32Array): void {
  const basis = seasonBasis(time, cycle.harmonics);
  const size = out.length;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let a = 0; a < basis.length; a++) sum += basis[a]! * cycle.coefficients[a * size + i]!;
    out[i] = sum;
  }
}

/** Mean squared anomaly by the identity Σ(x − Bc)² = Σx² − cᵀ(Bᵀx), averaged over the points of a channel. */
function anomalyScale(
  schema: State['schema'],
  coefficients: Float64Array,
  right: Float64Array,
  squares: Float64Array,
  { terms, size, count }: { terms: number; size: number; count: number },
): Float32Array {
  const points = size / schema.channels.length;
  return Float32Array.from(schema.channels, (channel, c) => {
    let sum = 0;
    let whole = 0;
    for (let i = c * points; i < (c + 1) * points; i++) {
      let explained = 0;
      for (let a = 0; a < terms; a++) explained += coefficients[a * size + i]! * right[a * size + i]!;
      sum += squares[i]! - explained;
      whole += squares[i]!;
    }
    const scale = Math.sqrt(Math.max(0, sum) / (points * count));
    // of a constant channel, the difference of two equal sums leaves rounding
    if (!(scale > constantShare * Math.sqrt(whole / (points * count)))) {
      throw dataError(
        `training period: channel ${channelName(channel)} never varies; leave it out (--variables)`,
      );
    }
    return scale;
  });
}
