/**
 * The arithmetic of the dycore's time steps (dycore.ts says which follow each other), on three states of its own. Two of
 * them: plainIntegrator.ts, the reference, and wasmIntegrator.ts, several times faster; they agree to the bit.
 */
import type { SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import type { SigmaLevels } from './sigmaLevels.js';
import type { SpectralState } from './spectralState.js';

/** Which of the three states. */
export type Slot = 0 | 1 | 2;

/** A kind of step. */
export interface Scheme {
  /** t⁺ − t⁻, seconds */
  readonly interval: number;
  /** β of semiImplicit.ts */
  readonly implicitness: number;
}

export interface Integrator {
  /** Σ |ln(p₀ / mean pₛ)|: what the mass of dry air has been corrected by so far, as a part of it. */
  readonly massCorrection: number;
  /** Begins anew from a state: there is no heating of a step before. */
  load(state: SpectralState, slot: Slot): void;
  store(slot: Slot, state: SpectralState): void;
  /**
   * Tendencies of a state, whose mean surface pressure is put right first.
   * @throws {PlumeError} data, when a wind is not finite or beyond 200 m s⁻¹, naming the level
   */
  tendencies(slot: Slot): void;
  /**
   * A step with these tendencies, semi-implicit, and damping.
   * @param scheme index among those given
   * @param now the filter goes over the three states, if not null
   */
  step(scheme: number, before: Slot, now: Slot | null, next: Slot): void;
}

export interface IntegratorPlan {
  readonly transform: SphericalTransform;
  readonly levels: SigmaLevels;
  readonly forced: boolean;
  /** By level, s⁻¹ */
  readonly friction: Float64Array;
  readonly schemes: readonly Scheme[];
  /** [coefficient, 2], m² s⁻² */
  readonly groundGeopotential: Float64Array | undefined;
}

/** ν and α of the filter of Robert, Asselin and Williams (Williams 2009, Mon. Weather Rev. 137, 2538–2546). */
export const filterStrength = 0.1;
export const williams = 0.53;
