/**
 * Continuous ranked probability score of an ensemble: how far the members lie from what happened, less half
 * of how far they lie from each other. Same unit as the variable; smaller is better; one member: |x − y|.
 *
 *   CRPS = (1/M) Σ|x_i − y| − c · G,   G = Σ_{i<j} |x_i − x_j| = Σ_i (2i − M − 1) x_(i)   (x sorted, i from 1)
 *
 * so that a sort, O(M log M), replaces the double sum. The estimators differ in c alone:
 *   fair         1 / (M (M − 1))            unbiased in M (Ferro 2014, doi:10.1002/qj.2270); the default
 *   energy       1 / M²                     the score of the empirical distribution itself; equals the
 *                                           quantile and the integral form (Zamo & Naveau 2018)
 *   almost-fair  (1 − (1 − α)/M) / (M (M − 1))   α = 1 fair, α = 0 energy (Lang et al. 2024, arXiv:2412.15832)
 * The probability-weighted-moment form (Zamo & Naveau 2018, eq. PWM) is `fair` under another name.
 *
 * The observation is subtracted from the members before anything is summed: scores of pressures near 1e5 Pa
 * keep their digits. Members lie as [member, point].
 */
import { internalError } from '../../core/errors.js';
import { type FloatArray, requireMembers } from '../../core/statistics/moments.js';
import { isWorthTiling, tiledFairCrps } from '../kernels/tiledFairCrps.js';
import { type CrpsEstimator, crpsOfErrors, fairCrps } from './crpsOfErrors.js';
import { missingValueError, type NanPolicy } from './nanPolicy.js';

export { type CrpsEstimator, crpsOfErrors, energyCrps, fairCrps, pairFactor } from './crpsOfErrors.js';

export interface CrpsOptions {
  /** Default: fair. */
  readonly estimator?: CrpsEstimator;
  /** Default: propagate. */
  readonly nanPolicy?: NanPolicy;
  /** [point], written: finite members that each score rests on. */
  readonly effectiveMembers?: Uint32Array;
}

/**
 * CRPS of an ensemble at every point.
 * @param members [member, point], any unit
 * @param memberCount M ≥ 1
 * @param observed [point], same unit
 * @returns [point], same unit; NaN where fewer than two members are left (fair and almost-fair need two),
 *   and where the observation is missing; of float32 fields of 4096 points or more, rounded to float32 (10⁻⁷ of the mean
 *   |x − y|), else to float64
 * @throws {PlumeError} data, on a missing value under policy raise; internal, when lengths do not match
 */
export function crpsEnsemble(
  members: FloatArray,
  memberCount: number,
  observed: FloatArray,
  options: CrpsOptions = {},
): Float64Array {
  const out = new Float64Array(observed.length);
  const { estimator = fairCrps, nanPolicy = 'propagate', effectiveMembers } = options;
  // Much sooner, and as exact as float32 members are: 10⁻⁷ of their mean distance from the truth (fairCrpsModule.ts).
  if (estimator.kind === 'fair' && !effectiveMembers && isWorthTiling(members, memberCount, observed)) {
    requireMembers(members.length, memberCount, observed.length);
    tiledFairCrps(members, memberCount, observed, out, nanPolicy);
    return out;
  }
  crpsKernel(members, memberCount, observed, out, new Float64Array(memberCount), options);
  return out;
}

/**
 * The kernel of {@link crpsEnsemble}: allocates nothing that grows.
 * @param out [point], written
 * @param column scratch of M values
 */
export function crpsKernel(
  members: FloatArray,
  memberCount: number,
  observed: FloatArray,
  out: FloatArray,
  column: Float64Array,
  options: CrpsOptions = {},
): void {
  const { estimator = fairCrps, nanPolicy = 'propagate', effectiveMembers } = options;
  const points = observed.length;
  requireMembers(members.length, memberCount, points);
  if (out.length !== points || column.length < memberCount)
    throw internalError('CRPS: wrong scratch or output');
  for (let point = 0; point < points; point++) {
    const truth = observed[point]!;
    let count = 0;
    for (let i = point; i < members.length; i += points) {
      const error = members[i]! - truth;
      if (!Number.isNaN(error)) column[count++] = error;
    }
    if (count < memberCount && nanPolicy === 'raise') {
      const what = Number.isNaN(truth)
        ? 'the observation'
        : `${memberCount - count} of ${memberCount} members`;
      throw missingValueError('CRPS', `${what} at point ${point}`);
    }
    if (effectiveMembers) effectiveMembers[point] = count;
    out[point] =
      count < memberCount && nanPolicy !== 'omit' ? Number.NaN : crpsOfErrors(column, count, estimator);
  }
}
