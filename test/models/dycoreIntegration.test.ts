/**
 * The dycore and its map on the regular grid as a whole: what an integration keeps (mass, symmetry, its bits), what a
 * restart costs, and what is refused.
 */
import { describe, expect, it } from 'vitest';
import { PlumeError } from '../../core/errors.js';
import { gaussianSize } from '../../core/sphere/sphericalTransform.js';
import { earthRadius, referencePressure } from '../../models/dycore/constants.js';
import { Dycore, longestStep, resolveDycore } from '../../models/dycore/dycore.js';
import { NatureGrid } from '../../models/dycore/natureGrid.js';
import { NatureModel, NatureStepper } from '../../models/dycore/natureModel.js';
import { pressureChannels } from '../../models/dycore/pressureChannels.js';
import { meanPressure } from '../../models/dycore/primitiveEquations.js';
import { prognosticNames, type SpectralState } from '../../models/dycore/spectralState.js';
import { spinUp } from '../../models/dycore/spinUp.js';
import { cloneState, isothermal, relativeDifference, rowOf, synthesize } from './dycoreFields.js';

const config = resolveDycore({ truncation: 21, levels: 5 });
const L = config.levels;
const dycore = new Dycore(config);
const stepper = new NatureStepper(config);
const { points } = new NatureGrid(config.truncation, L);

/** An atmosphere with weather in it, as an archive would hold it; made once. */
const weather = spinUp(config, 11, { coarseDays: 80, fineDays: 0 });

function spectral(values: Float32Array): SpectralState {
  return new NatureGrid(config.truncation, L).fromGrid(values.subarray(pressureChannels.length * points));
}

function channel(values: Float32Array, name: string): Float32Array {
  const at = pressureChannels.findIndex(({ variable, level }) => `${variable}${level ?? ''}` === name);
  return values.subarray(at * points, (at + 1) * points);
}

function sameBits(a: Float32Array | Float64Array, b: Float32Array | Float64Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}

/** Root mean square over the globe. */
function rms(values: (point: number) => number): number {
  let sum = 0;
  let area = 0;
  const columns = 64;
  for (let point = 0; point < points; point++) {
    const latitude = 90 - (180 * Math.floor(point / columns)) / (points / columns - 1);
    const weight = Math.cos((latitude * Math.PI) / 180);
    area += weight;
    sum += weight * values(point) ** 2;
  }
  return Math.sqrt(sum / area);
}

describe('an integration', () => {
  it('has weather in it after the spin-up: jets, and waves on them', () => {
    const u = channel(weather, 'u250');
    expect(Math.max(...u)).toBeGreaterThan(25);
    expect(Math.max(...u)).toBeLessThan(90);
    const v = channel(weather, 'v500');
    expect(rms((point) => v[point]!)).toBeGreaterThan(3);
  });

  it('keeps the mass of dry air to 1e-10 over ten days, by corrections smaller than 1e-5 a day', () => {
    const state = spectral(weather);
    const before = dycore.massCorrection;
    for (let day = 0; day < 10; day++) {
      dycore.advance(state, 24);
      const pressure = meanPressure(dycore.transform, synthesize(dycore.transform, state.logPressure), 1, 0);
      expect(Math.abs(pressure / referencePressure - 1)).toBeLessThan(1e-10);
    }
    const correction = (dycore.massCorrection - before) / 10;
    expect(correction).toBeGreaterThan(0);
    expect(correction).toBeLessThan(1e-5);
  });

  it('is the same to the bit for the same seed, another for another', () => {
    const run = (seed: number): SpectralState => {
      const own = new Dycore(config);
      const state = own.restingState(seed);
      own.advance(state, 48);
      return state;
    };
    const first = run(3);
    const again = run(3);
    for (const name of prognosticNames) expect(sameBits(again[name], first[name])).toBe(true);
    expect(relativeDifference(run(4), first)).toBeGreaterThan(1e-6);
  });

  it('mirrored at the equator goes on as the mirror image', () => {
    const mirror = (state: SpectralState): SpectralState => {
      const image = cloneState(state);
      const { coefficients, orders, degrees } = dycore.transform;
      for (const name of prognosticNames) {
        const width = state[name].length / coefficients;
        for (let c = 0; c < coefficients; c++) {
          const even = (degrees[c]! - orders[c]!) % 2 === 0;
          // vorticity turns its sign with the hemisphere
          if (even === (name === 'vorticity')) {
            for (let i = c * width; i < (c + 1) * width; i++) image[name][i] = -state[name][i]!;
          }
        }
      }
      return image;
    };
    const state = spectral(weather);
    const image = mirror(state);
    expect(relativeDifference(image, state)).toBeGreaterThan(0.1);
    dycore.advance(state, 72);
    dycore.advance(image, 72);
    expect(relativeDifference(mirror(image), state)).toBeLessThan(1e-10);
  });

  it('turned about the axis goes on turned', () => {
    // by whole columns, so that aliasing turns with it
    const angle = (2 * Math.PI * 5) / dycore.transform.longitudes;
    const turn = (state: SpectralState): SpectralState => {
      const turned = cloneState(state);
      const { coefficients, orders } = dycore.transform;
      for (const name of prognosticNames) {
        const width = state[name].length / (2 * coefficients);
        for (let c = 0; c < coefficients; c++) {
          const [cosine, sine] = [Math.cos(orders[c]! * angle), Math.sin(orders[c]! * angle)];
          for (let k = 0; k < width; k++) {
            const x = state[name][2 * c * width + k]!;
            const y = state[name][(2 * c + 1) * width + k]!;
            turned[name][2 * c * width + k] = cosine * x - sine * y;
            turned[name][(2 * c + 1) * width + k] = sine * x + cosine * y;
          }
        }
      }
      return turned;
    };
    const state = spectral(weather);
    const other = turn(state);
    dycore.advance(state, 72);
    dycore.advance(other, 72);
    expect(relativeDifference(turn(state), other)).toBeLessThan(1e-10);
  });
});

