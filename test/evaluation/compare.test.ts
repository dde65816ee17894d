/** Runs side by side in a world whose right answers are known: daily autoregressions about a seasonal cycle. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { dayOfYear, millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import { type CompareRequest, compareRuns, compareStatistics } from '../../evaluation/compare.js';
import type { CompareRow } from '../../evaluation/compareRow.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { climatology } from '../../evaluation/references/climatology.js';
import { persistence } from '../../evaluation/references/persistence.js';
import { type Region, wholeDomain } from '../../evaluation/region.js';
import { gatherStatistics } from '../../evaluation/statistics/gather.js';
import { mergeTables, type StatisticTable } from '../../evaluation/statistics/statisticTable.js';
import { verify } from '../../evaluation/verify.js';
import { autoregressiveArchive, seededNormals } from './memoryArchive.js';

const from = Date.UTC(2001, 0, 1);
const r = 0.8;
const archive = autoregressiveArchive(from, 1461, r, seededNormals(77)); // 2001 … 2004
const training = { from, to: Date.UTC(2003, 11, 31) };
const points = 6;
const daily = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => Date.UTC(2004, 0, 1) + (first + i) * millisecondsPerDay);
const sigmaAt = (lead: number) => 5 * Math.sqrt(1 - r ** (lead / 12));

interface World {
  readonly starts: readonly number[];
  readonly leadsHours?: readonly number[];
  readonly members?: number;
  readonly bias?: number;
  /** Of the members about the true conditional mean. */
  readonly spread?: number;
  readonly seed?: number;
}

/** Draws from the distribution of x(t + L) given x(t), moved by `bias`, widened by `spread`. */
function ensemble(world: World): EnsembleSource {
  const { starts, leadsHours = [24, 72], members = 10, bias = 0, spread = 1, seed = 1 } = world;
  const indexOf = new Map(Array.from(archive.times, (time, i) => [time, i]));
  const cycle = (time: number) => 1000 + 10 * Math.cos((2 * Math.PI * dayOfYear(time)) / 365.2425);
  return {
    schema: archive.schema,
    starts,
    leadsHours,
    manifest: { weight_samples: 1, noise_streams: members },
    async readMembers(start, lead) {
      const normal = seededNormals(start / 1000 + lead + seed * 1e7);
      const now = (await archive.read(indexOf.get(start)!)).values;
      const later = cycle(start + lead * millisecondsPerHour);
      const values = Float32Array.from({ length: members * points }, (_, i) => {
        const mean = later + r ** (lead / 24) * (now[i % points]! - cycle(start));
        return mean + bias + spread * sigmaAt(lead) * normal();
      });
      return { values, members: Int32Array.from({ length: members }, (_, m) => m) };
    },
  };
}

async function compared(
  runs: Readonly<Record<string, EnsembleSource>>,
  more: Partial<CompareRequest> = {},
): Promise<readonly CompareRow[]> {
  const named = Object.entries(runs).map(([name, source]) => ({ name, source }));
  return (await compareRuns({ runs: named, archive, resamples: 400, ...more })).rows;
}

function find(rows: readonly CompareRow[], run: string, metric: string, lead = 24): CompareRow {
  const row = rows.find((each) => each.run === run && each.metric === metric && each.lead_hours === lead);
  if (!row) throw new Error(`no row ${run}/${metric}/${lead}`);
  return row;
}

