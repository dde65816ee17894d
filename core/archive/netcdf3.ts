/**
 * NetCDF-3 files (classic, 64-bit offset, 64-bit data) read by position: only the header and the bytes of
 * the box asked for leave the disk, whatever the size of the file. Values are big-endian on disk.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dataError, toPlumeError } from '../errors.js';
import type { Dataset, NumericArray, RawValues, Variable } from './dataset.js';
import { allocate, boxSize, elementBytes, forEachRun, requireInside } from './hyperslab.js';
import {
  type ClassicHeader,
  type ClassicVariable,
  HeaderTooShort,
  parseClassicHeader,
} from './netcdf3Header.js';

/** Counts what was read, for those who want to know. */
export interface ByteCounter {
  bytes: number;
}

/**
 * @param counter when given, its `bytes` grows by every byte read from the file
 * @throws {PlumeError} data, when the header is broken or the file is shorter than its header says
 */
export function openNetcdf3(path: string, counter: ByteCounter = { bytes: 0 }): Dataset {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw toPlumeError(error, `opening "${path}"`);
  }
  try {
    const header = readHeader(path, file, counter);
    const variables = header.variables.map((entry) => classicVariable(path, file, header, entry, counter));
    return {
      path,
      format: 'NetCDF-3',
      attributes: header.attributes,
      variables: new Map(variables.map((variable) => [variable.name, variable])),
      close: async () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function readHeader(path: string, file: number, counter: ByteCounter): ClassicHeader {
  const fileBytes = fstatSync(file).size;
  for (let length = Math.min(fileBytes, 8192); ; length = Math.min(fileBytes, length * 4)) {
    const bytes = new Uint8Array(length);
    counter.bytes += readSync(file, bytes, 0, length, 0);
    try {
      const header = parseClassicHeader(path, bytes, fileBytes);
      if (header.expectedBytes > fileBytes) {
        throw dataError(
          `"${path}" is truncated: it has ${fileBytes} bytes, its header promises ${header.expectedBytes}; fetch it again`,
        );
      }
      return header;
    } catch (error) {
      if (!(error instanceof HeaderTooShort)) throw error;
      if (length === fileBytes) {
        throw dataError(
          `"${path}" is truncated: it has ${fileBytes} bytes and ends inside its header; fetch it again`,
        );
      }
    }
  }
}

function classicVariable(
  path: string,
  file: number,
  header: ClassicHeader,
  entry: ClassicVariable,
  counter: ByteCounter,
): Variable {
  const { name, dimensions, shape, dtype, attributes } = entry;
  const width = elementBytes(dtype);
  const inner = entry.isRecord ? shape.slice(1) : shape;
  const readBox = (start: readonly number[], count: readonly number[]): RawValues => {
    requireInside(`"${path}": variable ${name}`, shape, start, count);
    const bytes = new Uint8Array(boxSize(count) * width);
    let filled = 0;
    const readRuns = (base: number, innerStart: readonly number[], innerCount: readonly number[]): void => {
      forEachRun(inner, innerStart, innerCount, (element, length) => {
        readBytes(path, file, bytes, filled, length * width, base + element * width);
        filled += length * width;
      });
    };
    if (entry.isRecord) {
      const [first = 0, ...innerStart] = start;
      const [records = 0, ...innerCount] = count;
      for (let r = first; r < first + records; r++) {
        readRuns(entry.begin + r * header.recordBytes, innerStart, innerCount);
      }
    } else {
      readRuns(entry.begin, start, count);
    }
    counter.bytes += filled;
    if (dtype === 'char') return [...bytes].map((code) => (code === 0 ? '' : String.fromCharCode(code)));
    return fromBigEndian(bytes, allocate(dtype, boxSize(count)));
  };
  return {
    name,
    dimensions,
    shape,
    dtype,
    attributes,
    fillValue: null,
    read: async (start, count) => readBox(start, count),
  };
}

/** Synchronous on purpose: a read of one value per record is thousands of small reads, each faster than a promise. */
function readBytes(
  path: string,
  file: number,
  into: Uint8Array,
  offset: number,
  length: number,
  position: number,
): void {
  let done = 0;
  while (done < length) {
    let got: number;
    try {
      got = readSync(file, into, offset + done, length - done, position + done);
    } catch (error) {
      throw toPlumeError(error, `reading "${path}"`);
    }
    if (got === 0) {
      throw dataError(
        `"${path}" ends at byte ${position + done}, inside its data; it was cut while being read`,
      );
    }
    done += got;
  }
}

/** Reverses the bytes of every element in place and gives them the element's type. */
function fromBigEndian(bytes: Uint8Array, values: NumericArray): NumericArray {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (values.BYTES_PER_ELEMENT === 2) buffer.swap16();
  else if (values.BYTES_PER_ELEMENT === 4) buffer.swap32();
  else if (values.BYTES_PER_ELEMENT === 8) buffer.swap64();
  new Uint8Array(values.buffer).set(bytes);
  return values;
}
