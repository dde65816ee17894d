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
import { makeSynthesis, type Synthesis, waveAngle } from '../../core/sphere/synthesis.js';

const radius = 1000 * earthRadiusKm;
/** Rows at once: what a transform takes. */
const rowsAtOnce = 8;

export interface StreamfunctionWind {
  /** Degree of ψ; winds have one more. */
  readonly degree: number;
  /** Of degree + 1, without its highest order: for spectra that follow from ψ otherwise. */
  readonly synthesis: Synthesis;
  /** What is held from the first wind on, the synthesis among it. */
  readonly memoryBytes: number;
  /**
   * @param psi [row, 2, coefficientCount(degree)], m² s⁻¹
   * @param u, v out, [row, lat, lon], m s⁻¹
   */
  wind(psi: Float64Array, rows: number, u: Float32Array, v: Float32Array): void;
  /** ∇²ψ. @param out [row, lat, lon], s⁻¹ */
  vorticity(psi: Float64Array, rows: number, out: Float32Array): void;
}

/**
 * Makes the spectrum of degree T + 1 of something that follows from a row's ψ of degree T.
 * @param from, to where the row's [2, coefficientCount] begin
 */
type Spectrum = (psi: Float64Array, from: number, out: Float64Array, to: number) => void;

/** @throws {PlumeError} usage, when the tables of grid and degree would not fit */
export function createStreamfunctionWind(grid: Grid, degree: number): StreamfunctionWind {
  const synthesis = makeSynthesis(grid, degree + 1, { orders: degree });
  const points = gridSize(grid);
  const rowsOfGrid = grid.latitudes.length;
  const columns = grid.longitudes.length;
  const size = 2 * coefficientCount(degree);
  const windSize = 2 * coefficientCount(degree + 1);
  const spectra = new Float64Array(rowsAtOnce * windSize);
  const zonalSpectrum = zonalSpectrumOf(degree);
  const meridionalSpectrum = meridionalSpectrumOf(degree);
  const vorticitySpectrum = vorticitySpectrumOf(degree);
  const inverseCosines = grid.latitudes.map((latitude) => 1 / Math.cos((latitude * Math.PI) / 180));
  const poles = [...grid.latitudes.keys()].filter((row) => Math.abs(grid.latitudes[row]!) >= 90);
  const poleSlopes = poles.map((row) => slopesAtPole(degree, grid.latitudes[row]! > 0));
  const cosines = grid.longitudes.map((longitude) => waveAngle(1, longitude, Math.cos));
  const sines = grid.longitudes.map((longitude) => waveAngle(1, longitude, Math.sin));

  /** Spectra of some rows, then the fields they stand for. */
  function evaluate(spectrum: Spectrum, psi: Float64Array, rows: number, out: Float32Array): void {
    for (let first = 0; first < rows; first += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - first);
      for (let i = 0; i < count; i++) spectrum(psi, (first + i) * size, spectra, i * windSize);
      synthesis.evaluateMany(spectra, count, out, first * points);
    }
  }

  function divideByCosine(field: Float32Array, rows: number): void {
    for (let row = 0; row < rows * rowsOfGrid; row++) {
      const factor = inverseCosines[row % rowsOfGrid]!;
      for (let point = row * columns; point < (row + 1) * columns; point++) field[point]! *= factor;
    }
  }

  /** Wind at a pole, (1/a) Σₙ slopeₙ (c, s) of m = 1 along every meridian. */
  function writePole(
    psi: Float64Array,
    row: number,
    pole: number,
    slopes: Float64Array,
    u: Float32Array,
    v: Float32Array,
  ): void {
    const from = row * size + orderOffset(1, degree) - 1;
    let c = 0;
    let s = 0;
    for (let n = 1; n <= degree; n++) {
      c += slopes[n]! * psi[from + n]!;
      s += slopes[n]! * psi[from + size / 2 + n]!;
    }
    c /= radius;
    s /= radius;
    const sign = grid.latitudes[pole]! > 0 ? 1 : -1;
    const to = row * points + pole * columns;
    for (let column = 0; column < columns; column++) {
      u[to + column] = sign * (c * cosines[column]! + s * sines[column]!);
      v[to + column] = s * cosines[column]! - c * sines[column]!;
    }
  }

  return {
    degree,
    synthesis,
    // two factors of every harmonic of the zonal wind
    memoryBytes: synthesis.memoryBytes + spectra.byteLength + 8 * windSize,
    wind(psi, rows, u, v) {
      evaluate(zonalSpectrum, psi, rows, u);
      evaluate(meridionalSpectrum, psi, rows, v);
      divideByCosine(u, rows);
      divideByCosine(v, rows);
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < poles.length; i++) writePole(psi, row, poles[i]!, poleSlopes[i]!, u, v);
      }
    },
    vorticity(psi, rows, out) {
      evaluate(vorticitySpectrum, psi, rows, out);
    },
  };
}

