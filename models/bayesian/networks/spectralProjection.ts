/**
 * Holds fields on the globe to what triangular truncation T can hold: wave by wave, the area-weighted least-squares
 * fit by spherical harmonics of degree ≤ T. A field that was put together token by token becomes a smooth one, and
 * near the poles, where a grid has far more points than the world has room, nothing is left that could grow there.
 *
 * Scalars are fitted by P̄ₙᵐ. A component of a wind times cos φ is a scalar, so winds are fitted by P̄ₙᵐ/cos φ, m ≥ 1,
 * and for m = 0 by P̄ₙ¹ ∝ dP̄ₙ/dφ: at a pole scalars have one value and winds are one vector.
 * Shapes and parities as in zonalPropagator.ts.
 */
import { type Grid, rowWeights } from '../../../core/grid.js';
import { solveSymmetric } from '../../../core/linear/cholesky.js';
import type { Schema } from '../../../core/schema.js';
import { coefficientCount, legendre, orderOffset } from '../../../core/sphere/legendre.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { Hemispheres, type Parity, parityOf } from './hemispheres.js';
import { fieldsOfWaves, zonalWaves } from './zonalPropagator.js';

/** Where a division by cos φ would have no meaning. */
const leastCosine = 1e-8;

/**
 * The projections of one kind of channel.
 * @returns [parity, m, ownRows, ownRows], m = 0 … T: to be multiplied from the right to rows of values by latitude
 */
export function projectionMatrices(grid: Grid, truncation: number, { mirror, pole }: Parity): Float32Array {
  const { ownRows, rows } = new Hemispheres(grid);
  const degree = truncation + 1;
  const count = coefficientCount(degree);
  const radians = Float64Array.from(
    grid.latitudes.subarray(0, ownRows),
    (latitude) => (latitude * Math.PI) / 180,
  );
  const cosines = radians.map((phi) => Math.max(Math.cos(phi), leastCosine));
  const functions = new Float64Array(ownRows * count);
  for (let row = 0; row < ownRows; row++) {
    legendre(Math.sin(radians[row] ?? 0), cosines[row] ?? 0, degree, functions, row * count);
  }
  const shared = 2 * ownRows > rows;
  const weights = rowWeights(grid).map((weight, row) =>
    shared && row === ownRows - 1 ? weight / 2 : weight,
  );
  const isWind = pole === -1;
  const out = new Float32Array(2 * (truncation + 1) * ownRows * ownRows);
  for (let parity = 0; parity < 2; parity++) {
    const even = (parity === 0) === (mirror === 1);
    for (let m = 0; m <= truncation; m++) {
      const order = isWind && m === 0 ? 1 : m;
      const basis: number[][] = [];
      for (let n = order; n <= (isWind ? degree : truncation); n++) {
        if (((n - order) % 2 === 0) !== even) continue;
        const at = orderOffset(order, degree) - order + n;
        basis.push(
          Array.from({ length: ownRows }, (_, row) => {
            const value = functions[row * count + at] ?? 0;
            return isWind && m > 0 ? value / (cosines[row] ?? 1) : value;
          }),
        );
      }
      const matrix = out.subarray(
        (parity * (truncation + 1) + m) * ownRows ** 2,
        (parity * (truncation + 1) + m + 1) * ownRows ** 2,
      );
      fitMatrix(basis, weights, ownRows, matrix);
    }
  }
  return out;
}

/** Writes W Y (YᵀWY)⁻¹ Yᵀ: a row of values times it is the row of the fit. */
function fitMatrix(basis: readonly number[][], weights: Float64Array, rows: number, out: Float32Array): void {
  const size = basis.length;
  if (size === 0) return;
  const normal = new Float64Array(size * size);
  const right = new Float64Array(size * rows);
  basis.forEach((one, a) => {
    basis.forEach((other, b) => {
      for (let row = 0; row < rows; row++) {
        normal[a * size + b]! += (weights[row] ?? 0) * (one[row] ?? 0) * (other[row] ?? 0);
      }
    });
    for (let row = 0; row < rows; row++) right[a * rows + row] = one[row] ?? 0;
  });
  const dual = solveSymmetric(normal, right, size, rows, 'spherical harmonics on the rows of the grid');
  for (let from = 0; from < rows; from++) {
    for (let to = 0; to < rows; to++) {
      let sum = 0;
      for (let a = 0; a < size; a++) sum += (basis[a]?.[from] ?? 0) * (dual[a * rows + to] ?? 0);
      out[from * rows + to] = (weights[from] ?? 0) * sum;
    }
  }
}

/**
 * Writes the projection of fields.
 * @param x [B, n]
 * @returns [B, n]
 */
export function project(ops: GraphBuilder, x: Value, truncation: number, schema: Schema): Value {
  const { ownRows } = new Hemispheres(schema.grid);
  const M = truncation + 1;
  const waves = zonalWaves(ops, x, M, schema);
  const parts = waves.shape[2] ?? 2;
  const C = schema.channels.length;
  const byChannel = ops.reshape(waves, [2, M, parts, C, ownRows]);
  const kinds = new Map<string, { parity: Parity; channels: number[] }>();
  schema.channels.forEach((channel, c) => {
    const parity = parityOf(channel);
    const key = `${parity.mirror} ${parity.pole}`;
    const kind = kinds.get(key) ?? { parity, channels: [] };
    kind.channels.push(c);
    kinds.set(key, kind);
  });
  const groups = [...kinds.values()].map(({ parity, channels }) => {
    const some = ops.reshape(ops.gather(byChannel, channels, 3), [2, M, parts * channels.length, ownRows]);
    const matrices = ops.constant(projectionMatrices(schema.grid, truncation, parity), [
      2,
      M,
      ownRows,
      ownRows,
    ]);
    return ops.reshape(ops.matMul(some, matrices), [2, M, parts, channels.length, ownRows]);
  });
  const order = [...kinds.values()].flatMap(({ channels }) => channels);
  const all = ops.gather(
    ops.concat(groups, 3),
    Array.from({ length: C }, (_, c) => order.indexOf(c)),
    3,
  );
  return fieldsOfWaves(ops, ops.reshape(all, [2, M, parts, C * ownRows]), schema);
}
