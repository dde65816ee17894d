/** The page of a training: what it says, what it draws and holds, finished, under way, and of old records. */
import { describe, expect, it } from 'vitest';
import { trainingPage } from '../src/report/trainingPage.js';
import { fixtureAccount } from './trainingAccountFixture.js';

/** The sentence at the top. */
function key(html: string): string {
  return /<p class="key">([^<]*)<\/p>/.exec(html)?.[1] ?? '';
}

/** Rows of the CSV behind a figure, header first. */
function rowsOf(html: string, file: string): string[][] {
  const href = new RegExp(`download="${file}\\.csv"[^>]*href="data:text/csv;charset=utf-8,([^"]*)"`).exec(
    html,
  )?.[1];
  if (href === undefined) throw new Error(`no data of ${file}`);
  return decodeURIComponent(href)
    .trim()
    .split('\n')
    .map((line) => line.split(','));
}

describe('the page of a finished training', () => {
  const html = trainingPage(fixtureAccount(), 'model');

  it('says where each stage ended and why, and how true the spread is', () => {
    expect(key(html)).toBe(
      'The deterministic stage stopped at step 180 of 200, as validation no longer got better; the aleatoric stage kept ' +
        'the weights of step 40 of its 60; the epistemic stage (40 steps) was still getting better at the last step: more ' +
        'steps may do better. On the validation period spread matches error within 2 % at every lead; fair CRPS is ' +
        '2.00 hPa at day 1 and 4.00 hPa at day 3.',
    );
  });

  it('does not call spread that is off by more than a tenth true', () => {
    const off = trainingPage(fixtureAccount({ ratios: [0.7, 1.02, 1.3] }), 'model');
    expect(key(off)).toContain('spread is 0.70 to 1.30 times the error, by lead');
    expect(key(off)).not.toContain('matches');
  });

  it('holds the data behind every curve, every network and stage', () => {
    const [header, ...rows] = rowsOf(html, 'deterministic-loss');
    expect(header).toEqual(['network', 'step', 'period', 'loss']);
    const { losses, validations } = fixtureAccount().training.record;
    const count = (all: readonly (readonly { stage: string }[])[]): number =>
      all.flat().filter(({ stage }) => stage === 'deterministic').length;
    expect(rows).toHaveLength(count(losses) + count(validations));
    const found = rows.find(
      ([network, step, period]) => network === '2' && step === '140' && period === 'validation',
    );
    expect(Number(found?.[3])).toBeCloseTo(0.31, 9);
    expect(rowsOf(html, 'aleatoric-kl').slice(1)[0]).toEqual(['1', '5', '995']);
    expect(rowsOf(html, 'epistemic-spread-skill-ratio').slice(1)[0]).toEqual(['1', '20', '0.9']);
    expect(rowsOf(html, 'calibration-trials')).toHaveLength(5);
    expect(rowsOf(html, 'posterior-widths')).toHaveLength(5);
  });

  it('draws the learning rate that the steps had', () => {
    const rates = rowsOf(html, 'aleatoric-learning-rate').slice(1);
    // warm-up of five steps to 1e-3 times the cosine, which has hardly begun
    expect(Number(rates[0]?.[1])).toBeCloseTo(2e-4, 6);
    expect(Number(rates[30]?.[1])).toBeCloseTo(0.5e-3 * (1 + Math.cos(Math.PI / 2)), 6);
    expect(Number(rates.at(-1)?.[1])).toBeLessThan(1e-6);
  });

  it('tells what is left of the archive for a test', () => {
    expect(html).toContain('test, to come: 1 January 2004 to 31 December 2004');
    const [, , , test] = rowsOf(html, 'periods');
    expect(test).toEqual(['"test', ' to come"', '2004-01-01T00:00:00.000Z', '2004-12-31T00:00:00.000Z']);
  });

  it('tells time, rate and memory, foretold and measured', () => {
    expect(html).toContain(
      '2 min 05 s, in 2 commands, 5.0 s of it calibration; memory 500.0 MB of 600.0 MB foretold',
    );
    expect(html).toMatch(
      /Deterministic stage, network 2<\/th><td>140<\/td><td>180, early<\/td><td>200<\/td>/,
    );
    expect(html).toMatch(/<td>20 s<\/td><td>45<\/td>/);
  });

  it('needs nothing but itself', () => {
    expect(html).not.toMatch(/<script|<link|src="http|href="http/);
  });
});

describe('the page of a training under way', () => {
  const html = trainingPage(fixtureAccount({ state: 'under way' }), 'model');

  it('says where it stands and claims nothing of calibration', () => {
    expect(key(html)).toBe(
      'Under way, as of the last checkpoint: the aleatoric stage of network 2 of 2 is at step 60 of 60, best on the ' +
        'validation period so far at step 40, CRPS 0.310 of each channel’s scale, spread–skill ratio 0.90.',
    );
    expect(html).not.toContain('What was chosen');
  });
});

it('draws records of before there were recipes, judgements and widths', () => {
  const account = fixtureAccount();
  const { losses } = account.training.record;
  const html = trainingPage(
    {
      ...account,
      ...{ archive: null, backend: null, cost: null, plume: '' },
      training: { ...account.training, record: { losses, validations: [] } },
    },
    'model',
  );
  expect(key(html)).toBe('Trained.');
  expect(html).toContain('Loss of the deterministic stage');
  expect(html).not.toContain('Learning rate');
  // nobody recorded what was minimised, and nothing was judged
  expect(html).not.toMatch(/>absolute error<|Validation:/);
});

it('tells many networks apart by their data alone', () => {
  const html = trainingPage(fixtureAccount({ components: 6 }), 'model');
  expect(html).toContain('Each line is one of 6 networks');
  expect(
    new Set(
      rowsOf(html, 'aleatoric-crps')
        .slice(1)
        .map(([network]) => network),
    ).size,
  ).toBe(6);
});
