import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { coefficientCount, orderOffset } from '../../core/sphere/legendre.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { createStreamfunctionWind } from '../../perturbations/balance/streamfunctionWind.js';

const radius = 1000 * earthRadiusKm;
const globe = makeGrid(
  Array.from({ length: 33 }, (_, i) => 90 - 5.625 * i),
  Array.from({ length: 64 }, (_, j) => -90 + 5.625 * j),
);
const region = makeGrid(
  Array.from({ length: 9 }, (_, i) => 80 - 5.625 * i),
  Array.from({ length: 7 }, (_, j) => 11.25 + 5.625 * j),
);
const degree = 12;
const count = coefficientCount(degree);

/** A few streamfunctions of size 10⁷ m² s⁻¹. [row, 2, coefficient] */
function randomStreamfunctions(rows: number): Float64Array {
  const psi = new Float64Array(rows * 2 * count);
  normals({ seed: 3, weightSample: 0, noiseStream: 0, purpose: 'balance', step: 0 }, psi);
  return psi.map((value) => 1e6 * value);
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

describe('the wind of a streamfunction', () => {
  it('of solid rotation about any axis is that rotation, the poles included', () => {
    // ψ = −a² ω · r̂: the velocity of a turning ball is ω × r.
    for (const grid of [globe, region]) {
      for (const omega of [
        [0, 0, 1e-5],
        [2e-5, 0, 0],
        [1e-5, -3e-5, 2e-5],
      ] as const) {
        const psi = new Float64Array(2 * count);
        const scale = -(radius ** 2) / Math.sqrt(3);
        psi[orderOffset(0, degree) + 1] = scale * omega[2];
        psi[orderOffset(1, degree)] = scale * omega[0];
        psi[count + orderOffset(1, degree)] = scale * omega[1];
        const [u, v] = [new Float32Array(gridSize(grid)), new Float32Array(gridSize(grid))];
        createStreamfunctionWind(grid, degree).wind(psi, 1, u, v);
        eachPoint(grid, (phi, lambda, point) => {
          const r = [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
          const velocity = [
            omega[1] * r[2]! - omega[2] * r[1]!,
            omega[2] * r[0]! - omega[0] * r[2]!,
            omega[0] * r[1]! - omega[1] * r[0]!,
          ].map((value) => radius * value);
          const east = [-Math.sin(lambda), Math.cos(lambda), 0];
          const north = [-Math.sin(phi) * Math.cos(lambda), -Math.sin(phi) * Math.sin(lambda), Math.cos(phi)];
          const along = (axis: number[]): number =>
            axis.reduce((sum, value, i) => sum + value * velocity[i]!, 0);
          expect(Math.abs(u[point]! - along(east))).toBeLessThan(1e-4);
          expect(Math.abs(v[point]! - along(north))).toBeLessThan(1e-4);
        });
      }
    }
  });
});

function eachPoint(grid: Grid, visit: (phi: number, lambda: number, point: number) => void): void {
  const nlon = grid.longitudes.length;
  for (let point = 0; point < gridSize(grid); point++) {
    visit(radians(grid.latitudes[Math.floor(point / nlon)]!), radians(grid.longitudes[point % nlon]!), point);
  }
}

describe('winds, vorticity and the streamfunction', () => {
  it('are each other’s derivatives, by differences of fourth order', () => {
    const psi = randomStreamfunctions(1);
    const at = (latitude: number, longitude: number): { psi: number; u: number; v: number; zeta: number } => {
      const point = makeGrid([latitude], [longitude]);
      const field = new Float64Array(1);
      makeSynthesis(point, degree).evaluate(psi, field);
      const winds = createStreamfunctionWind(point, degree);
      const [u, v, zeta] = [new Float32Array(1), new Float32Array(1), new Float32Array(1)];
      winds.wind(psi, 1, u, v);
      winds.vorticity(psi, 1, zeta);
      return { psi: field[0]!, u: u[0]!, v: v[0]!, zeta: zeta[0]! };
    };
    const step = 0.25;
    const slope = (value: (offset: number) => number): number =>
      (8 * (value(step) - value(-step)) - (value(2 * step) - value(-2 * step))) / (12 * radians(step));
    for (const [latitude, longitude] of [
      [0, 10],
      [47.3, 200],
      [-71, -33],
      [88, 5],
    ] as const) {
      const cosine = (offset: number): number => Math.cos(radians(latitude + offset));
      const { u, v, zeta } = at(latitude, longitude);
      const east = slope((offset) => at(latitude, longitude + offset).psi) / (radius * cosine(0));
      const north = slope((offset) => at(latitude + offset, longitude).psi) / radius;
      expect(Math.abs(u + north)).toBeLessThan(1e-3);
      expect(Math.abs(v - east)).toBeLessThan(1e-3);
      const turning =
        slope((offset) => at(latitude, longitude + offset).v) -
        slope((offset) => cosine(offset) * at(latitude + offset, longitude).u);
      const spreading =
        slope((offset) => at(latitude, longitude + offset).u) +
        slope((offset) => cosine(offset) * at(latitude + offset, longitude).v);
      expect(Math.abs(zeta - turning / (radius * cosine(0)))).toBeLessThan(2e-9);
      expect(Math.abs(spreading / (radius * cosine(0)))).toBeLessThan(2e-9);
      expect(Math.abs(zeta)).toBeGreaterThan(1e-7);
    }
  });

  it('have at a pole one vector, the limit of those around it', () => {
    const rows = 3;
    const psi = randomStreamfunctions(rows);
    const longitudes = Array.from(globe.longitudes);
    for (const pole of [90, -90]) {
      const [at, near] = [pole, Math.sign(pole) * (90 - 1e-4)].map((latitude) => {
        const grid = makeGrid([latitude], longitudes);
        const [u, v] = [0, 1].map(() => new Float32Array(rows * longitudes.length));
        createStreamfunctionWind(grid, degree).wind(psi, rows, u!, v!);
        return { u: u!, v: v! };
      });
      for (let i = 0; i < rows * longitudes.length; i++) {
        // 11 m away the wind is another by 11 m times its gradient, some 10⁻⁵ s⁻¹
        expect(Math.abs(at!.u[i]! - near!.u[i]!)).toBeLessThan(1e-3);
        expect(Math.abs(at!.v[i]! - near!.v[i]!)).toBeLessThan(1e-3);
        // one vector: what goes eastward on a meridian goes northward or southward a quarter of the circle on
        const row = Math.floor(i / longitudes.length) * longitudes.length;
        const quarter = row + ((i - row + longitudes.length / 4) % longitudes.length);
        expect(at!.v[quarter]!).toBeCloseTo(-Math.sign(pole) * at!.u[i]!, 4);
      }
      expect(Math.max(...at!.u)).toBeGreaterThan(1);
    }
  });

  it('of many rows are those of each alone, to the bit', () => {
    const rows = 11;
    const psi = randomStreamfunctions(rows);
    for (const grid of [globe, region]) {
      const points = gridSize(grid);
      const winds = createStreamfunctionWind(grid, degree);
      const together = [0, 1, 2].map(() => new Float32Array(rows * points));
      winds.wind(psi, rows, together[0]!, together[1]!);
      winds.vorticity(psi, rows, together[2]!);
      for (let row = 0; row < rows; row++) {
        const own = psi.subarray(row * 2 * count, (row + 1) * 2 * count);
        const alone = [0, 1, 2].map(() => new Float32Array(points));
        winds.wind(own, 1, alone[0]!, alone[1]!);
        winds.vorticity(own, 1, alone[2]!);
        for (const [i, values] of alone.entries()) {
          expect(together[i]!.subarray(row * points, (row + 1) * points)).toEqual(values);
        }
      }
    }
  });
});
