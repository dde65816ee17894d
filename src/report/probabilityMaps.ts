/** Maps of probabilities: the share of the members that have an event, with a line around where it did happen. */
import { type Atlas, caption } from './atlas.js';
import { colourScale, type Scheme } from './colourScale.js';
import { leadLabel } from './displayUnit.js';
import { drawGlobe } from './globeMap.js';
import { type DrawnField, mapData } from './mapData.js';
import { mapRow } from './mapRow.js';
import { shareOf } from './outlook.js';
import type { Quantity } from './quantities.js';

/** What an event is: a quantity, the side of a threshold, and words. */
export interface MapEvent {
  readonly quantity: Quantity;
  readonly title: string;
  readonly meaning: string;
  readonly scheme: Scheme;
  readonly side: 'above' | 'below';
  threshold(point: number): number;
}

/** Share of the members that have the event, with a line around the places where it did happen. */
export async function probabilityRow(
  { fields, grid, frame, leads }: Atlas,
  event: MapEvent,
): Promise<string> {
  const { quantity, side } = event;
  const sign = side === 'above' ? 1 : -1;
  const scale = colourScale(0, 100, event.scheme, 10);
  const maps: { caption: string; svg: string }[] = [];
  const kept: DrawnField[] = [];
  let known = false;
  for (const lead of leads) {
    const members = await fields.members(quantity, lead);
    const excess = {
      ...members,
      values: members.values.map((value, i) => sign * (value - event.threshold(i % members.points))),
    };
    const share = shareOf(excess, (value) => value >= 0).map((each) => 100 * each);
    const truth = await fields.truth(quantity, lead);
    known ||= truth !== null;
    const excessOfTruth = truth?.map((value, i) => sign * (value - event.threshold(i)));
    kept.push({ field: 'probability', lead_hours: lead, values: share });
    if (excessOfTruth !== undefined)
      kept.push({
        field: 'happened',
        lead_hours: lead,
        values: excessOfTruth.map((value) => (Number.isNaN(value) ? value : Number(value >= 0))),
      });
    maps.push({
      caption: caption(fields, lead),
      svg: drawGlobe({
        grid,
        frame,
        fill: { values: share, scale },
        ...(excessOfTruth ? { lines: { values: excessOfTruth, bounds: [0] } } : {}),
        label: `probability of ${event.title}, ${leadLabel(lead)}`,
      }),
    });
  }
  return mapRow({
    title: `Probability: ${event.title}`,
    meaning: `${event.meaning}${known ? '; line: where it happened' : ''}`,
    scale,
    unit: '%',
    maps,
    data: mapData(grid, kept, { event: event.title, unit: '%' }, 0),
  }).replace('class="field"', 'class="field probability"');
}
