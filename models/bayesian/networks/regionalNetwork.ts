/**
 * The light network for single-level and regional data, as a graph:
 *   increment f_w = linear path + hidden path + local path,   amplitude σ_v = softplus(bias + local path).
 * The local path sees windows of the grid, packed into tokens (regionalTokens.ts, regionalInputs.ts). Linear and hidden
 * paths, where a configuration has them, see the leading EOF coefficients of the states (large scales, all points at
 * once).
 *
 * Shapes: K weight samples, R rows each; every parameter has a leading axis K. States are anomalies in units of
 * their scale, [K, R, n] with n = channels · points; season [R, 1 + 2H] is the basis [1, cos, sin, …].
 */
import { internalError } from '../../../core/errors.js';
import { gridSize } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import { seasonTerms } from '../../../core/season.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { steadyLinear, steadySoftplus } from '../../graph/layers.js';
import {
  type HiddenRows,
  incrementColumnsByPoint,
  type Network,
  type NetworkConstants,
  type NetworkInputs,
  type NetworkOutputs,
  type OutputLayer,
} from './network.js';
import {
  packedWidth,
  type RegionalConfig,
  regionalShapes,
  requireRegional,
  seasonFeatures,
} from './regionalShapes.js';
import { tokenPath } from './regionalTokens.js';
import { type TokenGrid, tokenGrid } from './tokens.js';

export type { RegionalConfig } from './regionalShapes.js';

type ParameterOf = (name: string) => Value;

export class RegionalNetwork implements Network {
  readonly config: RegionalConfig;
  readonly schema: Schema;
  /** n: channels × points. */
  readonly stateLength: number;
  /** Shape of every parameter, without the axis of weight samples; the order is that of the random streams. */
  readonly parameters: ReadonlyMap<string, Shape>;
  readonly harmonics: number;
  readonly historyLength: number;
  readonly symmetry = 'none';
  /** projection: anomalies → scaled EOF coefficients; climate: the cycle by scale, less the mean of each channel. */
  readonly constantShapes: ReadonlyMap<string, Shape>;
  /** Of the local path; linear and hidden path have matrices of their own. */
  readonly outputLayer: OutputLayer;
  readonly #constants: NetworkConstants;
  readonly #tokens: TokenGrid;

