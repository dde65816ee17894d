/** How storms and their places are written. */
import type { Storm } from '../../evaluation/cyclones/track.js';
import type { Place } from './places.js';

/** '17.5°N 105.0°W', to a tenth of a degree: centres lie between the points of grids. */
export function placeText({ latitude, longitude }: Place): string {
  const north = Number(latitude.toFixed(1));
  const turned = (((longitude % 360) + 540) % 360) - 180;
  const east = Number(turned.toFixed(1));
  return (
    `${Math.abs(north).toFixed(1)}°${north < 0 ? 'S' : 'N'} ` +
    `${Math.abs(east).toFixed(1)}°${east < 0 && east > -180 ? 'W' : 'E'}`
  );
}

/** 'IN-FA (27W)', 'storm 3' */
export function stormName({ id, name }: Pick<Storm, 'id' | 'name'>): string {
  if (name === null) return `storm ${id}`;
  return name === id ? name : `${name} (${id})`;
}
