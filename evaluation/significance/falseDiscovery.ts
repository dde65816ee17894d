/**
 * Many verdicts at once: of a scorecard of cells without any difference one in twenty is significant by chance. The
 * procedure of Benjamini & Hochberg 1995 keeps the share of false ones among those that are named below a rate q:
 * p values in rising order count up to the last with p_(i) ≤ q i / N. Wilks 2016 (doi:10.1175/BAMS-D-15-00267.1)
 * shows that it stays valid where cells are correlated as fields of weather are, and takes q = 0.1, twice the level
 * of a single test, because correlation makes it cautious.
 */
import type { Verdict } from './verdict.js';

/** q: the share of wrong verdicts among those that survive is below this. */
export const usualDiscoveryRate = 0.1;

/**
 * Least rate q at which each would be named: p_(i) N / i, and no more than that of a larger p.
 * @param pValues NaN where there is none: neither counted nor adjusted
 * @returns in the order given
 */
export function adjustedPValues(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()]
    .filter((i) => !Number.isNaN(pValues[i]))
    .sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = pValues.map(() => Number.NaN);
  let least = 1;
  for (const [position, i] of order.entries()) {
    least = Math.min(least, (pValues[i]! * order.length) / (order.length - position));
    adjusted[i] = least;
  }
  return adjusted;
}

/**
 * Verdicts that stand when all rows are looked at together; the others become 'no evidence'.
 * @param rows of one question: a metric of all channels, leads and regions, say; null p values are not counted
 */
export function jointVerdicts(
  rows: readonly { readonly p_value: number | null; readonly verdict: Verdict | null }[],
  discoveryRate: number = usualDiscoveryRate,
): (Verdict | null)[] {
  const adjusted = adjustedPValues(rows.map(({ p_value }) => p_value ?? Number.NaN));
  return rows.map(({ verdict }, i) =>
    verdict === null ? null : adjusted[i]! <= discoveryRate ? verdict : 'no evidence',
  );
}
