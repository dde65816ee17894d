/**
 * A random field on the sphere as a process of its spherical-harmonic coefficients: first-order autoregressions, each
 * stationary from its first step,
 *   a(t + Δt) = φ a(t) + √(1 − φ²) ξ, φ = e^(−Δt/τ), ξ ~ N(0, 1),
 * times the standard deviation σₙ of their degree; or a sum of such processes of several scales.
 * Palmer et al. 2009, ECMWF Tech. Memo. 598, appendix 8, eqs. 17–18.
 *
 * Draws of a step: one key (member, purpose, step), scales behind each other, each [2, coefficientCount(degree)].
 */
import { usageError } from '../../core/errors.js';
import type { MemberKey } from '../../core/interfaces.js';
import { type DrawKey, normals, type Purpose } from '../../core/random/stream.js';
import { coefficientCount, orderOffset } from '../../core/sphere/legendre.js';
import { antitheticKey } from './antithetic.js';

export interface SpectralScale {
  /** Standard deviation of one real harmonic (mean square 1 over the sphere) by degree; [0] is 0 unless a mean is wanted. */
  readonly amplitudes: Float64Array;
  /** τ, hours; 0 is white in time. */
  readonly timeHours: number;
}

export interface SpectralProcessOptions {
  /** At least one. */
  readonly scales: readonly SpectralScale[];
  /** Δt. */
  readonly stepHours: number;
  readonly purpose: Purpose;
  /** Noise streams 2i and 2i + 1 draw the same numbers with opposite signs. */
  readonly antithetic: boolean;
}

export interface SpectralProcess {
  /** The highest of the scales'. */
  readonly degree: number;
  /** What is held with streams of so many rows, as `streams` is asked for them. */
  memoryBytes(rows: number, most?: number): number;
  /**
   * Streams of so many rows; state is allocated here, nothing later.
   * @param most rows that are taken on at once at most (default: all)
   */
  streams(keys: readonly MemberKey[], most?: number): SpectralStreams;
  /** Coefficients of one member at one step, made alone (the same numbers): step 0 is the first. [2, coefficientCount(degree)] */
  at(key: MemberKey, step: number): Float64Array;
}

export interface SpectralStreams {
  /**
   * Takes rows first … first + count − 1 a step on; every row comes once a step.
   * @returns their coefficients, [row, 2, coefficientCount(degree)]: cosines, then sines (those of m = 0 are 0), ordered
   * by m, then n (core/sphere/legendre.ts, orderOffset). What lies behind them is not theirs. Valid until the next call.
   */
  next(first: number, count: number): Float64Array;
}

/** One scale, ready to be stepped. */
interface Scale {
  readonly degree: number;
  readonly amplitudes: Float64Array;
  readonly persistence: number;
  readonly innovation: number;
  /** Where its coefficients lie in a row's state and draws. */
  readonly offset: number;
}

/** @throws {PlumeError} usage, for a time step that is not positive or a negative time scale */
export function createSpectralProcess(options: SpectralProcessOptions): SpectralProcess {
  const { stepHours, purpose, antithetic } = options;
  if (!(stepHours > 0 && Number.isFinite(stepHours))) {
    throw usageError(`time step of the noise is ${stepHours} h; it must be positive`);
  }
  let size = 0;
  const scales = options.scales.map(({ amplitudes, timeHours }): Scale => {
    if (!(timeHours >= 0 && Number.isFinite(timeHours))) {
      throw usageError(
        `time scale of the noise is ${timeHours} h; it must be 0 (white in time) or more, a finite number`,
      );
    }
    const steps = timeHours === 0 ? Number.POSITIVE_INFINITY : stepHours / timeHours;
    const degree = amplitudes.length - 1;
    const offset = size;
    size += 2 * coefficientCount(degree);
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
  const rowSize = 2 * coefficientCount(degree);
  // Shared by all streams: a step of a row uses them from beginning to end. Of an antithetic pair they are drawn once.
  const draws = new Float64Array(size);
  const drawn = { seed: -1, start: 0, weightSample: 0, noiseStream: 0, purpose, step: 0 };

  const drawStep = (key: DrawKey): void => {
    if (antithetic && sameDraw(drawn, key)) return;
    normals(key, draws);
    if (antithetic) Object.assign(drawn, key);
  };

  const streams = (keys: readonly MemberKey[], most = keys.length): SpectralStreams => {
    const rows = keys.map((key) => {
      const pair = antithetic ? antitheticKey(key) : { key, sign: 1 };
      return { draw: { ...pair.key, purpose, step: 0 }, sign: pair.sign, state: new Float64Array(size) };
    });
    const coefficients = new Float64Array(most * rowSize);
    return {
      next(first, count) {
        for (let i = 0; i < count; i++) {
          const { draw, sign, state } = rows[first + i]!;
          drawStep(draw);
          if (draw.step === 0) state.set(draws);
          else for (const scale of scales) advance(scale, state, draws);
          draw.step++;
          coefficients.fill(0, i * rowSize, (i + 1) * rowSize);
          for (const scale of scales) addCoefficients(scale, sign, state, coefficients, i * rowSize, degree);
        }
        return coefficients;
      },
    };
  };

  return {
    degree,
    memoryBytes: (rows, most = rows) => draws.byteLength + 8 * (rows * size + most * rowSize),
    streams,
    at(key, step) {
      const stream = streams([key]);
      for (let i = 0; i < step; i++) stream.next(0, 1);
      return stream.next(0, 1);
    },
  };
}

function sameDraw(a: DrawKey, b: DrawKey): boolean {
  return (
    a.step === b.step &&
    a.noiseStream === b.noiseStream &&
    a.weightSample === b.weightSample &&
    a.start === b.start &&
    a.seed === b.seed
  );
}

/** a ← φ a + √(1 − φ²) ξ for one scale. */
function advance(scale: Scale, state: Float64Array, draws: Float64Array): void {
  const { persistence, innovation } = scale;
  const end = scale.offset + 2 * coefficientCount(scale.degree);
  for (let i = scale.offset; i < end; i++) state[i] = persistence * state[i]! + innovation * draws[i]!;
}

/** Adds ± σₙ a of one scale to a row's coefficients, of a degree that may be higher. */
function addCoefficients(
  scale: Scale,
  sign: number,
  state: Float64Array,
  sums: Float64Array,
  offset: number,
  degree: number,
): void {
  const { amplitudes } = scale;
  const ownCount = coefficientCount(scale.degree);
  const count = coefficientCount(degree);
  for (let part = 0; part < 2; part++) {
    // Sines of m = 0 are drawn and left out.
    for (let m = part; m <= scale.degree; m++) {
      const from = scale.offset + part * ownCount + orderOffset(m, scale.degree) - m;
      const to = offset + part * count + orderOffset(m, degree) - m;
      for (let n = m; n <= scale.degree; n++) sums[to + n]! += sign * amplitudes[n]! * state[from + n]!;
    }
  }
}
