/** Round numbers for steps. */

/** 1, 2, 2.5 or 5 times a power of ten, not below x. */
export function roundStep(x: number): number {
  if (!(x > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(x));
  const lead = [1, 2, 2.5, 5, 10].find((each) => each * power >= x * (1 - 1e-9));
  return (lead ?? 10) * power;
}
