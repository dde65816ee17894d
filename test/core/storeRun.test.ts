import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownIdentity } from '../../core/store/processIdentity.js';
import { encodeProductFile, productFileName } from '../../core/store/productFile.js';
import { checkRun, openOrCreateRun, openRun, writeChunk } from '../../core/store/run.js';
import {
  day,
  descriptionOf,
  fill,
  inDirectory,
  leadsHours,
  points,
  schema,
  start,
  valueAt,
} from './storeFixture.js';

const description = descriptionOf();

/** Every file of a directory with its bytes, as text that compares. */
async function contents(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((e) =>
    e.isFile(),
  );
  const entries = await Promise.all(
    names.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), (await readFile(path)).toString('base64')] as const;
    }),
  );
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function complete(directory: string, of = description, blockSize = 2): Promise<string[]> {
  const writer = await openOrCreateRun(directory, of);
  try {
    return await fill(writer, of, blockSize);
  } finally {
    await writer.close();
  }
}

describe('a run directory', () => {
  it('gives back every member, joined over its files in order', () =>
    inDirectory(async (directory) => {
      await complete(directory);
      const run = await openRun(directory);
      expect(run.members()).toBe(12);
      expect([...run.starts]).toEqual([start, start + 7 * day]);
      expect(run.leadsHours).toEqual(leadsHours);
      expect(run.schema).toEqual(schema);
      const reads = leadsHours.map((lead) => run.readMembers(start + 7 * day, lead, 1));
      for (const [l, { values, members }] of (await Promise.all(reads)).entries()) {
        expect([...members]).toEqual(Array.from({ length: 12 }, (_, m) => m));
        expect([...values]).toEqual(
          Array.from({ length: 12 * points }, (_, i) =>
            valueAt(start + 7 * day, Math.floor(i / points), leadsHours[l]!, 1, i % points),
          ),
        );
      }
      await expect(run.readMembers(start + day, 24, 0)).rejects.toThrow(/no start 2007-01-02/);
      await expect(run.readMembers(start, 25, 0)).rejects.toThrow(/no lead of 25 h; it has 24, 48, 72/);
      await expect(run.readMembers(start, 24, 2)).rejects.toThrow(/none numbered 2/);
      await run.close();
      expect(await checkRun(directory)).toMatchObject({
        complete: true,
        chunks: 4,
        members: 12,
        damaged: [],
      });
      expect(Object.keys(await contents(directory))).toEqual([
        'manifest.json',
        'members/20070101T00Z.k0000-0001.arrow',
        'members/20070101T00Z.k0002-0003.arrow',
        'members/20070108T00Z.k0000-0001.arrow',
        'members/20070108T00Z.k0002-0003.arrow',
      ]);
    }));

  it('says which members an unfinished run lacks, and reads those it has', () =>
    inDirectory(async (directory) => {
      const writer = await openOrCreateRun(directory, description);
      await fill(writer, { ...description, weightSamples: 2, starts: [start] }, 2);
      await writer.close();
      const check = await checkRun(directory);
      expect(check.complete).toBe(false);
      expect(check.missing).toEqual([
        { start: '2007-01-01T00:00:00.000Z', ranges: [{ firstWeightSample: 2, weightSamples: 2 }] },
        { start: '2007-01-08T00:00:00.000Z', ranges: [{ firstWeightSample: 0, weightSamples: 4 }] },
      ]);
      const run = await openRun(directory);
      expect([...(await run.readMembers(start, 24, 0)).members]).toEqual([0, 1, 2, 3, 4, 5]);
      expect((await run.readMembers(start + 7 * day, 24, 0)).members.length).toBe(0);
      await run.close();
    }));

  it('takes records from many makers at once, and is read with few files open', () =>
    inDirectory(async (directory) => {
      const starts = Array.from({ length: 80 }, (_, i) => start + i * day);
      const many = descriptionOf({ starts, weightSamples: 1 });
      const writer = await openOrCreateRun(directory, many);
      await Promise.all(starts.map((one) => fill(writer, { ...many, starts: [one] }, 1)));
      await writer.close();
      const run = await openRun(directory);
      for (let round = 0; round < 2; round++) {
        const fields = await Promise.all(starts.map((one) => run.readMembers(one, 48, 0)));
        for (const [i, { values }] of fields.entries()) {
          expect(values[points + 2]).toBe(valueAt(starts[i]!, 1, 48, 0, 2));
        }
      }
      if (process.platform === 'linux') {
        const links = await Promise.all(
          (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
        );
        expect(links.filter((path) => path.startsWith(directory)).length).toBeLessThanOrEqual(64);
      }
      await run.close();
      expect((await checkRun(directory)).complete).toBe(true);
    }));

  it('keeps products, and makes them again when members are added', () =>
    inDirectory(async (directory) => {
      const n = leadsHours.length * schema.channels.length * points;
      const file = productFileName(start);
      const mean = Float32Array.from({ length: n }, (_, i) => i);
      const writer = await openOrCreateRun(directory, description);
      const bytes = encodeProductFile({ schema, start, leadsHours }, { mean });
      const written = await writeChunk(directory, file, bytes);
      await writer.record({
        file,
        kind: 'products',
        start,
        rows: leadsHours.length * 2,
        firstWeightSample: 0,
        weightSamples: 4,
        ...written,
      });
      expect(writer.has(file)).toBe(true);
      await writer.close();
      const run = await openRun(directory);
      expect(run.hasProducts(start)).toBe(true);
      expect([...(await run.readProduct('mean', start, 48, 1))]).toEqual([...mean.subarray(36, 48)]);
      await expect(run.readProduct('mean', start + 7 * day, 48, 1)).rejects.toThrow(/no products/);
      await run.close();
      const grown = await openOrCreateRun(directory, descriptionOf({ weightSamples: 8 }));
      expect(grown.has(file)).toBe(false);
      await grown.close();
    }));
});

describe('resuming', () => {
  it('ends with the bytes of a run that was never interrupted', () =>
    inDirectory(async (directory) => {
      const [whole, resumed] = [join(directory, 'whole'), join(directory, 'resumed')];
      await complete(whole);
      const first = await openOrCreateRun(resumed, description);
      await fill(first, { ...description, starts: [start] }, 2);
      await first.close();
      expect(await complete(resumed)).toEqual([
        'members/20070108T00Z.k0000-0001.arrow',
        'members/20070108T00Z.k0002-0003.arrow',
      ]);
      expect(await contents(resumed)).toEqual(await contents(whole));
      expect(await complete(resumed)).toEqual([]);
    }));

  it('makes again a chunk renamed into place but never recorded, and sweeps what was half-written', () =>
    inDirectory(async (directory) => {
      const [whole, crashed] = [join(directory, 'whole'), join(directory, 'crashed')];
      await complete(whole);
      const early = await openOrCreateRun(crashed, description);
      await fill(early, { ...description, weightSamples: 2 }, 2);
      await early.close();
      // What a process leaves that dies between rename and manifest, and one that dies while writing.
      const orphan = 'members/20070101T00Z.k0002-0003.arrow';
      await copyFile(join(whole, orphan), join(crashed, orphan));
      await writeFile(join(crashed, 'members/20070108T00Z.k0002-0003.arrow.tmp-999999999-0.4'), 'half');
      await writeFile(join(crashed, 'manifest.json.tmp-999999999-0.5'), '{');
      expect(await complete(crashed)).toEqual([orphan, 'members/20070108T00Z.k0002-0003.arrow']);
      expect(await contents(crashed)).toEqual(await contents(whole));
    }));

  it('survives kill −9 at several moments', async () => {
    // A real process that writes chunks and says so; it is killed after the n-th line.
    const build = join(tmpdir(), `plume-kill-${process.pid}`);
    const compiled = spawnSync(
      process.execPath,
      [
        'node_modules/typescript/bin/tsc',
        ...[
          '--ignoreConfig',
          '--outDir',
          build,
          '--rootDir',
          '.',
          '--module',
          'nodenext',
          '--target',
          'es2023',
        ],
        ...['--skipLibCheck', '--types', 'node', '--noCheck', 'test/core/storeFixture.ts'],
      ],
      { encoding: 'utf8' },
    );
    expect(compiled.stdout + compiled.stderr).toBe('');
    try {
      await writeFile(join(build, 'package.json'), '{"type":"module"}');
      // Packages are found upwards of the built files.
      await symlink(join(process.cwd(), 'node_modules'), join(build, 'node_modules'));
      await writeFile(
        join(build, 'forecast.js'),
        `import { openOrCreateRun } from './core/store/runWriter.js';
         import { descriptionOf, fill, start, day } from './test/core/storeFixture.js';
         const description = descriptionOf({ starts: [0, 1, 2, 3, 4, 5].map((i) => start + i * day) });
         const writer = await openOrCreateRun(process.argv[2], description);
         const record = writer.record;
         writer.record = async (chunk) => { await record(chunk); process.stdout.write('.'); };
         await fill(writer, description, 1);
         await writer.close();`,
      );
      await inDirectory(async (directory) => {
        const runOnce = async (name: string, killAfter: number): Promise<NodeJS.Signals | null> => {
          const child = spawn(process.execPath, [join(build, 'forecast.js'), join(directory, name)]);
          let seen = 0;
          let errors = '';
          child.stdout.on('data', (bytes: Buffer) => {
            seen += bytes.length;
            if (seen >= killAfter) child.kill('SIGKILL');
          });
          child.stderr.on('data', (bytes: Buffer) => {
            errors += bytes;
          });
          const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
          if (signal === null && code !== 0) throw new Error(errors);
          return signal;
        };
        await runOnce('whole', Number.POSITIVE_INFINITY);
        const whole = await contents(join(directory, 'whole'));
        expect(Object.keys(whole).length).toBe(25);
        for (const killAfter of [1, 4, 11]) {
          const name = `killed-${killAfter}`;
          expect(await runOnce(name, killAfter)).toBe('SIGKILL');
          expect((await contents(join(directory, name)))['manifest.json']).not.toBe(whole['manifest.json']);
          expect(await runOnce(name, Number.POSITIVE_INFINITY)).toBe(null);
          expect(await contents(join(directory, name))).toEqual(whole);
        }
      });
    } finally {
      await rm(build, { recursive: true, force: true });
    }
  });

  it('makes again what was truncated or removed, and, when asked, what was altered', () =>
    inDirectory(async (directory) => {
      const made = await complete(directory);
      const whole = await contents(directory);
      const paths = made.map((file) => join(directory, file));
      await truncate(paths[0]!, 100);
      await rm(paths[1]!);
      const file = await open(paths[2]!, 'r+');
      await file.write(Buffer.of(0xff), 0, 1, 700);
      await file.close();
      expect((await checkRun(directory)).damaged.map(({ problem }) => problem.replace(/\d+/g, 'n'))).toEqual([
        'it has n bytes, the manifest says n',
        'it is missing',
        'its checksum is not the one recorded',
      ]);
      const run = await openRun(directory);
      await expect(run.readMembers(start, 24, 0)).rejects.toMatchObject({ tag: 'data' });
      await run.close();
      expect(await complete(directory)).toEqual(made.slice(0, 2));
      const writer = await openOrCreateRun(directory, description, { verify: true });
      expect(await fill(writer, description, 2)).toEqual([made[2]]);
      await writer.close();
      expect(await contents(directory)).toEqual(whole);
    }));

  it('grows in weight samples and starts, and leaves what was there as it was', () =>
    inDirectory(async (directory) => {
      await complete(directory);
      const before = await contents(directory);
      const grown = descriptionOf({ weightSamples: 7, starts: [start, start + 7 * day, start + 14 * day] });
      const made = await complete(directory, grown, 4);
      expect(made).toEqual([
        'members/20070101T00Z.k0004-0006.arrow',
        'members/20070108T00Z.k0004-0006.arrow',
        'members/20070115T00Z.k0000-0003.arrow',
        'members/20070115T00Z.k0004-0006.arrow',
      ]);
      const after = await contents(directory);
      for (const [file, bytes] of Object.entries(before)) {
        if (file !== 'manifest.json') expect(after[file]).toBe(bytes);
      }
      const check = await checkRun(directory);
      expect(check).toMatchObject({ complete: true, members: 21 });
      // Asking for fewer again takes nothing away.
      expect(await complete(directory)).toEqual([]);
      expect((await checkRun(directory)).members).toBe(21);
    }));
});

describe('a run directory is refused', () => {
  it('when it belongs to another configuration, naming what differs', () =>
    inDirectory(async (directory) => {
      await complete(directory);
      const before = await contents(directory);
      const other = descriptionOf({
        seed: 8,
        model: { kind: 'test', digest: 'cd34' },
        config: { workers: 2 },
      });
      await expect(openOrCreateRun(directory, other)).rejects.toMatchObject({
        tag: 'usage',
        message: expect.stringMatching(
          /belongs to another configuration: model\.digest: "ab12" ≠ "cd34"; seed: 7 ≠ 8 .*choose another --out/,
        ),
      });
      expect(await contents(directory)).toEqual(before);
      // The configuration for people is no part of the identity.
      await complete(directory, descriptionOf({ config: { workers: 2 } }));
    }));

  it('when it is something else, and is left as it was', () =>
    inDirectory(async (directory) => {
      await writeFile(join(directory, 'thesis.tex'), '');
      await expect(openOrCreateRun(directory, description)).rejects.toThrow(
        /not empty and holds no run.*thesis/,
      );
      expect(await readdir(directory)).toEqual(['thesis.tex']);
      const file = join(directory, 'thesis.tex');
      await expect(openOrCreateRun(file, description)).rejects.toMatchObject({ tag: 'usage' });
      await expect(openOrCreateRun(join(file, 'run'), description)).rejects.toMatchObject({ tag: 'usage' });
      await expect(openRun(directory)).rejects.toThrow(/holds no run/);
    }));

  it('when its manifest is cut short or altered', () =>
    inDirectory(async (directory) => {
      await complete(directory);
      const path = join(directory, 'manifest.json');
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.slice(0, 200));
      await expect(openRun(directory)).rejects.toMatchObject({ tag: 'data' });
      await writeFile(path, text.replace('"seed": 7', '"seed": 8'));
      await expect(openRun(directory)).rejects.toThrow(/has been altered/);
      await writeFile(path, text.replace('"plume-run"', '"other"'));
      await expect(openRun(directory)).rejects.toThrow(/not the manifest of a run/);
    }));

  it('when it has no members to make', () =>
    inDirectory(async (directory) => {
      for (const change of [{ weightSamples: 0 }, { noiseStreams: 0 }, { leadsHours: [] }, { seed: -1 }]) {
        const run = openOrCreateRun(join(directory, 'run'), descriptionOf(change));
        await expect(run).rejects.toMatchObject({ tag: 'usage' });
      }
      expect(await readdir(directory)).toEqual([]);
    }));
});

