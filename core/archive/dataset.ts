/**
 * A scientific data file as it is: named dimensions, variables with attributes, and reads of any box of
 * raw values in C order. One file per format makes these (netcdf3, netcdf4, zarr); what the values mean
 * (scale, missing values, time, units) is said by cf.ts.
 */

export type DataType =
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'char'
  | 'string'
  | 'other';

export type NumericArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Raw values, as stored: packed numbers stay packed, texts and characters are strings. */
export type RawValues = NumericArray | string[];

export type AttributeValue = number | string | readonly number[] | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Variable {
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly attributes: Attributes;
  /** The format's own mark for values never written (Zarr's fill_value), or null. */
  readonly fillValue: number | null;
  /** Shape of the pieces in which it is stored, each read as a whole; absent or null: in one run. */
  readonly chunks?: readonly number[] | null;
  /**
   * @param start first index along every dimension; [] for a scalar
   * @param count how many along every dimension
   * @returns raw values in C order, as many as the product of `count`
   * @throws {PlumeError} data, when the box lies outside the variable or the file cannot be read there
   */
  read(start: readonly number[], count: readonly number[]): Promise<RawValues>;
}

export type DatasetFormat = 'NetCDF-3' | 'NetCDF-4' | 'Zarr v2' | 'Zarr v3';

export interface Dataset {
  readonly path: string;
  readonly format: DatasetFormat;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly attributes: Attributes;
  close(): Promise<void>;
}

/** Reads a whole variable. */
export function readAll(variable: Variable): Promise<RawValues> {
  return variable.read(
    variable.shape.map(() => 0),
    variable.shape,
  );
}
