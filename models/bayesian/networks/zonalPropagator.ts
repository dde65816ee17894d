/**
 * The best linear forecast that a zonally symmetric world allows, as operators: a wave of zonal wavenumber m can
 * only become a wave of the same m, and what is symmetric about the equator stays apart from what is antisymmetric.
 * For every m and parity, the coefficients of a few EOFs over channel × latitude go through one complex matrix:
 *   x(t + Δt) ≈ Σ_m e^{imλ} E_m A_m E_mᵀ x_m(t).
 * (Linear inverse model: Penland & Sardeshmukh 1995, doi:10.1175/1520-0442(1995)008<1999:TOGOTS>2.0.CO;2.)
 * What the EOFs leave out is forecast as zero. EOFs are real: cosine and sine parts count as two samples.
 *
 * Shapes: B fields, f = channel · ownRows, M wavenumbers 0 … M − 1, r EOFs, parity 0 symmetric, 1 antisymmetric.
 */
import { rowWeights } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { Hemispheres, parityOf } from './hemispheres.js';

export interface PropagatorConfig {
  /** M: zonal wavenumbers 0 … M − 1. */
  readonly wavenumbers: number;
  /** r: EOFs of every wavenumber and parity. */
  readonly modes: number;
}

/** Shapes of the propagator's constants. */
export function propagatorShapes(
  { wavenumbers: M, modes: r }: PropagatorConfig,
  schema: Schema,
): [string, Shape][] {
  const f = schema.channels.length * new Hemispheres(schema.grid).ownRows;
  return [
    ['propagator.eofs', [2, M, f, r]],
    ['propagator.real', [2, M, r, r]],
    ['propagator.imaginary', [2, M, r, r]],
  ];
}

/** [f]: root of the area of every channel's rows; EOFs are orthonormal in waves times these. */
export function rootWeights({ channels, grid }: Schema): Float32Array {
  const { ownRows } = new Hemispheres(grid);
  const roots = rowWeights(grid).map(Math.sqrt);
  return Float32Array.from({ length: channels.length * ownRows }, (_, i) => roots[i % ownRows] ?? 1);
}

/** [columns, 2M]: x(λ) → cosine parts, then sine parts, of x_m = (1/n) Σ x e^{−imλ}. */
export function fourierAnalysis(columns: number, M: number): Float32Array {
  const matrix = new Float32Array(columns * 2 * M);
  for (let j = 0; j < columns; j++) {
    for (let m = 0; m < M; m++) {
      const angle = (2 * Math.PI * ((j * m) % columns)) / columns;
      matrix[j * 2 * M + m] = Math.cos(angle) / columns;
      matrix[j * 2 * M + M + m] = -Math.sin(angle) / columns;
    }
  }
  return matrix;
}

/** [2M, columns]: the field with those parts, Re Σ_m (2 − δ_m0) x_m e^{imλ}. */
export function fourierSynthesis(columns: number, M: number): Float32Array {
  const matrix = new Float32Array(2 * M * columns);
  for (let m = 0; m < M; m++) {
    const twice = m === 0 ? 1 : 2;
    for (let j = 0; j < columns; j++) {
      const angle = (2 * Math.PI * ((j * m) % columns)) / columns;
      matrix[m * columns + j] = twice * Math.cos(angle);
      matrix[(M + m) * columns + j] = -twice * Math.sin(angle);
    }
  }
  return matrix;
}

/**
 * Writes the waves of fields, cosine and sine parts as rows of their own: two rows at least, whatever the batch.
 * @param x [B, n]
 * @returns [parity, m, part · B, f]
 */
