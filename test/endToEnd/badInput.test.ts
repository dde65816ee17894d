/**
 * What is wrong with data, models, directories or the machine is told in plain words, with the exit code that says
 * whether to try again, and leaves every directory as it was.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeNetcdf } from '../core/archiveFixture.js';
import { syntheticSeries } from '../syntheticArchive.js';
import { ask } from './ask.js';
import { contents, plume, succeed } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const inputs = temporaryDirectory();
const results = temporaryDirectory();
const input = (name: string): string => join(inputs, name);
const result = (name: string): string => join(results, name);

/** Days of 2004 on the grid of the shared archive, as days since 2001-01-01. */
const january = Array.from({ length: 31 }, (_, day) => 3 * 365 + day);
const { schema, values } = syntheticSeries({ days: 31, firstYear: 2004 });
const axes = { latitudes: [...schema.grid.latitudes], longitudes: [...schema.grid.longitudes] };
const pressure = (time: number, row: number, column: number): number =>
  values[(time * axes.latitudes.length + row) * axes.longitudes.length + column]!;
const good = { ...axes, times: january, value: pressure };

beforeAll(async () => {
  writeFileSync(input('text.nc'), 'time,lat,lon,msl\n');
  writeFileSync(input('empty.nc'), '');
  copyFileSync(shared().archive, input('truncated.nc'));
  truncateSync(input('truncated.nc'), 200_000);
  await writeNetcdf(input('nonsense-unit.nc'), { ...good, attributes: { units: 'furlong' } });
  await writeNetcdf(input('no-unit.nc'), { ...good, attributes: {} });
  await writeNetcdf(input('unordered.nc'), { ...good, times: [...january.slice(0, 29), 1125, 1124] });
  await writeNetcdf(input('duplicate.nc'), { ...good, times: [...january.slice(0, 30), january[29]!] });
  await writeNetcdf(input('gap.nc'), { ...good, times: january.map((day) => (day > 1110 ? day + 1 : day)) });
  await writeNetcdf(input('missing-day.nc'), {
    ...good,
    value: (time, row, column) => (time === 20 ? Number.NaN : pressure(time, row, column)),
  });
  await writeNetcdf(input('all-missing.nc'), { ...good, value: () => Number.NaN });
  await writeNetcdf(input('other-grid.nc'), { ...good, longitudes: axes.longitudes.map((lon) => lon + 2.5) });
  const damaged = (name: string, damage: (directory: string) => void): void => {
    cpSync(shared().model, input(name), { recursive: true });
    damage(input(name));
  };
  damaged('corrupted-weights', (directory) => {
    const bytes = readFileSync(join(directory, 'weights.arrow'));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(directory, 'weights.arrow'), bytes);
  });
  damaged('truncated-weights', (directory) => truncateSync(join(directory, 'weights.arrow'), 1000));
  damaged('broken-json', (directory) => truncateSync(join(directory, 'model.json'), 200));
  damaged('other-json', (directory) => writeFileSync(join(directory, 'model.json'), '{"kind": "linear"}'));
  mkdirSync(input('empty-model'));
});

/** Runs a command that must fail, and sees that it changed nothing. */
async function refused(args: readonly string[], code: number, says: RegExp): Promise<void> {
  const before = [contents(inputs), contents(results)];
  const finished = await ask(args);
  expect(finished.stderr).toMatch(says);
  expect(finished.stderr, 'a stack trace').not.toMatch(/\n\s+at /);
  expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code, stdout: '' });
  expect([contents(inputs), contents(results)]).toEqual(before);
}

