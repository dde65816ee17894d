/**
 * The dry primitive-equation model of the atmosphere: spectral, semi-implicit, forced as Held & Suarez 1994.
 * Leapfrog with the filter of Robert, Asselin and Williams (Williams 2009, Mon. Weather Rev. 137, 2538–2546), started
 * by a half step and a midpoint step, so that one state is enough to go on from; scale-selective hyperdiffusion
 * ∇⁸ and friction are taken implicitly. Everything is float64 and a pure function of the state and configuration.
 */
import { PlumeError, usageError } from '../../core/errors.js';
import { normals } from '../../core/random/stream.js';
import {
  gaussianSize,
  makeTransform,
  type SphericalTransform,
} from '../../core/sphere/sphericalTransform.js';
import { earthRadius, referencePressure } from './constants.js';
import { frictionRates } from './heldSuarez.js';
import { PrimitiveEquations, restoreMass } from './primitiveEquations.js';
import { makeSemiImplicit, type SemiImplicit } from './semiImplicit.js';
import { equalLevels, type SigmaLevels } from './sigmaLevels.js';
import { coefficientIndex, emptyState, prognosticNames, type SpectralState } from './spectralState.js';

export interface DycoreConfig {
  /** T of the triangular truncation. */
  readonly truncation: number;
  /** L sigma levels of equal thickness. */
  readonly levels: number;
  /** Δt, seconds; a whole number of them makes an hour's multiple. */
  readonly stepSeconds: number;
  /** Radiation and friction of Held & Suarez, or nothing but the dynamics. */
  readonly forcing: 'held-suarez' | 'none';
}

export const defaultDycore: DycoreConfig = {
  truncation: 31,
  levels: 8,
  stepSeconds: 1800,
  forcing: 'held-suarez',
};

/** Hours that every integration is a multiple of. */
export const segmentHours = 6;
/** A wind that the time step must bear at the truncation, m s⁻¹: u Δt T / a ≤ 1 of leapfrog advection. */
const designWind = 100;
const smallestTruncation = 5;
const largestTruncation = 170;
/**
 * β of the half step and the midpoint step. At ½ they amplify fast gravity waves where the air is colder than the
 * reference of the implicit terms, a little at every start: for ω Δt ≫ 1 by 1 + 2r(1 − 2r), r = 1 − T/T̄.
 */
const startImplicitness = 0.75;
/** e-folding time of the smallest wave, seconds, and the power of the Laplacian: Held & Suarez 1994, section 2b. */
const diffusionSeconds = 8_640;
const diffusionOrder = 4;
/** ν and α of the filter. */
const filterStrength = 0.1;
const williams = 0.53;

/** Longest stable Δt, seconds. */
export function longestStep(truncation: number): number {
  return earthRadius / (truncation * designWind);
}

/**
 * Fills up and checks a configuration; the step follows the truncation where it is not given.
 * @throws {PlumeError} usage, for a truncation, level count or step that cannot be integrated
 */
export function resolveDycore(options: Partial<DycoreConfig> = {}): DycoreConfig {
  const { truncation = defaultDycore.truncation, levels = defaultDycore.levels } = options;
  if (
    !(Number.isInteger(truncation) && truncation >= smallestTruncation && truncation <= largestTruncation)
  ) {
    throw usageError(
      `truncation ${truncation}: give a whole number from ${smallestTruncation} to ${largestTruncation}, such as 21, 31 or 42`,
    );
  }
  equalLevels(levels);
  const longest = longestStep(truncation);
  const fits = [
    3600, 2700, 2400, 1800, 1350, 1200, 900, 720, 600, 450, 400, 360, 300, 240, 200, 180, 150, 120,
  ];
  const stepSeconds = options.stepSeconds ?? fits.find((seconds) => seconds <= longest) ?? 120;
  const steps = (segmentHours * 3600) / stepSeconds;
  if (!(stepSeconds > 0) || !Number.isInteger(steps) || steps < 2) {
    throw usageError(
      `time step of ${stepSeconds} s: ${segmentHours} h must be a whole number of steps, at least two; such as 1800`,
    );
  }
  if (stepSeconds > longest) {
    throw usageError(
      `time step of ${stepSeconds} s is unstable at T${truncation}: a wind of ${designWind} m/s allows at most ` +
        `${Math.floor(longest)} s; such as ${fits.find((seconds) => seconds <= longest) ?? 60}`,
    );
  }
  return { truncation, levels, stepSeconds, forcing: options.forcing ?? defaultDycore.forcing };
}

export class Dycore {
  readonly config: DycoreConfig;
  readonly levels: SigmaLevels;
  /** On the Gaussian grid. */
  readonly transform: SphericalTransform;
  readonly #equations: PrimitiveEquations;
  /** For the half step, the midpoint step, and leapfrog. */
  readonly #implicit: readonly [SemiImplicit, SemiImplicit, SemiImplicit];
  readonly #friction: Float64Array;
  readonly #states: [SpectralState, SpectralState, SpectralState];
  readonly #tendency: SpectralState;

