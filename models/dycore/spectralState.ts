/**
 * The prognostic fields of the dycore as coefficients of real spherical harmonics, ordered as
 * core/sphere/sphericalTransform orders them; the degree above the truncation is zero.
 */

export interface SpectralState {
  /** [coefficient, 2, level], relative vorticity, s⁻¹ */
  readonly vorticity: Float64Array;
  /** [coefficient, 2, level], s⁻¹ */
  readonly divergence: Float64Array;
  /** [coefficient, 2, level], K */
  readonly temperature: Float64Array;
  /** [coefficient, 2], ln(surface pressure / 1 Pa) */
  readonly logPressure: Float64Array;
}

export const prognosticNames = ['vorticity', 'divergence', 'temperature', 'logPressure'] as const;

export function emptyState(coefficients: number, levels: number): SpectralState {
  return {
    vorticity: new Float64Array(2 * coefficients * levels),
    divergence: new Float64Array(2 * coefficients * levels),
    temperature: new Float64Array(2 * coefficients * levels),
    logPressure: new Float64Array(2 * coefficients),
  };
}

export function copyState(from: SpectralState, to: SpectralState): void {
  for (const name of prognosticNames) to[name].set(from[name]);
}

/** Where (m, n) lies among the coefficients of truncation T, degrees up to T + 1. */
export function coefficientIndex(truncation: number, m: number, n: number): number {
  return m * (truncation + 2) - (m * (m - 1)) / 2 + n - m;
}

/** The same fields with other harmonics: new ones are zero, those beyond the new truncation are dropped. */
export function changeTruncation(
  state: SpectralState,
  levels: number,
  from: number,
  to: number,
): SpectralState {
  const count = ((to + 1) * (to + 4)) / 2;
  const changed = emptyState(count, levels);
  const common = Math.min(from, to);
  for (const name of prognosticNames) {
    const width = name === 'logPressure' ? 2 : 2 * levels;
    for (let m = 0; m <= common; m++) {
      for (let n = m; n <= common; n++) {
        const at = coefficientIndex(from, m, n) * width;
        changed[name].set(state[name].subarray(at, at + width), coefficientIndex(to, m, n) * width);
      }
    }
  }
  return changed;
}
