/** Scores of fields on a grid, made up and real, against values that peer packages computed on the same inputs. */
import path from 'node:path';
import h5wasm, { type Dataset } from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { makeGrid, pointWeights, rowWeights } from '../../core/grid.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { addRanks } from '../../evaluation/calibration/rankHistogram.js';
import { anomalyCorrelation } from '../../evaluation/scores/anomalyCorrelation.js';
import { crpsEnsemble, energyCrps } from '../../evaluation/scores/crps.js';
import { crpsSkillAndSpread } from '../../evaluation/scores/crpsWeighted.js';
import { absoluteErrors, errors, squaredErrors } from '../../evaluation/scores/deterministic.js';
import { energyScore } from '../../evaluation/scores/energyScore.js';
import { scoreEveryPoint } from '../../evaluation/scores/everyPoint.js';
import {
  debiasedMeanSquaredError,
  plainSpreadSkillRatio,
  spreadSkillRatio,
} from '../../evaluation/scores/spreadSkill.js';
import { areaMean } from '../../evaluation/statistics/areaMean.js';
import {
  compareGolden,
  expectClose,
  expectedOf,
  flat,
  goldenCases,
  goldenIsMissing,
  whyGoldenIsSkipped,
} from './golden.js';

/** Area means of one time's fields, by the file's names less '_per_time'. */
function meansOf(
  members: Float64Array,
  truth: Float64Array,
  weights: Float64Array,
  climatology?: Float64Array,
): Record<string, number> {
  const points = truth.length;
  const count = members.length / points;
  const mean = new Float64Array(points);
  const variance = new Float64Array(points);
  memberMoments(members, count, mean, variance);
  const area = (values: Float64Array) => areaMean(values, weights, 'raise');
  const of = (kernel: typeof errors) => {
    const out = new Float64Array(points);
    kernel(mean, truth, out);
    return area(out);
  };
  const every = (name: string, score: (column: Float64Array, y: number) => number) =>
    area(scoreEveryPoint(name, members, count, truth, score, { nanPolicy: 'raise' }));
  const mse = of(squaredErrors);
  const meanVariance = area(variance);
  const total = weights.reduce((a, b) => a + b);
  const found: Record<string, number> = {
    mse,
    rmse: Math.sqrt(mse),
    rmse_of_mean: Math.sqrt(mse),
    mae: of(absoluteErrors),
    bias: of(errors),
    crps: area(crpsEnsemble(members, count, truth)),
    crps_spread: every('spread', (column, y) => crpsSkillAndSpread(column, y).spread),
    crps_skill: every('skill', (column, y) => crpsSkillAndSpread(column, y).skill),
    crps_plain: area(crpsEnsemble(members, count, truth, { estimator: energyCrps })),
    ensemble_variance: meanVariance,
    ensemble_mean_mse: mse,
    debiased_mse: debiasedMeanSquaredError(mse, meanVariance, count),
    spread: Math.sqrt(meanVariance),
    energy_score_adjacent: energyScore(members, truth, {
      estimator: 'adjacent',
      weights: weights.map((w) => w / total),
    }),
    area_mean_of_truth: area(truth),
  };
  if (climatology) {
    const product = (a: Float64Array, b: Float64Array) =>
      area(a.map((value, i) => (value - climatology[i]!) * (b[i]! - climatology[i]!)));
    found.acc = anomalyCorrelation(product(mean, truth), product(mean, mean), product(truth, truth));
  }
  return found;
}

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe(`fields${whyGoldenIsSkipped}`, () => {
  compareGolden('gridded', (golden) => {
    const latitudes = flat(golden.input.lat);
    const longitudes = flat(golden.input.lon).length;
    const points = latitudes.length * longitudes;
    const truth = flat(golden.input.truth);
    const times = truth.length / points;
    const ens = flat(golden.input.ens);
    const count = ens.length / truth.length;
    const climatology = flat(golden.input.climatology);
    const toPoints = (rows: Float64Array) =>
      Float64Array.from({ length: points }, (_, p) => rows[Math.floor(p / longitudes)]!);
    // The peer lets outermost rows reach the poles, on regional grids too: its own weights, from the file.
    const fileRows = expectedOf(golden, 'weights_area_mean1');
    const fieldsOf = (weights: Float64Array) =>
      Array.from({ length: times }, (_, t) => {
        const members = new Float64Array(count * points);
        for (let m = 0; m < count; m++) {
          const first = (m * times + t) * points;
          members.set(ens.subarray(first, first + points), m * points);
        }
        return meansOf(members, truth.subarray(t * points, (t + 1) * points), weights, climatology);
      });
    const byArea = fieldsOf(toPoints(fileRows));
    const byCosine = fieldsOf(toPoints(latitudes.map((phi) => Math.cos((phi * Math.PI) / 180))));
    const mean = (of: typeof byArea, name: string) => average(of.map((each) => each[name]!));
    const [variance, mse] = [mean(byArea, 'ensemble_variance'), mean(byArea, 'mse')];
    return (name) => {
      switch (name) {
        case 'weights_area_mean1':
          return golden.id.includes('regional')
            ? wholeSphereRows(latitudes)
            : rowWeights(makeGrid(latitudes.toReversed(), flat(golden.input.lon))).toReversed();
        case 'rmse_over_all':
          return Math.sqrt(mse);
        case 'rmse_cos_weights_over_all':
          return Math.sqrt(mean(byCosine, 'mse'));
        case 'crps_plain_cos_weights_over_all':
          return mean(byCosine, 'crps_plain');
        case 'spread_skill_ratio':
          return plainSpreadSkillRatio(variance, mse);
        case 'spread_skill_ratio_corrected':
          return spreadSkillRatio(variance, mse, count);
        case 'spread_skill_ratio_debiased':
          return plainSpreadSkillRatio(variance, mean(byArea, 'debiased_mse'));
        default: {
          const statistic = name
            .replace(/_per_time$/, '')
            .replace('debiased_ensemble_mean_mse', 'debiased_mse');
          return byArea.map((each) => each[statistic]!).some((value) => value === undefined)
            ? undefined
            : byArea.map((each) => each[statistic]!);
        }
      }
    };
  });

  compareGolden('gridded_nan', (golden) => {
    const latitudes = flat(golden.input.lat);
    const forecast = flat(golden.input.forecast);
    const truth = flat(golden.input.truth);
    const times = expectedOf(golden, 'mse_propagate_per_time').length;
    const points = truth.length / times;
    const rows = wholeSphereRows(latitudes);
    const columns = points / latitudes.length;
    const weights = Float64Array.from({ length: points }, (_, p) => rows[Math.floor(p / columns)]!);
    return (name) => {
      const policy = name === 'mse_skipna_per_time' ? 'omit' : 'propagate';
      return Array.from({ length: times }, (_, t) => {
        const squared = new Float64Array(points);
        const part = (all: Float64Array) => all.subarray(t * points, (t + 1) * points);
        squaredErrors(part(forecast), part(truth), squared);
        return areaMean(squared, weights, policy);
      });
    };
  });

  compareGolden('real_gridded_ensemble', async (golden) => {
    await h5wasm.ready;
    const file = new h5wasm.File(path.resolve('..', String(golden.input.file)), 'r');
    const read = (name: string) => (file.get(name) as Dataset).value as ArrayLike<number>;
    const [latitudes, longitudes, levels] = [read('latitude'), read('longitude'), read('level')];
    const raw = read(String(golden.input.variable));
    file.close();
    const weights = pointWeights(makeGrid(latitudes, longitudes));
    const points = weights.length;
    const level = Array.from(levels).indexOf(Number(golden.input.level_hPa));
    const times = expectedOf(golden, 'crps_fair_per_time').length;
    const count = raw.length / (times * levels.length * points) - 1;
    // [number, time, level, lat, lon]; member 0 is the truth.
    const field = (member: number, time: number) => {
      const first = ((member * times + time) * levels.length + level) * points;
      return Float64Array.from({ length: points }, (_, p) => raw[first + p]!);
    };
    const ranks = new Float64Array(count + 1);
    const plain: number[] = [];
    const found = Array.from({ length: times }, (_, time) => {
      const truth = field(0, time);
      const members = new Float64Array(count * points);
      for (let m = 0; m < count; m++) members.set(field(m + 1, time), m * points);
      addRanks(members, count, truth, ranks);
      plain.push(...crpsEnsemble(members, count, truth, { estimator: energyCrps }));
      return meansOf(members, truth, weights);
    });
    const mean = (name: string) => average(found.map((each) => each[name]!));
    return (name) => {
      switch (name) {
        case 'spread_skill_ratio':
          return plainSpreadSkillRatio(mean('ensemble_variance'), mean('mse'));
        case 'crps_plain_unweighted_mean':
          return average(plain);
        case 'rank_histogram_counts_all_points':
          return ranks;
        case 'crps_fair_per_time':
          return found.map((each) => each.crps!);
        default: {
          const values = found.map((each) => each[name.replace(/_per_time$/, '')]);
          return values.some((value) => value === undefined) ? undefined : values.map(Number);
        }
      }
    };
  });

  it.skipIf(goldenIsMissing)(
    'on a regional grid our cells end half a row beyond the last row, not at the pole',
    () => {
      const golden = goldenCases('gridded').find(({ id }) => id === 'grid/regional')!;
      const latitudes = flat(golden.input.lat);
      const own = rowWeights(makeGrid(latitudes.toReversed(), flat(golden.input.lon))).toReversed();
      const step = latitudes[1]! - latitudes[0]!;
      const sine = (phi: number) => Math.sin((phi * Math.PI) / 180);
      const cells = Array.from(latitudes, (phi) => sine(phi + step / 2) - sine(phi - step / 2));
      expectClose(
        own,
        cells.map((cell) => cell / average(cells)),
        'cells of the region',
      );
      expect(Math.abs(own[0]! - expectedOf(golden, 'weights_area_mean1')[0]!)).toBeGreaterThan(1);
    },
  );
});

/** Weights, mean 1, of rows whose outermost cells reach the poles. @param latitudes rising */
function wholeSphereRows(latitudes: Float64Array): Float64Array {
  const edges = [-90, ...latitudes.slice(1).map((phi, i) => (phi + latitudes[i]!) / 2), 90];
  const sine = edges.map((phi) => Math.sin((phi * Math.PI) / 180));
  return latitudes.map((_, row) => ((sine[row + 1]! - sine[row]!) / 2) * latitudes.length);
}
