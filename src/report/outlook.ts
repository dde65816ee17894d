/**
 * What is likely to happen, as shares of the members: the jet, the wind near the ground, the deepest low. Each with its
 * place, and with what did happen where that is known.
 */
import { quantile } from 'simple-statistics';
import type { Grid } from '../../core/grid.js';
import { distanceKm } from '../../core/sphere/distance.js';
import { leadLabel } from './displayUnit.js';
import { type Place, placeName, placeOf } from './places.js';
import type { ForecastFields, MemberField, Quantity } from './quantities.js';

export interface Prospect {
  readonly kind: 'jet' | 'wind' | 'low';
  readonly title: string;
  /** One sentence with its probabilities. */
  readonly text: string;
  /** What happened, as a sentence; null when nobody knows. */
  readonly happened: string | null;
}

/** Lower bounds of Beaufort's classes, m s⁻¹ (WMO 1970): strong breeze to hurricane force. */
export const beaufort = [
  { speed: 10.8, name: 'strong breeze' },
  { speed: 13.9, name: 'near gale' },
  { speed: 17.2, name: 'gale' },
  { speed: 20.8, name: 'strong gale' },
  { speed: 24.5, name: 'storm' },
  { speed: 28.5, name: 'violent storm' },
  { speed: 32.7, name: 'hurricane force' },
] as const;
export const galeSpeed = 17.2;
/** A share of members worth a headline. */
const notable = 0.25;
/** Lows this near to each other are one. */
const sameLowKm = 1000;

/** Share of the members that a yes/no question is true for, at every point: [point]. */
export function shareOf(field: MemberField, isTrue: (value: number) => boolean): Float64Array {
  const share = new Float64Array(field.points);
  for (let m = 0; m < field.members; m++)
    for (let p = 0; p < field.points; p++)
      if (isTrue(field.values[m * field.points + p]!)) share[p]! += 1 / field.members;
  return share;
}

/** The lead of a run that is nearest to one that is wished for. */
export function nearestLead(leadsHours: readonly number[], wished: number): number {
  return leadsHours.reduce((best, lead) => (Math.abs(lead - wished) < Math.abs(best - wished) ? lead : best));
}

/** @returns the prospects that the run's quantities allow, in the order of reading */
export async function outlook(fields: ForecastFields, grid: Grid): Promise<Prospect[]> {
  const found = [await jet(fields, grid), await wind(fields, grid), await low(fields, grid)];
  return found.filter((each) => each !== null);
}

/** The round speed that half of the members exceed somewhere. */
async function jet(fields: ForecastFields, grid: Grid): Promise<Prospect | null> {
  const quantity = fields.quantity('wind250');
  if (!quantity) return null;
  const lead = nearestLead(fields.leadsHours, 72);
  const field = await fields.members(quantity, lead);
  const highest = extremes(field, 'highest').map(({ value }) => value);
  const threshold = 5 * Math.floor(quantile(highest, 0.5) / 5);
  const share = shareOf(field, (value) => value > threshold);
  const best = indexOfHighest(share);
  const truth = await fields.truth(quantity, lead);
  return {
    kind: 'jet',
    title: 'Jet stream',
    text:
      `On ${leadLabel(lead)} the wind at 250 hPa exceeds ${threshold} m/s somewhere in ` +
      `${percent(highest.filter((value) => value > threshold).length / field.members)} of the members, ` +
      `most often near ${placeName(placeOf(grid, best))} (${percent(share[best]!)}).`,
    happened: truth && peak(truth, quantity, grid, 'It reached'),
  };
}

