/** plume query and plume epsgram as their users meet them: a forecast of the shared model, asked in processes of their own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contents, plume, succeed } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const run = join(directory, 'run');
const at = (name: string): string => join(directory, name);
const enough = ['--minimum-members', '6'];

beforeAll(async () => {
  await succeed(forecastArguments(run));
});

describe('plume query', () => {
  it('answers on standard output alone, as JSON where asked, and repeats --event without swallowing the run', async () => {
    const events = ['--event', 'fall(msl, 24h) > 0 hPa at 50,-20', '--event', 'msl > p50 at 50,-20'];
    const flags = [...events, '--archive', shared().archive, ...enough];
    const text = await succeed(['query', ...flags, run]);
    expect(text.stdout).toMatch(/^fall\(msl, 24h\) > 0 hPa at 50,-20, from 2004-02-15T00Z\n/);
    expect(text.stdout).toMatch(/\n\nmsl > p50 at 50,-20, from/);
    expect(text.stderr).toMatch(/start +2004-02-15T00Z, the last of 3/);
    const json = JSON.parse((await succeed(['query', run, ...flags, '--json', '--quiet'])).stdout);
    expect(json.events).toHaveLength(2);
    expect(json.events[1].answers[0]).toMatchObject({
      members: 6,
      climatological: { cases: expect.any(Number) },
    });
  });

  it('leaves a run as it is, and writes what is asked for beside it', async () => {
    const before = contents(run);
    writeFileSync(at('sites.csv'), 'name,lat,lon\nhere,50,-20\nthere,52,-25\n');
    const flags = ['--event', 'msl > 1000 hPa', ...enough];
    await succeed([
      'query',
      run,
      ...flags,
      '--sites',
      at('sites.csv'),
      '--csv',
      at('a.csv'),
      '--arrow',
      at('a.arrow'),
    ]);
    await succeed(['query', run, ...flags, '--map', at('map.svg')]);
    await succeed(['query', run, '--curve', 'msl > * hPa at 50,-20', ...enough, '--figure', at('curve.svg')]);
    expect(readFileSync(at('a.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(3);
    for (const file of ['a.arrow', 'map.svg', 'curve.svg']) expect(existsSync(at(file))).toBe(true);
    expect(contents(run)).toEqual(before);
  });

  it('takes what configuration files say', async () => {
    writeFileSync(at('ask.json'), JSON.stringify({ event: 'msl > 1000 hPa at 50,-20', minimumMembers: 6 }));
    const { stdout } = await succeed(['query', run, '--config', at('ask.json')]);
    expect(stdout).toMatch(/6 members/);
  });

  it.each([
    ['a word that is none', ['--event', 'mls > 1000 hPa at 50,-20'], 64, /character 1.*did you mean "msl"/s],
    ['too few members', ['--event', 'msl > 1000 hPa at 50,-20'], 65, /fewer than the 10/],
    [
      'a start that is not there',
      ['--event', 'msl > 1 at 50,-20', '--start', '2004-03-01'],
      64,
      /has no start/,
    ],
    [
      'a file of sites that is not there',
      ['--event', 'msl > 1', '--sites', 'nowhere.csv'],
      65,
      /sites "nowhere.csv"/,
    ],
    ['nothing', [], 64, /nothing is asked/],
  ])('refuses %s with the exit code that says so, without a stack trace', async (_, flags, code, says) => {
    const finished = await plume(['query', run, ...flags]);
    expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code, stdout: '' });
    expect(finished.stderr).toMatch(says);
    expect(finished.stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses what is no run', async () => {
    const finished = await plume(['query', at('nothing'), '--event', 'msl > 1 at 50,-20']);
    expect(finished.code).toBe(64);
    expect(finished.stderr).toMatch(/holds no run/);
  });
});

describe('plume epsgram', () => {
  it('draws in eighty columns where there is no terminal, and into a file', async () => {
    const { stdout } = await succeed([
      'epsgram',
      run,
      '--at',
      '50,-20',
      '--archive',
      shared().archive,
      ...enough,
      '--out',
      at('e.svg'),
    ]);
    expect(stdout).toMatch(/Sea-level pressure, hPa/);
    expect(stdout).toMatch(/━/);
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(readFileSync(at('e.svg'), 'utf8')).toMatch(/^<svg xmlns/);
  });
});
