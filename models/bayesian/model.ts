/**
 * A trained Bayesian network as a forecast model: physical states in and out, normalised numbers inside.
 *   z = (x − c(t)) / s,   x(t + Δt) = c(t + Δt) + s · (1 − γ) · (z + f_w(z, z₋₁, t)),   amplitude s · σ_v · scale,
 * both within bounds.
 * The relaxation γ towards the seasonal cycle, like the scales of noise and posterior, is found on other years than
 * the weights were fitted to: what a network believes it knows at long leads is partly learned by heart.
 * Weights are inputs of the graph [K, …]; samples are drawn once and kept. Drawing them in the graph, from μ, σ and ε as
 * inputs, is no faster: 360 ms of a core against 334 for a batch of 8 × 6 members of the shipped network.
 */
import { usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { ForecastModel, StepRequest, StepResult } from '../../core/interfaces.js';
import type { Schema } from '../../core/schema.js';
import { timeBasis, timeTerms } from '../../core/season.js';
import { GraphBuilder } from '../graph/builder.js';
import { elements, type Graph, matrixFlops, type Value } from '../graph/graph.js';
import { createOnnxExecutor, type OnnxExecutor, tensorData } from '../graph/onnxExecutor.js';
import type { SessionOptions } from '../onnx/session.js';
import { readModel, type TrainedModel } from './modelDirectory.js';
import { createNetwork } from './networks/createNetwork.js';
import type { Network } from './networks/network.js';
import { openPosterior } from './posteriors/openPosterior.js';
import type { Posterior } from './posteriors/posterior.js';
import { evaluateSeasonalCycle } from './seasonalCycle.js';

/** One step of K' weight samples with R rows each, weights and states as inputs. */
export function buildForecastStep(network: Network, weightSamples: number, rows: number): Graph {
  const b = new GraphBuilder();
  const weights = new Map<string, Value>();
  for (const [name, shape] of network.parameters) {
    weights.set(name, b.input(`weight.${name}`, [weightSamples, ...shape]));
  }
  const outputs = network.forward(b, weights, {
    history: Array.from({ length: network.historyLength }, (_, back) =>
      b.input(`state.${back}`, [weightSamples, rows, network.stateLength]),
    ),
    season: b.input('season', [rows, timeTerms(network)]),
  });
  b.output('increment', outputs.increment);
  b.output('amplitude', outputs.amplitude);
  return b.build();
}

/**
 * Bounds of an anomaly and of a step's noise, in units of the channel's scale: where no training state comes near, a
 * network knows nothing, and a member that once leaves its world would grow without end.
 */
const farthest = 8;
const loudest = 2;
/**
 * A channel's anomaly as a whole does not grow in a step beyond the largest root mean square of all training states times
 * this factor: a member that leaves its world then counts as one that knows nothing, and not as an extreme. What starts
 * beyond it does not grow, and is not made smaller.
 */
const widestFactor = 1.1;

/** Weights of sample k drawn from the posterior, or its mean for all of them. */
export type WeightSource = 'samples' | 'mean';

export class BayesianModel implements ForecastModel {
  readonly schema: Schema;
  readonly stepHours: number;
  readonly historyLength: number;
  readonly trained: TrainedModel;
  readonly #network: Network;
  readonly #posterior: Posterior;
  readonly #weightSource: WeightSource;
  readonly #options: SessionOptions;
  /** Sessions by batch shape, and the weights of the batches that have been asked for. */
  readonly #executors = new Map<string, Promise<OnnxExecutor>>();
  readonly #weights = new Map<string, Record<string, Float32Array>>();

  /** @param weights default samples */
  constructor(
    trained: TrainedModel,
    options: SessionOptions,
    { weights = 'samples' }: { readonly weights?: WeightSource } = {},
  ) {
    this.trained = trained;
    this.schema = trained.schema;
    this.stepHours = trained.description.step_hours;
    this.#network = createNetwork(trained.network, trained.schema, trained.constants);
    this.#posterior = openPosterior(trained.description.posterior, trained.components, this.#network);
    this.historyLength = this.#network.historyLength;
    this.#weightSource = weights;
    this.#options = options;
  }

  async step(request: StepRequest): Promise<StepResult> {
    const { weightSamples, rowsPerSample, history, validTime } = request;
    if (history.length !== this.historyLength) {
      throw usageError(
        `the model steps from ${this.historyLength} states of history, ${history.length} given`,
      );
    }
    const executor = await this.#executor(weightSamples.length, rowsPerSample);
    const stepMilliseconds = this.stepHours * 3_600_000;
    const basis = timeBasis(validTime, this.#network);
    const season = new Float32Array(rowsPerSample * basis.length);
    for (let row = 0; row < rowsPerSample; row++) season.set(basis, row * basis.length);
    const anomalies = history.map((states, back) =>
      this.#normalise(states, validTime - back * stepMilliseconds),
    );
    const outputs = await executor.run({
      ...this.#weightsOf(weightSamples),
      ...Object.fromEntries(anomalies.map((anomaly, back) => [`state.${back}`, anomaly])),
      season,
    });
    const mean = tensorData(outputs.increment);
    const amplitude = tensorData(outputs.amplitude);
    this.#restore(mean, anomalies[0] ?? mean, amplitude, validTime + stepMilliseconds);
    return { mean, amplitude };
  }

  memoryBytes(weightSamples: number, batchRows: number): number {
    const parameters = [...this.#network.parameters.values()].reduce(
      (sum, shape) => sum + elements(shape),
      0,
    );
    // the values of one row, twice for what the runtime keeps beside them
    const graph = buildForecastStep(this.#network, 1, 1);
    const activations = graph.nodes.reduce((sum, node) => sum + elements(node.output.shape), 0);
    const stored = this.trained.components.reduce(
      (sum, tensors) => [...tensors.values()].reduce((all, { values }) => all + values.length, sum),
      0,
    );
    return 4 * (stored + 2 * parameters * weightSamples + 2 * batchRows * activations);
  }

  /** Matrix-product operations of one member's step. */
  stepFlops(): number {
    return matrixFlops(buildForecastStep(this.#network, 1, 1));
  }

  async close(): Promise<void> {
    for (const executor of this.#executors.values()) await (await executor).release();
    this.#executors.clear();
    this.#weights.clear();
  }

  #executor(weightSamples: number, rows: number): Promise<OnnxExecutor> {
    const key = `${weightSamples}x${rows}`;
    let executor = this.#executors.get(key);
    if (executor === undefined) {
      executor = createOnnxExecutor(buildForecastStep(this.#network, weightSamples, rows), this.#options);
      this.#executors.set(key, executor);
    }
    return executor;
  }

  /** The weights of several samples behind each other, [K', …] by graph input. */
  #weightsOf(weightSamples: readonly number[]): Record<string, Float32Array> {
    const key = weightSamples.join(',');
    let weights = this.#weights.get(key);
    if (weights === undefined) {
      const { seed } = this.trained.description.posterior;
      const draws = weightSamples.map((weightSample) =>
        this.#weightSource === 'mean'
          ? this.#posterior.mean()
          : this.#posterior.sample({ seed, weightSample }),
      );
      weights = {};
      for (const [name, shape] of this.#network.parameters) {
        const size = elements(shape);
        const all = new Float32Array(weightSamples.length * size);
        draws.forEach((draw, k) => {
          const tensor = draw.get(name);
          if (tensor !== undefined) all.set(tensor.values, k * size);
        });
        weights[`weight.${name}`] = all;
      }
      this.#weights.set(key, weights);
    }
    return weights;
  }

  #normalise(states: Float32Array, time: number): Float32Array {
    const n = this.#network.stateLength;
    const climate = new Float32Array(n);
    evaluateSeasonalCycle(this.trained.cycle, time, climate);
    const points = gridSize(this.schema.grid);
    const out = new Float32Array(states.length);
    for (let i = 0; i < states.length; i++) {
      const at = i % n;
      out[i] = (states[i]! - climate[at]!) / this.trained.cycle.scale[Math.floor(at / points)]!;
    }
    return out;
  }

  /** Turns increments and amplitudes into physical units, in place. */
  #restore(increment: Float32Array, anomaly: Float32Array, amplitude: Float32Array, time: number): void {
    const n = this.#network.stateLength;
    const climate = new Float32Array(n);
    evaluateSeasonalCycle(this.trained.cycle, time, climate);
    const points = gridSize(this.schema.grid);
    const noiseScale = this.trained.description.noise.scale;
    const kept = 1 - this.trained.description.relaxation;
    const { widest } = this.trained.cycle;
    for (let from = 0; from < increment.length; from += points) {
      const channel = (from % n) / points;
      const scale = this.trained.cycle.scale[channel]!;
      let squares = 0;
      let before = 0;
      for (let i = from; i < from + points; i++) {
        before += anomaly[i]! ** 2;
        const next = Math.max(-farthest, Math.min(farthest, kept * (anomaly[i]! + increment[i]!)));
        increment[i] = next;
        squares += next * next;
        amplitude[i] = scale * noiseScale * Math.min(loudest, amplitude[i]!);
      }
      const most = widest === undefined ? Number.POSITIVE_INFINITY : widestFactor * widest[channel]!;
      const bound = Math.max(most, Math.sqrt(before / points));
      const factor = scale * Math.min(1, bound / Math.sqrt(squares / points));
      for (let i = from; i < from + points; i++) {
        increment[i] = climate[i % n]! + factor * increment[i]!;
      }
    }
  }
}

/** Loads a trained model for one lane. @throws {PlumeError} data, when the directory holds no intact model */
export async function openBayesianModel(directory: string, options: SessionOptions): Promise<BayesianModel> {
  return new BayesianModel(await readModel(directory), options);
}
