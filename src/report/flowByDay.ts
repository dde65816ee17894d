/**
 * The flow day by day: jets in colour, heights as lines, forecast and truth side by side. Days are chosen by buttons of a form
 * that needs no script; paper shows the one chosen.
 */
import { type Atlas, caption, heightInterval, levelsOver, meanOf, scaleOver } from './atlas.js';
import { colourBar } from './colourScale.js';
import { leadLabel } from './displayUnit.js';
import { dataLinks } from './figureData.js';
import { drawGlobe } from './globeMap.js';
import { type DrawnField, mapData } from './mapData.js';
import { nearestLead } from './outlook.js';

/** HTML; empty where the run has no wind at 250 hPa or no height at 500 hPa. */
export async function flowByDay({ fields, grid, frame }: Atlas): Promise<string> {
  const wind = fields.quantity('wind250');
  const height = fields.quantity('z500');
  if (!wind || !height) return '';
  const shown: {
    lead: number;
    fill: Float64Array;
    lines: Float64Array;
    truth: [Float64Array, Float64Array] | null;
  }[] = [];
  for (const lead of fields.leadsHours) {
    const [fill, lines] = [
      meanOf(await fields.members(wind, lead)),
      meanOf(await fields.members(height, lead)),
    ];
    const [windTruth, heightTruth] = [await fields.truth(wind, lead), await fields.truth(height, lead)];
    shown.push({ lead, fill, lines, truth: windTruth && heightTruth ? [windTruth, heightTruth] : null });
  }
  const fills = shown.flatMap(({ fill, truth }) => (truth ? [fill, truth[0]] : [fill]));
  const scale = scaleOver(fills, 'inferno', 10, 0);
  const bounds = levelsOver(
    shown.map(({ lines }) => lines),
    heightInterval,
  );
  const chosen = nearestLead(fields.leadsHours, 72);
  const draw = (values: Float64Array, lines: Float64Array, label: string): string =>
    drawGlobe({ grid, frame, fill: { values, scale }, lines: { values: lines, bounds }, label });
  const panels = shown.map(({ lead, fill, lines, truth }) => {
    const forecast = draw(fill, lines, `forecast for ${leadLabel(lead)}`);
    const happened = truth
      ? `<figure><figcaption>what happened</figcaption>${draw(...truth, `what happened on ${leadLabel(lead)}`)}</figure>`
      : '';
    return `<div class="day day-${lead}${truth ? '' : ' alone'}"><figure><figcaption>${caption(fields, lead)}: mean of the members</figcaption>${forecast}</figure>${happened}</div>`;
  });
  const title = 'The flow, day by day';
  const kept = shown.flatMap(({ lead, fill, lines, truth }): DrawnField[] => {
    const field = (name: string, values: Float64Array) => ({ field: name, lead_hours: lead, values });
    const means = [field('wind250_mean', fill), field('z500_mean', lines)];
    if (truth === null) return means;
    const [windTruth, heightTruth] = truth;
    return [...means, field('wind250_truth', windTruth), field('z500_truth', heightTruth)];
  });
  const units = { wind_unit: wind.unit, height_unit: height.unit };
  const buttons = fields.leadsHours.map(
    (lead) =>
      `<input type="radio" name="day" id="day-${lead}"${lead === chosen ? ' checked' : ''}>` +
      `<label for="day-${lead}">${leadLabel(lead)}</label>`,
  );
  const rules = fields.leadsHours.map((lead) => `#day-${lead}:checked ~ .days .day-${lead}`).join(',');
  return (
    `<section class="field flow"><style>${rules}{display:grid}</style><header><div><h3>${title}</h3>` +
    `<p class="quiet">Colour: wind at 250 hPa, the jet streams. Lines: height of the 500 hPa surface every ${heightInterval} dam. ` +
    'The mean of the members grows smooth where they part ways.</p></div>' +
    `${colourBar(scale, wind.unit, 'wind at 250 hPa')}</header><div class="chooser">${buttons.join('')}<div class="days">${panels.join('')}</div></div>${dataLinks(mapData(grid, kept, units, 1), title, title)}</section>`
  );
}
