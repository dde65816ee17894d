/**
 * Maps in the making: at every point the sums over starts of what maps are made of, in the order of the starts.
 * A mean of squared errors becomes a root only at the end, and negative epistemic estimates are cut only
 * then. Points are left out of a start where they had no value.
 */
import type { MapStatistic, ScoreMap } from '../scoreMaps.js';
import { mappedStatistics } from './pieces.js';

const statistics = mappedStatistics.length;

/** Bytes of the sums of one map place (model, channel, lead) for each point. */
export const mapBytesPerPoint = statistics * (8 + 4);

export class MapSums {
  private readonly points: number;
  /** [statistic, point] */
  private readonly sums: Float64Array;
  private readonly counts: Uint32Array;
  private starts = 0;

  constructor(points: number) {
    this.points = points;
    this.sums = new Float64Array(statistics * points);
    this.counts = new Uint32Array(statistics * points);
  }

  /** Adds points from … of one start. @param values [statistic, n] */
  add(values: Float64Array, from: number): void {
    const n = values.length / statistics;
    for (let s = 0; s < statistics; s++) {
      for (let i = 0; i < n; i++) {
        const value = values[s * n + i]!;
        if (Number.isNaN(value)) continue;
        const at = s * this.points + from + i;
        this.sums[at]! += value;
        this.counts[at]! += 1;
      }
    }
    if (from === 0) this.starts++;
  }

  /** @returns no map of a statistic that was not known anywhere, nor any where there was no start */
  maps(place: Pick<ScoreMap, 'model' | 'variable' | 'level' | 'lead_hours'>): ScoreMap[] {
    const n = this.starts;
    return made.flatMap(({ statistic, from, of }) => {
      const first = mappedStatistics.indexOf(from) * this.points;
      const values = Float32Array.from({ length: this.points }, (_, point) => {
        const count = this.counts[first + point]!;
        return count === 0 ? Number.NaN : of(this.sums[first + point]! / count);
      });
      return values.every(Number.isNaN) ? [] : [{ ...place, statistic, n, values }];
    });
  }
}

const made: readonly {
  readonly statistic: MapStatistic;
  readonly from: (typeof mappedStatistics)[number];
  readonly of: (mean: number) => number;
}[] = [
  { statistic: 'crps', from: 'crps', of: (mean) => mean },
  { statistic: 'bias', from: 'error', of: (mean) => mean },
  { statistic: 'rmse', from: 'squared_error', of: Math.sqrt },
  { statistic: 'spread', from: 'variance', of: Math.sqrt },
  { statistic: 'epistemic_variance', from: 'epistemic', of: (mean) => Math.max(0, mean) },
  { statistic: 'aleatoric_variance', from: 'aleatoric', of: (mean) => mean },
  { statistic: 'epistemic_crps', from: 'epistemic_crps', of: (mean) => Math.max(0, mean) },
  { statistic: 'aleatoric_crps', from: 'aleatoric_crps', of: (mean) => mean },
];
