/** plume verify on a run in a directory: what it writes, what it keeps, and what its options mean. */
import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ZarrWriter } from '../../core/archive/zarrWriter.js';
import { gridSize, makeGrid } from '../../core/grid.js';
import { type Schema, schemaToJson } from '../../core/schema.js';
import { encodeMemberFile, memberFileName, memberFileRows } from '../../core/store/memberFile.js';
import { openOrCreateRun, writeChunk } from '../../core/store/runWriter.js';
import { readTable } from '../../core/store/table.js';
import { millisecondsPerDay } from '../../core/time.js';
import { diagramRows } from '../../evaluation/diagramRow.js';
import { readScoreMaps } from '../../evaluation/scoreMaps.js';
import { scoreRows } from '../../evaluation/scoreRow.js';
import { readStatistics } from '../../evaluation/statistics/statisticsFile.js';
import { type VerifyResult, verifyCommand } from '../../src/commands/verify.js';
import { resolveOptions } from '../../src/options.js';
import { createReporter } from '../../src/progress.js';
import { eventsFrom } from '../../src/thresholdOption.js';
import { seededNormals } from '../evaluation/memoryArchive.js';

const epoch = Date.UTC(2001, 0, 1);
const schema: Schema = {
  grid: makeGrid([60, 30, 0, -30, -60], [0, 60, 120, 180, 240, 300]),
  channels: [
    { variable: 't', level: 850, unit: 'K' },
    { variable: 'msl', level: null, unit: 'Pa' },
  ],
};
const size = gridSize(schema.grid) * schema.channels.length;
const r = 0.8;
const leadsHours = [24, 48];
const starts = Array.from({ length: 12 }, (_, i) => epoch + (50 + 5 * i) * millisecondsPerDay);
const [K, J] = [2, 4];

let directory = '';
const at = (name: string): string => join(directory, name);

