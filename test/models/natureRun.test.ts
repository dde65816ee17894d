/**
 * The nature run given out: the archive computed when it is read and the store on disk are the same map from the same
 * start, whatever is asked in which order, and however often the writing was stopped.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { archiveInfo } from '../../core/archive/info.js';
import { openArchive } from '../../core/archive/open.js';
import type { Archive } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { Dycore, resolveDycore } from '../../models/dycore/dycore.js';
import { createNatureArchive } from '../../models/dycore/natureArchive.js';
import { NatureModel, natureSchema } from '../../models/dycore/natureModel.js';
import { type NatureStoreOptions, natureTime, writeNature } from '../../models/dycore/natureStore.js';

const config = resolveDycore({ truncation: 21, levels: 4 });
const spinUp = { coarseDays: 1, fineDays: 1 };
const hour = 3_600_000;
const epoch = Date.UTC(2001, 0, 1);
const schema = natureSchema(config);
const all = schema.channels.map(channelName);
const visible = 'z250 z500 z850 t250 t500 t850 u250 u500 u850 v250 v500 v850 msl u10 v10 t2m'.split(' ');

const made: Archive[] = [];
function natureArchive(options: Partial<Parameters<typeof createNatureArchive>[0]> = {}): Archive {
  const archive = createNatureArchive({
    config,
    seed: 1,
    to: epoch + 66 * hour,
    everyHours: 6,
    spinUp,
    ...options,
  });
  made.push(archive);
  return archive;
}
afterAll(() => Promise.all(made.map((archive) => archive.close())));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plume-nature-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
  vi.restoreAllMocks();
});

/** Long arrays are compared by digest: vitest takes seconds to find them equal. */
const digest = (values: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

/** All channels of the first twelve times, six hours apart. */
let expected: Float32Array[];
let digests: string[];
beforeAll(async () => {
  const archive = natureArchive({ channels: all });
  expected = [];
  for (let i = 0; i < 12; i++) expected.push((await archive.read(i)).values);
  digests = expected.map(digest);
});

describe('the nature run as an archive', () => {
  it('has times from the epoch on and the sixteen channels by default', () => {
    const archive = natureArchive({ to: epoch + 30 * 24 * hour, everyHours: 24 });
    expect([...archive.times.slice(0, 2)]).toEqual([epoch, epoch + 24 * hour]);
    expect(archive.times).toHaveLength(31);
    expect(archive.schema.channels.map(channelName)).toEqual(visible);
    expect(archive.schema.grid.latitudes[0]).toBe(90);
    expect(archive.schema.grid.latitudes.at(-1)).toBe(-90);
    expect(archive.schema.grid.longitudes[0]).toBe(0);
  });

  it('is the map that the model steps, to the bit', async () => {
    const model = new NatureModel(config);
    for (const i of [0, 5, 10]) {
      const { mean } = await model.step({
        weightSamples: [0],
        rowsPerSample: 1,
        history: [expected[i]!],
        validTime: natureTime(i, 6),
      });
      expect(digest(mean)).toBe(digests[i + 1]);
    }
    expect(new Set(digests).size).toBe(12);
    await model.close();
  });

  it('gives the same state whatever was read before, in whichever order, at once or not', async () => {
    const archive = natureArchive({ channels: all });
    for (const i of [7, 2, 7, 11, 0, 4]) expect(digest((await archive.read(i)).values)).toBe(digests[i]);
    const fresh = natureArchive({ channels: all });
    const together = await Promise.all([3, 1, 9].map((i) => fresh.read(i)));
    expect(together.map(({ values }) => digest(values))).toEqual([digests[3], digests[1], digests[9]]);
    const daily = natureArchive({ channels: all, from: epoch + 24 * hour, everyHours: 24 });
    const second = await daily.read(1);
    expect(second.validTime).toBe(epoch + 48 * hour);
    expect(digest(second.values)).toBe(digests[8]);
  });

  it('costs one integration when read in rising order, and little when read again', async () => {
    const advance = vi.spyOn(Dycore.prototype, 'advance');
    const archive = natureArchive();
    await archive.read(0);
    const spunUp = advance.mock.calls.length;
    expect(spunUp).toBe(8);
    for (let i = 0; i < 12; i++) await archive.read(i);
    expect(advance.mock.calls.length - spunUp).toBe(11);
    for (let i = 0; i < 12; i++) await archive.read(i);
    // at most one step each, from the time before
    expect(advance.mock.calls.length - spunUp).toBeLessThanOrEqual(11 + 11);
    for (const i of [4, 8]) await archive.read(i);
    const again = advance.mock.calls.length;
    await archive.read(8);
    expect(advance.mock.calls.length).toBe(again);
  });

  it('gives the channels asked for, by channel, variable or other name, in that order', async () => {
    const points = 33 * 64;
    const archive = natureArchive({ channels: ['slp', 't', 'vo_ml2', 'z500', 'ta850'] });
    expect(archive.schema.channels.map(channelName)).toEqual([
      'msl',
      't250',
      't500',
      't850',
      'vo_ml2',
      'z500',
    ]);
    const { values } = await archive.read(2);
    const at = (name: string): Float32Array =>
      expected[2]!.subarray(all.indexOf(name) * points, (all.indexOf(name) + 1) * points);
    expect(digest(values.subarray(0, points))).toBe(digest(at('msl')));
    expect(digest(values.subarray(4 * points, 5 * points))).toBe(digest(at('vo_ml2')));
    expect(() => natureArchive({ channels: ['q500'] })).toThrow(/no channel "q500"; it has z250, .*lnsp/);
    expect(() => natureArchive({ channels: ['z700'] })).toThrow(/no channel "z700"/);
  });

  it('is another atmosphere with another seed', async () => {
    const other = await natureArchive({ seed: 2, channels: all }).read(0);
    expect(digest(other.values)).not.toBe(digests[0]);
  });

  it('refuses times that it does not have', async () => {
    expect(() => natureArchive({ everyHours: 4 })).toThrow(/every 4 h.*such as 6h or 24h/);
    expect(() => natureArchive({ to: epoch - hour })).toThrow(/must end after it begins/);
    expect(() => natureArchive({ from: epoch + 3 * hour })).toThrow(/every six hours/);
    await expect(natureArchive().read(12)).rejects.toThrow(/no time 12, it has 12/);
  });
});

function storeOptions(name: string, options: Partial<NatureStoreOptions> = {}): NatureStoreOptions {
  return {
    directory: join(directory, name),
    config,
    seed: 1,
    times: 12,
    everyHours: 6,
    modelLevels: true,
    spinUp,
    ...options,
  };
}

function files(path: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(path, name)).isFile())
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(path, name)))
          .digest('hex'),
      ]),
  );
}