  /** @param groundGeopotential [coefficient, 2], m² s⁻²; flat where absent */
  constructor(config: DycoreConfig, groundGeopotential?: Float64Array) {
    this.config = config;
    const { truncation, stepSeconds } = config;
    this.levels = equalLevels(config.levels);
    const { rows, columns } = gaussianSize(truncation);
    this.transform = makeTransform({ truncation, latitudes: 'gaussian', rows, columns });
    const forced = config.forcing === 'held-suarez';
    this.#equations = new PrimitiveEquations(this.transform, this.levels, {
      forced,
      ...(groundGeopotential === undefined ? {} : { groundGeopotential }),
    });
    const implicit = (interval: number, implicitness: number) =>
      makeSemiImplicit(this.levels, this.transform.degrees, interval, implicitness);
    this.#implicit = [
      implicit(stepSeconds / 2, startImplicitness),
      implicit(stepSeconds, startImplicitness),
      implicit(2 * stepSeconds, 0.5),
    ];
    this.#friction = forced ? frictionRates(this.levels.full) : new Float64Array(config.levels);
    const empty = (): SpectralState => emptyState(this.transform.coefficients, config.levels);
    this.#states = [empty(), empty(), empty()];
    this.#tendency = empty();
  }

  get fullLevels(): Float64Array {
    return this.levels.full;
  }

  get halfLevels(): Float64Array {
    return this.levels.half;
  }

  /** What the mass of dry air has been corrected by, step by step in all integrations so far, as a part of it. */
  get massCorrection(): number {
    return this.#equations.massCorrection;
  }

  /** Air at rest, 280 K everywhere, with small seeded temperature waves: where a spin-up begins. */
  restingState(seed: number): SpectralState {
    const { truncation, levels } = this.config;
    const state = emptyState(this.transform.coefficients, levels);
    for (let k = 0; k < levels; k++) state.temperature[k] = 280;
    state.logPressure[0] = Math.log(referencePressure);
    // every harmonic up to degree 8, the same at every truncation and level
    const draws = new Float64Array(2 * 81);
    normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'initialise', step: 0 }, draws);
    for (let n = 1; n <= Math.min(8, truncation); n++) {
      for (let m = 0; m <= n; m++) {
        const row = 2 * coefficientIndex(truncation, m, n);
        for (let part = 0; part < (m === 0 ? 1 : 2); part++) {
          for (let k = 0; k < levels; k++) {
            state.temperature[(row + part) * levels + k] = 0.1 * draws[2 * (9 * n + m) + part]!;
          }
        }
      }
    }
    return state;
  }

  /**
   * Goes on by a whole number of time steps, in place.
   * @throws {PlumeError} usage, when the hours are no whole number of steps; data, when the integration breaks,
   *   naming step and level
   */
  advance(state: SpectralState, hours: number): void {
    const { stepSeconds } = this.config;
    const steps = (hours * 3600) / stepSeconds;
    if (!(Number.isInteger(steps) && steps >= 1)) {
      throw usageError(`${hours} h is no whole number of time steps of ${stepSeconds} s`);
    }
    let [before, now, next] = this.#states;
    const tendency = this.#tendency;
    this.#equations.restart();
    for (const name of prognosticNames) before[name].set(state[name]);

    this.#attempt(0, stepSeconds, () => this.#equations.tendencies(before, tendency));
    this.#implicit[0].advance(before, tendency, now);
    this.#damp(now, stepSeconds / 2);
    this.#attempt(0, stepSeconds, () => this.#equations.tendencies(now, tendency));
    this.#implicit[1].advance(before, tendency, next);
    this.#damp(next, stepSeconds);
    [now, next] = [next, now];
    for (let step = 1; step < steps; step++) {
      this.#attempt(step, stepSeconds, () => this.#equations.tendencies(now, tendency));
      this.#implicit[2].advance(before, tendency, next);
      this.#damp(next, 2 * stepSeconds);
      filter(before, now, next);
      [before, now, next] = [now, next, before];
    }
    for (const name of prognosticNames) state[name].set(now[name]);
    restoreMass(this.transform, state);
  }

  /** ∇⁸ and friction, implicitly over an interval: x ← x / (1 + seconds · rate). */
  #damp(state: SpectralState, seconds: number): void {
    const { levels, truncation } = this.config;
    const { degrees } = this.transform;
    const smallest = truncation * (truncation + 1);
    for (let c = 0; c < degrees.length; c++) {
      const n = degrees[c]!;
      const diffusion = ((n * (n + 1)) / smallest) ** diffusionOrder / diffusionSeconds;
      for (let row = 2 * c; row < 2 * c + 2; row++) {
        for (let k = 0; k < levels; k++) {
          const at = row * levels + k;
          const momentum = 1 / (1 + seconds * (diffusion + this.#friction[k]!));
          state.vorticity[at]! *= momentum;
          state.divergence[at]! *= momentum;
          state.temperature[at]! *= 1 / (1 + seconds * diffusion);
        }
      }
    }
  }

  #attempt(step: number, stepSeconds: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof PlumeError)) throw error;
      const hours = ((step * stepSeconds) / 3600).toFixed(1);
      throw new PlumeError(
        error.tag,
        `the dycore (T${this.config.truncation}, Δt ${stepSeconds} s) broke at step ${step} (${hours} h): ${error.message}`,
        { cause: error },
      );
    }
  }
}

/** x_n ← x_n + α d, x_{n+1} ← x_{n+1} − (1 − α) d, d = ν/2 (x_{n−1} − 2 x_n + x_{n+1}). */
function filter(before: SpectralState, now: SpectralState, next: SpectralState): void {
  for (const name of prognosticNames) {
    const a = before[name];
    const b = now[name];
    const c = next[name];
    for (let i = 0; i < b.length; i++) {
      const displacement = 0.5 * filterStrength * (a[i]! - 2 * b[i]! + c[i]!);
      b[i]! += williams * displacement;
      c[i]! -= (1 - williams) * displacement;
    }
  }
}
