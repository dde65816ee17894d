/** Storms on a screen: a line each, the surest and the least sure, and lead by lead where there are few. */
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import type { IntensityShares } from '../../evaluation/cyclones/products/intensityProbability.js';
import { rapid } from '../../evaluation/cyclones/products/rapidIntensification.js';
import { intensityClass, intensityClasses } from '../../evaluation/cyclones/saffirSimpson.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import { percent } from '../report/diagramFrame.js';
import { lowsSentences } from '../report/lowsSentence.js';
import { placeText } from '../report/stormWords.js';
import type { CycloneForecast } from './cycloneForecast.js';
import {
  type LeadOutlook,
  type MemberRange,
  type StormOutlook,
  shownLeads,
  stormOutlook,
} from './stormOutlook.js';
import type { StrikeAnswer } from './strikeOption.js';
import { table } from './textTable.js';

/** Lines of a table; files have the rest. */
const mostLines = 20;
/** Storms that are told lead by lead. */
const mostDetailed = 3;

/** @param radiusKm of strikes */
export function forecastText(forecast: CycloneForecast, radiusKm: number): string {
  const { start, ensemble, storms, stepHours, untilHours } = forecast;
  const members = ensemble.members.length;
  const lone = storms.filter(({ tracks }) => tracks.length === 1).length;
  const tracks = ensemble.members.reduce((sum, each) => sum + each.tracks.length, 0);
  const head =
    `from ${formatTime(start)}, ${untilHours} h, ${members} member${members === 1 ? '' : 's'}: ` +
    `${count(tracks, 'track')} in ${count(storms.length, 'storm')}${lone > 0 && members > 1 ? `, ${lone} of them in one member alone` : ''}`;
  if (storms.length === 0) return `${head}\n  no cyclone in any member`;
  const shown = storms.slice(0, mostLines).map((storm) => stormOutlook(storm, { stepHours, radiusKm }));
  const rest = storms.length - shown.length;
  const lines = [
    head,
    ...summaryLines(shown),
    ...(rest > 0 ? [`… and ${count(rest, 'storm')} that fewer members have`] : []),
  ];
  if (storms.length <= mostDetailed) {
    for (const outlook of shown) lines.push(...leadLines(outlook, radiusKm));
  }
  return [...lines, ...(members > 1 ? lowsSentences(forecast) : [])].join('\n');
}

function summaryLines(outlooks: readonly StormOutlook[]): string[] {
  const rows = outlooks.map(({ storm, leads, lowestPressure, strongestWind }) => {
    const placed = leads.filter(({ latitude }) => !Number.isNaN(latitude));
    const [first, last] = [placed[0], placed.at(-1)];
    const likely = placed.filter((lead) => lead.leadHours > (first?.leadHours ?? 0));
    return [
      storm.name === null || storm.name === storm.id ? storm.id : `${storm.id} ${storm.name}`,
      `${storm.tracks.length}/${storm.members}`,
      first ? `${first.leadHours} h ${placeText(first)}` : '–',
      last && last !== first ? `${last.leadHours} h ${placeText(last)}` : '–',
      rangeText(lowestPressure, 0.01, 0),
      rangeText(strongestWind, 1, 0),
      likely.length === 0
        ? '–'
        : percent(likely.reduce((sum, { strike }) => sum + strike, 0) / likely.length),
    ];
  });
  const heads = ['storm', 'members', 'mean from', 'mean to', 'lowest hPa', 'wind m/s', 'strike'];
  return [
    ...table(heads, rows),
    'members: that have it; pressure and wind: median of the members’ extremes (range); strike: mean along the mean track',
  ];
}

function rangeText({ lowest, median, highest }: MemberRange, factor: number, digits: number): string {
  if (Number.isNaN(median)) return '–';
  const text = (value: number): string => (factor * value).toFixed(digits);
  return lowest === highest ? text(median) : `${text(median)} (${text(lowest)}–${text(highest)})`;
}

