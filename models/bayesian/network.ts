/**
 * The light network for single-level and regional data, as a graph:
 *   increment f_w = linear path + hidden path + local path,   amplitude σ_v = softplus(bias + local path).
 * Linear and hidden paths see the leading EOF coefficients of two states (large scales, all points at once).
 * The local path sees windows of the grid: a stem on every point, a strided convolution onto coarse tokens,
 * residual convolutions there, features back on every point, and a last window. A convolution is a gather of
 * neighbours and one matrix product, so the same graph serves any grid, with edges repeated or, where the grid
 * closes, wrapped in longitude.
 *
 * Shapes: K weight samples, R rows each; every parameter has a leading axis K. States are anomalies in units of
 * their scale, [K, R, n] with n = channels · points; season [R, 1 + 2H] is the basis [1, cos, sin, …].
 */
import { gridSize } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Shape, Value } from '../graph/graph.js';
import { convolution } from '../graph/layers.js';
import { rowwiseProduct, rowwiseSoftplus } from './rowwise.js';
import {
  pointsOfTokens,
  pointWindows,
  strideWindows,
  type TokenGrid,
  tokenGrid,
  tokenPadding,
} from './tokens.js';

export interface NetworkConfig {
  /** EOFs kept of each of the two states. */
  readonly eofs: number;
  /** Width of the hidden path. */
  readonly hidden: number;
  /** Features of a point in the stem, and before the last window. */
  readonly stem: number;
  readonly head: number;
  /** Width of a token. */
  readonly channels: number;
  /** Residual convolutions on the tokens. */
  readonly layers: number;
  /** Points a side of the strided window, and tokens a side of the later ones; odd. */
  readonly window: number;
  readonly kernel: number;
  /** Points a side of a token. */
  readonly stride: number;
  /** H, annual harmonics of the seasonal cycle. */
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
  /** Factors on hidden units and token channels in training (inverted dropout); absent in forecasts. */
  readonly dropout?: { readonly hidden: Value; readonly local: readonly Value[] };
}

export interface NetworkOutputs {
  /** [K, R, n]: x(t + Δt) − x(t). */
  readonly increment: Value;
  /** [K, R, n]: σ_v > 0. */
  readonly amplitude: Value;
}

/** Points a side of the windows of the stem and of the last layer. */
const pointWindow = 3;
/** cos and sin of the first harmonic. */
const seasonFeatures = 2;

export class Network {
  readonly config: NetworkConfig;
  readonly schema: Schema;
  /** n: channels × points. */
  readonly stateLength: number;
  /** Shape of every parameter, without the axis of weight samples; the order is that of the random streams. */
  readonly parameters: ReadonlyMap<string, Shape>;
  readonly #constants: NetworkConstants;
  readonly #tokens: TokenGrid;

