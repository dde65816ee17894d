/** The axis of leads that charts share: whole days where every lead is one, else hours. */

/** Hours of one unit of the axis: 24 or 1. */
export function leadUnitHours(leadsHours: readonly number[]): number {
  return leadsHours.every((hours) => hours % 24 === 0) ? 24 : 1;
}

/** Options of the axis for Observable Plot. */
export function leadAxis(leadsHours: readonly number[]) {
  const unit = leadUnitHours(leadsHours);
  return {
    label: unit === 24 ? 'lead (days)' : 'lead (hours)',
    labelArrow: 'none',
    ticks: leadsHours.map((hours) => hours / unit),
    tickFormat: 'd',
    tickSize: 0,
    insetLeft: 6,
    insetRight: 6,
  } as const;
}
