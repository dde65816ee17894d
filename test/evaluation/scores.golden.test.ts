/** Scores against values that peer packages computed on the same inputs (../shared/golden). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import h5wasm, { type Dataset } from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { makeGrid, pointWeights, rowWeights } from '../../core/grid.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { addRanks } from '../../evaluation/calibration/rankHistogram.js';
import { type CrpsEstimator, crpsEnsemble, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { crpsAdjacent } from '../../evaluation/scores/crpsAdjacent.js';
import { crpsGaussian, crpsGaussianGradient } from '../../evaluation/scores/crpsGaussian.js';
import { crpsComponents, crpsWeighted } from '../../evaluation/scores/crpsWeighted.js';
import { absoluteErrors, errors, squaredErrors } from '../../evaluation/scores/deterministic.js';
import {
  debiasedMeanSquaredError,
  plainSpreadSkillRatio,
  spreadSkillRatio,
} from '../../evaluation/scores/spreadSkill.js';
import { areaMean } from '../../evaluation/statistics/areaMean.js';
import {
  expectClose,
  expectedOf,
  flat,
  type GoldenCase,
  goldenCases,
  goldenIsMissing,
  toMemberMajor,
  whyGoldenIsSkipped,
} from './golden.js';

/** Names of the file → estimators: pwm is fair, qd and int are the energy form, by identity. */
const estimators: Readonly<Record<string, CrpsEstimator>> = {
  nrg: energyCrps,
  qd: energyCrps,
  int: energyCrps,
  fair: fairCrps,
  pwm: fairCrps,
};

