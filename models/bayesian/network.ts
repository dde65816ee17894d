/**
 * The light network for single-level and regional data, as a graph:
 *   increment f_w = linear path + hidden path + local path,   amplitude σ_v = softplus(bias + local path).
 * Linear and hidden paths see the leading EOF coefficients of two states (large scales, all points at once);
 * the local path sees windows of the grid: a strided convolution onto coarse tokens, residual convolutions
 * there, and back to the points. Convolutions are a gather of neighbours and one matrix product, so the
 * same graph serves any grid, with edges repeated or, where the grid closes, wrapped in longitude.
 *
 * Shapes: K weight samples, R rows each; every parameter has a leading axis K. States are anomalies in units of
 * their scale, [K, R, n] with n = channels · points; season [R, 1 + 2H] is the basis [1, cos, sin, …].
 */
import { gridSize, wrapsInLongitude } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import type { Shape, Value } from '../graph/graph.js';
import type { Operations } from '../graph/operator.js';
import { coarseTokens, type TokenGrid, tokenNeighbours } from './tokens.js';

export interface NetworkConfig {
  /** EOFs kept of each of the two states. */
  readonly eofs: number;
  /** Width of the hidden path; 0 leaves it out. */
  readonly hidden: number;
  /** Width of the local path. */
  readonly channels: number;
  /** Residual convolutions on the tokens. */
  readonly layers: number;
  /** Points a side of the first window, and tokens a side of the later ones; odd. */
  readonly window: number;
  readonly kernel: number;
  /** Points a side of a token. */
  readonly stride: number;
  readonly harmonics: number;
}

/** What the network takes from the training data, the same for every weight sample. */
export interface NetworkConstants {
  /** [n, eofs]: anomalies → scaled EOF coefficients. */
  readonly projection: Float32Array;
  /** [1 + 2H, n]: the seasonal cycle in units of the scale, without its overall mean. */
  readonly climate: Float32Array;
}

export interface NetworkInputs {
  /** x(t) and x(t − Δt), each [K, R, n]. */
  readonly newest: Value;
  readonly previous: Value;
  /** [R, 1 + 2H] at the time of `newest`. */
  readonly season: Value;
  /** Multiplies the hidden activations in training (inverted dropout); absent in forecasts. */
  readonly dropout?: { readonly hidden: Value; readonly local: readonly Value[] };
}

export interface NetworkOutputs {
  /** [K, R, n]: x(t + Δt) − x(t). */
  readonly increment: Value;
  /** [K, R, n]: σ_v > 0. */
  readonly amplitude: Value;
}

export class Network {
  readonly config: NetworkConfig;
  readonly schema: Schema;
  /** n: channels × points. */
  readonly stateLength: number;
  readonly tokens: TokenGrid;
  /** Shape of every parameter, without the axis of weight samples; the order is that of the random streams. */
  readonly parameters: ReadonlyMap<string, Shape>;
  readonly #constants: NetworkConstants;
  readonly #windows: Int32Array;
  readonly #neighbours: Int32Array;

