/** Verification from end to end on made-up weather whose right answers are known. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { encodeTable, readTable } from '../../core/store/table.js';
import { dayOfYear, millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { climatology } from '../../evaluation/references/climatology.js';
import { eofRegression } from '../../evaluation/references/eofRegression.js';
import { persistence } from '../../evaluation/references/persistence.js';
import {
  differencePrefix,
  type ScoreRow,
  scoreColumns,
  scoreRows,
  verdictOf,
} from '../../evaluation/scoreRow.js';
import { blockLength, bootstrapIntervals } from '../../evaluation/significance/blockBootstrap.js';
import { verify } from '../../evaluation/verify.js';
import { autoregressiveArchive, seededNormals } from './memoryArchive.js';

const from = Date.UTC(2001, 0, 1);
const r = 0.8;
const archive = autoregressiveArchive(from, 2556, r, seededNormals(21)); // 2001 … 2007
const training = { from, to: Date.UTC(2006, 11, 31) };
const points = 6;

const daily = (count: number) =>
  Array.from({ length: count }, (_, i) => Date.UTC(2007, 0, 1) + i * millisecondsPerDay);

/** The best ensemble there can be: draws from the true distribution of x(t + L) given x(t), plus `offset(k)`. */
function perfectEnsemble(
  starts: readonly number[],
  leadsHours: readonly number[],
  K: number,
  J: number,
  offset: (k: number, normal: () => number) => number = () => 0,
): EnsembleSource {
  const indexOf = new Map(Array.from(archive.times, (time, i) => [time, i]));
  const cycle = (time: number) => 1000 + 10 * Math.cos((2 * Math.PI * dayOfYear(time)) / 365.2425);
  return {
    schema: archive.schema,
    starts,
    leadsHours,
    manifest: { weight_samples: K, noise_streams: J },
    async readMembers(start, lead) {
      const normal = seededNormals(start / 1000 + lead);
      const now = (await archive.read(indexOf.get(start)!)).values;
      const decay = r ** (lead / 24);
      const later = cycle(start + lead * millisecondsPerHour);
      const values = new Float32Array(K * J * points);
      for (let k = 0; k < K; k++) {
        const shift = Float64Array.from({ length: points }, () => offset(k, normal));
        for (let m = k * J; m < (k + 1) * J; m++) {
          for (let p = 0; p < points; p++) {
            const mean = later + decay * (now[p]! - cycle(start));
            values[m * points + p] = mean + shift[p]! + 5 * Math.sqrt(1 - decay * decay) * normal();
          }
        }
      }
      return { values, members: Int32Array.from({ length: K * J }, (_, m) => m) };
    },
  };
}

function find(rows: readonly ScoreRow[], model: string, metric: string, lead: number): ScoreRow {
  const row = rows.find((each) => each.model === model && each.metric === metric && each.lead_hours === lead);
  if (!row) throw new Error(`no row ${model}/${metric}/${lead}`);
  return row;
}

