/** Calibration against values that peer packages computed on the same inputs (../shared/golden). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BrierParts,
  brierParts,
  brierStandardErrors,
  correctedBrierParts,
} from '../../evaluation/calibration/brierDecomposition.js';
import { addCrpsSums, crpsParts, makeCrpsSums } from '../../evaluation/calibration/crpsDecomposition.js';
import { flatnessTests } from '../../evaluation/calibration/flatness.js';
import {
  classesBetween,
  classesByValue,
  classesOfShares,
} from '../../evaluation/calibration/probabilityClasses.js';
import { addRanks } from '../../evaluation/calibration/rankHistogram.js';
import { reliabilityPoints } from '../../evaluation/calibration/reliabilityDiagram.js';
import { rocArea, rocAreaError, rocCurve } from '../../evaluation/calibration/roc.js';
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

const listed = ({ reliability, resolution, uncertainty }: BrierParts) => [
  reliability,
  resolution,
  uncertainty,
];

/** A quantity within a group of the file. */
function within(golden: GoldenCase, group: string, name: string): Float64Array {
  return flat(golden.expected[group]![name]!.value);
}

describe(`golden calibration${whyGoldenIsSkipped}`, () => {
  it.skipIf(goldenIsMissing)('the file holds the kinds that are compared here', () => {
    for (const kind of ['brier_decomposition', 'reliability_diagram', 'roc', 'crps_decomposition'])
      expect(goldenCases(kind).length, kind).toBeGreaterThan(0);
  });

  for (const golden of goldenCases('brier_decomposition')) {
    it(`${golden.id}: parts, without bias, and their standard errors`, () => {
      const p = flat(golden.input.p);
      const o = flat(golden.input.obs);
      const edges = flat(golden.input.bin_edges);
      const classes = classesBetween(p, o, edges, 'right');
      const parts = brierParts(classes);
      for (const name of ['reliability', 'resolution', 'uncertainty'] as const)
        expectClose([parts[name]], expectedOf(golden, name), name);
      const corrected = listed(correctedBrierParts(classes));
      expectClose(corrected, expectedOf(golden, 'bias_corrected_REL_RES_UNC'), 'corrected');
      const errors = listed(brierStandardErrors(p, o, edges, classes));
      expectClose(errors, expectedOf(golden, 'sd_of_components'), 'standard errors');
      const brier = p.reduce((sum, each, i) => sum + (each - o[i]!) ** 2, 0) / p.length;
      const rest = brier - (parts.reliability - parts.resolution + parts.uncertainty);
      expectClose([rest], expectedOf(golden, 'brier_minus_(rel-res+unc)'), 'rest');
    });
  }

  for (const golden of goldenCases('reliability_diagram')) {
    it(`${golden.id}: points of the diagram, bins closed on either side`, () => {
      const [p, o] = [flat(golden.input.p), flat(golden.input.obs)];
      const edges = flat(golden.input.bin_edges);
      for (const closed of ['left', 'right'] as const) {
        const group = `${closed}_closed`;
        const classes = classesBetween(p, o, edges, closed);
        const points = reliabilityPoints(classes);
        expectClose(classes.given, within(golden, group, 'count'), 'count');
        expectClose(
          points.map(({ frequency }) => frequency),
          within(golden, group, 'observed_frequency'),
          'frequency',
        );
        if (golden.expected[group]!.mean_probability)
          expectClose(
            points.map(({ probability }) => probability),
            within(golden, group, 'mean_probability'),
            'probability',
          );
      }
    });
  }

  for (const golden of goldenCases('roc')) {
    it(`${golden.id}: curve, area and its error`, () => {
      const [p, o] = [flat(golden.input.p), flat(golden.input.obs)];
      const classes = classesByValue(p, o);
      expectClose([rocArea(classes)], expectedOf(golden, 'auc'), 'area');
      if (golden.expected.auc_sd_delong)
        expectClose([rocAreaError(classes)], expectedOf(golden, 'auc_sd_delong'), 'error');
      if (golden.expected.roc_curve) {
        const { falseAlarmRate, hitRate } = rocCurve(classes);
        expectClose(falseAlarmRate, within(golden, 'roc_curve', 'false_positive_rate'), 'false alarms');
        expectClose(hitRate, within(golden, 'roc_curve', 'true_positive_rate'), 'hits');
      }
    });
  }

  for (const golden of goldenCases('rank_histogram')) {
    if (!golden.expected.flatness_tests_statistic) continue;
    it(`${golden.id}: tests of flatness`, () => {
      const { chiSquare, slope, convexity } = flatnessTests(expectedOf(golden, 'histogram'));
      const tests = [chiSquare, slope, convexity];
      expectClose(
        tests.map(({ statistic }) => statistic),
        expectedOf(golden, 'flatness_tests_statistic'),
        'statistics',
      );
      expectClose(
        tests.map(({ pValue }) => pValue),
        expectedOf(golden, 'flatness_tests_p'),
        'p values',
      );
    });
  }

  for (const golden of goldenCases('crps_decomposition')) {
    it(`${golden.id}: reliability and potential CRPS`, () => {
      const observed = flat(golden.input.obs);
      const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
      const sums = makeCrpsSums(count);
      addCrpsSums(members, count, observed, sums);
      const parts = crpsParts(sums);
      expectClose([parts.crps], expectedOf(golden, 'mean_crps'), 'CRPS');
      expectClose([parts.reliability], expectedOf(golden, 'reliability'), 'reliability');
      expectClose([parts.potential], expectedOf(golden, 'potential'), 'potential');
    });
  }

  for (const golden of goldenCases('real_station_ensemble')) {
    it(`${golden.id}: an event of a real ensemble, from shares of its classes`, () => {
      const file = path.resolve('..', String(golden.input.file));
      const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
      const rows = lines.map((line) => line.split(',').slice(1).map(Number));
      const group = Object.keys(golden.expected).find((name) => name.startsWith('exceedance'))!;
      const threshold = Number(golden.expected[group]!.threshold);
      const members = rows[0]!.length - 1;
      const given = new Float64Array(members + 1);
      const happened = new Float64Array(members + 1);
      for (const [truth, ...values] of rows) {
        const above = values.filter((value) => value > threshold).length;
        given[above]! += 1 / rows.length;
        if (truth! > threshold) happened[above]! += 1 / rows.length;
      }
      const ranks = new Float64Array(members + 1);
      addRanks(
        Float64Array.from({ length: members * rows.length }, (_, i) => {
          return rows[i % rows.length]![1 + Math.floor(i / rows.length)]!;
        }),
        members,
        Float64Array.from(rows, ([truth]) => truth!),
        ranks,
      );
      expectClose(ranks, expectedOf(golden, 'rank_histogram_expected_random_ties'), 'ranks');
      const classes = classesOfShares(given, happened);
      const parts = brierParts(classes);
      expectClose(listed(parts), within(golden, group, 'REL_RES_UNC'), 'parts');
      expectClose([rocArea(classes)], within(golden, group, 'auc'), 'area');
      const brier = parts.reliability - parts.resolution + parts.uncertainty;
      expectClose([brier], within(golden, group, 'brier'), 'Brier');
    });
  }
});
