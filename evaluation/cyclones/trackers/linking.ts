/**
 * From centres, time after time, to tracks. Each open track has a first guess: its last place moved on by what it did
 * before and by the wind that steers it,
 *   guess = x + (1 − w) · (last displacement, at its speed, for the time since) + w · (steering wind · that time),
 * by the one that is known where the other is not, and where it stands where neither is. Pairs of track and centre are
 * taken by the distance from the guess, nearest first, each track and each centre once: no track takes a centre that is
 * nearer to another's guess. Displacements are movements along great circles, so poles and the date line are places like
 * others.
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import {
  angleBetween,
  dot,
  type UnitVector,
  unitVector,
  type Vector,
} from '../../../core/sphere/greatCircle.js';
import { carried, length, moved, movement, plus, times } from '../fields/directions.js';
import type { Fix } from '../track.js';
import type { Centre } from './centre.js';

const msPerHour = 3_600_000;

export interface LinkRules {
  /** How far from the guess a centre may lie, km; hasMoved: the track has two fixes or more. */
  readonly reachKm: (hours: number, hasMoved: boolean) => number;
  /** w: 0 the past motion alone, 1 the steering wind alone. */
  readonly steeringWeight: number;
  /** Share of the past motion that goes on. */
  readonly persistence: number;
  /** From fix to fix, m s⁻¹. */
  readonly maximumSpeed: number;
  /** Change of direction from one displacement to the next, degrees; asked where both are longer than a grid length. */
  readonly maximumTurn: number;
  /** Times without a centre that a track outlives. */
  readonly maximumGap: number;
  /** A centre as close as this to a track or to a lower one begins none, km. */
  readonly separationKm: number;
}

/** To the nearest centre within reach of where the track stands, whatever it did before. */
export const nearestAlone = {
  steeringWeight: 0,
  persistence: 0,
  maximumSpeed: Number.POSITIVE_INFINITY,
  maximumTurn: 180,
  separationKm: 0,
} as const satisfies Partial<LinkRules>;

/** A track that grows. */
export interface OpenTrack {
  readonly fixes: Fix[];
  last: UnitVector;
  /** Speed of the last displacement, at `last`, radians an hour; null at its first fix. */
  motion: Vector | null;
  steering: Vector | null;
  /** Times since the last fix. */
  gap: number;
}

/**
 * Puts the centres of a time on tracks and begins new ones.
 * @param open is changed: tracks without a centre for too long are taken out
 * @param gridLengthKm below it a displacement has no direction
 * @returns those taken out
 */
export function linkCentres(
  open: OpenTrack[],
  centres: readonly Centre[],
  time: number,
  rules: LinkRules,
  gridLengthKm: number,
): OpenTrack[] {
  const places = centres.map(({ latitude, longitude }) => unitVector(latitude, longitude));
  const pairs: { track: OpenTrack; centre: number; distance: number }[] = [];
  for (const track of open) {
    const hours = (time - track.fixes.at(-1)!.time) / msPerHour;
    const guess = firstGuess(track, hours, rules);
    const reach = rules.reachKm(hours, track.motion !== null) / earthRadiusKm + 1e-9;
    for (const [centre, place] of places.entries()) {
      const distance = angleBetween(guess, place);
      if (distance <= reach && isPossible(track, place, hours, rules, gridLengthKm)) {
        pairs.push({ track, centre, distance });
      }
    }
  }
  pairs.sort(
    (a, b) =>
      a.distance - b.distance ||
      b.track.fixes.length - a.track.fixes.length ||
      centres[a.centre]!.value - centres[b.centre]!.value,
  );
  const taken = new Map<number, OpenTrack>();
  const linked = new Set<OpenTrack>();
  for (const { track, centre } of pairs) {
    if (taken.has(centre) || linked.has(track)) continue;
    taken.set(centre, track);
    linked.add(track);
  }
  for (const [centre, track] of taken) extend(track, centres[centre]!, places[centre]!, time);
  for (const track of open) if (!linked.has(track)) track.gap++;
  const [ended, kept] = [
    open.filter((t) => t.gap > rules.maximumGap),
    open.filter((t) => t.gap <= rules.maximumGap),
  ];
  const begun = beginTracks(centres, places, new Set(taken.keys()), time, rules.separationKm);
  open.splice(0, open.length, ...kept, ...begun);
  return ended;
}

function firstGuess(track: OpenTrack, hours: number, rules: LinkRules): UnitVector {
  const motion = track.motion === null ? null : times(track.motion, hours * rules.persistence);
  const wind = track.steering === null ? null : times(track.steering, (3.6 * hours) / earthRadiusKm);
  const w = rules.steeringWeight;
  if (motion === null && (wind === null || w === 0)) return track.last;
  if (motion === null) return moved(track.last, wind!);
  if (wind === null || w === 0) return moved(track.last, motion);
  return moved(track.last, plus(times(motion, 1 - w), wind, w));
}

function isPossible(
  track: OpenTrack,
  place: UnitVector,
  hours: number,
  { maximumSpeed, maximumTurn }: LinkRules,
  gridLengthKm: number,
): boolean {
  const step = movement(track.last, place);
  const far = angleBetween(track.last, place) * earthRadiusKm;
  if (far > maximumSpeed * 3.6 * hours) return false;
  if (track.motion === null || maximumTurn >= 180) return true;
  const before = length(track.motion) * hours * earthRadiusKm;
  if (far < gridLengthKm || before < gridLengthKm) return true;
  const cosine = dot(step, track.motion) / (length(step) * length(track.motion));
  return cosine >= Math.cos((maximumTurn * Math.PI) / 180);
}

function extend(track: OpenTrack, centre: Centre, place: UnitVector, time: number): void {
  const hours = (time - track.fixes.at(-1)!.time) / msPerHour;
  const step = times(movement(track.last, place), 1 / hours);
  track.motion = carried(step, track.last, place);
  track.last = place;
  track.steering = centre.steering;
  track.gap = 0;
  track.fixes.push(fixOf(centre, time));
}

/** Lowest first; none close to a centre on a track or to one that began lower. */
function beginTracks(
  centres: readonly Centre[],
  places: readonly UnitVector[],
  taken: ReadonlySet<number>,
  time: number,
  separationKm: number,
): OpenTrack[] {
  const near = separationKm / earthRadiusKm;
  const occupied = [...taken];
  const begun: OpenTrack[] = [];
  const waiting = centres
    .map((centre, index) => ({ centre, index }))
    .filter(({ index }) => !taken.has(index));
  waiting.sort((a, b) => a.centre.value - b.centre.value);
  for (const { centre, index } of waiting) {
    if (!centre.mayBegin) continue;
    const place = places[index]!;
    if (near > 0 && occupied.some((other) => angleBetween(places[other]!, place) < near)) continue;
    occupied.push(index);
    begun.push({
      fixes: [fixOf(centre, time)],
      last: place,
      motion: null,
      steering: centre.steering,
      gap: 0,
    });
  }
  return begun;
}

function fixOf(centre: Centre, time: number): Fix {
  const { latitude, longitude, pressure, wind, vorticity, warmCore } = centre;
  return { time, latitude, longitude, pressure, wind, vorticity, warmCore };
}
