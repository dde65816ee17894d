/** Climatology of a world without seasons, of long and of short training periods. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { persistence } from '../../evaluation/references/persistence.js';
import { SampleDistribution } from '../../evaluation/references/sampleDistribution.js';
import { seasonlessClimatology } from '../../evaluation/references/seasonlessClimatology.js';
import { readTraining } from '../../evaluation/references/trainingSeries.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { verify } from '../../evaluation/verify.js';
import { memoryArchive, pressureSchema, seededNormals } from './memoryArchive.js';

const from = Date.UTC(2001, 0, 1);

function draws(count: number, step: number): Float32Array {
  const out = new Float32Array(count);
  normals({ seed: 5, weightSample: 0, noiseStream: 0, purpose: 'training', step }, out);
  return out;
}

describe('a distribution from a sample', () => {
  it('has the fair CRPS, mean and variance of its members, for any number of them', () => {
    const points = 40;
    for (const members of [2, 31, 32, 33, 64, 100]) {
      const sample = draws(members * points, members).map((x) => 1e5 + 500 * x);
      const observed = draws(points, 1000 + members).map((x) => 1e5 + 900 * x);
      observed[3] = sample[3]!; // equal to a member
      const distribution = new SampleDistribution(sample, members, points);
      const crps = new Float64Array(points);
      distribution.crps(observed, crps);
      const expected = crpsEnsemble(sample, members, observed);
      for (let p = 0; p < points; p++) expect(crps[p]).toBeCloseTo(expected[p]!, 6);
      const [mean, variance] = [new Float64Array(points), new Float64Array(points)];
      memberMoments(sample, members, mean, variance);
      expect(distribution.mean).toEqual(mean);
      for (let p = 0; p < points; p++) expect(distribution.variance[p]! / variance[p]!).toBeCloseTo(1, 12);
    }
  });

  it('counts only pairs far enough apart as two draws', () => {
    // Members 0, 1 an hour apart, 2 a day later: the pairs that count are (0, 2) and (1, 2).
    const times = Float64Array.of(0, 1, 24).map((hours) => hours * millisecondsPerHour);
    const distribution = new SampleDistribution(Float64Array.of(0, 10, 100), 3, 1, {
      kind: 'apart',
      times,
      apart: 12 * millisecondsPerHour,
    });
    const crps = new Float64Array(1);
    distribution.crps(Float64Array.of(20), crps);
    expect(crps[0]).toBeCloseTo((20 + 10 + 80) / 3 - (100 + 90) / 2 / 2, 10);
    const close = { kind: 'apart', times: Float64Array.of(0, 1, 2), apart: millisecondsPerHour } as const;
    expect(() => new SampleDistribution(Float64Array.of(0, 1, 2), 3, 1, close)).toThrow(/longer training/);
  });

  it('leaves a missing observation missing', () => {
    const crps = new Float64Array(1);
    new SampleDistribution(Float64Array.of(1, 2), 2, 1).crps(Float64Array.of(Number.NaN), crps);
    expect(crps[0]).toBeNaN();
  });
});

/** First-order autoregression of unit variance at every point, daily, without a season. */
function restless(days: number, r: number, seed: number): Archive {
  const grid = makeGrid(
    Array.from({ length: 10 }, (_, i) => 60 - i),
    Array.from({ length: 20 }, (_, i) => i),
  );
  const points = 200;
  const normal = seededNormals(seed);
  const values = new Float32Array(days * points);
  for (let p = 0; p < points; p++) {
    let a = normal();
    for (let t = 0; t < days; t++) {
      values[t * points + p] = a;
      a = r * a + Math.sqrt(1 - r * r) * normal();
    }
  }
  const times = Float64Array.from({ length: days }, (_, i) => from + i * millisecondsPerDay);
  return memoryArchive(pressureSchema(grid), times, values);
}

function noEnsemble(archive: Archive, start: number, leadsHours: number[]): EnsembleSource {
  const points = 200;
  return {
    schema: archive.schema,
    starts: [start],
    leadsHours,
    manifest: { weight_samples: 1, noise_streams: 2 },
    readMembers: async () => ({ values: new Float32Array(2 * points), members: [0, 1] }),
  };
}

describe('climatology without a season', () => {
  it('scores 1/√π of a standard deviation from seven weeks, although neighbouring days resemble each other', async () => {
    const archive = restless(80, 0.8, 31);
    const leads = Array.from({ length: 10 }, (_, i) => 24 * (i + 1));
    const run = noEnsemble(archive, from + 64 * millisecondsPerDay, leads);
    const training = { from, to: from + 49 * millisecondsPerDay };
    const references = [seasonlessClimatology];
    const verified = await verify({ run, archive, training, references });
    const scores = verified.rows.filter((row) => row.model === 'climatology' && row.metric === 'crps');
    const mean = scores.reduce((sum, row) => sum + row.value, 0) / scores.length;
    // 200 points × about two independent truths each: standard error 0.42/√400 = 2 %. All pairs would give 5 % more.
    expect(scores).toHaveLength(10);
    expect(Math.abs(mean * Math.sqrt(Math.PI) - 1)).toBeLessThan(0.04);
    const everyPair = await readTraining(archive, training, [0]);
    const naive = new SampleDistribution(everyPair[0]!.values, 50, 200);
    const careful = seasonlessClimatology.fit(everyPair[0]!, leads).predict([], 0, 24);
    if (careful.kind !== 'distribution') throw new Error('no distribution');
    const [a, b] = [new Float64Array(200), new Float64Array(200)];
    const truth = (await archive.read(70)).values;
    naive.crps(truth, a);
    careful.distribution.crps(truth, b);
    const excess = a.reduce((sum, x, i) => sum + x - b[i]!, 0) / 200;
    expect(excess * Math.sqrt(Math.PI)).toBeGreaterThan(0.03);
    expect(verified.references[0]!.summary).toMatch(
      /50 states of any date, 2001-01-01T00Z to 2001-02-19T00Z/,
    );
  });

  it('reads no more than 500 evenly spread states of a long training period, and none for persistence alone', async () => {
    const archive = restless(1700, 0.5, 32);
    const read: number[] = [];
    const counted: Archive = {
      ...archive,
      read: (i) => {
        read.push(i);
        return archive.read(i);
      },
    };
    const run = noEnsemble(archive, from + 1650 * millisecondsPerDay, [24]);
    const training = { from, to: from + 1600 * millisecondsPerDay };
    await verify({ run, archive: counted, training, references: [seasonlessClimatology] });
    const training500 = read.filter((i) => i <= 1600);
    expect(training500).toHaveLength(401);
    expect(training500.slice(0, 3)).toEqual([0, 4, 8]);
    read.length = 0;
    const { rows } = await verify({ run, archive: counted, references: [persistence] });
    expect(rows.some((row) => row.model === 'persistence')).toBe(true);
    expect(read.every((i) => i >= 1650)).toBe(true);
  });

  it('says how long a training period must be', async () => {
    const archive = restless(80, 0.8, 33);
    const run = noEnsemble(archive, from + 64 * millisecondsPerDay, [24]);
    const training = { from, to: from + 5 * millisecondsPerDay };
    await expect(verify({ run, archive, training, references: [seasonlessClimatology] })).rejects.toThrow(
      /climatology of msl: .* 6 state\(s\) from 2001-01-01T00Z .* more than 10 days/,
    );
  });
});
