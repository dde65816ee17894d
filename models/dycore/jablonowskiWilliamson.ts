/**
 * The balanced zonal jet of Jablonowski & Williamson 2006 (Q. J. R. Meteorol. Soc. 132, 2943–2975): a steady solution of
 * the adiabatic primitive equations above a ground whose geopotential holds the jet in balance at pₛ = 1000 hPa, and its
 * twin whose wind is perturbed by 1 m s⁻¹ near 20°E 40°N, from which a baroclinic wave grows.
 *   u = u₀ cos^{3/2} η_v sin² 2φ,   η_v = (η − η₀) π/2                                              eq. 2
 *   T = T̄(η) + ¾ (ηπu₀/R) sin η_v cos^{1/2} η_v {A 2u₀ cos^{3/2} η_v + B aΩ}                         eqs. 4–6
 *   Φₛ = u₀ cos^{3/2} η_s {A u₀ cos^{3/2} η_s + B aΩ},   η_s = (1 − η₀) π/2                          eq. 7
 *   A = −2 sin⁶φ (cos²φ + ⅓) + 10/63,   B = 8/5 cos³φ (sin²φ + ⅔) − π/4
 * Because pₛ is the same everywhere, η is σ.
 */
import {
  gaussianSize,
  makeTransform,
  type SphericalTransform,
} from '../../core/sphere/sphericalTransform.js';
import { VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import { earthRadius, gasConstant, gravity, referencePressure, rotationRate } from './constants.js';
import { Dycore, type DycoreConfig, resolveDycore } from './dycore.js';
import { emptyState, type SpectralState } from './spectralState.js';

/** u₀, m s⁻¹ */
const jetSpeed = 35;
/** η₀ */
const jetLevel = 0.252;
/** η_t */
const tropopause = 0.2;
/** T₀, K */
const surfaceTemperature = 288;
/** Γ, K m⁻¹ */
const lapseRate = 0.005;
/** ΔT of the stratosphere, K */
const stratosphericWarming = 4.8e5;
/** u_p, m s⁻¹; its centre, radians; its e-folding radius over a. */
const perturbationSpeed = 1;
const perturbationLongitude = Math.PI / 9;
const perturbationLatitude = (2 * Math.PI) / 9;
const perturbationRadius = 0.1;

export interface JetOptions extends Partial<Omit<DycoreConfig, 'forcing'>> {
  /** Whether the wind is perturbed. */
  readonly perturbed: boolean;
}

/** A dycore without forcing above the ground of the test, and the state from which it starts. */
export function makeJet({ perturbed, ...config }: JetOptions): {
  readonly dycore: Dycore;
  readonly state: SpectralState;
} {
  const resolved = resolveDycore({ ...config, forcing: 'none' });
  const { truncation } = resolved;
  const transform = makeTransform({ truncation, latitudes: 'gaussian', ...gaussianSize(truncation) });
  const dycore = new Dycore(resolved, groundGeopotential(transform));
  return { dycore, state: initialState(transform, dycore.fullLevels, perturbed) };
}

/** Zonal wind of the steady state, m s⁻¹. */
export function jetWind(sine: number, eta: number): number {
  const cosine = Math.sqrt(1 - sine * sine);
  return jetSpeed * Math.cos(angle(eta)) ** 1.5 * (2 * sine * cosine) ** 2;
}

/** Temperature of the steady state, K. */
export function jetTemperature(sine: number, eta: number): number {
  const vertical = angle(eta);
  const meanTemperature =
    surfaceTemperature * eta ** ((gasConstant * lapseRate) / gravity) +
    stratosphericWarming * Math.max(0, tropopause - eta) ** 5;
  return (
    meanTemperature +
    ((0.75 * eta * Math.PI * jetSpeed) / gasConstant) *
      Math.sin(vertical) *
      Math.sqrt(Math.cos(vertical)) *
      balance(sine, 2 * jetSpeed * Math.cos(vertical) ** 1.5)
  );
}

function groundGeopotential(transform: SphericalTransform): Float64Array {
  const wind = jetSpeed * Math.cos(angle(1)) ** 1.5;
  const grid = onGrid(transform, 1, (sine) => [wind * balance(sine, wind)]);
  const spectral = new Float64Array(2 * transform.coefficients);
  transform.analyze(grid, 1, spectral);
  dropHighest(transform, 1, spectral);
  return spectral;
}

function initialState(
  transform: SphericalTransform,
  levels: Float64Array,
  perturbed: boolean,
): SpectralState {
  const L = levels.length;
  const state = emptyState(transform.coefficients, L);
  const temperature = onGrid(transform, L, (sine) => [...levels].map((eta) => jetTemperature(sine, eta)));
  transform.analyze(temperature, L, state.temperature);
  dropHighest(transform, L, state.temperature);
  // u cos φ / cos²φ
  const wind = onGrid(transform, L, (sine, longitude) => {
    const push = perturbed ? perturbation(sine, longitude) : 0;
    return [...levels].map((eta) => (jetWind(sine, eta) + push) / Math.sqrt(1 - sine * sine));
  });
  const spectral = new Float64Array(2 * transform.coefficients * L);
  transform.analyze(wind, L, spectral);
  const block = (values: Float64Array) => ({ values, fields: L, first: 0, count: L });
  new VectorCalculus(transform, earthRadius).divergenceAndVorticity(
    block(spectral),
    block(new Float64Array(spectral.length)),
    block(state.divergence),
    block(state.vorticity),
  );
  state.logPressure[0] = Math.log(referencePressure);
  return state;
}

/** η_v */
function angle(eta: number): number {
  return ((eta - jetLevel) * Math.PI) / 2;
}

/** A · wind + B · aΩ */
function balance(sine: number, wind: number): number {
  const square = sine * sine;
  const cosine = Math.sqrt(1 - square);
  const inertia = -2 * square ** 3 * (cosine ** 2 + 1 / 3) + 10 / 63;
  const rotation = (8 / 5) * cosine ** 3 * (square + 2 / 3) - Math.PI / 4;
  return inertia * wind + rotation * earthRadius * rotationRate;
}

function perturbation(sine: number, longitude: number): number {
  const distance = Math.acos(
    Math.min(
      1,
      Math.sin(perturbationLatitude) * sine +
        Math.cos(perturbationLatitude) *
          Math.sqrt(1 - sine * sine) *
          Math.cos(longitude - perturbationLongitude),
    ),
  );
  return perturbationSpeed * Math.exp(-((distance / perturbationRadius) ** 2));
}

/** [lat, lon, field] of a function of sin φ and longitude. */
function onGrid(
  { sines, longitudes }: SphericalTransform,
  fields: number,
  value: (sine: number, longitude: number) => readonly number[],
): Float64Array {
  const grid = new Float64Array(sines.length * longitudes * fields);
  for (let row = 0; row < sines.length; row++) {
    for (let column = 0; column < longitudes; column++) {
      grid.set(value(sines[row]!, (2 * Math.PI * column) / longitudes), (row * longitudes + column) * fields);
    }
  }
  return grid;
}

/** Degree T + 1, which fields do not hold. */
function dropHighest(
  { degrees, truncation }: SphericalTransform,
  fields: number,
  spectral: Float64Array,
): void {
  for (let c = 0; c < degrees.length; c++) {
    if (degrees[c]! > truncation) spectral.fill(0, 2 * c * fields, 2 * (c + 1) * fields);
  }
}