describe(`golden scores${whyGoldenIsSkipped}`, () => {
  it.skipIf(goldenIsMissing)('the file holds the kinds that are compared here', () => {
    for (const kind of ['crps_ensemble', 'gaussian', 'rank_histogram', 'gridded', 'spread_skill'])
      expect(goldenCases(kind).length, kind).toBeGreaterThan(0);
  });

  for (const golden of goldenCases('crps_ensemble')) {
    const absolute = golden.tags.includes('cancellation');
    it(`${golden.id}: CRPS of ensembles`, () => {
      const observed = flat(golden.input.obs);
      const ens = flat(golden.input.ens);
      const { members, count } = toMemberMajor(ens, observed.length);
      const rowOf = (c: number) => ens.subarray(c * count, (c + 1) * count);
      const each = (f: (row: Float64Array, y: number, c: number) => number) =>
        observed.map((y, c) => f(rowOf(c), y, c));
      let compared = 0;
      for (const name of Object.keys(golden.expected)) {
        const [base, policy] = name.split('_');
        const estimator = estimators[base ?? ''];
        if (golden.input.weights !== undefined) {
          const weights = flat(golden.input.weights);
          const found = each((row, y, c) =>
            crpsWeighted(row, weights.subarray(c * count, (c + 1) * count), y),
          );
          expectClose(found, expectedOf(golden, name), name, absolute);
        } else if (estimator && (policy === undefined || policy === 'propagate' || policy === 'omit')) {
          const found = crpsEnsemble(members, count, observed, { estimator, nanPolicy: policy ?? 'raise' });
          // The file's own pwm loses digits at large offsets; there the fair value is the one to meet.
          const target = absolute && name === 'pwm' ? 'fair' : name;
          expectClose(found, expectedOf(golden, target), name, absolute);
        } else if (name === 'akr' || name === 'akr_circperm') {
          const pairing = name === 'akr' ? 'adjacent' : 'circular';
          const found = each((row, y) => crpsAdjacent(row, y, pairing));
          expectClose(found, expectedOf(golden, name), name, absolute);
        } else if (name === 'components_ecdf') {
          const parts = golden.expected[name]!;
          const found = Array.from(observed, (y, c) => crpsComponents(rowOf(c), y));
          const under = found.map((part) => part.underforecast);
          const over = found.map((part) => part.overforecast);
          const spread = found.map((part) => part.spread);
          expectClose(under, flat(parts.underforecast_penalty!.value), 'under', absolute);
          expectClose(over, flat(parts.overforecast_penalty!.value), 'over', absolute);
          expectClose(spread, flat(parts.spread!.value), 'spread', absolute);
        } else if (name === 'mean_nrg') {
          const found = crpsEnsemble(members, count, observed, { estimator: energyCrps });
          expectClose(
            [found.reduce((a, b) => a + b) / found.length],
            expectedOf(golden, name),
            name,
            absolute,
          );
        } else {
          throw new Error(`nothing here is compared with ${golden.id}/${name}`);
        }
        compared++;
      }
      expect(compared).toBeGreaterThan(0);
    });
  }

  for (const golden of goldenCases('gaussian')) {
    it(`${golden.id}: CRPS of normal distributions and its gradient`, () => {
      const mu = flat(golden.input.mu);
      const sigma = flat(golden.input.sigma);
      const observed = flat(golden.input.obs);
      const found = observed.map((y, i) => crpsGaussian(mu[i]!, sigma[i]!, y));
      expectClose(found, expectedOf(golden, 'crps'), 'crps');
      if (golden.expected.crps_grad_mu) {
        const gradient = Array.from(observed, (y, i) => crpsGaussianGradient(mu[i]!, sigma[i]!, y));
        const byMu = gradient.map((g) => g.mu);
        const bySigma = gradient.map((g) => g.sigma);
        expectClose(byMu, expectedOf(golden, 'crps_grad_mu'), 'by mu');
        expectClose(bySigma, expectedOf(golden, 'crps_grad_sigma'), 'by sigma');
      }
    });
  }

  for (const golden of goldenCases('rank_histogram')) {
    it(`${golden.id}: ranks`, () => {
      const observed = flat(golden.input.obs);
      const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
      const counts = new Float64Array(count + 1);
      expect(addRanks(members, count, observed, counts)).toBe(observed.length);
      expectClose(counts, expectedOf(golden, 'histogram_expected_random_ties'), 'expected counts');
      // Any random tie-breaking keeps each case between its lowest and highest rank.
      const lowest = expectedOf(golden, 'rank_min_1based');
      const highest = expectedOf(golden, 'rank_max_1based');
      for (const [c, y] of observed.entries()) {
        for (const u of [0, 0.999999]) {
          const one = new Float64Array(count + 1);
          const row = Float64Array.from({ length: count }, (_, m) => members[m * observed.length + c]!);
          addRanks(row, count, Float64Array.of(y), one, { ties: { kind: 'random', uniform: () => u } });
          expect(one.indexOf(1) + 1).toBe(u === 0 ? lowest[c] : highest[c]);
        }
      }
    });
  }

  for (const golden of goldenCases('gridded')) {
    it(`${golden.id}: area means, errors and spread on a grid`, () => {
      const rising = flat(golden.input.lat);
      const nlon = flat(golden.input.lon).length;
      const nlat = rising.length;
      const points = nlat * nlon;
      const truth = flat(golden.input.truth);
      const times = truth.length / points;
      const ens = flat(golden.input.ens);
      const count = ens.length / truth.length;
      // The file's rows run south → north and its outermost rows reach the poles: weights from the file where
      // the two conventions differ (regional grids), from this project's grid where they agree.
      const fileRows = expectedOf(golden, 'weights_area_mean1');
      const grid = makeGrid(rising.toReversed(), flat(golden.input.lon));
      if (!golden.id.includes('regional'))
        expectClose(rowWeights(grid).toReversed(), fileRows, 'row weights');
      const weights = Float64Array.from({ length: points }, (_, p) => fileRows[Math.floor(p / nlon)]!);

      const mean = new Float64Array(points);
      const variance = new Float64Array(points);
      const scratch = new Float64Array(points);
      const rows: Record<string, number[]> = {};
      const keep = (name: string, value: number) => {
        rows[name] ??= [];
        rows[name].push(value);
      };
      for (let t = 0; t < times; t++) {
        const y = truth.subarray(t * points, (t + 1) * points);
        const members = new Float64Array(count * points);
        for (let m = 0; m < count; m++) {
          const first = (m * times + t) * points;
          members.set(ens.subarray(first, first + points), m * points);
        }
        memberMoments(members, count, mean, variance);
        const of = (kernel: typeof errors) => {
          kernel(mean, y, scratch);
          return areaMean(scratch, weights, 'raise');
        };
        const mse = of(squaredErrors);
        const meanVariance = areaMean(variance, weights, 'raise');
        keep('mse_per_time', mse);
        keep('rmse_per_time', Math.sqrt(mse));
        keep('mae_per_time', of(absoluteErrors));
        keep('bias_per_time', of(errors));
        keep('crps_per_time', areaMean(crpsEnsemble(members, count, y), weights));
        keep('ensemble_variance_per_time', meanVariance);
        keep('ensemble_mean_mse_per_time', mse);
        keep('debiased_ensemble_mean_mse_per_time', debiasedMeanSquaredError(mse, meanVariance, count));
        keep('spread_per_time', Math.sqrt(meanVariance));
      }
      for (const [name, values] of Object.entries(rows)) expectClose(values, expectedOf(golden, name), name);
      const average = (name: string) => rows[name]!.reduce((a, b) => a + b) / times;
      const mse = average('mse_per_time');
      const meanVariance = average('ensemble_variance_per_time');
      const scalars: Record<string, number> = {
        rmse_over_all: Math.sqrt(mse),
        spread_skill_ratio: plainSpreadSkillRatio(meanVariance, mse),
        spread_skill_ratio_corrected: spreadSkillRatio(meanVariance, mse, count),
        spread_skill_ratio_debiased: plainSpreadSkillRatio(
          meanVariance,
          average('debiased_ensemble_mean_mse_per_time'),
        ),
      };
      for (const [name, value] of Object.entries(scalars))
        expectClose([value], expectedOf(golden, name), name);
    });
  }

  for (const golden of goldenCases('gridded_nan')) {
    it(`${golden.id}: missing values under both policies`, () => {
      const latitudes = flat(golden.input.lat);
      const forecast = flat(golden.input.forecast);
      const truth = flat(golden.input.truth);
      const times = expectedOf(golden, 'mse_propagate_per_time').length;
      const points = truth.length / times;
      const nlon = points / latitudes.length;
      // The peer lets the outermost rows reach the poles, on this regional grid too (the file's README).
      const edges = [-90, ...latitudes.slice(1).map((phi, i) => (phi + latitudes[i]!) / 2), 90];
      const sine = edges.map((phi) => Math.sin((phi * Math.PI) / 180));
      const weights = Float64Array.from({ length: points }, (_, p) => {
        const row = Math.floor(p / nlon);
        return sine[row + 1]! - sine[row]!;
      });
      for (const policy of ['omit', 'propagate'] as const) {
        const found = Array.from({ length: times }, (_, t) => {
          const squared = new Float64Array(points);
          const part = (all: Float64Array) => all.subarray(t * points, (t + 1) * points);
          squaredErrors(part(forecast), part(truth), squared);
          return areaMean(squared, weights, policy);
        });
        const name = policy === 'omit' ? 'mse_skipna_per_time' : 'mse_propagate_per_time';
        expectClose(found, expectedOf(golden, name), name);
      }
    });
  }

  for (const golden of goldenCases('spread_skill')) {
    it(`${golden.id}: spread against skill`, () => {
      const observed = flat(golden.input.obs);
      const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
      expectClose(...spreadSkillOf(members, count, observed, golden.expected), 'spread and skill');
    });
  }

  function spreadSkillOf(
    members: Float64Array,
    count: number,
    observed: Float64Array,
    expected: GoldenCase['expected'],
  ): [number[], number[]] {
    const mean = new Float64Array(observed.length);
    const variance = new Float64Array(observed.length);
    memberMoments(members, count, mean, variance);
    const squared = new Float64Array(observed.length);
    squaredErrors(mean, observed, squared);
    const average = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
    const v = average(variance);
    const mse = average(squared);
    const debiased = debiasedMeanSquaredError(mse, v, count);
    const names = [
      'mean_ensemble_variance_ddof1',
      'mse_of_mean',
      'debiased_mse_of_mean',
      'ratio',
      'ratio_corrected',
      'ratio_debiased',
    ];
    const found = [
      v,
      mse,
      debiased,
      plainSpreadSkillRatio(v, mse),
      spreadSkillRatio(v, mse, count),
      plainSpreadSkillRatio(v, debiased),
    ];
    return [found, names.map((name) => flat(expected[name]?.value)[0]!)];
  }

  for (const golden of goldenCases('real_gridded_ensemble')) {
    it(`${golden.id}: a real ensemble on a global grid`, async () => {
      await h5wasm.ready;
      const file = new h5wasm.File(path.resolve('..', String(golden.input.file)), 'r');
      const read = (name: string) => (file.get(name) as Dataset).value as ArrayLike<number>;
      const [latitudes, longitudes, levels] = [read('latitude'), read('longitude'), read('level')];
      const raw = read(String(golden.input.variable));
      file.close();
      const grid = makeGrid(latitudes, longitudes);
      const weights = pointWeights(grid);
      const points = weights.length;
      const level = Array.from(levels).indexOf(Number(golden.input.level_hPa));
      const times = expectedOf(golden, 'crps_fair_per_time').length;
      const count = raw.length / (times * levels.length * points) - 1;
      // [number, time, level, lat, lon]; member 0 is the truth.
      const field = (member: number, time: number) => {
        const first = ((member * times + time) * levels.length + level) * points;
        return Float64Array.from({ length: points }, (_, p) => raw[first + p]!);
      };
      const found: Record<string, number[]> = {};
      const keep = (name: string, value: number) => {
        found[name] ??= [];
        found[name].push(value);
      };
      const ranks = new Float64Array(count + 1);
      const [mean, variance, squared] = [0, 1, 2].map(() => new Float64Array(points));
      let plain = 0;
      for (let time = 0; time < times; time++) {
        const truth = field(0, time);
        const members = new Float64Array(count * points);
        for (let m = 0; m < count; m++) members.set(field(m + 1, time), m * points);
        memberMoments(members, count, mean!, variance!);
        squaredErrors(mean!, truth, squared!);
        const mse = areaMean(squared!, weights, 'raise');
        const meanVariance = areaMean(variance!, weights, 'raise');
        keep('area_mean_of_truth_per_time', areaMean(truth, weights, 'raise'));
        keep('ensemble_variance_per_time', meanVariance);
        keep('ensemble_mean_mse_per_time', mse);
        keep('debiased_mse_per_time', debiasedMeanSquaredError(mse, meanVariance, count));
        keep('rmse_of_mean_per_time', Math.sqrt(mse));
        keep('crps_fair_per_time', areaMean(crpsEnsemble(members, count, truth), weights, 'raise'));
        const energy = crpsEnsemble(members, count, truth, { estimator: energyCrps });
        plain += energy.reduce((a, b) => a + b) / points / times;
        addRanks(members, count, truth, ranks);
      }
      for (const [name, values] of Object.entries(found)) expectClose(values, expectedOf(golden, name), name);
      expectClose([plain], expectedOf(golden, 'crps_plain_unweighted_mean'), 'plain CRPS');
      expectClose(ranks, expectedOf(golden, 'rank_histogram_counts_all_points'), 'ranks');
      const average = (name: string) => found[name]!.reduce((a, b) => a + b) / times;
      const ratio = plainSpreadSkillRatio(
        average('ensemble_variance_per_time'),
        average('ensemble_mean_mse_per_time'),
      );
      expectClose([ratio], expectedOf(golden, 'spread_skill_ratio'), 'ratio');
    });
  }

  for (const golden of goldenCases('real_station_ensemble')) {
    it(`${golden.id}: a real station ensemble`, () => {
      const file = path.resolve('..', String(golden.input.file));
      const table = readFileSync(file, 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(',').slice(1).map(Number));
      const observed = Float64Array.from(table, (row) => row[0]!);
      const { members, count } = toMemberMajor(
        Float64Array.from(table.flatMap((row) => row.slice(1))),
        observed.length,
      );
      expect([observed.length, count]).toEqual([
        expectedOf(golden, 'n_cases')[0],
        expectedOf(golden, 'n_members')[0],
      ]);
      const average = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
      const energy = crpsEnsemble(members, count, observed, { estimator: energyCrps, nanPolicy: 'raise' });
      const counts = new Float64Array(count + 1);
      addRanks(members, count, observed, counts);
      const mean = new Float64Array(observed.length);
      const variance = new Float64Array(observed.length);
      memberMoments(members, count, mean, variance);
      const squared = new Float64Array(observed.length);
      squaredErrors(mean, observed, squared);
      expectClose([average(energy)], expectedOf(golden, 'mean_crps_nrg'), 'mean energy CRPS');
      expectClose(energy.subarray(0, 5), expectedOf(golden, 'first_5_crps_nrg'), 'first five');
      const fair = average(crpsEnsemble(members, count, observed));
      expectClose([fair], expectedOf(golden, 'mean_crps_fair'), 'mean fair CRPS');
      expectClose(counts, expectedOf(golden, 'rank_histogram_expected_random_ties'), 'ranks');
      expectClose([average(variance)], expectedOf(golden, 'mean_ensemble_variance_ddof1'), 'variance');
      expectClose([Math.sqrt(average(squared))], expectedOf(golden, 'rmse_of_mean'), 'RMSE');
    });
  }
});
