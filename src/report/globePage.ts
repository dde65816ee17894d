/**
 * The page of a global forecast of several variables: four cards that say it all, maps, places. Reads the
 * members; what happened and what is unusual come from an archive where one is given.
 */
import { type Grid, wrapsInLongitude } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import type { Period } from '../../core/period.js';
import type { Schema } from '../../core/schema.js';
import { millisecondsPerHour } from '../../core/time.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import type { Atlas } from './atlas.js';
import { calendar } from './calendar.js';
import { climateThresholds } from './climateThresholds.js';
import { fanCharts } from './fanCharts.js';
import { fourLeads } from './fieldMaps.js';
import { flowByDay } from './flowByDay.js';
import { equalEarthFrame, polarFrame, smallMapWidth } from './globeFrame.js';
import { globeDefinitions } from './globeMap.js';
import { type Headline, headline } from './headline.js';
import { escapeHtml } from './html.js';
import { meanAndTruth, shareRow, spreadRow, stamps } from './memberMaps.js';
import { galeSpeed, nearestLead, outlook, type Prospect } from './outlook.js';
import { probabilityRow } from './probabilityMaps.js';
import { type ForecastFields, forecastFields, quantitiesOf } from './quantities.js';
import type { ReportRun } from './reportRun.js';
import { spaghetti } from './spaghetti.js';

export interface Witness {
  /** What happened, on the run's grid. */
  readonly archive: Archive;
  /** States that say what is usual; none: nothing is called unusual. */
  readonly training?: Period;
}

const jetSpeed = 40;
const polarEdge = 25;

/** True where the page has maps to draw: a global grid, and two quantities or more. */
export function fitsGlobePage(schema: Schema): boolean {
  return isGlobal(schema.grid) && quantitiesOf(schema).length > 1;
}

function isGlobal(grid: Grid): boolean {
  const { latitudes } = grid;
  return wrapsInLongitude(grid) && latitudes[0]! > 75 && latitudes[latitudes.length - 1]! < -75;
}

/** @returns HTML of the page's body below its title */
export async function globePage(
  run: ReportRun,
  scores: readonly ScoreRow[],
  start: number,
  { witness, madeUp }: { readonly witness: Witness | null; readonly madeUp: boolean },
): Promise<string> {
  const { grid } = run.schema;
  const wide = equalEarthFrame('flow', 600, 0, !madeUp);
  const frame = equalEarthFrame('globe', smallMapWidth, 0, !madeUp);
  const polar = polarFrame('polar', 480, polarEdge, 0, !madeUp);
  const fields = forecastFields(run, start, witness?.archive ?? null);
  const atlas: Atlas = { fields, grid, frame, leads: fourLeads(run.leadsHours) };
  const prospects = await outlook(fields, grid);
  const said = headline(run, start, scores, madeUp);
  const parts = [
    [wide, frame, polar].map(globeDefinitions).join(''),
    cards(said, prospects, scores.length > 0),
    `<h2>Forecast from ${calendar(start)}</h2>`,
    await flowByDay({ ...atlas, frame: wide }),
  ];
  const height = fields.quantity('z500');
  if (height) {
    const far = nearestLead(run.leadsHours, 168);
    parts.push(
      '<h2>Where the members agree</h2>',
      await spaghetti(atlas, polar, polarEdge),
      await spreadRow(atlas, height),
      await shareRow(atlas, height, {
        weightSamples: run.manifest.weight_samples,
        noiseStreams: run.manifest.noise_streams,
      }),
      await stamps(atlas, height, far),
    );
  }
  const warmth = fields.quantity('t850');
  if (warmth) {
    parts.push(
      '<h2>Temperature</h2>',
      await meanAndTruth(atlas, warmth, { scheme: 'batlow', steps: 14 }),
      await unusualTemperatures(atlas, witness, madeUp),
    );
  }
  const pressure = fields.quantity('msl');
  if (pressure) {
    parts.push(
      '<h2>Pressure and wind</h2>',
      await meanAndTruth(atlas, pressure, { scheme: 'viridis', steps: 12, interval: 5 }),
    );
  }
  parts.push(await strongWinds(atlas), await places(fields, grid, madeUp));
  return parts.join('\n');
}

function cards(said: Headline, prospects: readonly Prospect[], verified: boolean): string {
  const text = (lines: readonly string[]): string =>
    lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('');
  const card = (title: string, body: string): string =>
    `<section class="card-box"><h2>${title}</h2>${body}</section>`;
  const none = '<p>Not verified yet: plume verify adds the scores.</p>';
  const likely = prospects.map(
    ({ title, text: what, happened }) =>
      `<p><strong>${escapeHtml(title)}.</strong> ${escapeHtml(what)}${happened ? ` <span class="happened">${escapeHtml(happened)}</span>` : ''}</p>`,
  );
  const good =
    text(said.good) +
    (said.good.length > 0
      ? '<p class="quiet">Skill: fair CRPS against climatology; 1 is perfect, 0 no better.</p>'
      : '');
  return (
    '<div class="cards">' +
    card('What was run', text([said.run, ...(said.world ? [said.world] : [])])) +
    card('How good', verified ? good : none) +
    card('How sure', verified ? text(said.sure) : none) +
    card('What is likely', likely.join('')) +
    '</div>'
  );
}

async function unusualTemperatures(
  atlas: Atlas,
  witness: Witness | null,
  symmetric: boolean,
): Promise<string> {
  const quantity = atlas.fields.quantity('t2m') ?? atlas.fields.quantity('t850');
  if (!quantity || !witness?.training) return '';
  const validTime = atlas.fields.start + atlas.leads[1]! * millisecondsPerHour;
  const options = { symmetric, validTime };
  const limits = await climateThresholds(witness.archive, witness.training, quantity, [0.1, 0.9], options);
  if (!limits) return '';
  const [cold, warm] = [limits[0]!, limits[1]!];
  const one = { quantity };
  return (
    (await probabilityRow(atlas, {
      ...one,
      title: `unusual warmth (${quantity.spoken})`,
      meaning: 'share of the members above what one day in ten exceeds',
      scheme: 'orrd',
      side: 'above',
      threshold: (point) => warm[point]!,
    })) +
    (await probabilityRow(atlas, {
      ...one,
      title: `unusual cold (${quantity.spoken})`,
      meaning: 'share of the members below what one day in ten undercuts',
      scheme: 'blues',
      side: 'below',
      threshold: (point) => cold[point]!,
    }))
  );
}

async function strongWinds(atlas: Atlas): Promise<string> {
  const [low, high] = [atlas.fields.quantity('wind10'), atlas.fields.quantity('wind250')];
  const near = low
    ? await probabilityRow(atlas, {
        quantity: low,
        title: `gale, 10-metre wind of ${galeSpeed} m s⁻¹ or more`,
        meaning: 'share of the members',
        scheme: 'bupu',
        side: 'above',
        threshold: () => galeSpeed,
      })
    : '';
  const aloft = high
    ? await probabilityRow(atlas, {
        quantity: high,
        title: `jet, wind at 250 hPa above ${jetSpeed} m s⁻¹`,
        meaning: 'share of the members',
        scheme: 'bupu',
        side: 'above',
        threshold: () => jetSpeed,
      })
    : '';
  return near + aloft;
}

async function places(fields: ForecastFields, grid: Grid, madeUp: boolean): Promise<string> {
  const drawn = await fanCharts(fields, grid, madeUp);
  return drawn === '' ? '' : `<h2>At four places</h2>${drawn}`;
}
