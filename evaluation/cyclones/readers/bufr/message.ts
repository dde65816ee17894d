/**
 * BUFR messages in a file: found by their first four letters, since headings of the transmission may stand between them,
 * and cut into their sections. Editions 3 and 4; WMO-No. 306, volume I.2, FM 94.
 */
import type { Skipped } from '../trackFile.js';

export interface BufrMessage {
  /** From 1. */
  readonly number: number;
  readonly subsets: number;
  readonly compressed: boolean;
  /** FXXYYY, as they stand in section 3. */
  readonly descriptors: readonly string[];
  /** Section 4 without its own length. */
  readonly data: Uint8Array;
}

/** A message, or where and why there is none. */
export type FoundMessage = { readonly message: BufrMessage } | { readonly malformed: Skipped };

const [startLetters, endLetters] = ['BUFR', '7777'];

export function* bufrMessages(bytes: Uint8Array): Generator<FoundMessage> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let number = 0;
  for (let at = file.indexOf(startLetters); at >= 0; ) {
    number++;
    const length = at + 8 <= file.length ? file.readUIntBE(at + 4, 3) : 0;
    const found = messageAt(file.subarray(at, at + length), number, length);
    if ('message' in found) yield found;
    else yield { malformed: { at: `message ${number} (byte ${at})`, why: found.why } };
    // The length of a broken message cannot be trusted.
    at = file.indexOf(startLetters, at + ('message' in found ? length : startLetters.length));
  }
}

function messageAt(
  message: Buffer,
  number: number,
  length: number,
): { message: BufrMessage } | { why: string } {
  if (message.length < length || length < 8) {
    return { why: `the file ends after ${message.length} of its ${length} bytes; fetch it again` };
  }
  const edition = message[7]!;
  if (edition !== 3 && edition !== 4) {
    return { why: `BUFR edition ${edition}; editions 3 and 4 are read` };
  }
  if (message.toString('latin1', length - 4) !== endLetters) {
    return { why: `its ${length} bytes do not end with ${endLetters}; fetch it again` };
  }
  let from = 8;
  const section = (): Buffer => {
    const own = from + 3 <= length ? message.readUIntBE(from, 3) : 0;
    from += own;
    return message.subarray(from - own, from);
  };
  const identification = section();
  // Whether section 2, which is the centre's own, is there.
  const flags = identification[edition === 4 ? 9 : 7] ?? 0;
  if ((flags & 0x80) !== 0) section();
  const [description, data] = [section(), section()];
  if (description.length < 9 || data.length < 4 || from !== length - 4) {
    return { why: 'the lengths of its sections do not add up to its own; fetch it again' };
  }
  const descriptors = Array.from({ length: (description.length - 7) >> 1 }, (_, i) =>
    descriptorText(description.readUInt16BE(7 + 2 * i)),
  );
  // An odd length ends with a byte of padding, which makes no descriptor; F = X = Y = 0 is padding too.
  while (descriptors.at(-1) === '000000') descriptors.pop();
  return {
    message: {
      number,
      subsets: description.readUInt16BE(4),
      compressed: (description[6]! & 0x40) !== 0,
      descriptors,
      data: data.subarray(4),
    },
  };
}

/** Two bits F, six bits X, eight bits Y. */
function descriptorText(packed: number): string {
  const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');
  return `${packed >> 14}${padded((packed >> 8) & 0x3f, 2)}${padded(packed & 0xff, 3)}`;
}
