/** The dycore's arithmetic in TypeScript: the reference of wasmIntegrator.ts, and what runs where that is not built. */
import { type DampingFactors, dampingFactors } from './damping.js';
import { filterStrength, type Integrator, type IntegratorPlan, williams } from './integrator.js';
import { PrimitiveEquations } from './primitiveEquations.js';
import { makeSemiImplicit } from './semiImplicit.js';
import { copyState, emptyState, prognosticNames, type SpectralState } from './spectralState.js';

export function plainIntegrator(plan: IntegratorPlan): Integrator {
  const { transform, levels, forced, friction, groundGeopotential } = plan;
  const { degrees, truncation } = transform;
  const equations = new PrimitiveEquations(transform, levels, {
    forced,
    ...(groundGeopotential === undefined ? {} : { groundGeopotential }),
  });
  const schemes = plan.schemes.map(({ interval, implicitness }) => ({
    implicit: makeSemiImplicit(levels, degrees, interval, implicitness),
    damping: dampingFactors(truncation, friction, interval),
  }));
  const empty = (): SpectralState => emptyState(transform.coefficients, levels.count);
  const states = [empty(), empty(), empty()] as const;
  const tendency = empty();

  return {
    get massCorrection() {
      return equations.massCorrection;
    },
    load(state, slot) {
      equations.restart();
      copyState(state, states[slot]);
    },
    store(slot, state) {
      copyState(states[slot], state);
    },
    tendencies(slot) {
      equations.tendencies(states[slot], tendency);
    },
    step(scheme, before, now, next) {
      const { implicit, damping } = schemes[scheme]!;
      implicit.advance(states[before], tendency, states[next]);
      damp(states[next], damping);
      if (now !== null) filter(states[before], states[now], states[next]);
    },
  };

  function damp(state: SpectralState, { momentum, heat }: DampingFactors): void {
    const L = levels.count;
    for (let c = 0; c < degrees.length; c++) {
      const n = degrees[c]!;
      if (n > truncation) continue;
      for (let at = 2 * c * L; at < (2 * c + 2) * L; at++) {
        const factor = momentum[n * L + (at % L)]!;
        state.vorticity[at]! *= factor;
        state.divergence[at]! *= factor;
        state.temperature[at]! *= heat[n]!;
      }
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
