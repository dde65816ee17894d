/** The frame that square diagrams share: both axes from 0 to 1. */

export const diagramSize = {
  width: 300,
  height: 296,
  marginLeft: 34,
  marginRight: 10,
  marginTop: 24,
  marginBottom: 36,
} as const;

/** An axis from 0 to 1 for Observable Plot, named in its middle or, upright ones, at its top. */
export function unitSquareAxis(label: string, anchor: 'center' | 'top' = 'center') {
  return {
    domain: [0, 1] as [number, number],
    label,
    labelArrow: 'none',
    labelAnchor: anchor,
    ticks: [0, 0.25, 0.5, 0.75, 1],
    tickSize: 0,
    grid: true,
    nice: false,
    tickFormat: (value: number) => String(value),
  } as const;
}

/** '12 %', '0.4 %' */
export function percent(share: number): string {
  const value = 100 * share;
  return `${Math.abs(value) >= 1 ? Math.round(value) : Number(value.toPrecision(1))} %`;
}