/** The highest class of wind that a quarter of the members have at one place on one day. */
async function wind(fields: ForecastFields, grid: Grid): Promise<Prospect | null> {
  const quantity = fields.quantity('wind10');
  if (!quantity) return null;
  const best = beaufort.map(() => ({ share: 0, point: 0, lead: fields.leadsHours[0]! }));
  for (const lead of fields.leadsHours) {
    const field = await fields.members(quantity, lead);
    for (const [i, { speed }] of beaufort.entries()) {
      const share = shareOf(field, (value) => value >= speed);
      const point = indexOfHighest(share);
      if (share[point]! > best[i]!.share) best[i] = { share: share[point]!, point, lead };
    }
  }
  const above = best.findLastIndex(({ share }) => share >= notable);
  const gale = beaufort.findIndex(({ speed }) => speed === galeSpeed);
  const shown = Math.max(above, 0);
  const { name, speed } = beaufort[shown]!;
  const { share, point, lead } = best[shown]!;
  const calm =
    above >= gale
      ? ''
      : best[gale]!.share === 0
        ? 'No member has a gale (17.2 m/s) at 10 m. '
        : `A gale (17.2 m/s at 10 m) is unlikely: in at most ${percent(best[gale]!.share)} of the members at any place. `;
  const truth = await fields.truth(quantity, lead);
  const place = placeName(placeOf(grid, point));
  return {
    kind: 'wind',
    title: 'Wind near the ground',
    text:
      share === 0
        ? `${calm}Nor a strong breeze (10.8 m/s).`
        : `${calm}${capital(name)} (${speed} m/s or more at 10 m) is likeliest near ${place} on ${leadLabel(lead)}: ${percent(share)} of the members.`,
    happened: truth && share > 0 ? `There it was ${truth[point]!.toFixed(0)} m/s.` : null,
  };
}

/** Depth and place of every member's deepest low. */
async function low(fields: ForecastFields, grid: Grid): Promise<Prospect | null> {
  const quantity = fields.quantity('msl');
  if (!quantity) return null;
  const lead = nearestLead(fields.leadsHours, 120);
  const lows = extremes(await fields.members(quantity, lead), 'lowest');
  const depths = lows.map(({ value }) => value);
  const places = lows.map(({ point }) => placeOf(grid, point));
  const near = places.map((place) => places.filter((other) => between(place, other) <= sameLowKm).length);
  const centre = indexOfHighest(near);
  const [from, to] = [quantile(depths, 0.1), quantile(depths, 0.9)].map((value) => value.toFixed(0));
  const truth = await fields.truth(quantity, lead);
  return {
    kind: 'low',
    title: 'Deepest low',
    text:
      `On ${leadLabel(lead)} the deepest low has ${from} to ${to} hPa in four members of five, and lies within ` +
      `1000 km of ${placeName(places[centre]!)} in ${percent(near[centre]! / lows.length)} of them.`,
    happened: truth && trough(truth, grid),
  };
}

function peak(truth: Float64Array, quantity: Quantity, grid: Grid, verb: string): string {
  const point = indexOfHighest(truth);
  const unit = quantity.unit === 'm s⁻¹' ? 'm/s' : quantity.unit;
  return `${verb} ${truth[point]!.toFixed(0)} ${unit} near ${placeName(placeOf(grid, point))}.`;
}

function trough(truth: Float64Array, grid: Grid): string {
  const point = indexOfHighest(truth.map((value) => -value));
  return `It had ${truth[point]!.toFixed(0)} hPa near ${placeName(placeOf(grid, point))}.`;
}

/** Every member's highest or lowest value and its point. */
export function extremes(
  field: MemberField,
  which: 'highest' | 'lowest',
): { readonly value: number; readonly point: number }[] {
  const sign = which === 'highest' ? 1 : -1;
  return Array.from({ length: field.members }, (_, m) => {
    const own = field.values.subarray(m * field.points, (m + 1) * field.points);
    const point = indexOfHighest(own, sign);
    return { value: own[point]!, point };
  });
}

function indexOfHighest(values: ArrayLike<number>, sign = 1): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (sign * values[i]! > sign * values[best]!) best = i;
  return best;
}

function between(a: Place, b: Place): number {
  return distanceKm(a.latitude, a.longitude, b.latitude, b.longitude);
}

/** '62 %', '<1 %', with a space that no line breaks at */
export function percent(share: number): string {
  const whole = Math.round(100 * share);
  return `${share > 0 && whole === 0 ? '<1' : whole}\u00a0%`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
