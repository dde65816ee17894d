/** Box plumes as tidy rows, for Arrow and CSV: one a quantity and lead. */
import type { Column } from '../../core/store/table.js';
import { columnsOf, type RowLayout } from '../../evaluation/tidyRows.js';
import type { Box, BoxPlume } from './boxPlumes.js';

const quantiles = ['min', 'q10', 'q25', 'q50', 'q75', 'q90', 'max'] as const;
type Quantile = (typeof quantiles)[number];
type Quantiles = Readonly<Record<Quantile, number>>;

export interface PlumeRow extends Quantiles, Readonly<Record<`usual_${Quantile}`, number | null>> {
  readonly start: number;
  readonly site: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly quantity: string;
  readonly unit: string;
  readonly lead_hours: number;
  readonly valid_time: number;
  readonly members: number;
  readonly mean: number;
}

const layout: RowLayout<PlumeRow> = {
  start: 'timestamp',
  site: 'utf8',
  latitude: 'float64',
  longitude: 'float64',
  quantity: 'utf8',
  unit: 'utf8',
  lead_hours: 'int32',
  valid_time: 'timestamp',
  members: 'int32',
  ...of((name) => name),
  mean: 'float64',
  ...of((name) => `usual_${name}` as const),
};

function of<Name extends string>(name: (quantile: Quantile) => Name): Record<Name, 'float64'> {
  return Object.fromEntries(quantiles.map((quantile) => [name(quantile), 'float64'])) as Record<
    Name,
    'float64'
  >;
}

function named(box: Box): Quantiles {
  return Object.fromEntries(quantiles.map((name, i) => [name, box[i]])) as unknown as Quantiles;
}

export function plumeColumns(
  plumes: readonly BoxPlume[],
  about: Pick<PlumeRow, 'start' | 'site' | 'latitude' | 'longitude'>,
): Column[] {
  const rows = plumes.flatMap(({ quantity, unit, leads }) =>
    leads.map(({ leadHours, validTime, members, mean, box, usual }): PlumeRow => {
      const usually = quantiles.map((name, i) => [`usual_${name}`, usual?.[i] ?? null]);
      return {
        ...about,
        ...{ quantity, unit, lead_hours: leadHours, valid_time: validTime, members, mean },
        ...named(box),
        ...(Object.fromEntries(usually) as Record<`usual_${Quantile}`, number | null>),
      };
    }),
  );
  return columnsOf(layout, rows);
}
