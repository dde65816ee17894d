/**
 * The wind of a streamfunction ψ (m² s⁻¹) given by its harmonics, on any grid, global or regional: it has no divergence.
 *   u = −(1/a) ∂ψ/∂φ, v = (1/(a cos φ)) ∂ψ/∂λ, ζ = ∇²ψ.
 * Spectra carry U = u cos φ and V = v cos φ, smooth at the poles and of one degree more than ψ, with
 *   (1 − μ²) dP̄ₙ/dμ = (n + 1) ε_n P̄ₙ₋₁ − n ε_{n+1} P̄ₙ₊₁, ε_n = √((n² − m²)/(4n² − 1)), μ = sin φ
 * (Bourke 1972, Mon. Wea. Rev. 100, 683, eqs. 5–14). At a pole the wind is one vector, seen from every meridian:
 * there only m = 1 counts, and P̄ₙ¹/cos φ → √(n(n + 1)(2n + 1)/2), at the south pole times (−1)^(n+1).
 */
import { type Grid, gridSize } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { coefficientCount, orderOffset } from '../../core/sphere/legendre.js';
import { makeSynthesis, waveAngle } from '../../core/sphere/synthesis.js';

const radius = 1000 * earthRadiusKm;
/** Rows at once: what a transform takes. */
const rowsAtOnce = 8;

export interface StreamfunctionWind {
  /** Degree of ψ; winds have one more. */
  readonly degree: number;
  /**
   * @param psi [row, 2, coefficientCount(degree)], m² s⁻¹
   * @param u, v out, [row, lat, lon], m s⁻¹
   */
  wind(psi: Float64Array, rows: number, u: Float32Array, v: Float32Array): void;
  /** ∇²ψ. @param out [row, lat, lon], s⁻¹ */
  vorticity(psi: Float64Array, rows: number, out: Float32Array): void;
}

/** @throws {PlumeError} usage, when the tables of grid and degree would not fit */
export function createStreamfunctionWind(grid: Grid, degree: number): StreamfunctionWind {
  const synthesis = makeSynthesis(grid, degree + 1);
  const points = gridSize(grid);
  const columns = grid.longitudes.length;
  const size = 2 * coefficientCount(degree);
  const windSize = 2 * coefficientCount(degree + 1);
  const spectra = new Float64Array(rowsAtOnce * windSize);
  const inverseCosines = grid.latitudes.map((latitude) => 1 / Math.cos((latitude * Math.PI) / 180));
  const poles = [...grid.latitudes.keys()].filter((row) => Math.abs(grid.latitudes[row]!) >= 90);
  const cosines = grid.longitudes.map((longitude) => waveAngle(1, longitude, Math.cos));
  const sines = grid.longitudes.map((longitude) => waveAngle(1, longitude, Math.sin));

  /** Spectra of some rows, made one by one, then the fields they stand for. */
  function evaluate(
    spectrum: (psi: Float64Array, out: Float64Array) => void,
    psi: Float64Array,
    rows: number,
    out: Float32Array,
  ): void {
    for (let first = 0; first < rows; first += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - first);
      for (let i = 0; i < count; i++) {
        spectrum(
          psi.subarray((first + i) * size, (first + i + 1) * size),
          spectra.subarray(i * windSize, (i + 1) * windSize),
        );
      }
      synthesis.evaluateMany(spectra, count, out.subarray(first * points, (first + count) * points));
    }
  }

  function divideByCosine(field: Float32Array, rows: number): void {
    for (let row = 0; row < rows * grid.latitudes.length; row++) {
      const factor = inverseCosines[row % grid.latitudes.length]!;
      for (let point = row * columns; point < (row + 1) * columns; point++) field[point]! *= factor;
    }
  }

  return {
    degree,
    wind(psi, rows, u, v) {
      evaluate((from, to) => zonalSpectrum(from, degree, to), psi, rows, u);
      evaluate((from, to) => meridionalSpectrum(from, degree, to), psi, rows, v);
      divideByCosine(u, rows);
      divideByCosine(v, rows);
      for (let row = 0; row < rows; row++) {
        for (const pole of poles) {
          const north = grid.latitudes[pole]! > 0;
          const [c, s] = poleGradient(psi.subarray(row * size, (row + 1) * size), degree, north);
          const to = row * points + pole * columns;
          for (let column = 0; column < columns; column++) {
            const along = c * cosines[column]! + s * sines[column]!;
            u[to + column] = north ? along : -along;
            v[to + column] = s * cosines[column]! - c * sines[column]!;
          }
        }
      }
    },
    vorticity(psi, rows, out) {
      evaluate((from, to) => vorticitySpectrum(from, degree, to), psi, rows, out);
    },
  };
}

/**
 * U = −(1/a)(1 − μ²) ∂ψ/∂μ.
 * @param psi [2, coefficientCount(degree)]
 * @param out [2, coefficientCount(degree + 1)]
 */
export function zonalSpectrum(psi: Float64Array, degree: number, out: Float64Array): void {
  for (let part = 0; part < 2; part++) {
    const from = part * coefficientCount(degree);
    const to = part * coefficientCount(degree + 1);
    for (let m = 0; m <= degree + 1; m++) {
      const own = from + orderOffset(m, degree) - m;
      const at = to + orderOffset(m, degree + 1) - m;
      for (let n = m; n <= degree + 1; n++) {
        const above = n < degree ? (n + 2) * epsilon(n + 1, m) * psi[own + n + 1]! : 0;
        const below = n > m ? (n - 1) * epsilon(n, m) * psi[own + n - 1]! : 0;
        out[at + n] = (below - above) / radius;
      }
    }
  }
}

/** V = (1/a) ∂ψ/∂λ; shapes as for `zonalSpectrum`, its highest degree 0. */
export function meridionalSpectrum(psi: Float64Array, degree: number, out: Float64Array): void {
  const count = coefficientCount(degree);
  widen(degree, out, (part, m, _n, at) => ((part === 0 ? m : -m) * psi[(1 - part) * count + at]!) / radius);
}

/** ∇²ψ; shapes as for `zonalSpectrum`, its highest degree 0. */
export function vorticitySpectrum(psi: Float64Array, degree: number, out: Float64Array): void {
  const count = coefficientCount(degree);
  widen(degree, out, (part, _m, n, at) => (-n * (n + 1) * psi[part * count + at]!) / (radius * radius));
}

function widen(
  degree: number,
  out: Float64Array,
  value: (part: number, m: number, n: number, at: number) => number,
): void {
  out.fill(0);
  for (let part = 0; part < 2; part++) {
    for (let m = 0; m <= degree; m++) {
      const from = orderOffset(m, degree) - m;
      const to = part * coefficientCount(degree + 1) + orderOffset(m, degree + 1) - m;
      for (let n = m; n <= degree; n++) out[to + n] = value(part, m, n, from + n);
    }
  }
}

function epsilon(n: number, m: number): number {
  return Math.sqrt((n * n - m * m) / (4 * n * n - 1));
}

/** (1/a) Σₙ (P̄ₙ¹/cos φ at the pole) (c, s) of m = 1. */
function poleGradient(psi: Float64Array, degree: number, north: boolean): [number, number] {
  const count = coefficientCount(degree);
  const from = orderOffset(1, degree) - 1;
  let c = 0;
  let s = 0;
  for (let n = 1; n <= degree; n++) {
    const slope = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 2) * (north || n % 2 === 1 ? 1 : -1);
    c += slope * psi[from + n]!;
    s += slope * psi[count + from + n]!;
  }
  return [c / radius, s / radius];
}
