/** Unsigned integers of any width up to 32 bits, most significant bit first, as BUFR packs them. */
import { MalformedRow } from '../skippedRows.js';

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws {MalformedRow} when the data end before */
  read(width: number): number {
    const end = this.#position + width;
    if (end > this.#bytes.length * 8) {
      throw new MalformedRow(
        `the data section ends after ${this.#bytes.length} bytes, in the middle of a value`,
      );
    }
    let value = 0;
    while (this.#position < end) {
      const bit = this.#position & 7;
      const taken = Math.min(8 - bit, end - this.#position);
      const part = (this.#bytes[this.#position >> 3]! >> (8 - bit - taken)) & ((1 << taken) - 1);
      value = value * 2 ** taken + part;
      this.#position += taken;
    }
    return value;
  }

  /** Characters of eight bits. */
  text(characters: number): string {
    let text = '';
    for (let i = 0; i < characters; i++) text += String.fromCharCode(this.read(8));
    return text;
  }
}

/** All bits set: how BUFR says that a value of this width is missing. */
export function allOnes(width: number): number {
  return 2 ** width - 1;
}
