/**
 * Reliability of strike probability: at every point of a map, the probability and whether the storm did pass within the radius.
 * Kept as classes that add up over storms and forecasts; evaluation/calibration makes reliability diagrams, Brier parts and ROC
 * curves of them. Points beside each other strike together: a class is worth far fewer cases than it has points.
 */
import { internalError, usageError } from '../../../core/errors.js';
import { classBetween, type ProbabilityClasses } from '../../calibration/probabilityClasses.js';
import { arcsOf, type HoursWindow } from '../products/arcs.js';
import { countNear } from '../products/countNear.js';
import type { MapPoints } from '../products/mapPoints.js';
import type { StrikeOptions } from '../products/strikeProbability.js';
import type { Track } from '../track.js';

/** Classes of width 0.1 around 0, 0.1, … 1. */
export const strikeEdges = Float64Array.of(0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1);

/**
 * Where it did strike: by the same definition as the forecast's probability. The window has to be given: a best track goes on before
 * the analysis and after the forecast's end, where no member is asked.
 * @param bestTracks all that count: of one storm, or of all
 * @param start valid time of the analysis, milliseconds since 1970
 * @returns [point], 1 where any of them passed
 */
export function struck(
  bestTracks: readonly Track[],
  start: number,
  points: MapPoints,
  { radiusKm = 120, sphereRadiusKm, ...path }: StrikeOptions & { readonly window: HoursWindow },
): Uint8Array {
  const arcs = bestTracks.flatMap((track) => arcsOf(track, start, path));
  return new Uint8Array(countNear([arcs], points, radiusKm, sphereRadiusKm));
}

/**
 * @param probability [point], 0 … 1
 * @param outcome [point], 1 where it struck
 * @param weights [point], of area or 0 where a point does not count; null: all 1
 * @returns classes between the edges, closed on the left
 */
export function strikeClasses(
  probability: Float64Array,
  outcome: Uint8Array,
  weights: Float64Array | null = null,
  edges: Float64Array = strikeEdges,
): ProbabilityClasses {
  if (outcome.length !== probability.length || (weights && weights.length !== probability.length))
    throw internalError(`strikes: ${probability.length} probabilities, ${outcome.length} outcomes`);
  const count = edges.length - 1;
  const sums = new Float64Array(count);
  const given = new Float64Array(count);
  const happened = new Float64Array(count);
  for (const [i, p] of probability.entries()) {
    const weight = weights ? weights[i]! : 1;
    if (weight === 0) continue;
    const at = classBetween(p, edges, 'left');
    if (at < 0)
      throw usageError(`strike probability ${p} at point ${i}; expected ${edges[0]} … ${edges[count]}`);
    sums[at]! += weight * p;
    given[at]! += weight;
    happened[at]! += weight * outcome[i]!;
  }
  return { probability: sums.map((sum, k) => sum / given[k]!), given, happened };
}

/** Classes of both, between the same edges. */
export function addClasses(a: ProbabilityClasses, b: ProbabilityClasses): ProbabilityClasses {
  if (a.given.length !== b.given.length)
    throw internalError(`classes of strikes: ${a.given.length} and ${b.given.length}`);
  const given = a.given.map((weight, k) => weight + b.given[k]!);
  const sum = (classes: ProbabilityClasses, k: number): number =>
    classes.given[k]! > 0 ? classes.given[k]! * classes.probability[k]! : 0;
  return {
    given,
    happened: a.happened.map((weight, k) => weight + b.happened[k]!),
    probability: given.map((weight, k) => (sum(a, k) + sum(b, k)) / weight),
  };
}
