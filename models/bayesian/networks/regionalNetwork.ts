/**
 * The light network for single-level and regional data, as a graph:
 *   increment f_w = linear path + hidden path + local path,   amplitude σ_v = softplus(bias + local path).
 * Linear and hidden paths see the leading EOF coefficients of two states (large scales, all points at once).
 * The local path sees windows of the grid. The points are packed into tokens of stride × stride (no point is
 * lost, each keeps its own channels), and everything happens on tokens: a first window, a second one that sees
 * the points beside it again, residual convolutions, and a last window that gives each point of a token its own
 * increment and amplitude. Edges are repeated or, where the grid closes, wrapped in longitude.
 *
 * Shapes: K weight samples, R rows each; every parameter has a leading axis K. States are anomalies in units of
 * their scale, [K, R, n] with n = channels · points; season [R, 1 + 2H] is the basis [1, cos, sin, …].
 */
import { internalError } from '../../../core/errors.js';
import { type Grid, gridSize } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import { seasonTerms } from '../../../core/season.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { convolution, steadyLinear, steadySoftplus, windows } from '../../graph/layers.js';
import {
  type HiddenRows,
  incrementColumnsByPoint,
  type Network,
  type NetworkConstants,
  type NetworkInputs,
  type NetworkOutputs,
  type OutputLayer,
} from './network.js';
import { type RegionalConfig, regionalShapes, seasonFeatures, tokenWindow } from './regionalShapes.js';
import { pointsInTokens, pointsOfTokens, type TokenGrid, tokenGrid, tokenPadding } from './tokens.js';

export type { RegionalConfig } from './regionalShapes.js';

export class RegionalNetwork implements Network {
  readonly config: RegionalConfig;
  readonly schema: Schema;
  /** n: channels × points. */
  readonly stateLength: number;
  /** Shape of every parameter, without the axis of weight samples; the order is that of the random streams. */
  readonly parameters: ReadonlyMap<string, Shape>;
  readonly harmonics: number;
  readonly historyLength = 2;
  readonly symmetry = 'none';
  /** projection: anomalies → scaled EOF coefficients; climate: the cycle by scale, less the mean of each channel. */
  readonly constantShapes: ReadonlyMap<string, Shape>;
  /** Of the local path; linear and hidden path have matrices of their own. */
  readonly outputLayer: OutputLayer;
  readonly #constants: NetworkConstants;
  readonly #tokens: TokenGrid;

