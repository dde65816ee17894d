/**
 * The mean CRPS of an ensemble as reliability + potential CRPS (Hersbach 2000,
 * doi:10.1175/1520-0434(2000)015<0559:DOTCRP>2.0.CO;2, eqs. 26 to 36). The line is cut at the sorted members into
 * M + 1 pieces; piece i has the forecast probability p_i = i/M. Of each case, α_i is the part of piece i below
 * the truth, β_i the part above it. From their means: width g_i = α_i + β_i, frequency o_i = β_i/g_i of the truth
 * lying below, and for the two open pieces o the frequency of the truth beyond the outermost member, g what
 * belongs to it.
 *
 *   reliability = Σ g_i (o_i − p_i)²      potential = Σ g_i o_i (1 − o_i)
 *
 * Their sum is the CRPS of the empirical distribution ('crps_energy'), not the fair one. The sums merge.
 */
import { type FloatArray, requireMembers } from '../../core/statistics/moments.js';

/** Sums over cases; add those of other cases element by element. */
export interface CrpsSums {
  /** [M + 1] */
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  /** Weight of cases with the truth below all members, above all, and of all cases. */
  below: number;
  above: number;
  weight: number;
}

export function makeCrpsSums(memberCount: number): CrpsSums {
  const [alpha, beta] = [new Float64Array(memberCount + 1), new Float64Array(memberCount + 1)];
  return { alpha, beta, below: 0, above: 0, weight: 0 };
}

/**
 * Adds the cases of one time; those with a missing value are left out.
 * @param members [member, point]
 * @param observed [point]
 * @param weights [point]; default: each case counts 1
 */
export function addCrpsSums(
  members: FloatArray,
  memberCount: number,
  observed: FloatArray,
  sums: CrpsSums,
  weights?: Float64Array,
): void {
  const points = observed.length;
  requireMembers(members.length, memberCount, points);
  const { alpha, beta } = sums;
  const sorted = new Float64Array(memberCount);
  for (let point = 0; point < points; point++) {
    for (let m = 0; m < memberCount; m++) sorted[m] = members[m * points + point]!;
    const truth = observed[point]!;
    sorted.sort();
    const lowest = sorted[0]!;
    const highest = sorted[memberCount - 1]!; // NaN sorts last
    if (Number.isNaN(truth) || Number.isNaN(highest)) continue;
    const weight = weights ? weights[point]! : 1;
    sums.weight += weight;
    if (truth < lowest) {
      sums.below += weight;
      beta[0]! += weight * (lowest - truth);
    }
    if (truth > highest) {
      sums.above += weight;
      alpha[memberCount]! += weight * (truth - highest);
    }
    for (let i = 1; i < memberCount; i++) {
      const [left, right] = [sorted[i - 1]!, sorted[i]!];
      const cut = Math.min(right, Math.max(left, truth));
      alpha[i]! += weight * (cut - left);
      beta[i]! += weight * (right - cut);
    }
  }
}

export interface CrpsParts {
  readonly crps: number;
  readonly reliability: number;
  readonly potential: number;
}

/** NaN where no case was added. */
export function crpsParts({ alpha, beta, below, above, weight }: CrpsSums): CrpsParts {
  const members = alpha.length - 1;
  let reliability = 0;
  let potential = 0;
  for (let i = 0; i <= members; i++) {
    const [a, b] = [alpha[i]! / weight, beta[i]! / weight];
    // The open pieces: o is how often the truth lay beyond, and g makes o g (or (1 − o) g) the mean distance.
    const frequency = i === 0 ? below / weight : i === members ? 1 - above / weight : b / (a + b);
    const width = i === 0 ? b / frequency : i === members ? a / (1 - frequency) : a + b;
    if (!(width > 0)) continue;
    reliability += width * (frequency - i / members) ** 2;
    potential += width * frequency * (1 - frequency);
  }
  if (!(weight > 0)) return { crps: Number.NaN, reliability: Number.NaN, potential: Number.NaN };
  return { crps: reliability + potential, reliability, potential };
}
