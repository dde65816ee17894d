/**
 * The golden file is compared wholly, and where the peers disagree with each other, or round, our choice is the
 * documented one (docs/scores.md, "where other packages differ").
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addRanks } from '../../evaluation/calibration/rankHistogram.js';
import { logScoreOfProbability } from '../../evaluation/scores/brier.js';
import { momentsOfCase } from '../../evaluation/scores/caseMoments.js';
import { crpsEnsemble, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { crpsGaussian } from '../../evaluation/scores/crpsGaussian.js';
import { errorSpreadScore } from '../../evaluation/scores/errorSpread.js';
import { logScoreGaussian } from '../../evaluation/scores/ignorance.js';
import {
  allGoldenCases,
  expectClose,
  flat,
  type GoldenCase,
  goldenIsMissing,
  rowsOf,
  toMemberMajor,
  whyGoldenIsSkipped,
} from './golden.js';

function caseOf(id: string): GoldenCase & { readonly peer_behaviour: Readonly<Record<string, unknown>> } {
  const found = allGoldenCases().find((each) => each.id === id);
  if (!found || !('peer_behaviour' in found)) throw new Error(`golden file: no peers disagree on ${id}`);
  return found as GoldenCase & { readonly peer_behaviour: Readonly<Record<string, unknown>> };
}

const peersOn = (id: string, score: string) =>
  caseOf(id).peer_behaviour[score] as Readonly<Record<string, readonly (number | string)[]>>;

describe.skipIf(goldenIsMissing)(`the golden file${whyGoldenIsSkipped}`, () => {
  it('has no kind that is compared nowhere', () => {
    const folder = path.resolve('test', 'evaluation');
    const source = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts') && name !== 'scores.golden.test.ts')
      .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      .join('\n');
    const kinds = new Set(allGoldenCases().map(({ kind }) => kind));
    expect(kinds.size).toBeGreaterThan(25);
    const compared = [...source.matchAll(/(?:compareGolden|goldenCases)\(\s*'(\w+)'/g)].map(
      ([, kind]) => kind,
    );
    expect([...kinds].filter((kind) => !compared.includes(kind))).toEqual([]);
  });

  it('disagreements of peers are all looked at here', () => {
    const known = [
      'crps_ensemble/large-offset-float32-input',
      'crps_ensemble/one-member',
      'crps_ensemble/nan',
      'gaussian/extreme-z',
      'gaussian/tiny-sigma',
      'gaussian/zero-sigma',
      'roc/constant', // calibration: NaN where one class only, as the peer
    ];
    const disagreed = allGoldenCases().filter((each) => 'peer_behaviour' in each && each.peer_behaviour);
    expect(disagreed.map(({ id }) => id).toSorted()).toEqual(known.toSorted());
  });
});

describe.skipIf(goldenIsMissing)(`where peers disagree${whyGoldenIsSkipped}`, () => {
  it("float32 input is scored in float64: the peer's own float32 run is off by up to a tenth", () => {
    const golden = caseOf('crps_ensemble/large-offset-float32-input');
    const { observed } = rowsOf(golden);
    const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
    const ours = crpsEnsemble(Float32Array.from(members), count, Float32Array.from(observed));
    expectClose(ours, crpsEnsemble(members, count, observed), 'float32 against float64 arrays');
    const run = (golden.peer_behaviour.float32_run as Record<string, number[]>).pwm!;
    const worst = Math.max(...run.map((value, i) => Math.abs(value - ours[i]!) / ours[i]!));
    expect(worst).toBeGreaterThan(0.1);
  });

  it('offsets of 1e6 cost no digits; the weighted-moment form of a peer loses 1e-10', () => {
    const golden = allGoldenCases().find(({ id }) => id === 'crps_ensemble/large-offset')!;
    const { observed, rows } = rowsOf(golden);
    const pwm = flat(golden.expected.pwm!.value);
    // Exact but for the rounding of the inputs: differences of doubles near 1e6 are exact.
    const exact = observed.map((y, c) => {
      const errors = rows[c]!.map((x) => x - y).sort();
      const M = errors.length;
      const pairs = errors.reduce((sum, e, i) => sum + (2 * i - M + 1) * e, 0);
      return errors.reduce((sum, e) => sum + Math.abs(e), 0) / M - pairs / (M * (M - 1));
    });
    const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
    const ours = crpsEnsemble(members, count, observed);
    const worst = (values: Float64Array) => Math.max(...values.map((v, i) => Math.abs(v - exact[i]!)));
    expect(worst(ours)).toBeLessThan(1e-17);
    expect(worst(pwm)).toBeGreaterThan(1e-10);
  });

  it('ties share the ranks they leave open; the average rank of a peer empties the outer ones', () => {
    const golden = allGoldenCases().find(({ id }) => id === 'rank_histogram/zeros')!;
    const { observed } = rowsOf(golden);
    const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
    const counts = new Float64Array(count + 1);
    addRanks(members, count, observed, counts);
    const average = flat(golden.expected.histogram_average_rank!.value);
    expect(counts[0]! - average[0]!).toBeGreaterThan(5);
    expect(counts.reduce((a, b) => a + b)).toBeCloseTo(observed.length, 10);
  });

  it('fair CRPS of one member is undefined (NaN), as four of five peers say; weatherbench2 drops the spread', () => {
    const golden = caseOf('crps_ensemble/one-member');
    const { observed } = rowsOf(golden);
    const members = flat(golden.input.ens);
    const fair = crpsEnsemble(members, 1, observed, { estimator: fairCrps });
    const peers = Object.entries(peersOn(golden.id, 'fair'));
    const agree = peers.filter(([, values]) => values.every((v, i) => Object.is(Number(v), fair[i]!)));
    expect(agree.map(([name]) => name)).toEqual([
      'scoringrules',
      'scoringrules pwm',
      'scores',
      'SpecsVerification (R)',
    ]);
    // The other peer's value is our energy form, |x − y|: to be had by that name.
    const energy = crpsEnsemble(members, 1, observed, { estimator: energyCrps });
    expectClose(
      energy,
      peersOn(golden.id, 'fair')['weatherbench2 (spread taken as 0)']!.map(Number),
      'energy',
    );
  });

  it('omitting missing members rests the fair CRPS on those left, as the peer', () => {
    const golden = caseOf('crps_ensemble/nan');
    const { observed } = rowsOf(golden);
    const { members, count } = toMemberMajor(flat(golden.input.ens), observed.length);
    const ours = crpsEnsemble(members, count, observed, { nanPolicy: 'omit' });
    expectClose(ours, peersOn(golden.id, 'fair_omit').scoringrules!.map(Number), 'fair, omit');
  });

  it('the log score of a normal stays finite where its density underflows; a peer says Infinity', () => {
    for (const id of ['gaussian/extreme-z', 'gaussian/tiny-sigma']) {
      const { input } = caseOf(id);
      const [mu, sigma, observed] = [input.mu, input.sigma, input.obs].map(flat);
      const ours = observed!.map((y, i) => logScoreGaussian(mu![i]!, sigma![i]!, y));
      expect(ours.every(Number.isFinite), id).toBe(true);
      const peer = Object.values(peersOn(id, 'log_score'))[0]!.map(Number);
      expect(peer.some((value) => value === Number.POSITIVE_INFINITY)).toBe(true);
      for (const [i, value] of peer.entries())
        if (Number.isFinite(value)) expect(Math.abs(ours[i]! - value)).toBeLessThan(1e-6);
    }
  });

  it('a normal of no width scores its distance, one of negative width nothing; two peers say otherwise', () => {
    const { input, id } = caseOf('gaussian/zero-sigma');
    const [mu, sigma, observed] = [input.mu, input.sigma, input.obs].map(flat);
    const ours = observed!.map((y, i) => crpsGaussian(mu![i]!, sigma![i]!, y));
    expect([...ours]).toEqual([0, Math.abs(observed![1]! - mu![1]!), Number.NaN]);
    for (const values of Object.values(peersOn(id, 'crps'))) {
      expect(values.slice(0, 2).map(Number)).toEqual([Number.NaN, Number.NaN]);
      expect(values[2]).toBeLessThan(0); // a negative CRPS
    }
  });

  it('the log score of a probability keeps all digits next to 0', () => {
    const golden = allGoldenCases().find(({ id }) => id === 'brier/probabilities')!;
    const peer = flat(golden.expected.log_score!.value)[6]!;
    const exact = 12 * Math.LN10;
    expect(logScoreOfProbability(1e-12, true)).toBeCloseTo(exact, 12);
    expect(Math.abs(peer - exact)).toBeGreaterThan(1e-5);
  });

  it('the error-spread score has the skewness of its paper; a peer leaves a factor M out of it', () => {
    const golden = allGoldenCases().find(({ kind }) => kind === 'spread_skill')!;
    const { rows, observed } = rowsOf(golden);
    const row = rows[0]!;
    const { mean, variance, skewness } = momentsOfCase(row);
    const M = row.length;
    // Christensen, Moroz & Palmer 2015: M/((M − 1)(M − 2)) Σ z³, here by its words.
    const cubes = row.reduce((sum, x) => sum + ((x - mean) / Math.sqrt(variance)) ** 3, 0);
    expect(skewness).toBeCloseTo((M * cubes) / ((M - 1) * (M - 2)), 12);
    const peer = flat(golden.expected.error_spread_score!.value)[0]!;
    expect(Math.abs(errorSpreadScore(row, observed[0]!) - peer)).toBeGreaterThan(0.1);
  });
});
