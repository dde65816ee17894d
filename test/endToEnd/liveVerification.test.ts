/** A forecast that is scored while it is made leaves the statistics that plume verify would gather afterwards. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, askSuccess } from './ask.js';
import { plume } from './plume.js';
import { temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const small = 'truncation=10,levels=4';
const archive = `nature:${small},days=26,every=24h`;
const how = ['--verify-with', archive, '--references', 'persistence', '--thresholds', 't850=280'];

const forecast = (out: string, starts: string, ...more: readonly string[]): string[] => [
  ...['forecast', '--archive', archive, '--model', `nature:${small}`, '--analysis-error', '0.1'],
  ...[
    '--initial-states',
    '2001-01-01/2001-01-11',
    '--members',
    '1x4',
    '--lead',
    'P3D',
    '--store',
    't850,msl',
  ],
  ...['--starts', starts, '--out', join(directory, out), '--quiet', ...more],
];
const statistics = (out: string): Buffer => readFileSync(join(directory, out, 'statistics.arrow'));

describe('plume forecast --verify-with', () => {
  it('writes what plume verify writes, whole or start by start, and verify reads no member again', async () => {
    const both = '2001-01-21,2001-01-22';
    await askSuccess(forecast('live', both, ...how));
    await askSuccess(forecast('grown', '2001-01-22', ...how));
    const half = statistics('grown');
    const maps = (out: string) => existsSync(join(directory, out, 'maps.arrow'));
    expect([maps('live'), maps('grown')]).toEqual([true, true]);
    await askSuccess(forecast('grown', both, ...how));
    // Maps of one start are no maps of two: they are left to plume verify.
    expect(maps('grown')).toBe(false);
    await askSuccess(forecast('later', both));
    const verify = (out: string) =>
      askSuccess([
        ...['verify', join(directory, out), '--archive', archive, '--references', 'persistence'],
        ...['--thresholds', 't850=280', '--json'],
      ]);
    const afterwards = await verify('later');
    const whole = statistics('later');
    expect(statistics('live').equals(whole)).toBe(true);
    expect(statistics('grown').equals(whole)).toBe(true);
    expect(half.equals(whole)).toBe(false);
    const map = (out: string): Buffer => readFileSync(join(directory, out, 'maps.arrow'));
    expect(map('live').equals(map('later'))).toBe(true);
    await verify('grown');
    expect(map('grown').equals(map('later'))).toBe(true);
    const made = statSync(join(directory, 'live', 'statistics.arrow')).mtimeMs;
    const again = await verify('live');
    expect(statSync(join(directory, 'live', 'statistics.arrow')).mtimeMs).toBe(made);
    const rows = (text: string): unknown => (JSON.parse(text) as { rows: unknown }).rows;
    expect(rows(again.stdout)).toEqual(rows(afterwards.stdout));
    expect(JSON.stringify(rows(again.stdout))).toContain('"above 280"');
  });

  it('refuses an archive of another time before a member is made', async () => {
    const elsewhere = ['--verify-with', `nature:${small},days=12,every=24h`, '--references', 'persistence'];
    const { code, stderr } = await ask(forecast('elsewhere', '2001-01-21', ...elsewhere));
    expect(code).toBe(65);
    expect(stderr).toMatch(/no valid time is in both/);
  });

  it('a failure of scoring does not cost the forecast: it is told, and the forecast is complete', async () => {
    // Three days of one year hold no two states that count as independent: climatology cannot be learnt from them.
    const taught = [
      '--verify-with',
      archive,
      '--references',
      'climatology',
      '--train',
      '2001-01-01/2001-01-03',
    ];
    const { code, stderr, stdout } = await plume([
      ...forecast('failed', '2001-01-21,2001-01-22', ...taught),
      '--json',
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /warning: verification failed, the forecast goes on: scoring 2001-01-2[12]T00Z: climatology/,
    );
    expect(stderr).toMatch(
      /warning: the forecast is complete, its verification is not \(scoring 2001-01-2[12]/,
    );
    const result = JSON.parse(stdout) as { verification: { failure: string }; madeMembers: number };
    expect(result.madeMembers).toBe(8);
    expect(result.verification.failure).toContain('climatology');
    await askSuccess(forecast('unscored', '2001-01-21,2001-01-22'));
    const members = (out: string) =>
      readdirSync(join(directory, out, 'members')).map((file) =>
        readFileSync(join(directory, out, 'members', file)).toString('base64'),
      );
    expect(members('failed')).toEqual(members('unscored'));
  });
});
