/**
 * What a regional network is made of: its configuration, and the shape of every parameter, in the order of their random
 * streams (regionalNetwork.ts says what they do).
 */
import { usageError } from '../../../core/errors.js';
import { type Grid, wrapsInLongitude } from '../../../core/grid.js';
import type { Shape } from '../../graph/graph.js';
import type { TokenGrid } from './tokens.js';

export interface RegionalConfig {
  readonly kind: 'regional';
  /** EOFs kept of each state; 0: neither linear nor hidden path. */
  readonly eofs: number;
  /** Width of the hidden path; 0: none. */
  readonly hidden: number;
  /** Features of each point after a window that comes before the first; 0: no such window. */
  readonly stem: number;
  /** Width of a token. */
  readonly channels: number;
  /** Residual convolutions on the tokens. */
  readonly layers: number;
  /** Tokens a side of the residual convolutions' windows; odd. */
  readonly kernel: number;
  /** Points a side of a token. */
  readonly stride: number;
  /** H, annual harmonics of the seasonal cycle; 0 in a world without seasons. */
  readonly harmonics: number;
  /** States that a step sees. */
  readonly history: 2 | 3;
  /** What the local path sees of older states: themselves, or what changed from each to the next. */
  readonly past: 'states' | 'differences';
  /** Place and season: learned for every token and by a matrix, or channels of the input like any other. */
  readonly context: 'learned' | 'channels';
  /** Tokens a side of the first window; odd. */
  readonly entry: number;
  /** What residual convolutions see beyond the edge: zeros, or the last token again. */
  readonly edges: 'zero' | 'repeat';
  /** How the matrices of the local path learn (models/graph/muon.ts). */
  readonly updates: 'adamw' | 'muon';
}

/** What a network is whose description names none of what came later: two states, learned places, zeros outside. */
export const plainRegional = {
  history: 2,
  past: 'states',
  context: 'learned',
  entry: 3,
  edges: 'zero',
  updates: 'adamw',
} as const satisfies Partial<RegionalConfig>;

/** Tokens a side of the stem's and the last windows. */
export const tokenWindow = 3;
/** cos and sin of the first harmonic. */
export const seasonFeatures = 2;

/** Planes that say where a point is: latitude; longitude, too, where places are not learned, as one number or two. */
export function placeCount(grid: Grid, context: RegionalConfig['context']): number {
  return context === 'learned' ? 1 : wrapsInLongitude(grid) ? 3 : 2;
}

/** Numbers that a token is packed of. */
export function packedWidth(config: RegionalConfig, variables: number, grid: Grid): number {
  const { stride, history, context, harmonics } = config;
  const seasonal = context === 'channels' && harmonics > 0 ? seasonFeatures : 0;
  return stride * stride * ((history + 1) * variables + placeCount(grid, context) + seasonal);
}

/** @throws {PlumeError} usage, when parts of a configuration contradict each other */
export function requireRegional({ eofs, hidden, kernel, entry }: RegionalConfig): void {
  if (hidden > 0 && eofs === 0) {
    throw usageError(
      `regional network: a hidden path of ${hidden} units sees EOFs, and eofs is 0; give eofs, or hidden 0`,
    );
  }
  for (const [name, size] of [
    ['kernel', kernel],
    ['entry', entry],
  ] as const) {
    if (size % 2 === 1) continue;
    throw usageError(`regional network: ${name} is ${size} tokens a side, an odd number was expected`);
  }
}

/** @param n channels × points */
export function regionalShapes(
  config: RegionalConfig,
  variables: number,
  n: number,
  { grid, tokens }: { readonly grid: Grid; readonly tokens: TokenGrid },
): [string, Shape][] {
  const { eofs, hidden, channels, layers, kernel, stride, stem, history, entry } = config;
  const pieces = stride * stride;
  const packed = packedWidth(config, variables, grid);
  const seasonal = config.harmonics > 0;
  const learned = config.context === 'learned';
  const when = (condition: boolean, ...shapes: [string, Shape][]): [string, Shape][] =>
    condition ? shapes : [];
  const convolutionOf = (name: string, size: number, from: number, to: number): [string, Shape][] => [
    [`${name}.weight`, [size * size * from, to]],
    [`${name}.bias`, [1, to]],
  ];
  return [
    ...when(eofs > 0, ['linear.weight', [history * eofs, n]]),
    ...when(hidden > 0, ['hidden.in.weight', [history * eofs, hidden]], ['hidden.in.bias', [1, hidden]]),
    ...when(hidden > 0 && seasonal, ['hidden.season', [seasonFeatures, hidden]]),
    ...when(hidden > 0, ['hidden.out.weight', [hidden, n]]),
    ...(stem > 0 ? convolutionOf('local.stem', tokenWindow, packed, pieces * stem) : []),
    ...convolutionOf('local.in', entry, packed + pieces * stem, channels),
    ...when(learned, ['local.position', [tokens.rows * tokens.columns, channels]]),
    ...when(learned && seasonal, ['local.season', [seasonFeatures, channels]]),
    ...Array.from({ length: layers }, (_, layer) =>
      convolutionOf(`local.${layer}`, kernel, channels, channels),
    ).flat(),
    ...convolutionOf('local.out', tokenWindow, channels + packed, pieces * 2 * variables),
    ['amplitude.bias', [1, n]],
  ];
}
