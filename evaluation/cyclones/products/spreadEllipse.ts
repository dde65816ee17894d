/**
 * How members spread along and across the way of the storm, lead by lead: how far each lies ahead of the mean and to its right, in
 * the plane that touches the sphere at the mean place (azimuthal equidistant). Along is uncertainty of speed, across of direction.
 * The motion is that of the members which have the storm at both neighbouring leads, so that losing one is no motion.
 *
 * The ellipse that holds a share p of a bivariate normal distribution has half-axes √(−2 ln(1 − p)) times the standard
 * deviations along the principal axes of the covariance (Hamill et al. 2011, doi:10.1175/2010MWR3456.1).
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import {
  dot,
  eastAndNorth,
  meanDirection,
  placeOf,
  product,
  seenFrom,
  toUnit,
  type UnitVector,
} from '../../../core/sphere/greatCircle.js';
import { decomposeUneven, type VarianceSources } from '../../../core/statistics/unevenDecomposition.js';
import { vectorOf } from '../fixAt.js';
import type { Fix, Storm } from '../track.js';
import { isEnough, type MeanTrackOptions } from './meanTrack.js';
import { onLeads, present, type StormAtLead } from './onLeads.js';

export interface EllipseOptions extends MeanTrackOptions {
  /** Of the members, if they were normally distributed. Default 2/3. */
  readonly share?: number;
}

export interface SpreadEllipse {
  readonly leadHours: number;
  readonly time: number;
  /** Members that have the storm, of those that were asked. */
  readonly members: number;
  readonly asked: number;
  /** Centre: the mean place, degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Half-axes, km, and where the longer one points, degrees clockwise from north, 0 … 180. */
  readonly majorKm: number;
  readonly minorKm: number;
  readonly bearing: number;
  /** Which way the mean moves, degrees clockwise from north, 0 … 360; NaN where it does not move. */
  readonly motion: number;
  /** Unbiased, km²; NaN where the mean does not move. */
  readonly alongVariance: number;
  readonly acrossVariance: number;
  readonly covariance: number;
  /** Of the two variances, km²; null where weight samples are not known. */
  readonly sources: { readonly along: VarianceSources; readonly across: VarianceSources } | null;
}

/** Leads at which two members or more, and enough of those asked, have the storm and a mean place. */
export function spreadEllipses(
  storm: Storm,
  { share = 2 / 3, leastShare = 0.4, ...options }: EllipseOptions = {},
): SpreadEllipse[] {
  const leads = onLeads(storm, options);
  return leads.flatMap((lead, i): SpreadEllipse[] => {
    const here = present(lead.fixes);
    const centre = meanDirection(here.map(vectorOf));
    if (here.length < 2 || !isEnough(here.length, storm.members, leastShare) || !centre) return [];
    const place = placeOf(centre);
    const { east, north } = eastAndNorth(place.latitude, place.longitude);
    const ahead = meanMotion(centre, leads[i - 1] ?? lead, leads[i + 1] ?? lead);
    const right = ahead && product(ahead, centre);
    const offsets = lead.fixes.map((fix) => fix && seenFrom(centre, vectorOf(fix)));
    const component = (axis: UnitVector | null): number[] =>
      offsets.map((offset) => (offset && axis ? earthRadiusKm * dot(offset, axis) : Number.NaN));
    const [along, across] = [component(ahead), component(right)];
    const weightSamples = storm.tracks.map(({ weightSample }) => weightSample);
    const known = weightSamples.filter((sample) => sample !== null);
    return [
      {
        leadHours: lead.leadHours,
        time: lead.time,
        members: here.length,
        asked: storm.members,
        ...place,
        ...principalAxes(component(east), component(north), Math.sqrt(-2 * Math.log(1 - share))),
        motion: ahead ? bearingOf(dot(ahead, east), dot(ahead, north)) : Number.NaN,
        alongVariance: covarianceOf(along, along),
        acrossVariance: covarianceOf(across, across),
        covariance: covarianceOf(along, across),
        sources:
          known.length === weightSamples.length
            ? { along: decomposeUneven(along, known), across: decomposeUneven(across, known) }
            : null,
      },
    ];
  });
}

/** Direction, at the centre, in which the members that have the storm at both leads move on average; null where they do not. */
function meanMotion(centre: UnitVector, before: StormAtLead, after: StormAtLead): UnitVector | null {
  const both = before.fixes.flatMap((fix, i): [Fix, Fix][] => {
    const later = after.fixes[i] ?? null;
    return fix && later ? [[fix, later]] : [];
  });
  const from = meanDirection(both.map(([fix]) => vectorOf(fix)));
  const to = meanDirection(both.map(([, fix]) => vectorOf(fix)));
  if (!from || !to) return null;
  const [past, future] = [seenFrom(centre, from), seenFrom(centre, to)];
  if (!past || !future) return null;
  const way = [future[0] - past[0], future[1] - past[1], future[2] - past[2]] as const;
  return Math.hypot(...way) > leastMotion ? toUnit(way) : null;
}

/** Radians: 6 m on the Earth. */
const leastMotion = 1e-6;

/** Half-axes in units of the values times the scale, and the bearing of the longer one. */
function principalAxes(
  east: readonly number[],
  north: readonly number[],
  scale: number,
): { majorKm: number; minorKm: number; bearing: number } {
  const [xx, yy, xy] = [covarianceOf(east, east), covarianceOf(north, north), covarianceOf(east, north)];
  const middle = (xx + yy) / 2;
  const reach = Math.hypot((xx - yy) / 2, xy);
  // Angle of the major axis from north towards east: tan 2θ = 2 xy / (yy − xx).
  const bearing = (Math.atan2(2 * xy, yy - xx) / 2) * (180 / Math.PI);
  return {
    majorKm: scale * Math.sqrt(middle + reach),
    minorKm: scale * Math.sqrt(Math.max(0, middle - reach)),
    bearing: (bearing + 180) % 180,
  };
}

function bearingOf(east: number, north: number): number {
  return (Math.atan2(east, north) * (180 / Math.PI) + 360) % 360;
}

/** Unbiased; values that are NaN are left out; NaN of fewer than two. */
function covarianceOf(a: readonly number[], b: readonly number[]): number {
  const both = a.flatMap((x, i) => (Number.isNaN(x + b[i]!) ? [] : [[x, b[i]!] as const]));
  if (both.length < 2) return Number.NaN;
  const mean = (at: 0 | 1): number => both.reduce((sum, pair) => sum + pair[at], 0) / both.length;
  const [meanA, meanB] = [mean(0), mean(1)];
  return both.reduce((sum, [x, y]) => sum + (x - meanA) * (y - meanB), 0) / (both.length - 1);
}
