/** Degrees as people write them on the command line: 51.95, -33.9, 60N, 80.2°W. */

const written = /^([+\-−]?\d+(?:\.\d+)?)\s*°?\s*([NSEW])?$/i;

/** @returns degrees north; null where the text is none */
export function readLatitude(text: string): number | null {
  return degrees(text, ['N', 'S'], 90);
}

/** @returns degrees east; null where the text is none */
export function readLongitude(text: string): number | null {
  return degrees(text, ['E', 'W'], 360);
}

function degrees(
  text: string,
  [positive, negative]: readonly [string, string],
  limit: number,
): number | null {
  const [, number = '', side] = written.exec(text) ?? [];
  const letter = side?.toUpperCase();
  const value = Number(number.replace('−', '-'));
  if (number === '' || Math.abs(value) > limit) return null;
  if (letter === undefined) return value;
  // a sign and a letter would say it twice
  if ((letter !== positive && letter !== negative) || /^[+\-−]/.test(number)) return null;
  return letter === negative ? 0 - value : value;
}
