/**
 * The vertical differencing of the dycore: closed forms of Simmons & Burridge 1981, the conservation laws that it was made
 * for, and the Lamb wave.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import { gaussianSize, makeTransform } from '../../core/sphere/sphericalTransform.js';
import {
  earthRadius,
  gasConstant,
  kappa,
  referencePressure,
  rotationRate,
} from '../../models/dycore/constants.js';
import { Dycore, resolveDycore } from '../../models/dycore/dycore.js';
import { meanPressure, PrimitiveEquations } from '../../models/dycore/primitiveEquations.js';
import { makeSemiImplicit, referenceTemperature } from '../../models/dycore/semiImplicit.js';
import {
  conversionMatrix,
  equalLevels,
  hydrostaticMatrix,
  type SigmaLevels,
  sigmaLevels,
} from '../../models/dycore/sigmaLevels.js';
import { emptyState, type SpectralState } from '../../models/dycore/spectralState.js';
import { isothermal, rowOf, synthesize, wholeTendency, windTimesCosine } from './dycoreFields.js';

const heatCapacity = gasConstant / kappa;
const truncation = 21;
const transform = makeTransform({ truncation, latitudes: 'gaussian', ...gaussianSize(truncation) });

function matrixOf(values: Float64Array, size: number): Matrix {
  return new Matrix(Array.from({ length: size }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]));
}

/** B = G τ + R T̄ νᵀ: squares of the speeds of gravity waves. */
function waveMatrix(levels: SigmaLevels, temperature: number): Matrix {
  const L = levels.count;
  return matrixOf(hydrostaticMatrix(levels), L)
    .mmul(matrixOf(conversionMatrix(levels, temperature), L))
    .add(
      Matrix.ones(L, 1)
        .mmul(Matrix.rowVector([...levels.thickness]))
        .mul(gasConstant * temperature),
    );
}

/** Waves of degree ≤ 3 in everything, on a stratified atmosphere. */
function smoothState(levels: number): SpectralState {
  const state = emptyState(transform.coefficients, levels);
  const draws = new Float64Array(1000);
  normals({ seed: 7, weightSample: 0, noiseStream: 0, purpose: 'initialise', step: 0 }, draws);
  let drawn = 0;
  const draw = (): number => draws[drawn++]!;
  for (let m = 0; m <= 3; m++) {
    for (let n = Math.max(m, 1); n <= 3; n++) {
      for (const part of m === 0 ? ([0] as const) : ([0, 1] as const)) {
        const row = rowOf(transform, m, n, part);
        for (let k = 0; k < levels; k++) {
          state.vorticity[row * levels + k] = 4e-6 * draw();
          state.divergence[row * levels + k] = 1e-6 * draw();
          state.temperature[row * levels + k] = 4 * draw();
        }
        state.logPressure[row] = 0.01 * draw();
      }
    }
  }
  for (let k = 0; k < levels; k++) state.temperature[k] = 220 + (70 * k) / levels;
  state.logPressure[0] = Math.log(referencePressure);
  return state;
}

/** Smooth hills, m² s⁻². */
function hills(): Float64Array {
  const ground = new Float64Array(2 * transform.coefficients);
  ground[rowOf(transform, 2, 3, 0)] = 800;
  ground[rowOf(transform, 1, 2, 1)] = -500;
  ground[rowOf(transform, 0, 2, 0)] = 300;
  return ground;
}

/** ∂/∂λ: (c, s) → (m s, −m c). */
function turned(spectral: Float64Array, fields: number): Float64Array {
  const out = new Float64Array(spectral.length);
  for (let c = 0; c < transform.coefficients; c++) {
    const m = transform.orders[c]!;
    for (let k = 0; k < fields; k++) {
      out[2 * c * fields + k] = m * spectral[(2 * c + 1) * fields + k]!;
      out[(2 * c + 1) * fields + k] = -m * spectral[2 * c * fields + k]!;
    }
  }
  return out;
}

