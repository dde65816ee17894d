/**
 * Maps of events as files. Arrow: one row for every start, event and statistic (probability, climatological_probability,
 * epistemic_variance, aleatoric_variance), values FixedSizeList<float32>[lat · lon], and the grid in the metadata as files of
 * a run have it. CSV: one row for every start, event and point.
 */
import { Field, Schema } from 'apache-arrow';
import { type Grid, gridSize } from '../../core/grid.js';
import {
  encodeArrowFile,
  fieldData,
  fieldType,
  int32,
  int32Data,
  timeData,
  utcTime,
  utf8,
  utf8Data,
} from '../../core/store/arrowColumns.js';
import { gridMetadata } from '../../core/store/gridMetadata.js';
import type { Column } from '../../core/store/table.js';
import type { EventMap } from './eventMap.js';

export function fieldsOf(map: EventMap): { readonly statistic: string; readonly values: Float32Array }[] {
  const fields = [
    { statistic: 'probability', values: map.probability },
    { statistic: 'climatological_probability', values: map.climatological },
    { statistic: 'epistemic_variance', values: map.epistemicVariance },
    { statistic: 'aleatoric_variance', values: map.aleatoricVariance },
  ];
  return fields.flatMap(({ statistic, values }) => (values === null ? [] : [{ statistic, values }]));
}

/** @returns the bytes of the file: equal arguments give equal bytes */
export function encodeEventMaps(grid: Grid, maps: readonly EventMap[]): Uint8Array {
  const points = gridSize(grid);
  const schema = new Schema(
    [
      new Field('start', utcTime, false),
      new Field('event', utf8, false),
      new Field('statistic', utf8, false),
      new Field('members', int32, false),
      new Field('values', fieldType(points), false),
    ],
    new Map([['format', 'plume-event-map'], ['format_version', '1'], ...gridMetadata(grid)]),
  );
  const rows = maps.flatMap((map) => fieldsOf(map).map((field) => ({ map, ...field })));
  const values = new Float32Array(rows.length * points);
  rows.forEach((row, i) => {
    values.set(row.values, i * points);
  });
  return encodeArrowFile(schema, [
    [
      timeData(rows.map(({ map }) => map.start)),
      utf8Data(rows.map(({ map }) => map.event)),
      utf8Data(rows.map(({ statistic }) => statistic)),
      int32Data(rows.map(({ map }) => map.members)),
      fieldData(values, points),
    ],
  ]);
}

export function eventMapColumns(grid: Grid, maps: readonly EventMap[]): Column[] {
  const points = gridSize(grid);
  const columns = grid.longitudes.length;
  const each = <T>(value: (map: EventMap, point: number) => T): T[] =>
    maps.flatMap((map) => Array.from({ length: points }, (_, point) => value(map, point)));
  const orNull = (value: number | undefined): number | null =>
    value === undefined || Number.isNaN(value) ? null : value;
  return [
    { name: 'start', type: 'timestamp', values: each(({ start }) => start) },
    { name: 'event', type: 'utf8', values: each(({ event }) => event) },
    {
      name: 'latitude',
      type: 'float64',
      values: each((_, point) => grid.latitudes[Math.floor(point / columns)]!),
    },
    { name: 'longitude', type: 'float64', values: each((_, point) => grid.longitudes[point % columns]!) },
    {
      name: 'probability',
      type: 'float64',
      values: each(({ probability }, point) => orNull(probability[point])),
    },
    {
      name: 'climatological_probability',
      type: 'float64',
      values: each(({ climatological }, point) => orNull(climatological?.[point])),
    },
    {
      name: 'epistemic_variance',
      type: 'float64',
      values: each(({ epistemicVariance }, point) => orNull(epistemicVariance?.[point])),
    },
    {
      name: 'aleatoric_variance',
      type: 'float64',
      values: each(({ aleatoricVariance }, point) => orNull(aleatoricVariance?.[point])),
    },
  ];
}
