/** What a stage is judged by, when it stops, and what it hands on then. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pointWeights } from '../../core/grid.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { spreadSkillRatio } from '../../evaluation/scores/spreadSkill.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import {
  farSteps,
  freshWatch,
  hasRunAway,
  watch,
  worstChannel,
} from '../../models/bayesian/training/divergence.js';
import { isPatienceOver, judged, nothingJudged } from '../../models/bayesian/training/earlyStopping.js';
import { leadShares, learningRate } from '../../models/bayesian/training/stages.js';
import { buildValidation, Validator } from '../../models/bayesian/training/validation.js';
import { channelWeights } from '../../models/bayesian/training/variableWeights.js';
import { elements } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues, tinyNetwork, tinySchema } from './bayesianFixture.js';
import {
  briefStages,
  deterministic,
  everyTwoSteps,
  refusal,
  type TrainingFixture,
  trainingFixture,
} from './trainingFixture.js';

let fixture: TrainingFixture;
beforeAll(async () => {
  fixture = await trainingFixture();
});
afterAll(() => fixture.remove());

const [, epistemic = deterministic, aleatoric = deterministic] = briefStages;

describe('a judgement', () => {
  it('has the fair CRPS and the spread–skill ratio that the evaluation finds for the same members', () => {
    // a step without rollout: the members can be made by hand from increments the graph gives
    const schema = tinySchema({ rows: 3, columns: 4 });
    const { network } = tinyNetwork(schema);
    const n = network.stateLength;
    const plan = { ...everyTwoSteps, rollout: 1, batch: 3, weightSamples: 3, noiseStreams: 2 };
    const family = new MeanFieldFamily(network, { initialSigma: 0.1, floor: 0.02 });
    const { graph } = buildValidation(network, family, { ...aleatoric, alpha: 1 }, plan);
    const inputs: Record<string, Float32Array> = {};
    graph.inputs.forEach(({ name, value }, i) => {
      inputs[name] = randomValues(elements(value.shape), i, name.startsWith('mean.') ? 0.3 : 1);
      if (name.startsWith('rho.')) inputs[name]!.fill(-3);
    });
    const found = runReference(graph, inputs);
    // the forecast part of the graph, member by member: the same nodes with the state after the step as output
    const members = graph.nodes.find(({ output }) => output.shape.join() === [6, 3, n].join());
    const values = runReference({ ...graph, outputs: [{ name: 'members', value: members!.output }] }, inputs)
      .members!;
    const area = pointWeights(schema.grid);
    let [crps, variance, error] = [0, 0, 0];
    for (let sample = 0; sample < 3; sample++) {
      const truth = inputs['truth.0']!.subarray(sample * n, (sample + 1) * n);
      const of = Float64Array.from(
        { length: 6 * n },
        (_, i) => values[(Math.floor(i / n) * 3 + sample) * n + (i % n)]!,
      );
      const each = crpsEnsemble(of, 6, truth);
      for (let i = 0; i < n; i++) {
        const x = Array.from({ length: 6 }, (_, m) => of[m * n + i]!);
        const mean = x.reduce((sum, value) => sum + value, 0) / 6;
        const weight = area[i % area.length]! / (3 * n);
        crps += weight * each[i]!;
        variance += (weight * x.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / 5;
        error += weight * (mean - truth[i]!) ** 2;
      }
    }
    expect(found.crps![0]! / crps).toBeCloseTo(1, 5);
    // α = 1: what the stage minimises is the fair CRPS itself
    expect(found.fit![0]! / crps).toBeCloseTo(1, 5);
    const ratio = Math.sqrt(((7 / 6) * found.variance![0]!) / found.error![0]!);
    expect(ratio / spreadSkillRatio(variance, error, 6)).toBeCloseTo(1, 5);
  });

  it('is the same every time, differs with the weights, and has scores only where there are members', async () => {
    const { base } = fixture;
    const { result } = await fixture.train({ stages: [deterministic, epistemic] });
    for (const stage of briefStages) {
      const random = stage.name !== 'deterministic';
      const family = new MeanFieldFamily(base.network, { initialSigma: 0.1, floor: 0.02 });
      const sources = { ...base, family, validation: base.judged };
      const validator = await Validator.open(sources, { index: 1, stage, plan: everyTwoSteps }, (graph) =>
        base.createExecutor(graph),
      );
      const tensors = (name: string) => result.tensors.get(name)?.values ?? new Float32Array(0);
      const judgement = await validator.judge(tensors);
      expect(await validator.judge(tensors)).toEqual(judgement);
      const moved = await validator.judge((name) => tensors(name).map((value) => value * 1.05));
      expect(moved.fit).not.toBe(judgement.fit);
      expect(Number.isFinite(judgement.fit)).toBe(true);
      expect(judgement.crps === null).toBe(!random);
      if (random) expect(judgement.spreadSkillRatio).toBeGreaterThan(0);
      await validator.release();
    }
  });
});

describe('early stopping', () => {
  it('counts judgements since the best, ties not being better', () => {
    const after = [3, 2, 2, 2.5].reduce(judged, nothingJudged);
    expect(after).toEqual({ best: 2, since: 2 });
    expect(isPatienceOver(after, 3)).toBe(false);
    expect(isPatienceOver(after, 2)).toBe(true);
    expect(judged(after, 1)).toEqual({ best: 1, since: 0 });
  });

  it('ends a stage that grows worse, hands on the best averages, and a resumed training does the same', async () => {
    const { base } = fixture;
    // a rate far too high: the first judgements are the best
    const hot = { ...deterministic, learningRate: 0.2, averageDecay: 0.1, dropout: 0 };
    const plan = { ...everyTwoSteps, everySteps: 1, patience: 4 };
    const stages = [{ ...hot, phases: [{ steps: 400, rollout: 1, batch: 4 }], validation: plan }];
    const request = { stages, validation: base.judged };
    const whole = await fixture.train(request);
    const { validations, tensors } = whole.result;
    expect(validations.length).toBeLessThan(400);
    expect(whole.notes.join()).toMatch(/stage deterministic ends after \d+ of 400 steps: 4 judgements/);
    const best = Math.min(...validations.map(({ fit }) => fit));
    expect(validations.findLast((record) => record.best)?.fit).toBe(best);
    expect(validations.at(-5)?.fit).toBe(best);
    // what is handed on is what was judged best, not what came last
    const family = new PointFamily(base.network);
    const sources = { ...base, family, validation: base.judged };
    const validator = await Validator.open(sources, { index: 0, stage: hot, plan }, (graph) =>
      base.createExecutor(graph),
    );
    const again = await validator.judge((name) => tensors.get(name)?.values ?? new Float32Array(0));
    expect(again.fit).toBe(best);
    await validator.release();

    const steps = whole.fits.length - 1;
    for (const stopAfter of [Math.floor(steps / 2), steps - 1]) {
      const checkpointPath = join(fixture.root, `early-${stopAfter}.arrow`);
      await refusal(fixture.train({ ...request, checkpointPath }, stopAfter), 'interrupted');
      expect((await fixture.train({ ...request, checkpointPath })).result).toEqual(whole.result);
    }
  });
});

describe('the watch over the loss', () => {
  const watched = (losses: readonly number[]) => losses.reduce(watch, freshWatch);
  const noisy = (level: number, count: number) =>
    Array.from({ length: count }, (_, i) => level + 0.1 * Math.sin(7 * i));
  it('lets a falling, a noisy and a negative loss go on', () => {
    for (const losses of [
      Array.from({ length: 300 }, (_, i) => 100 * Math.exp(-i / 20) + 1),
      noisy(1, 300),
      noisy(-3, 300),
      [...noisy(1, 100), 50, ...noisy(1, 100)],
    ]) {
      expect(hasRunAway(watched(losses))).toBe(false);
    }
  });
  it('calls out one that stays far above its level, after so many steps and not before', () => {
    for (const level of [1, -3]) {
      const far = (count: number) => [...noisy(level, 50), ...Array.from({ length: count }, () => 30)];
      expect(hasRunAway(watched(far(farSteps - 1)))).toBe(false);
      expect(hasRunAway(watched(far(farSteps)))).toBe(true);
    }
  });
  it('names the worst channel, one without a number before all others', () => {
    expect(worstChannel([1, 5, 2])).toBe(1);
    expect(worstChannel([1, 5, Number.NaN])).toBe(2);
  });
});

describe('weights and rates', () => {
  const schema = (names: readonly [string, number | null][]) => ({
    ...tinySchema(),
    channels: names.map(([variable, level]) => ({ variable, level, unit: '1' })),
  });
  it('of Pangu-Bayes are upper-air means and a quarter of surface means', () => {
    const channels = schema([
      ['z', 500],
      ['q', 500],
      ['msl', null],
      ['t2m', null],
    ]);
    // ½ (3.00 + 0.60) + ¼ · ½ (3.00 + 1.50), as a mean over four channels
    const weights = channelWeights(channels, 'pangu-bayes');
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / 4;
    expect(mean).toBeCloseTo(0.5 * 3.6 + 0.25 * 0.5 * 4.5, 6);
    expect(weights[0]! / weights[1]!).toBeCloseTo(5, 6);
    expect(() => channelWeights(schema([['sst', null]]), 'pangu-bayes')).toThrow(
      /no weight for channel "sst"/,
    );
    // one that has no number there counts 1, the others what they did
    expect([...channelWeights(channels, 'pangu-like')]).toEqual([...weights]);
    const [sst = 0, msl = 0] = channelWeights(
      schema([
        ['sst', null],
        ['msl', null],
      ]),
      'pangu-like',
    );
    expect(msl / sst).toBeCloseTo(3, 6);
    expect([...channelWeights(channels, { z500: 2, q: 1, msl: 1, t2m: 0.5 })]).toEqual([2, 1, 1, 0.5]);
    expect([...channelWeights(channels)]).toEqual([1, 1, 1, 1]);
  });
  it('warm up, then fall to zero as a cosine, or stay', () => {
    const stage = {
      ...deterministic,
      learningRate: 2,
      warmUpSteps: 10,
      phases: [{ steps: 100, rollout: 1, batch: 1 }],
    };
    expect(learningRate(stage, 0)).toBeCloseTo(0.2, 10);
    expect(learningRate(stage, 50)).toBeCloseTo(1, 10);
    expect(learningRate(stage, 99)).toBeLessThan(1e-3);
    expect(learningRate({ ...stage, schedule: 'constant' }, 99)).toBe(2);
    expect(leadShares({ leadWeights: [1, 3] }, 3)).toEqual([1 / 7, 3 / 7, 3 / 7]);
  });
});
