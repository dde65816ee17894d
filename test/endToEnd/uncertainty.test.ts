/** plume forecast --uncertainty as its users meet it: who the members are, what is printed and recorded, what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../core/store/run.js';
import { ask, askSuccess } from './ask.js';
import { forecastArguments, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();

interface Told {
  readonly weight_samples: number;
  readonly noise_streams: number;
  readonly model: { readonly uncertainty: string; readonly posterior: unknown };
  readonly perturbation: unknown;
  readonly config: { readonly uncertainty?: string };
}

const manifest = (out: string): Told => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Told;

async function forecast(
  name: string,
  flags: Readonly<Record<string, string>>,
): Promise<{ out: string; stderr: string }> {
  const out = join(directory, name);
  const { stderr } = await askSuccess(forecastArguments(out, flags));
  return { out, stderr };
}

async function fields(out: string): Promise<string[]> {
  const run = await openRun(out);
  const { values, members } = await run.readMembers(run.starts[0]!, 72, 0);
  await run.close();
  const points = values.length / members.length;
  return [...members.keys()].map((m) => values.subarray(m * points, (m + 1) * points).join());
}

describe('plume forecast --uncertainty', () => {
  it('is hybrid where nobody says, and says so', async () => {
    const { out, stderr } = await forecast('hybrid', {});
    expect(stderr).toContain('hybrid uncertainty: weights drawn from the posterior, noise at every step');
    expect(manifest(out).model).toMatchObject({ uncertainty: 'hybrid', posterior: { kind: 'mean-field' } });
    expect(new Set(await fields(out)).size).toBe(6);
  });

  it('epistemic: weight samples without noise', async () => {
    const { out, stderr } = await forecast('epistemic', { uncertainty: 'epistemic', members: '4x1' });
    expect(stderr).toContain('epistemic uncertainty: weights drawn from the posterior, no noise');
    const { model, perturbation, config } = manifest(out);
    expect(model).toMatchObject({ uncertainty: 'epistemic', posterior: { kind: 'mean-field' } });
    expect(perturbation).toEqual({ initial: [], steps: [] });
    expect(config.uncertainty).toBe('epistemic');
    expect(new Set(await fields(out)).size).toBe(4);
  });

  it('aleatoric: noise around the mean weights', async () => {
    const { out } = await forecast('aleatoric', { uncertainty: 'aleatoric', members: '1x4' });
    const { model, perturbation } = manifest(out);
    expect(model).toMatchObject({ uncertainty: 'aleatoric', posterior: 'mean' });
    expect(perturbation).toMatchObject({
      initial: [],
      steps: [{ kind: 'noise', factor: 1, balance: 'none', stream: { purpose: 'pattern' } }],
    });
    expect(new Set(await fields(out)).size).toBe(4);
  });

  it('none: members that differ where they start; the only member of --deterministic starts at the analysis', async () => {
    const { out } = await forecast('none', { uncertainty: 'none', members: '1x3', initial: '0.1' });
    expect(manifest(out)).toMatchObject({
      perturbation: { initial: [{ kind: 'state-difference', amplitude: 0.1 }], steps: [] },
      model: { uncertainty: 'none' },
    });
    expect(new Set(await fields(out)).size).toBe(3);
    const { out: single } = await forecast('single', { uncertainty: 'none', members: '1x1' });
    const short = join(directory, 'deterministic');
    await askSuccess([...forecastArguments(short, { members: '1x1' }), '--deterministic']);
    expect(manifest(short).model.uncertainty).toBe('none');
    expect(await fields(short)).toEqual(await fields(single));
  });

  it.each([
    [
      'copies of a member',
      { uncertainty: 'epistemic', members: '2x3' },
      /3 members of each weight sample would be the same/,
    ],
    [
      'members without any difference',
      { uncertainty: 'none', members: '1x2' },
      /2 members would be the same/,
    ],
    ['a word it does not know', { uncertainty: 'total' }, /uncertainty/],
    ['that of the nature model', { uncertainty: 'aleatoric', model: 'nature' }, /neither weights nor noise/],
  ] as const)('refuses %s', async (_, flags, says) => {
    const { code, stderr } = await ask(forecastArguments(join(directory, 'refused'), flags));
    expect(stderr).toMatch(says);
    expect(code).toBe(64);
  });
});