describe('hydrostatic matrix', () => {
  it('gives the layer means of the geopotential of an isothermal atmosphere, −RT ln σ', () => {
    const levels = sigmaLevels(Float64Array.of(0, 0.05, 0.2, 0.35, 0.7, 0.9, 1));
    const matrix = hydrostaticMatrix(levels);
    const T = 250;
    for (let k = 0; k < levels.count; k++) {
      const found = T * matrix.subarray(k * levels.count, (k + 1) * levels.count).reduce((a, b) => a + b, 0);
      const above = levels.half[k]!;
      const below = levels.half[k + 1]!;
      // ∫ −ln σ dσ = σ − σ ln σ; at the top Simmons & Burridge take ln 2 in place of 1, their eq. 3.19
      const mean =
        above === 0
          ? -Math.log(below) + Math.LN2
          : 1 - (below * Math.log(below) - above * Math.log(above)) / (below - above);
      expect(found / (gasConstant * T)).toBeCloseTo(mean, 12);
    }
  });

  it('is the adjoint of the conversion of energy: c_p Δσₖ τₖⱼ = Δσⱼ T̄ Gⱼₖ', () => {
    const levels = sigmaLevels(Float64Array.of(0, 0.1, 0.25, 0.6, 0.85, 1));
    const L = levels.count;
    const T = 287;
    const hydrostatic = hydrostaticMatrix(levels);
    const conversion = conversionMatrix(levels, T);
    for (let k = 0; k < L; k++) {
      for (let j = 0; j < L; j++) {
        const converted = heatCapacity * levels.thickness[k]! * conversion[k * L + j]!;
        expect(converted).toBeCloseTo(levels.thickness[j]! * T * hydrostatic[j * L + k]!, 9);
      }
    }
  });
});

describe('conservation by the tendencies', () => {
  const L = 6;
  const ordinary = sigmaLevels(Float64Array.of(0, 0.1, 0.25, 0.45, 0.7, 0.9, 1));

  /** Rate of change of a global integral of pₛ Σ Δσ (…), and the mean of |…|, by which rounding is judged. */
  function budget(ground: Float64Array | undefined, levels: SigmaLevels = ordinary) {
    const state = smoothState(L);
    const equations = new PrimitiveEquations(transform, levels, {
      forced: false,
      ...(ground === undefined ? {} : { groundGeopotential: ground }),
    });
    const tendency = wholeTendency(equations, transform, levels, state);
    const [u, v] = windTimesCosine(transform, state);
    const [du, dv] = windTimesCosine(transform, tendency);
    const temperature = synthesize(transform, state.temperature);
    const warming = synthesize(transform, tendency.temperature);
    const logPressure = synthesize(transform, state.logPressure);
    const rise = synthesize(transform, tendency.logPressure);
    const height = synthesize(transform, ground ?? new Float64Array(2 * transform.coefficients));
    const totals = { mass: 0, flow: 0, energy: 0, momentum: 0, work: 0, torque: 0 };
    for (let point = 0; point < logPressure.length; point++) {
      const row = Math.floor(point / transform.longitudes);
      const pressure = Math.exp(logPressure[point]!);
      const weight = (transform.weights[row]! / (2 * transform.longitudes)) * pressure;
      const square = transform.cosines[row]! ** 2;
      totals.mass += weight * rise[point]!;
      totals.flow += weight * Math.abs(rise[point]!);
      totals.energy += weight * height[point]! * rise[point]!;
      for (let k = 0; k < L; k++) {
        const at = point * L + k;
        const layer = weight * levels.thickness[k]!;
        const kinetic = (u[at]! ** 2 + v[at]! ** 2) / (2 * square);
        const accelerated = (u[at]! * du[at]! + v[at]! * dv[at]!) / square;
        const heated = heatCapacity * warming[at]!;
        totals.energy +=
          layer * (accelerated + heated + (kinetic + heatCapacity * temperature[at]!) * rise[point]!);
        totals.work += layer * (Math.abs(accelerated) + Math.abs(heated));
        const planet = rotationRate * earthRadius * square;
        totals.momentum += layer * (du[at]! + (u[at]! + planet) * rise[point]!);
        totals.torque += layer * (Math.abs(du[at]!) + Math.abs(planet * rise[point]!));
      }
    }
    return totals;
  }

  it('keeps the mass of the atmosphere', () => {
    const { mass, flow } = budget(hills());
    expect(flow).toBeGreaterThan(0);
    expect(Math.abs(mass) / flow).toBeLessThan(1e-12);
  });

  it('keeps total energy, over flat ground and over hills', () => {
    for (const ground of [undefined, hills()]) {
      const { energy, work } = budget(ground);
      expect(work).toBeGreaterThan(0);
      expect(Math.abs(energy) / work).toBeLessThan(1e-12);
    }
  });

  it('keeps angular momentum over flat ground where α₁ = 1, and not where hills stand against the wind', () => {
    const strict = { ...ordinary, alpha: ordinary.alpha.with(0, 1) };
    const flat = budget(undefined, strict);
    expect(Math.abs(flat.momentum) / flat.torque).toBeLessThan(1e-12);
    const hilly = budget(hills(), strict);
    expect(Math.abs(hilly.momentum) / hilly.torque).toBeGreaterThan(1e-4);
  });

  it('pays for α₁ = ln 2 with a torque of (1 − ln 2) R ∫ Δσ₁ ∂T₁/∂λ pₛ dA, nothing else', () => {
    const { momentum, torque } = budget(undefined);
    const state = smoothState(L);
    const logPressure = synthesize(transform, state.logPressure);
    const slope = synthesize(transform, turned(state.temperature, L));
    let expected = 0;
    for (let point = 0; point < logPressure.length; point++) {
      const weight =
        transform.weights[Math.floor(point / transform.longitudes)]! / (2 * transform.longitudes);
      expected += (weight * Math.exp(logPressure[point]!) * slope[point * L]!) / earthRadius;
    }
    // the tendencies put the mean pressure right before all else
    expected *= referencePressure / meanPressure(transform, logPressure, 1, 0);
    expected *= (1 - Math.LN2) * gasConstant * ordinary.thickness[0]!;
    expect(Math.abs(momentum - expected) / torque).toBeLessThan(1e-12);
    expect(Math.abs(momentum) / torque).toBeGreaterThan(1e-6);
  });
});

