/**
 * The maps of one channel: mean, spread, the two variances and the share of one of them, one row a field and one map a
 * lead, every row in its own steps of colour. Fields come from the members themselves, one lead in memory at a time.
 */
import { channelName } from '../../core/schema.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { decomposeVariance } from '../../core/statistics/varianceDecomposition.js';
import { millisecondsPerHour } from '../../core/time.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { shortCalendar } from './calendar.js';
import { colourBar, colourScale, type Scheme } from './colourScale.js';
import { type DisplayUnit, displayUnit, leadLabel, squaredUnit } from './displayUnit.js';
import { epistemicShare, shareMeaning, shareScale, shareTitle } from './epistemicShare.js';
import { drawMap } from './fieldMap.js';
import { dataLinks } from './figureData.js';
import { escapeHtml } from './html.js';
import { mapData } from './mapData.js';
import type { MapFrame } from './mapProjection.js';

type FieldName = 'mean' | 'spread' | 'epistemic' | 'aleatoric' | 'epistemic share';
type Fields = Readonly<Record<FieldName, Float64Array>>;

interface FieldKind {
  readonly name: FieldName;
  readonly title: string;
  readonly meaning: string;
  readonly scheme: Scheme;
  /** Steps of colour, about. */
  readonly steps: number;
}

const kinds: readonly FieldKind[] = [
  { name: 'mean', title: 'Mean', meaning: 'average of all members', scheme: 'viridis', steps: 18 },
  {
    name: 'spread',
    title: 'Spread',
    meaning: 'standard deviation of the members',
    scheme: 'plasma',
    steps: 12,
  },
  {
    name: 'epistemic',
    title: 'Epistemic variance',
    meaning: 'between weight samples: what the model does not know',
    scheme: 'magma',
    steps: 12,
  },
  {
    name: 'aleatoric',
    title: 'Aleatoric variance',
    meaning: 'within weight samples: what the flow leaves open',
    scheme: 'magma',
    steps: 12,
  },
  { name: 'epistemic share', title: shareTitle, meaning: shareMeaning, scheme: 'plasma', steps: 10 },
];

/** Leads shown where the run has them; else about four, evenly spread. */
export function mapLeads(
  leadsHours: readonly number[],
  wanted: readonly number[] = [24, 72, 120, 168],
): number[] {
  const found = wanted.filter((lead) => leadsHours.includes(lead));
  if (found.length >= Math.min(2, leadsHours.length)) return found;
  const count = Math.min(4, leadsHours.length);
  const indices = Array.from({ length: count }, (_, i) =>
    Math.round((i * (leadsHours.length - 1)) / Math.max(1, count - 1)),
  );
  return [...new Set(indices)].map((i) => leadsHours[i]!);
}

/** Four leads from the first to the last: days 1, 3, 5 and 10 of ten. */
export function fourLeads(leadsHours: readonly number[]): number[] {
  return mapLeads(leadsHours, [24, 72, 120, Math.max(leadsHours[leadsHours.length - 1] ?? 0, 168)]);
}

/** HTML of the maps of one channel. */
export async function fieldMaps(
  run: EnsembleSource,
  channelIndex: number,
  start: number,
  leads: readonly number[],
  frame: MapFrame,
  frameId: string,
): Promise<string> {
  const fields: Fields[] = [];
  for (const lead of leads) fields.push(await fieldsOf(run, start, lead, channelIndex));
  const channel = run.schema.channels[channelIndex]!;
  const { unit } = channel;
  const sections = kinds.map((kind) => {
    const { label, factor } = unitOf(kind, unit);
    const shown = fields.map((each) => each[kind.name].map((value) => value * factor));
    const finite = shown.flatMap((each) => [...each].filter(Number.isFinite));
    // A run of one member has no spread, one without a nested design no two variances.
    if (finite.length === 0) return '';
    const lowest = kind.name === 'mean' ? lowestOf(finite) : 0;
    const scale =
      kind.name === 'epistemic share'
        ? shareScale()
        : colourScale(lowest, highestOf(finite), kind.scheme, kind.steps);
    const maps = shown.map((values, i) => {
      const lead = leads[i]!;
      const validTime = shortCalendar(start + lead * millisecondsPerHour);
      const name = `${kind.title}, ${leadLabel(lead)}`;
      const drawn = drawMap(
        { values, grid: run.schema.grid, frame, scale, lines: kind.name === 'mean', label: escapeHtml(name) },
        frameId,
      );
      return `<figure><figcaption>${leadLabel(lead)} · ${validTime}</figcaption>${drawn}</figure>`;
    });
    const kept = shown.map((values, i) => ({ field: kind.name, lead_hours: leads[i] ?? 0, values }));
    const data = mapData(run.schema.grid, kept, { variable: channelName(channel), unit: label });
    const name = `${channelName(channel)} ${kind.title}`;
    return (
      `<section class="field"><header><div><h3>${kind.title}</h3><p class="quiet">${kind.meaning}</p></div>` +
      `${colourBar(scale, label, kind.title)}</header><div class="maps">${maps.join('')}</div>${dataLinks(data, name, name)}</section>`
    );
  });
  return sections.join('');
}

async function fieldsOf(
  run: EnsembleSource,
  start: number,
  lead: number,
  channelIndex: number,
): Promise<Fields> {
  const { values, members } = await run.readMembers(start, lead, channelIndex);
  const points = values.length / members.length;
  const make = () => new Float64Array(points).fill(Number.NaN);
  const [mean, spread, epistemic, aleatoric] = [make(), make(), make(), make()];
  let share: Float64Array = make();
  memberMoments(values, members.length, mean, spread);
  const { weight_samples: weightSamples, noise_streams: noiseStreams } = run.manifest;
  if (members.length === weightSamples * noiseStreams && weightSamples > 1 && noiseStreams > 1) {
    const design = { weightSamples, noiseStreams };
    decomposeVariance(values, design, epistemic, aleatoric);
    share = epistemicShare(values, design, run.schema.grid);
  }
  return { mean, spread: spread.map(Math.sqrt), epistemic, aleatoric, 'epistemic share': share };
}

function unitOf({ name }: FieldKind, unit: string): DisplayUnit {
  if (name === 'epistemic share') return { label: '%', factor: 1 };
  return name === 'epistemic' || name === 'aleatoric' ? squaredUnit(unit) : displayUnit(unit);
}

function lowestOf(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

function highestOf(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
}