export function zonalWaves(ops: GraphBuilder, x: Value, M: number, schema: Schema): Value {
  const { rows, columns, ownRows } = new Hemispheres(schema.grid);
  const C = schema.channels.length;
  const f = C * ownRows;
  const B = x.shape[0] ?? 1;
  const own = Array.from({ length: ownRows }, (_, v) => v);
  const fields = ops.reshape(x, [B, C, rows, columns]);
  const north = ops.gather(fields, own, 2);
  const opposite = own.map((v) => rows - 1 - v);
  const south = ops.mul(ops.gather(fields, opposite, 2), mirrorSigns(ops, schema));
  const apart = (value: Value): Value => ops.reshape(value, [1, B * f, columns]);
  const parities = ops.concat([apart(ops.add(north, south)), apart(ops.sub(north, south))], 0);
  // each parity is half of the sum or difference
  const analysis = fourierAnalysis(columns, M).map((value) => value / 2);
  const waves = ops.matMul(parities, ops.constant(analysis, [columns, 2 * M]));
  const byWave = ops.transpose(ops.reshape(waves, [2, B, f, 2, M]), [0, 4, 3, 1, 2]);
  return ops.reshape(byWave, [2, M, 2 * B, f]);
}

/** The way back: [parity, m, part · B, f] → fields [B, n]. */
export function fieldsOfWaves(ops: GraphBuilder, waves: Value, schema: Schema): Value {
  const { rows, columns, ownRows } = new Hemispheres(schema.grid);
  const C = schema.channels.length;
  const f = C * ownRows;
  const [, M, partsOfB] = waves.shape as [number, number, number, number];
  const B = partsOfB / 2;
  const ordered = ops.transpose(ops.reshape(waves, [2, M, 2, B, f]), [0, 3, 4, 2, 1]);
  const synthesis = ops.constant(fourierSynthesis(columns, M), [2 * M, columns]);
  const grown = ops.matMul(ops.reshape(ordered, [2, B * f, 2 * M]), synthesis);
  const half = (parity: number): Value =>
    ops.reshape(ops.slice(grown, [parity, 0, 0], [1, B * f, columns]), [B, C, ownRows, columns]);
  const [even, odd] = [half(0), half(1)];
  const northern = ops.add(even, odd);
  const southern = ops.mul(ops.sub(even, odd), mirrorSigns(ops, schema));
  const rest = Array.from({ length: rows - ownRows }, (_, i) => rows - ownRows - 1 - i);
  const parts = [ops.gather(southern, rest, 2)];
  if (2 * ownRows === rows) parts.unshift(northern);
  else {
    // both hemispheres have the equator
    const row = (value: Value): Value => ops.slice(value, [0, 0, ownRows - 1, 0], [B, C, 1, columns]);
    const equator = ops.mul(ops.add(row(northern), row(southern)), ops.scalar(0.5));
    parts.unshift(ops.slice(northern, [0, 0, 0, 0], [B, C, ownRows - 1, columns]), equator);
  }
  return ops.reshape(ops.concat(parts, 2), [B, C * rows * columns]);
}

function mirrorSigns(ops: GraphBuilder, { channels }: Schema): Value {
  return ops.constant(
    Float32Array.from(channels, (channel) => parityOf(channel).mirror),
    [channels.length, 1, 1],
  );
}

/**
 * Writes x(t + Δt) of the linear forecast.
 * @param x [B, n]
 * @param constant the constants of `propagatorShapes`
 * @returns [B, n]
 */
export function propagate(
  ops: GraphBuilder,
  x: Value,
  { wavenumbers: M, modes: r }: PropagatorConfig,
  schema: Schema,
  constant: (name: string) => Value,
): Value {
  const B = x.shape[0] ?? 1;
  const f = schema.channels.length * new Hemispheres(schema.grid).ownRows;
  const root = ops.constant(rootWeights(schema), [f]);
  const eofs = constant('propagator.eofs');
  const coefficients = ops.matMul(ops.mul(zonalWaves(ops, x, M, schema), root), eofs);
  const byReal = ops.matMul(coefficients, constant('propagator.real'));
  const byImaginary = ops.matMul(coefficients, constant('propagator.imaginary'));
  const part = (value: Value, which: number): Value => ops.slice(value, [0, 0, which * B, 0], [2, M, B, r]);
  // (c + is)(Re + i Im)
  const cosine = ops.sub(part(byReal, 0), part(byImaginary, 1));
  const sine = ops.add(part(byReal, 1), part(byImaginary, 0));
  const moved = ops.concat([cosine, sine], 2);
  const weighted = ops.matMul(moved, eofs, { transposeB: true });
  return fieldsOfWaves(ops, ops.div(weighted, root), schema);
}
