/**
 * Return levels: the value that is exceeded once in N blocks on average, that is with probability 1/N in any one of them.
 * The block must be said with it: with the maxima of years it is what people call the N-year event, in a climate that does
 * not change; with the largest value of a forecast's window in every member, it is what one member in N exceeds, and says
 * nothing of years. A level that is exceeded with probability 1/N a year is not safe for N years: it is exceeded within
 * them with probability 1 − (1 − 1/N)ᴺ, about 63 %.
 *
 *   empirical  order statistics at Weibull's plotting positions i/(n + 1), joined by lines; N ≤ n + 1
 *              (Weibull 1939; Makkonen 2006, doi:10.1175/JAM2349.1)
 *   GEV, Gumbel  fitted to block maxima by L-moments (Hosking 1990, J. R. Stat. Soc. B 52, 105, table 2):
 *              x(F) = ξ + α (1 − (−ln F)ᵏ)/k,   Gumbel for k = 0: x(F) = ξ − α ln(−ln F)
 *              k < 0 has a heavy upper tail, k > 0 an upper bound at ξ + α/k
 */
import { gammaln } from 'simple-statistics';
import { dataError, usageError } from '../../core/errors.js';

/** λ₁, λ₂ in the unit of the sample, τ₃ = λ₃/λ₂. */
export interface LMoments {
  readonly mean: number;
  readonly scale: number;
  readonly skewness: number;
}

export interface ExtremeValueFit {
  readonly family: 'gev' | 'gumbel';
  /** ξ and α, unit of the sample; k in Hosking's sign (the c of scipy, minus the ξ or γ of others). */
  readonly location: number;
  readonly scale: number;
  readonly shape: number;
  /** Maxima that it was fitted to. */
  readonly blocks: number;
}

const eulerGamma = 0.577_215_664_901_532_9;

/**
 * The level exceeded with probability 1/N per block, between the order statistics.
 * @param maxima one a block, at least one, any order
 * @throws {PlumeError} usage, when N is not above 1, or reaches beyond the largest of the sample
 */
export function empiricalReturnLevel(maxima: ArrayLike<number>, blocks: number): number {
  requirePeriod(blocks);
  const n = maxima.length;
  if (blocks > n + 1 + 1e-9) {
    throw usageError(
      `the level of 1 in ${blocks} lies beyond the largest of ${n} values, which stands for 1 in ${n + 1}; ` +
        'ask for a smaller number, or fit a distribution to maxima of an archive',
    );
  }
  const sorted = Float64Array.from(maxima).sort();
  const position = Math.min(n, Math.max(1, (n + 1) * (1 - 1 / blocks))) - 1;
  const below = Math.floor(position);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, n - 1)]!];
  return a + (position - below) * (b - a);
}

/** The blocks that every value stands for, (n + 1)/rank, largest value first: what is plotted against fits. */
export function plottingPositions(
  maxima: ArrayLike<number>,
): { readonly blocks: number; readonly value: number }[] {
  const sorted = Float64Array.from(maxima).sort().reverse();
  return Array.from(sorted, (value, i) => ({ blocks: (sorted.length + 1) / (i + 1), value }));
}

/**
 * Unbiased sample L-moments, from the probability-weighted moments b₀, b₁, b₂ (Hosking 1990, eq. 3.1).
 * @throws {PlumeError} data, with fewer than three values, missing ones, or all equal
 */
export function sampleLMoments(values: ArrayLike<number>): LMoments {
  const n = values.length;
  const x = Float64Array.from(values).sort();
  if (n < 3 || x.some((value) => !Number.isFinite(value)) || x[0] === x[n - 1]) {
    throw dataError(
      `${n} maxima, ${x.filter((value) => !Number.isFinite(value)).length} of them missing, lie between ${x[0]} and ${x[n - 1]}; ` +
        'a distribution is fitted to three different ones at least: give more blocks',
    );
  }
  let [b0, b1, b2] = [0, 0, 0];
  x.forEach((value, i) => {
    b0 += value;
    b1 += (i / (n - 1)) * value;
    b2 += ((i * (i - 1)) / ((n - 1) * (n - 2))) * value;
  });
  [b0, b1, b2] = [b0 / n, b1 / n, b2 / n];
  const scale = 2 * b1 - b0;
  return { mean: b0, scale, skewness: (6 * b2 - 6 * b1 + b0) / scale };
}

/** @param maxima one a block @throws {PlumeError} data, as {@link sampleLMoments} */
export function fitGumbel(maxima: ArrayLike<number>): ExtremeValueFit {
  const { mean, scale: l2 } = sampleLMoments(maxima);
  const scale = l2 / Math.LN2;
  return { family: 'gumbel', location: mean - eulerGamma * scale, scale, shape: 0, blocks: maxima.length };
}

/** @param maxima one a block @throws {PlumeError} data, as {@link sampleLMoments} */
export function fitGev(maxima: ArrayLike<number>): ExtremeValueFit {
  const { mean, scale: l2, skewness } = sampleLMoments(maxima);
  const shape = shapeOf(skewness);
  if (Math.abs(shape) < 1e-7) return { ...fitGumbel(maxima), family: 'gev' };
  const gamma = Math.exp(gammaln(1 + shape));
  const scale = (l2 * shape) / (-Math.expm1(-shape * Math.LN2) * gamma);
  const location = mean - (scale * (1 - gamma)) / shape;
  return { family: 'gev', location, scale, shape, blocks: maxima.length };
}

/** k of τ₃ = 2(1 − 3⁻ᵏ)/(1 − 2⁻ᵏ) − 3, which falls from 1 at k = −1 to −1: solved by halving. */
function shapeOf(skewness: number): number {
  const of = (k: number): number =>
    k === 0
      ? (2 * Math.log(3)) / Math.LN2 - 3
      : (2 * Math.expm1(-k * Math.log(3))) / Math.expm1(-k * Math.LN2) - 3;
  let [low, high] = [-1, 60];
  while (high - low > 1e-13) {
    const middle = (low + high) / 2;
    if (of(middle) > skewness) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The level exceeded with probability 1/N per block; beyond the blocks it was fitted to it rests on the family alone. */
export function fittedReturnLevel({ location, scale, shape }: ExtremeValueFit, blocks: number): number {
  requirePeriod(blocks);
  // −ln(1 − 1/N)
  const y = -Math.log1p(-1 / blocks);
  return shape === 0
    ? location - scale * Math.log(y)
    : location - (scale * Math.expm1(shape * Math.log(y))) / shape;
}

function requirePeriod(blocks: number): void {
  if (!(blocks > 1)) {
    throw usageError(
      `a return level of 1 in ${blocks} has no meaning; the number of blocks must be above 1, 10 for what is exceeded with probability 0.1`,
    );
  }
}
