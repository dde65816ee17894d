/**
 * Zonal-mean climate on sigma levels: time means of zonal means, and of products of deviations from them (eddies), in
 * blocks of days, so that means carry a standard error; and the kinetic-energy spectrum by total wavenumber at 250 hPa.
 */
import type { SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import { VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import { earthRadius } from '../../models/dycore/constants.js';
import type { Dycore } from '../../models/dycore/dycore.js';
import type { SpectralState } from '../../models/dycore/spectralState.js';

export const quantities = ['u', 't', 'heatFlux', 'momentumFlux', 'kinetic', 'variance'] as const;
/** ū m s⁻¹, T̄ K, v*T* K m s⁻¹, u*v* m² s⁻², (u*² + v*²)/2 m² s⁻², T*² K²; * is what deviates from the zonal mean. */
export type Quantity = (typeof quantities)[number];

/** What a run leaves: plain data. */
export interface ClimateRecord {
  /** σ of full levels */
  readonly levels: readonly number[];
  /** Degrees north of rows, from north to south */
  readonly latitudes: readonly number[];
  /** [row, level] */
  readonly mean: Readonly<Record<Quantity, readonly number[]>>;
  /** Mean of each block, [block][row, level] */
  readonly blocks: Readonly<Record<Quantity, readonly (readonly number[])[]>>;
  /** [n], m² s⁻²: sums to the kinetic energy of a unit of mass */
  readonly spectrum: readonly number[];
}

/** hPa of the spectrum; σ stands for p over 1000 hPa. */
const spectrumLevel = 250;

export class ZonalClimate {
  readonly transform: SphericalTransform;
  readonly levels: Float64Array;
  /** [block][quantity] → [row, level], sums */
  readonly #blocks: Record<Quantity, Float64Array>[] = [];
  readonly #samples: number[] = [];
  readonly #blockDays: number;
  readonly #spectrum: Float64Array;
  readonly #calculus: VectorCalculus;
  readonly #spectral: Float64Array;
  readonly #grid: Float64Array;
  #total = 0;

  constructor(dycore: Dycore, blockDays: number) {
    this.transform = dycore.transform;
    this.levels = dycore.fullLevels;
    this.#blockDays = blockDays;
    this.#spectrum = new Float64Array(this.transform.truncation + 1);
    this.#calculus = new VectorCalculus(this.transform, earthRadius);
    const fields = 3 * this.levels.length;
    this.#spectral = this.transform.allocate(2 * this.transform.coefficients * fields);
    this.#grid = this.transform.allocate(this.transform.sines.length * this.transform.longitudes * fields);
  }

  /** @param day since the first sample */
  add(state: SpectralState, day: number): void {
    const block = Math.floor(day / this.#blockDays);
    const size = this.transform.sines.length * this.levels.length;
    this.#blocks[block] ??= Object.fromEntries(
      quantities.map((quantity) => [quantity, new Float64Array(size)]),
    ) as Record<Quantity, Float64Array>;
    this.#samples[block] = (this.#samples[block] ?? 0) + 1;
    this.#total++;
    this.#synthesize(state);
    this.#addRows(this.#blocks[block]);
    this.#addSpectrum(state);
  }

  record(): ClimateRecord {
    const size = this.transform.sines.length * this.levels.length;
    const byQuantity = <T>(of: (quantity: Quantity) => T) =>
      Object.fromEntries(quantities.map((quantity) => [quantity, of(quantity)])) as Record<Quantity, T>;
    return {
      levels: [...this.levels],
      latitudes: Array.from(this.transform.sines, (sine) => (Math.asin(sine) * 180) / Math.PI),
      mean: byQuantity((quantity) => {
        const mean = new Array<number>(size).fill(0);
        for (const block of this.#blocks) {
          for (let i = 0; i < size; i++) mean[i]! += block[quantity][i]! / this.#total;
        }
        return mean;
      }),
      blocks: byQuantity((quantity) =>
        this.#blocks.map((block, i) => Array.from(block[quantity], (value) => value / this.#samples[i]!)),
      ),
      spectrum: Array.from(this.#spectrum, (value) => value / this.#total),
    };
  }

  #synthesize(state: SpectralState): void {
    const L = this.levels.length;
    const whole = (values: Float64Array) => ({ values, fields: L, first: 0, count: L });
    const block = (first: number) => ({ values: this.#spectral, fields: 3 * L, first, count: L });
    this.#calculus.windFromVorticityDivergence(
      whole(state.vorticity),
      whole(state.divergence),
      block(0),
      block(L),
    );
    for (let row = 0; row < 2 * this.transform.coefficients; row++) {
      for (let k = 0; k < L; k++) this.#spectral[(3 * row + 2) * L + k] = state.temperature[row * L + k]!;
    }
    this.transform.synthesize(this.#spectral, 3 * L, this.#grid);
  }

  #addRows(sums: Record<Quantity, Float64Array>): void {
    const L = this.levels.length;
    const { sines, cosines, longitudes } = this.transform;
    const grid = this.#grid;
    for (let row = 0; row < sines.length; row++) {
      for (let k = 0; k < L; k++) {
        let [u, v, t, uu, vv, tt, uv, vt] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (let column = 0; column < longitudes; column++) {
          const at = (row * longitudes + column) * 3 * L + k;
          const east = grid[at]! / cosines[row]!;
          const north = grid[at + L]! / cosines[row]!;
          // less a constant, so that no digits are lost in its square
          const warm = grid[at + 2 * L]! - 250;
          u += east;
          v += north;
          t += warm;
          uu += east * east;
          vv += north * north;
          tt += warm * warm;
          uv += east * north;
          vt += north * warm;
        }
        const n = longitudes;
        const at = row * L + k;
        sums.u[at]! += u / n;
        sums.t[at]! += t / n + 250;
        sums.heatFlux[at]! += vt / n - (v / n) * (t / n);
        sums.momentumFlux[at]! += uv / n - (u / n) * (v / n);
        sums.kinetic[at]! += (uu / n - (u / n) ** 2 + vv / n - (v / n) ** 2) / 2;
        sums.variance[at]! += tt / n - (t / n) ** 2;
      }
    }
  }

  /** Linear in ln σ between the levels about 250 hPa. */
  #addSpectrum({ vorticity, divergence }: SpectralState): void {
    const L = this.levels.length;
    const sigma = spectrumLevel / 1000;
    let above = 0;
    while (above < L - 2 && this.levels[above + 1]! <= sigma) above++;
    const below =
      Math.log(sigma / this.levels[above]!) / Math.log(this.levels[above + 1]! / this.levels[above]!);
    const { degrees } = this.transform;
    for (let row = 0; row < 2 * degrees.length; row++) {
      const n = degrees[row >> 1]!;
      if (n === 0 || n > this.transform.truncation) continue;
      const at = row * L + above;
      for (const values of [vorticity, divergence]) {
        const value = (1 - below) * values[at]! + below * values[at + 1]!;
        this.#spectrum[n]! += (0.5 * earthRadius ** 2 * value * value) / (n * (n + 1));
      }
    }
  }
}
