/**
 * Logarithmic scores of a density at what happened: smaller is better, and a unit of the variable that is ten times
 * larger takes ln 10 (log₂ 10) off.
 *   log score   −ln p(y), nats
 *   ignorance   −log₂ p(y), bits (Roulston & Smith 2002, doi:10.1175/1520-0493(2002)130<1653:EPFUIT>2.0.CO;2)
 *   Dawid–Sebastiani   ln s² + (y − x̄)²/s², twice the log score of a normal density but for a constant
 *                      (Dawid & Sebastiani 1999, doi:10.1214/aos/1018031101)
 * Densities: the normal one with given or with the members' mean and variance (1/(M − 1)), and a mixture of normal
 * kernels at the members. Without spread there is no density: NaN, for a single member too.
 */
import { momentsOfCase } from './caseMoments.js';
import { logScoreNormalMixture } from './closedForms/normalMixture.js';
import { normalLogDensity } from './normal.js';

/** Log score of a normal density, nats; finite at any distance. @param sigma > 0, else NaN */
export function logScoreGaussian(mu: number, sigma: number, observed: number): number {
  if (!(sigma > 0)) return Number.NaN;
  return Math.log(sigma) - normalLogDensity((observed - mu) / sigma);
}

/** Ignorance of a normal density, bits: ½ [log₂ 2πs² + (y − x̄)²/(s² ln 2)]. @param variance > 0, else NaN */
export function ignoranceGaussian(mean: number, variance: number, observed: number): number {
  if (!(variance > 0)) return Number.NaN;
  const error = mean - observed;
  return 0.5 * (Math.log2(2 * Math.PI * variance) + (error * error) / (variance * Math.LN2));
}

/** Ignorance of the normal density with the members' moments, bits. @param members [member] */
export function ignoranceEnsemble(members: ArrayLike<number>, observed: number): number {
  const { mean, variance } = momentsOfCase(members);
  return ignoranceGaussian(mean, variance, observed);
}

/** Dawid–Sebastiani score of the members' moments. @param members [member] */
export function dawidSebastianiScore(members: ArrayLike<number>, observed: number): number {
  const { mean, variance } = momentsOfCase(members);
  return variance > 0 ? Math.log(variance) + (observed - mean) ** 2 / variance : Number.NaN;
}

/**
 * Log score of the kernel density Σ N(x_i, h²)/M, nats.
 * @param members [member]
 * @param bandwidth h > 0, unit of the members; the caller's choice, no rule is assumed
 */
export function logScoreKernel(members: ArrayLike<number>, observed: number, bandwidth: number): number {
  if (!(bandwidth > 0)) return Number.NaN;
  const deviations = new Float64Array(members.length).fill(bandwidth);
  return logScoreNormalMixture({ means: members, deviations }, observed);
}