  constructor(config: RegionalConfig, schema: Schema, constants: NetworkConstants) {
    this.config = config;
    this.schema = schema;
    this.harmonics = config.harmonics;
    this.#constants = constants;
    this.#tokens = tokenGrid(schema.grid, config.stride);
    this.stateLength = schema.channels.length * gridSize(schema.grid);
    this.parameters = new Map(regionalShapes(config, schema.channels.length, this.stateLength, this.#tokens));
    this.outputLayer = {
      parameter: 'local.out.weight',
      incrementColumns: incrementColumnsByPoint(config.stride ** 2, schema.channels.length),
    };
    this.constantShapes = new Map([
      ['projection', [this.stateLength, config.eofs]],
      ['climate', [seasonTerms(config.harmonics), this.stateLength]],
    ]);
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

  /** Hidden units of the first kind, then the channels of each layer's tokens. */
  dropoutShapes(samples: number, rows: number): ReadonlyMap<string, Shape> {
    const { hidden, channels, layers } = this.config;
    return new Map([
      ['hidden', [samples, rows, Math.max(1, hidden)]],
      ...Array.from({ length: layers }, (_, layer): [string, Shape] => [
        `local.${layer}`,
        [samples, rows, 1, channels],
      ]),
    ]);
  }

  isOrthogonal(): boolean {
    return false;
  }

  hiddenRows(name: string): HiddenRows | undefined {
    const { hidden, channels, layers, stride } = this.config;
    if (name === 'hidden.out.weight') return { period: hidden, units: hidden };
    const packed = stride * stride * (3 * this.schema.channels.length + 1);
    if (name === 'local.out.weight') return { period: channels + packed, units: channels };
    const layer = Array.from({ length: layers }, (_, i) => `local.${i}.weight`).includes(name);
    return layer ? { period: channels, units: channels } : undefined;
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
      if (value === undefined) throw internalError(`network: no parameter "${name}"`);
      return value;
    };
    const { newest, previous } = bothStates(inputs.history);
    const projection = ops.constant(this.#constants.projection ?? new Float32Array(0), [n, eofs]);
    const coefficients = ops.concat(
      [steadyLinear(ops, newest, projection), steadyLinear(ops, previous, projection)],
      2,
    );
    const rows = inputs.season.shape[0] ?? 1;
    const samples = newest.shape[0] ?? 1;
    const season = harmonics > 0 ? ops.slice(inputs.season, [0, 1], [rows, seasonFeatures]) : undefined;
    let hidden = steadyLinear(ops, coefficients, parameter('hidden.in.weight'));
    if (season !== undefined) {
      const seasonOfSamples = ops.expand(ops.reshape(season, [1, rows, seasonFeatures]), [
        samples,
        rows,
        seasonFeatures,
      ]);
      hidden = ops.add(hidden, steadyLinear(ops, seasonOfSamples, parameter('hidden.season')));
    }
    hidden = ops.gelu(ops.add(hidden, parameter('hidden.in.bias')));
    const kept = inputs.dropout?.get('hidden');
    if (kept !== undefined) hidden = ops.mul(hidden, kept);
    const large = ops.add(
      steadyLinear(ops, coefficients, parameter('linear.weight')),
      steadyLinear(ops, hidden, parameter('hidden.out.weight')),
    );
    const climate = steadyLinear(
      ops,
      inputs.season,
      ops.constant(this.#constants.climate ?? new Float32Array(0), [seasonTerms(harmonics), n]),
    );
    const dropout = Array.from({ length: this.config.layers }, (_, layer) =>
      inputs.dropout?.get(`local.${layer}`),
    ).filter((value) => value !== undefined);
    const states = { newest, previous, season, climate, dropout };
    const { change, spread, features } = this.#local(ops, parameter, states, inputs.features === true);
    return {
      increment: ops.add(large, change),
      amplitude: steadySoftplus(ops, ops.add(spread, parameter('amplitude.bias'))),
      ...(features === undefined ? {} : { features }),
    };
  }

  /** The local path; one weight sample at a time, each its own kernels. */
  #local(
    ops: GraphBuilder,
    parameter: (name: string) => Value,
    inputs: LocalInputs,
    withFeatures: boolean,
  ): LocalOutputs {
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
        dropout: inputs.dropout.map(sample),
      });
    });
    const all = ops.concat(
      outputs.map(({ out }) => out),
      0,
    );
    const part = (kind: number): Value =>
      ops.reshape(ops.slice(all, [0, 0, kind, 0], [K, R, 1, n]), [K, R, n]);
    return {
      change: part(0),
      spread: part(1),
      ...(withFeatures
        ? {
            features: ops.concat(
              outputs.map(({ features }) => features()),
              0,
            ),
          }
        : {}),
    };
  }

  /** One weight sample; states [R, n] */
  #localSample(
    ops: GraphBuilder,
    parameter: (name: string) => Value,
    inputs: LocalInputs,
  ): { readonly out: Value; readonly features: () => Value } {
    const { channels, layers, kernel, stride } = this.config;
    const { grid } = this.schema;
    const variables = this.schema.channels.length;
    const points = gridSize(grid);
    const { rows: tokenRows, columns: tokenColumns } = this.#tokens;
    const tokenCount = tokenRows * tokenColumns;
    const R = inputs.newest.shape[0] ?? 1;
    const pieces = stride * stride;

    /** A window on the tokens and one matrix: [R, token row, token column, C] → [R, token, out]. */
    const window = (x: Value, name: string, size: number, outside: 'zero' | 'edge'): Value => {
      const options = { size, ...tokenPadding(grid, this.#tokens, outside) };
      const product = convolution(ops, x, parameter(`${name}.weight`), options);
      const out = product.shape.at(-1) ?? 1;
      return ops.add(ops.reshape(product, [R, tokenCount, out]), parameter(`${name}.bias`));
    };
    const field = (x: Value): Value => ops.reshape(x, [R, tokenRows, tokenColumns, x.shape[2] ?? 1]);
    const byPoint = (value: Value): Value =>
      ops.transpose(ops.reshape(value, [R, variables, points]), [0, 2, 1]);

    // two states, the climate and the sine of latitude, point by point, packed into tokens
    const latitude = ops.expand(ops.constant(sineOfLatitude(grid), [1, points, 1]), [R, points, 1]);
    const states = [inputs.newest, inputs.previous, inputs.climate].map(byPoint);
    const planes = ops.concat([...states, latitude], 2);
    const packed = ops.reshape(ops.gather(planes, pointsInTokens(grid, this.#tokens), 1), [
      R,
      tokenCount,
      pieces * (3 * variables + 1),
    ]);
    const stem = ops.gelu(window(field(packed), 'local.stem', tokenWindow, 'edge'));
    const entry = window(field(ops.concat([packed, stem], 2)), 'local.in', tokenWindow, 'edge');
    const place = parameter('local.position');
    const placeAndTime =
      inputs.season === undefined
        ? place
        : ops.add(
            place,
            ops.reshape(steadyLinear(ops, inputs.season, parameter('local.season')), [R, 1, channels]),
          );
    let tokens = ops.gelu(ops.add(entry, placeAndTime));
    for (let layer = 0; layer < layers; layer++) {
      const update = ops.gelu(window(field(tokens), `local.${layer}`, kernel, 'zero'));
      tokens = ops.add(tokens, update);
      const kept = inputs.dropout[layer];
      if (kept !== undefined) tokens = ops.mul(tokens, kept);
    }
    const last = field(ops.concat([tokens, packed], 2));
    const out = window(last, 'local.out', tokenWindow, 'edge');
    // [R, token · piece, kind · variable] → [R, kind, variable, point]
    const unpacked = ops.gather(
      ops.reshape(out, [R, tokenCount * pieces, 2 * variables]),
      pointsOfTokens(grid, this.#tokens),
      1,
    );
    const byVariable = ops.transpose(unpacked, [0, 2, 1]);
    const features = (): Value => {
      const seen = windows(ops, last, { size: tokenWindow, ...tokenPadding(grid, this.#tokens, 'edge') });
      return ops.reshape(seen, [1, R * tokenCount, seen.shape.at(-1) ?? 1]);
    };
    return { out: ops.reshape(byVariable, [1, R, 2, this.stateLength]), features };
  }
}

interface LocalOutputs {
  /** [K, R, n] */
  readonly change: Value;
  /** Raw amplitude, [K, R, n]. */
  readonly spread: Value;
  /** [K, R · token, in] where asked for. */
  readonly features?: Value;
}

/** What the local path sees; states [K, R, n] or, of one weight sample, [R, n]. */
interface LocalInputs {
  readonly newest: Value;
  readonly previous: Value;
  /** cos and sin of the first harmonic, [R, 2]; absent in a world without seasons. */
  readonly season: Value | undefined;
  readonly climate: Value;
  /** By layer; empty in forecasts. */
  readonly dropout: readonly Value[];
}

function bothStates([newest, previous]: readonly Value[]): { newest: Value; previous: Value } {
  if (newest === undefined || previous === undefined) {
    throw internalError('regional network: two states are needed');
  }
  return { newest, previous };
}

function sineOfLatitude(grid: Grid): Float32Array {
  const columns = grid.longitudes.length;
  return Float32Array.from({ length: gridSize(grid) }, (_, point) =>
    Math.sin(((grid.latitudes[Math.floor(point / columns)] ?? 0) * Math.PI) / 180),
  );
}
