/**
 * An imported model as a forecast model: physical states in and out, its tensors and units inside.
 *   x(t + Δt) = out(w, x(t))   or   x(t) + out(w, x(t)),   w the weights of the member's sample.
 * The operators that ran before it was imported run it here, by ONNX Runtime. Rows are stepped one by one, so that
 * a member has the same bits in every batch, and models with a fixed batch axis need no other way. A posterior without
 * width, or a forecast without chance, runs the model as it was, weights as initializers: bit by bit the original.
 */
import * as ort from 'onnxruntime-node';
import { dataError, internalError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { ForecastModel, StepRequest, StepResult } from '../../core/interfaces.js';
import type { Schema } from '../../core/schema.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { elements } from '../graph/graph.js';
import { createSession, type SessionOptions } from '../onnx/session.js';
import type { BoundTensor } from './binding.js';
import {
  centrePath,
  type ImportedDescription,
  type ImportedParts,
  readPosterior,
  sampledPath,
} from './importedDirectory.js';
import type { ImportedPosterior } from './importedPosterior.js';
import { Units } from './units.js';

export interface ImportedOptions extends SessionOptions {
  /** True: the centre of the posterior as the only network. */
  readonly deterministic?: boolean;
  /** In place of the posterior on disk, for trials. */
  readonly posterior?: ImportedPosterior;
}

type Feeds = Record<string, ort.Tensor>;

/** Weights drawn and kept, at most. */
const keptBytes = 512e6;

export class ImportedModel implements ForecastModel {
  readonly schema: Schema;
  readonly stepHours: number;
  readonly historyLength = 1;
  readonly #parts: ImportedParts;
  readonly #options: ImportedOptions;
  readonly #units: Units;
  #session: Promise<ort.InferenceSession> | undefined;
  #posterior: Promise<ImportedPosterior | null> | undefined;
  /** Weights by sample, the least recently used first. */
  readonly #weights = new Map<number, Feeds>();
  #next = new Float32Array(0);

  constructor(parts: ImportedParts, options: ImportedOptions) {
    this.schema = parts.schema;
    this.stepHours = parts.description.step_hours;
    this.#parts = parts;
    this.#options = options;
    this.#units = new Units(parts.description.normalisation, gridSize(parts.schema.grid));
  }

  async step({ weightSamples, rowsPerSample, history }: StepRequest): Promise<StepResult> {
    const [states] = history;
    if (states === undefined || history.length !== 1) {
      throw internalError(`an imported model steps from one state, ${history.length} given`);
    }
    const length = this.schema.channels.length * gridSize(this.schema.grid);
    if (this.#next.length !== states.length) this.#next = new Float32Array(states.length);
    const posterior = await this.#drawn();
    const session = await this.#opened(posterior);
    for (const [k, weightSample] of weightSamples.entries()) {
      const weights = posterior === null ? {} : this.#weightsOf(posterior, weightSample);
      for (let j = 0; j < rowsPerSample; j++) {
        const at = (k * rowsPerSample + j) * length;
        await this.#stepRow(
          session,
          weights,
          states.subarray(at, at + length),
          this.#next.subarray(at, at + length),
        );
      }
    }
    return { mean: this.#next, amplitude: null };
  }

  memoryBytes(weightSamples: number, batchRows: number): number {
    const { weights, posterior, step_memory_bytes: working } = this.#parts.description;
    const chosen = 4 * posterior.layers.reduce((sum, { shape }) => sum + elements(shape), 0);
    const state = 4 * this.schema.channels.length * gridSize(this.schema.grid);
    return (
      weights.bytes +
      Math.min(keptBytes, weightSamples * chosen) +
      2 * chosen +
      working +
      2 * batchRows * state
    );
  }

  async close(): Promise<void> {
    if (this.#session !== undefined) await (await this.#session).release();
    this.#session = undefined;
    this.#weights.clear();
  }

  /** Other weights from here on; the session stays open where it suits them. */
  async setPosterior(posterior: ImportedPosterior): Promise<void> {
    const before = await this.#posterior;
    const suits = before !== undefined && (before === null) === posterior.isPoint;
    this.#weights.clear();
    if (!suits) await this.close();
    this.#posterior = Promise.resolve(posterior.isPoint ? null : posterior);
  }

  /** Null: every sample is the centre. */
  #drawn(): Promise<ImportedPosterior | null> {
    this.#posterior ??= (async () => {
      if (this.#options.deterministic === true) return null;
      const posterior = this.#options.posterior ?? (await readPosterior(this.#parts));
      return posterior.isPoint ? null : posterior;
    })();
    return this.#posterior;
  }

  #opened(posterior: ImportedPosterior | null): Promise<ort.InferenceSession> {
    this.#session ??=
      posterior === null
        ? createSession(centrePath(this.#parts), this.#options)
        : createSession(sampledPath(this.#parts), { ...this.#options, sharedWeights: true });
    return this.#session;
  }

  #weightsOf(posterior: ImportedPosterior, weightSample: number): Feeds {
    const known = this.#weights.get(weightSample);
    if (known !== undefined) {
      this.#weights.delete(weightSample);
      this.#weights.set(weightSample, known);
      return known;
    }
    const { seed } = this.#parts.description.posterior;
    const drawn = posterior.sample({ seed, weightSample });
    const bytes = [...drawn.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
    for (const [oldest] of this.#weights) {
      if ((this.#weights.size + 1) * bytes <= keptBytes) break;
      this.#weights.delete(oldest);
    }
    const feeds = Object.fromEntries([...drawn].map(([name, tensor]) => [name, feedOf(tensor)]));
    this.#weights.set(weightSample, feeds);
    return feeds;
  }

  async #stepRow(
    session: ort.InferenceSession,
    weights: Feeds,
    state: Float32Array,
    next: Float32Array,
  ): Promise<void> {
    const { inputs, outputs, output } = this.#parts.description;
    const feeds = { ...weights };
    for (const input of inputs) {
      const values = new Float32Array(elements(input.shape));
      this.#units.gather(state, input.channels, values);
      feeds[input.name] = new ort.Tensor('float32', values, input.shape);
    }
    const names = outputs.map(({ name }) => name);
    const results = await session.run(feeds, names).catch((error: unknown) => {
      throw dataError(`a step of the imported model failed in ONNX Runtime: ${(error as Error).message}`, {
        cause: error,
      });
    });
    for (const bound of outputs) {
      const values = numbersOf(results[bound.name], bound, this.#parts);
      this.#units.scatter(values, bound.channels, output === 'increment' ? state : null, next);
    }
  }
}

function feedOf({ values, shape }: Tensor): ort.Tensor {
  return new ort.Tensor('float32', values, shape);
}

/** @throws {PlumeError} data, when the model answers in another size than it announced */
function numbersOf(
  tensor: ort.Tensor | undefined,
  { name, shape }: BoundTensor,
  { directory }: ImportedParts,
): Float32Array {
  const found = tensor?.data;
  if (found instanceof Float32Array && found.length === elements(shape)) return found;
  throw dataError(
    `model "${directory}": output "${name}" came as ${tensor?.type ?? 'nothing'} [${tensor?.dims ?? ''}], expected float32 ` +
      `[${shape}]; import a model that keeps the shape of a state`,
  );
}

export type { ImportedDescription };
