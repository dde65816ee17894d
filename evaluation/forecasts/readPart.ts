/**
 * Reads one forecast of one file: all its members at a stretch of points, no more than that. Members are read as
 * many at a time as fit a fixed number of values, so memory does not grow with the ensemble.
 */
import { decodeValues } from '../../core/archive/cf.js';
import { partOfSelection } from '../../core/archive/horizontal.js';
import { stridesOf } from '../../core/archive/hyperslab.js';
import type { PointRange } from '../ensembleSource.js';
import type { ForecastPart } from './forecastFile.js';

/** Values read at a time: bounds memory, whatever the number of members. */
const valuesAtOnce = 2 ** 21;

/**
 * Writes members of one forecast, float32 in the channel's unit, NaN where missing.
 * @param indices along the dimensions of time
 * @param rowOf row of `out` for every member of the part
 * @param points stretch of the house's grid
 * @param out [member, point of the stretch]
 */
export async function readPart(
  part: ForecastPart,
  indices: readonly number[],
  rowOf: readonly number[],
  points: PointRange,
  out: Float32Array,
): Promise<void> {
  const nlon = part.longitudes.values.length;
  const firstRow = Math.floor(points.from / nlon);
  const endRow = Math.ceil(points.to / nlon);
  const latitudes = partOfSelection(part.latitudes, firstRow, endRow);
  // Within one row its columns too are known; else rows are read whole.
  const oneRow = endRow - firstRow === 1;
  const firstColumn = oneRow ? points.from - firstRow * nlon : 0;
  const longitudes = oneRow
    ? partOfSelection(part.longitudes, firstColumn, points.to - firstRow * nlon)
    : part.longitudes;
  const width = points.to - points.from;
  const { scale, offset } = part.conversion;
  const atOnce = Math.max(1, Math.floor(valuesAtOnce / (latitudes.values.length * longitudes.values.length)));
  for (let member = 0; member < rowOf.length; member += atOnce) {
    const count = Math.min(atOnce, rowOf.length - member);
    for (const [fromRow, rows] of latitudes.ranges) {
      for (const [fromColumn, columns] of longitudes.ranges) {
        const box = { member, count, fromRow, rows, fromColumn, columns };
        const { values, strides } = await readBox(part, indices, box);
        for (let m = 0; m < count; m++) {
          const target = rowOf[member + m]! * width - points.from;
          for (let row = 0; row < latitudes.indices.length; row++) {
            const fileRow = latitudes.indices[row]! - fromRow;
            if (fileRow < 0 || fileRow >= rows) continue;
            const source = m * strides.member + fileRow * strides.row;
            const rowStart = (firstRow + row) * nlon + firstColumn;
            const first = Math.max(0, points.from - rowStart);
            const end = Math.min(longitudes.indices.length, points.to - rowStart);
            for (let column = first; column < end; column++) {
              const fileColumn = longitudes.indices[column]! - fromColumn;
              if (fileColumn < 0 || fileColumn >= columns) continue;
              const value = values[source + fileColumn * strides.column]!;
              out[target + rowStart + column] = scale * value + offset;
            }
          }
        }
      }
    }
  }
}

interface FileBox {
  readonly member: number;
  readonly count: number;
  readonly fromRow: number;
  readonly rows: number;
  readonly fromColumn: number;
  readonly columns: number;
}

async function readBox(
  { field, timeDimensions, memberDimension }: ForecastPart,
  indices: readonly number[],
  box: FileBox,
): Promise<{ values: Float64Array; strides: { member: number; row: number; column: number } }> {
  const start: number[] = [];
  const count: number[] = [];
  for (const { dimension, kind } of field.axes) {
    const time = timeDimensions.indexOf(dimension);
    const [from, n] =
      dimension === memberDimension
        ? [box.member, box.count]
        : time >= 0
          ? [indices[time]!, 1]
          : kind === 'level'
            ? [field.levelIndex ?? 0, 1]
            : kind === 'latitude'
              ? [box.fromRow, box.rows]
              : kind === 'longitude'
                ? [box.fromColumn, box.columns]
                : [field.fixed.get(dimension) ?? 0, 1];
    start.push(from);
    count.push(n);
  }
  const values = decodeValues(field.variable, await field.variable.read(start, count));
  const strides = stridesOf(count);
  const strideOf = (found: number): number => (found < 0 ? 0 : strides[found]!);
  return {
    values,
    strides: {
      member: strideOf(field.axes.findIndex(({ dimension }) => dimension === memberDimension)),
      row: strideOf(field.axes.findIndex(({ kind }) => kind === 'latitude')),
      column: strideOf(field.axes.findIndex(({ kind }) => kind === 'longitude')),
    },
  };
}
