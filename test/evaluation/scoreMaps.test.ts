/** Maps of scores survive their file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { encodeScoreMaps, readScoreMaps, type ScoreMap, writeScoreMaps } from '../../evaluation/scoreMaps.js';

it('maps keep grid, names, levels and every value through maps.arrow', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'plume-maps-'));
  try {
    const grid = makeGrid([60, 50], [0, 10, 20]);
    const map = (variable: string, level: number | null, statistic: ScoreMap['statistic']): ScoreMap => ({
      model: 'ensemble',
      variable,
      level,
      lead_hours: 24,
      statistic,
      n: 12,
      values: Float32Array.of(1, 2.5, Number.NaN, -0, 1e-30, level ?? 0),
    });
    const maps = { grid, maps: [map('msl', null, 'crps'), map('t', 850, 'epistemic_variance')] };
    const file = path.join(directory, 'maps.arrow');
    await writeScoreMaps(file, maps);
    expect(await readScoreMaps(file)).toEqual(maps);
    await writeScoreMaps(file, { grid, maps: [] });
    expect(await readScoreMaps(file)).toEqual({ grid, maps: [] });
    await writeFile(file, encodeScoreMaps(maps).subarray(0, 300));
    await expect(readScoreMaps(file)).rejects.toThrow(/maps\.arrow/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
