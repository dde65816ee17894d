/**
 * Between the dycore's harmonics and the regular grid with both poles that archives hold. The grid has just the rows
 * and columns that the truncation needs, so that fields go there and back without loss but rounding to float32.
 */
import { type Grid, makeGrid } from '../../core/grid.js';
import { makeTransform, regularSize, type SphericalTransform } from '../../core/sphere/sphericalTransform.js';
import { VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import { earthRadius } from './constants.js';
import { polarWind } from './polarWind.js';
import { emptyState, type SpectralState } from './spectralState.js';

/** Fields of one state on the regular grid, float64: [lat, lon, level] and [lat, lon]. */
export interface GridFields {
  readonly temperature: Float64Array;
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** Pa */
  readonly surfacePressure: Float64Array;
}

/** ζ, D and T by level, then ln pₛ. */
export function prognosticCount(levels: number): number {
  return 3 * levels + 1;
}

export function natureGrid(truncation: number): Grid {
  const { rows, columns } = regularSize(truncation);
  return makeGrid(
    Array.from({ length: rows }, (_, i) => 90 - (180 * i) / (rows - 1)),
    Array.from({ length: columns }, (_, j) => (360 * j) / columns),
  );
}

export class NatureGrid {
  readonly grid: Grid;
  readonly points: number;
  readonly #levels: number;
  readonly #transform: SphericalTransform;
  readonly #calculus: VectorCalculus;
  readonly #spectral: Float64Array;
  readonly #fields: Float64Array;

  constructor(truncation: number, levels: number) {
    this.grid = natureGrid(truncation);
    this.#levels = levels;
    const { rows, columns } = regularSize(truncation);
    this.points = rows * columns;
    this.#transform = makeTransform({ truncation, latitudes: 'regular', rows, columns });
    this.#calculus = new VectorCalculus(this.#transform, earthRadius);
    const fields = prognosticCount(levels);
    this.#spectral = new Float64Array(2 * this.#transform.coefficients * fields);
    this.#fields = new Float64Array(this.points * fields);
  }

  /** @param out [3 L + 1, lat, lon]: ζ₁ … ζ_L, D₁ …, T₁ …, ln pₛ */
  toGrid(state: SpectralState, out: Float32Array): void {
    const L = this.#levels;
    const F = prognosticCount(L);
    const spectral = this.#spectral;
    for (let row = 0; row < spectral.length / F; row++) {
      for (let k = 0; k < L; k++) {
        spectral[row * F + k] = state.vorticity[row * L + k]!;
        spectral[row * F + L + k] = state.divergence[row * L + k]!;
        spectral[row * F + 2 * L + k] = state.temperature[row * L + k]!;
      }
      spectral[row * F + 3 * L] = state.logPressure[row]!;
    }
    this.#transform.synthesize(spectral, F, this.#fields);
    for (let field = 0; field < F; field++) {
      for (let point = 0; point < this.points; point++) {
        out[field * this.points + point] = this.#fields[point * F + field]!;
      }
    }
  }

  /** @param values as `toGrid` writes them */
  fromGrid(values: Float32Array): SpectralState {
    const L = this.#levels;
    const F = prognosticCount(L);
    for (let field = 0; field < F; field++) {
      for (let point = 0; point < this.points; point++) {
        this.#fields[point * F + field] = values[field * this.points + point]!;
      }
    }
    const spectral = this.#spectral;
    this.#transform.analyze(this.#fields, F, spectral);
    const state = emptyState(this.#transform.coefficients, L);
    for (let row = 0; row < spectral.length / F; row++) {
      for (let k = 0; k < L; k++) {
        state.vorticity[row * L + k] = spectral[row * F + k]!;
        state.divergence[row * L + k] = spectral[row * F + L + k]!;
        state.temperature[row * L + k] = spectral[row * F + 2 * L + k]!;
      }
      state.logPressure[row] = spectral[row * F + 3 * L]!;
    }
    return state;
  }

  /** Temperature, wind and surface pressure, as the pressure levels are made from. */
  fields(state: SpectralState): GridFields {
    const L = this.#levels;
    const F = 3 * L + 1;
    const { points } = this;
    const spectral = this.#spectral;
    const block = (first: number) => ({ values: spectral, fields: F, first, count: L });
    const whole = (values: Float64Array) => ({ values, fields: L, first: 0, count: L });
    this.#calculus.windFromVorticityDivergence(
      whole(state.vorticity),
      whole(state.divergence),
      block(L),
      block(2 * L),
    );
    for (let row = 0; row < spectral.length / F; row++) {
      for (let k = 0; k < L; k++) spectral[row * F + k] = state.temperature[row * L + k]!;
      spectral[row * F + 3 * L] = state.logPressure[row]!;
    }
    this.#transform.synthesize(spectral, F, this.#fields);
    const out: GridFields = {
      temperature: new Float64Array(points * L),
      u: new Float64Array(points * L),
      v: new Float64Array(points * L),
      surfacePressure: new Float64Array(points),
    };
    const { cosines, longitudes } = this.#transform;
    for (let point = 0; point < points; point++) {
      const cosine = cosines[Math.floor(point / longitudes)]!;
      const scale = cosine === 0 ? 0 : 1 / cosine;
      for (let k = 0; k < L; k++) {
        out.temperature[point * L + k] = this.#fields[point * F + k]!;
        out.u[point * L + k] = scale * this.#fields[point * F + L + k]!;
        out.v[point * L + k] = scale * this.#fields[point * F + 2 * L + k]!;
      }
      out.surfacePressure[point] = Math.exp(this.#fields[point * F + 3 * L]!);
    }
    this.#poles(state, out);
    return out;
  }

  #poles(state: SpectralState, { u, v }: GridFields): void {
    const L = this.#levels;
    const { longitudes, cosines } = this.#transform;
    const last = cosines.length - 1;
    for (const [row, pole] of [
      [0, 1],
      [last, -1],
    ] as const) {
      const wind = polarWind(this.#transform, state, L, pole);
      for (let column = 0; column < longitudes; column++) {
        const angle = (2 * Math.PI * column) / longitudes;
        const cosine = Math.cos(angle);
        const sine = Math.sin(angle);
        for (let k = 0; k < L; k++) {
          const x = wind[k]!;
          const y = wind[L + k]!;
          const at = (row * longitudes + column) * L + k;
          u[at] = -x * sine + y * cosine;
          v[at] = -pole * (x * cosine + y * sine);
        }
      }
    }
  }
}
