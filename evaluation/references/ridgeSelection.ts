/**
 * Ridge regression with unpenalised seasonal terms, and the choice of its two numbers, how many EOFs it sees
 * and how strongly it shrinks, by leaving one training year out at a time.
 *
 * Everything is read from sums of products per year (Gram blocks), so no prediction is ever written out:
 * with x̃, ỹ the inputs and targets less their seasonal part (Frisch & Waugh), S the sums over the other
 * years, H those over the year left out, and S_xx = V Λ Vᵀ,
 *   B(λ) = V (Λ + λ)⁻¹ Vᵀ S_xy,     |ỹ − x̃ B|² = H_yy − 2 tr(BᵀH_xy) + tr(BᵀH_xx B),
 * which for a whole path of λ costs one eigen-decomposition. Hoerl & Kennard 1970; Golub, Heath & Wahba 1979.
 *
 * Inputs are ordered [season terms, EOFs of x(t), EOFs of x(t − lag)].
 */
import { solveSymmetric } from '../../core/linear/cholesky.js';
import {
  addGram,
  product,
  submatrix,
  subtractFrom,
  transposedProduct,
} from '../../core/linear/denseProduct.js';
import { eigenOf } from '../../core/linear/eofs.js';
import { solveTerms, sumExcept } from './seasonalHarmonics.js';

/** Sums of products over some rows. */
export interface GramBlock {
  /** [input, input] */
  readonly inputs: Float64Array;
  /** For each lead [input, target]. */
  readonly cross: readonly Float64Array[];
  /** For each lead: sum of squared targets. */
  readonly targets: Float64Array;
}

export interface RidgeShape {
  readonly seasonTerms: number;
  /** EOFs of each input time in the blocks; inputs = seasonTerms + 2 · eofs. */
  readonly eofs: number;
  /** Targets: EOFs of the predicted field. */
  readonly targets: number;
}

export interface RidgeChoice {
  readonly eofs: number;
  readonly penalty: number;
}

/** @param rowIndex rows of `inputs`, and of each lead's targets, that belong to the block */
export function gramBlock(
  shape: RidgeShape,
  inputs: Float64Array,
  targets: readonly Float64Array[],
  rowIndex: readonly number[],
): GramBlock {
  const width = shape.seasonTerms + 2 * shape.eofs;
  const gram = new Float64Array(width * width);
  const cross = targets.map(() => new Float64Array(width * shape.targets));
  const squares = new Float64Array(targets.length);
  for (const row of rowIndex) {
    addGram(inputs, width, inputs, width, row, row + 1, gram);
    for (const [lead, all] of targets.entries()) {
      addGram(inputs, width, all, shape.targets, row, row + 1, cross[lead]!);
      for (let j = row * shape.targets; j < (row + 1) * shape.targets; j++) squares[lead]! += all[j]! ** 2;
    }
  }
  return { inputs: gram, cross, targets: squares };
}

export function sumBlocks(blocks: readonly GramBlock[], left = -1): GramBlock {
  return {
    inputs: sumExcept(
      blocks.map((block) => block.inputs),
      left,
    ),
    cross: blocks[0]!.cross.map((_, lead) =>
      sumExcept(
        blocks.map((block) => block.cross[lead]!),
        left,
      ),
    ),
    targets: sumExcept(
      blocks.map((block) => block.targets),
      left,
    ),
  };
}

/**
 * One number of EOFs for all leads, and a penalty for each lead, with the lowest squared error in the years
 * left out (over leads: the lowest mean of its logarithm). The EOFs describe the state, which is the same at
 * every lead; a number for each lead would follow the sampling noise of a few years instead.
 * @param blocks one for each year
 * @param eofCounts candidates, each at most shape.eofs
 * @param penalties candidates
 */
