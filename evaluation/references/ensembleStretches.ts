/**
 * An ensemble of whole fields through the kernel of points (kernels/pointKernel.ts), a stretch of points at a time.
 * Members are exchangeable: a reference has no weight samples to tell apart.
 */
import type { FloatArray } from '../../core/statistics/moments.js';
import { createPointKernel } from '../kernels/createPointKernel.js';
import { type PointKernel, pointStatistics } from '../kernels/pointKernel.js';
import type { NanPolicy } from '../scores/nanPolicy.js';

/** Points a stretch: 500 members of them fill a cache of the second level. */
const capacity = 512;

interface Target {
  readonly truth: FloatArray;
  readonly thresholds: FloatArray;
  readonly climate: FloatArray | null;
  readonly nanPolicy: NanPolicy;
}

interface Results {
  readonly points: number;
  readonly thresholds: number;
  readonly statistics: Float64Array;
  readonly twcrpsAbove: Float64Array;
  readonly probability: Float64Array;
}

export class EnsembleStretches {
  private kernel: PointKernel | undefined;

  /**
   * @param members [member, point]
   * @param results written
   * @throws {PlumeError} data, on a missing value under policy raise
   */
  score(members: Float32Array, memberCount: number, target: Target, results: Results): void {
    const { points, thresholds } = results;
    const kernel = this.kernelFor(memberCount, thresholds, target.climate !== null);
    for (let first = 0; first < points; first += capacity) {
      const n = Math.min(capacity, points - first);
      for (let m = 0; m < memberCount; m++)
        kernel.members.set(members.subarray(m * points + first, m * points + first + n), m * capacity);
      kernel.truth.set(target.truth.subarray(first, first + n));
      if (target.climate !== null) kernel.climate.set(target.climate.subarray(first, first + n));
      for (let t = 0; t < thresholds; t++)
        kernel.thresholds.set(
          target.thresholds.subarray(t * points + first, t * points + first + n),
          t * capacity,
        );
      kernel.score(n, target.nanPolicy);
      const take = (from: Float64Array, row: number, to: Float64Array): void =>
        to.set(from.subarray(row * capacity, row * capacity + n), row * points + first);
      for (let row = 0; row < pointStatistics.length; row++) take(kernel.statistics, row, results.statistics);
      const counts = kernel.statistics.subarray(pointStatistics.indexOf('members') * capacity);
      for (let t = 0; t < thresholds; t++) {
        take(kernel.twcrpsAbove, t, results.twcrpsAbove);
        for (let i = 0; i < n; i++) {
          const above = kernel.exceeding[t * capacity + i]!;
          results.probability[t * points + first + i] = above < 0 ? Number.NaN : above / counts[i]!;
        }
      }
    }
  }

  private kernelFor(memberCount: number, thresholds: number, anomalies: boolean): PointKernel {
    const known = this.kernel?.shape;
    const fits =
      known?.design.noiseStreams === memberCount &&
      known.thresholds === thresholds &&
      known.anomalies === anomalies;
    if (!this.kernel || !fits) {
      const design = { weightSamples: 1, noiseStreams: memberCount };
      this.kernel = createPointKernel({ design, capacity, thresholds, anomalies });
    }
    return this.kernel;
  }
}