describe('two runs side by side', () => {
  const starts = daily(330);

  it('finds the differences that a bias and too little spread make, with their verdicts', async () => {
    const rows = await compared({
      perfect: ensemble({ starts }),
      biased: ensemble({ starts, bias: 2, seed: 3 }),
      narrow: ensemble({ starts, spread: 0.3, seed: 4 }),
    });
    const sigma = sigmaAt(24);
    // CRPS of N(b, σ²) against N(0, σ²), by Gneiting & Raftery's closed form averaged over the truth: with
    // s = √2 σ, E|X − Y| = s√(2/π) e^(−b²/2s²) + b(2Φ(b/s) − 1), less σ/√π.
    const s = Math.SQRT2 * sigma;
    const phi = 0.5 * (1 + erf(2 / s / Math.SQRT2));
    const expected =
      s * Math.sqrt(2 / Math.PI) * Math.exp(-4 / (2 * s * s)) +
      2 * (2 * phi - 1) -
      s * Math.sqrt(2 / Math.PI);
    const biased = find(rows, 'biased', 'crps_difference');
    expect(Math.abs(biased.value - expected)).toBeLessThan(0.15 * expected);
    expect(biased).toMatchObject({ against: 'perfect', verdict: 'worse', n: 330 });
    expect(biased.ci_low).toBeLessThan(expected);
    expect(biased.ci_high).toBeGreaterThan(expected);
    expect(find(rows, 'biased', 'rmse_difference').verdict).toBe('worse');
    expect(find(rows, 'narrow', 'spread_skill_ratio').value).toBeLessThan(0.4);
    const distance = find(rows, 'narrow', 'spread_skill_distance_difference');
    expect(distance.verdict).toBe('worse');
    const ratio = (run: string) => find(rows, run, 'spread_skill_ratio').value;
    expect(distance.value).toBeCloseTo(
      Math.abs(Math.log(ratio('narrow'))) - Math.abs(Math.log(ratio('perfect'))),
      12,
    );
    // The first run is compared with nobody, and scores alone have no verdict.
    expect(rows.some((row) => row.run === 'perfect' && row.against !== null)).toBe(false);
    expect(rows.every((row) => (row.against === null) === (row.verdict === null))).toBe(true);
    // Turned round, worse becomes better.
    const turned = await compared({
      biased: ensemble({ starts, bias: 2, seed: 3 }),
      perfect: ensemble({ starts }),
    });
    expect(find(turned, 'perfect', 'crps_difference')).toMatchObject({
      value: -biased.value,
      verdict: 'better',
    });
  });

  it('sees a difference between two draws of one ensemble about as rarely as it promises', async () => {
    let seen = 0;
    for (let pair = 0; pair < 30; pair++) {
      const few = { starts: daily(150), leadsHours: [24] };
      const [a, b] = [ensemble({ ...few, seed: 100 + 2 * pair }), ensemble({ ...few, seed: 101 + 2 * pair })];
      if (find(await compared({ a, b }), 'b', 'crps_difference').verdict !== 'no evidence') seen++;
    }
    // 5 % of 30 is 1.5; more than 6 has a chance of 1 in 1000.
    expect(seen).toBeLessThanOrEqual(6);
  });

  it('pairs the starts: the difference is known better than either score', async () => {
    const rows = await compared({
      a: ensemble({ starts, members: 40 }),
      b: ensemble({ starts, members: 40, spread: 1.4, seed: 2 }),
    });
    const width = ({ ci_low, ci_high }: CompareRow) => ci_high - ci_low;
    const apart = Math.hypot(width(find(rows, 'a', 'crps')), width(find(rows, 'b', 'crps')));
    expect(width(find(rows, 'b', 'crps_difference'))).toBeLessThan(0.5 * apart);
  });

  it('gives each run the scores that verification gives it, and exactly nothing between a run and itself', async () => {
    const run = ensemble({ starts });
    const rows = await compared({ one: run, same: run });
    const alone = (await verify({ run, archive, resamples: 400 })).rows;
    for (const metric of ['crps', 'rmse', 'spread', 'spread_skill_ratio']) {
      const expected = alone.find((row) => row.metric === metric && row.lead_hours === 72)!;
      const { value, ci_low, ci_high, n } = find(rows, 'same', metric, 72);
      expect({ value, ci_low, ci_high, n }).toEqual({
        value: expected.value,
        ci_low: expected.ci_low,
        ci_high: expected.ci_high,
        n: expected.n,
      });
    }
    for (const metric of ['crps_difference', 'rmse_difference', 'spread_skill_distance_difference']) {
      const row = find(rows, 'same', metric);
      expect([row.value, row.ci_low, row.ci_high, row.verdict]).toEqual([0, 0, 0, 'no evidence']);
    }
  });

  it('measures skill against climatology, and the ratio of skills', async () => {
    const references = [climatology, persistence];
    const rows = await compared(
      { perfect: ensemble({ starts }), wide: ensemble({ starts, spread: 2, seed: 2 }) },
      { references, training },
    );
    for (const lead of [24, 72]) {
      const crps = (run: string) => find(rows, run, 'crps', lead).value;
      const skill = (run: string) => find(rows, run, 'crps_skill_score', lead).value;
      expect(skill('perfect')).toBeCloseTo(1 - crps('perfect') / crps('climatology'), 12);
      // The best there can be: 1 − √(1 − r²ᴸ), in a year that strays from the law by its own share.
      expect(Math.abs(skill('perfect') - (1 - sigmaAt(lead) / 5))).toBeLessThan(0.08);
      const ratio = find(rows, 'wide', 'crps_skill_ratio', lead);
      expect(ratio.value).toBeCloseTo(skill('wide') / skill('perfect'), 12);
      expect(ratio.verdict).toBe('worse');
      expect(find(rows, 'persistence', 'crps_difference', lead).verdict).toBe('worse');
    }
    // Climatology has no skill against itself; persistence is a single field without spread.
    const of = (run: string) => new Set(rows.filter((row) => row.run === run).map((row) => row.metric));
    expect(of('climatology')).not.toContain('crps_skill_score');
    expect(of('climatology')).not.toContain('crps_skill_ratio');
    expect(of('climatology')).toContain('spread_skill_ratio');
    expect(of('persistence')).not.toContain('spread_skill_ratio');
    // Where the first run has no skill there is no ratio to speak of.
    const hopeless = await compared(
      { lost: ensemble({ starts, bias: 50 }), perfect: ensemble({ starts, seed: 2 }) },
      { references: [climatology], training },
    );
    expect(find(hopeless, 'perfect', 'crps_skill_ratio')).toMatchObject({ verdict: 'no evidence' });
    expect(find(hopeless, 'perfect', 'crps_skill_ratio').value).toBeNaN();
  });

  it('scores a run of one member by its mean absolute error, without spread', async () => {
    const single = ensemble({ starts, members: 1, spread: 0 });
    const rows = await compared({ many: ensemble({ starts }), single });
    const mae = (await verify({ run: single, archive, resamples: 10 })).rows.find(
      (row) => row.metric === 'mae' && row.lead_hours === 24,
    )!;
    expect(find(rows, 'single', 'crps').value).toBe(mae.value);
    // The conditional mean has the error of a normal, σ√(2/π): √2 times the CRPS of the right distribution.
    const times = find(rows, 'single', 'crps').value / find(rows, 'many', 'crps').value;
    expect(Math.abs(times - Math.SQRT2)).toBeLessThan(0.08);
    expect(find(rows, 'single', 'crps_difference').verdict).toBe('worse');
    const metrics = rows.filter((row) => row.run === 'single').map((row) => row.metric);
    expect(metrics.some((metric) => metric.startsWith('spread'))).toBe(false);
  });
});

