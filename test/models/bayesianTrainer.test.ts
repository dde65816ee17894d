/** Training in stages: it learns, it stops and goes on to the same bits, stage by stage or in one go, whatever the posterior. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { klDivergence, softplus } from '../../models/bayesian/posteriors/meanField.js';
import { partOf } from '../../models/bayesian/posteriors/parts.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import { posteriorNames } from '../../models/bayesian/training/posteriorNames.js';
import { trainingFlops } from '../../models/bayesian/training/trainer.js';
import {
  briefStages,
  deterministic,
  judgedStages,
  refusal,
  type Trained,
  type TrainingFixture,
  trainingFixture,
} from './trainingFixture.js';

let fixture: TrainingFixture;
beforeAll(async () => {
  fixture = await trainingFixture();
});
afterAll(() => fixture.remove());

describe('training', () => {
  let whole: Trained | undefined;
  const judged = () => ({ stages: judgedStages, validation: fixture.base.judged });

  it('lowers the loss of every stage', async () => {
    for (const stage of briefStages) {
      const longer = { ...stage, phases: [{ steps: 40, rollout: 1, batch: 16 }], learningRate: 1e-2 };
      const { fits } = await fixture.train({ stages: [longer] });
      const mean = (some: number[]) => some.reduce((sum, fit) => sum + fit, 0) / some.length;
      expect(mean(fits.slice(-8)), stage.name).toBeLessThan(mean(fits.slice(0, 8)) - 0.01);
    }
  });

  it('ends with a posterior centred near its prior, which is what the deterministic stage found', async () => {
    const { network } = fixture.base;
    const { result, fits, flops } = await fixture.train();
    expect(fits.length).toBe(15);
    expect(flops).toBe(trainingFlops(network, briefStages, false));
    const { result: first } = await fixture.train({ stages: [deterministic] });
    for (const [name, { values }] of result.priorMean) {
      expect(values).toEqual(first.tensors.get(`mean.${name}`)?.values);
      const rho = result.tensors.get(`rho.${name}`)!;
      expect(rho.values.every((value) => softplus(value) > 0)).toBe(true);
      expect(rho.shape).toEqual(network.parameters.get(name));
    }
    expect([...result.priorMean.keys()]).toEqual(
      [...network.parameters.keys()].filter((name) => network.isRandom(name)),
    );
    const posterior = { mean: partOf(result.tensors, 'mean'), rho: partOf(result.tensors, 'rho') };
    expect(klDivergence(posterior, result.priorMean, result.priorSigma)).toBeGreaterThan(0);
    const steps = (stage: string): number[] =>
      result.losses.filter((record) => record.stage === stage).map(({ step }) => step);
    expect(steps('deterministic')).toEqual([1, 2, 3, 4, 5]);
    expect(steps('epistemic')).toEqual([1, 2, 3, 4]);
    expect(steps('aleatoric')).toEqual([1, 2, 3, 4, 5, 6]);
    for (const { stage, kl } of result.losses) {
      if (stage === 'deterministic') expect(kl).toBeUndefined();
      else expect(kl).toBeGreaterThan(0);
    }
    expect(result.validations).toEqual([]);
  });

  it('depends on the seed', async () => {
    const brief = { stages: [deterministic] };
    const [one, same, other] = [
      await fixture.train(brief),
      await fixture.train(brief),
      await fixture.train({ ...brief, seed: 2 }),
    ];
    expect(same.fits).toEqual(one.fits);
    expect(other.fits).not.toEqual(one.fits);
  });

  it.each([{ stops: [3, 7, 14] }, { stops: [5, 12] }])(
    'stopped after each of the steps $stops of 15 goes on to the same bits',
    async ({ stops }) => {
      whole ??= await fixture.train(judged());
      const checkpointPath = join(fixture.root, `stopped-${stops.join('-')}.arrow`);
      let made = 0;
      for (const stop of stops) {
        const message = await refusal(
          fixture.train({ ...judged(), checkpointPath }, stop - made),
          'interrupted',
        );
        expect(message).toMatch(/stopped in stage \w+ at step \d+; run the same command again/);
        made = stop;
      }
      const resumed = await fixture.train({ ...judged(), checkpointPath });
      expect(resumed.fits).toEqual(whole.fits.slice(made));
      // the judgements too, though some were made before a stop and some after
      expect(resumed.result).toEqual(whole.result);
      expect(resumed.flops).toBe(whole.flops);
    },
  );

  it('of one stage after the other ends where one of all stages ends', async () => {
    whole ??= await fixture.train(judged());
    const checkpointPath = join(fixture.root, 'stages.arrow');
    const stage = (index: number) =>
      fixture.train({ ...judged(), checkpointPath, only: { first: index, last: index } });
    expect(await refusal(stage(1), 'usage')).toMatch(
      /the epistemic stage begins where the deterministic stage ends.*--stage deterministic/,
    );
    const first = await stage(0);
    expect([...first.result.tensors.keys()].every((name) => name.startsWith('mean.'))).toBe(true);
    expect(await refusal(stage(2), 'usage')).toMatch(/the aleatoric stage begins.*--stage epistemic/);
    const second = await stage(1);
    expect(await refusal(stage(0), 'usage')).toMatch(/the deterministic stage .* is finished/);
    const third = await stage(2);
    expect([...first.fits, ...second.fits, ...third.fits]).toEqual(whole.fits);
    expect(third.result).toEqual(whole.result);
  });

  it('finished already, gives its result without another step', async () => {
    const checkpointPath = join(fixture.root, 'finished.arrow');
    const brief = { checkpointPath, stages: [deterministic] };
    const first = await fixture.train(brief);
    const again = await fixture.train(brief);
    expect(again.fits).toEqual([]);
    expect(again.result).toEqual(first.result);
  });
});

describe.each(posteriorNames)('a training for the posterior %s', (name) => {
  it('stopped in both of its later stages goes on to the same bits', async () => {
    const posterior = { ...fixture.base.posterior, name };
    const { result, fits } = await fixture.train({ posterior });
    const checkpointPath = join(fixture.root, `${name}.arrow`);
    const first = await refusal(fixture.train({ posterior, checkpointPath }, 7), 'interrupted');
    // the pass that Laplace makes in the place of the epistemic stage is begun anew
    const isPass = name === 'last-layer-laplace';
    expect(first.includes('stopped in the pass of stage epistemic')).toBe(isPass);
    const second = await refusal(fixture.train({ posterior, checkpointPath }, isPass ? 6 : 4), 'interrupted');
    expect(second).toContain('stopped in stage aleatoric');
    const resumed = await fixture.train({ posterior, checkpointPath });
    expect(resumed.result).toEqual(result);
    expect(resumed.fits.length).toBeGreaterThan(0);
    expect(fits.slice(-resumed.fits.length)).toEqual(resumed.fits);
    for (const [tensor, { values }] of result.tensors) {
      expect(values.every(Number.isFinite), tensor).toBe(true);
    }
  });
});

describe('a training that diverges', () => {
  it('is told as data, with its step and channel, and keeps its last checkpoint', async () => {
    const checkpointPath = join(fixture.root, 'diverging.arrow');
    const wild = [
      { ...deterministic, phases: [{ steps: 30, rollout: 1, batch: 4 }], learningRate: 1e18, warmUpSteps: 1 },
    ];
    await refusal(fixture.train({ checkpointPath, stages: wild }, 1), 'interrupted');
    const message = await refusal(fixture.train({ checkpointPath, stages: wild }), 'data');
    expect(message).toMatch(
      /diverged in stage deterministic at step \d+: its (loss|gradient) is not finite, worst in channel msl \(.*\); the checkpoint of step 1 is kept/,
    );
    // it is whole: the next try begins there, and fails as the first
    expect(await refusal(fixture.train({ checkpointPath, stages: wild }), 'data')).toBe(message);
  });

  it('to a loss that is finite and stays far off is told after a while', async () => {
    const { source, loader } = fixture.base;
    const many = [{ ...deterministic, phases: [{ steps: 120, rollout: 1, batch: 4 }] }];
    // from step 60 on every state is a hundred times too large
    const broken = { ...source, values: source.values.map((value) => value * 100) };
    const after = await InMemoryLoader.open(broken, { stepMilliseconds: loader.stepMilliseconds });
    const turning = {
      ...fixture.base.judged,
      ...{ stateLength: loader.stateLength, stepMilliseconds: loader.stepMilliseconds },
      ...{ plan: loader.plan, pool: loader.pool, memoryBytes: () => 0, close: async () => undefined },
      count: (history: number, rollout: number) => loader.count(history, rollout),
      batch: (request: Parameters<typeof loader.batch>[0]) =>
        (request.step < 60 ? loader : after).batch(request),
    };
    const checkpointPath = join(fixture.root, 'running-away.arrow');
    const request = { checkpointPath, stages: many, loader: turning, checkpointSeconds: 0 };
    const message = await refusal(fixture.train(request), 'data');
    expect(message).toMatch(/at step 85: its loss stands at \S+, far above \S+ before, worst in channel msl/);
    // no checkpoint was written while it was far off
    expect(message).toContain('the checkpoint of step 60 is kept');
  });

  it('is told when a state of the series is not finite', async () => {
    const { source, loader } = fixture.base;
    const values = source.values.slice();
    values.fill(Number.NaN, 50 * source.stateLength, 150 * source.stateLength);
    const broken = await InMemoryLoader.open({ ...source, values }, loader);
    await refusal(fixture.train({ loader: broken }), 'data');
  });
});
