/**
 * What the tests of the dycore look at: the dycore's fields on its Gaussian grid, tendencies with the linear terms that
 * the semi-implicit step takes, and states made of chosen harmonics.
 */

import type { SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import { VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import { earthRadius, gasConstant, referencePressure } from '../../models/dycore/constants.js';
import type { PrimitiveEquations } from '../../models/dycore/primitiveEquations.js';
import { referenceTemperature } from '../../models/dycore/semiImplicit.js';
import { conversionMatrix, hydrostaticMatrix, type SigmaLevels } from '../../models/dycore/sigmaLevels.js';
import {
  coefficientIndex,
  copyState,
  emptyState,
  prognosticNames,
  type SpectralState,
} from '../../models/dycore/spectralState.js';

/** [lat, lon, field] */
export function synthesize(transform: SphericalTransform, spectral: Float64Array): Float64Array {
  const fields = spectral.length / (2 * transform.coefficients);
  const grid = new Float64Array(transform.sines.length * transform.longitudes * fields);
  transform.synthesize(spectral, fields, grid);
  return grid;
}

/** u cos φ and v cos φ, each [lat, lon, level]. */
export function windTimesCosine(
  transform: SphericalTransform,
  { vorticity, divergence }: SpectralState,
): [Float64Array, Float64Array] {
  const fields = vorticity.length / (2 * transform.coefficients);
  const block = (values: Float64Array) => ({ values, fields, first: 0, count: fields });
  const u = new Float64Array(vorticity.length);
  const v = new Float64Array(vorticity.length);
  new VectorCalculus(transform, earthRadius).windFromVorticityDivergence(
    block(vorticity),
    block(divergence),
    block(u),
    block(v),
  );
  return [synthesize(transform, u), synthesize(transform, v)];
}

/** Air at rest at one temperature (K) and 1000 hPa. */
export function isothermal(
  transform: SphericalTransform,
  levels: number,
  temperature: number,
): SpectralState {
  const state = emptyState(transform.coefficients, levels);
  state.temperature.fill(temperature, 0, levels);
  state.logPressure[0] = Math.log(referencePressure);
  return state;
}

export function cloneState(state: SpectralState): SpectralState {
  const clone = emptyState(state.logPressure.length / 2, state.vorticity.length / state.logPressure.length);
  copyState(state, clone);
  return clone;
}

/** Largest |a − b| of each prognostic, over the largest |b|. */
export function relativeDifference(a: SpectralState, b: SpectralState): number {
  return Math.max(
    ...prognosticNames.map((name) => {
      let difference = 0;
      let size = 0;
      for (let i = 0; i < a[name].length; i++) {
        difference = Math.max(difference, Math.abs(a[name][i]! - b[name][i]!));
        size = Math.max(size, Math.abs(b[name][i]!));
      }
      return size === 0 ? difference : difference / size;
    }),
  );
}

/** Everything that changes a state: the nonlinear tendencies and the linear terms of gravity waves. */
export function wholeTendency(
  equations: PrimitiveEquations,
  transform: SphericalTransform,
  levels: SigmaLevels,
  state: SpectralState,
): SpectralState {
  const L = levels.count;
  const out = emptyState(transform.coefficients, L);
  equations.restart();
  equations.tendencies(state, out);
  const hydrostatic = hydrostaticMatrix(levels);
  const conversion = conversionMatrix(levels, referenceTemperature);
  for (let row = 0; row < 2 * transform.coefficients; row++) {
    const n = transform.degrees[row >> 1]!;
    const curvature = (n * (n + 1)) / earthRadius ** 2;
    for (let k = 0; k < L; k++) {
      let geopotential = gasConstant * referenceTemperature * state.logPressure[row]!;
      let cooling = 0;
      for (let j = 0; j < L; j++) {
        geopotential += hydrostatic[k * L + j]! * state.temperature[row * L + j]!;
        cooling += conversion[k * L + j]! * state.divergence[row * L + j]!;
      }
      out.divergence[row * L + k]! += curvature * geopotential;
      out.temperature[row * L + k]! -= cooling;
      out.logPressure[row]! -= levels.thickness[k]! * state.divergence[row * L + k]!;
    }
  }
  return out;
}

/** Row of (m, n) and cosine (0) or sine (1) in a spectral batch: values begin at row × fields. */
export function rowOf(transform: SphericalTransform, m: number, n: number, part: 0 | 1): number {
  return 2 * coefficientIndex(transform.truncation, m, n) + part;
}
