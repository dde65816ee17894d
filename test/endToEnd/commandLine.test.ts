/** The command line: help, options and configuration, and what is printed where. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask } from './ask.js';
import { plume, succeed } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();

describe('help', () => {
  it.each([
    'plume',
    'plume start',
    'plume archive',
    'plume archive info',
    'plume train',
    'plume forecast',
    'plume verify',
    'plume report',
    'plume run',
    'plume run info',
  ])('of %s shows examples and ends well', async (command) => {
    const { code, stdout, stderr } = await ask([...command.split(' ').slice(1), '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Usage: ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples:\\n +${command}`));
  });

  it('tells the version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect((await ask(['--version'])).stdout).toBe(`${version}\n`);
  });
});

describe('bad use', () => {
  const config = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  it.each([
    { what: 'an unknown command', args: () => ['forcast'], says: /unknown command 'forcast'/ },
    { what: 'an unknown command below one', args: () => ['run', 'inf'], says: /unknown command 'inf'/ },
    { what: 'an unknown flag', args: () => ['train', '--epochs', '3'], says: /unknown option '--epochs'/ },
    {
      what: 'a flag without its value',
      args: () => ['train', '--out'],
      says: /--out <path>' argument missing/,
    },
    { what: 'a missing operand', args: () => ['verify'], says: /missing required argument 'run'/ },
    {
      what: 'an unknown configuration key',
      args: () => ['train', '--config', config('unknown.json', '{"epochs": 3, "preset": "brief"}')],
      says: /"epochs".*unknown\.json/s,
    },
    {
      what: 'a configuration value of the wrong kind',
      args: () => ['forecast', '--config', config('kind.json', '{"workers": "many"}')],
      says: /--workers "many": workers must be a whole number, 1 or more/,
    },
    {
      what: 'a configuration that is not JSON',
      args: () => ['train', '--config', config('broken.json', '{"seed": 1')],
      says: /broken\.json" is not JSON/,
    },
    {
      what: 'a configuration that is not an object',
      args: () => ['train', '--config', config('list.json', '["seed"]')],
      says: /list\.json" must be a JSON object/,
    },
    {
      what: 'no workers',
      args: () => ['forecast', '--workers', '0'],
      says: /workers must be a whole number, 1/,
    },
    { what: 'part of a batch', args: () => ['forecast', '--batch', '2.5'], says: /batch must be a whole/ },
    { what: 'a negative seed', args: () => ['train', '--seed', '-1'], says: /seed must be a whole/ },
    {
      what: 'an unknown device',
      args: () => ['forecast', '--device', 'gpu'],
      says: /--device "gpu" is none of .*webgpu/,
    },
    {
      what: 'an unknown backend',
      args: () => ['train', '--backend', 'gpu'],
      says: /--backend "gpu" is none of .*tfjs-wasm/,
    },
    {
      what: 'an unknown posterior',
      args: () => ['train', '--posterior', 'vague'],
      says: /--posterior "vague" is none of .*deep-ensemble/,
    },
  ])('$what, ends with 64 and names it', async ({ args, says }) => {
    const { code, stdout, stderr } = await ask(args());
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

describe('a process', () => {
  it.each([
    { ends: 0, args: () => ['run', '--help'] },
    { ends: 64, args: () => ['forecast', '--workers', '0'] },
    { ends: 65, args: () => ['archive', 'info', join(directory, 'nowhere.nc')] },
    { ends: 69, args: () => forecastArguments(join(directory, 'dml'), { device: 'dml' }) },
  ])('ends with $ends and prints what one does that is asked many commands', async ({ ends, args }) => {
    const finished = await plume(args());
    expect(finished.code).toBe(ends);
    expect(await ask(args())).toEqual(finished);
  });
});

describe('options', () => {
  it('come from flags before the configuration file, and are saved with the run as resolved', async () => {
    const out = join(directory, 'configured');
    const path = join(directory, 'forecast.json');
    const { archive, model } = shared();
    writeFileSync(
      path,
      JSON.stringify({
        archive,
        model,
        members: '3x2',
        lead: 'P2D',
        seed: 7,
        device: 'cpu',
        workers: 1,
        // for other commands: one file may serve them all
        preset: 'brief',
      }),
    );
    await succeed(['forecast', '--config', path, '--members', '1x2', '--starts', '2004-03-01', '--out', out]);
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ seed: 7, weight_samples: 1, noise_streams: 2, leads_hours: [24, 48] });
    expect(manifest.config).toEqual({
      archive: [archive],
      unit: [],
      model,
      members: '1x2',
      perturb: [],
      deterministic: false,
      lead: 'P2D',
      seed: 7,
      device: 'cpu',
      workers: 1,
      batch: 2,
      starts: '2004-03-01',
      out,
    });
  });
});

describe('what is printed', () => {
  it('is JSON alone on standard output with --json, and plain lines of progress on standard error', async () => {
    const out = join(directory, 'json');
    const { stdout, stderr } = await succeed([...forecastArguments(out), '--json']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ directory: out, members: 6, starts: 3, madeMembers: 18, keptMembers: 0 });
    expect(result.device).toEqual({
      asked: 'cpu',
      device: 'cpu',
      why: 'asked for, and a test product ran on it',
      passedOver: [],
    });
    expect(stderr).toMatch(/^device {5}cpu/m);
    expect(stderr).toMatch(
      /^ensemble {3}2 weight samples × 3 noise streams, seed 1, 3 starts, 3 steps of 24 h/m,
    );
    expect(stderr).toMatch(
      /^needs {6}about \S+ s, \S+ MB of memory \(\S+ [kM]B for perturbations\), \S+ kB on disk$/m,
    );
    expect(stderr).toMatch(/^forecast {2}54\/54 member-steps {2}100 % {2}\S+\/s {2}took \S+ s$/m);
    expect(stderr).not.toContain('\r');
    expect(result.sources.map((each: { lead_hours: number }) => each.lead_hours)).toEqual([24, 48, 72]);
    for (const each of result.sources) {
      expect(each).toMatchObject({ channel: 'msl', unit: 'Pa', starts: 3 });
      const { epistemic_variance: weights, aleatoric_variance: noise } = each;
      expect(each.epistemic_share).toBeCloseTo(weights / (weights + noise), 12);
      expect(each.spread).toBeGreaterThan(0.7 * Math.sqrt(noise));
      expect(each.aleatoric_crps).toBeGreaterThan(0);
    }
    // Once more, with nothing left to make: the same in words.
    const again = await succeed(forecastArguments(out));
    const [first] = result.sources;
    const share = `${(100 * first.epistemic_share).toFixed(1)} %`;
    expect(again.stdout).toMatch(new RegExp(`where the spread comes from[^]*\n +24 h +\\S+ +${share} `));

    const info = await succeed(['run', 'info', out, '--checksums', '--json']);
    expect(JSON.parse(info.stdout)).toMatchObject({
      trajectories: { held: 18, expected: 18 },
      check: { complete: true, damaged: [] },
    });
    expect(JSON.parse((await succeed(['archive', 'info', shared().archive, '--json'])).stdout)).toMatchObject(
      {
        format: 'NetCDF-4',
        channels: ['msl [Pa]'],
      },
    );
  });

  it('is nothing on standard error with --quiet', async () => {
    const out = join(directory, 'quiet');
    const forecast = await succeed([...forecastArguments(out), '--quiet']);
    expect(forecast).toMatchObject({ stdout: '', stderr: '' });
    const { stdout, stderr } = await succeed([
      ...['verify', out, '--archive', shared().archive],
      ...['--references', 'persistence', '--quiet'],
    ]);
    expect(stderr).toBe('');
    expect(stdout).toContain('fair CRPS');
  });

  it('may be cut short by its reader', () => {
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; "${process.execPath}" dist/src/plume.js run info --help | true`],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the device', () => {
  it('that auto chooses is told in one short line, the rest with --json', async () => {
    const out = join(directory, 'auto');
    const args = forecastArguments(out, {
      device: 'auto',
      starts: '2004-03-01',
      members: '1x2',
      lead: 'P1D',
    });
    const { stdout, stderr } = await succeed([...args, '--json']);
    const [line] = /^device .*$/m.exec(stderr) ?? [''];
    expect(line.length).toBeLessThan(120);
    expect(stderr).not.toMatch(/vulkan|dawn|onnxruntime_src|\.cc:/i);
    const { device } = JSON.parse(stdout);
    expect(line).toBe(`device     ${device.device}: ${device.why}`);
    expect(['cuda', 'coreml', 'dml', 'webgpu', 'cpu']).toContain(device.device);
    expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')).device).toBe(device.device);
    const better = ['cuda', 'coreml', 'dml', 'webgpu', 'cpu'].slice(
      0,
      ['cuda', 'coreml', 'dml', 'webgpu', 'cpu'].indexOf(device.device),
    );
    expect(device.passedOver.map((other: { device: string }) => other.device)).toEqual(better);
    for (const { reason } of device.passedOver) expect(reason).not.toBe('');
  });
});