describe('every metric, by region, season and event', () => {
  const { grid } = archive.schema;
  const north: Region = {
    name: 'north',
    box: { north: 90, south: grid.latitudes[0]! - 1, west: 0, east: 360 },
  };
  const request = {
    references: [climatology, persistence],
    training,
    regions: [wholeDomain, north],
    events: { percentiles: [10, 50, 90], numbers: { msl: [1004] } },
    seasons: true,
  };
  const few = daily(330).filter((_, i) => i % 6 === 0);

  it('pairs what ranks forecasts, says so in every paired row, and nowhere else', async () => {
    const rows = await compared(
      { sharp: ensemble({ starts: few, members: 24 }), wide: ensemble({ starts: few, spread: 2, seed: 2 }) },
      request,
    );
    const of = (more: Partial<CompareRow>) =>
      rows.filter((row) =>
        Object.entries(more).every(([key, value]) => row[key as keyof CompareRow] === value),
      );
    expect(new Set(rows.map(({ region }) => region))).toEqual(new Set(['all', 'north']));
    expect(new Set(rows.map(({ season }) => season))).toEqual(new Set(['all', 'DJF', 'MAM', 'JJA', 'SON']));
    const parts = of({ run: 'sharp', metric: 'crps', region: 'north', lead_hours: 24 });
    const [whole, ...quarters] = parts;
    expect(whole!.season).toBe('all');
    expect(quarters.reduce((sum, { n }) => sum + n, 0)).toBe(whole!.n);
    const mean = quarters.reduce((sum, { n, value }) => sum + n * value, 0) / whole!.n;
    expect(mean).toBeCloseTo(whole!.value, 10);

    const home = of({ region: 'all', season: 'all', lead_hours: 24 });
    const names = (more: Partial<CompareRow>) =>
      new Set(
        home
          .filter((row) =>
            Object.entries(more).every(([key, value]) => row[key as keyof CompareRow] === value),
          )
          .map(({ metric }) => metric),
      );
    const alone = names({ run: 'wide', against: null, event: null });
    for (const metric of [
      ...['crps', 'crps_energy', 'crps_almost_fair', 'rmse', 'rmse_debiased', 'bias', 'mae', 'acc', 'spread'],
      ...['spread_skill_ratio', 'ignorance', 'quantile_score_90', 'interval_score_80', 'coverage_80', 'rps'],
      ...[
        'rps_fair',
        'members',
        'scored',
        'rank_00',
        'crps_skill_score',
        'mse_skill_score',
        'rps_skill_score',
      ],
      ...['crps_skill_vs_persistence', 'mse_skill_vs_persistence'],
    ])
      expect(alone, metric).toContain(metric);
    const paired = names({ run: 'wide', against: 'sharp', event: null });
    for (const metric of [
      ...['crps', 'rmse', 'ignorance', 'interval_score_80', 'rps_fair', 'acc', 'spread_skill_distance'],
    ])
      expect(paired, metric).toContain(`${metric}_difference`);
    for (const metric of ['spread', 'bias', 'coverage_80', 'members', 'rank_00', 'mse'])
      expect(paired, metric).not.toContain(`${metric}_difference`);
    const events = new Set(home.map(({ event }) => event));
    expect(events).toEqual(new Set([null, 'above p10', 'above p50', 'above p90', 'above 1004']));
    const eventPairs = names({ run: 'wide', against: 'sharp', event: 'above 1004' });
    for (const metric of ['brier', 'brier_fair', 'twcrps', 'reliability', 'resolution', 'roc_area'])
      expect(eventPairs, metric).toContain(`${metric}_difference`);
    for (const row of rows) {
      expect((row.against === null) === (row.p_value === null)).toBe(true);
      expect((row.against === null) === (row.verdict === null)).toBe(true);
      if (row.verdict !== null && row.verdict !== 'no evidence') {
        expect(row.p_value).toBeLessThan(0.05);
        const none = row.metric === 'crps_skill_ratio' ? 1 : 0;
        expect(row.ci_low > none || row.ci_high < none).toBe(true);
        const larger = /^(acc|resolution|roc_area|value_max|crps_skill_ratio)/.test(row.metric);
        expect(row.verdict === 'better').toBe(larger === row.value > none);
      }
    }
    // Members twice as wide as they should be cost the same in every season; a quarter of the starts tells less.
    const seasonal = of({ run: 'wide', metric: 'crps_difference', region: 'all', lead_hours: 24 });
    expect(seasonal[0]).toMatchObject({ season: 'all', verdict: 'worse' });
    expect(seasonal.slice(1).every(({ value, verdict }) => value > 0 && verdict !== 'better')).toBe(true);
  });

  it('compares ensembles of different sizes by fair scores without favour', async () => {
    const rows = await compared(
      {
        many: ensemble({ starts: daily(330), members: 50 }),
        five: ensemble({ starts: daily(330), members: 5, seed: 9 }),
      },
      { events: { numbers: { msl: [1000] } } },
    );
    const said = (metric: string) => find(rows, 'five', `${metric}_difference`);
    for (const metric of ['crps', 'brier_fair', 'spread_skill_distance', 'rmse_debiased']) {
      const { value } = said(metric);
      const own = Math.abs(
        find(rows, 'many', metric === 'spread_skill_distance' ? 'spread_skill_ratio' : metric).value,
      );
      expect(Math.abs(value) / own, metric).toBeLessThan(0.06);
    }
    // The plain forms punish few members: (M + 1)/M of the best Brier score, and Δ/2M of the CRPS.
    for (const metric of ['crps_energy', 'brier', 'rmse']) expect(said(metric).verdict, metric).toBe('worse');
  });

  it('gives the same rows from statistics gathered before, run by run, and in parts', async () => {
    const runs = [
      { name: 'a', source: ensemble({ starts: daily(60) }) },
      { name: 'b', source: ensemble({ starts: daily(60), spread: 1.3, seed: 4 }) },
    ];
    const options = { references: [climatology], training, regions: [wholeDomain, north] };
    const together = await compareRuns({ runs, archive, resamples: 200, seasons: true, ...options });
    const tables: StatisticTable[] = [];
    for (const run of runs)
      for (const starts of [daily(25), daily(35, 25)])
        tables.push((await gatherStatistics({ runs: [run], archive, starts, maps: null, ...options })).table);
    const rows = compareStatistics(mergeTables(...tables.reverse()), {
      runs: ['a', 'b'],
      references: ['climatology'],
      regions: ['all', 'north'],
      channels: archive.schema.channels,
      seasons: true,
      resamples: 200,
    });
    expect(rows).toEqual(together.rows);
  });
});

