/**
 * Laplace's approximation of the last layer. The outputs are linear in the last matrix W [in, out], so around the
 * trained W their Gaussian posterior is exact given everything below: for each column c of the increment
 *   w_c ~ N(w_c^trained, A_c⁻¹),   A_c = ΦᵀΦ/(T s_c²) + τ I,
 * Φ the features over the training rows, s_c² the variance of the residuals, τ the prior precision, T the temperature:
 * rows that are neighbours in space and time say less than N independent ones, so the likelihood of each counts 1/T.
 * With ΦᵀΦ = U Λ Uᵀ a draw is w_c + U (λ/(T s_c²) + τ)^(−½) ε, one U for all columns that see the same rows.
 * Daxberger et al. 2021, arXiv:2106.14806, section 3 (last layer, full); τ by the evidence (laplaceEvidence.ts).
 */
import { dataError, internalError, usageError } from '../../../core/errors.js';
import { product } from '../../../core/linear/denseProduct.js';
import { eigenOf } from '../../../core/linear/eofs.js';
import { normals } from '../../../core/random/stream.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { FeatureBlock, LaplaceAccumulator } from './laplaceAccumulator.js';
import { bestPrecision, determinedWeights, type EvidenceColumn, logEvidence } from './laplaceEvidence.js';
import { partOf, tensorNamed } from './parts.js';
import type { Posterior, WeightKey } from './posterior.js';

export interface LaplaceOptions {
  /** T: how many training rows say as much as one independent row; 1 where they are independent. */
  readonly temperature: number;
  /** τ, or the one of largest evidence. */
  readonly priorPrecision: number | 'evidence';
  /** m₀ of the prior that the evidence is of, [in, out]; zero when absent. */
  readonly priorMean?: Float32Array;
  /** s²: a number where it is known, else the mean square of the residuals, by column or one for all. */
  readonly noiseVariance: number | 'column' | 'all';
}

export interface LaplaceFit {
  /** "mean.<parameter>" of all; of the last matrix "basis." [blocks, in, in], "width." [in, out], "block." [out]. */
  readonly tensors: Map<string, Tensor>;
  /** τ */
  readonly priorPrecision: number;
  /** T */
  readonly temperature: number;
  /** s² by column of the increment. */
  readonly noiseVariance: readonly number[];
  /** ln p(Y | τ), nats. */
  readonly logEvidence: number;
  /** γ: weights that the data have determined. */
  readonly determinedWeights: number;
}

/**
 * @param weights trained, by parameter name in the order of the random streams
 * @throws {PlumeError} usage, for an option out of range; data, when residuals have no variance
 */
export function fitLastLayerLaplace(
  accumulator: LaplaceAccumulator,
  weights: Tensors,
  options: LaplaceOptions,
): LaplaceFit {
  const { layer, shape } = accumulator;
  const { temperature } = options;
  checkOptions(options);
  const [inputs, out] = shape;
  const matrix = tensorNamed(weights, layer.parameter);
  const blocks = accumulator.blocks().map((block) => decompose(block, inputs));

  const columns = new Map<number, EvidenceColumn>();
  for (const { block, eigenvalues } of blocks) {
    for (const column of block.columns) {
      const meanSquare = accumulator.meanSquare(options.noiseVariance === 'all' ? 'all' : column);
      const noiseVariance = typeof options.noiseVariance === 'number' ? options.noiseVariance : meanSquare;
      requireVariance(noiseVariance, column, layer.parameter);
      const residualSquares = block.rows * accumulator.meanSquare(column);
      columns.set(column, { eigenvalues, rows: block.rows, noiseVariance, residualSquares });
    }
  }
  const evidence = {
    columns: [...columns.values()],
    weightSquares: squaredDistance(matrix, layer.incrementColumns, options.priorMean),
    temperature,
  };
  const tau = options.priorPrecision === 'evidence' ? bestPrecision(evidence) : options.priorPrecision;

  const width = new Float32Array(inputs * out);
  for (const [column, { eigenvalues, noiseVariance }] of columns) {
    for (let i = 0; i < inputs; i++) {
      const precision = Math.max(0, eigenvalues[i]!) / (temperature * noiseVariance) + tau;
      width[i * out + column] = 1 / Math.sqrt(precision);
    }
  }
  const basis = new Float32Array(blocks.length * inputs * inputs);
  const blockOf = new Float32Array(out);
  for (const [index, { block, vectors }] of blocks.entries()) {
    basis.set(vectors, index * inputs * inputs);
    for (const column of block.columns) blockOf[column] = index;
  }
  const tensors = new Map([...weights].map(([name, tensor]) => [`mean.${name}`, tensor]));
  tensors.set(`basis.${layer.parameter}`, { shape: [blocks.length, inputs, inputs], values: basis });
  tensors.set(`width.${layer.parameter}`, { shape: [inputs, out], values: width });
  tensors.set(`block.${layer.parameter}`, { shape: [out], values: blockOf });
  return {
    tensors,
    priorPrecision: tau,
    temperature,
    noiseVariance: layer.incrementColumns.map((column) => columns.get(column)!.noiseVariance),
    logEvidence: logEvidence(evidence, tau),
    determinedWeights: determinedWeights(evidence, tau),
  };
}

