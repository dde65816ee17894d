/** Statistics of cases against plain computation by hand, and the same bits however the work is cut. */
import { describe, expect, it } from 'vitest';
import { makeGrid, pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { createFieldScores } from '../../evaluation/fields/fieldScores.js';
import { climatology } from '../../evaluation/references/climatology.js';
import { persistence } from '../../evaluation/references/persistence.js';
import { regionWeights } from '../../evaluation/region.js';
import { crpsEnsemble, crpsKernel } from '../../evaluation/scores/crps.js';
import { createGatherer, type GatherRequest, gatherStatistics } from '../../evaluation/statistics/gather.js';
import { gatherMemory } from '../../evaluation/statistics/gatherMemory.js';
import { planGathering } from '../../evaluation/statistics/gatherPlan.js';
import { encodeStatistics } from '../../evaluation/statistics/statisticsFile.js';
import { mergeTables, type StatisticTable } from '../../evaluation/statistics/statisticTable.js';
import { memoryArchive, seededNormals } from './memoryArchive.js';

const grid = makeGrid([60, 50, 40, 30, 20], [0, 10, 20, 30, 40, 50, 60]);
const points = 35;
const [K, J] = [2, 4];
const M = K * J;
const first = Date.UTC(2001, 0, 1);
const schema = {
  grid,
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};

const archive: Archive = (() => {
  const normal = seededNormals(5);
  const days = 3 * 365 + 40;
  const times = Float64Array.from({ length: days }, (_, i) => first + i * millisecondsPerDay);
  const values = Float32Array.from({ length: days * 2 * points }, (_, i) => {
    const centre = Math.floor(i / points) % 2 === 0 ? 1e5 : 280;
    return centre + (centre > 1000 ? 800 : 6) * normal();
  });
  return memoryArchive(schema, times, values);
})();

const starts = Array.from({ length: 8 }, (_, i) => Date.UTC(2004, 0, 3) + 2 * i * millisecondsPerDay);
const leadsHours = [24, 96];

/** Draws about the truth; the source reads stretches when asked for them. */
function ensemble(weightSamples = K, noiseStreams = J): EnsembleSource {
  const indexOf = new Map(Array.from(archive.times, (time, i) => [time, i]));
  const members = weightSamples * noiseStreams;
  return {
    schema,
    starts,
    leadsHours,
    manifest: { weight_samples: weightSamples, noise_streams: noiseStreams },
    async readMembers(start, lead, channel, range = { from: 0, to: points }) {
      const normal = seededNormals(start / 1e5 + 7 * lead + channel);
      const index = indexOf.get(start + lead * millisecondsPerHour);
      const truth =
        index === undefined ? null : (await archive.read(index)).values.subarray(channel * points);
      const scale = channel === 0 ? 500 : 4;
      const field = Float32Array.from(
        { length: members * points },
        (_, i) => (truth?.[i % points] ?? 0) + scale * (0.3 + normal()),
      );
      const n = range.to - range.from;
      const values = new Float32Array(members * n);
      for (let m = 0; m < members; m++)
        values.set(field.subarray(m * points + range.from, m * points + range.to), m * n);
      return { values, members: Int32Array.from({ length: members }, (_, m) => m) };
    },
  };
}

const request: GatherRequest = {
  runs: [{ name: 'ensemble', source: ensemble() }],
  archive,
  regions: [
    { name: 'all', box: null },
    { name: 'north', box: { north: 90, south: 45, west: 5, east: 45 } },
  ],
  references: [persistence, climatology],
  training: { from: first, to: Date.UTC(2003, 11, 31) },
  events: { numbers: { msl: [100_300] } },
  workers: 0,
};

const bytesOf = (table: StatisticTable): string =>
  Buffer.from(encodeStatistics({ table, madeFrom: null })).toString('base64');

function groupOf(table: StatisticTable, model: string, variable: string, lead: number, region: string) {
  const found = table.groups.find(
    (group) =>
      group.model === model &&
      group.variable === variable &&
      group.lead_hours === lead &&
      group.region === region,
  );
  if (!found) throw new Error(`no group ${model} ${variable} ${lead} ${region}`);
  return found;
}

describe('memory of a gathering', () => {
  it('counts what files of forecasts keep decoded, and is refused before a member is read', async () => {
    let read = 0;
    const source: EnsembleSource = {
      ...ensemble(),
      heldBytes: 4e15,
      readMembers: (...asked) => {
        read++;
        return ensemble().readMembers(...asked);
      },
    };
    const plain = await planGathering(request);
    const holding = await planGathering({ ...request, runs: [{ name: 'ensemble', source }] });
    expect(gatherMemory(holding) - gatherMemory(plain)).toBe(4e15);
    await expect(gatherStatistics({ ...request, runs: [{ name: 'ensemble', source }] })).rejects.toThrow(
      /gathering statistics needs about 4000000\.\d\d GB of memory/,
    );
    expect(read).toBe(0);
  });
});

describe('gathered statistics', () => {
  const gathered = gatherStatistics(request);

  it('are the area means of scores at points, ranks, and shares of events', async () => {
    const { table, scored, missingTruth } = await gathered;
    // Truth ends on 2004-02-08: every valid time is there.
    expect([scored, missingTruth]).toEqual([32, 0]);
    const { cases, memberCount } = groupOf(table, 'ensemble', 'msl', 96, 'north');
    expect(memberCount).toBe(M);
    for (const [s, start] of starts.entries()) {
      const valid = archive.times.indexOf(start + 96 * millisecondsPerHour);
      const truth = (await archive.read(valid)).values.subarray(0, points);
      const { values } = await ensemble().readMembers(start, 96, 0);
      const inside = [...Array(points).keys()].filter((p) => p < 14 && p % 7 >= 1 && p % 7 <= 4);
      const area = pointWeights(grid);
      const total = inside.reduce((sum, p) => sum + area[p]!, 0);
      const mean = (of: (p: number) => number) =>
        inside.reduce((sum, p) => sum + area[p]! * of(p), 0) / total;
      const members = (p: number) => Array.from({ length: M }, (_, m) => values[m * points + p]!);
      const centre = (p: number) => members(p).reduce((sum, x) => sum + x, 0) / M;
      const near = (name: string, expected: number) =>
        expect(Math.abs(cases.at(s, name) / expected - 1), name).toBeLessThan(1e-9);
      const crps = crpsEnsemble(values, M, truth);
      near(
        'crps',
        mean((p) => crps[p]!),
      );
      near(
        'squared_error',
        mean((p) => (centre(p) - truth[p]!) ** 2),
      );
      near(
        'error',
        mean((p) => centre(p) - truth[p]!),
      );
      near(
        'variance',
        mean((p) => members(p).reduce((sum, x) => sum + (x - centre(p)) ** 2, 0) / (M - 1)),
      );
      const below = (p: number) => members(p).filter((x) => x < truth[p]!).length;
      for (let rank = 0; rank <= M; rank++)
        expect(cases.at(s, `rank_0${rank}`)).toBeCloseTo(
          mean((p) => (below(p) === rank ? 1 : 0)),
          12,
        );
      const event = 'above 100300: ';
      const share = (p: number) => members(p).filter((x) => x > 100_300).length / M;
      const happened = (p: number) => (truth[p]! > 100_300 ? 1 : 0);
      expect(cases.at(s, `${event}event`)).toBeCloseTo(mean(happened), 12);
      near(
        `${event}brier`,
        mean((p) => (share(p) - happened(p)) ** 2),
      );
      for (let c = 0; c <= M; c++) {
        const given = (p: number) => (Math.round(share(p) * M) === c ? 1 : 0);
        expect(cases.at(s, `${event}given_0${c}`)).toBeCloseTo(mean(given), 12);
        expect(cases.at(s, `${event}happened_0${c}`)).toBeCloseTo(
          mean((p) => given(p) * happened(p)),
          12,
        );
      }
      expect(cases.at(s, 'scored')).toBe(1);
      expect(cases.at(s, 'members')).toBe(M);
    }
  });

  it('score references by the same truth, a field as its absolute error, events by climatology', async () => {
    const { table, references } = await gathered;
    const field = groupOf(table, 'persistence', 't', 24, 'all');
    expect(field.memberCount).toBe(1);
    for (const s of starts.keys())
      expect(field.cases.at(s, 'crps')).toBe(field.cases.at(s, 'absolute_error'));
    const usual = groupOf(table, 'climatology', 't', 24, 'all').cases;
    // Noise without memory: the tenth above p90 happens one time in ten, and climatology gives it one in ten.
    let happened = 0;
    for (const s of starts.keys()) {
      happened += usual.at(s, 'above p90: event') / starts.length;
      const given = usual.statistics.filter((name) => name.startsWith('above p90: given'));
      expect(given.reduce((sum, name) => sum + usual.at(s, name), 0)).toBeCloseTo(1, 9);
      // Of a few dozen states a tenth is a matter of one more or less.
      const mean = given.reduce((sum, name, c) => sum + (c / 100) * usual.at(s, name), 0);
      expect(Math.abs(mean - 0.1)).toBeLessThan(0.05);
    }
    // Fields of climatology are states of other years. Two fields of noise of 6 K lie √2 · 6 K apart, and the score is
    // half of that; eight cases of 35 points know it to 3 %.
    const energy = [...starts.keys()].reduce(
      (sum, s) => sum + usual.at(s, 'energy_score') / starts.length,
      0,
    );
    expect(Math.abs(energy / (Math.SQRT1_2 * 6) - 1)).toBeLessThan(0.1);
    // 280 draws of 0.1: standard error 0.018.
    expect(Math.abs(happened - 0.1)).toBeLessThan(0.055);
    expect(references.map(({ name, channel }) => `${channel} ${name}`)).toEqual([
      'msl persistence',
      'msl climatology',
      't850 persistence',
      't850 climatology',
    ]);
  });

  it('are the same bytes from one thread, several, and starts gathered apart and merged', async () => {
    const { table, maps } = await gathered;
    const whole = bytesOf(table);
    const threads = await gatherStatistics({ ...request, workers: 2 });
    expect(bytesOf(threads.table)).toBe(whole);
    expect(threads.maps).toEqual(maps);
    const part = (own: number[]) => gatherStatistics({ ...request, starts: own });
    const parts = await Promise.all([
      part([starts[1]!, starts[5]!]),
      part([starts[0]!, starts[7]!, starts[2]!]),
      part([starts[6]!, starts[3]!, starts[4]!]),
    ]);
    expect(bytesOf(mergeTables(...parts.map((each) => each.table)))).toBe(whole);
    const one = await createGatherer(request);
    try {
      for (const start of [...starts].reverse()) await one.add([start]);
      expect(bytesOf(one.result().table)).toBe(whole);
    } finally {
      await one.close();
    }
  });

  it('make maps whose area means are the means of the rows', async () => {
    const { table, maps } = await gathered;
    const drawn = maps.map(({ variable, lead_hours, statistic }) => `${variable} ${lead_hours} ${statistic}`);
    for (const source of ['epistemic_variance', 'aleatoric_variance', 'epistemic_crps', 'aleatoric_crps'])
      expect(drawn).toContain(`t 96 ${source}`);
    const area = pointWeights(grid);
    for (const { variable, lead_hours, statistic, values, n } of maps) {
      if (!['crps', 'bias', 'aleatoric_crps'].includes(statistic)) continue;
      expect(n).toBe(starts.length);
      const { cases } = groupOf(table, 'ensemble', variable, lead_hours, 'all');
      const name = statistic === 'bias' ? 'error' : statistic;
      const expected = [...starts.keys()].reduce((sum, s) => sum + cases.at(s, name) / starts.length, 0);
      const found = values.reduce((sum, value, p) => sum + (area[p]! * value) / points, 0);
      expect(Math.abs(found / expected - 1)).toBeLessThan(1e-6);
    }
  });

  it('of one member are those of a field', async () => {
    const { table } = await gatherStatistics({
      ...request,
      references: [],
      runs: [{ name: 'one', source: ensemble(1, 1) }],
    });
    const { cases, memberCount } = groupOf(table, 'one', 't', 24, 'all');
    expect(memberCount).toBe(1);
    expect(cases.statistics).toEqual([
      'squared_error',
      'error',
      'absolute_error',
      'members',
      'rank_00',
      'rank_01',
      'scored',
      'energy_score',
      'variogram_score',
      // An open row of seven points.
      ...['members', 'mean', 'truth'].flatMap((series) =>
        [0, 1, 2, 3, 4, 5, 6].map((wavenumber) => `spectrum ${series} 00${wavenumber}`),
      ),
    ]);
    const without = await gatherStatistics({ ...request, fieldScores: false });
    for (const group of without.table.groups) expect(group.cases.statistics.at(-1)).toBe('scored');
  });

  it('leave out points without a value under policy omit, and say what share was scored', async () => {
    const source = ensemble();
    const holed: EnsembleSource = {
      ...source,
      async readMembers(...asked) {
        const read = await source.readMembers(...asked);
        // All members at the first point of the grid, one member at the seventh.
        for (let m = 0; m < M; m++) read.values[m * points] = Number.NaN;
        read.values[6] = Number.NaN;
        return read;
      },
    };
    const asked = { ...request, references: [], runs: [{ name: 'holed', source: holed }] };
    await expect(gatherStatistics(asked)).rejects.toThrow(
      /start 2004-01-03T00Z, lead 24 h: scores: 8 of 8 members at point 0 is missing/,
    );
    const { table } = await gatherStatistics({ ...asked, nanPolicy: 'omit' });
    const { cases } = groupOf(table, 'holed', 't', 24, 'all');
    const area = pointWeights(grid);
    expect(cases.at(0, 'scored')).toBeCloseTo(1 - area[0]! / points, 12);
    expect(cases.at(0, 'members')).toBeCloseTo(M - area[6]! / (points - area[0]!), 12);
    expect(cases.row(0).every(Number.isFinite)).toBe(true);
    const passed = await gatherStatistics({ ...asked, nanPolicy: 'propagate' });
    expect(groupOf(passed.table, 'holed', 't', 24, 'all').cases.at(0, 'crps')).toBeNaN();
    expect(groupOf(passed.table, 'holed', 't', 24, 'north').cases.at(0, 'crps')).not.toBeNaN();
  });

  it('of a field that is read in several stretches are those of the whole', async () => {
    const globe = makeGrid(
      Array.from({ length: 60 }, (_, i) => 88.5 - 3 * i),
      Array.from({ length: 120 }, (_, i) => 3 * i),
    );
    const [size, count] = [60 * 120, 800];
    const own = { grid: globe, channels: [schema.channels[0]!] };
    let state = 7;
    // Sums of two uniform numbers of a linear congruential generator: quick, and random enough.
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const field = (length: number) =>
      Float32Array.from({ length }, () => 1e5 + 1000 * (uniform() + uniform()));
    const members = field(count * size);
    const truth = field(size);
    const stretches: number[] = [];
    const source: EnsembleSource = {
      schema: own,
      starts: [first],
      leadsHours: [24],
      manifest: { weight_samples: 20, noise_streams: 40 },
      async readMembers(_s, _l, _c, range = { from: 0, to: size }) {
        const n = range.to - range.from;
        stretches.push(n);
        const values = new Float32Array(count * n);
        for (let m = 0; m < count; m++)
          values.set(members.subarray(m * size + range.from, m * size + range.to), m * n);
        return { values, members: new Int32Array(count) };
      },
    };
    const box = { name: 'box', box: { north: 70, south: -20, west: 100, east: 300 } };
    const { table, maps } = await gatherStatistics({
      runs: [{ name: 'large', source }],
      archive: memoryArchive(own, Float64Array.of(first + millisecondsPerDay), truth),
      regions: [{ name: 'all', box: null }, box],
      events: { numbers: { msl: [101_200] } },
      workers: 0,
    });
    expect(stretches.length).toBeGreaterThan(1);
    expect(stretches.every((n) => n % 120 === 0)).toBe(true);
    expect(stretches.reduce((sum, n) => sum + n, 0)).toBe(size);
    const crps = new Float64Array(size);
    crpsKernel(members, count, truth, crps, new Float64Array(count));
    const weights = [pointWeights(globe), regionWeights(box, globe)];
    const fields = createFieldScores(globe, weights, count, { mostPoints: 4096 });
    const sums = new Float64Array(fields.size);
    fields.sums({ members, memberStride: size, truth, from: 0, to: size }, sums);
    const { regions, spectra } = fields.result(sums);
    for (const [r, region] of ['all', 'box'].entries()) {
      const { cases } = groupOf(table, 'large', 'msl', 24, region);
      const near = (name: string, expected: number) =>
        expect(Math.abs(cases.at(0, name) / expected - 1), `${region} ${name}`).toBeLessThan(1e-9);
      const total = weights[r]!.reduce((sum, weight) => sum + weight, 0);
      near('crps', crps.reduce((sum, value, p) => sum + weights[r]![p]! * value, 0) / total);
      const event = truth.reduce((sum, y, p) => sum + (y > 101_200 ? weights[r]![p]! : 0), 0) / total;
      near('above 101200: event', event);
      near('energy_score', regions[r]!.energyScore);
      near('variogram_score', regions[r]!.variogramScore);
      // 800 members: a hundred classes.
      const given = cases.statistics.filter((name) => name.startsWith('above 101200: given_'));
      expect(given.length).toBe(101);
      expect(given.reduce((sum, name) => sum + cases.at(0, name), 0)).toBeCloseTo(1, 9);
    }
    const whole = groupOf(table, 'large', 'msl', 24, 'all').cases;
    for (const [b, { wavenumber }] of spectra!.bands.entries()) {
      const name = `spectrum mean ${String(wavenumber).padStart(3, '0')}`;
      expect(Math.abs(whole.at(0, name) / spectra!.mean[b]! - 1), name).toBeLessThan(1e-9);
    }
    const map = maps.find(({ statistic }) => statistic === 'crps')!;
    expect([...map.values]).toEqual([...Float32Array.from(crps)]);
  });

  it('stop when told to, and refuse events without climatology', async () => {
    const stop = new AbortController();
    const source = ensemble();
    const stopping: EnsembleSource = {
      ...source,
      readMembers: (start, ...asked) => {
        if (start > starts[0]!) stop.abort();
        return source.readMembers(start, ...asked);
      },
    };
    const runs = [{ name: 'ensemble', source: stopping }];
    const asked = { ...request, references: [], runs, signal: stop.signal };
    await expect(gatherStatistics(asked)).rejects.toThrow(/stopped after \d+ of 32 cases/);
    const without = { ...request, references: [], events: { percentiles: [90] } };
    await expect(gatherStatistics(without)).rejects.toThrow(/need climatology among the references/);
  });
});
