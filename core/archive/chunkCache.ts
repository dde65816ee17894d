/**
 * Decoded chunks kept for the next read. Compressed NetCDF-4 and Zarr variables are stored in chunks that
 * are read and decompressed whole; a file in chunks of 365 days read one day at a time would do every chunk
 * 365 times over. Keeps the least recently dropped chunks up to a fixed number of bytes per dataset, so
 * memory does not grow with the file.
 */
import type { NumericArray, RawValues, Variable } from './dataset.js';
import { allocate, boxSize, chunksOf, copyOverlap, elementBytes } from './hyperslab.js';

/** Per open dataset. A chunk larger than this is not kept. */
const defaultBudgetBytes = 64 * 2 ** 20;

type ReadBox = (start: readonly number[], count: readonly number[]) => Promise<RawValues>;

export class ChunkCache {
  readonly #budget: number;
  #used = 0;
  /** Oldest first: a Map keeps insertion order, and a hit moves its entry to the end. */
  readonly #chunks = new Map<string, { readonly data: Promise<NumericArray>; readonly bytes: number }>();

  constructor(budgetBytes: number = defaultBudgetBytes) {
    this.#budget = budgetBytes;
  }

  /**
   * Wraps a variable's reader: small boxes come out of kept chunks, boxes that fill most of their chunks
   * go straight to the file.
   * @param chunks chunk shape, as the file has it
   */
  wrap(
    variable: Pick<Variable, 'name' | 'shape' | 'dtype'>,
    chunks: readonly number[],
    readBox: ReadBox,
  ): ReadBox {
    const { shape, dtype, name } = variable;
    if (dtype === 'char' || dtype === 'string' || dtype === 'other') return readBox;
    const bytes = boxSize(chunks) * elementBytes(dtype);
    if (shape.length === 0 || bytes > this.#budget) return readBox;
    return async (start, count) => {
      const size = boxSize(count);
      const touched = chunksOf(shape, chunks, start, count);
      if (2 * size >= touched.length * boxSize(chunks)) return readBox(start, count);
      const target = { start, count, data: allocate(dtype, size) };
      for (const chunk of touched) {
        const key = `${name}\n${chunk.index.join()}`;
        const data = await this.#get(key, bytes, () => readBox(chunk.start, chunk.count));
        copyOverlap({ start: chunk.start, count: chunk.count, data }, target);
      }
      return target.data;
    };
  }

  #get(key: string, bytes: number, load: () => Promise<RawValues>): Promise<NumericArray> {
    const kept = this.#chunks.get(key);
    if (kept !== undefined) {
      this.#chunks.delete(key);
      this.#chunks.set(key, kept);
      return kept.data;
    }
    const data = load() as Promise<NumericArray>;
    this.#chunks.set(key, { data, bytes });
    this.#used += bytes;
    // A failed read is not an answer worth keeping.
    data.catch(() => this.#drop(key));
    for (const oldest of this.#chunks.keys()) {
      if (this.#used <= this.#budget || oldest === key) break;
      this.#drop(oldest);
    }
    return data;
  }

  #drop(key: string): void {
    const entry = this.#chunks.get(key);
    if (entry === undefined) return;
    this.#chunks.delete(key);
    this.#used -= entry.bytes;
  }

  clear(): void {
    this.#chunks.clear();
    this.#used = 0;
  }
}
