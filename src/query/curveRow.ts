/**
 * Curves as tidy rows, for Arrow and CSV. `kind` says what a row is:
 *   exceedance     probability of being beyond the level within the window, its interval, and that of other years
 *   quantile       `share` of the members stay below the level
 *   return level   1 in `one_in` members is beyond the level within the window
 *   annual level   1 in `one_in` years is beyond the level: fitted; `empirical` where the years reach
 */
import type { Column } from '../../core/store/table.js';
import { columnsOf, type RowLayout } from '../../evaluation/tidyRows.js';
import type { AskedCurve } from './askCurves.js';

export interface CurveRow {
  readonly curve: string;
  readonly start: number;
  readonly site: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly members: number;
  readonly missing: number;
  readonly kind: string;
  readonly level: number;
  readonly unit: string;
  readonly probability: number | null;
  readonly interval_low: number | null;
  readonly interval_high: number | null;
  readonly climatological_probability: number | null;
  readonly share: number | null;
  readonly one_in: number | null;
  readonly empirical: number | null;
}

const layout: RowLayout<CurveRow> = {
  curve: 'utf8',
  start: 'timestamp',
  site: 'utf8',
  latitude: 'float64',
  longitude: 'float64',
  members: 'int32',
  missing: 'int32',
  kind: 'utf8',
  level: 'float64',
  unit: 'utf8',
  probability: 'float64',
  interval_low: 'float64',
  interval_high: 'float64',
  climatological_probability: 'float64',
  share: 'float64',
  one_in: 'int32',
  empirical: 'float64',
};

export function curveColumns(curves: readonly AskedCurve[]): Column[] {
  return columnsOf(layout, curves.flatMap(rowsOf));
}

function rowsOf(asked: AskedCurve): CurveRow[] {
  const { curve, start, site, latitude, longitude, members, missing, unit } = asked;
  const base = {
    ...{ curve, start, site, latitude, longitude, members, missing, unit },
    probability: null,
    interval_low: null,
    interval_high: null,
    climatological_probability: null,
    share: null,
    one_in: null,
    empirical: null,
  };
  return [
    ...asked.exceedance.map(({ level, probability, low, high, usual }) => ({
      ...base,
      kind: 'exceedance',
      ...{ level, probability },
      interval_low: low,
      interval_high: high,
      climatological_probability: usual,
    })),
    ...asked.quantiles.map(({ share, level }) => ({ ...base, kind: 'quantile', share, level })),
    ...asked.ofWindow.map(({ oneIn, level }) => ({ ...base, kind: 'return level', one_in: oneIn, level })),
    ...(asked.ofYears?.levels ?? []).map(({ oneIn, level, empirical }) => ({
      ...base,
      ...{ kind: 'annual level', one_in: oneIn, level, empirical },
    })),
  ];
}
