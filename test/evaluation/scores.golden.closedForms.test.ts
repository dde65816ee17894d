/** Closed forms against peer packages. */
import { describe } from 'vitest';
import { crpsCensoredNormal, crpsTruncatedNormal } from '../../evaluation/scores/closedForms/cutNormal.js';
import { crpsGamma, logScoreGamma } from '../../evaluation/scores/closedForms/gammaDistribution.js';
import { crpsLogNormal } from '../../evaluation/scores/closedForms/logNormal.js';
import {
  crpsNormalMixture,
  logScoreNormalMixture,
  type NormalMixture,
  normalMixtureCdf,
  normalMixtureMoments,
} from '../../evaluation/scores/closedForms/normalMixture.js';
import { crpsStudentT, logScoreStudentT } from '../../evaluation/scores/closedForms/studentT.js';
import { crpsGaussian, crpsGaussianGradient } from '../../evaluation/scores/crpsGaussian.js';
import { logScoreGaussian } from '../../evaluation/scores/ignorance.js';
import { normalCdf, normalQuantile } from '../../evaluation/scores/normal.js';
import { compareGolden, flat, type GoldenCase, whyGoldenIsSkipped } from './golden.js';

describe(`closed forms against peers${whyGoldenIsSkipped}`, () => {
  compareGolden('gaussian', (golden) => {
    const [mu, sigma, observed] = ['mu', 'sigma', 'obs'].map((name) => flat(golden.input[name]));
    const each = (f: (mu: number, sigma: number, y: number) => number) =>
      observed!.map((y, i) => f(mu![i]!, sigma![i]!, y));
    return (name) => {
      switch (name) {
        case 'crps':
          return each(crpsGaussian);
        case 'crps_grad_mu':
          return each((m, s, y) => crpsGaussianGradient(m, s, y).mu);
        case 'crps_grad_sigma':
          return each((m, s, y) => crpsGaussianGradient(m, s, y).sigma);
        case 'log_score':
          return each(logScoreGaussian);
        case 'pit':
          return each((m, s, y) => normalCdf((y - m) / s));
        case 'quantile_0.05_0.5_0.95':
          return Array.from(mu!, (m, i) =>
            [0.05, 0.5, 0.95].map((p) => m + sigma![i]! * normalQuantile(p)),
          ).flat();
        default:
          return undefined;
      }
    };
  });

  compareGolden('mixture_normal', (golden) => {
    const observed = flat(golden.input.obs);
    const of = (name: string, i: number) => {
      const all = flat(golden.input[name]);
      const size = all.length / observed.length;
      return all.subarray(i * size, (i + 1) * size);
    };
    const each = (f: (mixture: NormalMixture, y: number) => number) =>
      observed.map((y, i) =>
        f({ means: of('mu', i), deviations: of('sigma', i), weights: of('weights', i) }, y),
      );
    return (name) => {
      switch (name) {
        case 'crps':
          return each(crpsNormalMixture);
        case 'log_score':
          return each(logScoreNormalMixture);
        case 'pit':
          return each(normalMixtureCdf);
        case 'mean':
          return each((mixture) => normalMixtureMoments(mixture).mean);
        case 'variance':
          return each((mixture) => {
            const { within, between } = normalMixtureMoments(mixture);
            return within + between;
          });
        default:
          return undefined;
      }
    };
  });

  compareGolden('parametric', (golden: GoldenCase) => {
    type Form = (a: number, b: number, y: number) => number;
    const each = (a: string, b: string, observed: string, f: Form) => {
      const [first, second, y] = [a, b, observed].map((key) => flat(golden.input[key]));
      return y!.map((value, i) => f(first![i]!, second![i]!, value));
    };
    const student = (f: typeof crpsStudentT) => {
      const df = flat(golden.input.df);
      let i = 0;
      return each('location', 'scale', 'obs0', (m, s, y) => f(df[i++]!, m, s, y));
    };
    return (name) => {
      switch (name) {
        case 'crps_gamma(obs_pos)':
          return each('gamma_shape', 'gamma_rate', 'obs_pos', crpsGamma);
        case 'logs_gamma(obs_pos)':
          return each('gamma_shape', 'gamma_rate', 'obs_pos', logScoreGamma);
        case 'crps_lognormal(obs_pos)':
          return each('lognormal_mulog', 'lognormal_sigmalog', 'obs_pos', crpsLogNormal);
        case 'crps_normal_censored_at_0(obs0)':
          return each('location', 'scale', 'obs0', crpsCensoredNormal);
        case 'crps_normal_truncated_at_0(obs0)':
          return each('location', 'scale', 'obs0', crpsTruncatedNormal);
        case 'crps_t(obs0)':
          return student(crpsStudentT);
        case 'logs_t(obs0)':
          return student(logScoreStudentT);
        default:
          return undefined;
      }
    };
  });
});
