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
import { hasWasmKernels } from '../../core/sphere/wasmKernels.js';
import { earthRadius, referencePressure } from './constants.js';
import { frictionRates } from './heldSuarez.js';
import type { Integrator, Slot } from './integrator.js';
import { plainIntegrator } from './plainIntegrator.js';
import { restoreMass } from './primitiveEquations.js';
import { equalLevels, type SigmaLevels } from './sigmaLevels.js';
import { coefficientIndex, emptyState, type SpectralState } from './spectralState.js';
import { hasWasmIntegrator, wasmIntegrator } from './wasmIntegrator.js';

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
/** Kinds of steps by their number. */
const halfStep = 0;
const midpointStep = 1;
const leapfrog = 2;

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
  readonly #integrator: Integrator;

  /**
   * @param groundGeopotential [coefficient, 2], m² s⁻²; flat where absent
   * @param kernels default: WebAssembly where it is built, else TypeScript; both give the same numbers to the bit
   */
  constructor(
    config: DycoreConfig,
    groundGeopotential?: Float64Array,
    kernels: 'typescript' | 'wasm' = hasWasmIntegrator() && hasWasmKernels() ? 'wasm' : 'typescript',
  ) {
    this.config = config;
    const { truncation, stepSeconds } = config;
    this.levels = equalLevels(config.levels);
    this.transform = makeTransform({
      truncation,
      latitudes: 'gaussian',
      ...gaussianSize(truncation),
      kernels,
    });
    const forced = config.forcing === 'held-suarez';
    const makeIntegrator = kernels === 'wasm' ? wasmIntegrator : plainIntegrator;
    this.#integrator = makeIntegrator({
      transform: this.transform,
      levels: this.levels,
      forced,
      friction: forced ? frictionRates(this.levels.full) : new Float64Array(config.levels),
      schemes: [
        { interval: stepSeconds / 2, implicitness: startImplicitness },
        { interval: stepSeconds, implicitness: startImplicitness },
        { interval: 2 * stepSeconds, implicitness: 0.5 },
      ],
      groundGeopotential,
    });
  }

  get fullLevels(): Float64Array {
    return this.levels.full;
  }

  get halfLevels(): Float64Array {
    return this.levels.half;
  }

  /** What the mass of dry air has been corrected by, step by step in all integrations so far, as a part of it. */
  get massCorrection(): number {
    return this.#integrator.massCorrection;
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
    const integrator = this.#integrator;
    let [before, now, next]: [Slot, Slot, Slot] = [0, 1, 2];
    integrator.load(state, before);
    this.#tendencies(before, 0);
    integrator.step(halfStep, before, null, now);
    this.#tendencies(now, 0);
    integrator.step(midpointStep, before, null, next);
    [now, next] = [next, now];
    for (let step = 1; step < steps; step++) {
      this.#tendencies(now, step);
      integrator.step(leapfrog, before, now, next);
      [before, now, next] = [now, next, before];
    }
    integrator.store(now, state);
    restoreMass(this.transform, state);
  }

  #tendencies(slot: Slot, step: number): void {
    try {
      this.#integrator.tendencies(slot);
    } catch (error) {
      if (!(error instanceof PlumeError)) throw error;
      const { truncation, stepSeconds } = this.config;
      const hours = ((step * stepSeconds) / 3600).toFixed(1);
      throw new PlumeError(
        error.tag,
        `the dycore (T${truncation}, Δt ${stepSeconds} s) broke at step ${step} (${hours} h): ${error.message}`,
        { cause: error },
      );
    }
  }
}
