/**
 * The order in which training sees its samples: a shuffle on two levels that a reader can follow with a few blocks in
 * memory. Consecutive times make a block; blocks come in a random order, and the sample of the block of rank b has the
 * place b + G u, u uniform in (0, 1). At any place x the ranks ⌊x⌋ − G + 1 … ⌊x⌋ are in use, so G blocks in memory are
 * enough, every block is read once an epoch, and an epoch ends as it begins, with ever fewer blocks. One block, or G of all blocks, is a full shuffle.
 * Every epoch is a permutation, a pure function of (seed, stage, epoch): samples are counted through, s = step · batch + i,
 * epoch = ⌊s/N⌋, so any step can be remade alone and none is left out where the batch does not divide N.
 */
import { internalError } from '../../../core/errors.js';
import { shuffle, uniforms } from '../../../core/random/stream.js';

export interface OrderKey {
  readonly seed: number;
  readonly stage: number;
  readonly epoch: number;
}

/** One epoch. */
export interface EpochOrder {
  /** [sample]: positions of the newest analyses, in the order of training. */
  readonly positions: Int32Array;
  /** [sample]: rank of the sample's block, its turn to be read. */
  readonly ranks: Int32Array;
  /** [sample], rising: blocks of ranks from ⌊place⌋ − G + 1 to ⌊place⌋ are in use here. */
  readonly places: Float64Array;
  /** [rank]: number of the block. */
  readonly blocks: Int32Array;
}

export class SampleOrder {
  /** N. */
  readonly count: number;
  /** G: blocks in use at the same time, at most. */
  readonly poolBlocks: number;
  readonly #positions: Int32Array;
  /** [block, + 1]: where the samples of each block begin in the positions. */
  readonly #begins: Int32Array;

  /**
   * @param positions rising
   * @param firstTimes [block]: first position that belongs to each block, rising, the first at or before every sample
   */
  constructor(positions: Int32Array, firstTimes: Int32Array, poolBlocks: number) {
    if (positions.length === 0 || (firstTimes[0] ?? 0) > (positions[0] ?? 0)) {
      throw internalError('sample order: no samples, or samples before the first block');
    }
    this.count = positions.length;
    this.#positions = positions;
    this.#begins = beginnings(positions, firstTimes);
    this.poolBlocks = Math.min(poolBlocks, firstTimes.length);
  }

  /** First and last position of the samples of a block. */
  span(block: number): { readonly first: number; readonly last: number } {
    return {
      first: this.#positions[this.#begins[block]!]!,
      last: this.#positions[this.#begins[block + 1]! - 1]!,
    };
  }

  epoch({ seed, stage, epoch }: OrderKey): EpochOrder {
    const key = { seed, weightSample: stage, purpose: 'shuffle', step: epoch } as const;
    const blocks = this.#filledBlocks();
    if (this.poolBlocks >= blocks.length) return this.#fullShuffle(key, blocks);
    const ranked = Int32Array.from(shuffle({ ...key, noiseStream: 0 }, blocks.length), (i) => blocks[i]!);
    const draws = new Float64Array(this.count);
    uniforms({ ...key, noiseStream: 1 }, draws);
    const place = draws;
    const rankOf = new Int32Array(this.count);
    // sorted by whole places first, then within each
    const ends = new Int32Array(ranked.length + this.poolBlocks + 1);
    ranked.forEach((block, rank) => {
      for (let sample = this.#begins[block]!; sample < this.#begins[block + 1]!; sample++) {
        place[sample] = rank + this.poolBlocks * draws[sample]!;
        rankOf[sample] = rank;
        ends[Math.floor(place[sample]!) + 1]!++;
      }
    });
    for (let unit = 1; unit < ends.length; unit++) ends[unit]! += ends[unit - 1]!;
    const samples = new Int32Array(this.count);
    const filled = Int32Array.from(ends);
    for (let sample = 0; sample < this.count; sample++) {
      samples[filled[Math.floor(place[sample]!)]!++] = sample;
    }
    for (let unit = 0; unit + 1 < ends.length; unit++) {
      samples.subarray(ends[unit], ends[unit + 1]).sort((a, b) => place[a]! - place[b]! || a - b);
    }
    const order = emptyOrder(this.count, ranked);
    samples.forEach((sample, at) => {
      order.positions[at] = this.#positions[sample]!;
      order.ranks[at] = rankOf[sample]!;
      order.places[at] = place[sample]!;
    });
    return order;
  }

  #fullShuffle(key: Omit<Parameters<typeof shuffle>[0], 'noiseStream'>, blocks: Int32Array): EpochOrder {
    const order = emptyOrder(this.count, blocks);
    const rankOf = new Int32Array(this.count);
    blocks.forEach((block, rank) => {
      rankOf.fill(rank, this.#begins[block], this.#begins[block + 1]);
    });
    shuffle({ ...key, noiseStream: 0 }, this.count).forEach((sample, at) => {
      order.positions[at] = this.#positions[sample]!;
      order.ranks[at] = rankOf[sample]!;
      order.places[at] = blocks.length - 1 + at / this.count;
    });
    return order;
  }

  /** Blocks with samples in them: gaps in time leave others empty. */
  #filledBlocks(): Int32Array {
    const begins = this.#begins;
    return Int32Array.from(begins.keys()).filter((block) => (begins[block + 1] ?? 0) > begins[block]!);
  }
}

function emptyOrder(count: number, blocks: Int32Array): EpochOrder {
  return {
    positions: new Int32Array(count),
    ranks: new Int32Array(count),
    places: new Float64Array(count),
    blocks,
  };
}

function beginnings(positions: Int32Array, firstTimes: Int32Array): Int32Array {
  const begins = new Int32Array(firstTimes.length + 1);
  let sample = 0;
  firstTimes.forEach((first, block) => {
    while (sample < positions.length && positions[sample]! < first) sample++;
    begins[block] = sample;
  });
  begins[firstTimes.length] = positions.length;
  return begins;
}
