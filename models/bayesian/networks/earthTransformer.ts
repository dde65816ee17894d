/**
 * The 3D Earth-specific transformer of Pangu-Weather, at any size (Bi et al. 2023, doi:10.1038/s41586-023-06185-3,
 * fig. 2 and methods; arXiv:2211.02556):
 *   patches of levels and of the surface → tokens; stage 1; half the resolution, twice the channels; stages 2 and 3;
 *   back to the resolution of stage 1; stage 4; tokens beside those after stage 1 → patches of increments.
 * A stage is a number of blocks of windowed attention (earthBlock.ts, earthWindows.ts). The last matrix gives the
 * increment and, which Pangu-Weather has not, the amplitude of the noise, σ_v = softplus(bias + what it gives).
 *
 * Shapes: K weight samples, R rows each; tokens [K, R, N, C]; every parameter has a leading axis K, or 1 where it is
 * the same for all.
 */
import { internalError } from '../../../core/errors.js';
import { gridSize } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { linear, steadySoftplus } from '../../graph/layers.js';
import { blockShapes, earthBlock, normShapes, scaledNorm } from './earthBlock.js';
import { embed, embeddingShapes } from './earthEmbedding.js';
import { type EarthLayout, type EarthTransformerConfig, earthLayout, type Stage } from './earthLayout.js';
import { isStored } from './earthPlanes.js';
import { recover, recoveryLayer, recoveryShapes } from './earthRecovery.js';
import { planWindows, type Windows } from './earthWindows.js';
import type {
  HiddenRows,
  Network,
  NetworkConstants,
  NetworkInputs,
  NetworkOutputs,
  OutputLayer,
} from './network.js';
import { halved, tokenCount, tokensInCoarse, tokensOfFine } from './tokenVolume.js';

export type { EarthTransformerConfig } from './earthLayout.js';

export class EarthTransformer implements Network {
  readonly config: EarthTransformerConfig;
  readonly schema: Schema;
  readonly stateLength: number;
  readonly harmonics: number;
  readonly dayTime: boolean;
  readonly historyLength: number;
  readonly symmetry = 'none';
  readonly parameters: ReadonlyMap<string, Shape>;
  /** Stored fields of the place, [point]; zeros where none are given. */
  readonly constantShapes: ReadonlyMap<string, Shape>;
  readonly outputLayer: OutputLayer;
  readonly #constants: NetworkConstants;
  readonly #layout: EarthLayout;

