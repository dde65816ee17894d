/**
 * Spread against skill. Averages (over area and dates) are taken of variances and squared errors, and the
 * root last. A perfectly reliable ensemble of M members has E(x̄ − y)² = (M + 1)/M · E s², so the ratio that
 * is 1 for it carries √((M + 1)/M) (Fortin et al. 2014, doi:10.1175/JHM-D-14-0008.1, eq. 15).
 */

/**
 * @param meanVariance mean of the unbiased variance s² over members
 * @param meanSquaredError mean of (x̄ − y)², same unit
 * @param memberCount M
 * @returns above 1 over-dispersed, below 1 under-dispersed; NaN for a single member
 */
export function spreadSkillRatio(
  meanVariance: number,
  meanSquaredError: number,
  memberCount: number,
): number {
  if (memberCount < 2) return Number.NaN;
  return Math.sqrt((memberCount + 1) / memberCount) * plainSpreadSkillRatio(meanVariance, meanSquaredError);
}

/** The ratio without the correction for M: below 1 for a reliable ensemble. Biased; for comparisons only. */
export function plainSpreadSkillRatio(meanVariance: number, meanSquaredError: number): number {
  return Math.sqrt(meanVariance / meanSquaredError);
}

/**
 * Mean squared error that the mean of infinitely many members would have: MSE − s²/M
 * (weatherbench2 `DebiasedEnsembleMeanMSE`). Can be negative by chance.
 */
export function debiasedMeanSquaredError(
  meanSquaredError: number,
  meanVariance: number,
  memberCount: number,
): number {
  return meanSquaredError - meanVariance / memberCount;
}
