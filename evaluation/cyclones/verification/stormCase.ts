/**
 * One forecast of one storm against its best track, lead by lead: numbers that average over cases (trackScores.ts makes the
 * scores of them). Positions and intensities are scored over the members that have the storm; how many have lost it stands
 * beside each number, and is scored itself: the Brier score of whether there is a storm.
 */
import { usageError } from '../../../core/errors.js';
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import {
  angleBetween,
  dot,
  meanDirection,
  seenFrom,
  type UnitVector,
  unitVector,
} from '../../../core/sphere/greatCircle.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { type CrpsEstimator, crpsOfErrors, fairCrps } from '../../scores/crpsOfErrors.js';
import { fixAt, vectorOf } from '../fixAt.js';
import { isEnough } from '../products/meanTrack.js';
import type { Fix, Storm, Track } from '../track.js';
import { placeEnergyScore } from './placeScore.js';
import { motionAt, positionError } from './positionError.js';

export interface CaseOptions {
  /** First lead that the forecast has: where it has no analysis, no member can have the storm then. Default 0. */
  readonly fromHours?: number;
  /** Length of the forecast: a storm that all members lost before its end is a storm they lost. */
  readonly untilHours: number;
  /** Default 6. */
  readonly stepHours?: number;
  /** Default 24. */
  readonly longestGapHours?: number;
  /** Default fair. */
  readonly estimator?: CrpsEstimator;
  /** Share of the members asked that the mean position needs. Default 0.4. */
  readonly leastShare?: number;
  /**
   * The mean position: on the sphere, or of the degrees of latitude and longitude, as some published verification has it.
   * Default sphere.
   */
  readonly mean?: 'sphere' | 'degrees';
  /** The observed motion is that of so many hours before. Default 6. */
  readonly motionHours?: number;
  /** Default that of the Earth, 6371.229. */
  readonly sphereRadiusKm?: number;
}

/** What is known of a lead; NaN where it cannot be made. Positions in km unless named otherwise, Pa, m s⁻¹. */
export interface CaseStatistics {
  /** Mean over members of the errors of their positions. */
  readonly member_distance_km: number;
  readonly member_along_km: number;
  readonly member_across_km: number;
  readonly largest_distance_km: number;
  /** Errors of the mean position. */
  readonly mean_distance_km: number;
  readonly mean_along_km: number;
  readonly mean_across_km: number;
  /** Of one coordinate each. */
  readonly crps_latitude_degrees: number;
  readonly crps_longitude_degrees: number;
  readonly crps_along_km: number;
  readonly crps_across_km: number;
  readonly energy_score_km: number;
  readonly crps_pressure: number;
  readonly crps_wind: number;
  /** Mean of the members less best track. */
  readonly bias_pressure: number;
  readonly bias_wind: number;
  /** Squared error of the mean on the sphere, and what it would be on average if members and truth were alike: (M + 1)/M · s². */
  readonly squared_error_km2: number;
  readonly expected_squared_error_km2: number;
  /** (share of the members asked that have the storm − whether there is one)². */
  readonly existence_brier: number;
}

export interface StormCase {
  readonly leadHours: number;
  /** Whether the best track is there. */
  readonly observed: boolean;
  /** Members that have the storm, of those that were asked. */
  readonly members: number;
  readonly asked: number;
  readonly statistics: CaseStatistics;
}

/**
 * @returns leads up to the length of the forecast at which the best track or any member has the storm
 * @throws {PlumeError} usage, for a length or step that is none
 */
export function stormCases(storm: Storm, best: Track, options: CaseOptions): StormCase[] {
  const { fromHours = 0, untilHours, stepHours = 6, longestGapHours } = options;
  if (!(fromHours >= 0 && untilHours >= 0 && stepHours > 0 && Number.isFinite(untilHours / stepHours)))
    throw usageError(
      `leads of a storm: every ${stepHours} hours from ${fromHours} until ${untilHours} hours; expected a step above 0 and hours of 0 or more`,
    );
  const cases: StormCase[] = [];
  for (const leadHours of leadsEvery(stepHours, fromHours, untilHours)) {
    const time = storm.start + leadHours * millisecondsPerHour;
    const observed = fixAt(best, time, longestGapHours);
    const fixes = storm.tracks
      .map(({ track }) => fixAt(track, time, longestGapHours))
      .filter((fix) => fix !== null);
    if (!observed && fixes.length === 0) continue;
    const existence_brier = (fixes.length / storm.members - Number(observed !== null)) ** 2;
    const scores =
      observed && fixes.length > 0 ? statisticsOf(fixes, observed, storm.members, best, options) : unknown;
    cases.push({
      leadHours,
      observed: observed !== null,
      members: fixes.length,
      asked: storm.members,
      statistics: { ...scores, existence_brier },
    });
  }
  return cases;
}

