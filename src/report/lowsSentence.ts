/** Where the surest and the least sure storm of a forecast will be, and what came, in a sentence. */
import { distanceKm } from '../../core/sphere/distance.js';
import { millisecondsPerHour } from '../../core/time.js';
import { fixAt } from '../../evaluation/cyclones/fixAt.js';
import type { Track } from '../../evaluation/cyclones/track.js';
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

/** Beyond this a low of the truth is another one. */
const nearKm = 1000;

/**
 * None where no storm is had by half of the members at that lead.
 * @param truth tracks of what happened, where that is known
 */
export function lowsSentences(
  forecast: CycloneForecast,
  called: 'storm' | 'low' = 'storm',
  truth: readonly Track[] = [],
): string[] {
  const { leadHours, surest, least } = surestAndLeast(forecast.storms, spokenLead(forecast));
  if (surest === null) return [];
  const time = forecast.start + leadHours * millisecondsPerHour;
  if (least === null)
    return [
      `On ${leadLabel(leadHours)} ${stormName(surest.storm)} will be near ${whereText(surest)}.` +
        happenedText([surest], called, time, truth),
    ];
  return [
    `On ${leadLabel(leadHours)} the surest ${called} will be near ${whereText(surest)}; the least sure near ${whereText(least)}.` +
      happenedText([surest, least], called, time, truth),
  ];
}

function whereText({ storm, at }: PlacedStorm): string {
  const within = Math.max(10, Math.round(at.radiusKm / 10) * 10);
  return (
    `${placeText(at)} (${stormName(storm)}): ${at.members} of ${at.asked} members have it, ` +
    `two thirds of them within ${within} km`
  );
}

/** ' → Then a low lay 70 km from the first place, and one 240 km from the second.', or '' where nothing is known. */
function happenedText(
  places: readonly PlacedStorm[],
  called: string,
  time: number,
  truth: readonly Track[],
): string {
  const fixes = truth.flatMap((track) => fixAt(track, time) ?? []);
  if (fixes.length === 0) return '';
  const [first, second] = places.map(({ at }) => {
    const nearest = Math.min(
      ...fixes.map((fix) => distanceKm(at.latitude, at.longitude, fix.latitude, fix.longitude)),
    );
    return nearest > nearKm ? null : `${Math.round(nearest / 10) * 10} km from`;
  });
  const none = `within ${nearKm} km of`;
  const said = first === null ? `no ${called} lay ${none}` : `a ${called} lay ${first}`;
  if (second === undefined) return ` → Then ${said} there.`;
  return ` → Then ${said} the first place, and ${second === null ? `none ${none}` : `one ${second}`} the second.`;
}