export function chooseRidge(
  shape: RidgeShape,
  blocks: readonly GramBlock[],
  eofCounts: readonly number[],
  penalties: readonly number[],
): RidgeChoice[] {
  const leads = blocks[0]!.cross.length;
  let best: RidgeChoice[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  for (const eofs of eofCounts) {
    const errors = penalties.map(() => new Float64Array(leads));
    for (const [held, block] of blocks.entries()) {
      const path = heldOutErrors(shape, eofs, sumBlocks(blocks, held), block, penalties);
      for (const [i, row] of path.entries()) for (let l = 0; l < leads; l++) errors[i]![l]! += row[l]!;
    }
    const choice: RidgeChoice[] = [];
    let total = 0;
    for (let l = 0; l < leads; l++) {
      const byPenalty = errors.map((row) => row[l]!);
      const error = Math.min(...byPenalty);
      choice.push({ eofs, penalty: penalties[byPenalty.indexOf(error)]! });
      total += Math.log(error);
    }
    if (total < lowest) {
      lowest = total;
      best = choice;
    }
  }
  return best;
}

/** For every penalty and lead: squared error over the block left out. */
function heldOutErrors(
  shape: RidgeShape,
  eofs: number,
  train: GramBlock,
  held: GramBlock,
  penalties: readonly number[],
): Float64Array[] {
  const n = 2 * eofs;
  const m = shape.targets;
  const season = partOf(shape, eofs, train);
  const { values, vectors } = eigenOf(season.xx, n);
  const heldInputs = withoutSeason(shape, eofs, held, season);
  const q = transposedProduct(vectors, product(heldInputs, vectors, n, n, n), n, n, n);
  const out = penalties.map(() => new Float64Array(train.cross.length));
  for (let lead = 0; lead < train.cross.length; lead++) {
    const { xy, gammaY } = season.lead(lead);
    const p = transposedProduct(vectors, xy, n, n, m);
    const heldCross = crossWithoutSeason(shape, eofs, held, lead, season.gammaX, gammaY);
    const u = transposedProduct(vectors, heldCross.xy, n, n, m);
    const pu = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = i * m; j < (i + 1) * m; j++) pu[i]! += p[j]! * u[j]!;
    const r = gramOfRows(p, n, m);
    for (const [k, penalty] of penalties.entries()) {
      const shrink = values.map((value) => 1 / (Math.max(0, value) + penalty));
      let error = held.targets[lead]! + heldCross.yy;
      for (let i = 0; i < n; i++) {
        let inner = 0;
        for (let j = 0; j < n; j++) inner += shrink[j]! * q[i * n + j]! * r[i * n + j]!;
        error += shrink[i]! * (inner - 2 * pu[i]!);
      }
      out[k]![lead] = error;
    }
  }
  return out;
}

/**
 * Coefficients of one lead: [input, target], for the inputs [season, EOFs of x(t), EOFs of x(t − lag)] with
 * `choice.eofs` of each.
 */
export function ridgeCoefficients(
  shape: RidgeShape,
  choice: RidgeChoice,
  train: GramBlock,
  lead: number,
): Float64Array {
  const { seasonTerms: s, targets: m } = shape;
  const n = 2 * choice.eofs;
  const season = partOf(shape, choice.eofs, train);
  const { xy, gammaY } = season.lead(lead);
  const penalised = season.xx.slice();
  for (let i = 0; i < n; i++) penalised[i * n + i]! += choice.penalty;
  const slopes = solveSymmetric(penalised, xy, n, m, 'EOF regression');
  // Season of the targets less what the inputs' own season already brings in.
  const seasonal = subtractFrom(gammaY.slice(), product(season.gammaX, slopes, s, n, m));
  const out = new Float64Array((s + n) * m);
  out.set(seasonal);
  out.set(slopes, s * m);
  return out;
}

/** Positions of the inputs used with `eofs` EOFs of each time, within a block's inputs; season left out. */
export function inputIndex(shape: RidgeShape, eofs: number): number[] {
  const first = shape.seasonTerms;
  const now = Array.from({ length: eofs }, (_, k) => first + k);
  return [...now, ...now.map((i) => i + shape.eofs)];
}

