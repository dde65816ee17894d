/**
 * The joints between the rooms. Small and structural: a new archive, model or perturbation is one new file
 * that satisfies one of these, and one line where it is registered.
 */
import type { Schema } from './schema.js';
import type { State } from './state.js';

/** Gridded data in: states by valid time. */
export interface Archive {
  readonly schema: Schema;
  /** Valid times, milliseconds since 1970-01-01 UTC, strictly rising. */
  readonly times: Float64Array;
  /** Reads one state; only the bytes it needs. NaN where the file says missing. */
  read(timeIndex: number): Promise<State>;
  /** Absent where states come one by one. */
  readonly stretches?: StretchReader;
  close(): Promise<void>;
}

/** Reading of consecutive times at once, for archives that are stored in pieces of several times. */
export interface StretchReader {
  /** Indices of the times at which a stored piece begins, rising, from 0: a read from one to the next takes it once. */
  readonly pieces: Int32Array;
  /** Writes `count` states from `timeIndex` on, [time, channel, lat, lon]; NaN where the file says missing. */
  read(timeIndex: number, count: number, out: Float32Array): Promise<void>;
}

/**
 * What one step of a model is asked: a batch of members, the same number of them for each weight sample.
 * Rows are ordered weight sample first: row = (index of weight sample) · rowsPerSample + (row within it).
 */
export interface StepRequest {
  /** The weight samples in the batch, in order. */
  readonly weightSamples: readonly number[];
  readonly rowsPerSample: number;
  /**
   * Newest state first: history[0] is x(t), history[1] is x(t − Δt), …;
   * each [weight sample, row, channel, lat, lon], physical units.
   */
  readonly history: readonly Float32Array[];
  /** Valid time of history[0], milliseconds since 1970. */
  readonly validTime: number;
}

/** Valid until the next step: the arrays may be reused. */
export interface StepResult {
  /** [weight sample, row, channel, lat, lon]: x(t + Δt) without noise, physical units. */
  readonly mean: Float32Array;
  /** Same shape: amplitude σ_v(x) of the noise, physical units; null when the model has none. */
  readonly amplitude: Float32Array | null;
}

/** Steps batches of states forward by Δt. */
export interface ForecastModel {
  readonly schema: Schema;
  readonly stepHours: number;
  /** How many past states a step needs (1, or 2 for x(t) and x(t − Δt)). */
  readonly historyLength: number;
  step(request: StepRequest): Promise<StepResult>;
  /** Bytes the model holds: weights of so many weight samples, and the working memory of a batch of so many rows. */
  memoryBytes(weightSamples: number, batchRows: number): number;
  close(): Promise<void>;
}

/** Who a draw belongs to: the same key gives the same numbers, whatever else has been drawn. */
export interface MemberKey {
  readonly seed: number;
  /** Valid time of the analysis, milliseconds since 1970: members of other starts draw other noise. */
  readonly start: number;
  readonly weightSample: number;
  readonly noiseStream: number;
}

/**
 * Steps states without noise, each with the weights of its sample: any number of rows for each weight sample of the
 * block, the same for all. A perturbation that needs one forecast a sample asks for one row each.
 * @returns the history after the steps, as `history`; arrays of the caller's own
 */
export type ForecastRows = (
  /** Newest first, as many as the model's history, each [weight sample, row, channel, lat, lon]. */
  history: readonly Float32Array[],
  /** Valid time of history[0], milliseconds since 1970. */
  validTime: number,
  steps: number,
) => Promise<Float32Array[]>;

/** The states that the members of a block start from. */
export interface InitialRows {
  /** Whose they are, one a row: weight samples in order, each with the same noise streams. */
  readonly keys: readonly MemberKey[];
  /** To be changed, in place: by age, newest first, as many as the model's history, each [row, channel, lat, lon]. */
  readonly states: readonly Float32Array[];
  /**
   * What the rows were before any perturbation, and the analyses before: by age in steps of the model, newest first, each
   * [channel, lat, lon]; as many as the model's history plus the most that a perturbation of the list asks for.
   */
  readonly analyses: readonly Float32Array[];
  readonly forecast: ForecastRows;
}

/** What makes members differ at their first step. Values are physical units. */
export interface InitialPerturbation {
  /** Model steps before the start from which it needs analyses (beyond the model's history); 0: none. */
  readonly stepsBack: number;
  /** What whoever asked for it should know. */
  readonly notes?: readonly string[];
  /** What it takes for a block of so many weight samples, each with so many noise streams. */
  memory(samples: number, streams: number): InitialMemory;
  /** Adds each member's own draw to its states. A row's result depends on its key and the analyses alone. */
  add(rows: InitialRows): Promise<void>;
}

/** What an initial perturbation takes beside the states of the members. */
export interface InitialMemory {
  /** From its first use on: tables, and what draws are made in. */
  readonly heldBytes: number;
  /** While it adds: states of its own, each of all ages of the model's history. */
  readonly ownRows: number;
  /** Numbers of rows that it has forecast at once, each once. */
  readonly forecasts: readonly number[];
}

/** One step of some rows; arrays are [row, channel, lat, lon], physical units. */
export interface StepRows {
  /** Of the rows that streams were made for, the first one here. */
  readonly firstRow: number;
  readonly rows: number;
  /** x(t). */
  readonly before: Float32Array;
  /** x(t + Δt), to be changed in place. */
  readonly after: Float32Array;
  /** σ_v(x(t)); null when the model has none. */
  readonly amplitude: Float32Array | null;
}

/** Perturbations of the rows of a block, step after step. */
export interface StepStreams {
  /** Perturbs the next step of consecutive rows; every row comes once a step. Allocates nothing. */
  apply(step: StepRows): void;
}

/** What makes members differ at every step. */
export interface StepPerturbation {
  /** What whoever asked for it should know. */
  readonly notes?: readonly string[];
  /** What it holds from its first use on, with streams of so many rows: tables, and what draws are made in. */
  memoryBytes(rows: number): number;
  streams(keys: readonly MemberKey[]): StepStreams;
}
