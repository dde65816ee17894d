/**
 * Tendencies of the dry primitive equations in σ coordinates, vorticity–divergence form, by the transform method
 * (Bourke 1974; Hoskins & Simmons 1975, Q. J. R. Meteorol. Soc. 101, 637–655, eqs. 1–5), without the linear terms
 * that semiImplicit.ts advances:
 *   ∂ζ/∂t = k·∇×F,   ∂D/∂t = ∇·F − ∇²(E + Φₛ),   E = (u² + v²)/2
 *   F = −(ζ + f) k×v − σ̇ ∂v/∂σ − R T′ ∇ln pₛ,   T′ = T − T̄
 *   ∂T/∂t = −∇·(v T′) + T′D − σ̇ ∂T/∂σ + κTω/p + k_T (T_eq − T)
 *   ∂ ln pₛ/∂t = −Σ v·∇ln pₛ Δσ
 * σ̇ from continuity, σ̇_{k+½} = σ_{k+½} Σ_all GΔσ − Σ_{j≤k} GⱼΔσⱼ with G = D + v·∇ln pₛ; vertical advection and
 * κTω/p as in sigmaLevels.ts. On the grid U = u cos φ, V = v cos φ.
 */
import { dataError } from '../../core/errors.js';
import type { SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import { type FieldBlock, VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import { earthRadius, gasConstant, kappa, referencePressure, rotationRate } from './constants.js';
import { exponential } from './exponential.js';
import { makeNewtonianRelaxation } from './heldSuarez.js';
import { referenceTemperature } from './semiImplicit.js';
import type { SigmaLevels } from './sigmaLevels.js';
import type { SpectralState } from './spectralState.js';

/** Winds beyond this mean that the integration has broken, m s⁻¹. */
export const fastestWind = 200;

export interface TendencyOptions {
  /** False leaves out radiation (and, in the dycore, friction). */
  readonly forced: boolean;
  /** Geopotential of the ground, [coefficient, 2], m² s⁻²; flat where absent. */
  readonly groundGeopotential?: Float64Array;
}

export class PrimitiveEquations {
  readonly #transform: SphericalTransform;
  readonly #calculus: VectorCalculus;
  readonly #levels: SigmaLevels;
  readonly #forced: boolean;
  readonly #ground: Float64Array | undefined;
  readonly #spectral: Float64Array;
  readonly #grid: Float64Array;
  readonly #fluxes: Float64Array;
  readonly #fluxSpectral: Float64Array;
  readonly #relaxation: ReturnType<typeof makeNewtonianRelaxation>;
  /** Relaxation at the newest state and at the one before it, [lat, lon, level]. */
  #heating: Float64Array;
  #oldHeating: Float64Array;
  #hasOldHeating = false;
  #massCorrection = 0;

  constructor(
    transform: SphericalTransform,
    levels: SigmaLevels,
    { forced, groundGeopotential }: TendencyOptions,
  ) {
    const L = levels.count;
    const points = transform.sines.length * transform.longitudes;
    this.#transform = transform;
    this.#calculus = new VectorCalculus(transform, earthRadius);
    this.#levels = levels;
    this.#forced = forced;
    this.#ground = groundGeopotential;
    this.#spectral = new Float64Array(2 * transform.coefficients * inputFields(L));
    this.#grid = new Float64Array(points * inputFields(L));
    this.#fluxes = new Float64Array(points * outputFields(L));
    this.#fluxSpectral = new Float64Array(2 * transform.coefficients * outputFields(L));
    this.#relaxation = makeNewtonianRelaxation(transform.sines, transform.cosines, levels.full);
    this.#heating = new Float64Array(points * L);
    this.#oldHeating = new Float64Array(points * L);
  }

  /** Σ |ln(p₀ / mean pₛ)|: what the mass of dry air has been corrected by so far, as a part of it. */
  get massCorrection(): number {
    return this.#massCorrection;
  }

  /** Forgets the heating of the step before: the next one is a first step. */
  restart(): void {
    this.#hasOldHeating = false;
  }

  /**
   * @param state its mean surface pressure is set to the reference first: the mass of dry air does not change
   * @param tendency written
   * @throws {PlumeError} data, when a wind is not finite or beyond 200 m s⁻¹, naming the level
   */
  tendencies(state: SpectralState, tendency: SpectralState): void {
    const L = this.#levels.count;
    const F = inputFields(L);
    const block = (first: number, count: number): FieldBlock => ({
      values: this.#spectral,
      fields: F,
      first,
      count,
    });
    const whole = (values: Float64Array, count: number): FieldBlock => ({
      values,
      fields: count,
      first: 0,
      count,
    });
    const vorticity = whole(state.vorticity, L);
    const divergence = whole(state.divergence, L);
    copyBlock(vorticity, block(0, L));
    copyBlock(divergence, block(L, L));
    copyBlock(whole(state.temperature, L), block(2 * L, L));
    this.#calculus.windFromVorticityDivergence(vorticity, divergence, block(3 * L, L), block(4 * L, L));
    const pressure = whole(state.logPressure, 1);
    copyBlock(pressure, block(5 * L, 1));
    this.#calculus.gradient(pressure, block(5 * L + 1, 1), block(5 * L + 2, 1));
    this.#transform.synthesize(this.#spectral, F, this.#grid);
    this.#restoreMass(state);

    [this.#heating, this.#oldHeating] = [this.#oldHeating, this.#heating];
    this.#columns();
    this.#hasOldHeating = true;
    this.#transform.analyze(this.#fluxes, outputFields(L), this.#fluxSpectral);
    this.#collect(tendency);
  }

  /** The same for the fields on the grid, whose surface pressure is `state`'s. */
  #restoreMass(state: SpectralState): void {
    const F = inputFields(this.#levels.count);
    const at = 5 * this.#levels.count;
    const shift = Math.log(referencePressure / meanPressure(this.#transform, this.#grid, F, at));
    this.#massCorrection += Math.abs(shift);
    state.logPressure[0]! += shift;
    for (let i = at; i < this.#grid.length; i += F) this.#grid[i]! += shift;
  }

  /** Every column's products: the only loop that knows physics on the grid. */
  #columns(): void {
    const { sines, cosines, longitudes } = this.#transform;
    const { half, thickness, logRatio, alpha } = this.#levels;
    const L = this.#levels.count;
    const F = inputFields(L);
    const O = outputFields(L);
    const grid = this.#grid;
    const fluxes = this.#fluxes;
    const heating = this.#heating;
    const forced = this.#forced;
    const applied = this.#hasOldHeating ? this.#oldHeating : this.#heating;
    const outflow = new Float64Array(L);
    const advection = new Float64Array(L);
    const sigmaDot = new Float64Array(L + 1);

    for (let row = 0; row < sines.length; row++) {
      const coriolis = 2 * rotationRate * sines[row]!;
      const inverse = 1 / cosines[row]! ** 2;
      for (let column = 0; column < longitudes; column++) {
        const point = row * longitudes + column;
        const at = point * F;
        const to = point * O;
        const heat = point * L;
        const logPressure = grid[at + 5 * L]!;
        const zonal = grid[at + 5 * L + 1]!;
        const meridional = grid[at + 5 * L + 2]!;
        if (forced) this.#relaxation.column(row, logPressure, grid, at + 2 * L, heating, heat);

        // v·∇ln pₛ, and what has flowed out of the layers above and in each
        let total = 0;
        let pressureTendency = 0;
        for (let k = 0; k < L; k++) {
          const along = (grid[at + 3 * L + k]! * zonal + grid[at + 4 * L + k]! * meridional) * inverse;
          advection[k] = along;
          total += (grid[at + L + k]! + along) * thickness[k]!;
          outflow[k] = total;
          pressureTendency -= along * thickness[k]!;
        }
        for (let k = 0; k < L; k++) sigmaDot[k + 1] = half[k + 1]! * total - outflow[k]!;
        sigmaDot[0] = 0;
        sigmaDot[L] = 0;

        let divergenceAbove = 0;
        let outflowAbove = 0;
        for (let k = 0; k < L; k++) {
          const uAt = at + 3 * L + k;
          const vAt = at + 4 * L + k;
          const tAt = at + 2 * L + k;
          const u = grid[uAt]!;
          const v = grid[vAt]!;
          const temperature = grid[tAt]!;
          const divergence = grid[at + L + k]!;
          const speedSquared = (u * u + v * v) * inverse;
          if (!(speedSquared < fastestWind * fastestWind)) throw brokenWind(this.#levels, k, speedSquared);

          // σ̇ ∂/∂σ: mean of what is lifted through the half levels above and below, none through top and ground
          const layer = thickness[k]!;
          const up = (0.5 / layer) * sigmaDot[k]!;
          const down = (0.5 / layer) * sigmaDot[k + 1]!;
          const above = k > 0 ? 1 : 0;
          const below = k < L - 1 ? 1 : 0;
          const uLifted = down * (grid[uAt + below]! - u) + up * (u - grid[uAt - above]!);
          const vLifted = down * (grid[vAt + below]! - v) + up * (v - grid[vAt - above]!);
          const tLifted = down * (grid[tAt + below]! - temperature) + up * (temperature - grid[tAt - above]!);

          const warmth = temperature - referenceTemperature;
          const absolute = grid[at + k]! + coriolis;
          const push = gasConstant * warmth;
          fluxes[to + k] = (v * absolute - uLifted - push * zonal) * inverse;
          fluxes[to + L + k] = (-u * absolute - vLifted - push * meridional) * inverse;
          fluxes[to + 2 * L + k] = u * warmth * inverse;
          fluxes[to + 3 * L + k] = v * warmth * inverse;
          fluxes[to + 4 * L + k] = 0.5 * speedSquared;

          const ratio = logRatio[k]! / layer;
          const squeezed = ratio * outflowAbove + (alpha[k]! / layer) * (outflow[k]! - outflowAbove);
          const squeezedByDivergence = ratio * divergenceAbove + alpha[k]! * divergence;
          outflowAbove = outflow[k]!;
          divergenceAbove += divergence * layer;
          fluxes[to + 5 * L + k] =
            warmth * divergence -
            tLifted +
            kappa * (temperature * (advection[k]! - squeezed) + referenceTemperature * squeezedByDivergence) +
            (forced ? applied[heat + k]! : 0);
        }
        fluxes[to + 6 * L] = pressureTendency;
      }
    }
  }

  #collect(tendency: SpectralState): void {
    const L = this.#levels.count;
    const O = outputFields(L);
    const { degrees } = this.#transform;
    const block = (first: number, count: number): FieldBlock => ({
      values: this.#fluxSpectral,
      fields: O,
      first,
      count,
    });
    const whole = (values: Float64Array): FieldBlock => ({ values, fields: L, first: 0, count: L });
    this.#calculus.divergenceAndVorticity(
      block(0, L),
      block(L, L),
      whole(tendency.divergence),
      whole(tendency.vorticity),
    );
    this.#calculus.divergenceAndVorticity(
      block(2 * L, L),
      block(3 * L, L),
      whole(tendency.temperature),
      null,
    );
    for (let c = 0; c < degrees.length; c++) {
      const n = degrees[c]!;
      const kept = n <= this.#transform.truncation;
      const curvature = (n * (n + 1)) / earthRadius ** 2;
      for (let row = 2 * c; row < 2 * c + 2; row++) {
        const from = row * O;
        const ground = this.#ground === undefined ? 0 : this.#ground[row]!;
        for (let k = 0; k < L; k++) {
          const at = row * L + k;
          if (kept) {
            tendency.divergence[at]! += curvature * (this.#fluxSpectral[from + 4 * L + k]! + ground);
            tendency.temperature[at] = this.#fluxSpectral[from + 5 * L + k]! - tendency.temperature[at]!;
          } else {
            tendency.vorticity[at] = 0;
            tendency.divergence[at] = 0;
            tendency.temperature[at] = 0;
          }
        }
        tendency.logPressure[row] = kept ? this.#fluxSpectral[from + 6 * L]! : 0;
      }
    }
  }
}

/** What is thrown where a wind is beyond the limit. @param level from 0 */
export function brokenWind(levels: SigmaLevels, level: number, speedSquared: number): Error {
  const speed = Number.isFinite(speedSquared)
    ? `a wind of ${Math.sqrt(speedSquared).toFixed(0)} m/s`
    : 'a wind that is no number';
  return dataError(
    `${speed} on model level ${level + 1} (σ = ${levels.full[level]?.toFixed(3)}), ` +
      `where ${fastestWind} m/s is the limit; give a shorter time step, or look at the analysis`,
  );
}

/**
 * ln pₛ + ln(p₀ / mean pₛ): what truncation and time stepping lost of the mass of dry air is given back everywhere
 * alike. Exact to rounding: the mean is the quadrature that the transform uses.
 */
export function restoreMass(transform: SphericalTransform, state: SpectralState): void {
  const grid = new Float64Array(transform.sines.length * transform.longitudes);
  transform.synthesize(state.logPressure, 1, grid);
  state.logPressure[0]! += Math.log(referencePressure / meanPressure(transform, grid, 1, 0));
}

/** Mean of exp of a field over the sphere, Pa for ln pₛ. @param grid [lat, lon, fields] */
export function meanPressure(
  { weights, longitudes }: SphericalTransform,
  grid: Float64Array,
  fields: number,
  field: number,
): number {
  let mean = 0;
  for (let row = 0, at = field; row < weights.length; row++) {
    let sum = 0;
    for (let column = 0; column < longitudes; column++, at += fields) sum += exponential(grid[at]!);
    mean += (weights[row]! * sum) / (2 * longitudes);
  }
  return mean;
}

/** ζ, D, T, U, V, then ln pₛ and its gradient. */
function inputFields(levels: number): number {
  return 5 * levels + 3;
}

/** F (2), v T′ (2), E and the rest of ∂T/∂t by level, and ∂ ln pₛ/∂t. */
function outputFields(levels: number): number {
  return 6 * levels + 1;
}

function copyBlock(from: FieldBlock, to: FieldBlock): void {
  const rows = from.values.length / from.fields;
  for (let row = 0; row < rows; row++) {
    const source = row * from.fields + from.first;
    const target = row * to.fields + to.first;
    for (let i = 0; i < from.count; i++) to.values[target + i] = from.values[source + i]!;
  }
}
