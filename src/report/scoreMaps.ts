/**
 * Maps of scores, averaged over starts: CRPS, bias, the spread's two sources and the share of one of them, one row a
 * statistic and one map a lead. Fine grids are drawn from means of blocks, which are also the data beside the figure.
 */
import { type Grid, wrapsInLongitude } from '../../core/grid.js';
import type { MapStatistic, ScoreMap, ScoreMaps } from '../../evaluation/scoreMaps.js';
import { type Coarsening, coarsening } from './coarseField.js';
import { type ColourScale, colourBar, growingScale, type Scheme } from './colourScale.js';
import { type DisplayUnit, displayUnit, leadLabel, squaredUnit } from './displayUnit.js';
import { percentOfWeights, shareScale, shareTitle } from './epistemicShare.js';
import { drawMap, mapDefinitions } from './fieldMap.js';
import { dataLinks } from './figureData.js';
import { equalEarthFrame, smallMapWidth } from './globeFrame.js';
import { drawGlobe, globeDefinitions } from './globeMap.js';
import { escapeHtml } from './html.js';
import { mapData } from './mapData.js';
import { mapFrame } from './mapProjection.js';
import { nearestLead } from './outlook.js';
import { leadsOf } from './verification.js';

/** What is drawn: a statistic, or the share that is made of two of them. */
type DrawnStatistic = MapStatistic | 'epistemic_share';

interface MapKind {
  readonly statistic: DrawnStatistic;
  readonly title: string;
  readonly meaning: string;
  readonly scheme: Scheme;
  /** Statistics that share its steps of colour. */
  readonly shared?: readonly MapStatistic[];
}

const sources = ['epistemic_variance', 'aleatoric_variance'] as const;
const kinds: readonly MapKind[] = [
  {
    statistic: 'crps',
    title: 'Fair CRPS',
    meaning: 'how far forecasts lay from what happened; smaller is better',
    scheme: 'viridis',
  },
  {
    statistic: 'bias',
    title: 'Bias',
    meaning: 'mean forecast less what happened: blue too low, brown too high',
    scheme: 'vik',
  },
  { statistic: 'spread', title: 'Spread', meaning: 'standard deviation of the members', scheme: 'plasma' },
  {
    statistic: 'epistemic_variance',
    title: 'Epistemic variance',
    meaning: 'between weight samples: what the model does not know; in the same steps as the aleatoric',
    scheme: 'magma',
    shared: sources,
  },
  {
    statistic: 'aleatoric_variance',
    title: 'Aleatoric variance',
    meaning: 'within weight samples: what the flow leaves open',
    scheme: 'magma',
    shared: sources,
  },
  {
    statistic: 'epistemic_share',
    title: shareTitle,
    meaning: 'of the variance, what the weights account for; the rest is noise',
    scheme: 'plasma',
  },
];

export interface MapDrawing {
  /** Shapes that all maps use; once a page. */
  readonly definitions: string;
  /** HTML of the maps of one channel, or of its CRPS only; empty where there are none. */
  ofChannel(
    channel: { readonly variable: string; readonly level: number | null },
    unit: string,
    kind?: 'all' | 'main',
  ): string;
}

/** Bytes of the page that all maps together may take for their data. */
const dataBudget = 1.7e6;
const bytesPerCell = 12;

/** @param coast whether the world has land */
export function scoreMapDrawing(maps: ScoreMaps, coast: boolean): MapDrawing {
  const points = Math.max(600, dataBudget / bytesPerCell / Math.max(1, drawnMaps(maps.maps)));
  const aspect = maps.grid.longitudes.length / maps.grid.latitudes.length;
  const coarse = coarsening(maps.grid, Math.floor(Math.min(144, Math.sqrt(points * aspect))));
  const atlas = atlasOf(coarse.grid, coast);
  return {
    definitions: atlas.definitions,
    ofChannel: ({ variable, level }, unit, kind = 'all') => {
      const own = maps.maps.filter((map) => map.variable === variable && map.level === level);
      const there = shownKinds(own).filter(({ statistic }) => kind === 'all' || statistic === 'crps');
      const rows = there.map((each) => mapRow(each, own, unit, coarse, atlas));
      return rows.join('');
    },
  };
}

/** Where the two sources of the spread are there, their sum says nothing new. */
function shownKinds(maps: readonly ScoreMap[]): MapKind[] {
  const there = new Set<DrawnStatistic>(maps.map((map) => map.statistic));
  if (sources.every((source) => there.has(source))) there.add('epistemic_share');
  return kinds.filter(
    ({ statistic }) => there.has(statistic) && !(statistic === 'spread' && there.has('epistemic_variance')),
  );
}

/** At most four leads of each statistic and channel. */
function drawnMaps(maps: readonly ScoreMap[]): number {
  const channels = new Set(maps.map(({ variable, level }) => `${variable}/${level}`));
  const leads = new Set(maps.map((map) => map.lead_hours));
  return channels.size * shownKinds(maps).length * Math.min(4, leads.size);
}

