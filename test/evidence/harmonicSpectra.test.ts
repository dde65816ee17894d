/** Spectra of spread and error against harmonics in closed form, and against what truth like a member must give. */
import { describe, expect, it } from 'vitest';
import { createHarmonicSpectra, emptySums } from '../../bench/evidence/perturbations/harmonicSpectra.js';
import { normals } from '../../core/random/stream.js';
import { natureGrid } from '../../models/dycore/natureGrid.js';

const grid = natureGrid(21);
const points = grid.latitudes.length * grid.longitudes.length;

/** Of mean square 1 over the sphere: √3 sin φ (n = 1) and ½ √15 cos²φ cos 2λ (n = 2). */
const sineOfLatitude = fieldOf((sine) => Math.sqrt(3) * sine);
const waveTwo = fieldOf((sine, longitude) => (Math.sqrt(15) / 2) * (1 - sine ** 2) * Math.cos(2 * longitude));

function fieldOf(value: (sine: number, longitude: number) => number): Float32Array {
  const out = new Float32Array(points);
  const radians = Math.PI / 180;
  grid.latitudes.forEach((latitude, row) => {
    grid.longitudes.forEach((longitude, column) => {
      const at = row * grid.longitudes.length + column;
      out[at] = value(Math.sin(latitude * radians), longitude * radians);
    });
  });
  return out;
}

function members(...fields: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(fields.length * points);
  fields.forEach((field, i) => {
    out.set(field, i * points);
  });
  return out;
}

const times = (field: Float32Array, factor: number): Float32Array => field.map((value) => factor * value);

describe('harmonic spectra', () => {
  const spectra = createHarmonicSpectra(grid);

  it('have the variance of members, (M + 1)/M of it, at the degree of their harmonic', () => {
    const sums = emptySums(spectra.degree);
    spectra.add(members(times(waveTwo, 3), times(waveTwo, -3)), new Float32Array(points), sums);
    // Var = 2 · 3² with M − 1 = 1, times 3/2
    expect(sums.spread[2]).toBeCloseTo(27, 4);
    expect(sums.spread.reduce((sum, value) => sum + value, 0)).toBeCloseTo(27, 4);
    expect(Math.max(...sums.error)).toBeLessThan(1e-9);
  });

  it('have the squared error of the mean at its own degree', () => {
    const sums = emptySums(spectra.degree);
    spectra.add(members(times(waveTwo, 4), times(waveTwo, 2)), times(sineOfLatitude, 5), sums);
    expect(sums.error[1]).toBeCloseTo(25, 4);
    expect(sums.error[2]).toBeCloseTo(9, 4);
    expect(sums.error.reduce((sum, value) => sum + value, 0)).toBeCloseTo(34, 3);
  });

  it('agree with each other where truth is like one more member', () => {
    const cases = 300;
    const count = 4;
    const sums = emptySums(spectra.degree);
    const amplitudes = new Float64Array(2 * (count + 1));
    for (let start = 0; start < cases; start++) {
      normals({ seed: 5, start, weightSample: 0, noiseStream: 0, purpose: 'initial', step: 0 }, amplitudes);
      const drawn = Array.from({ length: count + 1 }, (_, i) =>
        sineOfLatitude.map((value, at) => amplitudes[2 * i]! * value + amplitudes[2 * i + 1]! * waveTwo[at]!),
      );
      spectra.add(members(...drawn.slice(0, count)), drawn[count]!, sums);
    }
    // of a ratio of sums of squares: relative standard errors of error² and spread² together
    const standardError = Math.sqrt(2 / cases + 2 / (cases * (count - 1)));
    for (const n of [1, 2]) {
      const ratio = sums.spread[n]! / sums.error[n]!;
      expect(Math.abs(ratio - 1)).toBeLessThan(4 * standardError);
    }
  });
});
