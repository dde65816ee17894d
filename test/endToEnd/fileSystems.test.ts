/**
 * Disks that are full or closed: a small tmpfs and a read-only one. Only root may mount; elsewhere these tests are
 * skipped, and permissions stand in for the read-only disk.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contents, plume, startPlume, succeed } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const disk = join(directory, 'disk');

function mount(...options: string[]): boolean {
  return spawnSync('mount', [...options, disk]).status === 0;
}
function unmount(): void {
  spawnSync('umount', ['-l', disk]);
}
mkdirSync(disk);
const mayMount = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
if (mayMount) unmount();
afterAll(unmount);

const trainArguments = (out: string): string[] => [
  ...['train', '--archive', shared().archive, '--preset', 'brief', '--backend', 'ort-cpu', '--out', out],
];

describe.skipIf(!mayMount)('a small disk (skipped where a tmpfs cannot be mounted)', () => {
  beforeEach(() => {
    mkdirSync(disk, { recursive: true });
    expect(mount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs')).toBe(true);
  });
  afterEach(unmount);
  const run = join(disk, 'run');
  /** 3 files of products and members for each start, about 0.8 MB in all. */
  const args = forecastArgumentsOf('2004-01-05/2004-04-23/P1D');
  function forecastArgumentsOf(starts: string): string[] {
    return forecastArguments(run, { starts, lead: 'P3D' });
  }
  /** Of a few starts: enough where nothing happens while it is made. */
  const few = forecastArguments(run);
  /** Whether the manifest on disk names a chunk yet. */
  const recorded = (): boolean => {
    const path = join(run, 'manifest.json');
    return existsSync(path) && readFileSync(path, 'utf8').includes('members/2004');
  };
  /** Writes until the disk takes no more, whoever else writes. */
  const fill = (): void => {
    const file = openSync(join(disk, 'filling'), 'w');
    for (const size of [65_536, 4096]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
    }
    closeSync(file);
  };

  it('that the run would not fit on: it is refused before anything is written (69)', async () => {
    const before = contents(disk);
    const { code, stderr } = await plume(
      forecastArgumentsOf('2004-01-05/2004-12-01/PT24H').concat('--lead', 'P600D'),
    );
    expect(code).toBe(69);
    expect(stderr).toMatch(/the run writes about \S+ \S+, \S+ \S+ are free on the disk; use another --out/);
    expect(contents(disk)).toEqual(before);
  });

  it('that fills up under a run: it ends with 69, nothing half-written, and goes on when there is room', async () => {
    const { child, finished } = startPlume(args);
    while (!recorded()) await new Promise((done) => setTimeout(done, 1));
    fill();
    const { code, stderr } = await finished;
    expect(child.exitCode).toBe(code);
    expect(stderr).toContain('the disk is full; free some space and run the same command again');
    expect(code).toBe(69);
    expect(Object.keys(contents(disk)).filter((name) => /\.tmp-|\.lock$/.test(name))).toEqual([]);
    rmSync(join(disk, 'filling'));
    const check = await plume(['run', 'info', run, '--checksums', '--json']);
    expect(JSON.parse(check.stdout).check.damaged).toEqual([]);
    const { stdout } = await succeed([...args, '--json']);
    expect(JSON.parse(stdout).keptMembers).toBeGreaterThan(0);
    const resumed = contents(run);
    rmSync(run, { recursive: true });
    await succeed(args);
    expect(resumed).toEqual(contents(run));
  });

  it('that is full: no run, no training, nothing left behind (69)', async () => {
    fill();
    const before = contents(disk);
    for (const refused of [args, trainArguments(join(disk, 'model'))]) {
      const { code, stderr } = await plume(refused);
      expect(stderr).toMatch(/ are free on the disk|the disk is full/);
      expect(code).toBe(69);
      expect(contents(disk)).toEqual(before);
    }
  });

  it('that fills up under verification or a report: they end with 69 and leave the run as it was', async () => {
    await succeed(few);
    fill();
    const before = contents(disk);
    for (const refused of [
      ['verify', run, '--archive', shared().archive, '--references', 'persistence'],
      ['report', run],
    ]) {
      const { code, stderr } = await plume(refused);
      expect(stderr).toContain('the disk is full');
      expect(code).toBe(69);
      expect(contents(disk)).toEqual(before);
    }
  });

  it('that is read-only: no run, no training (69); reading a run there goes on', async () => {
    await succeed(few);
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
    const before = contents(disk);
    for (const refused of [
      forecastArguments(join(disk, 'another')),
      [...few, '--members', '3x3'],
      trainArguments(join(disk, 'model')),
      ['report', run],
    ]) {
      const { code, stderr } = await plume(refused);
      expect(stderr).toMatch(/permission denied .*; choose another path or change its rights/);
      expect(code).toBe(69);
      expect(contents(disk)).toEqual(before);
    }
    await succeed(['run', 'info', run, '--checksums']);
    await succeed(['report', run, '--out', join(directory, 'page.html')]);
  });
});

describe.skipIf(process.getuid?.() === 0)('a directory without write permission (skipped for root)', () => {
  it('takes no run and no training (69)', async () => {
    const closed = join(directory, 'closed');
    mkdirSync(closed, { mode: 0o555 });
    for (const refused of [forecastArguments(join(closed, 'run')), trainArguments(join(closed, 'model'))]) {
      const { code, stderr } = await plume(refused);
      expect(stderr).toContain('permission denied');
      expect(code).toBe(69);
      expect(contents(closed)).toEqual({});
    }
  });
});
