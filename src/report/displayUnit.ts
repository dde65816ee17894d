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

/** Three significant digits without an exponent for everyday sizes; a proper minus sign. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5)
      ? value.toExponential(1)
      : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
  return text.replace('-', '−');
}

/** 'day 3' where leads are whole days, else '30 h'. */
export function leadLabel(hours: number): string {
  return hours % 24 === 0 ? `day ${hours / 24}` : `${hours} h`;
}
