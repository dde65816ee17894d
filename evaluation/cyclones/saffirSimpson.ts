/**
 * Classes of intensity by the largest sustained wind: tropical depression, tropical storm, and the five categories of the Saffir–Simpson
 * scale (Schott et al. 2019, The Saffir–Simpson Hurricane Wind Scale, NHC; in knots). The scale is made for 1-minute means; models and
 * many agencies have 10-minute means, which over the open sea are less by 0.93 (Harper et al. 2010, WMO/TD-1555): winds are taken
 * as they are unless a factor is given.
 */

/** m s⁻¹, exact. */
export const knot = 1852 / 3600;

/** From below up; each from its wind on, knots. */
export const intensityClasses = [
  { name: 'TD', fromKnots: 0 },
  { name: 'TS', fromKnots: 34 },
  { name: '1', fromKnots: 64 },
  { name: '2', fromKnots: 83 },
  { name: '3', fromKnots: 96 },
  { name: '4', fromKnots: 113 },
  { name: '5', fromKnots: 137 },
] as const;

/** Knots by which a wind may miss a bound: files round conversions (64 kt as 32.92 m/s). */
export const windTolerance = 0.02;

/**
 * @param wind m s⁻¹
 * @returns position in {@link intensityClasses}; −1 where the wind is unknown
 */
export function intensityClass(wind: number): number {
  return intensityClasses.findLastIndex(({ fromKnots }) => wind / knot >= fromKnots - windTolerance);
}
