/**
 * Waves whose speed is known: Rossby–Haurwitz waves in the vorticity equation of the dycore, and the normal modes of an
 * isothermal atmosphere at rest (Rossby and Kelvin waves of the Lamb mode) in the dycore as a whole, against the
 * eigenvalues of Laplace's tidal equations (Longuet-Higgins 1968, Phil. Trans. R. Soc. A 262, 511–607).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { gaussianSize, makeTransform } from '../../core/sphere/sphericalTransform.js';
import { earthRadius, gasConstant, rotationRate } from '../../models/dycore/constants.js';
import { Dycore, resolveDycore } from '../../models/dycore/dycore.js';
import { PrimitiveEquations } from '../../models/dycore/primitiveEquations.js';
import { conversionMatrix, equalLevels, hydrostaticMatrix } from '../../models/dycore/sigmaLevels.js';
import { emptyState, type SpectralState } from '../../models/dycore/spectralState.js';
import { isothermal, rowOf, synthesize } from './dycoreFields.js';

const truncation = 15;
const transform = makeTransform({ truncation, latitudes: 'gaussian', ...gaussianSize(truncation) });
const day = 86_400;

/**
 * Free waves of zonal wavenumber m of a layer with gravity waves of speed c: ζ, D = iD′ and φ of degrees m … T, whose
 * frequencies σ are eigenvalues (waves cos(mλ + σt): westward where σ > 0). With s = √n(n+1), the matrix is symmetric in
 * ζ/s, D′/s and φ/ca:
 *   σ ζₙ = 2Ωm/n(n+1) ζₙ − bₙ₊₁ D′ₙ₊₁ − bₙ D′ₙ₋₁,   bₙ = 2Ω εₙ √((n−1)(n+1))/n
 *   σ D′ₙ = 2Ωm/n(n+1) D′ₙ − bₙ₊₁ ζₙ₊₁ − bₙ ζₙ₋₁ − cs/a φₙ,   σ φₙ = −cs/a D′ₙ
 */
