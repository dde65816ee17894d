/** Pages of verifications without members and of comparisons: their numbers, marks and data, from closed forms. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { JSDOM } from 'jsdom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTable } from '../core/store/table.js';
import { compareColumns } from '../evaluation/compareRow.js';
import { diagramColumns } from '../evaluation/diagramRow.js';
import { writeScoreMaps } from '../evaluation/scoreMaps.js';
import { scoreColumns } from '../evaluation/scoreRow.js';
import { reportCommand } from '../src/commands/report.js';
import { createReporter } from '../src/progress.js';
import { archivePaths } from '../src/report/archivePaths.js';
import { unitsIn } from '../src/report/channelUnits.js';
import { comparisonPage } from '../src/report/comparisonPage.js';
import { verificationPage } from '../src/report/verificationPage.js';
import { fixtureComparison, shareOfB } from './comparisonFixture.js';
import {
  correlation,
  crpsOf,
  fixtureChannels,
  fixtureDiagrams,
  fixtureLeads,
  fixtureMaps,
  fixtureScores,
  fixtureVerification,
} from './verificationFixture.js';

const options = { name: '<b>eps</b>.nc', plume: '0.1.0', metadata: new Map([['archive', 'era5 & more']]) };
const drawn = (html: string): string => html.replace(/href="data:[^"]*"/g, '');
const cells = (row: Element | null | undefined): string[] =>
  [...(row?.querySelectorAll('td') ?? [])].map((cell) => cell.textContent ?? '');

describe('the page of a verification', () => {
  const html = verificationPage(fixtureVerification(), options);
  const { document } = new JSDOM(html).window;

  it('is one file below 6 MB that asks nobody for anything, with nothing unsaid', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(6e6);
    expect(document.querySelectorAll('script, link, img, iframe, object, embed, image, [src]')).toHaveLength(
      0,
    );
    for (const element of document.querySelectorAll('[href]'))
      expect(element.getAttribute('href')?.slice(0, 30)).toMatch(/^(#|data:(application|text)\/)/);
    expect(drawn(html)).not.toMatch(/NaN|undefined|\[object|Infinity|@import|<b>eps/);
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the skill of every channel and lead on its scorecard, as the closed form says', () => {
    const [card] = document.querySelectorAll('table.card');
    expect([...(card?.querySelectorAll('tbody th') ?? [])].map((each) => each.textContent)).toEqual([
      ...[
        'Geopotential at 500 hPa',
        'Temperature at 850 hPa',
        'Sea-level pressure',
        'Eastward wind at 250 hPa',
      ],
    ]);
    const expected = fixtureLeads.map((lead) => {
      const skill = 1 - crpsOf(correlation(lead)) * Math.sqrt(Math.PI);
      return String(Math.round(100 * skill));
    });
    for (const row of card?.querySelectorAll('tbody tr') ?? [])
      expect(cells(row).map((text) => text.replace(/[▲△▼▽]/, ''))).toEqual(expected);
    expect(card?.querySelector('caption')?.textContent).toContain('whole domain');
  });

  it('marks what is beyond chance: filled when all cells are looked at together, hollow when one is taken alone', () => {
    const [card] = document.querySelectorAll('table.card');
    const rows = fixtureScores().filter(
      (row) =>
        row.metric === 'crps_difference_vs_climatology' && row.region === 'all' && row.season === 'all',
    );
    // Benjamini–Hochberg by its definition: the largest p at or below 0.1 i / N and all below it.
    const sorted = rows.map((row) => row.p_value ?? 1).sort((a, b) => a - b);
    const limit = Math.max(...sorted.filter((p, i) => p <= (0.1 * (i + 1)) / sorted.length));
    const expected = fixtureChannels.flatMap(({ variable }) =>
      fixtureLeads.map((lead) => {
        const row = rows.find((each) => each.variable === variable && each.lead_hours === lead);
        if (row === undefined || !(row.ci_high < 0 && (row.p_value ?? 1) < 0.05)) return '';
        return (row.p_value ?? 1) <= limit ? '▲' : '△';
      }),
    );
    const marks = [...(card?.querySelectorAll('td') ?? [])].map(
      (cell) => cell.textContent?.match(/[▲△▼▽]/)?.[0] ?? '',
    );
    expect(marks).toEqual(expected);
    expect(expected.filter((mark) => mark === '▲').length).toBeGreaterThan(10);
    expect(expected.filter((mark) => mark === '').length).toBeGreaterThan(3);
    const mark = card?.querySelector('.mark[role=img]');
    expect(mark?.getAttribute('aria-label')).toBe('better');
  });

  it('has every kind of figure for the first channel, each with a name, a reading and its data', () => {
    const first = document.querySelector('section.channel');
    const titles = [...(first?.querySelectorAll('h4') ?? [])].map((each) => each.textContent);
    for (const title of [
      ...['Fair CRPS', 'Fair CRPS less that of climatology', 'Spread and error', 'Spread–skill ratio'],
      ...['Where the spread comes from', 'Bias of the mean', 'Rank of what happened among the members'],
      ...[
        'Brier skill of events',
        'Reliability: above the 90th percentile',
        'ROC: above the 90th percentile',
      ],
      ...[
        'Economic value: above the 90th percentile',
        'How much there is at every scale',
        'Bias',
        'Epistemic variance',
        'Epistemic share',
      ],
    ])
      expect(titles).toContain(title);
    for (const svg of document.querySelectorAll('svg[role=img]'))
      expect(svg.getAttribute('aria-label')).toMatch(/\w/);
    for (const table of document.querySelectorAll('table'))
      expect(table.querySelector('caption')?.textContent).toMatch(/\w/);
    for (const shown of document.querySelectorAll('figure.plot, .panel-row, .channel .field'))
      expect(shown.querySelectorAll('a[download]'), shown.textContent?.slice(0, 60)).toHaveLength(2);
  });

  it('gives the rows behind a figure as Arrow and as CSV, the same and in stored units', () => {
    const figure = [...document.querySelectorAll('figure.plot')].find(
      (each) => each.querySelector('h4')?.textContent === 'Fair CRPS',
    );
    const [arrow, csv] = [...(figure?.querySelectorAll('a[download]') ?? [])].map(
      (a) => a.getAttribute('href') ?? '',
    );
    const expected = ['ensemble', 'climatology', 'persistence'].flatMap((model) =>
      fixtureScores().filter(
        (row) =>
          row.model === model &&
          [row.metric, row.variable, row.region, row.season].join() === 'crps,z,all,all',
      ),
    );
    const table = tableFromIPC(Buffer.from(arrow?.split(',')[1] ?? '', 'base64'));
    expect([...(table.getChild('value')?.toArray() ?? [])]).toEqual(expected.map((row) => row.value));
    expect([...(table.getChild('variable_unit') ?? [])]).toEqual(expected.map(() => 'm2 s-2'));
    const [head = '', ...lines] = decodeURIComponent(csv?.slice(csv.indexOf(',') + 1) ?? '')
      .trim()
      .split('\n');
    const column = head.split(',').indexOf('value');
    expect(head.split(',')).toEqual(table.schema.fields.map(({ name }) => name));
    expect(lines.map((line) => Number(line.split(',')[column]))).toEqual(
      expected.map((row) => Number(row.value.toPrecision(9))),
    );
  });

  it('offers the diagrams of other regions and seasons where there are rows of them, else no choice', () => {
    const verification = fixtureVerification();
    const options = { name: 'eps.nc', plume: '0', metadata: new Map<string, string>() };
    const labels = (page: string): (string | null)[] =>
      [...new JSDOM(page).window.document.querySelectorAll('input[name="diagrams-z500"] + label')].map(
        (label) => label.textContent,
      );
    const whole = verification.diagrams.filter((row) => row.region === 'all' && row.season === 'all');
    expect(labels(verificationPage({ ...verification, diagrams: whole }, options))).toEqual([]);
    const ranks = whole.filter((row) => row.diagram === 'rank_histogram');
    const more = ranks.flatMap((row) => [
      { ...row, region: 'tropics' },
      { ...row, season: 'JJA' },
    ]);
    const page = verificationPage({ ...verification, diagrams: [...whole, ...more] }, options);
    expect(labels(page)).toEqual(['whole domain', 'tropics', 'June to August']);
    const views = new JSDOM(page).window.document.querySelectorAll('.views:has(> .view .panel-row) > .view');
    for (const view of views) expect(view.querySelectorAll('svg.chart').length).toBeGreaterThan(0);
    expect(views.length).toBeGreaterThanOrEqual(3);
  });

  it('explains only the words it uses', () => {
    const terms = (page: Document) => [...page.querySelectorAll('.words dt')].map((each) => each.textContent);
    expect(terms(document)).toEqual(
      expect.arrayContaining(['ROC', 'Economic value', 'Spectrum', 'Percentile']),
    );
    const plain = { ...fixtureVerification(), diagrams: [], maps: null };
    const scores = plain.scores.filter((row) => row.event === null);
    const page = new JSDOM(verificationPage({ ...plain, scores }, options)).window.document;
    expect(terms(page)).not.toContain('ROC');
    expect(page.querySelectorAll('.panel-row, .squares, .channel .field')).toHaveLength(0);
    expect(page.body.textContent).not.toContain('Scales');
  });

  it('is refused where nothing has been scored', () => {
    expect(() => verificationPage({ ...fixtureVerification(), scores: [] }, options)).toThrow(
      /holds no scores; verify first/,
    );
  });
});

describe('the page of a comparison', () => {
  const { units } = fixtureVerification();
  const html = comparisonPage(fixtureComparison(), { ...options, name: 'compare.arrow', units });
  const { document } = new JSDOM(html).window;

  it('says by how many per cent a run is better, where, and where there is no evidence', () => {
    const [card] = document.querySelectorAll('table.card');
    const expected = fixtureLeads.map((lead) => (shareOfB(lead) < 1 ? '+8.0▲' : '−3.0'));
    for (const row of card?.querySelectorAll('tbody tr') ?? []) expect(cells(row)).toEqual(expected);
    const classes = [...(card?.querySelectorAll('tbody tr:first-child td') ?? [])].map(
      (cell) => cell.className,
    );
    expect(new Set(classes)).toEqual(new Set(['better-4', 'worse-2']));
    expect(document.querySelector('h1')?.textContent).toBe('a and b compared');
    expect(document.querySelector('.key')?.textContent).toContain(
      'b against a: better at days 1–7, no evidence at days 8–10',
    );
  });

  it('has all runs in one figure, and the differences as a table', () => {
    const [figure] = document.querySelectorAll('figure.plot');
    const names = [...(figure?.querySelectorAll('.legend span') ?? [])].map((each) => each.textContent);
    expect(names).toEqual(['a', 'b', 'climatology']);
    const verdicts = [...document.querySelectorAll('table.differences')][0]?.querySelectorAll(
      'tr td.verdict:nth-child(4)',
    );
    expect([...(verdicts ?? [])].map((each) => each.textContent)).toEqual(
      fixtureLeads.map((lead) => (shareOfB(lead) < 1 ? '▲ better' : '◦ no evidence')),
    );
    expect(drawn(html)).not.toMatch(/NaN|undefined|\[object|Infinity/);
  });

  it('is refused where no run stands beside another', () => {
    const alone = fixtureComparison().filter((row) => row.against === null);
    expect(() => comparisonPage(alone, { ...options, units })).toThrow(/compares nothing/);
  });
});

describe('plume report', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'plume-pages-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const report = (operand: string, given: Record<string, unknown> = {}) =>
    reportCommand.run({
      options: given as never,
      operands: [operand],
      report: createReporter({ quiet: true }),
      json: true,
      given: new Set(Object.keys(given)),
      signal: new AbortController().signal,
    }) as Promise<{ report: string }>;

  it('makes the page of a directory that holds scores, diagrams and maps but no members', async () => {
    const units = JSON.stringify(Object.fromEntries(fixtureVerification().units));
    const at = (name: string) => path.join(directory, name);
    await writeTable(at('scores.arrow'), scoreColumns(fixtureScores()), {
      run: 'eps.nc',
      archive: 'era5',
      units,
    });
    const bare = await report(directory);
    expect(await readFile(bare.report, 'utf8')).not.toContain('How much there is at every scale');
    await writeTable(at('diagrams.arrow'), diagramColumns(fixtureDiagrams()), { units });
    await writeScoreMaps(at('maps.arrow'), fixtureMaps());
    const full = await report(directory);
    expect(full.report).toBe(at('report.html'));
    const text = await readFile(full.report, 'utf8');
    // What the files say is what the rows in memory say.
    const made = { name: 'eps.nc', plume: '', metadata: new Map([['archive', 'era5']]) };
    const body = (page: string) => page.slice(page.indexOf('<h1>'));
    expect(body(text)).toBe(body(verificationPage(fixtureVerification(), made)));
    await expect(report(directory, { start: '2007-01-01' })).rejects.toThrow(
      /holds scores and no members: --start/,
    );
  });

  it('makes the page of a comparison beside its file', async () => {
    const file = path.join(directory, 'compare.arrow');
    const units = JSON.stringify(Object.fromEntries(fixtureVerification().units));
    await writeTable(file, compareColumns(fixtureComparison()), { units });
    const { report: page } = await report(file);
    expect(page).toBe(path.join(directory, 'compare.html'));
    expect(await readFile(page, 'utf8')).toContain('a and b compared');
  });

  it('knows where the truth lay', () => {
    expect(archivePaths('archive "a.nc"')).toEqual(['a.nc']);
    expect(archivePaths('archive "a.nc", "b c.nc"')).toEqual(['a.nc', 'b c.nc']);
    expect(archivePaths('the nature run')).toEqual(['the nature run']);
  });

  it('says what is missing, and what is broken', async () => {
    await expect(report(path.join(directory, 'nowhere'))).rejects.toThrow(/holds no run/);
    expect(unitsIn(new Map(), 'f')).toEqual(new Map());
    expect(() => unitsIn(new Map([['units', '{"msl":']]), 'f.arrow')).toThrow(
      /f\.arrow: metadata "units" is no JSON/,
    );
  });
});
