/**
 * A small archive whose law is known: daily pressures of waves that travel east and decay about a seasonal cycle,
 *   c_k(t + 1) = r e^{−iω_k} c_k(t) + √(1 − r²) ξ_k(t),   ξ_k complex normal with E|ξ_k|² = 1,
 *   x(t, φ, λ) = 101 300 + 500 cos(2π d/365.2425) + 800 √2 Σ_k Re[c_k(t) e^{i k θ(λ)}] m_k(φ) / √3,   Σ_k over 1, 2, 3
 * with θ going once round over the columns and Σ m_k² = 3/2 nearly everywhere. Two states determine the next but
 * for noise of share 1 − r² of the variance. Deterministic from a seed; in memory or as a NetCDF-4 file.
 */
import { type Grid, makeGrid } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { normals } from '../core/random/stream.js';
import type { Schema } from '../core/schema.js';
import { dayOfYear, millisecondsPerDay } from '../core/time.js';
import { writeNetcdf } from './core/archiveFixture.js';
import { memoryArchive, pressureSchema } from './evaluation/memoryArchive.js';

export interface SyntheticOptions {
  /** Default 6 × 10. */
  readonly rows?: number;
  readonly columns?: number;
  /** True: the columns close the circle; default: a region of the North Atlantic. */
  readonly global?: boolean;
  /** Daily states from 1 January of `firstYear` (default 2001), default 3 years. */
  readonly firstYear?: number;
  readonly days?: number;
  /** r, default 0.9. */
  readonly memory?: number;
  readonly seed?: number;
  /** Channels msl and, at 500 hPa, z: the same waves a quarter of a turn apart. Default msl alone. */
  readonly channels?: 1 | 2;
}

export interface SyntheticSeries {
  readonly schema: Schema;
  readonly times: Float64Array;
  /** [time, channel, lat, lon] */
  readonly values: Float32Array;
}

const waves = [
  { number: 1, radiansPerDay: 0.3 },
  { number: 2, radiansPerDay: 0.5 },
  { number: 3, radiansPerDay: 0.8 },
] as const;

export function syntheticGrid({ rows = 6, columns = 10, global = false }: SyntheticOptions = {}): Grid {
  const spacing = global ? 360 / columns : 2.5;
  return makeGrid(
    Array.from({ length: rows }, (_, i) => 60 - 2.5 * i),
    Array.from({ length: columns }, (_, j) => (global ? 0 : -40) + j * spacing),
  );
}

export function syntheticSeries(options: SyntheticOptions = {}): SyntheticSeries {
  const { firstYear = 2001, days = 3 * 365, memory = 0.9, seed = 1, channels = 1 } = options;
  const grid = syntheticGrid(options);
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const schema: Schema = {
    grid,
    channels: [
      ...pressureSchema(grid).channels,
      ...(channels === 2 ? [{ variable: 'z', level: 500, unit: 'm2 s-2' }] : []),
    ],
  };
  const from = Date.UTC(firstYear, 0, 1);
  const times = Float64Array.from({ length: days }, (_, t) => from + t * millisecondsPerDay);
  const values = new Float32Array(days * channels * nlat * nlon);
  const noise = new Float64Array(2 * waves.length);
  const real = new Float64Array(waves.length);
  const imaginary = new Float64Array(waves.length);
  for (let t = 0; t < days; t++) {
    normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'training', step: t }, noise);
    waves.forEach(({ radiansPerDay }, k) => {
      const kept = t === 0 ? 0 : memory;
      const fresh = Math.sqrt((1 - kept * kept) / 2);
      const [re, im] = [real[k]!, imaginary[k]!];
      const [cos, sin] = [Math.cos(radiansPerDay), Math.sin(radiansPerDay)];
      real[k] = kept * (re * cos + im * sin) + fresh * noise[2 * k]!;
      imaginary[k] = kept * (im * cos - re * sin) + fresh * noise[2 * k + 1]!;
    });
    const season = 500 * Math.cos((2 * Math.PI * dayOfYear(times[t]!)) / 365.2425);
    for (let c = 0; c < channels; c++) {
      for (let row = 0; row < nlat; row++) {
        for (let column = 0; column < nlon; column++) {
          const theta = (2 * Math.PI * column) / nlon + (c * Math.PI) / 2;
          let sum = 0;
          waves.forEach(({ number }, k) => {
            const shape = Math.sin(Math.PI * ((row + 0.5) / nlat) * (k + 1));
            sum += (real[k]! * Math.cos(number * theta) - imaginary[k]! * Math.sin(number * theta)) * shape;
          });
          const at = ((t * channels + c) * nlat + row) * nlon + column;
          values[at] = (c === 0 ? 101_300 : 54_000) + season + 800 * Math.sqrt(2 / 3) * sum;
        }
      }
    }
  }
  return { schema, times, values };
}

export function syntheticArchive(options: SyntheticOptions = {}): Archive {
  const { schema, times, values } = syntheticSeries(options);
  return memoryArchive(schema, times, values);
}

/** Writes the archive with one channel, msl in Pa, as a CF NetCDF-4 file; the name is returned. */
export async function writeSyntheticNetcdf(path: string, options: SyntheticOptions = {}): Promise<string> {
  const { schema, times, values } = syntheticSeries({ ...options, channels: 1 });
  const { latitudes, longitudes } = schema.grid;
  const [nlat, nlon] = [latitudes.length, longitudes.length];
  return writeNetcdf(path, {
    times: Array.from(times, (time) => (time - Date.UTC(2001, 0, 1)) / millisecondsPerDay),
    latitudes: [...latitudes],
    longitudes: [...longitudes],
    value: (t, row, column) => values[(t * nlat + row) * nlon + column]!,
  });
}