describe('what runs share', () => {
  it('is compared, and nothing else', async () => {
    const a = ensemble({ starts: daily(20), leadsHours: [24, 48, 72] });
    const b = ensemble({ starts: daily(20, 5), leadsHours: [72, 24, 96] });
    const { starts, leadsHours, rows } = await compareRuns({
      runs: [
        { name: 'a', source: a },
        { name: 'b', source: b },
      ],
      archive,
      resamples: 10,
    });
    expect(starts).toEqual(daily(15, 5));
    expect(leadsHours).toEqual([24, 72]);
    expect(new Set(rows.map((row) => row.n))).toEqual(new Set([15]));
  });

  it('is told when it is nothing', async () => {
    const a = ensemble({ starts: daily(3) });
    await expect(compared({ a, b: ensemble({ starts: daily(4, 10) }) })).rejects.toThrow(
      /share no start: a has 3 \(2004-01-01T00Z … 2004-01-03T00Z\); b has 4 \(2004-01-11T00Z/,
    );
    await expect(compared({ a, b: ensemble({ starts: daily(3), leadsHours: [12] }) })).rejects.toThrow(
      /share no lead: a has 24, 72 h; b has 12 h/,
    );
    const wind = [{ variable: 'u10', level: null, unit: 'm s-1' }];
    await expect(compared({ a, b: { ...a, schema: { ...a.schema, channels: wind } } })).rejects.toThrow(
      /share no channel: a has msl \[Pa\]; b has u10 \[m s-1\]/,
    );
    const shifted = { ...a.schema, grid: makeGrid([60, 50], [0, 10, 21]) };
    await expect(compared({ a, b: { ...a, schema: shifted } })).rejects.toThrow(/same grid/);
    await expect(compared({ a })).rejects.toThrow(/two runs or more/);
    const late = ensemble({ starts: [Date.UTC(2015, 0, 1)] });
    await expect(compared({ a: late, b: late })).rejects.toThrow(/no valid time is in both/);
    const partial = { ...a, readMembers: async () => ({ values: new Float32Array(6), members: [0] }) };
    await expect(compared({ a, b: partial })).rejects.toThrow(/b has 1 of 10 members/);
    await expect(compared({ a, persistence: a }, { references: [persistence] })).rejects.toThrow(
      /called "persistence"/,
    );
  });
});

/** Abramowitz & Stegun 7.1.26, |error| < 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 1 - poly * Math.exp(-x * x);
}