describe('a forecast is refused, and nothing is written,', () => {
  const one = { starts: '2004-01-15' };
  it.each([
    // [what is wrong, flags, exit code, what is said]
    ['a missing file', { archive: 'nowhere.nc' }, 65, /"nowhere\.nc": there is no such file/],
    ['a file that is no NetCDF', { archive: input('text.nc') }, 65, /text\.nc" is neither NetCDF nor Zarr/],
    ['an empty file', { archive: input('empty.nc') }, 65, /empty\.nc" is empty/],
    ['a truncated file', { archive: input('truncated.nc') }, 65, /truncated\.nc".*(cut short|truncated)/],
    ['a directory that is no Zarr store', { archive: input('empty-model') }, 65, /empty-model"/],
    ['a missing variable', { variables: 'nope' }, 65, /has no variable "nope"; it has .*msl/],
    ['a wrong unit', { ...one, archive: input('nonsense-unit.nc') }, 65, /"furlong".*--unit msl=/s],
    ['no unit', { ...one, archive: input('no-unit.nc') }, 65, /--unit msl=/],
    ['--unit without a name', { unit: 'Pa' }, 64, /--unit "Pa" is not of the form name=unit/],
    ['times out of order', { ...one, archive: input('unordered.nc') }, 65, /unordered\.nc".*(order|before)/],
    ['a time that is there twice', { ...one, archive: input('duplicate.nc') }, 65, /duplicate\.nc".*twice/],
    [
      'a start after the archive',
      { starts: '2007-01-01' },
      65,
      /2007-01-01.* is outside archive .*2004-12-31/,
    ],
    ['a start before the archive', { starts: '1999-01-01' }, 65, /1999-01-01.* is outside archive/],
    ['a start without the day before', { starts: '2001-01-01' }, 65, /2000-12-31.* is outside archive/],
    [
      'a start in a gap',
      { starts: '2004-01-17', archive: input('gap.nc') },
      65,
      /2004-01-17.* is not in archive/,
    ],
    ['a start between two times', { starts: '2004-01-15T06:00' }, 65, /2004-01-15T06.* is not in archive/],
    ['a field missing everywhere', { ...one, archive: input('all-missing.nc') }, 65, /is missing everywhere/],
    [
      'archive and model on other grids',
      { ...one, archive: input('other-grid.nc') },
      65,
      /other-grid\.nc" lies on a grid of .* but model .* train a model on this one/,
    ],
    [
      'a missing model',
      { model: 'nowhere' },
      65,
      /model "nowhere": there is no model\.json in it; train one with plume train/,
    ],
    ['a model directory that is empty', { model: input('empty-model') }, 65, /there is no model\.json/],
    ['corrupted weights', { model: input('corrupted-weights') }, 65, /weights\.arrow" are corrupted/],
    ['truncated weights', { model: input('truncated-weights') }, 65, /weights\.arrow" are corrupted/],
    ['a model.json cut short', { model: input('broken-json') }, 65, /model\.json" is not JSON/],
    [
      'a model.json of something else',
      { model: input('other-json') },
      65,
      /model\.json" does not describe a model/,
    ],
    ['no weight samples', { members: '0x3' }, 64, /members "0x3": K and J must both be at least 1/],
    ['no noise streams', { members: '3x0' }, 64, /members "3x0": K and J must both be at least 1/],
    ['members that are no K×J', { members: '48' }, 64, /members "48" is not of the form KxJ/],
    [
      'a lead between two steps',
      { lead: 'PT36H' },
      64,
      /--lead PT36H is not a whole number of the model's steps of 24 h/,
    ],
    ['no lead', { lead: 'P0D' }, 64, /P0D/],
    ['a lead that is no period', { lead: '7' }, 64, /"7"/],
    ['a start that is no time', { starts: 'yesterday' }, 64, /"yesterday"/],
    [
      'a range of starts that runs backwards',
      { starts: '2004-02-01/2004-01-01/P1D' },
      64,
      /2004-02-01\/2004-01-01\/P1D/,
    ],
    [
      'more members than memory holds',
      { members: '1x900000000' },
      69,
      /needs about \S+ GB of memory, \S+ GB are free/,
    ],
    [
      'more members than the disk holds',
      { starts: '2004-01-05/2004-12-01/P1D', lead: 'P999999D' },
      69,
      /writes about \S+ GB, \S+ GB are free on the disk/,
    ],
    [
      'a device that is not there',
      { device: 'dml' },
      69,
      /device "dml" does not work here: .* Working: .*cpu.*--device cpu/,
    ],
  ] as [string, Record<string, string>, number, RegExp][])('%s', (_, flags, code, says) =>
    refused(forecastArguments(result('forecast'), flags), code, says),
  );

  it('no start, no run directory', async () => {
    const { archive, model } = shared();
    await refused(
      ['forecast', '--archive', archive, '--model', model, '--out', result('x')],
      64,
      /give --starts/,
    );
    await refused(['forecast', '--archive', archive, '--starts', '2004-01-15'], 64, /give --out DIR/);
    await refused(
      ['forecast', '--starts', '2004-01-15', '--out', result('x'), '--model', model],
      64,
      /give --archive/,
    );
  });

  it('but for a later start that is missing everywhere: told when its turn comes, and those before it are kept', async () => {
    const out = result('missing-later');
    const starts = '2004-01-07/2004-01-21/P7D';
    const finished = await plume(forecastArguments(out, { starts, archive: input('missing-day.nc') }));
    expect(finished.code).toBe(65);
    expect(finished.stderr).toMatch(/msl at 2004-01-21.* is missing everywhere/);
    const made = ['20040107T00Z.k0000-0001.arrow', '20040114T00Z.k0000-0001.arrow'];
    expect(Object.keys(contents(join(out, 'members')))).toEqual(made);
    await succeed(['run', 'info', out, '--checksums']);
  });

  it('unless --unit says what a file leaves out or has wrong', async () => {
    for (const file of ['nonsense-unit.nc', 'no-unit.nc']) {
      const out = result(`unit-${file}`);
      await succeed(forecastArguments(out, { ...one, archive: input(file), unit: 'msl=Pa' }));
      expect(contents(join(out, 'members'))).toHaveProperty(['20040115T00Z.k0000-0001.arrow']);
    }
  });
});

describe('a run directory is left as it was', () => {
  const run = result('run');
  beforeAll(() => succeed(forecastArguments(run)));

  it.each([
    ['by another seed', { seed: '2' }, /belongs to another configuration: .*seed/],
    ['by other leads', { lead: 'P2D' }, /belongs to another configuration: .*leads_hours/],
    ['by other noise streams', { members: '2x4' }, /belongs to another configuration: .*noise_streams/],
    [
      'by another archive',
      { starts: '2004-01-15', archive: input('gap.nc') },
      /belongs to another configuration/,
    ],
  ] as [string, Record<string, string>, RegExp][])('%s (64)', (_, flags, says) =>
    refused(forecastArguments(run, flags), 64, says),
  );

  it('by bad data (65)', () =>
    refused(forecastArguments(run, { starts: '2007-01-01' }), 65, /is outside archive/));

  it('when it is somebody else’s, or a file (64)', async () => {
    mkdirSync(result('letters'));
    writeFileSync(result('letters/draft.txt'), 'Dear');
    await refused(
      forecastArguments(result('letters')),
      64,
      /is not empty and holds no run \(found "draft\.txt"/,
    );
    await refused(
      forecastArguments(result('letters/draft.txt')),
      64,
      /is a file where a directory is needed/,
    );
    await refused(
      forecastArguments(result('letters/draft.txt/run')),
      64,
      /is a file where a directory is needed/,
    );
  });

  it('when its manifest is damaged (65)', async () => {
    cpSync(run, result('altered'), { recursive: true });
    const path = result('altered/manifest.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/"noise_streams": ?3/, '"noise_streams":4'));
    await refused(forecastArguments(result('altered')), 65, /manifest\.json has been altered/);
    truncateSync(path, 100);
    await refused(forecastArguments(result('altered')), 65, /manifest\.json is not JSON/);
    await refused(['run', 'info', result('altered')], 65, /manifest\.json is not JSON/);
  });

  it('by verification and report that cannot be made', async () => {
    const { archive } = shared();
    await refused(['verify', result('nowhere'), '--archive', archive], 64, /nowhere holds no run/);
    await refused(['report', result('nowhere')], 64, /nowhere holds no run/);
    await refused(['run', 'info', result('nowhere')], 64, /nowhere holds no run/);
    await refused(['verify', run, '--archive', 'nowhere.nc'], 65, /there is no such file/);
    await refused(['verify', run, '--archive', input('other-grid.nc')], 65, /lies on a grid of/);
    await refused(['verify', run, '--archive', archive, '--references', 'oracle'], 64, /"oracle" is none of/);
    await refused(
      ['verify', run, '--archive', archive, '--train', '1950-01-01/1951-12-31'],
      65,
      /1950-01-01/,
    );
    await refused(['report', run, '--start', '2004-03-01'], 64, /2004-03-01/);
    await refused(['report', run, '--out', result('no/such/page.html')], 65, /no\/such\/page\.html/);
  });

  it('when a file of it is damaged, which run info --checksums, verify and report tell (65)', async () => {
    cpSync(run, result('damaged'), { recursive: true });
    const file = result('damaged/members/20040201T00Z.k0000-0001.arrow');
    truncateSync(file, 3000);
    const { code, stderr } = await ask(['run', 'info', result('damaged'), '--checksums', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 65, stderr: expect.stringContaining('1 damaged files') });
    await refused(
      ['verify', result('damaged'), '--archive', shared().archive, '--references', 'persistence'],
      65,
      /20040201T00Z\.k0000-0001\.arrow/,
    );
    // the same forecast again makes it whole
    await succeed(forecastArguments(result('damaged')));
    for (const part of ['members', 'products']) {
      expect(contents(result(`damaged/${part}`))).toEqual(contents(join(run, part)));
    }
  });
});

describe('training is refused, and nothing is written,', () => {
  const train = (flags: Readonly<Record<string, string>>): string[] => {
    const all = {
      archive: shared().archive,
      preset: 'brief',
      backend: 'ort-cpu',
      out: result('model'),
      ...flags,
    };
    return ['train', ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])];
  };

  it.each([
    ['a missing file', { archive: 'nowhere.nc' }, 65, /there is no such file/],
    ['a truncated file', { archive: input('truncated.nc') }, 65, /truncated\.nc".*(cut short|truncated)/],
    ['a missing variable', { variables: 'nope' }, 65, /has no variable "nope"/],
    [
      'an archive too short to split',
      { archive: input('gap.nc') },
      64,
      /too short to split .* --train FROM\/TO/,
    ],
    [
      'one period without the other',
      { train: '2001-01-01/2001-12-31' },
      64,
      /--train and --validate go together/,
    ],
    [
      'periods that overlap',
      { train: '2001-01-01/2002-12-31', validate: '2002-06-01/2003-12-31' },
      64,
      /overlap/,
    ],
    ['a period that is none', { train: 'always', validate: '2003-01-01/2003-12-31' }, 64, /"always"/],
    [
      'a period outside the archive',
      { train: '1991-01-01/1992-12-31', validate: '1993-01-01/1993-12-31' },
      65,
      /1991-01-01/,
    ],
    [
      'a validation period outside the archive',
      { train: '2001-01-01/2002-12-31', validate: '1993-01-01/1993-12-31' },
      65,
      /1993-01-01/,
    ],
    [
      'a training period of a day',
      { train: '2001-01-01/2001-01-01', validate: '2003-01-01/2003-12-31' },
      65,
      /2001-01-01/,
    ],
    [
      'a state missing in training',
      { archive: input('missing-day.nc'), train: '2004-01-01/2004-01-25', validate: '2004-01-26/2004-01-31' },
      65,
      /msl at 2004-01-21.* is missing everywhere/,
    ],
    [
      'a state missing in validation',
      { archive: input('missing-day.nc'), train: '2004-01-01/2004-01-16', validate: '2004-01-17/2004-01-31' },
      65,
      /msl at 2004-01-21.* is missing everywhere/,
    ],
    [
      'a backend that is not there',
      { backend: 'tfjs-node-gpu' },
      69,
      /backend "tfjs-node-gpu" does not work here: .* npm install @tensorflow\/tfjs-node-gpu@/,
    ],
    [
      'gaps to be passed on',
      { 'nan-policy': 'propagate' },
      64,
      /--nan-policy propagate is for scores; training takes raise, or omit/,
    ],
    [
      'a stage without the one before it',
      { stage: 'aleatoric' },
      64,
      /--stage aleatoric begins where the epistemic stage ends, .* holds no model; first run plume train --stage deterministic/,
    ],
    ['no data', { archive: '' }, 64, /archive/],
  ] as [string, Record<string, string>, number, RegExp][])('%s', (_, flags, code, says) =>
    refused(train(flags), code, says),
  );

  it('a directory that holds a model already, or something that is no directory (64)', async () => {
    cpSync(shared().model, result('trained'), { recursive: true });
    await refused(train({ out: result('trained') }), 64, /trained" holds a trained model already; remove it/);
    await refused(train({ out: result('trained'), stage: 'epistemic' }), 64, /holds a trained model already/);
    writeFileSync(result('file'), '');
    await refused(train({ out: result('file') }), 64, /is a file where a directory is needed/);
  });
});
