/**
 * What the last-layer Laplace approximation takes from the training data, in one pass: ΦᵀΦ [in, in] of the features
 * that the last matrix is multiplied with, in float64, and the mean square of the residuals. Where only some rows of
 * the features feed some columns (OutputLayer.blocks), each group of rows has a ΦᵀΦ of its own.
 */
import { dataError, internalError } from '../../../core/errors.js';
import type { Shape } from '../../graph/graph.js';
import type { OutputBlock, OutputLayer } from '../networks/network.js';

type Numbers = Float32Array | Float64Array;

/** Rows of the features that feed the same columns, and their sums so far. */
export interface FeatureBlock {
  /** Columns of the matrix that these rows feed and that are part of the increment. */
  readonly columns: readonly number[];
  /** ΦᵀΦ, [in, in], symmetric. */
  readonly gram: Float64Array;
  readonly rows: number;
}

/** How many rows are summed before they touch the sums in memory. */
const together = 4;

export class LaplaceAccumulator {
  readonly layer: OutputLayer;
  /** [in, out] */
  readonly shape: readonly [number, number];
  readonly #blocks: RunningBlock[];
  readonly #squares: Float64Array;
  readonly #counts: Float64Array;

  /** @param shape of the last matrix, [in, out]. @throws {PlumeError} internal, when the layer is no such matrix */
  constructor(layer: OutputLayer, shape: Shape) {
    const [inputs, out] = shape;
    const { parameter, incrementColumns } = layer;
    if (shape.length !== 2 || inputs === undefined || out === undefined) {
      throw internalError(
        `Laplace: the output layer "${parameter}" has shape [${shape}], expected [in, out]`,
      );
    }
    this.layer = layer;
    this.shape = [inputs, out];
    this.#blocks = blocksOf(layer, inputs);
    const covered = this.#blocks.flatMap(({ columns }) => columns);
    if (covered.length !== incrementColumns.length || incrementColumns.some((column) => column >= out)) {
      throw internalError(
        `Laplace: rows of features are described for columns [${covered}] of "${parameter}" with ${out} columns, the ` +
          `increment is made of [${incrementColumns}]`,
      );
    }
    this.#squares = new Float64Array(out);
    this.#counts = new Float64Array(out);
  }