describe('an isothermal atmosphere at rest', () => {
  it('stays at rest exactly over flat ground', () => {
    const dycore = new Dycore(resolveDycore({ truncation, levels: 5, forcing: 'none' }));
    const state = isothermal(transform, 5, 263);
    dycore.advance(state, 24);
    expect(state.vorticity.every((x) => x === 0)).toBe(true);
    expect(state.divergence.every((x) => x === 0)).toBe(true);
    expect(state.temperature).toEqual(isothermal(transform, 5, 263).temperature);
    expect(state.logPressure.subarray(1).every((x) => x === 0)).toBe(true);
    expect(state.logPressure[0]).toBeCloseTo(Math.log(referencePressure), 13);
  });

  it('stays at rest over hills, where pressure falls as exp(−Φₛ/RT)', () => {
    const ground = hills();
    const dycore = new Dycore(resolveDycore({ truncation, levels: 5, forcing: 'none' }), ground);
    const T = 263;
    const state = isothermal(transform, 5, T);
    for (let i = 1; i < ground.length; i++) state.logPressure[i]! -= ground[i]! / (gasConstant * T);
    dycore.advance(state, 24);
    const [u, v] = windTimesCosine(transform, state);
    for (const wind of [u, v]) expect(Math.max(...wind.map(Math.abs))).toBeLessThan(1e-8);
  });
});

