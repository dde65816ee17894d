/** Scores of real station ensembles and real cyclone tracks, and ranks, against values of peer packages. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { distanceKm, earthRadiusKm } from '../../core/sphere/distance.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { addRanks } from '../../evaluation/calibration/rankHistogram.js';
import { brierEnsemble, exceeds } from '../../evaluation/scores/brier.js';
import { crpsEnsemble, energyCrps } from '../../evaluation/scores/crps.js';
import { skillScore } from '../../evaluation/significance/skillScore.js';
import {
  compareGolden,
  flat,
  goldenCases,
  goldenIsMissing,
  toMemberMajor,
  whyGoldenIsSkipped,
} from './golden.js';

const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Energy-form CRPS of one sample against many observations: its pair term is the same for all. */
function energyOfSample(sample: Float64Array, observed: Float64Array): Float64Array {
  const distances = observed.map((y) => average(sample.map((x) => Math.abs(x - y))));
  const first = crpsEnsemble(sample, sample.length, observed.slice(0, 1), { estimator: energyCrps })[0]!;
  return distances.map((distance) => distance - distances[0]! + first);
}

/** Rows of a CSV file after its heading, by the names of the heading. */
function readTable(file: unknown): Readonly<Record<string, string>>[] {
  const [heading = '', ...lines] = readFileSync(path.resolve('..', String(file)), 'utf8')
    .trim()
    .split(/\r?\n/);
  const names = heading.split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? `column ${i}`, cell])),
  );
}

describe(`real ensembles at a station${whyGoldenIsSkipped}`, () => {
  compareGolden(
    'real_station_ensemble',
    (golden) => {
      const table = readTable(golden.input.file).map((row) => Object.values(row).slice(1).map(Number));
      const observed = Float64Array.from(table, (row) => row[0]!);
      const rows = table.map((row) => row.slice(1));
      const { members, count } = toMemberMajor(Float64Array.from(rows.flat()), observed.length);
      const energy = crpsEnsemble(members, count, observed, { estimator: energyCrps, nanPolicy: 'raise' });
      const ranks = new Float64Array(count + 1);
      addRanks(members, count, observed, ranks);
      const mean = new Float64Array(observed.length);
      const variance = new Float64Array(observed.length);
      memberMoments(members, count, mean, variance);
      return (name) => {
        const [, threshold, quantity] = /^exceedance_of_([-\d.]+)\.(\w+)$/.exec(name) ?? [];
        if (threshold !== undefined) {
          const t = Number(threshold);
          switch (quantity) {
            case 'threshold':
              return t;
            case 'base_rate':
              return average(Array.from(observed, (y) => (exceeds(y, t) ? 1 : 0)));
            case 'brier':
              return average(rows.map((row, c) => brierEnsemble(row, observed[c]!, t, { form: 'plain' })));
            default:
              return undefined;
          }
        }
        switch (name) {
          case 'n_cases':
            return observed.length;
          case 'n_members':
            return count;
          case 'mean_crps_nrg':
            return average(energy);
          case 'first_5_crps_nrg':
            return energy.subarray(0, 5);
          case 'mean_crps_fair':
            return average(crpsEnsemble(members, count, observed));
          case 'rank_histogram_expected_random_ties':
            return ranks;
          case 'mean_ensemble_variance_ddof1':
            return average(variance);
          case 'crps_skill_and_sd_vs_climatology_of_the_same_obs': {
            const { skill, standardError } = skillScore(energy, energyOfSample(observed, observed));
            return [skill, standardError];
          }
          case 'rmse_of_mean':
            return Math.sqrt(average(mean.map((m, c) => (m - observed[c]!) ** 2)));
          default:
            return undefined;
        }
      };
    },
    // ROC and reliability: calibration.golden.test.ts.
    /\.(auc|REL_RES_UNC)$/,
  );
});

