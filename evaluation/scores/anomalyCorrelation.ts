/**
 * Anomaly correlation: pattern agreement of forecast and truth as departures from climatology c, uncentred
 *   ACC = Σ w (f − c)(y − c) / √(Σ w (f − c)² · Σ w (y − c)²)
 * as weatherbench2's `ACC`; the WMO's (Manual on the GDPFS, No. 485) takes the area means of both anomalies off first.
 * Uncentred, a bias of the forecast counts against it. −1 … 1; no unit. The three sums are statistics that average;
 * the ratio is taken last.
 */

/**
 * @param product mean of (f − c)(y − c)
 * @param forecastSquare mean of (f − c)²
 * @param truthSquare mean of (y − c)²
 * @returns NaN where either has no anomalies at all
 */
export function anomalyCorrelation(product: number, forecastSquare: number, truthSquare: number): number {
  return product / Math.sqrt(forecastSquare * truthSquare);
}
