/** What plume perturbations says of one scheme, beside its parameters. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findPreset } from '../../perturbations/presets.js';
import { perturbationsCommand } from '../../src/commands/perturbations.js';

afterEach(() => vi.restoreAllMocks());

type Context = Parameters<typeof perturbationsCommand.run>[0];

async function told(name: string): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await perturbationsCommand.run({ operands: [name], json: false } as unknown as Context);
  const text = write.mock.calls.map(([part]) => String(part)).join('');
  write.mockRestore();
  return text;
}

describe('plume perturbations NAME', () => {
  it('says of sppt what size whole increments bear: a quarter of what is published, which is the default', async () => {
    const text = await told('sppt');
    const published = findPreset('sppt-ifs')?.values.sigma as readonly number[];
    const quarter = published.map((sigma) => sigma / 4);
    expect(findPreset('sppt')?.values.sigma).toEqual(quarter);
    expect(text).toContain(`sigma=${quarter.join('/')}, ${Math.hypot(...quarter).toFixed(2)} together`);
    expect(await told('skeb')).not.toContain('note: ');
  });

  it('says that lengths are fitted to the grid where a preset has any', async () => {
    for (const name of ['sppt-gfs', 'balanced', 'bred']) {
      expect(await told(name)).toMatch(/note: lengths below the distance between points of the grid/);
    }
    for (const name of ['noise', 'white', 'lagged']) expect(await told(name)).not.toContain('note: lengths');
  });
});
