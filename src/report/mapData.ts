/**
 * The data behind a figure of maps, in the units they are drawn in. As Arrow one row a field, as the files of a run have it:
 *
 *   field, lead_hours, values FixedSizeList<float32>[lat · lon]
 *
 * with latitudes and longitudes in the schema's metadata; as CSV one row a circle of latitude and one column a longitude,
 * rounded to what a reader can see. Fields too many or too fine to put into a page are means of blocks of points, and say so.
 */
import { Field, Schema } from 'apache-arrow';
import { type Grid, gridSize } from '../../core/grid.js';
import {
  encodeArrowFile,
  fieldData,
  fieldType,
  int32,
  int32Data,
  utf8,
  utf8Data,
} from '../../core/store/arrowColumns.js';
import { coarsening } from './coarseField.js';
import { csvText } from './csvText.js';
import type { FigureData } from './figureData.js';

export interface DrawnField {
  /** What it is: 'mean', 'truth', 'member 3'. */
  readonly field: string;
  readonly lead_hours: number;
  /** [lat, lon] */
  readonly values: ArrayLike<number>;
}

/** Bytes of a page that one figure may take for its fields. */
const budget = 1.1e6;
/** Of a value, as Arrow in base 64 and as CSV. */
const bytesPerValue = 12;
/** Finer than small maps show. */
const mostColumns = 72;

/**
 * @param metadata of the Arrow file: unit and what else says what the values are
 * @param decimals of the CSV; default four significant digits
 * @returns bytes that depend on the arguments alone
 */
export function mapData(
  grid: Grid,
  fields: readonly DrawnField[],
  metadata: Readonly<Record<string, string>>,
  decimals?: number,
): FigureData {
  const aspect = grid.longitudes.length / grid.latitudes.length;
  const points = Math.max(400, budget / bytesPerValue / Math.max(1, fields.length));
  const coarse = coarsening(grid, Math.floor(Math.min(mostColumns, Math.sqrt(points * aspect))));
  const kept = fields.map((each) => ({ ...each, values: coarse.field(each.values) }));
  const { latitudes, longitudes } = coarse.grid;
  const isCoarse = gridSize(coarse.grid) < gridSize(grid);
  return {
    arrow: arrowOf(coarse.grid, kept, {
      ...metadata,
      latitudes: JSON.stringify([...latitudes]),
      longitudes: JSON.stringify([...longitudes]),
      ...(isCoarse
        ? { points: `means of blocks of ${grid.latitudes.length} × ${grid.longitudes.length}` }
        : {}),
    }),
    csv: csvOf(coarse.grid, kept, decimals),
    ...(isCoarse ? { note: `on ${latitudes.length} × ${longitudes.length} means of blocks` } : {}),
  };
}

type KeptField = DrawnField & { readonly values: Float32Array };

function arrowOf(
  grid: Grid,
  fields: readonly KeptField[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const points = gridSize(grid);
  const schema = new Schema(
    [
      new Field('field', utf8, false),
      new Field('lead_hours', int32, false),
      new Field('values', fieldType(points), false),
    ],
    new Map(Object.entries(metadata)),
  );
  const values = new Float32Array(fields.length * points);
  for (const [i, field] of fields.entries()) values.set(field.values, i * points);
  return encodeArrowFile(schema, [
    [
      utf8Data(fields.map(({ field }) => field)),
      int32Data(fields.map(({ lead_hours }) => lead_hours)),
      fieldData(values, points),
    ],
  ]);
}

function csvOf({ latitudes, longitudes }: Grid, fields: readonly KeptField[], decimals?: number): string {
  const rounded = (value: number): number =>
    Number(decimals === undefined ? value.toPrecision(4) : value.toFixed(decimals));
  const rows = fields.flatMap((field) =>
    Array.from(latitudes, (latitude, row) => ({ field, latitude, row })),
  );
  const columns = longitudes.length;
  return csvText([
    { name: 'field', type: 'utf8', values: rows.map(({ field }) => field.field) },
    { name: 'lead_hours', type: 'int32', values: rows.map(({ field }) => field.lead_hours) },
    { name: 'latitude', type: 'float64', values: rows.map(({ latitude }) => latitude) },
    ...Array.from(longitudes, (longitude, column) => ({
      name: String(Number(longitude.toPrecision(7))),
      type: 'float64' as const,
      values: rows.map(({ field, row }) => rounded(field.values[row * columns + column] ?? Number.NaN)),
    })),
  ]);
}