/** U = −(1/a)(1 − μ²) ∂ψ/∂μ. */
function zonalSpectrumOf(degree: number): Spectrum {
  const count = coefficientCount(degree);
  const windCount = coefficientCount(degree + 1);
  // What n takes of n + 1, and of n − 1.
  const above = new Float64Array(windCount);
  const below = new Float64Array(windCount);
  for (let m = 0; m <= degree; m++) {
    const at = orderOffset(m, degree + 1) - m;
    for (let n = m; n < degree; n++) above[at + n] = (n + 2) * epsilon(n + 1, m);
    for (let n = m + 1; n <= degree + 1; n++) below[at + n] = (n - 1) * epsilon(n, m);
  }
  return (psi, from, out, to) => {
    for (let part = 0; part < 2; part++) {
      for (let m = 0; m <= degree; m++) {
        const own = from + part * count + orderOffset(m, degree) - m;
        const factor = orderOffset(m, degree + 1) - m;
        const at = to + part * windCount + factor;
        for (let n = m; n <= degree + 1; n++) {
          const up = n < degree ? above[factor + n]! * psi[own + n + 1]! : 0;
          const down = n > m ? below[factor + n]! * psi[own + n - 1]! : 0;
          out[at + n] = (down - up) / radius;
        }
      }
      out[to + (part + 1) * windCount - 1] = 0;
    }
  };
}

/** V = (1/a) ∂ψ/∂λ, its highest degree 0. */
function meridionalSpectrumOf(degree: number): Spectrum {
  const count = coefficientCount(degree);
  const windCount = coefficientCount(degree + 1);
  return (psi, from, out, to) => {
    out.fill(0, to, to + 2 * windCount);
    for (let m = 0; m <= degree; m++) {
      const own = from + orderOffset(m, degree) - m;
      const at = to + orderOffset(m, degree + 1) - m;
      for (let n = m; n <= degree; n++) {
        out[at + n] = (m * psi[own + count + n]!) / radius;
        out[at + windCount + n] = (-m * psi[own + n]!) / radius;
      }
    }
  };
}

/** ∇²ψ, its highest degree 0. */
function vorticitySpectrumOf(degree: number): Spectrum {
  const count = coefficientCount(degree);
  const windCount = coefficientCount(degree + 1);
  return (psi, from, out, to) => {
    out.fill(0, to, to + 2 * windCount);
    for (let m = 0; m <= degree; m++) {
      const own = from + orderOffset(m, degree) - m;
      const at = to + orderOffset(m, degree + 1) - m;
      for (let n = m; n <= degree; n++) {
        const eigenvalue = -n * (n + 1);
        out[at + n] = (eigenvalue * psi[own + n]!) / (radius * radius);
        out[at + windCount + n] = (eigenvalue * psi[own + count + n]!) / (radius * radius);
      }
    }
  };
}

function epsilon(n: number, m: number): number {
  return Math.sqrt((n * n - m * m) / (4 * n * n - 1));
}

/** P̄ₙ¹/cos φ at a pole, by degree. */
function slopesAtPole(degree: number, north: boolean): Float64Array {
  return Float64Array.from(
    { length: degree + 1 },
    (_, n) => Math.sqrt((n * (n + 1) * (2 * n + 1)) / 2) * (north || n % 2 === 1 ? 1 : -1),
  );
}
