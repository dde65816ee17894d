/** The dycore in WebAssembly against the one in TypeScript, and the exponential that both share against Math.exp. */
import { describe, expect, it } from 'vitest';
import { Dycore, resolveDycore } from '../../models/dycore/dycore.js';
import { exponential } from '../../models/dycore/exponential.js';
import { jetTemperature } from '../../models/dycore/jablonowskiWilliamson.js';
import {
  coefficientIndex,
  emptyState,
  prognosticNames,
  type SpectralState,
} from '../../models/dycore/spectralState.js';
import { rowOf } from './dycoreFields.js';

type Kernels = 'typescript' | 'wasm';

/** Waves of every degree in everything, with strong winds, so that every term counts. */
function stormy(dycore: Dycore): SpectralState {
  const { transform, levels } = dycore;
  const L = levels.count;
  const state = emptyState(transform.coefficients, L);
  for (let m = 0; m <= transform.truncation; m++) {
    for (let n = Math.max(m, 1); n <= transform.truncation; n++) {
      for (const part of m === 0 ? ([0] as const) : ([0, 1] as const)) {
        const row = rowOf(transform, m, n, part);
        for (let k = 0; k < L; k++) {
          const phase = 1.7 * m + 2.9 * n + 4.3 * part + 0.7 * k;
          state.vorticity[row * L + k] = (6e-6 * Math.sin(phase)) / n;
          state.divergence[row * L + k] = (5e-7 * Math.cos(3 * phase)) / n;
          state.temperature[row * L + k] = (5 * Math.sin(5 * phase)) / n ** 2;
        }
        state.logPressure[row] = (0.02 * Math.cos(7 * m + 11 * n + part)) / n ** 2;
      }
    }
  }
  for (let k = 0; k < L; k++) state.temperature[k] = jetTemperature(0.4, levels.full[k]!);
  state.logPressure[0] = 11.6;
  return state;
}

describe('kernels of the dycore', () => {
  for (const [truncation, levels, forcing] of [
    [21, 8, 'held-suarez'],
    [10, 5, 'held-suarez'],
    [13, 2, 'none'],
    [9, 3, 'none'],
  ] as const) {
    it(`give the numbers of TypeScript to the bit: T${truncation}, ${levels} levels, forcing ${forcing}`, () => {
      const config = resolveDycore({ truncation, levels, forcing });
      const run = (kernels: Kernels): [SpectralState, number] => {
        const ground = new Float64Array((truncation + 1) * (truncation + 4));
        ground[2 * coefficientIndex(truncation, 2, 3)] = 800;
        ground[2 * coefficientIndex(truncation, 0, 2)] = -300;
        ground[2 * coefficientIndex(truncation, 1, 2) + 1] = 500;
        const dycore = new Dycore(config, forcing === 'none' ? ground : undefined, kernels);
        const state = stormy(dycore);
        dycore.advance(state, 6);
        dycore.advance(state, 18);
        return [state, dycore.massCorrection];
      };
      const [plain, plainCorrection] = run('typescript');
      const [wasm, wasmCorrection] = run('wasm');
      for (const name of prognosticNames) {
        const differing = plain[name].findIndex((value, i) => value !== wasm[name][i]);
        expect([name, differing]).toEqual([name, -1]);
      }
      expect(Math.max(...plain.vorticity.map(Math.abs))).toBeGreaterThan(1e-6);
      expect(wasmCorrection).toBe(plainCorrection);
      expect(wasmCorrection).toBeGreaterThan(0);
    });
  }

  it('name the same step, level and wind where the integration breaks', () => {
    const config = resolveDycore({ truncation: 12, levels: 5 });
    for (const broken of [1, Number.NaN]) {
      const message = (kernels: Kernels): string => {
        const dycore = new Dycore(config, undefined, kernels);
        const state = dycore.restingState(1);
        state.vorticity[rowOf(dycore.transform, 0, 1, 0) * 5 + 3] = broken * 1e-4;
        try {
          dycore.advance(state, 6);
        } catch (error) {
          return (error as Error).message;
        }
        return 'nothing was thrown';
      };
      expect(message('wasm')).toMatch(/broke at step 0 .*on model level 4 /);
      expect(message('wasm')).toBe(message('typescript'));
    }
  });

  it('go on from a broken run as if it had not been', () => {
    const dycore = new Dycore(resolveDycore({ truncation: 12, levels: 4 }));
    const fresh = dycore.restingState(2);
    dycore.advance(fresh, 6);
    const broken = dycore.restingState(2);
    broken.temperature.fill(Number.NaN);
    expect(() => dycore.advance(broken, 6)).toThrow(/no number/);
    const again = dycore.restingState(2);
    dycore.advance(again, 6);
    expect(again).toEqual(fresh);
  });
});

describe('exponential', () => {
  it('is e to the x within two units in the last place', () => {
    for (let x = -700; x <= 700; x += 0.37) {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(4.5e-16);
    }
    for (let x = -1; x <= 13; x += 0.0031) {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(4.5e-16);
    }
    expect(exponential(0)).toBe(1);
    expect(exponential(Number.NaN)).toBeNaN();
  });
});