function leadLines({ storm, leads, rapidIntensification }: StormOutlook, radiusKm: number): string[] {
  const placed = shownLeads(leads);
  if (placed.length === 0) return [];
  const rows = placed.map((lead: LeadOutlook) => [
    `${lead.leadHours} h`,
    placeText(lead),
    `${lead.members}/${lead.asked}`,
    Number.isNaN(lead.radiusKm) ? '–' : lead.radiusKm.toFixed(0),
    ellipseText(lead),
    Number.isNaN(lead.pressure) ? '–' : (lead.pressure / 100).toFixed(0),
    Number.isNaN(lead.wind) ? '–' : lead.wind.toFixed(0),
    likeliestClass(lead.intensity),
    percent(lead.strike),
  ]);
  const heads = [
    'lead',
    'mean place',
    'members',
    '2/3 within km',
    'ellipse km',
    'hPa',
    'wind m/s',
    'class',
    `strike ${radiusKm} km`,
  ];
  return [
    '',
    `storm ${storm.id}${storm.name === null || storm.name === storm.id ? '' : ` ${storm.name}`}`,
    ...table(heads, rows),
    ...(rapidIntensification && rapidIntensification.counts > 0
      ? [
          `  rapid intensification, ${rapid.riseKnots} kt or more in ${rapid.withinHours} h at any time: ${percent(rapidIntensification.probability)}, ` +
            `${rapidIntensification.counts} of ${rapidIntensification.asked} members`,
        ]
      : []),
  ];
}

/** Half-axes, and where the longer one points. */
function ellipseText({ ellipse }: LeadOutlook): string {
  if (ellipse === null || Number.isNaN(ellipse.majorKm)) return '–';
  const { majorKm, minorKm, bearing } = ellipse;
  const axes = `${majorKm.toFixed(0)}×${minorKm.toFixed(0)}`;
  return majorKm < 1 ? axes : `${axes} at ${bearing.toFixed(0)}°`;
}

/** With its share of the members asked. */
function likeliestClass({ classes }: IntensityShares): string {
  const most = classes.reduce((a, b) => Math.max(a, b));
  return most > 0 ? `${intensityClasses[classes.indexOf(most)]!.name} ${percent(most)}` : '–';
}

function className(wind: number): string {
  return intensityClasses[intensityClass(wind)]?.name ?? '';
}

export function strikeText({
  latitude,
  longitude,
  radiusKm,
  start,
  probability,
  members,
  asked,
  storms,
}: StrikeAnswer): string {
  const named = storms.map(({ id, name, probability: p }) => `${name ?? `storm ${id}`} ${percent(p)}`);
  return (
    `a cyclone within ${radiusKm} km of ${placeText({ latitude, longitude })}, from ${formatTime(start)}: ` +
    `${percent(probability)}, ${members} of ${asked} members${named.length > 0 ? ` (${named.slice(0, 5).join(', ')})` : ''}`
  );
}

/** Best tracks, and tracks found in analyses. */
export function bestTracksText(tracks: readonly Track[]): string {
  const rows = tracks.slice(0, mostLines).map(({ id, name, fixes }) => {
    const [first, last] = [fixes[0]!, fixes.at(-1)!];
    const pressures = fixes.map(({ pressure }) => pressure).filter((value) => !Number.isNaN(value));
    const winds = fixes.map(({ wind }) => wind).filter((value) => !Number.isNaN(value));
    const wind = winds.length === 0 ? Number.NaN : winds.reduce((a, b) => Math.max(a, b));
    return [
      id,
      name ?? '–',
      formatTime(first.time),
      `${((last.time - first.time) / millisecondsPerHour).toFixed(0)} h`,
      String(fixes.length),
      `${placeText(first)} to ${placeText(last)}`,
      pressures.length === 0 ? '–' : (pressures.reduce((a, b) => Math.min(a, b)) / 100).toFixed(0),
      winds.length === 0 ? '–' : `${wind.toFixed(0)} ${className(wind)}`,
    ];
  });
  const rest = tracks.length - rows.length;
  const heads = ['storm', 'name', 'from', 'lasts', 'fixes', 'way', 'lowest hPa', 'wind m/s'];
  return [...table(heads, rows), ...(rest > 0 ? [`… and ${count(rest, 'storm')} more`] : [])].join('\n');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
