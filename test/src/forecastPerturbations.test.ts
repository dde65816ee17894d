/** From what was asked for to the plan of a run: order, what it needs of the archive, what is refused before anything is read. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { perturbationNeeds } from '../../ensembles/perturbationPlan.js';
import type { DescribedModel } from '../../models/open.js';
import {
  initialRecord,
  perturbationLines,
  perturbationPlan,
  perturbationRecord,
} from '../../src/forecastPerturbations.js';
import { askedPerturbations } from '../../src/forecastUncertainty.js';

const day = 86_400_000;
const first = Date.UTC(2001, 0, 1);
const times = Float64Array.from({ length: 60 }, (_, i) => first + i * day);
const noise = { fields: [{ lengthKm: 1200, timeHours: 48, share: 1 }], scale: 1.5 };

function modelOf(changes: Partial<DescribedModel> = {}): DescribedModel {
  return {
    schema: {
      grid: makeGrid([70, 60, 50, 40], [0, 10, 20, 30, 40]),
      channels: [{ variable: 'msl', level: null, unit: 'Pa' }],
    },
    ...{ stepHours: 24, historyLength: 2, memoryBytes: () => 0, name: 'model "m"', identity: {} },
    ...{ noise, uncertainty: 'hybrid', zonallySymmetric: false, pressures: [1000] },
    ...changes,
  };
}

interface Given {
  readonly perturb?: readonly string[];
  readonly analysisError?: number;
  readonly initial?: number;
  readonly initialStates?: string;
  readonly firstStart?: number;
}

async function planned(given: Given, model = modelOf()) {
  const { firstStart = times[40]! } = given;
  const asked = await askedPerturbations({ deterministic: false, ...given });
  const plan = await perturbationPlan(given, asked, model, { times, name: 'archive', firstStart });
  return { plan, needs: () => perturbationNeeds(plan, model) };
}

describe('the plan of a forecast', () => {
  it('is the noise that the model has learned where nothing else is asked for', async () => {
    const { plan } = await planned({});
    expect(plan).toMatchObject({ initial: [], steps: [{ kind: 'noise', scales: noise.fields }], dates: [] });
    expect(initialRecord(plan)).toBeNull();
    expect((await planned({}, modelOf({ noise: null }))).plan.steps).toEqual([]);
  });

  it('has that noise last, and in its place where it is named', async () => {
    const kinds = async (...perturb: string[]) =>
      (await planned({ perturb })).plan.steps.map(({ kind }) => kind);
    expect(await kinds('sppt')).toEqual(['sppt', 'noise']);
    expect(await kinds('noise:factor=0.5', 'sppt')).toEqual(['noise', 'sppt']);
  });

  it('reads states of other dates for what is measured by them, and says and records which', async () => {
    const { plan } = await planned({ perturb: ['sppt', 'red', 'white'] });
    expect(plan.initial.map(({ kind }) => kind)).toEqual(['red', 'white']);
    expect(plan.dates).toHaveLength(30);
    expect(initialRecord(plan)).toMatchObject({ analysis_error: 0, rotate: false });
    expect(perturbationRecord(plan)).toMatchObject({
      initial: [
        { kind: 'red', stream: { place: 0 } },
        { kind: 'white', stream: { place: 1 } },
      ],
      steps: [{ kind: 'sppt', stream: { purpose: 'sppt' } }, { kind: 'noise' }],
    });
    expect(perturbationLines(plan)[0]).toMatch(/^analysis {3}error 0 .* 30 states 2001-01-0\d/);
    for (const perturb of [['lagged'], ['sppt']]) expect((await planned({ perturb })).plan.dates).toEqual([]);
    expect((await planned({ perturb: ['lagged'], analysisError: 0.1 })).plan.dates).toHaveLength(30);
  });

  it('knows how far back analyses are read: as far as the farthest asks', async () => {
    expect((await planned({ perturb: ['white'] })).needs().stepsBack).toBe(0);
    const { needs } = await planned({ perturb: ['lagged:lags-hours=24', 'lagged:lags-hours=72/48'] });
    expect(needs().stepsBack).toBe(3);
  });

  it('says and records what of a preset was changed to fit the grid', async () => {
    const { plan, needs } = await planned({ perturb: ['sppt-wrf'] });
    expect(needs().notes[0]).toMatch(/^sppt: length-km=150 of preset sppt-wrf .*: length-km=1112 is used/);
    const scales = [{ sigma: 0.5, lengthKm: 1112, timeHours: 6 }];
    expect(perturbationRecord(plan)).toMatchObject({ steps: [{ kind: 'sppt', scales }, { kind: 'noise' }] });
    expect(perturbationLines(plan)[0]).toContain('length-km=1112');
  });

  it.each([
    [{ perturb: ['sppt'] }, /^sppt: no channel of the model \(msl\) is left/],
    [{ perturb: ['sppt-wrf:length-km=150'] }, /^sppt: length scale .* below the \d+ km/],
    [{ perturb: ['skeb'] }, /^skeb: .* no wind/],
    [{ perturb: ['lagged:lags-hours=30'] }, /^lagged: lag 30 h is no whole number .*24 h and 48 h/],
    [{ perturb: ['balanced:length-km=100'] }, /^balanced: length scale/],
  ] as const)('that does not fit the model is refused before states are read: %j', async (given, message) => {
    const { needs } = await planned(given);
    expect(needs).toThrow(message);
  });

  it('is refused where states are not there, or have no use', async () => {
    await expect(planned({ perturb: ['white'], firstStart: times[15]! })).rejects.toThrow(
      /usable ones .*at least 8 are needed: give --initial-states/,
    );
    await expect(planned({ perturb: ['lagged'], initialStates: '2001-01-01/2001-02-01' })).rejects.toThrow(
      /--initial-states has no use without/,
    );
    await expect(planned({ perturb: ['noise'] }, modelOf({ noise: null }))).rejects.toThrow(/no amplitude/);
  });
});
