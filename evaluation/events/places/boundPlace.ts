/** Places that name where they are: "here" is bound to the site or grid point that is asked of. */
import { usageError } from '../../../core/errors.js';
import { describeBox } from '../../regions/boxRegion.js';
import type { Centre, Place } from '../event.js';

export interface Site {
  /** Degrees north and east, any convention of longitude. */
  readonly latitude: number;
  readonly longitude: number;
}

/** A place with its site in the stead of "here". */
export type BoundPlace =
  | Exclude<Place, { readonly centre: Centre }>
  | (Extract<Place, { readonly centre: Centre }> & { readonly centre: Site });

/** True where the place depends on the site that is asked of. */
export function needsSite(place: Place): boolean {
  return 'centre' in place && place.centre === 'here';
}

/** @throws {PlumeError} usage, when the place is "here" and there is no site */
export function bindPlace(place: Place, site: Site | null): BoundPlace {
  if (!('centre' in place)) return place;
  if (place.centre !== 'here') return { ...place, centre: place.centre };
  if (site === null) {
    throw usageError(
      'the event asks of "here", and no place is given; name one in the event ("at 51.95,4.05"), or give a site or a list of them',
    );
  }
  return { ...place, centre: { latitude: site.latitude, longitude: site.longitude } };
}

/** "51.95°N, 4.05°E", "150 km around 51.95°N, 4.05°E" */
export function describePlace(place: Place): string {
  switch (place.kind) {
    case 'point':
      return describeCentre(place.centre);
    case 'circle':
      return `${place.radiusKm} km around ${describeCentre(place.centre)}`;
    case 'box':
      return `box ${describeBox(place.box)}`;
    case 'polygon':
      return `polygon "${place.name}"`;
    case 'domain':
      return 'the whole domain';
  }
}

function describeCentre(centre: Centre): string {
  return centre === 'here' ? 'here' : `${centre.latitude}°N, ${centre.longitude}°E`;
}
