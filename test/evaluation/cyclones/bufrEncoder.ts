/**
 * BUFR messages written for tests from the Manual on Codes (WMO-No. 306, volume I.2), apart from the reader: bits as
 * text, elements with the widths that the caller gives, sections around them.
 */

export interface EncodedElement {
  /** Bits. */
  readonly width: number;
  /** Stored integers, one a subset; null: missing. */
  readonly stored: readonly (number | null)[];
}

function bitsOf(value: number | null, width: number): string {
  return value === null ? '1'.repeat(width) : value.toString(2).padStart(width, '0');
}

/** Subset after subset. */
export function uncompressedBits(elements: readonly EncodedElement[], subsets: number): string {
  return Array.from({ length: subsets }, (_, subset) =>
    elements.map(({ width, stored }) => bitsOf(stored[subset]!, width)).join(''),
  ).join('');
}

/** Element after element: smallest value, width of increments, increments. */
export function compressedBits(elements: readonly EncodedElement[]): string {
  return elements
    .map(({ width, stored }) => {
      const known = stored.filter((value) => value !== null);
      if (known.length === 0) return bitsOf(null, width) + bitsOf(0, 6);
      const smallest = Math.min(...known);
      const range = Math.max(...known) - smallest;
      if (range === 0 && known.length === stored.length) return bitsOf(smallest, width) + bitsOf(0, 6);
      // All ones must stay free for what is missing.
      const own = (range + 1).toString(2).length;
      const increments = stored.map((value) => bitsOf(value === null ? null : value - smallest, own));
      return bitsOf(smallest, width) + bitsOf(own, 6) + increments.join('');
    })
    .join('');
}

export function textElement(texts: readonly (string | null)[], characters: number): EncodedElement[] {
  return Array.from({ length: characters }, (_, i) => ({
    width: 8,
    stored: texts.map((text) => (text === null ? null : (text.padEnd(characters)[i]!.charCodeAt(0) ?? 32))),
  }));
}

export function bufrMessage(options: {
  readonly edition: 3 | 4;
  readonly descriptors: readonly string[];
  readonly subsets: number;
  readonly compressed: boolean;
  readonly bits: string;
  /** Bytes of the centre's own section; none: no such section. */
  readonly own?: number;
}): Buffer {
  const { edition, descriptors, subsets, compressed, bits, own } = options;
  const section = (length: number): Buffer => {
    const made = Buffer.alloc(length);
    made.writeUIntBE(length, 0, 3);
    return made;
  };
  const identification = section(edition === 4 ? 22 : 18);
  if (own !== undefined) identification[edition === 4 ? 9 : 7] = 0x80;
  const packed = descriptors.map(
    (text) => (Number(text[0]) << 14) | (Number(text.slice(1, 3)) << 8) | Number(text.slice(3)),
  );
  // Sections of edition 3 have an even number of bytes.
  const padding = edition === 3 ? 1 : 0;
  const description = section(7 + 2 * packed.length + padding);
  description.writeUInt16BE(subsets, 4);
  description[6] = 0x80 | (compressed ? 0x40 : 0);
  for (const [i, one] of packed.entries()) description.writeUInt16BE(one, 7 + 2 * i);
  const octets = bits.match(/.{1,8}/g)!.map((octet) => Number.parseInt(octet.padEnd(8, '0'), 2));
  const data = section(4 + octets.length);
  data.set(octets, 4);
  const body = Buffer.concat([
    ...[identification, ...(own === undefined ? [] : [section(own)]), description, data],
    Buffer.from('7777'),
  ]);
  const start = Buffer.from('BUFR\0\0\0\0');
  start.writeUIntBE(8 + body.length, 4, 3);
  start[7] = edition;
  return Buffer.concat([start, body]);
}
