/**
 * The cone of the ensemble: at each lead the smallest circle around the mean place that holds a share of the members which have the
 * storm (2/3, as in the cones of forecast centres, whose radii are past errors and not, as here, today's spread).
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { angleBetween, unitVector } from '../../../core/sphere/greatCircle.js';
import { vectorOf } from '../fixAt.js';
import type { Storm } from '../track.js';
import { type MeanFix, type MeanTrackOptions, meanTrack } from './meanTrack.js';
import { onLeads, present } from './onLeads.js';

export interface ConeOptions extends MeanTrackOptions {
  /** Of the members that have the storm. Default 2/3. */
  readonly share?: number;
}

export interface ConeCircle extends MeanFix {
  /** NaN where there is no mean. */
  readonly radiusKm: number;
}

export function cone(storm: Storm, { share = 2 / 3, ...options }: ConeOptions = {}): ConeCircle[] {
  const leads = onLeads(storm, options);
  return meanTrack(storm, options).map((mean, i) => {
    const centre = unitVector(mean.latitude, mean.longitude);
    const angles = present(leads[i]!.fixes)
      .map((fix) => angleBetween(centre, vectorOf(fix)))
      .sort((a, b) => a - b);
    // The least number of members that is at least the share; 20 of 30 is 2/3 in spite of rounding.
    const held = Math.max(1, Math.ceil(share * angles.length - 1e-9));
    return { ...mean, radiusKm: (angles[held - 1] ?? Number.NaN) * earthRadiusKm };
  });
}
