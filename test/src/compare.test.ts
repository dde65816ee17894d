/** plume compare on runs in a directory, what it prints, and the table that is published from it. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { epsDocument } from '../../bench/science/epsDocument.js';
import { comparisonOf, epsCommands } from '../../bench/science/epsTable.js';
import { ZarrWriter } from '../../core/archive/zarrWriter.js';
import { gridSize, makeGrid } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import { type Schema, schemaToJson } from '../../core/schema.js';
import { encodeMemberFile, memberFileName, memberFileRows } from '../../core/store/memberFile.js';
import { openOrCreateRun, writeChunk } from '../../core/store/runWriter.js';
import { readTable } from '../../core/store/table.js';
import { millisecondsPerDay } from '../../core/time.js';
import { type CompareResult, compareCommand } from '../../src/commands/compare.js';
import { verifyCommand, verifyRun } from '../../src/commands/verify.js';
import { resolveOptions } from '../../src/options.js';
import { createReporter } from '../../src/progress.js';
import { headlineChannels, secondsText, shownLeads } from '../../src/report/compareTable.js';
import { seededNormals } from '../evaluation/memoryArchive.js';

const epoch = Date.UTC(2001, 0, 1);
const grid = makeGrid([90, 45, 0, -45, -90], [0, 45, 90, 135, 180, 225, 270, 315]);
const schema: Schema = {
  grid,
  channels: [
    { variable: 'z', level: 500, unit: 'm2 s-2' },
    { variable: 'z', level: 850, unit: 'm2 s-2' },
    { variable: 't', level: 500, unit: 'K' },
    { variable: 't', level: 850, unit: 'K' },
    { variable: 'msl', level: null, unit: 'Pa' },
  ],
};
const points = gridSize(grid);
const size = points * schema.channels.length;
const days = 160;
const r = 0.9;
const leadsHours = [24, 48, 72, 96, 120, 144, 168];
const starts = Array.from({ length: 18 }, (_, i) => epoch + (60 + 5 * i) * millisecondsPerDay);

let directory = '';
const states: Float32Array[] = [];
const at = (name: string): string => join(directory, name);

interface RunOptions {
  readonly K: number;
  readonly J: number;
  /** Of the spread that is right. */
  readonly spread: number;
  readonly seed?: number;
  readonly starts?: readonly number[];
  readonly leads?: readonly number[];
  readonly cost?: number;
}

/** Draws from the law of a first-order autoregression, `spread` times as wide as they should be. */
async function writeRun(name: string, states: readonly Float32Array[], options: RunOptions): Promise<void> {
  const { K, J, spread, seed = 1, cost } = options;
  const description = {
    plume: '0.1.0',
    seed,
    weightSamples: K,
    noiseStreams: J,
    starts: options.starts ?? starts,
    leadsHours: options.leads ?? leadsHours,
    stepHours: 24,
    schema: schemaToJson(schema),
    model: { kind: 'test' },
    perturbation: null,
    device: 'cpu',
    settings: { archive: ['nature.zarr'], initial: { analysis_error: 0.1, dates: [] } },
    config: {},
  };
  const seedOfDraws = name.length + 100;
  let draws = 0;
  const writer = await openOrCreateRun(at(name), description);
  for (const start of description.starts) {
    const now = states[(start - epoch) / millisecondsPerDay]!;
    const fields = description.leadsHours.map((lead) => {
      const decay = r ** (lead / 24);
      const sigma = spread * Math.sqrt(1 - decay * decay);
      const out = new Float32Array(K * J * size);
      normals(
        { seed: seedOfDraws, weightSample: 0, noiseStream: 0, purpose: 'training', step: draws++ },
        out,
      );
      return out.map((normal, i) => decay * now[i % size]! + sigma * normal);
    });
    const range = { firstWeightSample: 0, weightSamples: K };
    const block = { schema, start, leadsHours: description.leadsHours, ...range, noiseStreams: J };
    const file = memberFileName(start, 0, K);
    const written = await writeChunk(at(name), file, encodeMemberFile(block, fields));
    await writer.record({ file, kind: 'members', start, rows: memberFileRows(block), ...range, ...written });
  }
  await writer.close();
  if (cost === undefined) return;
  const made = { member_days: 100, wall_seconds: 1, core_seconds: 1, workers: 2, device: 'cpu' };
  const record = { ...made, core_seconds_per_member_day: cost };
  await writeFile(join(at(name), 'cost.json'), JSON.stringify(record));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-compare-'));
  const normal = seededNormals(3);
  let x = Float32Array.from({ length: size }, normal);
  const layout = { schema, epoch, attributes: { seasonless: 'true' }, variables: {} };
  const store = await ZarrWriter.open(at('nature.zarr'), layout);
  for (let day = 0; day < days; day++) {
    await store.append(epoch + day * millisecondsPerDay, x);
    states.push(x);
    x = x.map((value) => r * value + Math.sqrt(1 - r * r) * normal());
  }
  await store.commit();
  await writeRun('eps', states, { K: 1, J: 12, spread: 1, cost: 1.8 });
  await writeRun('bayesian', states, { K: 4, J: 3, spread: 1.6, cost: 0.009 });
  await writeRun('deterministic', states, { K: 1, J: 1, spread: 0 });
  await writeRun('elsewhere', states, { K: 1, J: 2, spread: 1, seed: 9, starts: starts.slice(0, 6) });
  await writeRun('never', states, { K: 1, J: 2, spread: 1, starts: [epoch + millisecondsPerDay] });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function compared(
  names: readonly string[],
  flags: Readonly<Record<string, unknown>> = {},
): Promise<{ result: CompareResult; text: string }> {
  const given = { archive: [at('nature.zarr')], ...flags };
  let text = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    const result = await compareCommand.run({
      options: await resolveOptions(compareCommand.options, given, undefined),
      operands: names.map(at),
      given: new Set(Object.keys(given)),
      report: createReporter({ quiet: true }),
      json: false,
      signal: new AbortController().signal,
    } as Parameters<typeof compareCommand.run>[0]);
    return { result: result as CompareResult, text };
  } finally {
    out.mockRestore();
  }
}