interface Atlas {
  readonly definitions: string;
  draw(values: Float64Array, scale: ColourScale, label: string): string;
}

/** The whole Earth on a frame of equal areas, a region on its own. */
function atlasOf(grid: Grid, coast: boolean): Atlas {
  const north = grid.latitudes[0] ?? 0;
  const south = grid.latitudes[grid.latitudes.length - 1] ?? 0;
  if (wrapsInLongitude(grid) && north > 75 && south < -75) {
    const frame = equalEarthFrame('scores', smallMapWidth, 0, coast);
    return {
      definitions: globeDefinitions(frame),
      draw: (values, scale, label) => drawGlobe({ grid, frame, fill: { values, scale }, label }),
    };
  }
  const plain = mapFrame(grid, 360);
  const frame = coast ? plain : { ...plain, coastlines: '' };
  return {
    definitions: mapDefinitions(frame, 'scores'),
    draw: (values, scale, label) => drawMap({ values, grid, frame, scale, lines: false, label }, 'scores'),
  };
}

function mapRow(
  kind: MapKind,
  maps: readonly ScoreMap[],
  unit: string,
  coarse: Coarsening,
  atlas: Atlas,
): string {
  const isShare = kind.statistic === 'epistemic_share';
  const found = maps.filter((map) => map.statistic === (isShare ? sources[0] : kind.statistic));
  const sharing = maps.filter((map) => (kind.shared ?? [kind.statistic]).includes(map.statistic));
  const leads = fourOf(leadsOf(found));
  const shown = leads.flatMap((lead) => found.find((map) => map.lead_hours === lead) ?? []);
  if (!shown.some((map) => map.values.some(Number.isFinite))) return '';
  const display = isShare
    ? { label: '%', factor: 1 }
    : kind.statistic.endsWith('_variance')
      ? squaredUnit(unit)
      : displayUnit(unit);
  const fields = shown.map((map) => (isShare ? shareField(map, maps, coarse) : coarse.field(map.values)));
  const scale = isShare
    ? shareScale()
    : scaleOf(
        kind.scheme,
        sharing.filter((map) => leads.includes(map.lead_hours)).map((map) => coarse.field(map.values)),
        display,
      );
  const figures = shown.map((map, i) => {
    const label = escapeHtml(`${kind.title}, ${leadLabel(map.lead_hours)}`);
    const values = Float64Array.from(fields[i] ?? [], (value) => value * display.factor);
    return `<figure><figcaption>${leadLabel(map.lead_hours)}</figcaption>${atlas.draw(values, scale, label)}</figure>`;
  });
  const first = shown[0];
  // In stored units, like every other table of scores.
  const kept = shown.map(({ lead_hours }, i) => ({
    field: kind.statistic,
    lead_hours,
    values: fields[i] ?? [],
  }));
  const { variable = '', level = null } = first ?? {};
  const metadata = { variable, level: String(level ?? ''), variable_unit: unit };
  const data = mapData(
    coarse.grid,
    kept,
    isShare ? { ...metadata, unit: '%' } : metadata,
    isShare ? 1 : undefined,
  );
  const name = `${variable}${level ?? ''} map ${kind.title}`;
  return (
    `<section class="field"><header><div><h4>${kind.title}</h4><p class="quiet">${kind.meaning}; mean over ${first?.n ?? 0} starts</p></div>` +
    `${colourBar(scale, display.label, escapeHtml(kind.title))}</header><div class="maps">${figures.join('')}</div>` +
    `${dataLinks(data, name, name)}</section>`
  );
}

/** Of the means over starts and blocks, %. @param epistemic the map of that source */
function shareField(epistemic: ScoreMap, maps: readonly ScoreMap[], coarse: Coarsening): Float32Array {
  const noise = maps.find(
    (map) => map.statistic === 'aleatoric_variance' && map.lead_hours === epistemic.lead_hours,
  );
  const aleatoric = coarse.field(noise?.values ?? []);
  return coarse
    .field(epistemic.values)
    .map((value, i) => percentOfWeights(value, aleatoric[i] ?? Number.NaN));
}

/** Four at most: what there is nearest to the leads of the other figures. */
function fourOf(leads: readonly number[]): number[] {
  if (leads.length <= 4) return [...leads];
  const last = leads[leads.length - 1] ?? 0;
  const near = [...new Set([24, 72, 120, last].map((lead) => nearestLead(leads, lead)))];
  return near.length === 4
    ? near
    : [0, 1, 2, 3].flatMap((i) => leads[Math.round((i * (leads.length - 1)) / 3)] ?? []);
}

/** Steps of colour over all fields, which grow as errors do from lead to lead. */
function scaleOf(scheme: Scheme, fields: readonly Float32Array[], { factor }: DisplayUnit): ColourScale {
  let [low, high] = [0, 0];
  for (const field of fields) {
    for (const value of field) {
      if (value * factor < low) low = value * factor;
      if (value * factor > high) high = value * factor;
    }
  }
  const size = Math.max(-low, high);
  return growingScale(size, scheme);
}
