/** plume start without data: tonight's forecast of the built-in atmosphere, by the model that comes with the program. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkRun, openRun } from '../../core/store/run.js';
import { readTable } from '../../core/store/table.js';
import { readTracksTable } from '../../evaluation/cyclones/tracksTable.js';
import { scoreRows } from '../../evaluation/scoreRow.js';
import { shippedModel } from '../../src/shippedModel.js';
import { contents, type Finished, plume, succeed } from './plume.js';
import { temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const run = join(directory, 'runs', 'tonight', 'bayesian');
const why = existsSync(join(shippedModel(), 'model.json')) ? '' : ' (skipped: no models/default)';

describe('plume start without data', () => {
  it('ends with 65 where the model is not, and says how to train one', async () => {
    const { code, stdout, stderr } = await plume(['start', '--model', 'nowhere'], { cwd: directory });
    expect(stderr).toMatch(/the model "nowhere" is not there.*plume train --archive nature/s);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
    expect(existsSync(join(directory, 'runs'))).toBe(false);
  });

  describe.skipIf(why !== '')(`tonight${why}`, () => {
    let first: Finished;
    let made: Record<string, string>;
    let seconds: number;
    beforeAll(async () => {
      const began = performance.now();
      first = await succeed(['start'], { cwd: directory });
      seconds = (performance.now() - began) / 1000;
      made = contents(run);
    });

    it('makes 48 members for ten days, complete and intact', async () => {
      const { manifest, starts, schema, close } = await openRun(run);
      await close();
      expect(manifest).toMatchObject({ weight_samples: 8, noise_streams: 6 });
      expect([...starts].map((start) => new Date(start).toISOString())).toEqual(['2001-03-02T00:00:00.000Z']);
      expect(manifest.leads_hours).toEqual(Array.from({ length: 10 }, (_, i) => 24 * (i + 1)));
      expect(schema.channels).toHaveLength(16);
      expect(await checkRun(run)).toMatchObject({ complete: true, damaged: [] });
    });

    it('takes minutes: two at most where nothing else runs, twice that beside other tests', () => {
      expect(seconds).toBeLessThan(240);
    });

    it('is better than climatology for days, as sure as it is good', async () => {
      const path = join(run, 'scores.arrow');
      const rows = scoreRows(await readTable(path), path);
      const value = (metric: string, lead: number): number =>
        rows.find(
          (row) =>
            row.model === 'ensemble' &&
            row.variable === 'z' &&
            row.level === 500 &&
            row.metric === metric &&
            row.lead_hours === lead,
        )?.value ?? Number.NaN;
      expect(value('crps_skill_score', 24)).toBeGreaterThan(0.6);
      expect(value('crps_skill_score', 72)).toBeGreaterThan(0.2);
      for (const lead of [24, 72, 120]) {
        expect(value('spread_skill_ratio', lead)).toBeGreaterThan(0.6);
        expect(value('spread_skill_ratio', lead)).toBeLessThan(1.6);
      }
    });

    it('says what was run, how good, how sure, what is likely and what to type next, on one screen', () => {
      const lines = first.stdout.trim().split('\n');
      expect(lines.length).toBeLessThanOrEqual(30);
      for (const heading of [
        'What was run',
        'How good',
        'How sure',
        'What is likely',
        'The report: ',
        'Next:',
      ])
        expect(lines.filter((line) => line.startsWith(heading))).toHaveLength(1);
      expect(first.stdout).toContain('A made-up atmosphere whose truth is known');
      expect(first.stdout).toMatch(
        /^ {2}npx plume forecast --model nature --archive runs\/tonight\/nature\.zarr /m,
      );
      expect(first.stdout).toMatch(
        /^ {2}npx plume compare runs\/tonight\/bayesian runs\/tonight\/classical /m,
      );
    });

    it('finds its lows: where the surest and the least sure one will be, in a sentence and on the page', async () => {
      const said = first.stdout.replaceAll(/\s+/g, ' ');
      const where = String.raw`near [\d.]+°[NS] [\d.]+°[EW] \(storm \d+\): \d+ of 48 members have it, two thirds of them within \d+ km`;
      expect(said).toMatch(
        new RegExp(
          `On day 3 the surest low will be ${where}; the least sure ${where}\\. → Then a low lay (\\d+) km from the first place, and (one \\d+ km from|none within 1000 km of) the second\\.`,
        ),
      );
      const { ensembles, storms } = await readTracksTable(join(run, 'tracks.arrow'));
      expect(ensembles[0]!.members).toHaveLength(48);
      expect(ensembles[0]!.members.every(({ tracks }) => tracks.length > 0)).toBe(true);
      expect(storms.filter(({ tracks }) => tracks.length >= 24).length).toBeGreaterThan(4);
      const page = readFileSync(join(run, 'report.html'), 'utf8');
      expect(page).toContain('<h2>Cyclones</h2>');
      expect(page.match(/<h4>Mean track and cone<\/h4>/g)).toHaveLength(2);
    });

    it('writes one page without coastlines, at most 6 MB', () => {
      const page = readFileSync(join(run, 'report.html'), 'utf8');
      expect(page.length).toBeLessThan(6e6);
      expect(page).toContain('<path id="globe-coast" d=""/>');
      // What links carry is base64, in which any three letters turn up.
      expect(page.replaceAll(/data:[^"]*"/g, '"')).not.toMatch(/<script|NaN|undefined/);
    });

    it('does nothing twice, and holds less than 2 GB of memory', async () => {
      const { stdout, stderr } = await succeed(['start', '--json'], { cwd: directory });
      expect(stderr).toMatch(/^nature +.*made before: 71 days$/m);
      expect(stderr).toMatch(/^scores .*there already$/m);
      expect(stderr).toMatch(/^needs +nothing more: every member is there$/m);
      const result = JSON.parse(stdout) as { peakMemoryBytes: number; run: string };
      expect(result.run).toBe(join('runs', 'tonight', 'bayesian'));
      expect(result.peakMemoryBytes).toBeLessThan(2e9);
      const again = contents(run);
      expect(again).toEqual(made);
    });
  });
});
