/**
 * Correlated Gaussian noise on the sphere: η(λ, φ, t) with mean 0, variance 1 at every point, correlation close to
 * exp(−d²/2L²) in space and exp(−Δt/τ) in time; or a sum of such fields of several scales.
 * Spherical-harmonic coefficients follow first-order autoregressions, stationary from the first step:
 *   a(t + Δt) = φ a(t) + √(1 − φ²) ξ, φ = e^(−Δt/τ), ξ ~ N(0, 1).
 * Palmer et al. 2009, ECMWF Tech. Memo. 598, appendix 8, eqs. 17–18. Since the squares of a degree's harmonics sum
 * to the same everywhere (addition theorem), the variance is 1 at every point of any grid, without calibration.
 */
import { usageError } from '../core/errors.js';
import { describeGrid, type Grid } from '../core/grid.js';
import type { MemberKey, PatternStream, Perturbation } from '../core/interfaces.js';
import { normals } from '../core/random/stream.js';
import { earthRadiusKm } from '../core/sphere/distance.js';
import { coefficientCount, orderOffset } from '../core/sphere/legendre.js';
import { makeSynthesis } from '../core/sphere/synthesis.js';
import { heatKernelAmplitudes } from './fields/heatKernel.js';

export interface NoiseScale {
  /** L of exp(−d²/2L²), kilometres; at least the grid spacing. */
  readonly lengthKm: number;
  /** τ of exp(−Δt/τ), hours; 0 is white in time. */
  readonly timeHours: number;
  /** Part of the variance, relative to the other scales' (default 1). */
  readonly share?: number;
}

export interface CorrelatedFieldOptions extends NoiseScale {
  /** Δt, hours: the model's time step. */
  readonly stepHours: number;
  /** Further scales, whose fields are added to the first. */
  readonly scales?: readonly NoiseScale[];
}

export interface CorrelatedField extends Perturbation {
  /** What the manifest records. */
  describe(): {
    readonly kind: 'correlated-gaussian';
    readonly spectrum: 'heat-kernel';
    readonly stepHours: number;
    readonly scales: readonly Required<NoiseScale>[];
    readonly degree: number;
  };
}

/** One scale, ready to be stepped. */
interface Scale {
  readonly degree: number;
  /** By degree n, times the root of the scale's share. */
  readonly amplitudes: Float64Array;
  readonly persistence: number;
  readonly innovation: number;
  /** Where its coefficients lie in a stream's state and draws. */
  readonly offset: number;
}

/**
 * @throws {PlumeError} usage, for a length below the grid spacing or beyond what can be computed, a negative time,
 * or a share that is not positive
 */
export function createCorrelatedField(grid: Grid, options: CorrelatedFieldOptions): CorrelatedField {
  const { stepHours } = options;
  if (!(stepHours > 0)) throw usageError(`time step of the noise is ${stepHours} h; it must be positive`);
  const requested = [options, ...(options.scales ?? [])].map(({ lengthKm, timeHours, share = 1 }) => ({
    lengthKm,
    timeHours,
    share,
  }));
  for (const scale of requested) requireScale(grid, scale);
  const totalShare = requested.reduce((sum, { share }) => sum + share, 0);
  let size = 0;
  const scales = requested.map(({ lengthKm, timeHours, share }): Scale => {
    const root = Math.sqrt(share / totalShare);
    const amplitudes = heatKernelAmplitudes(lengthKm).map((sigma) => sigma * root);
    const degree = amplitudes.length - 1;
    const offset = size;
    size += 2 * coefficientCount(degree);
    const steps = timeHours === 0 ? Number.POSITIVE_INFINITY : stepHours / timeHours;
    return {
      degree,
      amplitudes,
      persistence: Math.exp(-steps),
      // √(1 − φ²), without cancellation where φ is close to 1.
      innovation: Math.sqrt(-Math.expm1(-2 * steps)),
      offset,
    };
  });
  const degree = Math.max(...scales.map((scale) => scale.degree));
  const synthesis = makeSynthesis(grid, degree);
  // Shared by all streams: a step uses them from beginning to end.
  const draws = new Float64Array(size);
  const coefficients = new Float64Array(2 * coefficientCount(degree));

  return {
    describe: () => ({
      kind: 'correlated-gaussian',
      spectrum: 'heat-kernel',
      stepHours,
      scales: requested,
      degree,
    }),
    stream: (key) => makeStream(key),
  };

  function makeStream(key: MemberKey): PatternStream {
    const state = new Float64Array(size);
    const drawKey = { ...key, purpose: 'pattern' as const, step: 0 };
    return {
      next(out) {
        normals(drawKey, draws);
        if (drawKey.step === 0) state.set(draws);
        else for (const scale of scales) advance(scale, state, draws);
        drawKey.step++;
        coefficients.fill(0);
        for (const scale of scales) addCoefficients(scale, state, coefficients, degree);
        synthesis.evaluate(coefficients, out);
      },
    };
  }
}

/** a ← φ a + √(1 − φ²) ξ for one scale. */
function advance(scale: Scale, state: Float64Array, draws: Float64Array): void {
  const { persistence, innovation } = scale;
  const end = scale.offset + 2 * coefficientCount(scale.degree);
  for (let i = scale.offset; i < end; i++) state[i] = persistence * state[i]! + innovation * draws[i]!;
}

/** Adds σₙ a of one scale to coefficients of a degree that may be higher. */
function addCoefficients(scale: Scale, state: Float64Array, sums: Float64Array, degree: number): void {
  const { amplitudes } = scale;
  const ownCount = coefficientCount(scale.degree);
  const count = coefficientCount(degree);
  for (let part = 0; part < 2; part++) {
    for (let m = 0; m <= scale.degree; m++) {
      const from = scale.offset + part * ownCount + orderOffset(m, scale.degree) - m;
      const to = part * count + orderOffset(m, degree) - m;
      for (let n = m; n <= scale.degree; n++) sums[to + n]! += amplitudes[n]! * state[from + n]!;
    }
  }
}

function requireScale(grid: Grid, { lengthKm, timeHours, share }: Required<NoiseScale>): void {
  if (!(timeHours >= 0)) {
    throw usageError(`time scale of the noise is ${timeHours} h; it must be 0 (white in time) or more`);
  }
  if (!(share > 0 && Number.isFinite(share))) {
    throw usageError(`share of a noise scale is ${share}; it must be positive`);
  }
  const spacing = gridSpacingKm(grid);
  if (lengthKm < spacing) {
    throw usageError(
      `length scale of the noise is ${lengthKm} km, below the ${Math.round(spacing)} km between points of the grid ` +
        `(${describeGrid(grid)}): it could not be told from white noise there; choose a longer one`,
    );
  }
}

/** The larger of the distances between neighbouring rows, and between neighbouring columns where they are widest. */
function gridSpacingKm(grid: Grid): number {
  const widest = (axis: Float64Array): number =>
    axis.reduce((most, value, i) => (i === 0 ? 0 : Math.max(most, Math.abs(value - axis[i - 1]!))), 0);
  const lowest = grid.latitudes.reduce((least, latitude) => Math.min(least, Math.abs(latitude)), 90);
  const zonal = widest(grid.longitudes) * Math.cos((lowest * Math.PI) / 180);
  return (Math.max(widest(grid.latitudes), zonal) * Math.PI * earthRadiusKm) / 180;
}
