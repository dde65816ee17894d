/**
 * Reliability of strike probability: at every point of a grid, for every start that is asked, what was said and whether a best
 * track did pass, from the first lead to the last. Twice: of any cyclone, so that one that the best tracks do not hold is a false
 * alarm; and of each storm of the best tracks by the members that have it, so that only what was said of these storms counts.
 * Points count by their area.
 */
import { type Grid, gridSize, pointWeights } from '../../core/grid.js';
import { type BrierParts, brierParts } from '../../evaluation/calibration/brierDecomposition.js';
import { type ProbabilityClasses, totalsOf } from '../../evaluation/calibration/probabilityClasses.js';
import { gridPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import {
  anyStrikeProbability,
  strikeProbability,
} from '../../evaluation/cyclones/products/strikeProbability.js';
import { type MatchingOptions, stormsByReference } from '../../evaluation/cyclones/storms.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import {
  addClasses,
  strikeClasses,
  struck,
} from '../../evaluation/cyclones/verification/strikeReliability.js';
import type { CycloneForecast } from './cycloneForecast.js';
import { firstLeadHours, thereWhile } from './stormMaps.js';

export interface StrikeScores {
  /** Maps: one a start, or one a start and storm. */
  readonly maps: number;
  /** Mean square of probability less outcome. */
  readonly brier: number;
  /** Of the area and maps, that was struck. */
  readonly share: number;
  /** 1 − Brier score over that of the share; null where nothing or everything was struck. */
  readonly skill: number | null;
  /** Made of the classes: their sum is near the Brier score, not equal to it. */
  readonly parts: BrierParts;
  /** Classes that were given: mean probability, share struck, points (of mean area). */
  readonly classes: readonly {
    readonly forecast: number;
    readonly observed: number;
    readonly cases: number;
  }[];
}

export interface StrikeVerification {
  readonly radiusKm: number;
  readonly points: number;
  readonly anyCyclone: StrikeScores;
  readonly bestTrackStorms: StrikeScores;
}

/** @param matching of tracks and best tracks */
export function verifyStrikes(
  forecasts: readonly CycloneForecast[],
  best: readonly Track[],
  grid: Grid,
  { radiusKm, ...matching }: MatchingOptions & { readonly radiusKm: number },
): StrikeVerification {
  const points = gridPoints(grid);
  const weights = pointWeights(grid);
  const [any, single] = [new Sums(weights), new Sums(weights)];
  for (const forecast of forecasts) {
    const { start, ensemble, untilHours } = forecast;
    const asked = { radiusKm, window: { fromHours: firstLeadHours(forecast), toHours: untilHours } };
    const there = thereWhile(forecast, best);
    any.add(anyStrikeProbability(ensemble, points, asked).probability, struck(there, start, points, asked));
    for (const [i, storm] of stormsByReference(ensemble, there, matching).storms.entries())
      single.add(
        strikeProbability(storm, points, asked).probability,
        struck([there[i]!], start, points, asked),
      );
  }
  return {
    radiusKm,
    points: gridSize(grid),
    anyCyclone: any.scores(),
    bestTrackStorms: single.scores(),
  };
}

/** Over maps on one grid. */
class Sums {
  readonly #weights: Float64Array;
  #classes: ProbabilityClasses | null = null;
  #squares = 0;
  #maps = 0;

  constructor(weights: Float64Array) {
    this.#weights = weights;
  }

  add(probability: Float64Array, outcome: Uint8Array): void {
    const classes = strikeClasses(probability, outcome, this.#weights);
    this.#classes = this.#classes === null ? classes : addClasses(this.#classes, classes);
    for (const [point, p] of probability.entries())
      this.#squares += this.#weights[point]! * (p - outcome[point]!) ** 2;
    this.#maps++;
  }

  /** At least one map was added. */
  scores(): StrikeScores {
    const classes = this.#classes!;
    const { given, happened } = totalsOf(classes);
    const [brier, share] = [this.#squares / given, happened / given];
    const uncertainty = share * (1 - share);
    return {
      maps: this.#maps,
      brier,
      share,
      skill: uncertainty > 0 ? 1 - brier / uncertainty : null,
      parts: brierParts(classes),
      classes: Array.from(classes.given, (cases, k) => ({
        forecast: classes.probability[k]!,
        observed: classes.happened[k]! / cases,
        cases,
      })).filter(({ cases }) => cases > 0),
    };
  }
}
