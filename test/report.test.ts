/** The report and the score table, on a small made-up run whose numbers are known. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JSDOM } from 'jsdom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gridSize, makeGrid } from '../core/grid.js';
import { normals } from '../core/random/stream.js';
import type { Schema } from '../core/schema.js';
import { openRun } from '../core/store/run.js';
import { millisecondsPerDay } from '../core/time.js';
import type { EnsembleSource } from '../evaluation/ensembleSource.js';
import { differencePrefix, type ScoreRow } from '../evaluation/scoreRow.js';
import { colourScale } from '../src/report/colourScale.js';
import { displayUnit, formatValue, squaredUnit } from '../src/report/displayUnit.js';
import { mapLeads } from '../src/report/fieldMaps.js';
import { keySentence } from '../src/report/keySentence.js';
import { mapFrame } from '../src/report/mapProjection.js';
import { type ReportRun, renderReport, writeReport } from '../src/report/report.js';
import { roundStep } from '../src/report/roundStep.js';
import { formatScores } from '../src/report/scoreTable.js';

const axis = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
const schema: Schema = {
  grid: makeGrid(axis(70, 30, 9), axis(-70, 10, 17)),
  channels: [{ variable: 'msl', level: null, unit: 'Pa' }],
};
const [K, J] = [3, 4];
const leadsHours = [24, 72, 120, 168];
const starts = [0, 1].map((i) => Date.UTC(2007, 0, 1) + 7 * i * millisecondsPerDay);

const run: ReportRun = {
  schema,
  starts,
  leadsHours,
  manifest: {
    weight_samples: K,
    noise_streams: J,
    plume: '0.1.0',
    seed: 7,
    model: {
      kind: 'bayesian',
      digest: '0123456789abcdef'.repeat(4),
      note: '<script>alert("model")</script>',
    },
    perturbation: { kind: 'correlated' },
    device: { device: 'cpu' },
    settings: {},
    config: { archive: 'https://example.org/data.zarr' },
  },
  async readMembers(start, leadHours) {
    const points = gridSize(schema.grid);
    const values = new Float32Array(K * J * points);
    normals(
      { seed: 1, start, weightSample: 0, noiseStream: 0, purpose: 'training', step: leadHours },
      values,
    );
    for (let i = 0; i < values.length; i++) {
      const row = Math.floor((i % points) / 17);
      values[i] = 101_000 - 300 * row + leadHours * values[i]!;
    }
    return { values, members: Int32Array.from({ length: K * J }, (_, m) => m) };
  },
};

/** Scores with a known story: better than climatology at the first two leads, not told apart after. */
function storyRows(): ScoreRow[] {
  const rows: ScoreRow[] = [];
  for (const [i, lead_hours] of leadsHours.entries()) {
    const add = (model: string, metric: string, value: number, half = 10) =>
      rows.push({
        model,
        variable: 'msl',
        level: null,
        lead_hours,
        region: 'all',
        season: 'all',
        event: null,
        p_value: null,
        metric,
        value,
        ci_low: value - half,
        ci_high: value + half,
        n: 52,
      });
    add('ensemble', 'crps', 200 + 50 * i);
    add('ensemble', 'rmse', 400 + 100 * i);
    add('ensemble', 'bias', -12.5);
    add('ensemble', 'spread', 390 + 100 * i);
    add('ensemble', 'spread_skill_ratio', 0.95 + 0.02 * i, 0.05);
    add('ensemble', 'epistemic_variance', 20_000);
    add('ensemble', 'aleatoric_variance', 130_000);
    add('ensemble', 'epistemic_share', 2 / 15, 0.01);
    add('ensemble', 'epistemic_crps_share', 0.07, 0.006);
    for (let rank = 0; rank <= K * J; rank++)
      add('ensemble', `rank_${String(rank).padStart(2, '0')}`, 1 / (K * J + 1), 0.01);
    add('climatology', 'crps', 450);
    add('climatology', 'rmse', 900);
    add('ensemble', `${differencePrefix}climatology`, i < 2 ? -100 : -5);
  }
  return rows;
}

