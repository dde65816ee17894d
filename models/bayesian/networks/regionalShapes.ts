/**
 * What a regional network is made of: its configuration, and the shape of every parameter, in the order of their random
 * streams (regionalNetwork.ts says what they do).
 */
import type { Shape } from '../../graph/graph.js';
import type { TokenGrid } from './tokens.js';

export interface RegionalConfig {
  readonly kind: 'regional';
  /** EOFs kept of each of the two states. */
  readonly eofs: number;
  /** Width of the hidden path. */
  readonly hidden: number;
  /** Features of each point after the first window. */
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
}

/** Tokens a side of the first, second and last windows. */
export const tokenWindow = 3;
/** cos and sin of the first harmonic. */
export const seasonFeatures = 2;

/** @param n channels × points */
export function regionalShapes(
  config: RegionalConfig,
  variables: number,
  n: number,
  tokens: TokenGrid,
): [string, Shape][] {
  const { eofs, hidden, channels, layers, kernel, stride, stem } = config;
  const pieces = stride * stride;
  const packed = pieces * (3 * variables + 1);
  const seasonal = config.harmonics > 0;
  const convolutionOf = (name: string, size: number, from: number, to: number): [string, Shape][] => [
    [`${name}.weight`, [size * size * from, to]],
    [`${name}.bias`, [1, to]],
  ];
  return [
    ['linear.weight', [2 * eofs, n]],
    ['hidden.in.weight', [2 * eofs, hidden]],
    ['hidden.in.bias', [1, hidden]],
    ...(seasonal ? ([['hidden.season', [seasonFeatures, hidden]]] satisfies [string, Shape][]) : []),
    ['hidden.out.weight', [hidden, n]],
    ...convolutionOf('local.stem', tokenWindow, packed, pieces * stem),
    ...convolutionOf('local.in', tokenWindow, packed + pieces * stem, channels),
    ['local.position', [tokens.rows * tokens.columns, channels]],
    ...(seasonal ? ([['local.season', [seasonFeatures, channels]]] satisfies [string, Shape][]) : []),
    ...Array.from({ length: layers }, (_, layer) =>
      convolutionOf(`local.${layer}`, kernel, channels, channels),
    ).flat(),
    ...convolutionOf('local.out', tokenWindow, channels + packed, pieces * 2 * variables),
    ['amplitude.bias', [1, n]],
  ];
}
