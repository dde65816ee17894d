/** Archives in memory for tests: synthetic ones, and the real North Atlantic pressures where they are present. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import h5wasm, { type Dataset } from 'h5wasm/node';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import { dayOfYear, millisecondsPerHour } from '../../core/time.js';

export const pressurePath = path.resolve('..', 'shared', 'data', 'ncep-slp-natl', 'slp.daily.2001-2007.nc');
export const pressureIsMissing = !existsSync(pressurePath);
export const whyPressureIsSkipped = pressureIsMissing ? ` (skipped: no ${pressurePath})` : '';

/** @param values [time, channel, lat, lon] */
export function memoryArchive(schema: Schema, times: Float64Array, values: Float32Array): Archive {
  const size = gridSize(schema.grid) * schema.channels.length;
  return {
    schema,
    times,
    read: async (i) => ({ schema, validTime: times[i]!, values: values.slice(i * size, (i + 1) * size) }),
    close: async () => {},
  };
}

export function pressureSchema(grid: Grid): Schema {
  return { grid, channels: [{ variable: 'msl', level: null, unit: 'Pa' }] };
}

/**
 * Daily fields on a 2 × 3 grid from a first-order autoregression of each point about a seasonal cycle:
 *   a(t + 1) = r a(t) + √(1 − r²) ε,   x = 1000 + 10 cos(day of year) + 5 a
 */
export function autoregressiveArchive(
  from: number,
  days: number,
  r: number,
  gaussian: () => number,
): Archive {
  const grid = makeGrid([60, 50], [0, 10, 20]);
  const points = gridSize(grid);
  const times = Float64Array.from({ length: days }, (_, i) => from + i * 24 * millisecondsPerHour);
  const values = new Float32Array(days * points);
  const a = Float64Array.from({ length: points }, gaussian);
  for (let t = 0; t < days; t++) {
    const cycle = 1000 + 10 * Math.cos((2 * Math.PI * dayOfYear(times[t]!)) / 365.2425);
    for (let p = 0; p < points; p++) {
      values[t * points + p] = cycle + 5 * a[p]!;
      a[p] = r * a[p]! + Math.sqrt(1 - r * r) * gaussian();
    }
  }
  return memoryArchive(pressureSchema(grid), times, values);
}

/** Standard normals, the same on every run. */
export function seededNormals(seed: number): () => number {
  let step = 0;
  const pair = new Float64Array(1);
  return () => {
    normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'training', step: step++ }, pair);
    return pair[0]!;
  };
}

/** Daily mean sea-level pressure 2001–2007, rows turned to run north → south. */
export async function readPressures(): Promise<Archive> {
  await h5wasm.ready;
  const file = new h5wasm.File(pressurePath, 'r');
  const dataset = (name: string) => (file.get(name) as Dataset).value as Float32Array | Float64Array;
  const latitudes = [...dataset('lat')].reverse();
  const longitudes = [...dataset('lon')];
  const hours = dataset('time');
  const raw = dataset('slp');
  file.close();
  const grid = makeGrid(latitudes, longitudes);
  const [nlat, nlon] = [latitudes.length, longitudes.length];
  const values = new Float32Array(raw.length);
  for (let t = 0; t < hours.length; t++) {
    for (let row = 0; row < nlat; row++) {
      const from = (t * nlat + (nlat - 1 - row)) * nlon;
      values.set(raw.subarray(from, from + nlon), (t * nlat + row) * nlon);
    }
  }
  const origin = Date.UTC(1800, 0, 1);
  const times = Float64Array.from(hours, (h) => origin + h * millisecondsPerHour);
  return memoryArchive(pressureSchema(grid), times, values);
}