describe('one map', () => {
  const truth: Float32Array[] = [weather];
  for (let i = 0; i < 20; i++) {
    const next = new Float32Array(stepper.stateLength);
    stepper.step(truth[i]!, next);
    truth.push(next);
  }

  it('a forecast from any state of nature is nature to the bit, whatever is stepped beside it', async () => {
    const model = new NatureModel(config);
    const n = stepper.stateLength;
    let states = new Float32Array(2 * n);
    states.set(weather);
    states.set(truth[7]!, n);
    for (let i = 1; i <= 13; i++) {
      const { mean } = await model.step({
        weightSamples: [0],
        rowsPerSample: 2,
        history: [states],
        validTime: 0,
      });
      states = Float32Array.from(mean);
      expect(sameBits(states.subarray(0, n), truth[i]!)).toBe(true);
      expect(sameBits(states.subarray(n), truth[7 + i]!)).toBe(true);
    }
  });

  it('reads the model-level channels alone', () => {
    const blind = Float32Array.from(weather);
    blind.fill(Number.NaN, 0, pressureChannels.length * points);
    const out = new Float32Array(stepper.stateLength);
    stepper.step(blind, out);
    expect(sameBits(out, truth[1]!)).toBe(true);
    expect(sameBits(out, truth[2]!)).toBe(false);
  });

  it('differs from one long integration by far less than an analysis does', () => {
    const long = spectral(weather);
    dycore.advance(long, 120);
    const values = new Float32Array(stepper.stateLength);
    stepper.write(long, values);
    const [a, b, start] = [values, truth[20]!, weather].map((state) => channel(state, 'z500'));
    const difference = rms((point) => (a![point]! - b![point]!) / 9.80665);
    const moved = rms((point) => (b![point]! - start![point]!) / 9.80665);
    expect(moved).toBeGreaterThan(30);
    // an analysis error of a tenth of the climatological spread is ten metres
    expect(difference).toBeLessThan(1);
    expect(difference).toBeGreaterThan(0);
  });
});

describe('what is refused', () => {
  const message = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      expect(error).toBeInstanceOf(PlumeError);
      return (error as PlumeError).message;
    }
    throw new Error('nothing was thrown');
  };

  it('a time step that is unstable at the truncation, with one that is not', () => {
    expect(longestStep(31)).toBeGreaterThan(1800);
    expect(message(() => resolveDycore({ truncation: 42, stepSeconds: 1800 }))).toMatch(
      /1800 s is unstable at T42.*at most 1516 s; such as 1350/,
    );
    for (const stepSeconds of [0, -600, 7000, Number.NaN, 21_600]) {
      expect(message(() => resolveDycore({ truncation: 5, stepSeconds }))).toMatch(/whole number of steps/);
    }
  });

  it('levels and truncations that make no model', () => {
    for (const levels of [0, 1, 2.5, -3, 101, Number.NaN]) {
      expect(message(() => resolveDycore({ levels }))).toMatch(/sigma levels; give a whole number from 2/);
    }
    for (const truncation of [0, 4, 21.5, 171, Number.NaN]) {
      expect(message(() => resolveDycore({ truncation }))).toMatch(/truncation .*whole number from 5 to 170/);
    }
  });

  it('hours that are no whole number of steps', () => {
    const state = dycore.restingState(1);
    for (const hours of [0, -6, 0.5, 6.1, Number.NaN]) {
      expect(message(() => dycore.advance(state, hours))).toMatch(/no whole number of time steps of 2700 s/);
    }
  });

  it('a wind of 300 m/s: the message names the step, the level and the wind', () => {
    const state = isothermal(dycore.transform, L, 280);
    // u = 300 cos φ m/s on the second level: ζ = 2 · 300/a sin φ
    state.vorticity[rowOf(dycore.transform, 0, 1, 0) * L + 1] = 600 / earthRadius / Math.sqrt(3);
    const text = message(() => dycore.advance(state, 6));
    expect(text).toMatch(/broke at step 0 .*a wind of 2\d\d m\/s on model level 2 \(σ = 0\.300\)/);
  });

  it('a field that is no number, wherever it is', () => {
    for (const name of prognosticNames) {
      const state = spectral(weather);
      state[name][state[name].length - 2 * L - 1] = Number.NaN;
      const text = message(() => dycore.advance(state, 6));
      expect(text).toMatch(/broke at step \d+ .*no number on model level \d/);
    }
  });

  it('and an integration after a broken one is as if nothing had been', () => {
    const broken = spectral(weather);
    broken.temperature[3] = Number.POSITIVE_INFINITY;
    expect(message(() => dycore.advance(broken, 6))).toMatch(/broke/);
    const state = spectral(weather);
    const fresh = spectral(weather);
    dycore.advance(state, 12);
    new Dycore(config).advance(fresh, 12);
    for (const name of prognosticNames) expect(sameBits(state[name], fresh[name])).toBe(true);
  });

  it('sizes stay as they are promised', () => {
    expect(gaussianSize(31)).toEqual({ rows: 48, columns: 96 });
    expect(stepper.stateLength).toBe((16 + 3 * L + 1) * 33 * 64);
  });
});