  /** @throws {PlumeError} usage, when heads do not divide channels, or patches leave too few tokens */
  constructor(config: EarthTransformerConfig, schema: Schema, constants: NetworkConstants) {
    this.config = config;
    this.schema = schema;
    this.#constants = constants;
    this.harmonics = config.harmonics;
    this.dayTime = config.constants.includes('time-of-day');
    this.historyLength = config.historyLength;
    this.stateLength = schema.channels.length * gridSize(schema.grid);
    this.#layout = earthLayout(config, schema);
    this.parameters = new Map(this.#parameterShapes());
    this.constantShapes = new Map(
      config.constants.filter(isStored).map((field): [string, Shape] => [field, [gridSize(schema.grid)]]),
    );
    this.outputLayer = recoveryLayer(this.#layout);
  }

  #parameterShapes(): [string, Shape][] {
    const { channels: C, mlpRatio, window } = this.config;
    const [first, second, third, fourth] = this.#layout.stages.map(
      ({ name, volume, channels, heads, depth }): [string, Shape][] =>
        Array.from({ length: depth }, (_, block) =>
          blockShapes(volume, { channels, heads, mlpRatio, window }).map(([part, shape]): [string, Shape] => [
            `${name}.${block}.${part}`,
            shape,
          ]),
        ).flat(),
    );
    return [
      ...embeddingShapes(this.config, this.#layout),
      ...(first ?? []),
      ...normShapes('down.norm', 4 * C),
      ['down.weight', [4 * C, 2 * C]],
      ...(second ?? []),
      ...(third ?? []),
      ['up.weight', [2 * C, 4 * C]],
      ...normShapes('up.norm', C),
      ['up.mix.weight', [C, C]],
      ...(fourth ?? []),
      ...recoveryShapes(2 * C, this.#layout),
      ['amplitude.bias', [1, this.stateLength]],
    ];
  }

  initialScale(name: string): number {
    if (name.startsWith('recovery.')) return 0;
    // as published: normal of 0.02
    if (name.endsWith('.position')) return 0.02;
    return name.endsWith('.weight') ? Math.sqrt(1 / (this.parameters.get(name)?.[0] ?? 1)) : 0;
  }

  /** The bias of the amplitude is a scale of the data, not a weight to be unsure of. */
  isRandom(name: string): boolean {
    return name !== 'amplitude.bias';
  }

  isOrthogonal(name: string): boolean {
    const isHidden = name !== 'recovery.weight' && this.hiddenRows(name) !== undefined;
    return this.config.updates === 'muon' && isHidden;
  }

  hiddenRows(name: string): HiddenRows | undefined {
    const rows = this.parameters.get(name)?.[0];
    if (rows === undefined || name.startsWith('embed.') || !name.endsWith('.weight')) return undefined;
    // the four tokens that become one have the same channels
    const units = name === 'down.weight' ? rows / 4 : rows;
    return { period: units, units };
  }

  /** The two residual paths of every block (stochastic depth: Huang et al. 2016, arXiv:1603.09382). */
  dropoutShapes(samples: number, rows: number): ReadonlyMap<string, Shape> {
    const paths = this.#layout.stages.flatMap(({ name, depth }) =>
      Array.from({ length: depth }, (_, block) => [
        `${name}.${block}.attention`,
        `${name}.${block}.mlp`,
      ]).flat(),
    );
    return new Map(paths.map((path): [string, Shape] => [path, [samples, rows, 1, 1]]));
  }

  forward(ops: GraphBuilder, parameters: ReadonlyMap<string, Value>, inputs: NetworkInputs): NetworkOutputs {
    const [newest] = inputs.history;
    if (newest === undefined || inputs.history.length !== this.historyLength) {
      throw internalError(`earth transformer: ${inputs.history.length} states, ${this.historyLength} needed`);
    }
    const [K, R, n] = newest.shape as [number, number, number];
    const parameter = (name: string): Value => {
      const value = parameters.get(name);
      if (value === undefined) throw internalError(`network: no parameter "${name}"`);
      return value;
    };
    const { config, schema } = this;
    const layout = this.#layout;
    const stage = (at: number, x: Value): Value =>
      this.#stage(ops, layout.stages[at] as Stage, x, parameter, inputs);
    const context = { config, schema, layout, constants: this.#constants, parameter };
    const first = stage(0, embed(ops, inputs, context));
    const coarse = stage(2, stage(1, this.#down(ops, first, parameter)));
    const last = stage(3, this.#up(ops, coarse, parameter));
    const tokens = ops.concat([first, last], 3);
    const [increment, spread] = recover(ops, tokens, schema, layout, parameter);
    const raw = ops.add(ops.reshape(spread, [K, R, n]), parameter('amplitude.bias'));
    return {
      increment: ops.reshape(increment, [K, R, n]),
      amplitude: steadySoftplus(ops, raw),
      ...(inputs.features === true ? { features: ops.reshape(tokens, [K, -1, 2 * config.channels]) } : {}),
    };
  }

  /** The blocks of a stage, every other one with shifted windows: [K, R, N, C] → the same. */
  #stage(
    ops: GraphBuilder,
    { name, volume, heads, depth }: Stage,
    x: Value,
    parameter: (name: string) => Value,
    { dropout }: NetworkInputs,
  ): Value {
    const plans = [false, true].map((shifted) => planWindows(volume, this.config.window, shifted));
    let tokens = x;
    for (let block = 0; block < depth; block++) {
      const prefix = `${name}.${block}`;
      tokens = earthBlock(ops, tokens, {
        windows: plans[block % 2] as Windows,
        heads,
        norm: this.config.norm,
        parameter: (part) => parameter(`${prefix}.${part}`),
        keep: { attention: dropout?.get(`${prefix}.attention`), mlp: dropout?.get(`${prefix}.mlp`) },
      });
    }
    return tokens;
  }

  /** Half the resolution, twice the channels: four tokens beside each other, normalised, through one matrix. */
  #down(ops: GraphBuilder, x: Value, parameter: (name: string) => Value): Value {
    const { volume } = this.#layout;
    const [K, R, , C] = x.shape as [number, number, number, number];
    const four = ops.reshape(ops.gather(x, tokensInCoarse(volume), 2), [K, -1, 4 * C]);
    const even = scaledNorm(ops, four, parameter('down.norm.scale'), parameter('down.norm.shift'));
    return ops.reshape(linear(ops, even, parameter('down.weight')), [
      K,
      R,
      tokenCount(halved(volume)),
      2 * C,
    ]);
  }

  /** Twice the resolution, half the channels: one matrix gives four tokens, which are normalised and mixed. */
  #up(ops: GraphBuilder, x: Value, parameter: (name: string) => Value): Value {
    const { volume } = this.#layout;
    const [K, R, count, width] = x.shape as [number, number, number, number];
    const C = width / 2;
    const four = linear(ops, ops.reshape(x, [K, -1, width]), parameter('up.weight'));
    const fine = ops.gather(ops.reshape(four, [K, R, count * 4, C]), tokensOfFine(volume), 2);
    const flat = ops.reshape(fine, [K, -1, C]);
    const even = scaledNorm(ops, flat, parameter('up.norm.scale'), parameter('up.norm.shift'));
    return ops.reshape(linear(ops, even, parameter('up.mix.weight')), [K, R, tokenCount(volume), C]);
  }
}
