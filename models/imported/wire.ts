/**
 * The wire format of Protocol Buffers, as far as ONNX files need it: fields of a message found in a file without
 * reading what they hold, so that gigabytes of weights never come into memory; and fields written.
 * A message is a sequence of fields, each a key (number · 8 + wire type) and a value: a varint (0), eight bytes (1),
 * a length and so many bytes (2), four bytes (5). https://protobuf.dev/programming-guides/encoding
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dataError, toPlumeError } from '../../core/errors.js';

/** Where bytes lie in a file: from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Key, length and value. */
  readonly whole: Span;
  /** The value alone. */
  readonly value: Span;
}

const windowBytes = 1 << 16;

/** A file read at any place, through one small window. */
export class FileReader {
  readonly path: string;
  readonly size: number;
  readonly #file: number;
  readonly #window = new Uint8Array(windowBytes);
  #windowStart = 0;
  #windowEnd = 0;

  /** @throws {PlumeError} data, when there is no such file; resources, when it may not be read */
  constructor(path: string) {
    this.path = path;
    try {
      this.#file = openSync(path, 'r');
      this.size = fstatSync(this.#file).size;
    } catch (error) {
      throw toPlumeError(error, `model "${path}"`);
    }
  }

  /** The bytes of a span. */
  bytes({ start, end }: Span): Uint8Array {
    const out = new Uint8Array(end - start);
    this.into(start, out);
    return out;
  }

  /** Fills `out` with the bytes from `start` on. @throws {PlumeError} data, where the file ends before */
  into(start: number, out: Uint8Array): void {
    for (let at = 0; at < out.length; ) {
      let read: number;
      try {
        read = readSync(this.#file, out, at, out.length - at, start + at);
      } catch (error) {
        throw toPlumeError(error, `reading "${this.path}"`);
      }
      if (read === 0) throw this.#cutShort();
      at += read;
    }
  }

  /** The fields of the message in a span, in their order. @throws {PlumeError} data, where the bytes are no message */
  *fields({ start, end }: Span): Generator<Field> {
    for (let at = start; at < end; ) {
      const key = this.#varint(at, end);
      const number = Math.floor(key.value / 8);
      const wireType = key.value % 8;
      const value = this.#valueOf(wireType, key.next, end);
      if (number === 0 || value === undefined || value.end > end) throw this.#cutShort();
      yield { number, wireType, whole: { start: at, end: value.end }, value };
      at = value.end;
    }
  }

  /** A varint that is a field's value. */
  varint({ start, end }: Span): number {
    return this.#varint(start, end).value;
  }

  close(): void {
    closeSync(this.#file);
  }

  #valueOf(wireType: number, at: number, end: number): Span | undefined {
    switch (wireType) {
      case 0:
        return { start: at, end: this.#varint(at, end).next };
      case 1:
        return { start: at, end: at + 8 };
      case 2: {
        const length = this.#varint(at, end);
        return { start: length.next, end: length.next + length.value };
      }
      case 5:
        return { start: at, end: at + 4 };
      default:
        return undefined;
    }
  }

  #varint(at: number, end: number): { readonly value: number; readonly next: number } {
    let value = 0;
    for (let i = 0, factor = 1; i < 10 && at + i < end; i++, factor *= 128) {
      const byte = this.#byte(at + i);
      value += (byte & 127) * factor;
      if (byte < 128) return { value, next: at + i + 1 };
    }
    throw this.#cutShort();
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowEnd) {
      if (at >= this.size) throw this.#cutShort();
      const length = Math.min(windowBytes, this.size - at);
      this.into(at, this.#window.subarray(0, length));
      this.#windowStart = at;
      this.#windowEnd = at + length;
    }
    return this.#window[at - this.#windowStart] ?? 0;
  }

  #cutShort(): Error {
    return dataError(
      `model "${this.path}" is no ONNX model, or is cut short: its ${this.size} bytes do not hold the fields they ` +
        'announce; export or download it again',
    );
  }
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}

/** A field whose value is a message, a text or bytes: key, length, value. */
export function lengthDelimited(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varintBytes(number * 8 + 2), ...varintBytes(length)]), ...parts];
}

/** Pieces behind each other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