  constructor(config: NetworkConfig, schema: Schema, constants: NetworkConstants) {
    this.config = config;
    this.schema = schema;
    this.#constants = constants;
    this.#tokens = tokenGrid(schema.grid, config.stride);
    this.stateLength = schema.channels.length * gridSize(schema.grid);
    this.parameters = new Map(
      parameterShapes(config, schema.channels.length, this.stateLength, this.#tokens),
    );
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

  /** The bias of the amplitude is a scale of the data, not a weight to be unsure of. */
  isRandom(name: string): boolean {
    return name !== 'amplitude.bias';
  }

  /**
   * Writes one step of the network.
   * @param parameters by name, each [K, ...shape]
   */
  forward(ops: GraphBuilder, parameters: ReadonlyMap<string, Value>, inputs: NetworkInputs): NetworkOutputs {
    const n = this.stateLength;
    const { eofs, harmonics } = this.config;
    const parameter = (name: string): Value => {
      const value = parameters.get(name);
      if (value === undefined) throw new Error(`network: no parameter "${name}"`);
      return value;
    };
    const projection = ops.constant(this.#constants.projection, [n, eofs]);
    const coefficients = ops.concat(
      [rowwiseProduct(ops, inputs.newest, projection), rowwiseProduct(ops, inputs.previous, projection)],
      2,
    );
    const rows = inputs.season.shape[0] ?? 1;
    const season = ops.slice(inputs.season, [0, 1], [rows, seasonFeatures]);
    let hidden = ops.add(
      rowwiseProduct(ops, coefficients, parameter('hidden.in.weight')),
      rowwiseProduct(ops, season, parameter('hidden.season')),
    );
    hidden = ops.gelu(ops.add(hidden, parameter('hidden.in.bias')));
    if (inputs.dropout !== undefined) hidden = ops.mul(hidden, inputs.dropout.hidden);
    const large = ops.add(
      rowwiseProduct(ops, coefficients, parameter('linear.weight')),
      rowwiseProduct(ops, hidden, parameter('hidden.out.weight')),
    );
    const climate = rowwiseProduct(
      ops,
      inputs.season,
      ops.constant(this.#constants.climate, [1 + 2 * harmonics, n]),
    );
    const [change, spread] = this.#local(ops, parameter, { ...inputs, season, climate });
    return {
      increment: ops.add(large, change),
      amplitude: rowwiseSoftplus(ops, ops.add(spread, parameter('amplitude.bias'))),
    };
  }

  /** The local path: [increment, raw amplitude], each [K, R, n]; one weight sample at a time, each its own kernels. */
  #local(
    ops: GraphBuilder,
    parameter: (name: string) => Value,
    inputs: NetworkInputs & { readonly climate: Value },
  ): [Value, Value] {
    const K = inputs.newest.shape[0] ?? 1;
    const R = inputs.newest.shape[1] ?? 1;
    const n = this.stateLength;
    const outputs = Array.from({ length: K }, (_, k) => {
      /** Sample k of a value [K, ...], without the axis. */
      const sample = (value: Value): Value => {
        const rest = value.shape.slice(1);
        const starts = [k, ...rest.map(() => 0)];
        return ops.reshape(ops.slice(value, starts, [1, ...rest]), rest);
      };
      return this.#localSample(ops, (name) => sample(parameter(name)), {
        newest: sample(inputs.newest),
        previous: sample(inputs.previous),
        season: inputs.season,
        climate: inputs.climate,
        dropout: (inputs.dropout?.local ?? []).map(sample),
      });
    });
    const all = ops.concat(outputs, 0);
    const part = (kind: number): Value =>
      ops.reshape(ops.slice(all, [0, 0, kind, 0], [K, R, 1, n]), [K, R, n]);
    return [part(0), part(1)];
  }

  /** @returns [1, R, 2, n]: increment and raw amplitude of one weight sample; states [R, n] */
  #localSample(
    ops: GraphBuilder,
    parameter: (name: string) => Value,
    inputs: {
      readonly newest: Value;
      readonly previous: Value;
      readonly season: Value;
      readonly climate: Value;
      readonly dropout: readonly Value[];
    },
  ): Value {
    const { channels, layers, window, kernel, stride, stem, head } = this.config;
    const { grid } = this.schema;
    const variables = this.schema.channels.length;
    const points = gridSize(grid);
    const { rows: tokenRows, columns: tokenColumns } = this.#tokens;
    const tokenCount = tokenRows * tokenColumns;
    const R = inputs.newest.shape[0] ?? 1;

    /** Neighbours of a place side by side, then one matrix: [R, place, C] → [R · windows, out]. */
    const windowed = (x: Value, indices: readonly number[], size: number, name: string): Value => {
      const width = size * size * (x.shape[2] ?? 1);
      const gathered = ops.reshape(ops.gather(x, indices, 1), [-1, width]);
      return ops.add(ops.matMul(gathered, parameter(`${name}.weight`)), parameter(`${name}.bias`));
    };
    const byPoint = (value: Value): Value =>
      ops.transpose(ops.reshape(value, [R, variables, points]), [0, 2, 1]);
    // two states and the climate, point by point, and what the stem makes of them
    const raw = ops.concat([inputs.newest, inputs.previous, inputs.climate].map(byPoint), 2);
    const around = pointWindows(grid, pointWindow);
    const stems = ops.gelu(windowed(raw, around, pointWindow, 'local.stem'));
    const features = ops.concat([raw, ops.reshape(stems, [R, points, stem])], 2);

    const entry = windowed(features, strideWindows(grid, this.#tokens, window), window, 'local.in');
    const season = ops.reshape(rowwiseProduct(ops, inputs.season, parameter('local.season')), [
      R,
      1,
      channels,
    ]);
    const place = ops.add(parameter('local.position'), season);
    let tokens = ops.gelu(ops.add(ops.reshape(entry, [R, tokenCount, channels]), place));
    for (let layer = 0; layer < layers; layer++) {
      const field = ops.reshape(tokens, [R, tokenRows, tokenColumns, channels]);
      const product = convolution(ops, field, parameter(`local.${layer}.weight`), {
        size: kernel,
        ...tokenPadding(grid),
      });
      const update = ops.gelu(ops.add(product, parameter(`local.${layer}.bias`)));
      tokens = ops.add(tokens, ops.reshape(update, [R, tokenCount, channels]));
      const kept = inputs.dropout[layer];
      if (kept !== undefined) tokens = ops.mul(tokens, kept);
    }
    const flat = ops.reshape(tokens, [R * tokenCount, channels]);
    const up = ops.add(ops.matMul(flat, parameter('local.up.weight')), parameter('local.up.bias'));
    const pieces = ops.reshape(up, [R, tokenCount * stride * stride, head]);
    const back = ops.gelu(ops.gather(pieces, pointsOfTokens(grid, this.#tokens), 1));
    const out = windowed(ops.concat([back, raw], 2), around, pointWindow, 'local.out');
    const byVariable = ops.transpose(ops.reshape(out, [R, points, 2, variables]), [0, 2, 3, 1]);
    return ops.reshape(byVariable, [1, R, 2, this.stateLength]);
  }
}

function parameterShapes(
  config: NetworkConfig,
  variables: number,
  n: number,
  tokens: TokenGrid,
): [string, Shape][] {
  const { eofs, hidden, channels, layers, window, kernel, stride, stem, head } = config;
  const raw = 3 * variables;
  const convolution = (name: string, size: number, from: number, to: number): [string, Shape][] => [
    [`${name}.weight`, [size * size * from, to]],
    [`${name}.bias`, [1, to]],
  ];
  return [
    ['linear.weight', [2 * eofs, n]],
    ['hidden.in.weight', [2 * eofs, hidden]],
    ['hidden.in.bias', [1, hidden]],
    ['hidden.season', [seasonFeatures, hidden]],
    ['hidden.out.weight', [hidden, n]],
    ...convolution('local.stem', pointWindow, raw, stem),
    ...convolution('local.in', window, raw + stem, channels),
    ['local.position', [tokens.rows * tokens.columns, channels]],
    ['local.season', [seasonFeatures, channels]],
    ...Array.from({ length: layers }, (_, layer) =>
      convolution(`local.${layer}`, kernel, channels, channels),
    ).flat(),
    ...convolution('local.up', 1, channels, stride * stride * head),
    ...convolution('local.out', pointWindow, head + raw, 2 * variables),
    ['amplitude.bias', [1, n]],
  ];
}
