/**
 * Jablonowski & Williamson 2006 (Q. J. R. Meteorol. Soc. 132, 2943–2975), in short: the balanced jet stays as it is, and
 * the small perturbation becomes the baroclinic wave of their figures. `npm run science -- wave` does it in full.
 */
import { describe, expect, it } from 'vitest';
import type { Dycore } from '../../models/dycore/dycore.js';
import { jetTemperature, jetWind, makeJet } from '../../models/dycore/jablonowskiWilliamson.js';
import type { SpectralState } from '../../models/dycore/spectralState.js';
import { rowOf, synthesize, windTimesCosine } from './dycoreFields.js';

/** Pa */
function lowestPressure(dycore: Dycore, state: SpectralState): number {
  return Math.exp(Math.min(...synthesize(dycore.transform, state.logPressure)));
}

/** Root of the mean square over the mass of the atmosphere of the change of the zonal-mean wind, m s⁻¹. */
function windChange(dycore: Dycore, state: SpectralState): number {
  const { transform, fullLevels } = dycore;
  const L = fullLevels.length;
  const [u] = windTimesCosine(transform, state);
  let sum = 0;
  for (let row = 0; row < transform.sines.length; row++) {
    for (let k = 0; k < L; k++) {
      let mean = 0;
      for (let column = 0; column < transform.longitudes; column++) {
        mean += u[(row * transform.longitudes + column) * L + k]!;
      }
      mean /= transform.longitudes * transform.cosines[row]!;
      const change = mean - jetWind(transform.sines[row]!, fullLevels[k]!);
      sum += ((transform.weights[row]! / 2) * change ** 2) / L;
    }
  }
  return Math.sqrt(sum);
}

describe('balanced jet', () => {
  it('has the wind and temperature of the published figures', () => {
    // 35 m/s at 45° on η = 0.252; 288 K in the mean at the ground
    expect(jetWind(Math.SQRT1_2, 0.252)).toBeCloseTo(35, 10);
    expect(jetWind(0, 0.252)).toBe(0);
    let mean = 0;
    for (let i = 0; i < 2000; i++) mean += jetTemperature((i + 0.5) / 1000 - 1, 1) / 2000;
    expect(mean).toBeCloseTo(288, 1);
    // warmest at the equator near the ground, cold at the tropopause, warm again above
    expect(jetTemperature(0, 1)).toBeGreaterThan(300);
    expect(jetTemperature(0, 0.15)).toBeLessThan(225);
    expect(jetTemperature(0, 0.01)).toBeGreaterThan(jetTemperature(0, 0.15));
  });

  it('is held by the model from the start: wind as given, pressure that hardly moves', () => {
    const { dycore, state } = makeJet({ truncation: 31, levels: 10, perturbed: false });
    expect(windChange(dycore, state)).toBeLessThan(0.02);
    for (let day = 0; day < 10; day++) dycore.advance(state, 24);
    // no wave appears, not even by rounding
    for (const m of [1, 2, 5, 9, 31]) {
      for (let n = m; n <= 31; n++) {
        for (const part of [0, 1] as const) {
          const row = rowOf(dycore.transform, m, n, part);
          for (let k = 0; k < 10; k++) expect(Math.abs(state.vorticity[row * 10 + k]!)).toBeLessThan(1e-18);
        }
      }
    }
    expect(windChange(dycore, state)).toBeLessThan(0.1);
    const pressure = synthesize(dycore.transform, state.logPressure).map(Math.exp);
    expect(Math.max(...pressure) - Math.min(...pressure)).toBeLessThan(100);
  });
});

describe('perturbed jet', () => {
  it('little happens until day 4, then a wave deepens explosively', () => {
    const { dycore, state } = makeJet({ truncation: 31, levels: 18, perturbed: true });
    const lowest: number[] = [lowestPressure(dycore, state)];
    for (let day = 1; day <= 9; day++) {
      dycore.advance(state, 24);
      lowest.push(lowestPressure(dycore, state) / 100);
    }
    // as in their figures: 1 hPa and less until day 4, ten or so by day 7, 940 to 965 at day 9 by resolution
    expect(lowest[4]).toBeGreaterThan(996);
    expect(lowest[7]).toBeGreaterThan(980);
    expect(lowest[7]).toBeLessThan(993);
    expect(lowest[9]).toBeGreaterThan(940);
    expect(lowest[9]).toBeLessThan(970);
    expect(lowest[7]! - lowest[9]!).toBeGreaterThan(3 * (lowest[4]! - lowest[7]!));
  });
});