/** Multiples of the step from the first lead to the last. */
export function leadsEvery(stepHours: number, fromHours: number, untilHours: number): number[] {
  const first = Math.ceil(fromHours / stepHours);
  const count = Math.max(0, Math.floor(untilHours / stepHours) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * stepHours);
}

type Scores = Omit<CaseStatistics, 'existence_brier'>;

function statisticsOf(
  fixes: readonly Fix[],
  observed: Fix,
  asked: number,
  best: Track,
  options: CaseOptions,
): Scores {
  const { estimator = fairCrps, leastShare = 0.4, mean = 'sphere', motionHours = 6 } = options;
  const { sphereRadiusKm: radius = earthRadiusKm } = options;
  const truth = vectorOf(observed);
  const motion = motionAt(best, observed.time, motionHours, options.longestGapHours);
  const places = fixes.map(vectorOf);
  const errors = places.map((place) => positionError(place, truth, motion, radius));
  const along = errors.map(({ alongKm }) => alongKm);
  const across = errors.map(({ acrossKm }) => acrossKm);
  const distances = errors.map(({ distanceKm }) => distanceKm);
  const onSphere = meanDirection(places);
  const enough = isEnough(fixes.length, asked, leastShare);
  const centre = mean === 'sphere' ? onSphere : meanOfDegrees(fixes, observed);
  const ofMean = enough && centre ? positionError(centre, truth, motion, radius) : null;
  const pressure = differences(fixes, observed, 'pressure');
  const wind = differences(fixes, observed, 'wind');
  return {
    member_distance_km: average(distances),
    member_along_km: average(along),
    member_across_km: average(across),
    largest_distance_km: distances.reduce((a, b) => Math.max(a, b)),
    mean_distance_km: ofMean?.distanceKm ?? Number.NaN,
    mean_along_km: ofMean?.alongKm ?? Number.NaN,
    mean_across_km: ofMean?.acrossKm ?? Number.NaN,
    crps_latitude_degrees: crps(differences(fixes, observed, 'latitude'), estimator),
    crps_longitude_degrees: crps(eastward(fixes, observed), estimator),
    crps_along_km: crps(along, estimator),
    crps_across_km: crps(across, estimator),
    energy_score_km: placeEnergyScore(places, truth, estimator, radius),
    crps_pressure: crps(pressure, estimator),
    crps_wind: crps(wind, estimator),
    bias_pressure: average(pressure),
    bias_wind: average(wind),
    squared_error_km2: enough && onSphere ? (radius * angleBetween(onSphere, truth)) ** 2 : Number.NaN,
    expected_squared_error_km2:
      enough && onSphere ? radius ** 2 * expectedSquare(places, onSphere) : Number.NaN,
  };
}

const unknown: Scores = {
  member_distance_km: Number.NaN,
  member_along_km: Number.NaN,
  member_across_km: Number.NaN,
  largest_distance_km: Number.NaN,
  mean_distance_km: Number.NaN,
  mean_along_km: Number.NaN,
  mean_across_km: Number.NaN,
  crps_latitude_degrees: Number.NaN,
  crps_longitude_degrees: Number.NaN,
  crps_along_km: Number.NaN,
  crps_across_km: Number.NaN,
  energy_score_km: Number.NaN,
  crps_pressure: Number.NaN,
  crps_wind: Number.NaN,
  bias_pressure: Number.NaN,
  bias_wind: Number.NaN,
  squared_error_km2: Number.NaN,
  expected_squared_error_km2: Number.NaN,
};

/** Forecast less observed, of members whose value is known; none where the observation is not. */
function differences(fixes: readonly Fix[], observed: Fix, what: 'latitude' | 'pressure' | 'wind'): number[] {
  return fixes.map((fix) => fix[what] - observed[what]).filter((value) => !Number.isNaN(value));
}

/** Degrees of longitude from the observed meridian to the members', −180 … 180. */
function eastward(fixes: readonly Fix[], observed: Fix): number[] {
  return fixes.map(({ longitude }) => {
    const east = (((longitude - observed.longitude) % 360) + 360) % 360;
    return east > 180 ? east - 360 : east;
  });
}

function meanOfDegrees(fixes: readonly Fix[], observed: Fix): UnitVector {
  const latitude = average(fixes.map((fix) => fix.latitude));
  return unitVector(latitude, observed.longitude + average(eastward(fixes, observed)));
}

/** Radians²; NaN of one member. */
function expectedSquare(places: readonly UnitVector[], centre: UnitVector): number {
  const squares = places.map((place) => {
    const offset = seenFrom(centre, place);
    return offset ? dot(offset, offset) : Number.NaN;
  });
  const M = places.length;
  return (((M + 1) / M) * squares.reduce((a, b) => a + b, 0)) / (M - 1);
}

function crps(errors: readonly number[], estimator: CrpsEstimator): number {
  // Without a motion there is no along and across: all are NaN.
  if (errors.some(Number.isNaN)) return Number.NaN;
  return crpsOfErrors(Float64Array.from(errors), errors.length, estimator);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
