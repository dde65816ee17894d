/** Where the surest and the least sure storm of a forecast will be, in a sentence each. */
import type { CycloneForecast } from '../tracks/cycloneForecast.js';
import { type PlacedStorm, surestAndLeast } from '../tracks/stormOutlook.js';
import { leadLabel } from './displayUnit.js';
import { nearestLead } from './outlook.js';

import { placeText, stormName } from './stormWords.js';

/** The lead that is spoken of: day 3, or the nearest that there is. */
export function spokenLead({
  stepHours,
  untilHours,
}: Pick<CycloneForecast, 'stepHours' | 'untilHours'>): number {
  const leads: number[] = [];
  for (let lead = stepHours; lead <= untilHours; lead += stepHours) leads.push(lead);
  return leads.length === 0 ? stepHours : nearestLead(leads, 72);
}

/** None where no storm is had by half of the members at that lead. */
export function lowsSentences(forecast: CycloneForecast, called: 'storm' | 'low' = 'storm'): string[] {
  const { leadHours, surest, least } = surestAndLeast(forecast.storms, spokenLead(forecast));
  if (surest === null) return [];
  if (least === null)
    return [`On ${leadLabel(leadHours)} ${stormName(surest.storm)} will be near ${whereText(surest)}.`];
  return [
    `On ${leadLabel(leadHours)} the surest ${called} will be near ${whereText(surest)}; the least sure near ${whereText(least)}.`,
  ];
}

function whereText({ storm, at }: PlacedStorm): string {
  const within = Math.max(10, Math.round(at.radiusKm / 10) * 10);
  return (
    `${placeText(at)} (${stormName(storm)}): ${at.members} of ${at.asked} members have it, ` +
    `two thirds of them within ${within} km`
  );
}
