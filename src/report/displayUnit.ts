/** Units as readers expect them: pressure in hPa, everything else as it is. Factors apply to stored values. */

export interface DisplayUnit {
  readonly label: string;
  readonly factor: number;
}

export function displayUnit(unit: string): DisplayUnit {
  return unit === 'Pa'
    ? { label: 'hPa', factor: 0.01 }
    : { label: unit.replace(/(-?\d+)/g, superscript), factor: 1 };
}

/** Of a variance. */
export function squaredUnit(unit: string): DisplayUnit {
  const { label, factor } = displayUnit(unit);
  return { label: /^\p{L}+$/u.test(label) ? `${label}²` : `(${label})²`, factor: factor ** 2 };
}

const raised: Readonly<Record<string, string>> = { '-': '⁻', 1: '¹', 2: '²', 3: '³', 4: '⁴' };

function superscript(power: string): string {
  return [...power].map((sign) => raised[sign] ?? sign).join('');
}

/**
 * About three significant digits, a proper minus sign, and no exponent for everyday sizes.
 * @param size the size that decides the decimals: the largest of a row whose numbers should line up
 */
export function formatValue(value: number, size = Math.abs(value)): string {
  if (Number.isNaN(value)) return '–';
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5)
      ? value.toExponential(1)
      : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return (/^-0\.?0*$/.test(text) ? text.slice(1) : text).replace('-', '−');
}

/** 'day 3' where leads are whole days, else '30 h'. */
export function leadLabel(hours: number): string {
  return hours % 24 === 0 ? `day ${hours / 24}` : `${hours} h`;
}
