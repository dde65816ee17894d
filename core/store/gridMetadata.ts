/** How files of fields tell of their grid: axes in degrees and the order of the values, in the metadata of the schema. */
import type { Grid } from '../grid.js';

/** Entries of the metadata, in their order. */
export function gridMetadata({ latitudes, longitudes }: Grid): [string, string][] {
  return [
    ['latitudes', JSON.stringify([...latitudes])],
    ['longitudes', JSON.stringify([...longitudes])],
    ['values_shape', JSON.stringify(['latitude', 'longitude'])],
  ];
}
