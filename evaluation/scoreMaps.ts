/**
 * maps.arrow: statistics at every point, averaged over starts, in an Arrow IPC file. One row a map:
 *
 *   model, variable, level, lead_hours, statistic, n, values FixedSizeList<float32>[lat · lon]
 *
 * with the grid in the schema's metadata. Statistics: crps, bias, rmse, spread (unit of the variable) and, of a nested
 * ensemble, the two sources of the spread: epistemic_variance (cut at 0) and aleatoric_variance (unit squared), and
 * epistemic_crps (cut at 0) and aleatoric_crps (unit of the variable).
 */
import { Field, Float64, makeData, Schema, type Vector } from 'apache-arrow';
import { dataError } from '../core/errors.js';
import { type Grid, gridSize, makeGrid } from '../core/grid.js';
import {
  encodeArrowFile,
  fieldData,
  fieldType,
  int32,
  int32Data,
  utf8,
  utf8Data,
} from '../core/store/arrowColumns.js';
import { writeAtomically } from '../core/store/atomic.js';
import { readArrowTable } from '../core/store/table.js';

const format = 'plume-score-maps';
const again = 'make it again with plume verify';
export const mapsName = 'maps.arrow';

export const mapStatistics = [
  'crps',
  'bias',
  'rmse',
  'spread',
  'epistemic_variance',
  'aleatoric_variance',
  'epistemic_crps',
  'aleatoric_crps',
] as const;
export type MapStatistic = (typeof mapStatistics)[number];

export interface ScoreMap {
  readonly model: string;
  readonly variable: string;
  /** hPa, or null at the surface. */
  readonly level: number | null;
  readonly lead_hours: number;
  readonly statistic: MapStatistic;
  /** Number of starts. */
  readonly n: number;
  /** [lat, lon]; NaN where nothing could be scored. */
  readonly values: Float32Array;
}

export interface ScoreMaps {
  readonly grid: Grid;
  readonly maps: readonly ScoreMap[];
}

/** @returns the bytes of the file: equal arguments give equal bytes */
export function encodeScoreMaps({ grid, maps }: ScoreMaps): Uint8Array {
  const points = gridSize(grid);
  const required = (name: string, type: Field['type']): Field => new Field(name, type, false);
  const schema = new Schema(
    [
      required('model', utf8),
      required('variable', utf8),
      required('level', new Float64()),
      required('lead_hours', int32),
      required('statistic', utf8),
      required('n', int32),
      required('values', fieldType(points)),
    ],
    new Map([
      ['format', format],
      ['format_version', '1'],
      ['latitudes', JSON.stringify([...grid.latitudes])],
      ['longitudes', JSON.stringify([...grid.longitudes])],
    ]),
  );
  // One batch a map: none is held twice, and a surface's level is NaN, which needs no bitmap.
  return encodeArrowFile(
    schema,
    maps.map((map) => [
      utf8Data([map.model]),
      utf8Data([map.variable]),
      makeData({
        type: new Float64(),
        length: 1,
        nullCount: 0,
        data: Float64Array.of(map.level ?? Number.NaN),
      }),
      int32Data([map.lead_hours]),
      utf8Data([map.statistic]),
      int32Data([map.n]),
      fieldData(map.values, points),
    ]),
  );
}

/** @throws {PlumeError} resources, when the disk is full or closed to us */
export async function writeScoreMaps(path: string, maps: ScoreMaps): Promise<void> {
  await writeAtomically(path, encodeScoreMaps(maps));
}

/** @throws {PlumeError} data, when the file is missing, damaged or holds something else */
export async function readScoreMaps(path: string): Promise<ScoreMaps> {
  const table = await readArrowTable(path, again);
  const { metadata } = table.schema;
  if (metadata.get('format') !== format) {
    throw dataError(`${path} has format ${metadata.get('format') ?? 'none'}, expected ${format}; ${again}`);
  }
  const axis = (name: string): number[] => JSON.parse(metadata.get(name) ?? '[]') as number[];
  const grid = makeGrid(axis('latitudes'), axis('longitudes'));
  const maps: ScoreMap[] = [];
  for (const batch of table.batches) {
    if (batch.numRows === 0) continue;
    const cell = (name: string): unknown => batch.getChild(name)?.get(0);
    const level = cell('level') as number;
    maps.push({
      model: cell('model') as string,
      variable: cell('variable') as string,
      level: Number.isNaN(level) ? null : level,
      lead_hours: cell('lead_hours') as number,
      statistic: cell('statistic') as MapStatistic,
      n: cell('n') as number,
      values: (cell('values') as Vector).toArray() as Float32Array,
    });
  }
  return { grid, maps };
}