/** Draws from the law of the first-order autoregression that the archive follows. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-verify-'));
  const normal = seededNormals(17);
  const states: Float32Array[] = [];
  let x = Float32Array.from({ length: size }, normal);
  const layout = { schema, epoch, attributes: { seasonless: 'true' }, variables: {} };
  const store = await ZarrWriter.open(at('nature.zarr'), layout);
  for (let day = 0; day < 115; day++) {
    await store.append(epoch + day * millisecondsPerDay, x);
    states.push(x);
    x = x.map((value) => r * value + Math.sqrt(1 - r * r) * normal());
  }
  await store.commit();
  const writer = await openOrCreateRun(at('run'), {
    plume: '0.1.0',
    seed: 1,
    weightSamples: K,
    noiseStreams: J,
    starts,
    leadsHours,
    stepHours: 24,
    schema: schemaToJson(schema),
    model: { kind: 'test', train: '2001-01-01/2001-02-10' },
    perturbation: null,
    device: 'cpu',
    settings: { archive: ['nature.zarr'], initial: { analysis_error: 0, dates: [] } },
    config: {},
  });
  for (const start of starts) {
    const now = states[(start - epoch) / millisecondsPerDay]!;
    const fields = leadsHours.map((lead) => {
      const decay = r ** (lead / 24);
      return Float32Array.from(
        { length: K * J * size },
        (_, i) => decay * now[i % size]! + Math.sqrt(1 - decay * decay) * normal(),
      );
    });
    const range = { firstWeightSample: 0, weightSamples: K };
    const block = { schema, start, leadsHours, ...range, noiseStreams: J };
    const file = memberFileName(start, 0, K);
    const written = await writeChunk(at('run'), file, encodeMemberFile(block, fields));
    await writer.record({ file, kind: 'members', start, rows: memberFileRows(block), ...range, ...written });
  }
  await writer.close();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function verified(
  flags: Readonly<Record<string, unknown>> = {},
): Promise<{ result: VerifyResult; text: string; said: string }> {
  const given = { archive: [at('nature.zarr')], workers: 1, ...flags };
  let text = '';
  const said: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    const result = await verifyCommand.run({
      options: await resolveOptions(verifyCommand.options, given, undefined),
      operands: [at('run')],
      given: new Set(Object.keys(given)),
      report: { ...createReporter({ quiet: true }), line: (line) => said.push(line) },
      json: false,
      signal: new AbortController().signal,
    } as Parameters<typeof verifyCommand.run>[0]);
    return { result: result as VerifyResult, text, said: said.join('\n') };
  } finally {
    out.mockRestore();
  }
}

describe('plume verify', () => {
  it('writes scores, diagrams, statistics and maps that say what is printed', async () => {
    const { result, text } = await verified();
    const rows = scoreRows(await readTable(result.scores), result.scores);
    expect(rows).toEqual(result.rows);
    const value = (metric: string, event: string | null = null) =>
      rows.find(
        (row) =>
          row.model === 'ensemble' &&
          row.metric === metric &&
          row.event === event &&
          row.variable === 't' &&
          row.lead_hours === 24,
      )!.value;
    expect(text).toMatch(/t850, region all +24 h +48 h\n/);
    expect(text).toContain(value('crps').toFixed(3));
    expect(text).toContain('Brier skill against climatology, above p90  ensemble');
    // What the forecast is drawn from is what happens: CRPS σ/√π of σ = 0.6, a ratio of 1.
    expect(value('crps')).toBeCloseTo(0.6 / Math.sqrt(Math.PI), 1);
    expect(Math.abs(value('spread_skill_ratio') - 1)).toBeLessThan(0.2);
    // Forty days of this weather are worth five: what is usual is not known well.
    expect(Math.abs(value('event_frequency', 'above p90') - 0.1)).toBeLessThan(0.15);
    expect(value('event_frequency', 'above p67')).toBeGreaterThan(value('event_frequency', 'above p90'));
    const { reliability, resolution, uncertainty, brier } = Object.fromEntries(
      ['reliability', 'resolution', 'uncertainty', 'brier'].map((name) => [name, value(name, 'above p67')]),
    ) as Record<string, number>;
    expect(reliability! - resolution! + uncertainty!).toBeCloseTo(brier!, 12);

    const diagrams = diagramRows(await readTable(result.diagramsFile), result.diagramsFile);
    const others = diagrams.filter(({ model }) => model !== 'ensemble');
    expect(new Set(others.map(({ model, diagram }) => `${model} ${diagram}`))).toEqual(
      new Set(['climatology pit']),
    );
    const pit = others.filter(({ variable, lead_hours }) => variable === 't' && lead_hours === 24);
    expect(pit).toHaveLength(20);
    expect(pit.reduce((sum, { y }) => sum + y, 0)).toBeCloseTo(1, 12);
    const ranks = diagrams.filter(
      (row) => row.diagram === 'rank_histogram' && row.variable === 'msl' && row.lead_hours === 48,
    );
    expect(ranks).toHaveLength(K * J + 1);
    expect(ranks.reduce((sum, { y }) => sum + y, 0)).toBeCloseTo(1, 12);

    const { maps } = await readScoreMaps(result.maps);
    expect(maps.map(({ statistic }) => statistic)).toContain('crps');
    const { table } = await readStatistics(result.statistics);
    expect(table.starts).toEqual(starts);
    expect([result.scored, result.missingTruth]).toEqual([12 * 2 * 2, 0]);
  });

  it('takes statistics that are there, gives the same scores from them, and gathers anew for other options', async () => {
    const first = await verified({ out: at('kept') });
    expect(first.said).not.toContain('there already');
    const again = await verified({ out: at('kept') });
    expect(again.said).toContain('statistics.arrow: there already');
    expect(again.result).toEqual(first.result);
    const other = await verified({ out: at('kept'), thresholds: 'p50' });
    expect(other.said).not.toContain('there already');
    // An archive written since may hold other truth.
    const before = await stat(at('nature.zarr'));
    try {
      const later = new Date(Date.now() + 60_000);
      await utimes(at('nature.zarr'), later, later);
      const anew = await verified({ out: at('kept'), thresholds: 'p50' });
      expect(anew.said).not.toContain('there already');
      expect(anew.result.rows).toEqual(other.result.rows);
    } finally {
      await utimes(at('nature.zarr'), before.atime, before.mtime);
    }
  });

  it('the number of threads changes no byte', async () => {
    const [one, three] = [
      await verified({ out: at('one') }),
      await verified({ out: at('three'), workers: 3 }),
    ];
    for (const file of ['statistics', 'maps', 'diagramsFile'] as const)
      expect((await readFile(one.result[file])).equals(await readFile(three.result[file])), file).toBe(true);
    expect(three.result.rows).toEqual(one.result.rows);
  });

  it('scores regions, seasons and events as asked', async () => {
    const { result } = await verified({
      out: at('asked'),
      regions: 'nh',
      seasons: true,
      thresholds: 'p90,msl=0.5,t850=-1',
    });
    const of = <T>(pick: (row: VerifyResult['rows'][number]) => T): Set<T> => new Set(result.rows.map(pick));
    expect(of(({ region }) => region)).toEqual(new Set(['all', 'nh']));
    // Starts from 20 February every fifth day, valid a day or two later: two in winter, ten in spring.
    expect(of(({ season }) => season)).toEqual(new Set(['all', 'MAM']));
    expect(of(({ event, variable }) => (event === null ? null : `${variable} ${event}`))).toEqual(
      new Set([null, 't above p90', 't above -1', 'msl above p90', 'msl above 0.5']),
    );
    const crps = result.rows.filter(
      (row) =>
        row.metric === 'crps' && row.model === 'ensemble' && row.variable === 't' && row.lead_hours === 24,
    );
    expect(crps.map(({ region, season, n }) => [region, season, n])).toEqual([
      ['all', 'all', 12],
      ['all', 'MAM', 10],
      ['nh', 'all', 12],
      ['nh', 'MAM', 10],
    ]);
  });

  it('thresholds: none leaves events out; what is no threshold is refused with what would be one', async () => {
    const none = await verified({ out: at('none'), thresholds: 'none' });
    expect(none.result.rows.every(({ event }) => event === null)).toBe(true);
    expect(eventsFrom({ thresholds: undefined }, schema)).toBeUndefined();
    expect(eventsFrom({ thresholds: ['p5', 'msl=1e5', 'msl=-2'] }, schema)).toEqual({
      percentiles: [5],
      numbers: { msl: [1e5, -2] },
    });
    for (const [text, says] of [
      ['p100', /above 0 and below 100/],
      ['90', /neither a percentile .* p90, nor a number/],
      ['msl=high', /neither a percentile/],
      ['z500=1', /"z500" is not among the channels scored: t850 \[K\], msl \[Pa\]/],
    ] as const)
      expect(() => eventsFrom({ thresholds: [text] }, schema), text).toThrow(says);
    await expect(verified({ references: 'persistence', thresholds: 'p90' })).rejects.toThrow(
      /need climatology among the references/,
    );
  });
});