function tidalModes(m: number, speed: number) {
  const first = Math.max(m, 1);
  const size = truncation - first + 1;
  const matrix = Matrix.zeros(3 * size, 3 * size);
  const couple = (row: number, column: number, value: number): void => {
    matrix.set(row, column, value);
    matrix.set(column, row, value);
  };
  for (let n = first; n <= truncation; n++) {
    const at = n - first;
    const wave = Math.sqrt(n * (n + 1));
    couple(at, at, (2 * rotationRate * m) / wave ** 2);
    couple(size + at, size + at, (2 * rotationRate * m) / wave ** 2);
    couple(size + at, 2 * size + at, (-speed * wave) / earthRadius);
    if (n < truncation) {
      const epsilon = Math.sqrt(((n + 1) ** 2 - m * m) / (4 * (n + 1) ** 2 - 1));
      const tilt = (-2 * rotationRate * epsilon * Math.sqrt(n * (n + 2))) / (n + 1);
      couple(at, size + at + 1, tilt);
      couple(size + at, at + 1, tilt);
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  return realEigenvalues.map((frequency, i) => {
    const scaled = (block: number, n: number): number => eigenvectorMatrix.get(block * size + n - first, i);
    return {
      frequency,
      vorticity: (n: number): number => Math.sqrt(n * (n + 1)) * scaled(0, n),
      divergence: (n: number): number => Math.sqrt(n * (n + 1)) * scaled(1, n),
      potential: (n: number): number => speed * earthRadius * scaled(2, n),
    };
  });
}

/** Westward waves slower than the Earth's rotation, fastest first: the l-th is the Rossby wave of n − m = l. */
function rossbyModes(m: number, speed: number) {
  return tidalModes(m, speed)
    .filter(({ frequency }) => frequency > 0 && frequency < rotationRate * 1.05)
    .sort((a, b) => b.frequency - a.frequency);
}

describe('Rossby–Haurwitz waves', () => {
  const L = 3;
  const levels = equalLevels(L);
  const equations = new PrimitiveEquations(transform, levels, { forced: false });
  const solid = 7.848e-6;
  const m = 4;
  const n = 5;
  /** Williamson et al. 1992 case 6: ζ = 2ω sin φ − K (R² + 3R + 2) sin φ cosᴿφ cos Rλ; angular speed ν. */
  const angularSpeed = ((n - 1) * (n + 2) * solid - 2 * rotationRate) / (n * (n + 1));

  function wave(longitude: number): SpectralState {
    const state = isothermal(transform, L, 288);
    for (let k = 0; k < L; k++) {
      state.vorticity[rowOf(transform, 0, 1, 0) * L + k] = (2 * solid) / Math.sqrt(3);
      state.vorticity[rowOf(transform, m, n, 0) * L + k] = -3e-5 * Math.cos(m * longitude);
      state.vorticity[rowOf(transform, m, n, 1) * L + k] = -3e-5 * Math.sin(m * longitude);
    }
    return state;
  }

  it('is the wave of Williamson and others: 12.2° a day eastward', () => {
    expect((angularSpeed * day * 180) / Math.PI).toBeCloseTo(12.19, 1);
    const state = wave(0);
    const grid = synthesize(transform, state.vorticity);
    // ∝ sin φ (2ω − c cos⁴φ cos 4λ): at λ = 22.5° only the solid rotation is left
    const column = transform.longitudes / 16;
    for (let row = 0; row < transform.sines.length; row++) {
      const value = grid[(row * transform.longitudes + column) * L]!;
      expect(value).toBeCloseTo(2 * solid * transform.sines[row]!, 17);
    }
  });

  it('the vorticity tendency of one with finite amplitude is that of a turning pattern', () => {
    const state = wave(0.3);
    const tendency = emptyState(transform.coefficients, L);
    equations.restart();
    equations.tendencies(state, tendency);
    const expected = new Float64Array(state.vorticity.length);
    for (let k = 0; k < L; k++) {
      const cosine = rowOf(transform, m, n, 0) * L + k;
      const sine = rowOf(transform, m, n, 1) * L + k;
      expected[cosine] = -angularSpeed * m * state.vorticity[sine]!;
      expected[sine] = angularSpeed * m * state.vorticity[cosine]!;
    }
    for (let i = 0; i < expected.length; i++) {
      expect(Math.abs(tendency.vorticity[i]! - expected[i]!)).toBeLessThan(1e-22);
    }
  });

  it('five days of the vorticity equation carry it to the analytic longitude without change of shape', () => {
    const state = wave(0);
    const step = 1800;
    const slope = emptyState(transform.coefficients, L);
    const start = new Float64Array(state.vorticity.length);
    for (let i = 0; i < (5 * day) / step; i++) {
      // Runge–Kutta of fourth order in Jameson's form, exact to h⁵ for a pattern that only turns
      start.set(state.vorticity);
      for (const share of [1 / 4, 1 / 3, 1 / 2, 1]) {
        equations.restart();
        equations.tendencies(state, slope);
        for (let j = 0; j < start.length; j++) {
          state.vorticity[j] = start[j]! + share * step * slope.vorticity[j]!;
        }
      }
    }
    const expected = wave(angularSpeed * 5 * day).vorticity;
    for (let i = 0; i < expected.length; i++) {
      expect(Math.abs(state.vorticity[i]! - expected[i]!)).toBeLessThan(3e-10);
    }
  });
});

describe('normal modes of an isothermal atmosphere', () => {
  const L = 6;
  const T = 244;
  const levels = equalLevels(L);
  const hydrostatic = hydrostaticMatrix(levels);
  const conversion = conversionMatrix(levels, T);
  const structure = Matrix.zeros(L, L);
  for (let k = 0; k < L; k++) {
    for (let j = 0; j < L; j++) {
      let sum = gasConstant * T * levels.thickness[j]!;
      for (let i = 0; i < L; i++) sum += hydrostatic[k * L + i]! * conversion[i * L + j]!;
      structure.set(k, j, sum);
    }
  }
  const vertical = new EigenvalueDecomposition(structure);
  const external = vertical.realEigenvalues.indexOf(Math.max(...vertical.realEigenvalues));
  const shape = vertical.eigenvectorMatrix.getColumn(external);
  const speed = Math.sqrt(vertical.realEigenvalues[external]!);
  type Mode = ReturnType<typeof tidalModes>[number];

  /** Small waves of one mode on the atmosphere at rest. */
  function started(m: number, mode: Mode, amplitude: number): SpectralState {
    const state = isothermal(transform, L, T);
    let largest = 0;
    for (let n = m; n <= truncation; n++) largest = Math.max(largest, Math.abs(mode.vorticity(n)));
    for (let n = m; n <= truncation; n++) {
      const cosine = rowOf(transform, m, n, 0);
      const sine = rowOf(transform, m, n, 1);
      const scale = amplitude / largest;
      let surface = 0;
      for (let k = 0; k < L; k++) {
        let cooling = 0;
        for (let j = 0; j < L; j++) cooling += conversion[k * L + j]! * shape[j]!;
        surface += levels.thickness[k]! * shape[k]!;
        state.vorticity[cosine * L + k] = scale * shape[k]! * mode.vorticity(n);
        state.divergence[sine * L + k] = -scale * shape[k]! * mode.divergence(n);
        state.temperature[cosine * L + k] = (scale * cooling * mode.potential(n)) / speed ** 2;
      }
      state.logPressure[cosine] = (scale * surface * mode.potential(n)) / speed ** 2;
    }
    return state;
  }

  /** Frequency with which the largest pressure wave turns, s⁻¹, westward positive, and what is left of it. */
  function observe(m: number, mode: Mode, hours: number) {
    const dycore = new Dycore(resolveDycore({ truncation, levels: L, stepSeconds: 600, forcing: 'none' }));
    const state = started(m, mode, 1e-9);
    let at = rowOf(transform, m, m, 0);
    for (let n = m; n <= truncation; n++) {
      const row = rowOf(transform, m, n, 0);
      if (Math.abs(state.logPressure[row]!) > Math.abs(state.logPressure[at]!)) at = row;
    }
    const before = Math.hypot(state.logPressure[at]!, state.logPressure[at + 1]!);
    let phase = Math.atan2(-state.logPressure[at + 1]!, state.logPressure[at]!);
    let turned = 0;
    for (let hour = 0; hour < hours; hour++) {
      dycore.advance(state, 1);
      const next = Math.atan2(-state.logPressure[at + 1]!, state.logPressure[at]!);
      turned += ((next - phase + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
      phase = next;
    }
    return {
      frequency: turned / (3600 * hours),
      left: Math.hypot(state.logPressure[at]!, state.logPressure[at + 1]!) / before,
    };
  }

  it('tidal modes without divergence turn at Haurwitz’s speed, 2Ω/n(n+1)', () => {
    const modes = rossbyModes(4, 1e6);
    for (let l = 0; l < 5; l++) {
      const n = 4 + l;
      expect(modes[l]!.frequency / ((2 * rotationRate * 4) / (n * (n + 1)))).toBeCloseTo(1, 3);
    }
  });

  it('tidal modes at 10 km have the periods of the 5-day wave and of the 33-hour Kelvin wave', () => {
    const lamb = Math.sqrt(9.80616 * 10_000);
    const westward = rossbyModes(1, lamb);
    // Madden 1979, Rev. Geophys. 17, 1935: (1, 1) 5.0 days, (1, 2) 8.3 days, (2, 1) 3.8 days
    expect((2 * Math.PI) / westward[1]!.frequency / day).toBeCloseTo(5.0, 0);
    expect((2 * Math.PI) / westward[2]!.frequency / day).toBeCloseTo(8.3, 0);
    expect((2 * Math.PI) / rossbyModes(2, lamb)[1]!.frequency / day).toBeCloseTo(3.8, 0);
    const kelvin = Math.max(
      ...tidalModes(1, lamb)
        .map(({ frequency }) => frequency)
        .filter((f) => f < 0),
    );
    // Sakazaki & Hamilton 2020, J. Atmos. Sci. 77, 2519: about 33 hours
    expect(Math.abs((2 * Math.PI) / -kelvin / 3600 - 33)).toBeLessThan(1);
  });

  it('the 5-day wave crosses the dycore at its own frequency', () => {
    const mode = rossbyModes(1, speed)[1]!;
    const { frequency, left } = observe(1, mode, 60);
    expect(frequency / mode.frequency).toBeCloseTo(1, 3);
    expect(left).toBeCloseTo(1, 2);
  });

  it('so does the Rossby–Haurwitz wave of wavenumber 4, slowed by its divergence', () => {
    const mode = rossbyModes(4, speed)[1]!;
    const { frequency, left } = observe(4, mode, 36);
    expect(frequency / mode.frequency).toBeCloseTo(1, 3);
    expect(left).toBeCloseTo(1, 2);
    expect(mode.frequency).toBeLessThan((2 * rotationRate * 4) / 30);
  });

  it('the Kelvin wave runs east', () => {
    const mode = tidalModes(1, speed)
      .filter(({ frequency }) => frequency < 0)
      .reduce((a, b) => (a.frequency > b.frequency ? a : b));
    const { frequency, left } = observe(1, mode, 24);
    expect(frequency / mode.frequency).toBeCloseTo(1, 3);
    expect(left).toBeCloseTo(1, 2);
  });
});