  /** @throws {PlumeError} usage, when parts of the configuration contradict each other */
  constructor(config: RegionalConfig, schema: Schema, constants: NetworkConstants) {
    requireRegional(config);
    const { channels, grid } = schema;
    this.config = config;
    this.schema = schema;
    this.harmonics = config.harmonics;
    this.historyLength = config.history;
    this.#constants = constants;
    this.#tokens = tokenGrid(grid, config.stride);
    this.stateLength = channels.length * gridSize(grid);
    const layout = { grid, tokens: this.#tokens };
    this.parameters = new Map(regionalShapes(config, channels.length, this.stateLength, layout));
    this.outputLayer = {
      parameter: 'local.out.weight',
      incrementColumns: incrementColumnsByPoint(config.stride ** 2, channels.length),
    };
    this.constantShapes = new Map([
      ...(config.eofs > 0 ? ([['projection', [this.stateLength, config.eofs]]] as [string, Shape][]) : []),
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
    // orthogonal updates make of a small start what they need; a large one they leave in the way
    return random ? Math.sqrt((this.isOrthogonal(name) ? 1 / 3 : 1) / inputs) : 0;
  }

  /** Hidden units of the first kind, then the channels of each layer's tokens. */
  dropoutShapes(samples: number, rows: number): ReadonlyMap<string, Shape> {
    const { hidden, channels, layers } = this.config;
    return new Map([
      ...(hidden > 0 ? ([['hidden', [samples, rows, hidden]]] as [string, Shape][]) : []),
      ...Array.from({ length: layers }, (_, layer): [string, Shape] => [
        `local.${layer}`,
        [samples, rows, 1, channels],
      ]),
    ]);
  }

  isOrthogonal(name: string): boolean {
    return this.config.updates === 'muon' && name.startsWith('local.') && name.endsWith('.weight');
  }

  hiddenRows(name: string): HiddenRows | undefined {
    const { hidden, channels, layers } = this.config;
    if (name === 'hidden.out.weight') return { period: hidden, units: hidden };
    const packed = packedWidth(this.config, this.schema.channels.length, this.schema.grid);
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
    const { eofs, harmonics, history } = this.config;
    const parameter: ParameterOf = (name) => {
      const value = parameters.get(name);
      if (value === undefined) throw internalError(`network: no parameter "${name}"`);
      return value;
    };
    if (inputs.history.length < history) {
      throw internalError(`regional network: ${inputs.history.length} states given, it sees ${history}`);
    }
    const states = inputs.history.slice(0, history);
    const rows = inputs.season.shape[0] ?? 1;
    const season = harmonics > 0 ? ops.slice(inputs.season, [0, 1], [rows, seasonFeatures]) : undefined;
    const large = eofs > 0 ? this.#large(ops, parameter, { ...inputs, history: states }, season) : undefined;
    const { change, spread, features } = this.#local(ops, parameter, { ...inputs, history: states }, season);
    return {
      increment: large === undefined ? change : ops.add(large, change),
      amplitude: steadySoftplus(ops, ops.add(spread, parameter('amplitude.bias'))),
      ...(features === undefined ? {} : { features }),
    };
  }

  /** Linear and hidden path, [K, R, n]. */
  #large(
    ops: GraphBuilder,
    parameter: ParameterOf,
    { history, dropout }: NetworkInputs,
    season: Value | undefined,
  ): Value {
    const { eofs, hidden: width } = this.config;
    const constant = this.#constants.projection ?? new Float32Array(0);
    const projection = ops.constant(constant, [this.stateLength, eofs]);
    const coefficients = ops.concat(
      history.map((state) => steadyLinear(ops, state, projection)),
      2,
    );
    const [samples = 1, rows = 1] = coefficients.shape;
    let hidden: Value | undefined;
    if (width > 0) {
      hidden = steadyLinear(ops, coefficients, parameter('hidden.in.weight'));
      if (season !== undefined) {
        const one = ops.reshape(season, [1, rows, seasonFeatures]);
        const all = ops.expand(one, [samples, rows, seasonFeatures]);
        hidden = ops.add(hidden, steadyLinear(ops, all, parameter('hidden.season')));
      }
      hidden = ops.gelu(ops.add(hidden, parameter('hidden.in.bias')));
      const kept = dropout?.get('hidden');
      if (kept !== undefined) hidden = ops.mul(hidden, kept);
    }
    const linear = steadyLinear(ops, coefficients, parameter('linear.weight'));
    return hidden === undefined
      ? linear
      : ops.add(linear, steadyLinear(ops, hidden, parameter('hidden.out.weight')));
  }

  /** The local path; one weight sample at a time, each its own kernels. */
  #local(
    ops: GraphBuilder,
    parameter: ParameterOf,
    inputs: NetworkInputs,
    season: Value | undefined,
  ): LocalOutputs {
    const { grid } = this.schema;
    const n = this.stateLength;
    const { layers, harmonics } = this.config;
    const [K = 1, R = 1] = inputs.history[0]?.shape ?? [];
    const cycle = this.#constants.climate ?? new Float32Array(0);
    const climate = steadyLinear(ops, inputs.season, ops.constant(cycle, [seasonTerms(harmonics), n]));
    const dropout = Array.from({ length: layers }, (_, layer) =>
      inputs.dropout?.get(`local.${layer}`),
    ).filter((value) => value !== undefined);
    const layout = { grid, tokens: this.#tokens };
    const outputs = Array.from({ length: K }, (_, k) => {
      /** Sample k of a value [K, ...], without the axis. */
      const sample = (value: Value): Value => {
        const rest = value.shape.slice(1);
        const starts = [k, ...rest.map(() => 0)];
        return ops.reshape(ops.slice(value, starts, [1, ...rest]), rest);
      };
      return tokenPath(ops, this.config, layout, (name) => sample(parameter(name)), {
        ...{ states: inputs.history.map(sample), climate, season },
        dropout: dropout.map(sample),
      });
    });
    const stacked = (values: readonly Value[]): Value =>
      ops.concat(
        values.map((value) => ops.reshape(value, [1, ...value.shape])),
        0,
      );
    const all = stacked(outputs.map(({ out }) => out));
    const part = (kind: number): Value =>
      ops.reshape(ops.slice(all, [0, 0, kind, 0], [K, R, 1, n]), [K, R, n]);
    return {
      change: part(0),
      spread: part(1),
      ...(inputs.features === true ? { features: stacked(outputs.map(({ features }) => features())) } : {}),
    };
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