interface SeasonPart {
  /** [season, input]: regression of inputs on season. */
  readonly gammaX: Float64Array;
  /** [input, input], season taken out. */
  readonly xx: Float64Array;
  lead(lead: number): { readonly xy: Float64Array; readonly gammaY: Float64Array };
}

/** The sums over some rows, by what they are products of: season h, inputs x of the first EOFs, targets y. */
function productsOf(shape: RidgeShape, eofs: number, block: GramBlock) {
  const { seasonTerms: s, targets: m } = shape;
  const width = s + 2 * shape.eofs;
  const h = Array.from({ length: s }, (_, i) => i);
  const x = inputIndex(shape, eofs);
  const all = Array.from({ length: m }, (_, j) => j);
  return {
    hh: () => submatrix(block.inputs, width, h, h),
    hx: () => submatrix(block.inputs, width, h, x),
    xx: () => submatrix(block.inputs, width, x, x),
    hy: (lead: number) => submatrix(block.cross[lead]!, m, h, all),
    xy: (lead: number) => submatrix(block.cross[lead]!, m, x, all),
  };
}

function partOf(shape: RidgeShape, eofs: number, train: GramBlock): SeasonPart {
  const { seasonTerms: s, targets: m } = shape;
  const n = 2 * eofs;
  const sums = productsOf(shape, eofs, train);
  const [hh, hx] = [sums.hh(), sums.hx()];
  const gammaX = solveTerms(hh, hx, s, n);
  const xx = subtractFrom(sums.xx(), transposedProduct(hx, gammaX, s, n, n));
  return {
    gammaX,
    xx,
    lead(lead) {
      const gammaY = solveTerms(hh, sums.hy(lead), s, m);
      const xy = sums.xy(lead);
      return { gammaY, xy: subtractFrom(xy, transposedProduct(hx, gammaY, s, n, m)) };
    },
  };
}

/** Sums over the held-out rows of x̃ᵀx̃, x̃ = x − Γᵀh with the training years' Γ. */
function withoutSeason(shape: RidgeShape, eofs: number, held: GramBlock, season: SeasonPart): Float64Array {
  const { seasonTerms: s } = shape;
  const n = 2 * eofs;
  const sums = productsOf(shape, eofs, held);
  const shared = transposedProduct(season.gammaX, sums.hx(), s, n, n);
  const own = transposedProduct(season.gammaX, product(sums.hh(), season.gammaX, s, s, n), s, n, n);
  const out = sums.xx();
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out[i * n + j]! += own[i * n + j]! - shared[i * n + j]! - shared[j * n + i]!;
  return out;
}

/** Sums over the held-out rows of x̃ᵀỹ, and of ỹ² − y². */
function crossWithoutSeason(
  shape: RidgeShape,
  eofs: number,
  held: GramBlock,
  lead: number,
  gammaX: Float64Array,
  gammaY: Float64Array,
): { readonly xy: Float64Array; readonly yy: number } {
  const { seasonTerms: s, targets: m } = shape;
  const n = 2 * eofs;
  const sums = productsOf(shape, eofs, held);
  const hy = sums.hy(lead);
  const hhGammaY = product(sums.hh(), gammaY, s, s, m);
  const xy = sums.xy(lead);
  const fromInputs = transposedProduct(gammaX, hy, s, n, m);
  const fromTargets = transposedProduct(sums.hx(), gammaY, s, n, m);
  const both = transposedProduct(gammaX, hhGammaY, s, n, m);
  for (let i = 0; i < xy.length; i++) xy[i]! += both[i]! - fromInputs[i]! - fromTargets[i]!;
  let yy = 0;
  for (let i = 0; i < gammaY.length; i++) yy += gammaY[i]! * (hhGammaY[i]! - 2 * hy[i]!);
  return { xy, yy };
}

/** p · pᵀ for p [n, m]. */
function gramOfRows(p: Float64Array, n: number, m: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < m; c++) sum += p[i * m + c]! * p[j * m + c]!;
      out[i * n + j] = sum;
      out[j * n + i] = sum;
    }
  }
  return out;
}
