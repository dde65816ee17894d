/**
 * The smooth seasonal cycle of every channel and point, mean plus annual harmonics, fitted by least squares
 * on the training period, and the scale of what is left. Networks see anomalies in units of that scale:
 *   z = (x − c(t)) / s,  c(t) = a₀ + Σ_h a_h cos(hωt) + b_h sin(hωt),  ω = 2π / 365.2425 d.
 * Arrays are [channel, lat, lon] flattened; physical units.
 */
import { dataError } from '../../core/errors.js';
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { channelName } from '../../core/schema.js';
import { seasonBasis, seasonTerms } from '../../core/season.js';
import type { State } from '../../core/state.js';
import { symmetrise } from './networks/zonalSymmetry.js';

export interface SeasonalCycle {
  readonly harmonics: number;
  /** [1 + 2 · harmonics, channel · lat · lon] */
  readonly coefficients: Float32Array;
  /** [channel]: root mean square of the training anomalies over points and times. */
  readonly scale: Float32Array;
  /** [channel]: largest root mean square over the points of one training state's anomaly, in units of the scale. */
  readonly widest?: Float32Array;
}

/** Anomalies smaller than this share of the values are rounding (float32 has 6e-8 of them). */
const constantShare = 1e-6;

export interface CycleOptions {
  readonly harmonics: number;
  /** Zonal: the same along every parallel, hemispheres mirrored (default none). */
  readonly symmetry?: 'none' | 'zonal';
}

/** The sums of a fit, taken state by state. */
export class CycleFit {
  readonly #options: CycleOptions;
  readonly #terms: number;
  readonly #normal: Float64Array;
  #right = new Float64Array(0);
  #squares = new Float64Array(0);
  #schema: State['schema'] | undefined;
  #count = 0;

  constructor(options: CycleOptions) {
    this.#options = options;
    this.#terms = seasonTerms(options.harmonics);
    this.#normal = new Float64Array(this.#terms * this.#terms);
  }

  add(state: State): void {
    const terms = this.#terms;
    const size = state.values.length;
    if (this.#schema === undefined) {
      this.#schema = state.schema;
      this.#right = new Float64Array(terms * size);
      this.#squares = new Float64Array(size);
    }
    const [right, squares] = [this.#right, this.#squares];
    const basis = seasonBasis(state.validTime, this.#options.harmonics);
    for (let a = 0; a < terms; a++) {
      for (let b = 0; b < terms; b++) this.#normal[a * terms + b]! += basis[a]! * basis[b]!;
      for (let i = 0; i < size; i++) right[a * size + i]! += basis[a]! * state.values[i]!;
    }
    for (let i = 0; i < size; i++) squares[i]! += state.values[i]! ** 2;
    this.#count++;
  }

  /** @throws {PlumeError} data, where the states lie in too small a part of the year to tell its terms apart */
  #solved(terms: number, size: number): Float64Array {
    try {
      return solveSymmetric(this.#normal, this.#right, terms, size, 'seasonal cycle');
    } catch (error) {
      throw dataError(
        `training period: its ${this.#count} states do not tell the ${terms} terms of a seasonal cycle apart; they should ` +
          'spread over a year or more: give a longer --train period',
        { cause: error },
      );
    }
  }

  /** @throws {PlumeError} data, when there are too few states or a channel never varies */
  finish(): SeasonalCycle {
    const { harmonics, symmetry = 'none' } = this.#options;
    const terms = this.#terms;
    if (this.#schema === undefined || this.#count < 2 * terms) {
      throw dataError(
        `training period: ${this.#count} states are too few for a seasonal cycle of ${terms} terms; ` +
          'give a longer --train period',
      );
    }
    const size = this.#squares.length;
    const coefficients = this.#solved(terms, size);
    let explained: (i: number) => number = (i) => {
      let sum = 0;
      for (let a = 0; a < terms; a++) sum += coefficients[a * size + i]! * this.#right[a * size + i]!;
      return sum;
    };
    if (symmetry === 'zonal') {
      symmetrise(coefficients, this.#schema);
      // no longer the least squares of each point: Σ(x − Bc)² = Σx² − 2cᵀ(Bᵀx) + cᵀ(BᵀB)c
      const fitted = explained;
      explained = (i) => {
        let sum = 2 * fitted(i);
        for (let a = 0; a < terms; a++) {
          for (let b = 0; b < terms; b++) {
            sum -= coefficients[a * size + i]! * this.#normal[a * terms + b]! * coefficients[b * size + i]!;
          }
        }
        return sum;
      };
    }
    const scale = anomalyScale(this.#schema, this.#squares, explained, this.#count);
    return { harmonics, coefficients: Float32Array.from(coefficients), scale };
  }
}

/**
 * Fits the cycle in one pass over the states.
 * @throws {PlumeError} data, when there are too few states or a channel never varies
 */
export async function fitSeasonalCycle(
  states: AsyncIterable<State> | Iterable<State>,
  options: CycleOptions,
): Promise<SeasonalCycle> {
  const fit = new CycleFit(options);
  for await (const state of states) fit.add(state);
  return fit.finish();
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

/** Mean squared anomaly by the identity Σ(x − Bc)² = Σx² − what the cycle explains, averaged over a channel. */
function anomalyScale(
  schema: State['schema'],
  squares: Float64Array,
  explained: (i: number) => number,
  count: number,
): Float32Array {
  const points = squares.length / schema.channels.length;
  return Float32Array.from(schema.channels, (channel, c) => {
    let sum = 0;
    let whole = 0;
    for (let i = c * points; i < (c + 1) * points; i++) {
      sum += squares[i]! - explained(i);
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
