/**
 * Scores of a single-valued forecast (or of an ensemble's mean) at every point: error (its mean is the bias,
 * forecast minus truth), squared error (the root of its mean is the RMSE), absolute error.
 * Arrays are [point]; NaN where either side is missing.
 */
import type { FloatArray } from '../../core/statistics/moments.js';

/** forecast − observed */
export function errors(forecast: FloatArray, observed: FloatArray, out: FloatArray): void {
  for (let i = 0; i < out.length; i++) out[i] = forecast[i]! - observed[i]!;
}

/** (forecast − observed)² */
export function squaredErrors(forecast: FloatArray, observed: FloatArray, out: FloatArray): void {
  for (let i = 0; i < out.length; i++) out[i] = (forecast[i]! - observed[i]!) ** 2;
}

/** |forecast − observed| */
export function absoluteErrors(forecast: FloatArray, observed: FloatArray, out: FloatArray): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(forecast[i]! - observed[i]!);
}
