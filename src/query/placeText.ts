/** Places as people read them: '51.95°N 4.05°E', '33.9°S 18.4°W'. */

/** @param longitude any convention */
export function placeText(latitude: number, longitude: number): string {
  const east = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return `${side(latitude, 'N', 'S')} ${side(east, 'E', 'W')}`;
}

/** 'Rotterdam (51.95°N 4.05°E)'; the place alone where its name is what was typed for it. */
export function siteText(name: string, latitude: number, longitude: number): string {
  const place = placeText(latitude, longitude);
  return /^[\d.,+\-−°\sNSEW]+$/i.test(name) ? place : `${name} (${place})`;
}

function side(degrees: number, positive: string, negative: string): string {
  // Turning round the globe leaves a trace in the last digits.
  const size = Number(Math.abs(degrees).toFixed(6));
  return `${size}°${size === 0 ? '' : degrees < 0 ? negative : positive}`;
}
