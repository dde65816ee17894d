/**
 * Lines of equal value as a table: where the line of each field crosses the meridians of the grid. One row a lead, longitude and
 * crossing (from the north):
 *
 *   lead_hours, longitude, crossing, latitudes FixedSizeList<float32>[field]
 *
 * in Arrow, with the names of the fields in the metadata, and one column a field in CSV. Latitudes in degrees, linear between
 * rows of points; NaN where a field has no such crossing, empty in CSV.
 */
import { Field, Float32, makeData, Schema } from 'apache-arrow';
import type { Grid } from '../../core/grid.js';
import { encodeArrowFile, fieldData, fieldType, int32, int32Data } from '../../core/store/arrowColumns.js';
import type { Column } from '../../core/store/table.js';
import { csvText } from './csvText.js';
import type { FigureData } from './figureData.js';

export interface LineOfFields {
  readonly lead_hours: number;
  /** Each with a name and its values, [lat, lon]; the same names at every lead. */
  readonly fields: readonly { readonly name: string; readonly values: ArrayLike<number> }[];
}

interface Crossing {
  readonly lead_hours: number;
  readonly longitude: number;
  /** From 1, the northernmost. */
  readonly crossing: number;
  /** By field; NaN where it has none. */
  readonly latitudes: readonly number[];
}

/**
 * @param rows of points looked at, from the first
 * @param metadata of the Arrow file: what the line is
 */
export function meridianCrossings(
  lines: readonly LineOfFields[],
  grid: Grid,
  level: number,
  rows: number,
  metadata: Readonly<Record<string, string>>,
): FigureData {
  const names = [...new Set(lines.flatMap(({ fields }) => fields.map(({ name }) => name)))];
  const found = lines.flatMap((line) => crossingsOf(line, names, grid, level, rows));
  const schema = new Schema(
    [
      new Field('lead_hours', int32, false),
      new Field('longitude', new Float32(), false),
      new Field('crossing', int32, false),
      new Field('latitudes', fieldType(names.length), false),
    ],
    new Map(Object.entries({ ...metadata, fields: JSON.stringify(names) })),
  );
  const longitudes = Float32Array.from(found, ({ longitude }) => longitude);
  const batch = [
    int32Data(found.map(({ lead_hours }) => lead_hours)),
    makeData({ type: new Float32(), length: found.length, nullCount: 0, data: longitudes }),
    int32Data(found.map(({ crossing }) => crossing)),
    fieldData(Float32Array.from(found.flatMap(({ latitudes }) => latitudes)), names.length),
  ];
  const columns: Column[] = [
    { name: 'lead_hours', type: 'int32', values: found.map(({ lead_hours }) => lead_hours) },
    { name: 'longitude', type: 'float64', values: found.map(({ longitude }) => longitude) },
    { name: 'crossing', type: 'int32', values: found.map(({ crossing }) => crossing) },
    ...names.map((name, i): Column => {
      const values = found.map(({ latitudes }) => latitudes[i] ?? Number.NaN);
      return { name, type: 'float64', values: values.map((value) => (Number.isNaN(value) ? null : value)) };
    }),
  ];
  return { arrow: encodeArrowFile(schema, [batch]), csv: csvText(columns) };
}

function crossingsOf(
  { lead_hours, fields }: LineOfFields,
  names: readonly string[],
  grid: Grid,
  level: number,
  rows: number,
): Crossing[] {
  return Array.from(grid.longitudes).flatMap((longitude, column) => {
    const byField = names.map((name) => {
      const values = fields.find((field) => field.name === name)?.values;
      return values === undefined ? [] : crossings(values, grid, column, level, rows);
    });
    const most = Math.max(0, ...byField.map((each) => each.length));
    return Array.from({ length: most }, (_, i) => ({
      lead_hours,
      longitude,
      crossing: i + 1,
      latitudes: byField.map((each) => each[i] ?? Number.NaN),
    }));
  });
}

/** Latitudes along one meridian, to a hundredth of a degree. */
function crossings(
  values: ArrayLike<number>,
  { latitudes, longitudes }: Grid,
  column: number,
  level: number,
  rows: number,
): number[] {
  const at = (row: number): number => (values[row * longitudes.length + column] ?? Number.NaN) - level;
  const found: number[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    const [above, below] = [at(row), at(row + 1)];
    // A point on the line belongs to the step that begins there, so that none counts twice.
    if (!(above === 0 ? below !== 0 : above * below < 0)) continue;
    const [north, south] = [latitudes[row] ?? Number.NaN, latitudes[row + 1] ?? Number.NaN];
    found.push(Number((north + ((south - north) * above) / (above - below)).toFixed(2)));
  }
  return found;
}
