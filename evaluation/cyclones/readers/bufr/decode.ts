/**
 * The data of a BUFR message as lists of elements and values, one list a subset. Sequences and replications are expanded
 * as they come, operators change what follows. In compressed data each element comes once for all subsets: a smallest
 * value, the width of the increments in six bits, and an increment each. All bits set is missing.
 * WMO-No. 306, volume I.2, FM 94, regulations 94.5 and 94.6.3.
 */
import { MalformedRow } from '../skippedRows.js';
import { allOnes, BitReader } from './bitReader.js';
import type { BufrMessage } from './message.js';
import { type TableElement, tableB, tableD } from './tables.js';

export interface BufrValue {
  /** FXXYYY */
  readonly descriptor: string;
  /** null: missing. */
  readonly value: number | string | null;
}

/**
 * @returns [subset][value]
 * @throws {MalformedRow} when the data end early or a descriptor is not in the tables
 */
export function decodeSubsets(message: BufrMessage): BufrValue[][] {
  const bits = new BitReader(message.data);
  const subsets = Array.from({ length: message.subsets }, (): BufrValue[] => []);
  if (message.compressed) new Decoder(bits, subsets, true).run(message.descriptors);
  else for (const subset of subsets) new Decoder(bits, [subset], false).run(message.descriptors);
  return subsets;
}

/** Of an element whose increments are this many bits wide: the six bits that say so. */
const incrementWidthBits = 6;

class Decoder {
  readonly #bits: BitReader;
  readonly #subsets: readonly BufrValue[][];
  readonly #isCompressed: boolean;
  /** Operators 2 01, 2 02, 2 07 and 2 08 in force. */
  #addedWidth = 0;
  #addedScale = 0;
  #increase = 0;
  #characters = 0;

  /** @param subsets that are read together: all where data are compressed, else one */
  constructor(bits: BitReader, subsets: readonly BufrValue[][], isCompressed: boolean) {
    this.#bits = bits;
    this.#subsets = subsets;
    this.#isCompressed = isCompressed;
  }

  run(descriptors: readonly string[]): void {
    for (let i = 0; i < descriptors.length; i++) {
      const descriptor = descriptors[i]!;
      switch (descriptor[0]) {
        case '0':
          this.#read(descriptor);
          break;
        case '1':
          i = this.#replicate(descriptors, i);
          break;
        case '2':
          this.#operate(descriptor);
          break;
        default: {
          const sequence = tableD.get(descriptor);
          if (sequence === undefined) throw notInTables(descriptor);
          this.run(sequence);
        }
      }
    }
  }

  /** @returns index of the last descriptor that belongs to the replication */
  #replicate(descriptors: readonly string[], at: number): number {
    const [count, times] = [Number(descriptors[at]!.slice(1, 3)), Number(descriptors[at]!.slice(3))];
    const delayed = times === 0;
    const first = at + (delayed ? 2 : 1);
    if (first + count > descriptors.length) {
      throw new MalformedRow(`descriptor ${descriptors[at]} repeats more descriptors than follow it`);
    }
    const repetitions = delayed ? this.#replicationFactor(descriptors[at + 1]!) : times;
    const repeated = descriptors.slice(first, first + count);
    for (let i = 0; i < repetitions; i++) this.run(repeated);
    return first + count - 1;
  }

  /** How often; a number that all subsets share. */
  #replicationFactor(descriptor: string): number {
    const element = tableB.get(descriptor);
    if (element === undefined || !descriptor.startsWith('031')) throw notInTables(descriptor);
    const factor = this.#bits.read(element.width);
    const width = this.#incrementWidth();
    for (let i = 0; width > 0 && i < this.#subsets.length; i++) {
      if (this.#bits.read(width) === 0) continue;
      throw new MalformedRow('its subsets repeat a sequence unequally often, which compressed data cannot');
    }
    return factor;
  }

  #operate(descriptor: string): void {
    const [operator, operand] = [descriptor.slice(0, 3), Number(descriptor.slice(3))];
    switch (operator) {
      case '201':
        this.#addedWidth = operand === 0 ? 0 : operand - 128;
        break;
      case '202':
        this.#addedScale = operand === 0 ? 0 : operand - 128;
        break;
      case '207':
        this.#increase = operand;
        break;
      case '208':
        this.#characters = operand;
        break;
      default:
        throw new MalformedRow(
          `operator ${descriptor} is not read; templates of cyclone tracks have none but 2 01`,
        );
    }
  }

  #read(descriptor: string): void {
    const element = tableB.get(descriptor);
    if (element === undefined) throw notInTables(descriptor);
    if (element.kind === 'text') this.#readText(descriptor, element);
    else this.#readNumber(descriptor, this.#altered(element));
  }

  /** Operators leave codes and texts as they are. */
  #altered(element: TableElement): TableElement {
    if (element.kind !== 'number') return element;
    return {
      ...element,
      scale: element.scale + this.#addedScale + this.#increase,
      reference: element.reference * 10 ** this.#increase,
      width:
        element.width +
        this.#addedWidth +
        (this.#increase > 0 ? Math.floor((10 * this.#increase + 2) / 3) : 0),
    };
  }

  #readNumber(descriptor: string, { width, scale, reference }: TableElement): void {
    const smallest = this.#bits.read(width);
    const incrementWidth = this.#incrementWidth();
    for (const subset of this.#subsets) {
      const increment = incrementWidth === 0 ? 0 : this.#bits.read(incrementWidth);
      const isMissing =
        incrementWidth === 0 ? smallest === allOnes(width) : increment === allOnes(incrementWidth);
      const stored = smallest + increment + reference;
      // Divided, not multiplied by a negative power: the double nearest to the decimal number.
      const value = scale >= 0 ? stored / 10 ** scale : stored * 10 ** -scale;
      subset.push({ descriptor, value: isMissing ? null : value });
    }
  }

  #readText(descriptor: string, { width }: TableElement): void {
    const characters = this.#characters === 0 ? width / 8 : this.#characters;
    const shared = this.#bits.text(characters);
    // Of texts the width of increments is in characters, and what follows stands in the place of the shared text.
    const own = this.#incrementWidth();
    for (const subset of this.#subsets) {
      const text = own === 0 ? shared : this.#bits.text(own);
      subset.push({ descriptor, value: /^\xff*$/.test(text) ? null : text.replaceAll('\0', ' ').trim() });
    }
  }

  #incrementWidth(): number {
    return this.#isCompressed ? this.#bits.read(incrementWidthBits) : 0;
  }
}

function notInTables(descriptor: string): MalformedRow {
  return new MalformedRow(
    `descriptor ${descriptor} is not among those of cyclone tracks (3 16 082 and the template before it); ` +
      'the message holds something else',
  );
}