describe('the lock', () => {
  it('admits one writer of a process at a time', () =>
    inDirectory(async (directory) => {
      const first = await openOrCreateRun(directory, description);
      await expect(openOrCreateRun(directory, description)).rejects.toMatchObject({
        tag: 'resources',
        message: expect.stringContaining(`is being written by process ${process.pid}`),
      });
      await first.close();
      await (await openOrCreateRun(directory, description)).close();
      expect(Object.keys(await contents(directory))).toEqual(['manifest.json']);
    }));

  it('is refused to a second process, and taken over from a dead one', () =>
    inDirectory(async (directory) => {
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
      const lock = join(directory, `writer-${child.pid}-1.lock`);
      const identity = { ...ownIdentity(), pid: child.pid, started: '' };
      await writeFile(lock, JSON.stringify(identity));
      await expect(openOrCreateRun(directory, description)).rejects.toThrow(/being written by process/);
      expect(await readdir(directory)).toEqual([`writer-${child.pid}-1.lock`]);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await (await openOrCreateRun(directory, description)).close();
      expect((await readdir(directory)).sort()).toEqual(['manifest.json', 'members', 'products']);
    }));

  it.skipIf(process.platform !== 'linux')(
    "is taken over when the writer's id now names another process",
    () =>
      inDirectory(async (directory) => {
        const identity = { ...ownIdentity(), started: 'an earlier boot:1' };
        await writeFile(join(directory, `writer-${process.pid}-1.lock`), JSON.stringify(identity));
        await (await openOrCreateRun(directory, description)).close();
      }),
  );

  it('of a writer on another host is named, for a person to remove', () =>
    inDirectory(async (directory) => {
      await writeFile(
        join(directory, 'writer-1-1.lock'),
        JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }),
      );
      await expect(openOrCreateRun(directory, description)).rejects.toThrow(
        /on host elsewhere.*remove .*\.lock/,
      );
    }));
});