const climate = { references: 'persistence,climatology', train: '2001-01-01/2001-02-20' };

describe('plume compare', () => {
  it('prints what is compared, its cost, scores by lead with intervals and marks, and a sentence a run', async () => {
    const { result, text } = await compared(['eps', 'bayesian', 'deterministic'], climate);
    expect(text).toMatch(/^18 start\(s\) in all runs, 2001-03-02T00Z … 2001-05-26T00Z; truth of archive/);
    expect(text).toMatch(/\neps +1x12 members +1\.8 s a member-day on one core \(cpu\)\n/);
    expect(text).toMatch(
      /\nbayesian +4x3 members +9\.0 ms a member-day on one core \(cpu\), 1\/200 of eps\n/,
    );
    expect(text).toMatch(/\ndeterministic +one member +cost not recorded\n/);
    // Headline channels only, in their usual order; six of seven leads.
    expect([...text.matchAll(/^(\w+), .*day 1 /gm)].map((match) => match[1])).toEqual([
      'z500',
      't850',
      'msl',
    ]);
    expect(text).toMatch(/z500, m2 s-2( +day \d){6}\n/);
    expect(text).toMatch(/fair CRPS {2}eps( +0\.\d{3} ±0\.\d{3}){6}\n/);
    expect(text).toMatch(/fair CRPS {2}deterministic \(MAE\)/);
    expect(text).toMatch(/less that of eps {2}bayesian( +\+0\.\d{3} ±0\.\d{3} [-~]){6}\n/);
    expect(text).toMatch(/CRPS skill {2}eps/);
    expect(text).toMatch(/over that of eps {2}bayesian/);
    expect(text).not.toMatch(/over that of eps {2}deterministic/);
    expect(text).not.toMatch(/spread–skill ratio {2}deterministic/);
    expect(text).toMatch(
      /\nz500: bayesian against eps: .*worse at days? \d.*; \S+ % of its CRPS skill to day 5\n/,
    );
    expect(text).toMatch(/\n {2}spread–skill ratio nearer to 1: worse at days 1–7\n/);
    expect(text).toMatch(/\n {2}ranked probability score: /);
    expect(text).toMatch(
      /\ndeterministic against eps, fair CRPS in all 35 cells \(channel, lead, region\): better in 0, worse in 3\d; looked at together better in 0, worse in 3\d \(false discovery rate 10 %\)\n/,
    );
    expect(text).toMatch(/5 channels and 7 leads are in --json and --out/);
    expect(text).not.toMatch(/different analyses/);
    expect(result.rows.filter((row) => row.run === 'eps' && row.metric === 'crps')).toHaveLength(5 * 7);
    expect(result.runs.map((run) => run.cost?.core_seconds_per_member_day)).toEqual([1.8, 0.009, undefined]);
  });

  it('writes tidy rows, with nulls where a run is compared with nobody', async () => {
    const out = at('compare.arrow');
    const { result } = await compared(['eps', 'bayesian'], { ...climate, out, variables: 't500' });
    const { columns } = await readTable(out);
    const names = columns.map((column) => column.name).join(' ');
    expect(names).toBe(
      'run against variable level lead_hours region season event metric value ci_low ci_high p_value verdict n',
    );
    expect(columns[0]?.values).toHaveLength(result.rows.length);
    const against = columns.find(({ name }) => name === 'against')?.values as readonly (string | null)[];
    expect(new Set(against)).toEqual(new Set([null, 'eps']));
  });

  it('tells the starts that runs share, other analyses, and what is not there', async () => {
    const { text, result } = await compared(['eps', 'elsewhere'], { variables: 'msl' });
    expect(text).toMatch(/^6 start\(s\) in all runs/);
    expect(text).toMatch(/these runs start from different analyses/);
    expect(result.sameAnalyses).toBe(false);
    expect(text).not.toMatch(/CRPS skill/);
    await expect(compared(['eps', 'never'])).rejects.toThrow(/share no start: eps has 18 .*never has 1/);
    await expect(compared(['eps'])).rejects.toThrow(/two run directories or more/);
    await expect(compared(['eps', 'bayesian'], { variables: 'q700' })).rejects.toThrow(/no channel "q700"/);
    await expect(compared(['eps', 'bayesian'], { references: 'climatology' })).rejects.toThrow(
      /give --train/,
    );
    await expect(compared(['eps', 'nowhere'])).rejects.toThrow(/holds no run/);
    await expect(compared(['eps', 'eps'])).rejects.toThrow(/called "/);
  });

  it('takes the statistics that verification left in all runs, and gives the same rows', async () => {
    const names = ['kept-eps', 'kept-bayesian'];
    const small = { starts: starts.slice(0, 8), leads: [48] };
    await writeRun(names[0]!, states, { K: 1, J: 8, spread: 1, ...small });
    await writeRun(names[1]!, states, { K: 3, J: 2, spread: 1.6, ...small });
    const read = await compared(names, climate);
    expect(read.result.membersRead).toBe(true);
    const options = await resolveOptions(
      verifyCommand.options,
      { archive: [at('nature.zarr')], ...climate },
      undefined,
    );
    const context = {
      options,
      report: createReporter({ quiet: true }),
      signal: new AbortController().signal,
    };
    await verifyRun(at(names[0]!), context);
    // One run alone does not serve.
    expect((await compared(names, climate)).result.membersRead).toBe(true);
    await verifyRun(at(names[1]!), context);
    const kept = await compared(names, climate);
    expect(kept.result).toEqual({ ...read.result, membersRead: false });
    expect(kept.text).toBe(
      read.text.replace('; truth of', '; from statistics of earlier verifications; truth of'),
    );
    // What nobody asks for is as it was then; what is asked for otherwise is made.
    const unasked = await compared(names);
    expect(unasked.result).toMatchObject({ membersRead: false, references: read.result.references });
    expect(unasked.result.rows).toEqual(read.result.rows);
    for (const other of [
      { references: 'persistence' },
      { ...climate, train: '2001-01-01/2001-02-19' },
      { ...climate, regions: 'nh' },
      { ...climate, thresholds: 'p50' },
      { ...climate, 'nan-policy': 'omit', nanPolicy: 'omit' },
    ])
      expect((await compared(names, other)).result.membersRead, JSON.stringify(other)).toBe(true);
    // Seasons are made of what is there.
    expect((await compared(names, { seasons: true })).result.membersRead).toBe(false);
    // Of one channel only: the others have to be read.
    await verifyRun(at(names[1]!), { ...context, options: { ...options, variables: ['t500'] } });
    const partly = await compared(names);
    expect(partly.result).toMatchObject({ membersRead: true, scored: read.result.scored });
    await verifyRun(at(names[1]!), context);
    expect((await compared(names)).result.membersRead).toBe(false);
    // An archive that was written later may hold another truth.
    const later = new Date(Date.now() + 60_000);
    await utimes(at('nature.zarr'), later, later);
    expect((await compared(names, climate)).result.membersRead).toBe(true);
  });

  it('shows the usual channels and leads where there are many, and times without powers of ten', () => {
    expect([0.009, 0.0994, 0.0996, 0.138, 1.83].map(secondsText)).toEqual([
      ...['9.0 ms', '99 ms', '0.10 s', '0.14 s', '1.8 s'],
    ]);
    expect(headlineChannels(['t250', 'msl', 'z500', 'u250'])).toEqual(['z500', 'u250', 'msl']);
    expect(headlineChannels(['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'b', 'c', 'd']);
    expect(shownLeads([48, 24])).toEqual([24, 48]);
    expect(shownLeads(Array.from({ length: 10 }, (_, i) => 24 * (i + 1)))).toEqual([
      24, 48, 72, 120, 168, 240,
    ]);
    expect(shownLeads(Array.from({ length: 11 }, (_, i) => 6 * i + 6))).toEqual([6, 18, 30, 42, 54, 66]);
  });
});

describe('plume verify', () => {
  it('knows a store without seasons, and leaves the regression out with a word', async () => {
    const given = { archive: [at('nature.zarr')], train: climate.train };
    const said: string[] = [];
    const names = ['archive', 'variables', 'unit', 'train', 'references', 'seasonless', 'seed'] as const;
    const { rows, references } = await verifyRun(at('eps'), {
      options: await resolveOptions(names, given, undefined),
      report: { ...createReporter({ quiet: true }), line: (text) => said.push(text) },
      signal: new AbortController().signal,
    });
    expect(new Set(rows.map((row) => row.model))).toEqual(
      new Set(['ensemble', 'persistence', 'climatology']),
    );
    expect(references.find((each) => each.name === 'climatology')?.summary).toMatch(/51 states of any date/);
    expect(said.join('\n')).toMatch(/regression left out: it rests on seasons/);
  });
});

describe('the table of the classical EPS', () => {
  it('has every contestant, lead and interval, the goal and what is missing of it', async () => {
    const { result } = await compared(['eps', 'bayesian', 'deterministic'], climate);
    const text = epsDocument(comparisonOf(JSON.stringify(result)), ['plume nature …', 'plume compare …']);
    expect(text).toMatch(/from the same 18 analyses\n\(2001-03-02 … 2001-05-26\)/);
    for (const name of ['z500', 't850', 'msl']) expect(text).toContain(`## ${name}: `);
    expect(text).toMatch(/\| {2}\| day 1 \| day 2 \| day 3 \| day 4 \| day 5 \| day 6 \| day 7 \|/);
    const find = (label: string) => text.split('\n').find((line) => line.startsWith(`| ${label} |`)) ?? '';
    expect(find('fair CRPS, perfect-model EPS').split('|')).toHaveLength(10);
    for (const label of ['deterministic network (MAE)', 'persistence (MAE)', 'climatology'])
      expect(find(`fair CRPS, ${label}`)).toMatch(/\| \d/);
    expect(find('spread–skill ratio, Bayesian network')).toMatch(/\| 1\.[4-8]/);
    const ratio = result.rows.find(
      (row) => row.run === 'bayesian' && row.metric === 'crps_skill_ratio' && row.lead_hours === 24,
    )!;
    const bounds = [ratio.ci_low, ratio.ci_high].map((bound) => bound.toFixed(2));
    expect(find('**skill, Bayesian over EPS [95 %]**')).toContain(
      `| ${ratio.value.toFixed(2)} [${bounds.join(', ')}] |`,
    );
    expect(text).toMatch(
      /- z500: -?[\d.]+ % of the EPS's skill or more up to day 5 .*the goal is reached at/,
    );
    expect(text).toMatch(/- Cost: 0\.5 % of the EPS's per member-day, less than the tenth that is the goal/);
    expect(text).toContain('| Bayesian network | 4x3 | 9.0 ms | 0.005 |');
    expect(text).toContain('plume nature …\nplume compare …');
  });

  it('comes from commands whose forecasts end inside the archive and start from the same analyses', () => {
    const commands = epsCommands({ directory: 'runs/science', starts: 30, model: 'models/default' });
    expect(commands.map(([name]) => name)).toEqual([
      ...['nature', 'forecast', 'forecast', 'forecast', 'verify', 'verify', 'verify', 'compare'],
    ]);
    const flag = (args: readonly string[], name: string) => args[args.indexOf(name) + 1];
    const forecasts = commands.filter(([name]) => name === 'forecast');
    for (const name of ['--starts', '--analysis-error', '--initial-states', '--seed', '--archive'])
      expect(new Set(forecasts.map((args) => flag(args, name))).size, name).toBe(1);
    expect(flag(forecasts[0]!, '--starts')).toBe('2002-01-01/2002-12-15/P12D');
    expect(flag(commands[0]!, '--days')).toBe('730');
    expect(() => epsCommands({ directory: 'x', starts: 1, model: 'm' })).toThrow(/2 to 355 starts, found 1/);
  });
});
