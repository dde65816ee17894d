/**
 * The state as a statistician sees it: anomalies from a smooth seasonal cycle, weighted by the root of their
 * area, as coefficients of the leading EOFs. Cycle and EOFs come from the training series alone.
 */
import { product } from '../../core/linear/denseProduct.js';
import { type Eofs, leadingEofs } from '../../core/linear/eofs.js';
import { seasonTerms } from '../../core/season.js';
import { chooseHarmonics, fitHarmonics, harmonicBasis } from './seasonalHarmonics.js';
import { rowsByYear, type TrainingSeries } from './trainingSeries.js';

/** EOFs kept hold this share of the variance, and are no more than this many. */
const varianceShare = 0.999;
const mostEofs = 160;
const mostHarmonics = 3;

export interface AnomalyBasis {
  readonly harmonics: number;
  readonly eofs: Eofs;
  /** [time, eof] of the training series. */
  readonly coefficients: Float64Array;
  /** EOF coefficients of a field at a time. */
  project(field: Float32Array, time: number): Float64Array;
  /** The field with these EOF coefficients at a time, physical units. */
  field(coefficients: Float64Array, time: number): Float64Array;
}

/** Seasonal cycle and EOFs of the training series. */
export function anomalyBasis(training: TrainingSeries): AnomalyBasis {
  const { times, values, weights } = training;
  const points = weights.length;
  const root = weights.map(Math.sqrt);
  const anomalies = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) anomalies[i] = values[i]! * root[i % points]!;
  const years = [...rowsByYear(times).values()];
  const harmonics = chooseHarmonics(times, anomalies, points, years, mostHarmonics);
  const terms = seasonTerms(harmonics);
  const season = harmonicBasis(times, harmonics);
  const cycle = fitHarmonics(season, terms, anomalies, points);
  const fitted = product(season, cycle, times.length, terms, points);
  for (let i = 0; i < anomalies.length; i++) anomalies[i] = anomalies[i]! - fitted[i]!;
  const eofs = leadingEofs(anomalies, points, varianceShare, mostEofs);
  const cycleAt = (time: number) => product(harmonicBasis([time], harmonics), cycle, 1, terms, points);
  return {
    harmonics,
    eofs,
    coefficients: product(anomalies, eofs.patterns, times.length, points, eofs.count),
    project(field, time) {
      const anomaly = cycleAt(time);
      for (let point = 0; point < points; point++)
        anomaly[point] = field[point]! * root[point]! - anomaly[point]!;
      return product(anomaly, eofs.patterns, 1, points, eofs.count);
    },
    field(coefficients, time) {
      const out = cycleAt(time);
      for (let point = 0; point < points; point++) {
        let sum = out[point]!;
        for (let k = 0; k < eofs.count; k++) sum += coefficients[k]! * eofs.patterns[point * eofs.count + k]!;
        out[point] = sum / root[point]!;
      }
      return out;
    },
  };
}
