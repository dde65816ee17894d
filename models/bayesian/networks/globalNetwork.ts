/**
 * The network for many channels on a whole globe that is the same along every parallel and on both hemispheres:
 *   x(t + Δt) = linear path + P token path,   σ_v = softplus(bias of the row + token path).
 * The linear path is the zonally symmetric propagator, fitted in closed form and kept; P holds fields to spherical
 * harmonics (spectralProjection.ts), without which errors grow at the poles from step to step. The token path sees x(t)
 * and the linear forecast; both hemispheres go through the same weights as two images (hemispheres.ts), their
 * points packed into tokens of 2 × 2, with some token rows beyond the equator. Everything it learns is shared
 * along longitude; rows differ by a scale and a shift of every layer's channels. So a rotation of the globe by
 * whole tokens rotates the forecast, and a globe seen in the mirror has its forecast seen in the mirror, exactly.
 *
 * Shapes: K weight samples, R rows; a token image [R · 2, token row, token column, channel].
 */
import { internalError } from '../../../core/errors.js';
import { gridSize } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { elements, type Shape, type Value } from '../../graph/graph.js';
import { steadySoftplus } from '../../graph/layers.js';
import { Hemispheres, parityOf, signAt } from './hemispheres.js';
import {
  type HiddenRows,
  incrementColumnsByPoint,
  type Network,
  type NetworkConstants,
  type NetworkInputs,
  type NetworkOutputs,
  type OutputLayer,
} from './network.js';
import { project } from './spectralProjection.js';
import { type PropagatorConfig, propagate, propagatorShapes } from './zonalPropagator.js';

export interface GlobalConfig extends PropagatorConfig {
  readonly kind: 'global';
  /** Channels of a token. */
  readonly channels: number;
  /** Residual blocks. */
  readonly layers: number;
  /** T: what the token path adds is held to spherical harmonics of degree ≤ T; 0: it is left as it is. */
  readonly truncation: number;
  /** Token rows beyond the equator that an image sees. */
  readonly overlap: number;
}

/** Points a side of a token. */
const stride = 2;
const pieces = stride * stride;
/** Tokens a side of the windows of the residual blocks. */
const window = 3;

export class GlobalNetwork implements Network {
  readonly config: GlobalConfig;
  readonly schema: Schema;
  readonly stateLength: number;
  readonly harmonics = 0;
  readonly historyLength = 1;
  readonly symmetry = 'zonal';
  readonly parameters: ReadonlyMap<string, Shape>;
  readonly constantShapes: ReadonlyMap<string, Shape>;
  readonly outputLayer: OutputLayer;
  readonly #constants: NetworkConstants;
  readonly #globe: Hemispheres;
  /** Token rows and columns of an image, and the row v of its first point row. */
  readonly #tokenRows: number;
  readonly #tokenColumns: number;
  readonly #firstRow: number;

