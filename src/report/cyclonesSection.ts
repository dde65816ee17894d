/**
 * The page's part on cyclones: what is surest and least sure in a sentence, all tracks on one map, and the storms one by
 * one: all where they are few, else those two that the sentence speaks of.
 */
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import type { Storm } from '../../evaluation/cyclones/track.js';
import type { CycloneForecast } from '../tracks/cycloneForecast.js';
import { surestAndLeast } from '../tracks/stormOutlook.js';
import { colourBar } from './colourScale.js';
import { dataLinks, type FigureData, tableData } from './figureData.js';
import { escapeHtml } from './html.js';
import { intensityScale } from './intensityScale.js';
import { lowsSentences, spokenLead } from './lowsSentence.js';
import { type Drawing, intensityWords, stormDrawings } from './stormDrawings.js';
import { stormName } from './stormWords.js';
import { trackFrame } from './trackFrame.js';
import { trackSpaghetti } from './trackSpaghetti.js';

/** Storms that are all shown. */
const few = 3;

export interface SectionOptions {
  readonly radiusKm: number;
  /** Whether the world has land. */
  readonly coast: boolean;
}

/** HTML; a sentence alone where no member has a cyclone. */
export function cyclonesSection(forecast: CycloneForecast, options: SectionOptions): string {
  const { ensemble, storms } = forecast;
  const members = ensemble.members.length;
  const heading = '<h2>Cyclones</h2>';
  if (storms.length === 0) return `${heading}<p>None is found in any of the ${members} members.</p>`;
  const sentences = lowsSentences(forecast).map((text) => `<p class="key">${escapeHtml(text)}</p>`);
  const shown = shownStorms(forecast);
  return `${heading}${sentences.join('')}${storms.length > 1 ? allTracks(forecast, options.coast) : ''}${shown
    .map((storm) => stormPart(storm, forecast, options))
    .join('')}`;
}

/** Storms that are drawn one by one, those of a single fix left out. */
export function shownStorms(forecast: CycloneForecast): Storm[] {
  const drawable = forecast.storms.filter(({ tracks }) => tracks.some(({ track }) => track.fixes.length > 1));
  if (drawable.length <= few) return drawable;
  const { surest, least } = surestAndLeast(forecast.storms, spokenLead(forecast));
  const spoken = [surest, least].flatMap((each) => (each === null ? [] : [each.storm]));
  return spoken.length > 0 ? spoken : drawable.slice(0, 1);
}

function allTracks({ start, storms, ensemble }: CycloneForecast, coast: boolean): string {
  const scale = intensityScale(storms);
  const places = storms.flatMap(({ tracks }) => tracks.flatMap(({ track }) => track.fixes));
  const title = 'Cyclones of all members';
  const label = `tracks of all cyclones in ${ensemble.members.length} members`;
  const map = trackSpaghetti(trackFrame(places, 1080, coast), storms, scale, label);
  return (
    `<section class="field"><header><div><h3>${title}</h3><p class="quiet">${storms.length} storms, ` +
    `each in as many of the ${ensemble.members.length} members as have it. ${intensityWords(scale)}</p></div>` +
    `${colourBar(scale.scale, scale.unit, scale.what)}</header>${map}${dataLinks(fixesOf(storms, start), 'cyclone tracks', title)}</section>`
  );
}

function stormPart(storm: Storm, { start, stepHours }: CycloneForecast, options: SectionOptions): string {
  const name = stormName(storm);
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const figures = stormDrawings(storm, { stepHours, ...options }).map(
    ({ title: head, text, svg, bar }: Drawing) =>
      `<figure><h4>${escapeHtml(head)}</h4><p class="quiet">${escapeHtml(text)}</p>${svg}${bar}</figure>`,
  );
  return (
    `<section class="field"><h3>${escapeHtml(title)}</h3><div class="charts">${figures.join('')}</div>` +
    `${dataLinks(fixesOf([storm], start), `tracks of ${name}`, title)}</section>`
  );
}

/** Every fix of the storms, units in the names of the columns. */
function fixesOf(storms: readonly Storm[], start: number): FigureData {
  const rows = storms.flatMap((storm) =>
    storm.tracks.flatMap(({ member, track }) => track.fixes.map((fix) => ({ storm: storm.id, member, fix }))),
  );
  const numbers = (name: string, value: (row: (typeof rows)[number]) => number) => ({
    name,
    type: 'float64' as const,
    values: rows.map(value),
  });
  return tableData(
    [
      { name: 'storm', type: 'utf8', values: rows.map(({ storm }) => storm) },
      { name: 'member', type: 'int32', values: rows.map(({ member }) => member) },
      numbers('lead_hours', ({ fix }) => (fix.time - start) / millisecondsPerHour),
      numbers('latitude', ({ fix }) => Number(fix.latitude.toFixed(3))),
      numbers('longitude', ({ fix }) => Number(fix.longitude.toFixed(3))),
      numbers('msl_pa', ({ fix }) => Math.round(fix.pressure)),
      numbers('wind_m_s', ({ fix }) => Number(fix.wind.toFixed(2))),
    ],
    { start: formatTime(start) },
  );
}
