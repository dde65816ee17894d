/** plume nature with real processes: what it writes, how it is stopped and taken up, and what it refuses. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../core/archive/open.js';
import { openArchiveOption } from '../../src/archiveOption.js';
import { ask } from './ask.js';
import { contents, plume, startPlume, succeed } from './plume.js';
import { temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
const out = join(directory, 'nature.zarr');
/** The coarsest atmosphere that still has weather; a few seconds, most of them spin-up. */
const args = [
  ...['nature', '--days', '60', '--every', '6h', '--truncation', '10', '--levels', '2', '--model-levels'],
  ...['--out', out],
];
const times = 240;

function names(path: string, like = /./): string[] {
  return existsSync(path) ? readdirSync(path).filter((name) => like.test(name)) : [];
}
/** Times that the store's restart states belong to. */
const committed = (): number =>
  Math.max(0, ...names(join(out, '.nature'), /arrow$/).map((name) => Number(/\d+/.exec(name)?.[0])));

let expected: Record<string, string>;
beforeAll(async () => {
  const { stdout, stderr } = await succeed([...args, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    directory: out,
    times,
    kept: 0,
    seed: 1,
    channels: 23,
    config: { truncation: 10, levels: 2 },
    first: '2001-01-01T00Z',
    last: '2001-03-01T18Z',
  });
  expect(stderr).toMatch(/^needs {6}about .*, [\d.]+ MB on disk$/m);
  expect(stderr).toMatch(/^spin-up .*200\/200 days/m);
  expect(stderr).toMatch(/^nature run .*100 %.*simulated years a day$/m);
  expected = contents(out);
  expect(names(out, /lock$|tmp/)).toEqual([]);
  rmSync(out, { recursive: true });
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

/** Kills as soon as `moment` says so. A moment of microseconds may pass between two looks: then it is run anew. */
async function killed(moment: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 8; attempt++) {
    const { child, finished } = startPlume(args);
    let ended = false;
    void finished.then(() => {
      ended = true;
    });
    while (!ended && !moment()) await pause(1);
    child.kill('SIGKILL');
    if ((await finished).signal === 'SIGKILL') return;
    rmSync(out, { recursive: true, force: true });
  }
  throw new Error('the moment never came');
}

describe('a nature run', () => {
  const moments = [
    { when: 'while it spins up', moment: () => existsSync(join(out, '.nature', 'configuration.json')) },
    { when: 'as its first time is written', moment: () => names(join(out, 'z')).length > 0 },
    { when: 'after its first commit', moment: () => existsSync(join(out, '.zmetadata')) },
    { when: 'in the middle', moment: () => committed() >= 64 },
    { when: 'while metadata are written', moment: () => committed() >= 96 && names(out, /tmp/).length > 0 },
    { when: 'as its last chunk appears', moment: () => committed() >= 224 },
  ];
  it('killed again and again, from its spin-up to the last chunk, leaves a readable store and ends with the same bytes', async () => {
    for (const { when, moment } of moments) {
      await killed(moment);
      if (!existsSync(join(out, '.zmetadata'))) continue;
      const archive = await openArchive([out]);
      expect(archive.times.length, when).toBeGreaterThan(0);
      const { values } = await archive.read(archive.times.length - 1);
      expect(values.every(Number.isFinite), when).toBe(true);
      await archive.close();
    }
    await succeed(args);
    expect(contents(out)).toEqual(expected);
  });

  it('stops at SIGINT, and at SIGTERM, with 75, says how to go on, and goes on', async () => {
    let written = '';
    for (const [signal, from] of [['SIGINT', 32] as const, ['SIGTERM', 128] as const]) {
      const { child, finished } = startPlume(args);
      while (committed() < from) await pause(1);
      child.kill(signal);
      const { code, stderr } = await finished;
      expect(code, signal).toBe(75);
      written =
        /with (\d+) of 240 times written; everything finished is kept, run the same command again/.exec(
          stderr,
        )?.[1] ?? '';
      const archive = await openArchive([out]);
      expect(archive.times).toHaveLength(Number(written));
      await archive.close();
      expect(names(out, /lock$|tmp/)).toEqual([]);
    }
    const again = await succeed([...args, '--json']);
    expect(JSON.parse(again.stdout).kept).toBe(Number(written));
    expect(again.stderr).toContain(`there      ${written} times`);
    expect(contents(out)).toEqual(expected);
  });

  it('hears an interrupt while it spins up', async () => {
    const { child, finished } = startPlume(args);
    while (!existsSync(join(out, '.nature', 'configuration.json'))) await pause(1);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(75);
    expect(stderr).toContain('stopped while spinning up, before the first time');
    expect(existsSync(join(out, '.zmetadata'))).toBe(false);
  });

  it('is what --archive nature computes as it is read', async () => {
    await succeed(args.map((arg) => (arg === '60' ? '3' : arg)));
    const specification = 'nature:truncation=10,levels=2,days=3,every=12h';
    const source = { archive: [specification], variables: ['z500', 'lnsp'], unit: [] };
    const computed = (await openArchiveOption(source)).archive;
    const written = await openArchive([out], { variables: ['z500', 'lnsp'] });
    const [a, b] = [await computed.read(5), await written.read(10)];
    expect(a.validTime).toBe(b.validTime);
    expect(a.values).toEqual(b.values);
    await computed.close();
    await written.close();
  });

  it('begun short is made longer, and is done at once when complete', async () => {
    const short = args.map((arg) => (arg === '60' ? '9' : arg));
    await succeed(short);
    const { stderr } = await succeed(args);
    expect(stderr).not.toContain('spin-up');
    expect(contents(out)).toEqual(expected);
    const modified = statSync(join(out, '.zmetadata')).mtimeMs;
    const { stdout } = await succeed(short);
    expect(stdout).toMatch(/240 times, 2001-01-01T00Z … 2001-03-01T18Z/);
    expect(statSync(join(out, '.zmetadata')).mtimeMs).toBe(modified);
    expect(contents(out)).toEqual(expected);
  });

  it('is refused where another process writes it, with 69, and where another run is, with 64', async () => {
    const first = startPlume(args);
    while (committed() === 0) await pause(1);
    first.child.kill('SIGSTOP');
    const second = await plume(args);
    expect(second.code).toBe(69);
    expect(second.stderr).toContain(`is being written by process ${first.child.pid}`);
    first.child.kill('SIGKILL');
    await first.finished;
    const other = await plume([...args, '--seed', '2']);
    expect(other.code).toBe(64);
    expect(other.stderr).toContain('holds another nature run: seed: 1 ≠ 2');
    await succeed(args);
    expect(contents(out)).toEqual(expected);
  });

  it.each([
    { flags: ['--days', '-3'], says: 'days must be a whole number, 1 or more' },
    { flags: ['--days', '0'], says: 'days must be a whole number, 1 or more' },
    { flags: ['--years', '0.5'], says: 'years must be a whole number, 1 or more' },
    { flags: [], says: 'give --years N or --days N' },
    { flags: ['--years', '1', '--days', '3'], says: 'give one of them' },
    { flags: ['--days', '3', '--every', '5h'], says: 'give a multiple, such as 6h or 24h' },
    { flags: ['--days', '3', '--every', '-6h'], says: 'duration "-6h" is not understood' },
    { flags: ['--days', '3', '--truncation', '4'], says: 'truncation 4: give a whole number from 5' },
    { flags: ['--days', '3', '--levels', '1'], says: '1 sigma levels' },
    {
      flags: ['--days', '3', '--truncation', '42', '--step', '3600'],
      says: 'time step of 3600 s is unstable at T42',
    },
    { flags: ['--days', '3', '--seed', '-1'], says: 'seed must be a whole number, 0 or more' },
  ])('asked $flags is refused with 64 before any work', async ({ flags, says }) => {
    const { code, stderr } = await ask(['nature', ...flags, '--out', out]);
    expect({ code, said: stderr.includes(says) || stderr }).toEqual({ code: 64, said: true });
    expect(existsSync(out)).toBe(false);
  });
});
