/** Numbers along the axis of a chart: thousands apart, a proper minus, and room for the longest of them. */

/** '400 000', '−0.25'; the groups are parted by thin spaces, which never break. */
export function tickText(value: number): string {
  const rounded = Number(value.toPrecision(6));
  if (rounded !== 0 && Math.abs(rounded) < 1e-4) return rounded.toExponential().replaceAll('-', '−');
  const [whole = '', part] = Math.abs(rounded).toString().split('.');
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole;
  return `${rounded < 0 ? '−' : ''}${grouped}${part === undefined ? '' : `.${part}`}`;
}

/** Left margin for ticks up to a size, px. */
export function tickMargin(values: readonly number[]): number {
  const sizes = values.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...sizes), Math.max(0, ...sizes)];
  const digits = Math.floor(Math.log10(Math.max(-low, high, 1e-12)));
  const width = digits >= 1 ? digits + 1 + (digits >= 4 ? 0.6 : 0) : 2.2 + Math.min(3, Math.max(1, -digits));
  return Math.max(46, Math.round(18 + 6.4 * (width + (low < 0 ? 1 : 0))));
}