describe('the report', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'plume-report-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is one page that asks nobody for anything', async () => {
    const file = path.join(directory, 'report.html');
    await writeReport(run, storyRows(), file, { name: 'runs/a' });
    const text = await readFile(file, 'utf8');
    const { document } = new JSDOM(text).window;
    expect(document.querySelectorAll('script, link, img, iframe, object, embed, image')).toHaveLength(0);
    expect(text).not.toMatch(/@import|url\((?!#)/);
    expect(document.querySelectorAll('[src]')).toHaveLength(0);
    for (const element of document.querySelectorAll('[href]'))
      expect(element.getAttribute('href')?.slice(0, 40)).toMatch(/^(#|data:(application|text)\/)/);
    // References inside the page lead somewhere.
    for (const use of document.querySelectorAll('use'))
      expect(document.querySelector(use.getAttribute('href')!), use.outerHTML).not.toBeNull();
  });

  it('shows four maps of each of five fields, curves, rank histograms and tables with the values', async () => {
    const { document } = new JSDOM(await renderReport(run, storyRows(), { name: 'runs/a' })).window;
    const sections = [...document.querySelectorAll('.field')];
    expect(sections.map((s) => s.querySelector('h3')?.textContent)).toEqual([
      'Mean',
      'Spread',
      'Epistemic variance',
      'Aleatoric variance',
      'Epistemic share',
    ]);
    for (const [i, section] of sections.entries()) {
      expect(section.querySelectorAll('svg.map')).toHaveLength(4);
      expect(section.querySelector('svg.bar .unit')?.textContent).toMatch(i === 4 ? /^%$/ : /^hPa²?$/);
      expect(section.querySelectorAll('.bands path').length).toBeGreaterThan(4);
    }
    expect(document.querySelectorAll('.charts figure')).toHaveLength(7);
    expect(document.querySelectorAll('.panels figure')).toHaveLength(4);
    const cell = document.querySelector('.scores tbody tr:nth-child(2) td');
    expect(cell?.firstChild?.textContent).toBe('2.00'); // 200 Pa, in hPa
    expect(cell?.querySelector('.ci')?.textContent).toBe('1.90 … 2.10');
    const verdicts = [...document.querySelectorAll('.differences .verdict')].map((each) => each.textContent);
    expect(verdicts).toEqual(['▲ better', '▲ better', '◦ no evidence', '◦ no evidence']);
    expect(document.querySelector('.key')?.textContent).toBe(keySentence(storyRows(), 'Pa'));
    expect(document.body.textContent).not.toMatch(/NaN|undefined|\[object/);
  });

  it('escapes what comes from data, and names a start that the run has not', async () => {
    const text = await renderReport(run, [], { name: '<b>run</b>' });
    expect(text).not.toContain('<script>');
    expect(text).toContain('&lt;b&gt;run&lt;/b&gt;');
    expect(text).toContain('Not verified yet');
    await expect(renderReport(run, [], { name: 'r', start: 0 })).rejects.toThrow(
      /no start 1970-01-01T00Z; it has 2/,
    );
  });

  it('reads what the store opens', async () => {
    // The compiler is the test: the store's reader must satisfy what scoring and reporting ask for.
    const open: (directory: string) => Promise<ReportRun & EnsembleSource> = openRun;
    await expect(open(directory)).rejects.toThrow(/holds no run/);
  });

  it('leaves out what a single member cannot show', async () => {
    const one: ReportRun = {
      ...run,
      manifest: { ...run.manifest, weight_samples: 1, noise_streams: 1 },
      async readMembers(start, lead, channel) {
        const { values } = await run.readMembers(start, lead, channel);
        return { values: values.slice(0, gridSize(schema.grid)), members: [0] };
      },
    };
    const { document } = new JSDOM(await renderReport(one, [], { name: 'r' })).window;
    expect([...document.querySelectorAll('.field h3')].map((h) => h.textContent)).toEqual(['Mean']);
  });

  it('chooses the leads that the run has', () => {
    expect(mapLeads([24, 48, 72, 96, 120, 144, 168])).toEqual([24, 72, 120, 168]);
    expect(mapLeads([6, 12, 18, 24, 30, 36])).toEqual([6, 18, 24, 36]);
    expect(mapLeads([6])).toEqual([6]);
  });
});

describe('the sentence', () => {
  it('says what the scores say, no more', () => {
    expect(keySentence(storyRows(), 'Pa')).toBe(
      'Fair CRPS grows from 2.00 hPa at day 1 to 3.50 hPa at day 7; it is better than climatology at 2 of 4 leads ' +
        '(no evidence at 2); the spread–skill ratio stays between 0.95 and 1.01.',
    );
    const none = storyRows().map((row) =>
      row.metric.startsWith(differencePrefix) ? { ...row, ci_low: -200, ci_high: 200 } : row,
    );
    expect(keySentence(none, 'Pa')).toContain('not told apart from climatology at any lead');
    const worse = storyRows().map((row) =>
      row.metric.startsWith(differencePrefix) ? { ...row, ci_low: 1, ci_high: 2 } : row,
    );
    expect(keySentence(worse, 'Pa')).toContain('worse than climatology at every lead');
    expect(keySentence([], 'Pa')).toBe('');
  });

  it('claims nothing of starts that are too few for intervals: it says how many they are and what was scored', () => {
    const without = { ci_low: Number.NaN, ci_high: Number.NaN };
    const few = storyRows().map((row) => ({ ...row, ...without, n: 3 }));
    const one = storyRows().map((row) => ({ ...row, ...without, n: 1 }));
    const rest =
      ': fair CRPS grows from 2.00 hPa at day 1 to 3.50 hPa at day 7; climatology’s 4.50 hPa; ' +
      'the spread–skill ratio stays between 0.95 and 1.01.';
    expect(keySentence(few, 'Pa')).toBe(`3 starts, too few for intervals${rest}`);
    expect(keySentence(one, 'Pa')).toBe(`One start${rest}`);
    expect(formatScores(one)).not.toMatch(/[~+]/);
    // Long leads share weather: of the same starts they may lack what short ones have.
    const short = storyRows().map((row) => (row.lead_hours > 72 ? { ...row, ...without } : row));
    expect(keySentence(short, 'Pa')).toContain(
      'better than climatology at each of the 2 leads that have an interval',
    );
  });
});

describe('the table for a terminal', () => {
  it('has a line a metric and model, leads across, and signs for what is beyond chance', () => {
    const lines = formatScores(storyRows()).split('\n');
    expect(lines[0]).toMatch(/^msl, region all +24 h +72 h +120 h +168 h$/);
    const line = (start: string) => lines.find((each) => each.startsWith(start))?.replace(/ +/g, ' ');
    expect(line('fair CRPS  ensemble')).toBe('fair CRPS ensemble 200.0 250.0 300.0 350.0');
    expect(line('fair CRPS less climatology')).toBe(
      "fair CRPS less climatology's -100.0 + -100.0 + -5.000 ~ -5.000 ~",
    );
    expect(line('starts')).toBe('starts 52 52 52 52');
    expect(lines.some((each) => each.includes('rank_'))).toBe(false);
    expect(new Set(lines.slice(0, -1).map((each) => each.length)).size).toBe(1);
  });
});

describe('drawing', () => {
  it('keeps areas of a regional grid in proportion, and every point inside the frame', () => {
    const frame = mapFrame(schema.grid, 360);
    const corner = (column: number, row: number) => frame.point(column, row);
    for (const [column, row] of [
      [0, 0],
      [17, 0],
      [0, 9],
      [17, 9],
      [8.5, 9],
    ] as const) {
      const [x, y] = corner(column, row);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(360);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(frame.height);
    }
    // Cells at row 0 (70° N) and row 8 (30° N): their areas are as sin φ₂ − sin φ₁.
    const area = (row: number) => {
      const at = (
        [
          [8, row],
          [9, row],
          [9, row + 1],
          [8, row + 1],
        ] as const
      ).map(([c, r]) => frame.point(c, r));
      return (
        Math.abs(at.reduce((sum, [x, y], i) => sum + x * at[(i + 1) % 4]![1] - at[(i + 1) % 4]![0] * y, 0)) /
        2
      );
    };
    const sine = (degrees: number) => Math.sin((degrees * Math.PI) / 180);
    const expected = (sine(72.5) - sine(67.5)) / (sine(32.5) - sine(27.5));
    expect(area(0) / area(8)).toBeCloseTo(expected, 2);
  });

  it('draws global grids flat, with the seam at their edges', () => {
    const grid = makeGrid(axis(90, -90, 19), axis(0, 350, 36));
    const frame = mapFrame(grid, 360);
    expect(frame.point(0, 9.5)[0]).toBeCloseTo(1, 0);
    expect(frame.point(36, 9.5)[0]).toBeCloseTo(359, 0);
    expect(frame.coastlines.length).toBeGreaterThan(1000);
  });

  it('steps of colour are round, cover the range and never repeat', () => {
    expect([0.13, 1, 1.1, 2.1, 3, 7].map(roundStep)).toEqual([0.2, 1, 2, 2.5, 5, 10]);
    const { bounds, colours } = colourScale(973.2, 1041.7, 'viridis', 18);
    expect(bounds[0]).toBe(970);
    expect(bounds[1]! - bounds[0]!).toBe(5);
    expect(bounds[bounds.length - 1]!).toBeLessThan(1041.7);
    expect(bounds[bounds.length - 1]! + 5).toBeGreaterThanOrEqual(1041.7);
    expect(new Set(colours).size).toBe(bounds.length);
    expect(colourScale(3, 3, 'viridis', 12).bounds).toHaveLength(1);
  });

  it('units are those that readers expect', () => {
    expect(displayUnit('Pa')).toEqual({ label: 'hPa', factor: 0.01 });
    expect(squaredUnit('Pa').label).toBe('hPa²');
    expect(squaredUnit('Pa').factor).toBeCloseTo(1e-4, 15);
    expect(displayUnit('m s-1').label).toBe('m s⁻¹');
    expect(squaredUnit('m s-1').label).toBe('(m s⁻¹)²');
    const shown = [0, 0.0005, 0.5, 2.345, -12.34, 1234].map((value) => formatValue(value));
    expect(shown).toEqual(['0.000', '5.0e−4', '0.500', '2.35', '−12.3', '1234']);
    expect(formatValue(-0.0004, 1.5)).toBe('0.00');
  });
});