  constructor(config: GlobalConfig, schema: Schema, constants: NetworkConstants) {
    this.config = config;
    this.schema = schema;
    this.#constants = constants;
    this.#globe = new Hemispheres(schema.grid);
    this.stateLength = schema.channels.length * gridSize(schema.grid);
    // the last row of an image's own ends a token; where their number is odd the first token reaches over the pole
    const { ownRows, columns } = this.#globe;
    this.#firstRow = -(ownRows % stride);
    this.#tokenRows = (ownRows - this.#firstRow) / stride + config.overlap;
    this.#tokenColumns = columns / stride;
    this.parameters = new Map(this.#parameterShapes());
    this.constantShapes = new Map(propagatorShapes(config, schema));
    this.outputLayer = {
      parameter: 'token.out.weight',
      incrementColumns: incrementColumnsByPoint(pieces, schema.channels.length),
    };
  }

  #parameterShapes(): [string, Shape][] {
    const { channels, layers } = this.config;
    const variables = this.schema.channels.length;
    const packed = pieces * 2 * variables;
    const byRow = (name: string, width: number): [string, Shape] => [name, [this.#tokenRows, width]];
    return [
      ['token.in.weight', [packed, channels]],
      byRow('token.in.row', channels),
      ...Array.from({ length: layers }, (_, layer): [string, Shape][] => [
        [`token.${layer}.weight`, [window * window * channels, channels]],
        byRow(`token.${layer}.scale`, channels),
        byRow(`token.${layer}.row`, channels),
      ]).flat(),
      ['token.out.weight', [channels + packed, pieces * 2 * variables]],
      byRow('token.out.row', pieces * 2 * variables),
      ['amplitude.bias', [variables * this.#globe.ownRows]],
    ];
  }

  initialScale(name: string): number {
    if (name.includes('.out.') || !name.endsWith('.weight')) return 0;
    return Math.sqrt(1 / (this.parameters.get(name)?.[0] ?? 1));
  }

  isRandom(name: string): boolean {
    return name !== 'amplitude.bias';
  }

  isOrthogonal(name: string): boolean {
    return name.endsWith('.weight');
  }

  hiddenRows(name: string): HiddenRows | undefined {
    const { channels } = this.config;
    if (name === 'token.out.weight')
      return { period: channels + pieces * 2 * this.schema.channels.length, units: channels };
    return /^token\.\d+\.weight$/.test(name) ? { period: channels, units: channels } : undefined;
  }

  dropoutShapes(): ReadonlyMap<string, Shape> {
    return new Map();
  }

  forward(
    ops: GraphBuilder,
    parameters: ReadonlyMap<string, Value>,
    { history, features }: NetworkInputs,
  ): NetworkOutputs {
    const [newest] = history;
    if (newest === undefined) throw internalError('global network: a state is needed');
    const [K, R, n] = newest.shape as [number, number, number];
    const parameter = (name: string): Value => {
      const value = parameters.get(name);
      if (value === undefined) throw internalError(`network: no parameter "${name}"`);
      return value;
    };
    const constant = (name: string): Value => {
      const shape = this.constantShapes.get(name) ?? [];
      return ops.constant(this.#constants[name] ?? new Float32Array(elements(shape)), shape);
    };
    const states = ops.reshape(newest, [K * R, n]);
    const linear = propagate(ops, states, this.config, this.schema, constant);
    const packed = this.#pack(ops, states, linear);
    const outputs = Array.from({ length: K }, (_, k) => {
      /** Sample k of a value [K, ...], without the axis. */
      const sample = (value: Value): Value => {
        const rest = value.shape.slice(1);
        return ops.reshape(ops.slice(value, [k, ...rest.map(() => 0)], [1, ...rest]), rest);
      };
      const images = ops.slice(packed, [k * R * 2, 0, 0, 0], [R * 2, ...packed.shape.slice(1)]);
      return this.#tokens(ops, (name) => sample(parameter(name)), images);
    });
    const out = outputs.map((value) => value.out);
    const [change, spread] = this.#unpack(ops, ops.concat(out, 0));
    const { truncation } = this.config;
    const smooth = truncation === 0 ? change : project(ops, change, truncation, this.schema);
    const bias = this.#rowsToPoints(ops, parameter('amplitude.bias'));
    return {
      increment: ops.reshape(ops.add(ops.sub(linear, states), smooth), [K, R, n]),
      amplitude: steadySoftplus(ops, ops.add(ops.reshape(spread, [K, R, n]), bias)),
      ...(features === true ? { features: featuresOf(ops, outputs) } : {}),
    };
  }

  /** The token path of one weight sample: [R · 2, token row, token column, in] → the same of pieces · 2 · variables. */
  #tokens(ops: GraphBuilder, parameter: (name: string) => Value, packed: Value): TokenOutputs {
    const [images, rows, columns] = packed.shape as [number, number, number, number];
    const byRow = (name: string): Value => {
      const value = parameter(name);
      return ops.reshape(value, [rows, 1, value.shape[1] ?? 1]);
    };
    const matrix = (x: Value, name: string): Value => {
      const flat = ops.reshape(x, [images * rows * columns, x.shape[3] ?? 1]);
      const weights = parameter(name);
      return ops.reshape(ops.matMul(flat, weights), [images, rows, columns, weights.shape[1] ?? 1]);
    };
    let tokens = ops.gelu(ops.add(matrix(packed, 'token.in.weight'), byRow('token.in.row')));
    for (let layer = 0; layer < this.config.layers; layer++) {
      const seen = ops.convolution(this.#framed(ops, tokens), parameter(`token.${layer}.weight`), window, 0);
      const scaled = ops.add(
        ops.add(seen, ops.mul(seen, byRow(`token.${layer}.scale`))),
        byRow(`token.${layer}.row`),
      );
      tokens = ops.add(tokens, ops.gelu(scaled));
    }
    const all = ops.concat([tokens, packed], 3);
    return { out: ops.add(matrix(all, 'token.out.weight'), byRow('token.out.row')), features: all };
  }

  /** One token more on every side: round the circle, over the pole half-way round, and the last row repeated. */
  #framed(ops: GraphBuilder, x: Value): Value {
    const [images, rows, columns, width] = x.shape as [number, number, number, number];
    const margin = (window - 1) / 2;
    const indices: number[] = [];
    for (let row = -margin; row < rows + margin; row++) {
      for (let column = -margin; column < columns + margin; column++) {
        const overPole = row < 0;
        const y = overPole ? -1 - row : Math.min(row, rows - 1);
        const z = column + (overPole ? columns / 2 : 0);
        indices.push(y * columns + (((z % columns) + columns) % columns));
      }
    }
    const framed = ops.gather(ops.reshape(x, [images, rows * columns, width]), indices, 1);
    return ops.reshape(framed, [images, rows + 2 * margin, columns + 2 * margin, width]);
  }

  /** [B, n] of states and linear forecasts → images of tokens [B · 2, token row, token column, pieces · 2 · variables]. */
  #pack(ops: GraphBuilder, states: Value, linear: Value): Value {
    const { channels } = this.schema;
    const variables = channels.length;
    const points = this.stateLength / variables;
    const B = states.shape[0] ?? 1;
    const columns = this.#tokenColumns;
    const indices: number[] = [];
    const signs: number[] = [];
    for (let image = 0; image < 2; image++) {
      for (let token = 0; token < this.#tokenRows * columns; token++) {
        for (let piece = 0; piece < pieces; piece++) {
          const v = this.#firstRow + stride * Math.floor(token / columns) + Math.floor(piece / stride);
          const seen = this.#globe.at(image, v, stride * (token % columns) + (piece % stride));
          indices.push(seen.point);
          for (let again = 0; again < 2; again++)
            for (const channel of channels) signs.push(signAt(channel, seen));
        }
      }
    }
    const both = ops.concat(
      [ops.reshape(states, [B, variables, points]), ops.reshape(linear, [B, variables, points])],
      1,
    );
    const gathered = ops.gather(ops.transpose(both, [0, 2, 1]), indices, 1);
    const signed = ops.mul(gathered, ops.constant(Float32Array.from(signs), [indices.length, 2 * variables]));
    return ops.reshape(signed, [2 * B, this.#tokenRows, columns, pieces * 2 * variables]);
  }

  /** Images of tokens with pieces · 2 · variables → [increment, raw amplitude], each [B, n]; the equator has two parents. */
  #unpack(ops: GraphBuilder, tokens: Value): [Value, Value] {
    const { channels } = this.schema;
    const variables = channels.length;
    const { rows, columns, ownRows } = this.#globe;
    const images = tokens.shape[0] ?? 2;
    const perImage = this.#tokenRows * this.#tokenColumns * pieces;
    const both = ops.reshape(tokens, [images / 2, 2 * perImage, 2 * variables]);
    const from = (image: number): { indices: number[]; factors: Float32Array } => {
      const indices: number[] = [];
      const factors: number[] = [];
      for (let point = 0; point < rows * columns; point++) {
        const row = Math.floor(point / columns);
        const v = image === 0 ? row : rows - 1 - row;
        const isOwn = v < ownRows;
        const shared = v === rows - 1 - v;
        const column = point % columns;
        const within = v - this.#firstRow;
        const token = Math.floor(within / stride) * this.#tokenColumns + Math.floor(column / stride);
        const piece = (within % stride) * stride + (column % stride);
        indices.push(isOwn ? image * perImage + token * pieces + piece : -1);
        const share = shared ? 0.5 : 1;
        for (const channel of channels) factors.push(share * (image === 1 ? parityOf(channel).mirror : 1));
        for (let i = 0; i < variables; i++) factors.push(share);
      }
      return { indices, factors: Float32Array.from(factors) };
    };
    const parts = [0, 1].map((image) => {
      const { indices, factors } = from(image);
      return ops.mul(ops.gather(both, indices, 1), ops.constant(factors, [rows * columns, 2 * variables]));
    });
    const planes = ops.transpose(ops.sum(parts), [0, 2, 1]);
    const half = (kind: number): Value =>
      ops.reshape(ops.slice(planes, [0, kind * variables, 0], [images / 2, variables, rows * columns]), [
        images / 2,
        this.stateLength,
      ]);
    return [half(0), half(1)];
  }

  /** A value for each channel and row of a hemisphere, [K, variables · ownRows], at every point: [K, 1, n]. */
  #rowsToPoints(ops: GraphBuilder, value: Value): Value {
    const { rows, columns, ownRows } = this.#globe;
    const variables = this.schema.channels.length;
    const K = value.shape[0] ?? 1;
    const mirrored = Array.from({ length: rows }, (_, row) => Math.min(row, rows - 1 - row));
    const byRow = ops.gather(ops.reshape(value, [K, variables, ownRows, 1]), mirrored, 2);
    return ops.reshape(ops.expand(byRow, [K, variables, rows, columns]), [K, 1, this.stateLength]);
  }
}

/** [R · 2, token row, token column, …] of one weight sample: what the token path gives, and what its last matrix saw. */
interface TokenOutputs {
  readonly out: Value;
  readonly features: Value;
}

/** @returns [K, rows, in] */
function featuresOf(ops: GraphBuilder, outputs: readonly TokenOutputs[]): Value {
  const samples = outputs.map(({ features }) => ops.reshape(features, [1, -1, features.shape[3] ?? 1]));
  return ops.concat(samples, 0);
}
