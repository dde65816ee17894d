/**
 * Scores of a log-normal distribution: ln X is normal with mean μ and standard deviation σ.
 *   CRPS = y (2Φ(ω) − 1) − 2 e^{μ + σ²/2} [Φ(ω − σ) + Φ(σ/√2) − 1],   ω = (ln y − μ)/σ
 * Baran & Lerch 2015, doi:10.1002/qj.2521.
 */
import { normalCdf, normalCentral, normalLogDensity, normalTail } from '../normal.js';

/**
 * @param meanOfLog, deviationOfLog of ln X; the second > 0
 * @param observed any; a value ≤ 0 has ω = −∞
 * @returns unit of the observation; NaN where the deviation is not positive
 */
export function crpsLogNormal(meanOfLog: number, deviationOfLog: number, observed: number): number {
  if (!(deviationOfLog > 0)) return Number.NaN;
  const omega = observed > 0 ? (Math.log(observed) - meanOfLog) / deviationOfLog : Number.NEGATIVE_INFINITY;
  const mean = Math.exp(meanOfLog + deviationOfLog ** 2 / 2);
  const central = Number.isNaN(observed) ? Number.NaN : normalCentral(omega);
  return (
    observed * central -
    2 * mean * (normalCdf(omega - deviationOfLog) - normalTail(deviationOfLog * Math.SQRT1_2))
  );
}

/** −ln density, nats; Infinity at and below 0. */
export function logScoreLogNormal(meanOfLog: number, deviationOfLog: number, observed: number): number {
  if (!(deviationOfLog > 0) || Number.isNaN(observed)) return Number.NaN;
  if (observed <= 0) return Number.POSITIVE_INFINITY;
  const log = Math.log(observed);
  return log + Math.log(deviationOfLog) - normalLogDensity((log - meanOfLog) / deviationOfLog);
}
