/** Scores of ensembles, events, quantiles and vectors against values that peer packages computed on the same inputs. */
import { describe } from 'vitest';
import { memberMoments } from '../../core/statistics/moments.js';
import {
  brierEnsemble,
  brierOfProbability,
  countExceeding,
  type Exceedance,
  type FiniteForm,
  logScoreOfProbability,
} from '../../evaluation/scores/brier.js';
import { momentsOfCase } from '../../evaluation/scores/caseMoments.js';
import { type CrpsEstimator, crpsEnsemble, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { crpsAdjacent } from '../../evaluation/scores/crpsAdjacent.js';
import { crpsEstimatorNames } from '../../evaluation/scores/crpsEstimators.js';
import { crpsComponents, crpsWeighted } from '../../evaluation/scores/crpsWeighted.js';
import { energyScore } from '../../evaluation/scores/energyScore.js';
import { errorSpreadOfMoments } from '../../evaluation/scores/errorSpread.js';
import { dawidSebastianiScore, logScoreKernel } from '../../evaluation/scores/ignorance.js';
import {
  covered,
  crpsOfQuantiles,
  ensembleQuantiles,
  intervalScore,
  quantileScore,
} from '../../evaluation/scores/quantileScore.js';
import { rankedProbabilityScore } from '../../evaluation/scores/rankedProbability.js';
import {
  debiasedMeanSquaredError,
  plainSpreadSkillRatio,
  spreadSkillRatio,
} from '../../evaluation/scores/spreadSkill.js';
import {
  crpsOutcomeWeighted,
  crpsThresholdWeighted,
  crpsVerticallyRescaled,
  type Stretch,
} from '../../evaluation/scores/thresholdWeighted.js';
import { variogramScore } from '../../evaluation/scores/variogramScore.js';
import { compareGolden, flat, rowsOf, toMemberMajor, whyGoldenIsSkipped } from './golden.js';

const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe(`ensembles${whyGoldenIsSkipped}`, () => {
  compareGolden('crps_ensemble', (golden) => {
    const { rows, observed } = rowsOf(golden);
    const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
    const each = (f: (row: Float64Array, y: number, c: number) => number) =>
      observed.map((y, c) => f(rows[c]!, y, c));
    return (name) => {
      const [base = '', policy = 'raise'] = name.split('_');
      if (golden.input.weights !== undefined) {
        const weights = flat(golden.input.weights);
        return each((row, y, c) => crpsWeighted(row, weights.subarray(c * count, (c + 1) * count), y));
      }
      switch (name) {
        case 'akr':
          return each((row, y) => crpsAdjacent(row, y, 'adjacent'));
        case 'akr_circperm':
          return each((row, y) => crpsAdjacent(row, y, 'circular'));
        case 'components_ecdf.underforecast_penalty':
          return each((row, y) => crpsComponents(row, y).underforecast);
        case 'components_ecdf.overforecast_penalty':
          return each((row, y) => crpsComponents(row, y).overforecast);
        case 'components_ecdf.spread':
          return each((row, y) => crpsComponents(row, y).spread);
        case 'mean_nrg':
          return average(crpsEnsemble(members, count, observed, { estimator: energyCrps }));
        default: {
          const estimator: CrpsEstimator | undefined = crpsEstimatorNames[base];
          if (!estimator || !(policy === 'raise' || policy === 'propagate' || policy === 'omit'))
            return undefined;
          return crpsEnsemble(members, count, observed, { estimator, nanPolicy: policy });
        }
      }
    };
  });

  compareGolden('threshold_weighted_crps', (golden) => {
    const { rows, observed } = rowsOf(golden);
    const [t1, t2] = [golden.input.t1, golden.input.t2].map(Number);
    const each = (f: (row: Float64Array, y: number, stretch: Stretch) => number, stretch: Stretch) =>
      observed.map((y, c) => f(rows[c]!, y, stretch));
    const stretches: Readonly<Record<string, Stretch>> = {
      above: { from: t1! },
      below: { to: t1! },
      between: { from: t1!, to: t2! },
      below_all: { from: 1000 },
      whole_line: {},
    };
    return (name) => {
      if (name === 'outcome_weighted_above') return each(crpsOutcomeWeighted, { from: t1! });
      if (name === 'vertically_rescaled_above') return each(crpsVerticallyRescaled, { from: t1! });
      const [, part, form] = /^(.*)_(nrg|fair)$/.exec(name) ?? [];
      const stretch = stretches[part ?? ''];
      if (!stretch) return undefined;
      const estimator = form === 'fair' ? fairCrps : energyCrps;
      return each((row, y) => crpsThresholdWeighted(row, y, stretch, estimator), stretch);
    };
  });

  compareGolden('spread_skill', (golden) => {
    const { rows, observed } = rowsOf(golden);
    const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
    const mean = new Float64Array(observed.length);
    const variance = new Float64Array(observed.length);
    memberMoments(members, count, mean, variance);
    const meanVariance = average(variance);
    const mse = average(mean.map((m, c) => (m - observed[c]!) ** 2));
    const debiased = debiasedMeanSquaredError(mse, meanVariance, count);
    return (name) => {
      switch (name) {
        case 'mean_ensemble_variance_ddof1':
          return meanVariance;
        case 'mse_of_mean':
          return mse;
        case 'debiased_mse_of_mean':
          return debiased;
        case 'ratio':
          return plainSpreadSkillRatio(meanVariance, mse);
        case 'ratio_corrected':
          return spreadSkillRatio(meanVariance, mse, count);
        case 'ratio_debiased':
          return plainSpreadSkillRatio(meanVariance, debiased);
        case 'error_spread_score':
          // The peer's skewness lacks the factor M that its documentation and the paper have.
          return observed.map((y, c) => {
            const moments = momentsOfCase(rows[c]!);
            return errorSpreadOfMoments({ ...moments, skewness: moments.skewness / count }, y);
          });
        case 'dawid_sebastiani':
          return observed.map((y, c) => dawidSebastianiScore(rows[c]!, y));
        default:
          return undefined;
      }
    };
  });

  compareGolden('log_score_kde', (golden) => {
    const { rows, observed } = rowsOf(golden);
    const bandwidth = Number(golden.input.bandwidth);
    return (name) =>
      name === 'log_score' ? observed.map((y, c) => logScoreKernel(rows[c]!, y, bandwidth)) : undefined;
  });

  compareGolden('multivariate', (golden) => {
    const cases = (golden.input.obs as readonly unknown[]).length;
    const observed = flat(golden.input.obs);
    const ens = flat(golden.input.ens);
    const size = observed.length / cases;
    const each = (f: (members: Float64Array, y: Float64Array) => number) =>
      Array.from({ length: cases }, (_, c) =>
        f(
          ens.subarray((c * ens.length) / cases, ((c + 1) * ens.length) / cases),
          observed.subarray(c * size, (c + 1) * size),
        ),
      );
    const inverseDistance = Float64Array.from({ length: size * size }, (_, k) => {
      const apart = Math.abs(Math.floor(k / size) - (k % size));
      return apart === 0 ? 0 : 1 / apart;
    });
    return (name) => {
      switch (name) {
        case 'energy_nrg':
          return each((members, y) => energyScore(members, y, { estimator: 'energy' }));
        case 'energy_fair':
          return each((members, y) => energyScore(members, y));
        case 'variogram_p0.5':
          return each((members, y) => variogramScore(members, y, { form: 'plain' }));
        case 'variogram_p1':
          return each((members, y) => variogramScore(members, y, { order: 1, form: 'plain' }));
        case 'variogram_p0.5_inverse_distance_weights':
          return each((members, y) =>
            variogramScore(members, y, { weights: inverseDistance, form: 'plain' }),
          );
        case 'variogram_p0.5_fair':
          return each((members, y) => variogramScore(members, y));
        default:
          return undefined;
      }
    };
  });
});

describe(`events${whyGoldenIsSkipped}`, () => {
  compareGolden('brier_ensemble', (golden) => {
    const { rows, observed } = rowsOf(golden);
    const thresholds = flat(golden.input.thresholds);
    const each = (f: (row: Float64Array, y: number, threshold: number) => number) =>
      rows.flatMap((row, c) => Array.from(thresholds, (t) => f(row, observed[c]!, t)));
    return (name) => {
      const [, score, sign] = /^(probability|brier|fair_brier)_(ge|gt)$/.exec(name) ?? [];
      const exceedance: Exceedance = sign === 'ge' ? 'at-or-above' : 'above';
      if (score === undefined) return undefined;
      if (score === 'probability')
        return each((row, _, t) => countExceeding(row, t, exceedance) / row.length);
      const form: FiniteForm = score === 'brier' ? 'plain' : 'fair';
      return each((row, y, t) => brierEnsemble(row, y, t, { exceedance, form }));
    };
  });

  compareGolden('brier_probability', (golden) => {
    const happened = Array.from(flat(golden.input.obs), (o) => o === 1);
    const p = flat(golden.input.p);
    const brier = p.map((each, i) => brierOfProbability(each, happened[i]!));
    return (name) => {
      switch (name) {
        case 'brier':
          return brier;
        case 'mean':
          return average(brier);
        case 'log_score':
          // The peer takes −ln|p + o − 1|, which rounds probabilities near 0 to 16 digits after the point;
          // given what it rounds them to, ours is the same (and keeps them otherwise: next test).
          return p.map((each, i) =>
            happened[i] ? logScoreOfProbability(each + 1 - 1, true) : logScoreOfProbability(each, false),
          );
        default:
          return undefined;
      }
    };
  });

  compareGolden('rps', (golden) => {
    const category = flat(golden.input.category);
    const p = flat(golden.input.p);
    const size = p.length / category.length;
    return (name) =>
      name === 'rps'
        ? category.map((c, i) => rankedProbabilityScore(p.subarray(i * size, (i + 1) * size), c))
        : undefined;
  });
});

describe(`quantiles${whyGoldenIsSkipped}`, () => {
  compareGolden('pinball', (golden) => {
    const observed = flat(golden.input.obs);
    const forecast = flat(golden.input.fct);
    return (name) => {
      const [, mean, alpha] = /^(mean_)?alpha_([\d.]+)$/.exec(name) ?? [];
      if (alpha === undefined) return undefined;
      const scores = observed.map((y, i) => quantileScore(forecast[i]!, y, Number(alpha)));
      return mean ? average(scores) : scores;
    };
  });

  compareGolden('interval_score', (golden) => {
    const [observed, lower, upper] = ['obs', 'lower', 'upper'].map((key) => flat(golden.input[key]));
    const nominal = 1 - Number(golden.input.alpha);
    const each = (f: (l: number, u: number, y: number) => number) =>
      observed!.map((y, i) => f(lower![i]!, upper![i]!, y));
    return (name) => {
      switch (name) {
        case 'interval_score':
          return each((l, u, y) => intervalScore(l, u, y, nominal));
        case 'coverage':
          return average(each(covered));
        default:
          return undefined;
      }
    };
  });

  compareGolden('ensemble_quantile', (golden) => {
    const probabilities = flat(golden.input.probabilities);
    const rows = golden.input.ens as readonly (readonly number[])[];
    return (name) =>
      name === 'type7' ? rows.flatMap((row) => Array.from(ensembleQuantiles(row, probabilities))) : undefined;
  });

  compareGolden('crps_quantile', (golden) => {
    const observed = flat(golden.input.obs);
    const levels = flat(golden.input.levels);
    const quantiles = flat(golden.input.quantiles);
    return (name) =>
      name === 'crps'
        ? observed.map((y, i) =>
            crpsOfQuantiles(quantiles.subarray(i * levels.length, (i + 1) * levels.length), levels, y),
          )
        : undefined;
  });
});