/** Mounts a small file system, or says why not. */
const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = join(tmpdir(), `plume-tmpfs-probe-${process.pid}`);
  const mounted = spawnSync('sh', [
    '-c',
    `mkdir -p ${probe} && mount -t tmpfs -o size=64k tmpfs ${probe} && umount ${probe}; code=$?; rmdir ${probe}; exit $code`,
  ]);
  return mounted.status === 0;
})();

describe.skipIf(!canMount)('on a tmpfs (needs root and the right to mount)', () => {
  async function onTmpfs(options: string, use: (directory: string) => Promise<void>): Promise<void> {
    await inDirectory(async (directory) => {
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]).status).toBe(0);
      try {
        await use(directory);
      } finally {
        spawnSync('umount', [directory]);
      }
    });
  }

  it('a full disk is an error of resources, leaves no half file, and the run resumes once there is room', () =>
    onTmpfs('size=48k', async (mount) => {
      const directory = join(mount, 'run');
      const large = descriptionOf({ weightSamples: 8 });
      await expect(complete(directory, large)).rejects.toMatchObject({
        tag: 'resources',
        message: expect.stringContaining('the disk is full'),
      });
      const names = Object.keys(await contents(directory));
      expect(names.filter((name) => /\.tmp-|\.lock$/.test(name))).toEqual([]);
      expect(names.length).toBeGreaterThan(1);
      expect(spawnSync('mount', ['-o', 'remount,size=1m', mount]).status).toBe(0);
      await complete(directory, large);
      const moved = join(mount, 'moved');
      await rename(directory, moved);
      expect(await checkRun(moved)).toMatchObject({ complete: true, members: 24 });
    }));

  it('a directory that cannot be written is an error of resources', () =>
    onTmpfs('size=64k', async (mount) => {
      await mkdir(join(mount, 'run'));
      expect(spawnSync('mount', ['-o', 'remount,ro', mount]).status).toBe(0);
      for (const name of ['run', 'new']) {
        const refused = openOrCreateRun(join(mount, name), description);
        await expect(refused).rejects.toMatchObject({ tag: 'resources' });
      }
    }));
});
