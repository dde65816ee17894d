/**
 * What stored numbers mean (CF sections 2.5 and 8.1): missing values become NaN, packed numbers are
 * unpacked, `value = raw · scale_factor + add_offset`, in float64. The rules for "missing" are those of the
 * NetCDF library and its Python reader: _FillValue, missing_value, values outside valid_min/max/range, and,
 * where no _FillValue is named, the library's default fill value for types wider than a byte.
 */

import { dataError } from '../errors.js';
import type { Attributes, AttributeValue, DataType, NumericArray, RawValues, Variable } from './dataset.js';
import { readAll } from './dataset.js';

/** netcdf.h, NC_FILL_*: what the library leaves where nothing was written. */
const defaultFill: Readonly<Partial<Record<DataType, number>>> = {
  int16: -32_767,
  uint16: 65_535,
  int32: -2_147_483_647,
  uint32: 4_294_967_295,
  int64: Number(-9_223_372_036_854_775_806n),
  uint64: Number(18_446_744_073_709_551_614n),
  float32: Math.fround(9.969209968386869e36),
  float64: 9.969209968386869e36,
};

export function textAttribute(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? value : undefined;
}

export function numberAttribute(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name];
  return typeof value === 'number' ? value : undefined;
}

function numbers(value: AttributeValue | undefined): number[] {
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.map(Number);
  if (typeof value === 'string') return fillText(value);
  return [];
}

/** Zarr v3 written by xarray holds _FillValue as base64 of eight little-endian bytes, or as a JSON text. */
function fillText(text: string): number[] {
  if (/^[A-Za-z0-9+/]{11}=$/.test(text)) return [Buffer.from(text, 'base64').readDoubleLE()];
  if (text.trim() === '') return [];
  const value = Number(text);
  return Number.isNaN(value) && text !== 'NaN' ? [] : [value];
}

/** What decides, for one variable, which raw values are missing and how the others are unpacked. */
interface Decoder {
  readonly missing: readonly number[];
  readonly validMin: number;
  readonly validMax: number;
  readonly scale: number;
  readonly offset: number;
}

function decoderOf(variable: Variable): Decoder {
  const { attributes, dtype } = variable;
  // A marker written as float64 must be compared as the float32 that the data can hold.
  const asStored = (value: number): number => (dtype === 'float32' ? Math.fround(value) : value);
  const fill = numbers(attributes._FillValue);
  const missing = [...fill, ...numbers(attributes.missing_value)];
  if (fill.length === 0) {
    // Zarr's writers put 0 where nobody chose a fill value; 0 is a value, not a mark.
    if (variable.fillValue !== null && variable.fillValue !== 0) missing.push(variable.fillValue);
    const standard = defaultFill[dtype];
    if (standard !== undefined) missing.push(standard);
  }
  const [rangeMin, rangeMax] = numbers(attributes.valid_range);
  return {
    missing: missing.filter((value) => !Number.isNaN(value)).map(asStored),
    validMin: asStored(rangeMin ?? numberAttribute(attributes, 'valid_min') ?? Number.NEGATIVE_INFINITY),
    validMax: asStored(rangeMax ?? numberAttribute(attributes, 'valid_max') ?? Number.POSITIVE_INFINITY),
    scale: numberAttribute(attributes, 'scale_factor') ?? 1,
    offset: numberAttribute(attributes, 'add_offset') ?? 0,
  };
}

/**
 * @param raw values as the variable's `read` gives them
 * @returns as many float64 values, in the unit of the file, NaN where missing
 * @throws {PlumeError} data, when the variable holds text
 */
export function decodeValues(variable: Variable, raw: RawValues): Float64Array {
  if (Array.isArray(raw)) throw dataError(`variable "${variable.name}" holds text, not numbers`);
  const { missing, validMin, validMax, scale, offset } = decoderOf(variable);
  const stored = unsignedIfSaid(variable, raw);
  const values = new Float64Array(stored.length);
  if (stored instanceof BigInt64Array || stored instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) values[i] = Number(stored[i]);
  } else values.set(stored);
  // Most variables have one mark or two: compared by themselves they cost next to nothing.
  const [first = Number.NaN, second = Number.NaN, ...others] = missing;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const isMissing =
      value === first ||
      value === second ||
      value < validMin ||
      value > validMax ||
      (others.length > 0 && others.includes(value));
    values[i] = isMissing ? Number.NaN : value * scale + offset;
  }
  return values;
}

/** NetCDF-3 has no unsigned integers; the attribute _Unsigned says that the bits are meant so. */
function unsignedIfSaid(variable: Variable, raw: NumericArray): NumericArray {
  if (textAttribute(variable.attributes, '_Unsigned')?.toLowerCase() !== 'true') return raw;
  const { buffer, byteOffset, length } = raw;
  if (raw instanceof Int8Array) return new Uint8Array(buffer, byteOffset, length);
  if (raw instanceof Int16Array) return new Uint16Array(buffer, byteOffset, length);
  if (raw instanceof Int32Array) return new Uint32Array(buffer, byteOffset, length);
  return raw;
}

/** A whole variable, decoded. */
export async function readDecoded(variable: Variable): Promise<Float64Array> {
  return decodeValues(variable, await readAll(variable));
}

/**
 * A whole coordinate variable: scale and offset, but no value is missing (CF section 2.5.1 forbids it; a
 * latitude of 0 in a Zarr store whose fill value is 0 is the equator).
 */
export async function readCoordinate(variable: Variable): Promise<Float64Array> {
  const raw = await readAll(variable);
  if (Array.isArray(raw)) throw dataError(`coordinate "${variable.name}" holds text, not numbers`);
  const scale = numberAttribute(variable.attributes, 'scale_factor') ?? 1;
  const offset = numberAttribute(variable.attributes, 'add_offset') ?? 0;
  return Float64Array.from(raw as Float64Array, (value) => Number(value) * scale + offset);
}