describe('verification of an ensemble that is exactly right', () => {
  const leads = [24, 72, 240];
  const run = perfectEnsemble(daily(360), leads, 4, 4);
  const done = verify({
    run,
    archive,
    training,
    references: [persistence, climatology, eofRegression()],
    resamples: 400,
  });

  it('finds the CRPS σ/√π, a spread–skill ratio of 1, flat ranks and no epistemic variance', async () => {
    const { rows } = await done;
    for (const lead of leads) {
      const sigma = 5 * Math.sqrt(1 - r ** (lead / 12));
      const near = (metric: string, expected: number, tolerance: number) => {
        const { value } = find(rows, 'ensemble', metric, lead);
        expect(Math.abs(value - expected), `${metric} at ${lead} h: ${value}`).toBeLessThan(tolerance);
      };
      // 360 days × 6 points; scores of neighbouring days share weather: about 2 % of standard error.
      near('crps', sigma / Math.sqrt(Math.PI), (0.08 * sigma) / Math.sqrt(Math.PI));
      near('spread', sigma, 0.03 * sigma);
      near('spread_skill_ratio', 1, 0.08);
      near('rmse', sigma * Math.sqrt(17 / 16), 0.08 * sigma);
      near('bias', 0, 0.3 * sigma);
      near('aleatoric_variance', sigma ** 2, 0.05 * sigma ** 2);
      near('epistemic_share', 0, 0.01);
      near('aleatoric_crps', sigma / Math.sqrt(Math.PI), (0.03 * sigma) / Math.sqrt(Math.PI));
      near('epistemic_crps_share', 0, 0.01);
      const ranks = rows.filter((row) => row.metric.startsWith('rank_') && row.lead_hours === lead);
      expect(ranks).toHaveLength(17);
      expect(ranks.reduce((sum, row) => sum + row.value, 0)).toBeCloseTo(1, 9);
      for (const rank of ranks) expect(Math.abs(rank.value - 1 / 17)).toBeLessThan(0.03);
      const crps = find(rows, 'ensemble', 'crps', lead);
      expect(crps.ci_low).toBeLessThan(crps.value);
      expect(crps.ci_high).toBeGreaterThan(crps.value);
    }
  });

  it('says better than climatology and persistence at a day, and no worse than the best regression', async () => {
    const { rows, references } = await done;
    const against = (reference: string, lead: number) =>
      verdictOf(find(rows, 'ensemble', `${differencePrefix}${reference}`, lead));
    expect(against('climatology', 24)).toBe('better');
    expect(against('persistence', 24)).toBe('better');
    expect(against('persistence', 240)).toBe('better');
    expect(against('eof-regression', 72)).not.toBe('worse');
    const row = find(rows, 'ensemble', `${differencePrefix}climatology`, 24);
    expect(verdictOf({ ...row, ci_low: -1, ci_high: 1 })).toBe('no evidence');
    expect(verdictOf({ ...row, ci_low: 0.5, ci_high: 1 })).toBe('worse');
    expect(verdictOf({ ...row, ci_low: Number.NaN, ci_high: Number.NaN })).toBe('no evidence');
    const regression = find(rows, 'ensemble', `${differencePrefix}eof-regression`, 24);
    const crps = find(rows, 'ensemble', 'crps', 24).value;
    expect(Math.abs(regression.value)).toBeLessThan(0.03 * crps);
    const skill = find(rows, 'ensemble', 'crps_skill_score', 24).value;
    expect(skill).toBeCloseTo(1 - crps / find(rows, 'climatology', 'crps', 24).value, 9);
    expect(references.map((each) => each.name)).toEqual(['persistence', 'climatology', 'eof-regression']);
    // A single field's CRPS is its mean absolute error.
    expect(find(rows, 'persistence', 'crps', 24).value).toBe(find(rows, 'persistence', 'mae', 24).value);
  });

  it('counts leads whose valid time the archive does not hold, and leaves them out', async () => {
    const { rows, missingTruth, scored } = await done;
    // Starts 2007-01-01 … 12-26, truth to 12-31: day 10 is missing for the last five starts.
    expect(missingTruth).toBe(5);
    expect(scored).toBe(360 * 3 - 5);
    expect(find(rows, 'ensemble', 'crps', 240).n).toBe(355);
    expect(find(rows, 'ensemble', 'crps', 24).n).toBe(360);
  });
});