  constructor(config: NetworkConfig, schema: Schema, constants: NetworkConstants) {
    this.config = config;
    this.schema = schema;
    this.#constants = constants;
    const { eofs, hidden, channels, layers, window, kernel, stride } = config;
    const variables = schema.channels.length;
    const n = variables * gridSize(schema.grid);
    this.stateLength = n;
    const rows = schema.grid.latitudes.length;
    const columns = schema.grid.longitudes.length;
    const wraps = wrapsInLongitude(schema.grid);
    this.tokens = coarseTokens(rows, columns, stride);
    this.#windows = tokenNeighbours({ rows, columns, wraps, size: window, stride, edge: 'repeat' });
    this.#neighbours = tokenNeighbours({
      rows: this.tokens.rows,
      columns: this.tokens.columns,
      wraps,
      size: kernel,
      stride: 1,
      edge: 'zero',
    });
    const season = 2;
    const tokenCount = this.tokens.rows * this.tokens.columns;
    const shapes: [string, Shape][] = [
      ['linear.weight', [2 * eofs, n]],
      ['local.in.weight', [3 * variables * window * window, channels]],
      ['local.in.bias', [1, channels]],
      ['local.position', [tokenCount, channels]],
      ['local.season', [season, channels]],
    ];
    for (let layer = 0; layer < layers; layer++) {
      shapes.push([`local.${layer}.weight`, [channels * kernel * kernel, channels]]);
      shapes.push([`local.${layer}.bias`, [1, channels]]);
    }
    shapes.push(['local.out.weight', [channels, stride * stride * 2 * variables]]);
    shapes.push(['local.out.bias', [1, stride * stride * 2 * variables]]);
    if (hidden > 0) {
      shapes.push(['hidden.in.weight', [2 * eofs, hidden]]);
      shapes.push(['hidden.in.bias', [1, hidden]]);
      shapes.push(['hidden.season', [season, hidden]]);
      shapes.push(['hidden.out.weight', [hidden, n]]);
    }
    shapes.push(['amplitude.bias', [1, n]]);
    this.parameters = new Map(shapes);
  }

  /** Standard deviation of a parameter's random start; 0 for what starts at zero. */
  initialScale(name: string): number {
    const inputs = this.parameters.get(name)?.[0] ?? 1;
    if (name === 'local.position') return 0.1;
    if (name === 'local.season' || name === 'hidden.season') return 0.3;
    if (name === 'hidden.in.weight') return Math.sqrt(2 / inputs);
    const random = name.endsWith('.weight') && !name.includes('.out.') && !name.startsWith('linear.');
    return random ? Math.sqrt(1 / inputs) : 0;
  }

  /**
   * Writes one step of the network.
   * @param parameters by name, each [K, ...shape]
   */
  forward(ops: Operations, parameters: ReadonlyMap<string, Value>, inputs: NetworkInputs): NetworkOutputs {
    const parameter = (name: string): Value => {
      const value = parameters.get(name);
      if (value === undefined) throw new Error(`network: no parameter "${name}"`);
      return value;
    };
    const n = this.stateLength;
    const { eofs, hidden, harmonics } = this.config;
    const projection = ops.constant(this.#constants.projection, [n, eofs]);
    const coefficients = ops.concat(
      [ops.matMul(inputs.newest, projection), ops.matMul(inputs.previous, projection)],
      2,
    );
    // cos and sin of the first harmonic
    const rows = inputs.season.shape[0] ?? 1;
    const season = ops.slice(inputs.season, [0, 1], [rows, 2]);

    let increment = ops.matMul(coefficients, parameter('linear.weight'));
    if (hidden > 0) {
      let activation = ops.add(
        ops.matMul(coefficients, parameter('hidden.in.weight')),
        ops.matMul(season, parameter('hidden.season')),
      );
      activation = ops.gelu(ops.add(activation, parameter('hidden.in.bias')));
      if (inputs.dropout !== undefined) activation = ops.mul(activation, inputs.dropout.hidden);
      increment = ops.add(increment, ops.matMul(activation, parameter('hidden.out.weight')));
    }
    const climate = ops.matMul(inputs.season, ops.constant(this.#constants.climate, [1 + 2 * harmonics, n]));
    const local = this.#local(ops, parameter, { ...inputs, season, climate });
    const [change, spread] = local;
    return {
      increment: ops.add(increment, change),
      amplitude: ops.softplus(ops.add(spread, parameter('amplitude.bias'))),
    };
  }

  /** The local path: [increment, raw amplitude], each [K, R, n]. */
  #local(
    ops: Operations,
    parameter: (name: string) => Value,
    inputs: NetworkInputs & { readonly climate: Value },
  ): [Value, Value] {
    const { channels, layers, window, kernel, stride } = this.config;
    const variables = this.schema.channels.length;
    const points = this.stateLength / variables;
    const tokenCount = this.tokens.rows * this.tokens.columns;
    const samples = inputs.newest.shape[0] ?? 1;
    const rows = inputs.newest.shape[1] ?? 1;

    // [K, R, point, 3 · variables]: two states and the climate, point by point
    const byPoint = (value: Value): Value =>
      ops.transpose(ops.reshape(value, [samples, rows, variables, points]), [0, 1, 3, 2]);
    const climate = ops.expand(ops.reshape(inputs.climate, [1, rows, this.stateLength]), [
      samples,
      rows,
      this.stateLength,
    ]);
    const features = ops.concat([byPoint(inputs.newest), byPoint(inputs.previous), byPoint(climate)], 3);
    const windows = ops.reshape(ops.gather(features, [...this.#windows], 2), [
      samples,
      rows * tokenCount,
      window * window * 3 * variables,
    ]);
    let tokens = ops.add(ops.matMul(windows, parameter('local.in.weight')), parameter('local.in.bias'));
    // position [K, 1, token, C] and season [K, R, 1, C] are shared along the other axis
    const position = ops.reshape(parameter('local.position'), [samples, 1, tokenCount, channels]);
    const season = ops.reshape(ops.matMul(inputs.season, parameter('local.season')), [
      samples,
      rows,
      1,
      channels,
    ]);
    const grid: Shape = [samples, rows, tokenCount, channels];
    tokens = ops.add(ops.reshape(tokens, grid), ops.add(position, season));
    tokens = ops.gelu(tokens);
    for (let layer = 0; layer < layers; layer++) {
      const neighbours = ops.reshape(ops.gather(tokens, [...this.#neighbours], 2), [
        samples,
        rows * tokenCount,
        kernel * kernel * channels,
      ]);
      const product = ops.matMul(neighbours, parameter(`local.${layer}.weight`));
      let update = ops.reshape(ops.gelu(ops.add(product, parameter(`local.${layer}.bias`))), grid);
      const mask = inputs.dropout?.local[layer];
      if (mask !== undefined) update = ops.mul(update, mask);
      tokens = ops.add(tokens, update);
    }
    const flat = ops.reshape(tokens, [samples, rows * tokenCount, channels]);
    const out = ops.add(ops.matMul(flat, parameter('local.out.weight')), parameter('local.out.bias'));
    return this.#tokensToPoints(ops, out, samples, rows, stride);
  }

  /** [K, R · token, stride² · 2 · variables] → increment and amplitude, each [K, R, variables · points]. */
  #tokensToPoints(
    ops: Operations,
    out: Value,
    samples: number,
    rows: number,
    stride: number,
  ): [Value, Value] {
    const variables = this.schema.channels.length;
    const grid = this.schema.grid;
    const width = stride * stride * 2 * variables;
    const tokenCount = this.tokens.rows * this.tokens.columns;
    const flat = ops.reshape(out, [samples, rows, tokenCount * width]);
    const at = (kind: number): number[] => {
      const indices: number[] = [];
      for (let variable = 0; variable < variables; variable++) {
        for (let i = 0; i < grid.latitudes.length; i++) {
          for (let j = 0; j < grid.longitudes.length; j++) {
            const token = Math.floor(i / stride) * this.tokens.columns + Math.floor(j / stride);
            const within = (i % stride) * stride + (j % stride);
            indices.push(token * width + (within * 2 + kind) * variables + variable);
          }
        }
      }
      return indices;
    };
    return [ops.gather(flat, at(0), 2), ops.gather(flat, at(1), 2)];
  }
}
