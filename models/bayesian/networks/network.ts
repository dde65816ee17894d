/**
 * What training, forecasts and the model directory ask of a network, whatever its kind:
 *   x(t + Δt) − x(t) = f_w(history, season),   σ_v(history, season) > 0.
 * Shapes: K weight samples, R rows each; every parameter has a leading axis K. States are anomalies in units of
 * their scale, [K, R, n] with n = channels · points; season [R, 1 + 2H] is the basis [1, cos, sin, …], with cosine
 * and sine of the time of day behind it where the network asks for them (core/season.ts, timeBasis).
 */
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';

/** What a network takes from the training data, the same for every weight sample: numbers by name. */
export type NetworkConstants = Readonly<Record<string, Float32Array>>;

export interface NetworkInputs {
  /** x(t), x(t − Δt), …, as many as the network's history; each [K, R, n]. */
  readonly history: readonly Value[];
  /** [R, timeTerms(network)] at the time of the newest state. */
  readonly season: Value;
  /** Factors in training (inverted dropout), by the names of `dropoutShapes`; absent in forecasts. */
  readonly dropout?: ReadonlyMap<string, Value>;
  /** True: the outputs hold the features of the output layer. */
  readonly features?: boolean;
}

export interface NetworkOutputs {
  /** [K, R, n]: x(t + Δt) − x(t). */
  readonly increment: Value;
  /** [K, R, n]: σ_v > 0. */
  readonly amplitude: Value;
  /** [K, rows, in]: what the output layer's matrix is multiplied with; asked for by `NetworkInputs.features`. */
  readonly features?: Value;
}

/** The last matrix: outputs are linear in it. */
export interface OutputLayer {
  /** [in, out] */
  readonly parameter: string;
  /** The columns that feed the increment; the others feed the amplitude. */
  readonly incrementColumns: readonly number[];
  /** Which rows of the features feed which columns; absent: every row feeds every column. */
  readonly blocks?: readonly OutputBlock[];
}

/**
 * Columns of an output layer whose columns belong to the points of a token: for every point the increments of its
 * variables, then their amplitudes.
 */
export function incrementColumnsByPoint(points: number, variables: number): number[] {
  return Array.from(
    { length: points * variables },
    (_, i) => Math.floor(i / variables) * 2 * variables + (i % variables),
  );
}

/** Feature row r feeds the columns `columns[0]` … `columns[1]` − 1 where `rows[0]` ≤ r mod `period` < `rows[1]`. */
export interface OutputBlock {
  readonly period: number;
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

/** Rows of a matrix that hidden units feed: row r belongs to unit r mod period where that is below `units`. */
export interface HiddenRows {
  readonly period: number;
  readonly units: number;
}

export interface Network {
  readonly schema: Schema;
  /** n: channels × points. */
  readonly stateLength: number;
  /** H of the season that a step is told. */
  readonly harmonics: number;
  /** True: a step is told the time of day, too, as two more columns of the season. */
  readonly dayTime?: boolean;
  /** Zonal: rotations of the globe and mirrored hemispheres are as likely, and training may use them. */
  readonly symmetry: 'none' | 'zonal';
  /** States that a step sees. */
  readonly historyLength: number;
  /** Shape of every parameter, without the axis of weight samples; the order is that of the random streams. */
  readonly parameters: ReadonlyMap<string, Shape>;
  readonly constantShapes: ReadonlyMap<string, Shape>;
  /** Standard deviation of a parameter's random start; 0 for what starts at zero. */
  initialScale(name: string): number;
  /** False for what is a scale of the data, not a weight to be unsure of. */
  isRandom(name: string): boolean;
  /** True for matrices whose updates are made orthogonal (graph/muon.ts); the rest learns by AdamW. */
  isOrthogonal(name: string): boolean;
  /** Undefined for networks whose outputs are not linear in one matrix. */
  readonly outputLayer?: OutputLayer;
  /** Undefined for what is no matrix, or one that data feed directly. */
  hiddenRows(name: string): HiddenRows | undefined;
  /** Factors that dropout multiplies with, by name; "hidden" is dropped twice as often as the others. */
  dropoutShapes(samples: number, rows: number): ReadonlyMap<string, Shape>;
  /**
   * Writes one step of the network.
   * @param parameters by name, each [K, ...shape]
   */
  forward(ops: GraphBuilder, parameters: ReadonlyMap<string, Value>, inputs: NetworkInputs): NetworkOutputs;
}