/** @param tensors of `LaplaceFit`. @throws {PlumeError} data, when they do not belong together */
export function openLastLayerLaplace(tensors: Tensors): Posterior {
  const means = partOf(tensors, 'mean');
  const [parameter] = partOf(tensors, 'width').keys();
  if (parameter === undefined) {
    throw dataError('last-layer Laplace: no tensor "width.<last matrix>"; fit the posterior again');
  }
  const layer: LayerTensors = {
    mean: tensorNamed(means, parameter),
    basis: tensorNamed(tensors, `basis.${parameter}`),
    width: tensorNamed(tensors, `width.${parameter}`),
    block: tensorNamed(tensors, `block.${parameter}`),
  };
  checkLayer(parameter, layer);
  return {
    mean: () => means,
    sample: (key) => new Map(means).set(parameter, drawMatrix(layer, key)),
  };
}

interface LayerTensors {
  readonly mean: Tensor;
  readonly basis: Tensor;
  readonly width: Tensor;
  readonly block: Tensor;
}

function drawMatrix({ mean, basis, width, block }: LayerTensors, { seed, weightSample }: WeightKey): Tensor {
  const [blocks = 1, inputs = 1] = basis.shape;
  const out = block.values.length;
  const draws = new Float64Array(inputs * out);
  normals({ seed, weightSample, noiseStream: 0, purpose: 'weights', step: 0 }, draws);
  for (let i = 0; i < draws.length; i++) draws[i]! *= width.values[i]!;
  const values = Float32Array.from(mean.values);
  for (let index = 0; index < blocks; index++) {
    const vectors = Float64Array.from(
      basis.values.subarray(index * inputs * inputs, (index + 1) * inputs * inputs),
    );
    const shift = product(vectors, draws, inputs, inputs, out);
    for (let i = 0; i < values.length; i++) {
      if (block.values[i % out] === index) values[i]! += shift[i]!;
    }
  }
  return { shape: mean.shape, values };
}

interface DecomposedBlock {
  readonly block: FeatureBlock;
  /** λ rising, and U [in, in] in columns. */
  readonly eigenvalues: Float64Array;
  readonly vectors: Float64Array;
}

function decompose(block: FeatureBlock, inputs: number): DecomposedBlock {
  const { values, vectors } = eigenOf(block.gram, inputs);
  return { block, eigenvalues: values, vectors };
}

function squaredDistance(
  { shape, values }: Tensor,
  columns: readonly number[],
  centre: Float32Array | undefined,
): number {
  const [inputs = 0, out = 0] = shape;
  if (centre !== undefined && centre.length !== values.length) {
    throw internalError(`Laplace: the prior mean has ${centre.length} numbers, the matrix is [${shape}]`);
  }
  let sum = 0;
  for (let i = 0; i < inputs; i++) {
    for (const column of columns) {
      const at = i * out + column;
      sum += (values[at]! - (centre?.[at] ?? 0)) ** 2;
    }
  }
  return sum;
}

function checkOptions({ temperature, priorPrecision, noiseVariance }: LaplaceOptions): void {
  for (const [name, value] of Object.entries({ temperature, priorPrecision, noiseVariance })) {
    if (typeof value === 'string' || (value > 0 && Number.isFinite(value))) continue;
    throw usageError(`Laplace: ${name} is ${value}; it must be a number above 0`);
  }
}

function requireVariance(variance: number, column: number, parameter: string): void {
  if (variance > 0 && Number.isFinite(variance)) return;
  throw dataError(
    `Laplace: residuals of column ${column} of "${parameter}" have a variance of ${variance}; ` +
      'a posterior needs residuals above 0: give the noise variance, or data the network does not fit exactly',
  );
}

function checkLayer(parameter: string, { mean, basis, width, block }: LayerTensors): void {
  const [inputs = 0, out = 0] = mean.shape;
  const [blocks = 0] = basis.shape;
  const fits =
    basis.values.length === blocks * inputs * inputs &&
    width.values.length === inputs * out &&
    block.values.length === out &&
    block.values.every((index) => index < blocks);
  if (fits) return;
  throw dataError(
    `last-layer Laplace: "${parameter}" is [${mean.shape}], its basis [${basis.shape}], widths [${width.shape}] and ` +
      `blocks [${block.shape}]; expected [b,${inputs},${inputs}], [${inputs},${out}] and [${out}]: fit the posterior again`,
  );
}