  /**
   * Adds rows.
   * @param features [rows, in]; rows are counted from 0 in every call
   * @param residuals target − output, in the units of the columns
   * @param of columns: [rows, incrementColumns], each column with a noise of its own; state: in any order and of any
   *   length, all columns share their mean square. What follows the last matrix must then keep lengths (a reordering)
   * @throws {PlumeError} data, when a number is not finite
   */
  add(features: Numbers, residuals: Numbers, of: 'columns' | 'state' = 'state'): void {
    const [inputs] = this.shape;
    const rows = features.length / inputs;
    if (!Number.isInteger(rows)) {
      throw internalError(
        `Laplace: ${features.length} features given, expected a multiple of the ${inputs} rows of "${this.layer.parameter}"`,
      );
    }
    requireFinite(features, `features of "${this.layer.parameter}"`);
    requireFinite(residuals, 'residuals');
    for (const block of this.#blocks) block.add(features, rows, inputs);
    const { incrementColumns } = this.layer;
    if (of === 'columns') {
      if (residuals.length !== rows * incrementColumns.length) {
        throw internalError(
          `Laplace: ${residuals.length} residuals given for ${rows} rows of ${incrementColumns.length} columns`,
        );
      }
      for (const block of this.#blocks) this.#addColumns(block, residuals, rows);
    } else {
      let sum = 0;
      for (const residual of residuals) sum += residual * residual;
      for (const column of incrementColumns) {
        this.#squares[column]! += sum;
        this.#counts[column]! += residuals.length;
      }
    }
  }

  /** The sums so far. @throws {PlumeError} data, when no row was added to a block */
  blocks(): FeatureBlock[] {
    return this.#blocks.map((block) => block.finished(this.shape[0]));
  }

  /** Mean square of the residuals of one column, or of all columns together. */
  meanSquare(column: number | 'all'): number {
    if (column !== 'all') return this.#squares[column]! / this.#counts[column]!;
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    return sum(this.#squares) / sum(this.#counts);
  }

  #addColumns(block: RunningBlock, residuals: Numbers, rows: number): void {
    const { incrementColumns } = this.layer;
    for (const column of block.columns) {
      const place = incrementColumns.indexOf(column);
      for (let row = 0; row < rows; row++) {
        if (!block.holds(row)) continue;
        this.#squares[column]! += residuals[row * incrementColumns.length + place]! ** 2;
        this.#counts[column]! += 1;
      }
    }
  }
}

/** One ΦᵀΦ that grows; its upper triangle until it is finished. */
class RunningBlock {
  readonly columns: number[];
  readonly #rows: Omit<OutputBlock, 'columns'> | undefined;
  readonly #gram: Float64Array;
  #count = 0;

  constructor(columns: number[], rows: Omit<OutputBlock, 'columns'> | undefined, inputs: number) {
    this.columns = columns;
    this.#rows = rows;
    this.#gram = new Float64Array(inputs * inputs);
  }

  holds(row: number): boolean {
    if (this.#rows === undefined) return true;
    const { period, rows } = this.#rows;
    const place = row % period;
    return place >= rows[0] && place < rows[1];
  }

  add(features: Numbers, rows: number, inputs: number): void {
    const held = new Float64Array(together * inputs);
    let filled = 0;
    for (let row = 0; row < rows; row++) {
      if (!this.holds(row)) continue;
      held.set(features.subarray(row * inputs, (row + 1) * inputs), filled * inputs);
      filled++;
      this.#count++;
      if (filled < together) continue;
      addProducts(held, inputs, this.#gram);
      filled = 0;
    }
    held.fill(0, filled * inputs);
    if (filled > 0) addProducts(held, inputs, this.#gram);
  }

  finished(inputs: number): FeatureBlock {
    if (this.#count === 0) {
      throw dataError(
        `Laplace: no row of features feeds columns [${this.columns}]; give training data to fit it on`,
      );
    }
    const gram = this.#gram.slice();
    for (let i = 0; i < inputs; i++) for (let j = 0; j < i; j++) gram[i * inputs + j] = gram[j * inputs + i]!;
    return { columns: this.columns, gram, rows: this.#count };
  }
}

/** Upper triangle of out += hᵀ h, h [4, n]: four rows at a time, so that out is read and written a quarter as often. */
function addProducts(h: Float64Array, n: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const [a, b, c, d] = [h[i]!, h[n + i]!, h[2 * n + i]!, h[3 * n + i]!];
    const to = i * n;
    for (let j = i; j < n; j++) {
      out[to + j]! += a * h[j]! + b * h[n + j]! + c * h[2 * n + j]! + d * h[3 * n + j]!;
    }
  }
}

/** Blocks with the same rows share a ΦᵀΦ. */
function blocksOf({ incrementColumns, blocks }: OutputLayer, inputs: number): RunningBlock[] {
  if (blocks === undefined) return [new RunningBlock([...incrementColumns], undefined, inputs)];
  const running = new Map<string, RunningBlock>();
  for (const { period, rows, columns } of blocks) {
    const own = incrementColumns.filter((column) => column >= columns[0] && column < columns[1]);
    if (own.length === 0) continue;
    const key = `${period} ${rows}`;
    const known = running.get(key);
    if (known === undefined) running.set(key, new RunningBlock(own, { period, rows }, inputs));
    else known.columns.push(...own);
  }
  return [...running.values()];
}

function requireFinite(values: Numbers, what: string): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw dataError(
      `Laplace: number ${wrong} of the ${what} is ${values[wrong]}; the network or its data are not finite`,
    );
  }
}
