/**
 * Random fields on a latitude–longitude grid, global or regional: a spectral process evaluated at the grid's points, many
 * members at a time. Variance and correlation are those of the spectrum at every point of any grid, without calibration.
 * A row's field does not depend on the rows beside it.
 */
import { type Grid, gridSize } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import {
  createSpectralProcess,
  type SpectralProcess,
  type SpectralProcessOptions,
} from './spectralProcess.js';

/** Rows that are taken on at once: what a transform takes. */
const rowsAtOnce = 8;

export interface RandomField {
  readonly process: SpectralProcess;
  /** What is held from the first field on, with streams of so many rows. */
  memoryBytes(rows: number): number;
  streams(keys: readonly MemberKey[]): FieldStreams;
  /** The field of one member at one step, made alone (the same numbers): step 0 is the first. @param out [lat, lon] */
  at(key: MemberKey, step: number, out: Float32Array): void;
}

export interface FieldStreams {
  /** Takes rows first … first + count − 1 a step on; every row comes once a step. @param out [row, lat, lon] */
  next(first: number, count: number, out: Float32Array): void;
}

/** @throws {PlumeError} usage, for times out of range, or when the tables of grid and degree would not fit */
export function createRandomField(grid: Grid, options: SpectralProcessOptions): RandomField {
  const process = createSpectralProcess(options);
  const synthesis = makeSynthesis(grid, process.degree);
  const points = gridSize(grid);
  return {
    process,
    memoryBytes: (rows) => synthesis.memoryBytes + process.memoryBytes(rows, Math.min(rowsAtOnce, rows)),
    streams(keys) {
      const streams = process.streams(keys, Math.min(rowsAtOnce, keys.length));
      return {
        next(first, count, out) {
          for (let done = 0; done < count; done += rowsAtOnce) {
            const rows = Math.min(rowsAtOnce, count - done);
            const coefficients = streams.next(first + done, rows);
            synthesis.evaluateMany(coefficients, rows, out, done * points);
          }
        },
      };
    },
    at: (key, step, out) => synthesis.evaluate(process.at(key, step), out),
  };
}