/** Digests of all states. */
async function statesIn(path: string): Promise<string[]> {
  const archive = await openArchive([path]);
  const states = [];
  for (let i = 0; i < archive.times.length; i++) states.push(digest((await archive.read(i)).values));
  await archive.close();
  return states;
}

/** Aborts when so many times are written. */
function stopAfter(count: number): Pick<NatureStoreOptions, 'signal' | 'onTime'> {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onTime: (times) => {
      if (times >= count) controller.abort();
    },
  };
}

describe('the nature run as a store', () => {
  it('holds the states of the archive to the bit, described in full', async () => {
    const options = storeOptions('nature.zarr');
    const summary = await writeNature(options);
    expect(summary).toEqual({
      directory: options.directory,
      times: 12,
      kept: 0,
      first: '2001-01-01T00Z',
      last: '2001-01-03T18Z',
    });
    expect(await statesIn(options.directory)).toEqual(digests);
    const info = await archiveInfo(options.directory);
    expect(info.problems).toEqual([]);
    expect(info.channels).toHaveLength(16 + 13);
    expect(info.channels).toEqual(schema.channels.map((c) => `${channelName(c)} [${c.unit}]`));
    expect(info.time).toMatchObject({ first: '2001-01-01', last: '2001-01-03T18:00', step: 'PT6H' });
    expect(info.grid?.extent).toBe('global');
    expect(info.variables.every((v) => v.longName !== null)).toBe(true);
  });

  it('without model levels and with fewer times holds the same values', async () => {
    const options = storeOptions('daily.zarr', { everyHours: 24, times: 3, modelLevels: false });
    await writeNature(options);
    const archive = await openArchive([options.directory]);
    expect(archive.schema.channels.map(channelName)).toEqual(visible);
    const { values } = await archive.read(2);
    expect(digest(values)).toBe(digest(expected[8]!.subarray(0, values.length)));
    await archive.close();
  });

  it('stopped and taken up, or made longer later, has the bytes of one written at once', async () => {
    const whole = storeOptions('whole.zarr', { times: 40 });
    await writeNature(whole);
    const parts = storeOptions('parts.zarr', { times: 40 });
    for (const stop of [1, 5, 33]) {
      await expect(writeNature({ ...parts, ...stopAfter(stop) })).rejects.toMatchObject({
        tag: 'interrupted',
        message: expect.stringMatching(
          new RegExp(`with ${stop} of 40 times written; everything finished is kept`),
        ),
      });
      expect(await statesIn(parts.directory)).toHaveLength(stop);
    }
    expect(await writeNature(parts)).toMatchObject({ times: 40, kept: 33 });
    expect(files(parts.directory)).toEqual(files(whole.directory));
    const grown = storeOptions('grown.zarr', { times: 7 });
    await writeNature(grown);
    await writeNature({ ...grown, times: 40 });
    expect(files(grown.directory)).toEqual(files(whole.directory));
    // asked for what is there already, nothing is done
    const advance = vi.spyOn(Dycore.prototype, 'advance');
    expect(await writeNature({ ...grown, times: 12 })).toMatchObject({ times: 40, kept: 40 });
    expect(advance).not.toHaveBeenCalled();
  });

  it('stopped between two of its times keeps the state of the last', async () => {
    const daily = { everyHours: 24, times: 3 } as const;
    const whole = storeOptions('whole.zarr', daily);
    await writeNature(whole);
    const parts = storeOptions('parts.zarr', daily);
    const controller = new AbortController();
    let calls = 0;
    const advance = Dycore.prototype.advance;
    vi.spyOn(Dycore.prototype, 'advance').mockImplementation(function (this: Dycore, ...rest) {
      calls++;
      if (calls === 8 + 6) controller.abort();
      advance.apply(this, rest);
    });
    await expect(writeNature({ ...parts, signal: controller.signal })).rejects.toThrow(
      /2001-01-02T00Z, with 2 of 3/,
    );
    vi.restoreAllMocks();
    await writeNature(parts);
    expect(files(parts.directory)).toEqual(files(whole.directory));
  });

  it('that breaks says where, and what was written until then can be read', async () => {
    const options = storeOptions('broken.zarr', { everyHours: 12, times: 6 });
    let calls = 0;
    const advance = Dycore.prototype.advance;
    vi.spyOn(Dycore.prototype, 'advance').mockImplementation(function (this: Dycore, state, hours) {
      calls++;
      // an impossible wind after eight spin-up segments and seven of the run
      if (calls === 8 + 8) state.vorticity.fill(1);
      advance.call(this, state, hours);
    });
    await expect(writeNature(options)).rejects.toMatchObject({
      tag: 'data',
      message: expect.stringMatching(
        /ended after 2001-01-02T12Z, what was written until then can be read: .*level \d/,
      ),
    });
    vi.restoreAllMocks();
    expect(await statesIn(options.directory)).toEqual([0, 2, 4, 6].map((i) => digests[i]));
    // and the cause gone, it goes on from there
    await writeNature(options);
    expect(await statesIn(options.directory)).toEqual([0, 2, 4, 6, 8, 10].map((i) => digests[i]));
  });

  it('is never mixed with another run or other files', async () => {
    const options = storeOptions('one.zarr', { times: 2 });
    await writeNature(options);
    const before = files(options.directory);
    await expect(writeNature({ ...options, seed: 2 })).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringMatching(
        /holds another nature run: seed: 1 ≠ 2 \(there ≠ now\); choose another --out/,
      ),
    });
    const finer = resolveDycore({ truncation: 21, levels: 5 });
    await expect(writeNature({ ...options, config: finer })).rejects.toThrow(/levels: 4 ≠ 5/);
    await expect(writeNature({ ...options, everyHours: 12 })).rejects.toThrow(/every_hours: 6 ≠ 12/);
    await expect(writeNature({ ...options, modelLevels: false })).rejects.toThrow(
      /model_levels: true ≠ false/,
    );
    expect(files(options.directory)).toEqual(before);
    writeFileSync(join(directory, 'letter.txt'), 'dear reader');
    await expect(writeNature({ ...options, directory })).rejects.toThrow(
      /holds something else than a nature run/,
    );
    await expect(writeNature({ ...options, directory: join(directory, 'letter.txt') })).rejects.toMatchObject(
      {
        tag: 'usage',
      },
    );
    for (const wrong of [{ times: 0 }, { times: -3 }, { times: 1.5 }, { everyHours: 7 }, { seed: -1 }]) {
      await expect(writeNature(storeOptions('never.zarr', wrong))).rejects.toMatchObject({ tag: 'usage' });
    }
    expect(readdirSync(directory).sort()).toEqual(['letter.txt', 'one.zarr']);
  });

  it('without the state to go on from says so', async () => {
    const options = storeOptions('lost.zarr', { times: 2 });
    await writeNature(options);
    rmSync(join(options.directory, '.nature', 'restart-0000002.arrow'));
    await expect(writeNature({ ...options, times: 4 })).rejects.toThrow(/not the state to go on from/);
    expect(await statesIn(options.directory)).toHaveLength(2);
  });
});