describe('verification', () => {
  it('recovers the variance of the weights, and an over-confident ensemble has a ratio below 1', async () => {
    const run = perfectEnsemble(daily(120), [48], 8, 6, (_, normal) => 2 * normal());
    const { rows } = await verify({ run, archive, training, resamples: 10 });
    const value = (metric: string) => find(rows, 'ensemble', metric, 48).value;
    // 120 days × 6 points × 7 degrees of freedom: standard error 4·√(2/5040) = 2 %.
    expect(Math.abs(value('epistemic_variance') - 4)).toBeLessThan(0.5);
    // Gaussian in Gaussian: σ/√π is noise, √(σ² + τ²)/√π all; about 2 % of standard error again.
    const sigma = 5 * Math.sqrt(1 - r ** 4);
    const epistemic = (Math.hypot(sigma, 2) - sigma) / Math.sqrt(Math.PI);
    expect(Math.abs(value('epistemic_crps') / epistemic - 1)).toBeLessThan(0.13);
    expect(Math.abs((value('aleatoric_crps') * Math.sqrt(Math.PI)) / sigma - 1)).toBeLessThan(0.03);
    expect(value('epistemic_crps_negative_share')).toBeGreaterThan(0);
    const interval = find(rows, 'ensemble', 'epistemic_crps_share', 48);
    expect(interval.ci_low).toBeLessThan(interval.value);
    expect(interval.ci_high).toBeGreaterThan(interval.value);
    expect(value('spread_skill_ratio')).toBeGreaterThan(1);
    const still = perfectEnsemble(daily(120), [48], 1, 10);
    const narrow: EnsembleSource = {
      ...still,
      async readMembers(start, lead, channel) {
        const { values, members } = await still.readMembers(start, lead, channel);
        for (let p = 0; p < points; p++) {
          let mean = 0;
          for (let m = 0; m < 10; m++) mean += values[m * points + p]! / 10;
          for (let m = 0; m < 10; m++) values[m * points + p] = mean + 0.3 * (values[m * points + p]! - mean);
        }
        return { values, members };
      },
    };
    const narrowed = (await verify({ run: narrow, archive, training, resamples: 10 })).rows;
    expect(find(narrowed, 'ensemble', 'spread_skill_ratio', 48).value).toBeLessThan(0.5);
    expect(narrowed.some((row) => row.metric.startsWith('epistemic'))).toBe(false);
  });

  it('scores a single member as a single field: its CRPS is the absolute error, it has no spread', async () => {
    const run = perfectEnsemble(daily(20), [24], 1, 1);
    const { rows } = await verify({ run, archive, training, references: [persistence], resamples: 10 });
    const metrics = rows.filter((row) => row.model === 'ensemble').map((row) => row.metric);
    expect(metrics).toEqual([
      ...['crps', 'rmse', 'bias', 'mae', 'energy_score', 'variogram_score', 'members', 'scored'],
      ...['histogram_slope', 'rank_00', 'rank_01'],
      ...['crps_skill_vs_persistence', 'mse_skill_vs_persistence', 'crps_difference_vs_persistence'],
    ]);
    expect(find(rows, 'ensemble', 'crps', 24).value).toBe(find(rows, 'ensemble', 'mae', 24).value);
  });

  it('rows survive scores.arrow: values, nulls and missing intervals', async () => {
    const run = perfectEnsemble(daily(3), [24], 2, 3); // three starts: too few for an interval
    const { rows } = await verify({ run, archive, training });
    expect(rows.every((row) => Number.isNaN(row.ci_low))).toBe(true);
    const bytes = encodeTable(scoreColumns(rows), { made_by: 'test' });
    const directory = await mkdtemp(path.join(tmpdir(), 'plume-scores-'));
    try {
      const file = path.join(directory, 'scores.arrow');
      await writeFile(file, bytes);
      expect(scoreRows(await readTable(file), file)).toEqual(rows);
      await writeFile(file, encodeTable(scoreColumns(rows).slice(1)));
      const shortened = await readTable(file);
      expect(() => scoreRows(shortened, file)).toThrow(/no column "model"/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('averages over regions with their own points', async () => {
    const run = perfectEnsemble(daily(20), [24], 2, 3);
    const box = (north: number, south: number) => ({ north, south, west: -10, east: 30 });
    const regions = [
      { name: 'all', box: null },
      { name: 'north', box: box(90, 55) },
      { name: 'south', box: box(55, -90) },
    ];
    const { rows } = await verify({ run, archive, training, regions, resamples: 10 });
    const bias = (region: string) =>
      rows.find((row) => row.region === region && row.metric === 'bias')!.value;
    // Rows at 60° and 50°: weights sin 65 − sin 55 and sin 55 − sin 45.
    const sine = (degrees: number) => Math.sin((degrees * Math.PI) / 180);
    const [north, south] = [sine(65) - sine(55), sine(55) - sine(45)];
    expect(bias('all')).toBeCloseTo((north * bias('north') + south * bias('south')) / (north + south), 9);
    const nowhere = [{ name: 'Pacific', box: { north: 10, south: -10, west: 150, east: -120 } }];
    await expect(verify({ run, archive, training, regions: nowhere })).rejects.toThrow(
      /"Pacific".*holds no point/,
    );
  });

  it('gives the same rows again for the same seed, other intervals for another, and the same values', async () => {
    const run = perfectEnsemble(daily(40), [24], 2, 3);
    const once = await verify({ run, archive, training, seed: 1, resamples: 50 });
    expect(await verify({ run, archive, training, seed: 1, resamples: 50 })).toEqual(once);
    const other = await verify({ run, archive, training, seed: 2, resamples: 50 });
    expect(other.rows.map((row) => row.value)).toEqual(once.rows.map((row) => row.value));
    expect(other.rows.map((row) => row.ci_low)).not.toEqual(once.rows.map((row) => row.ci_low));
  });

  it('refuses what cannot be scored, and says what to do', async () => {
    const run = perfectEnsemble(daily(5), [24], 2, 3);
    const elsewhere: EnsembleSource = { ...run, starts: [Date.UTC(2015, 0, 1)] };
    await expect(verify({ run: elsewhere, archive, training })).rejects.toThrow(/no valid time is in both/);
    const other = { ...archive.schema, grid: makeGrid([60, 50], [0, 10, 21]) };
    await expect(verify({ run: { ...run, schema: other }, archive, training })).rejects.toThrow(
      /lies on a grid/,
    );
    const winds = { ...archive.schema, channels: [{ variable: 'u10', level: null, unit: 'm s-1' }] };
    await expect(verify({ run: { ...run, schema: winds }, archive, training })).rejects.toThrow(
      /no channel u10/,
    );
    const partial: EnsembleSource = {
      ...run,
      readMembers: async () => ({ values: new Float32Array(4 * points), members: [0, 1, 2, 3] }),
    };
    await expect(verify({ run: partial, archive, training })).rejects.toThrow(/4 of 6 members/);
    const late = { from, to: Date.UTC(2007, 5, 1) };
    await expect(verify({ run, archive, training: late, references: [climatology] })).rejects.toThrow(
      /overlaps/,
    );
  });

  it('stops at a missing truth value, or leaves it out when told to', async () => {
    const run = perfectEnsemble(daily(10), [24], 2, 3);
    const holed: Archive = {
      ...archive,
      read: async (i) => {
        const state = await archive.read(i);
        if (archive.times[i] === Date.UTC(2007, 0, 4)) state.values[2] = Number.NaN;
        return state;
      },
    };
    await expect(verify({ run, archive: holed, training })).rejects.toThrow(
      /start 2007-01-03T00Z, lead 24 h: .*the observation at point 2 is missing/,
    );
    const { rows } = await verify({ run, archive: holed, training, nanPolicy: 'omit', resamples: 10 });
    expect(find(rows, 'ensemble', 'crps', 24).n).toBe(10);
    for (const row of rows) expect(row.value, row.metric).not.toBeNaN();
  });
});

describe('block bootstrap', () => {
  const mean = (means: Float64Array) => means[0]!;
  const options = { seed: 4, resamples: 2000 };

  it('gives 1.96 standard errors for independent cases', () => {
    const normal = seededNormals(8);
    const cases = Float64Array.from({ length: 400 }, normal);
    const [interval] = bootstrapIntervals(cases, 1, 1, [mean], options);
    const width = interval!.high - interval!.low;
    expect(Math.abs(width / ((2 * 1.96) / 20) - 1)).toBeLessThan(0.15);
  });

  it('widens for cases that resemble their neighbours, where drawing single cases would not', () => {
    const normal = seededNormals(9);
    let a = 0;
    const cases = Float64Array.from({ length: 1000 }, () => (a = 0.8 * a + 0.6 * normal()));
    const width = (block: number) => {
      const [interval] = bootstrapIntervals(cases, 1, block, [mean], options);
      return interval!.high - interval!.low;
    };
    // The variance of the mean is (1 + 0.8)/(1 − 0.8) = 9 times that of independent cases: three times as wide.
    expect(width(25) / width(1)).toBeGreaterThan(2);
    expect(width(25) / width(1)).toBeLessThan(4);
  });

  it('has no interval for a handful of cases, and blocks that cover the overlap of forecasts', () => {
    const few = bootstrapIntervals(Float64Array.of(1, 2, 3), 1, 1, [mean], options);
    expect(few[0]!.low).toBeNaN();
    expect(blockLength(365, 168, 24)).toBe(8);
    expect(blockLength(365, 24, 24)).toBe(8); // 365^(1/3) = 7.1
    expect(blockLength(51, 168, 168)).toBe(4);
    expect(blockLength(1, 24, 0)).toBe(1);
  });
});
