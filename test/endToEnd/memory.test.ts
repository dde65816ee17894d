/** Memory of plume forecast: foretold, and no larger for more start dates or leads. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { succeed } from './plume.js';
import { forecastArguments, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();

interface Measured {
  readonly peakMemoryBytes: number;
  readonly estimate: { readonly memoryBytes: number; readonly diskBytes: number };
}

async function measure(name: string, flags: Readonly<Record<string, string>>): Promise<Measured> {
  const args = forecastArguments(join(directory, name), { members: '8x6', workers: '2', ...flags });
  return JSON.parse((await succeed([...args, '--json'])).stdout) as Measured;
}

const few = '2004-01-05/2004-01-06/P1D';
const many = '2004-01-05/2004-02-13/P1D';

describe('the memory of a forecast', () => {
  it('is within a quarter the same for 2 starts and 40, 3 days and 30; the estimate within 40 % of it', async () => {
    const smallest = await measure('2-starts-3-days', { starts: few, lead: 'P3D' });
    const starts = await measure('40-starts-3-days', { starts: many, lead: 'P3D' });
    const leads = await measure('2-starts-30-days', { starts: few, lead: 'P30D' });
    for (const measured of [smallest, starts, leads]) {
      const foretold = measured.estimate.memoryBytes / measured.peakMemoryBytes;
      expect(foretold).toBeGreaterThan(0.6);
      expect(foretold).toBeLessThan(1.4);
    }
    expect(starts.peakMemoryBytes / smallest.peakMemoryBytes).toBeLessThan(1.25);
    expect(leads.peakMemoryBytes / smallest.peakMemoryBytes).toBeLessThan(1.25);
  });
});
