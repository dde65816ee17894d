/**
 * Sharpness: how far forecasts of an event go from saying the same every time. A property of the forecasts alone,
 * and a virtue only beside reliability (Gneiting, Balabdaoui & Raftery 2007, doi:10.1111/j.1467-9868.2007.00587.x).
 */
import { type ProbabilityClasses, totalsOf } from './probabilityClasses.js';

/** Variance of the probabilities given (Murphy & Winkler 1987): 0 … ¼, for reliable forecasts their resolution. */
export function sharpness(classes: ProbabilityClasses): number {
  const { probability, given } = classes;
  const total = totalsOf(classes).given;
  let mean = 0;
  for (let k = 0; k < given.length; k++) if (given[k]! > 0) mean += (given[k]! * probability[k]!) / total;
  let variance = 0;
  for (let k = 0; k < given.length; k++)
    if (given[k]! > 0) variance += (given[k]! * (probability[k]! - mean) ** 2) / total;
  return variance;
}