describe.skipIf(goldenIsMissing)(`ranks${whyGoldenIsSkipped}`, () => {
  it('the file has cases of ranks', () => {
    expect(goldenCases('rank_histogram').length).toBeGreaterThan(0);
  });
  for (const golden of goldenCases('rank_histogram')) {
    it(`${golden.id}: random ties lie between the lowest and the highest rank`, () => {
      const observed = flat(golden.input.obs);
      const ens = flat(golden.input.ens);
      const count = ens.length / observed.length;
      const [lowest, highest] = ['rank_min_1based', 'rank_max_1based'].map((name) =>
        flat(golden.expected[name]?.value),
      );
      for (const [c, y] of observed.entries()) {
        for (const u of [0, 0.999999]) {
          const one = new Float64Array(count + 1);
          const row = ens.slice(c * count, (c + 1) * count);
          addRanks(row, count, Float64Array.of(y), one, { ties: { kind: 'random', uniform: () => u } });
          expect(one.indexOf(1) + 1).toBe((u === 0 ? lowest : highest)![c]);
        }
      }
    });
  }
});

/** Distances of the file are on a sphere of this radius, ours on that of GRIB2. */
const peerRadiusKm = 6371;
const peerDistanceKm = (a: readonly [number, number], b: readonly [number, number]) =>
  (distanceKm(a[0], a[1], b[0], b[1]) / earthRadiusKm) * peerRadiusKm;

describe(`distances and tracks${whyGoldenIsSkipped}`, () => {
  compareGolden('great_circle', (golden) => {
    const pairs = golden.input.pairs as readonly (readonly number[])[];
    const angles = pairs.map(([a, b, c, d]) => distanceKm(a!, b!, c!, d!) / earthRadiusKm);
    return (name) => {
      switch (name) {
        case 'angle_rad':
          return angles;
        case 'distance_km':
          return angles.map((angle) => angle * Number(golden.input.radius_km));
        default:
          return undefined;
      }
    };
  });

  compareGolden('real_tc_tracks', (golden) => {
    const fixes = readTable(golden.input.tracks)
      .filter((row) => row.storm_id === golden.input.storm_id && Number(row.member) <= 50)
      .map((row) => ({
        member: Number(row.member),
        step: Number(row.step_h),
        base: Date.parse(row.base_time ?? ''),
        at: [row.lat, row.lon].map((cell) => (cell === '' ? Number.NaN : Number(cell))) as [number, number],
      }))
      .filter(({ at }) => !at.some(Number.isNaN));
    const best = new Map(
      readTable(golden.input.best_track).map((row) => [
        Date.parse(`${row.ISO_TIME?.replace(' ', 'T')}Z`),
        [Number(row.LAT), Number(row.LON)] as [number, number],
      ]),
    );
    const atStep = (step: number) => {
      const alive = fixes.filter((fix) => fix.step === step).map(({ at }) => at);
      const truth = best.get(fixes[0]!.base + step * 3_600_000)!;
      return { alive, truth, distances: alive.map((at) => peerDistanceKm(at, truth)) };
    };
    const points = (
      golden.expected.strike_0_96h as unknown as {
        points: Record<string, { lat_lon: { value: [number, number] } & [number, number] }>;
      }
    ).points;
    return (name) => {
      const [, hours, quantity] = /^step_(\d+)\.(\w+)$/.exec(name) ?? [];
      if (hours !== undefined) {
        const { alive, truth, distances } = atStep(Number(hours));
        const latitudes = Float64Array.from(alive, ([latitude]) => latitude);
        switch (quantity) {
          case 'best_track_lat_lon':
            return truth;
          case 'members_alive':
            return alive.length;
          case 'mean_member_error_km':
            return average(distances);
          case 'max_member_error_km':
            return Math.max(...distances);
          case 'error_of_mean_position_km':
            return peerDistanceKm([average(latitudes), average(alive.map(([, lon]) => lon))], truth);
          case 'crps_lat_nrg':
            return crpsEnsemble(latitudes, latitudes.length, Float64Array.of(truth[0]), {
              estimator: energyCrps,
            });
          default:
            return undefined;
        }
      }
      if (name === 'strike_0_96h.radius_km') return 120;
      const [, point, what] = /^strike_0_96h\.points\.(\w+)\.(\w+)$/.exec(name) ?? [];
      if (point === undefined) return undefined;
      const place = points[point]!.lat_lon;
      if (what === 'lat_lon') return Array.from(flat(place as unknown as number[]));
      const struck = new Set(
        fixes
          .filter(({ step, at }) => step <= 96 && peerDistanceKm(at, [place[0], place[1]]) <= 120)
          .map(({ member }) => member),
      );
      return what === 'members_hit' ? struck.size : struck.size / 50;
    };
  });
});
