/**
 * Every posterior on a regression with a gap in its data, against the exact posterior by Hamiltonian Monte Carlo. The
 * bounds are what was measured on two sets of data, with room: they say which posteriors know that they do not know,
 * and, as plainly, which do not (Foong et al. 2019, arXiv:1906.11537; Yao et al. 2019, arXiv:1906.09686).
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensors } from '../../core/store/tensorFile.js';
import type { Posterior } from '../../models/bayesian/posteriors/posterior.js';
import { gapAndData, gapData, places, truth } from '../../notebooks/regression/gap.js';
import { type Chains, hamiltonianChains } from '../../notebooks/regression/hamiltonian.js';
import { tanhNetwork } from '../../notebooks/regression/network.js';
import {
  deepEnsemble,
  dropout,
  lastLayerLaplace,
  meanField,
  rankOne,
  swag,
  trainedNetworks,
} from '../../notebooks/regression/posteriors.js';
import { type Spread, spreadOf } from '../../notebooks/regression/predictions.js';

const network = tanhNetwork(24);
const data = gapData(64);
const x = places(-1, 1, 81);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

let networks: Tensors[];
let trained: Tensors;
let chains: Chains;
let exactSpread: Spread;
let exact: { readonly gap: number; readonly data: number };

beforeAll(async () => {
  networks = await trainedNetworks(network, data, seeds);
  trained = networks[0] as Tensors;
  const plan = { trajectories: 60, warmUp: 20, leapfrogs: 100, stepSize: 0.012, seed: 1 };
  chains = await hamiltonianChains(network, data, networks, plan);
  exactSpread = await spreadOf(network, chains.posterior, x, chains.count);
  exact = gapAndData(x, exactSpread.deviation);
});

async function measured(posterior: Posterior, count = 150): Promise<{ gap: number; data: number }> {
  return gapAndData(x, (await spreadOf(network, posterior, x, count)).deviation);
}

/** Root mean square error of the mean over the middle of the gap. */
async function errorInGap(posterior: Posterior, count = 150): Promise<number> {
  const { mean } = await spreadOf(network, posterior, x, count);
  return gapAndData(
    x,
    mean.map((value, i) => value - truth(x[i] as number)),
  ).gap;
}

describe('the exact posterior of the regression with a gap', () => {
  it('comes from chains that are kept often enough and agree with each other', () => {
    expect(chains.accepted).toBeGreaterThan(0.5);
    expect(chains.accepted).toBeLessThan(0.98);
    // R̂ of the function in the middle of the gap (Gelman & Rubin 1992), chain k mod 8
    const middle = exactSpread.functions.map((f) => f[40] as number);
    const each = seeds.map((_, chain) => middle.filter((_, k) => k % seeds.length === chain));
    const length = middle.length / seeds.length;
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1);
    const within = mean(each.map(variance));
    const between = variance(each.map(mean));
    expect(Math.sqrt((length - 1) / length + between / within)).toBeLessThan(1.1);
  });

  it('spreads more than five times as wide in the gap as at the data, and holds the truth', () => {
    expect(exact.gap).toBeGreaterThan(5 * exact.data);
    x.forEach((at, i) => {
      const distance = Math.abs((exactSpread.mean[i] as number) - truth(at));
      expect(distance).toBeLessThan(4 * (exactSpread.deviation[i] as number));
    });
  });
});

describe('posteriors that know of the gap', () => {
  it('randomised deep ensemble: within a factor of two of the exact spread, in the gap and at the data', async () => {
    const many = Array.from({ length: 16 }, (_, i) => i + 1);
    const ensemble = deepEnsemble(await trainedNetworks(network, data, many, 'randomised'));
    const { gap, data: atData } = await measured(ensemble, many.length);
    expect(gap).toBeGreaterThan(4 * atData);
    for (const [found, right] of [
      [gap, exact.gap],
      [atData, exact.data],
    ] as const) {
      expect(found / right).toBeGreaterThan(0.5);
      expect(found / right).toBeLessThan(2);
    }
  });

  it('deep ensemble: five times as wide in the gap, but too sure at the data, where all starts agree', async () => {
    const { gap, data: atData } = await measured(deepEnsemble(networks), seeds.length);
    expect(gap).toBeGreaterThan(5 * atData);
    expect(atData).toBeLessThan(0.4 * exact.data);
    expect(gap).toBeLessThan(0.7 * exact.gap);
  });
});

describe('posteriors that know little of the gap', () => {
  it('mean-field: wider in the gap, by a third of the exact factor at most, and twice too wide at the data', async () => {
    const { gap, data: atData } = await measured(await meanField(network, data, trained));
    expect(gap / atData).toBeGreaterThan(1.3);
    expect(gap / atData).toBeLessThan(exact.gap / exact.data / 3);
    expect(atData).toBeGreaterThan(2 * exact.data);
  });

  it('last-layer Laplace: right at the data, barely wider in the gap: the features there are fixed', async () => {
    const { gap, data: atData } = await measured(await lastLayerLaplace(network, data, trained));
    expect(gap / atData).toBeGreaterThan(1.1);
    expect(gap / atData).toBeLessThan(exact.gap / exact.data / 3);
    expect(atData / exact.data).toBeGreaterThan(0.5);
    expect(atData / exact.data).toBeLessThan(1.5);
  });

  it('dropout: wider in the gap, by a third of the exact factor at most', async () => {
    const { gap, data: atData } = await measured(await dropout(network, data, trained));
    expect(gap / atData).toBeGreaterThan(1.1);
    expect(gap / atData).toBeLessThan(exact.gap / exact.data / 3);
  });

  it('rank-one: as sure in the gap as at the data, and wrong by more than twice its spread', async () => {
    const posterior = await rankOne(network, data, trained);
    const { gap, data: atData } = await measured(posterior);
    expect(gap / atData).toBeLessThan(1.6);
    expect(await errorInGap(posterior)).toBeGreaterThan(2 * gap);
  });

  it('SWAG: as sure in the gap as at the data: noise of gradients moves only what data see', async () => {
    const { gap, data: atData } = await measured(await swag(network, data, trained));
    expect(gap / atData).toBeGreaterThan(0.5);
    expect(gap / atData).toBeLessThan(1.6);
  });
});