describe('gravity waves', () => {
  it('die away where starts come every six hours, in air colder or warmer than T̄', () => {
    const L = 5;
    const dycore = new Dycore(
      resolveDycore({ truncation: 10, levels: L, stepSeconds: 5400, forcing: 'none' }),
    );
    for (const T of [200, 240, 300, 310]) {
      for (const n of [4, 6, 8]) {
        const state = isothermal(dycore.transform, L, T);
        const row = rowOf(dycore.transform, 2, n, 0);
        const spread = 1e-10;
        for (let k = 0; k < L; k++) state.divergence[row * L + k] = spread;
        const peak = (days: number): number => {
          let highest = 0;
          for (let hours = 0; hours < 24 * days; hours += 6) {
            dycore.advance(state, 6);
            highest = Math.max(highest, ...state.divergence.map(Math.abs));
          }
          return highest;
        };
        expect(peak(5)).toBeLessThan(1.2 * spread);
        expect(peak(5)).toBeLessThan(0.8 * spread);
        expect(peak(5)).toBeLessThan(0.5 * spread);
      }
    }
  });

  it('the fastest is the Lamb wave, √(c_p/c_v R T), as levels reach to the top', () => {
    const T = 250;
    const lamb = Math.sqrt((gasConstant * T) / (1 - kappa));
    const speed = (count: number): number => {
      const half = Float64Array.from({ length: count + 1 }, (_, k) => (k / count) ** 4);
      const { realEigenvalues } = new EigenvalueDecomposition(waveMatrix(sigmaLevels(half), T));
      return Math.sqrt(Math.max(...realEigenvalues));
    };
    expect(Math.abs(speed(40) / lamb - 1)).toBeLessThan(1e-3);
    expect(Math.abs(speed(40) - lamb)).toBeLessThan(0.5 * Math.abs(speed(20) - lamb));
  });

  it('every speed is real, at any number of levels', () => {
    for (const count of [2, 5, 8, 18, 30]) {
      const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(
        waveMatrix(equalLevels(count), referenceTemperature),
      );
      expect(Math.min(...realEigenvalues)).toBeGreaterThan(0);
      for (const part of imaginaryEigenvalues) expect(part).toBe(0);
    }
  });

  it('the tendencies of small waves at another temperature than T̄ are those of its own structure matrix', () => {
    const L = 5;
    const levels = equalLevels(L);
    const T = 250;
    const equations = new PrimitiveEquations(transform, levels, { forced: false });
    const row = rowOf(transform, 0, 4, 0);
    const small = 1e-9;
    const found = Matrix.zeros(L, L);
    for (let j = 0; j < L; j++) {
      const spreading = isothermal(transform, L, T);
      spreading.divergence[row * L + j] = small;
      const first = wholeTendency(equations, transform, levels, spreading);
      // what a second of it does to the geopotential, and that to the divergence
      const changed = isothermal(transform, L, T);
      for (let k = 0; k < L; k++) changed.temperature[row * L + k] = first.temperature[row * L + k]! / small;
      changed.logPressure[row] = first.logPressure[row]! / small;
      for (let k = 0; k < L; k++) changed.temperature[row * L + k]! *= 1e-6;
      changed.logPressure[row]! *= 1e-6;
      const second = wholeTendency(equations, transform, levels, changed);
      const curvature = (4 * 5) / earthRadius ** 2;
      for (let k = 0; k < L; k++) found.set(k, j, second.divergence[row * L + k]! / (-curvature * 1e-6));
    }
    const expected = waveMatrix(levels, T);
    const difference = Matrix.sub(found, expected);
    expect(difference.norm() / expected.norm()).toBeLessThan(1e-5);
  });

  it('the semi-implicit step turns each by tan(θ/2) = δω and keeps its amplitude', () => {
    const L = 6;
    const levels = equalLevels(L);
    const delta = 900;
    const step = makeSemiImplicit(levels, transform.degrees, 2 * delta);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
      waveMatrix(levels, referenceTemperature),
    );
    const n = 9;
    const row = rowOf(transform, 3, n, 1);
    const none = emptyState(transform.coefficients, L);
    for (let mode = 0; mode < L; mode++) {
      const frequency = Math.sqrt(realEigenvalues[mode]! * n * (n + 1)) / earthRadius;
      let state = emptyState(transform.coefficients, L);
      for (let k = 0; k < L; k++) state.divergence[row * L + k] = eigenvectorMatrix.get(k, mode);
      for (let i = 1; i <= 20; i++) {
        const next = emptyState(transform.coefficients, L);
        step.advance(state, none, next);
        state = next;
        const turned = Math.cos(2 * i * Math.atan(delta * frequency));
        for (let k = 0; k < L; k++) {
          expect(state.divergence[row * L + k]).toBeCloseTo(turned * eigenvectorMatrix.get(k, mode), 8);
        }
      }
    }
  });
});
