/** A field that does not change with time, such as a land–sea mask: the first of its times, levels and members. */
import { dataError } from '../errors.js';
import { type Grid, makeGrid } from '../grid.js';
import { decodeValues, readCoordinate, textAttribute } from './cf.js';
import type { Dataset } from './dataset.js';
import { type Field, findFields } from './fields.js';
import { selectLatitudes, selectLongitudes } from './horizontal.js';
import { stridesOf } from './hyperslab.js';

export interface StaticField {
  /** Of the variable in the file. */
  readonly name: string;
  /** As the file states it; empty where it does not. */
  readonly unit: string;
  readonly grid: Grid;
  /** [lat, lon], in the file's unit, NaN where missing. */
  readonly values: Float32Array;
}

/**
 * @param names of the variable in the file, or CF standard names, the first that is there being taken
 * @param flat only of variables without a dimension of levels
 * @returns null where the file has none of them on latitudes and longitudes
 */
export async function readStaticField(
  dataset: Dataset,
  names: readonly string[],
  { flat = false }: { readonly flat?: boolean } = {},
): Promise<StaticField | null> {
  const found = await findFields(dataset, {}, () => true);
  const fields = flat ? found.filter(({ levelIndex }) => levelIndex === null) : found;
  const plain = ({ variable }: Field): string => (variable.name.split('/').at(-1) ?? '').toLowerCase();
  const standard = ({ variable }: Field): string | undefined =>
    textAttribute(variable.attributes, 'standard_name');
  const field = names
    .map((name) =>
      fields.find(
        (one) => one.variable.name === name || plain(one) === name.toLowerCase() || standard(one) === name,
      ),
    )
    .find((match) => match !== undefined);
  if (field === undefined) return null;
  const { variable, axes } = field;
  const latitudes = selectLatitudes(await readCoordinate(field.latitude), undefined, dataset.path);
  const longitudes = selectLongitudes(await readCoordinate(field.longitude), undefined, dataset.path);
  if (variable.shape.includes(0))
    throw dataError(`"${dataset.path}": variable "${variable.name}" has an empty dimension`);
  const horizontal = axes.map(({ kind }) => kind === 'latitude' || kind === 'longitude');
  const count = axes.map(({ length }, d) => (horizontal[d] ? length : 1));
  const read = decodeValues(
    variable,
    await variable.read(
      axes.map(() => 0),
      count,
    ),
  );
  const strides = stridesOf(count);
  const row = strides[axes.findIndex(({ kind }) => kind === 'latitude')]!;
  const column = strides[axes.findIndex(({ kind }) => kind === 'longitude')]!;
  const nlon = longitudes.indices.length;
  const values = Float32Array.from(
    { length: latitudes.indices.length * nlon },
    (_, point) =>
      read[latitudes.indices[Math.floor(point / nlon)]! * row + longitudes.indices[point % nlon]! * column]!,
  );
  return {
    name: variable.name,
    unit: textAttribute(variable.attributes, 'units')?.trim() ?? '',
    grid: makeGrid(latitudes.values, longitudes.values),
    values,
  };
}
