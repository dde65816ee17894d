/**
 * The forecast at a few places, day by day: bands that hold half and nine tenths of the members, their median, and what
 * happened.
 */
import * as Plot from '@observablehq/plot';
import { quantileSorted } from 'simple-statistics';
import type { Grid } from '../../core/grid.js';
import { dataLinks, type FigureData, tableData } from './figureData.js';
import { escapeHtml } from './html.js';
import { leadAxis, leadUnitHours } from './leadAxis.js';
import { chartText, drawingDocument, legend } from './leadCurves.js';
import { type Place, placeName, pointAt } from './places.js';
import type { ForecastFields, Quantity, QuantityName } from './quantities.js';

const shown: readonly QuantityName[] = ['t2m', 'msl', 'wind10'];

/** Places that stand for their zones. */
const cities: readonly (Place & { readonly name: string })[] = [
  { name: 'Reykjavík', latitude: 64.1, longitude: -21.9 },
  { name: 'New York', latitude: 40.7, longitude: -74 },
  { name: 'Singapore', latitude: 1.4, longitude: 103.8 },
  { name: 'Cape Town', latitude: -33.9, longitude: 18.4 },
];
const nowhere: readonly Place[] = [
  { latitude: 62, longitude: 0 },
  { latitude: 45, longitude: 90 },
  { latitude: 6, longitude: 180 },
  { latitude: -45, longitude: -90 },
];

interface Fan {
  readonly lead: number;
  /** Quantiles 5, 25, 50, 75, 95 %. */
  readonly q: readonly [number, number, number, number, number];
  readonly truth: number | null;
}

/** HTML; empty where the run has none of the quantities. @param madeUp true for a world without cities */
export async function fanCharts(fields: ForecastFields, grid: Grid, madeUp: boolean): Promise<string> {
  const quantities = shown.map((name) => fields.quantity(name)).filter((each) => each !== undefined);
  if (quantities.length === 0) return '';
  const places = madeUp ? nowhere.map((place) => ({ ...place, name: '' })) : cities;
  const points = places.map((place) => pointAt(grid, place));
  const fans = new Map<string, Fan[]>();
  for (const quantity of quantities) {
    for (const lead of fields.leadsHours) {
      const field = await fields.members(quantity, lead);
      const truth = await fields.truth(quantity, lead);
      for (const [i, point] of points.entries()) {
        const values = Array.from(
          { length: field.members },
          (_, m) => field.values[m * field.points + point]!,
        ).sort((a, b) => a - b);
        const q = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantileSorted(values, p)) as unknown as Fan['q'];
        const key = `${quantity.name}/${i}`;
        fans.set(key, [...(fans.get(key) ?? []), { lead, q, truth: truth?.[point] ?? null }]);
      }
    }
  }
  const figures = places.map(({ name, latitude, longitude }, i) => {
    const where = placeName({ latitude, longitude });
    const title = name === '' ? where : `${name} <span class="quiet">${where}</span>`;
    const charts = quantities.map((quantity) => {
      const everywhere = quantity.name === 'wind10' ? [0] : [];
      const label = `${quantity.spoken} at ${name || where} by lead`;
      return (
        `<figcaption>${escapeHtml(quantity.title)}, ${quantity.unit}</figcaption>` +
        fanChart(fans.get(`${quantity.name}/${i}`) ?? [], everywhere, label)
      );
    });
    return `<figure><h3>${title}</h3>${charts.join('')}</figure>`;
  });
  const known = [...fans.values()].some((each) => each.some(({ truth }) => truth !== null));
  const keys = legend([
    { name: 'half and nine tenths of the members, and their median', colour: 'var(--ensemble)' },
    ...(known ? [{ name: 'what happened', colour: 'var(--truth)' }] : []),
  ]);
  const title = 'The forecast at four places';
  const rows = places.flatMap((place, i) =>
    quantities.flatMap((quantity) =>
      (fans.get(`${quantity.name}/${i}`) ?? []).map((fan) => ({ place, quantity, fan })),
    ),
  );
  return `${keys}<div class="fans">${figures.join('')}</div>${dataLinks(fanData(rows), title, title)}`;
}

function fanData(
  rows: readonly { readonly place: Place; readonly quantity: Quantity; readonly fan: Fan }[],
): FigureData {
  const quantiles = ['q05', 'q25', 'q50', 'q75', 'q95'];
  return tableData([
    { name: 'latitude', type: 'float64', values: rows.map(({ place }) => place.latitude) },
    { name: 'longitude', type: 'float64', values: rows.map(({ place }) => place.longitude) },
    { name: 'quantity', type: 'utf8', values: rows.map(({ quantity }) => quantity.title) },
    { name: 'unit', type: 'utf8', values: rows.map(({ quantity }) => quantity.unit) },
    { name: 'lead_hours', type: 'int32', values: rows.map(({ fan }) => fan.lead) },
    ...quantiles.map((name, q) => ({
      name,
      type: 'float64' as const,
      values: rows.map(({ fan }) => fan.q[q] ?? Number.NaN),
    })),
    { name: 'truth', type: 'float64', values: rows.map(({ fan }) => fan.truth) },
  ]);
}

function fanChart(fan: readonly Fan[], include: readonly number[], description: string): string {
  const leads = fan.map(({ lead }) => lead);
  const unit = leadUnitHours(leads);
  const points = fan.map(({ lead, q, truth }) => ({
    lead: lead / unit,
    truth,
    low: q[0],
    lower: q[1],
    middle: q[2],
    upper: q[3],
    high: q[4],
  }));
  const chart = Plot.plot({
    document: drawingDocument(),
    width: 260,
    height: 120,
    marginLeft: 34,
    marginRight: 6,
    marginTop: 6,
    marginBottom: 20,
    x: { ...leadAxis(leads), label: null },
    y: {
      label: null,
      grid: true,
      nice: true,
      ticks: 4,
      tickSize: 0,
      tickFormat: (value: number) => String(value).replace('-', '−'),
    },
    marks: [
      Plot.areaY(points, { x: 'lead', y1: 'low', y2: 'high', fill: 'var(--ensemble)', fillOpacity: 0.18 }),
      Plot.areaY(points, { x: 'lead', y1: 'lower', y2: 'upper', fill: 'var(--ensemble)', fillOpacity: 0.32 }),
      Plot.lineY(points, { x: 'lead', y: 'middle', stroke: 'var(--ensemble)', strokeWidth: 1.8 }),
      Plot.dot(
        points.filter(({ truth }) => truth !== null),
        { x: 'lead', y: 'truth', fill: 'var(--truth)', r: 2.8 },
      ),
      Plot.ruleY(include, { strokeOpacity: 0 }),
    ],
  });
  return chartText(chart, escapeHtml(description));
}
