/**
 * Mean over an area with weights (core/grid `pointWeights`), as a sum and its weight, so that means merge.
 * Policy `omit` renormalises the weights over the points that have a value.
 */
import type { FloatArray } from '../../core/statistics/moments.js';
import { missingValueError, type NanPolicy } from '../scores/nanPolicy.js';

/** A mean that can still be merged with others: mean = sum / weight. */
export interface WeightedSum {
  sum: number;
  weight: number;
}

/**
 * @param values [point]
 * @param weights [point], ≥ 0; 0 outside the region
 * @throws {PlumeError} data, on a missing value inside the region under policy raise
 */
export function weightedSum(values: FloatArray, weights: FloatArray, policy: NanPolicy): WeightedSum {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    const value = values[i]!;
    if (Number.isNaN(value)) {
      if (policy === 'raise') throw missingValueError('area mean', `the value at point ${i}`);
      if (policy === 'omit') continue;
    }
    sum += weight * value;
    total += weight;
  }
  return { sum, weight: total };
}

/** Weighted mean over points; NaN where nothing is left. */
export function areaMean(values: FloatArray, weights: FloatArray, policy: NanPolicy = 'propagate'): number {
  const { sum, weight } = weightedSum(values, weights, policy);
  return sum / weight;
}

export function mergeSums(a: WeightedSum, b: WeightedSum): WeightedSum {
  return { sum: a.sum + b.sum, weight: a.weight + b.weight };
}
