/**
 * The pages in a real browser: nothing complains, every figure is drawn in every view, nothing scrolls sideways on a phone,
 * keys reach what a pointer does, and every link saves the data it promises. Screenshots stay in .ci/out, as
 * page-<kind>-<desktop|dark|phone|paper>.png. Where
 * Chromium is not installed the tests are skipped, and say so.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparisonPage } from '../../src/report/comparisonPage.js';
import { trainingPage } from '../../src/report/trainingPage.js';
import { verificationPage } from '../../src/report/verificationPage.js';
import { fixtureComparison } from '../comparisonFixture.js';
import { fixtureAccount } from '../trainingAccountFixture.js';
import { fixtureVerification } from '../verificationFixture.js';
import { askSuccess } from './ask.js';
import { type Browser, findChromium, type Page, startBrowser } from './browser.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const chromium = findChromium();
const screenshots = resolve('.ci/out');
const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
if (chromium === null) console.warn('pages are not checked in a browser: no chromium on this machine');

/** In the page: shows every view in turn and says what is wrong with the figures inside. */
const undrawn = `(async () => {
  const wrong = [];
  for (const details of document.querySelectorAll('details')) details.open = true;
  const look = (where) => {
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
      wrong.push(where + ': the page is ' + document.documentElement.scrollWidth + ' wide');
  };
  const drawn = new Set();
  const figures = [...document.querySelectorAll('svg.chart, svg.map, table.card')];
  const visit = (where) => {
    for (const figure of figures) {
      const box = figure.getBoundingClientRect();
      if (box.width < 20 || box.height < 20) continue;
      if (figure.tagName === 'TABLE') { drawn.add(figure); continue; }
      const shapes = [...figure.querySelectorAll('path, rect, line, circle, use')];
      const inside = shapes.some((shape) => {
        const own = shape.getBoundingClientRect();
        return own.width + own.height > 10 && own.right > box.left && own.left < box.right;
      });
      if (inside) drawn.add(figure);
    }
    look(where);
  };
  visit('as opened');
  for (const input of document.querySelectorAll('.chooser input')) {
    input.click();
    visit(input.id);
  }
  for (const figure of figures) if (!drawn.has(figure)) wrong.push('not drawn: ' + (figure.getAttribute('aria-label') ?? figure.textContent.slice(0, 60)));
  return { wrong, count: figures.length };
})()`;

/** In the page: what is wrong with the data behind links. */
const links = `(async () => {
  const wrong = [];
  const all = [...document.querySelectorAll('a[download]')];
  for (const link of all) {
    const bytes = new Uint8Array(await (await fetch(link.href)).arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    const good = link.download.endsWith('.arrow') ? text.startsWith('ARROW1') && text.endsWith('ARROW1') : text.trim().split('\\n').length > 1;
    if (!good) wrong.push(link.download);
  }
  return { wrong, count: all.length };
})()`;

/** In the page, on paper as it was opened: what is seen of folds and views. */
const onPaper = `(() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.offsetHeight > 0).length;
  return {
    // Taller than their heading.
    numbers: [...document.querySelectorAll('section.channel details.numbers')].filter((each) => each.offsetHeight > 200).length,
    folded: seen('details.channel'),
    views: seen('.view'),
    choosers: seen('.chooser'),
    links: seen('p.data'),
  };
})()`;

describe.skipIf(chromium === null)('in a browser', () => {
  const directory = temporaryDirectory();
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(chromium ?? '');
  });
  afterAll(() => browser?.close());

  async function check(file: string, name: string, atLeast: number): Promise<Page> {
    const page = await browser.open(file);
    await page.show(desktop);
    await page.screenshot(join(screenshots, `page-${name}-desktop.png`));
    for (const view of [desktop, phone]) {
      await page.show(view);
      const { wrong, count } = await page.evaluate<{ wrong: string[]; count: number }>(undrawn);
      expect(wrong, `${name} at ${view.width}`).toEqual([]);
      expect(count).toBeGreaterThanOrEqual(atLeast);
    }
    await page.screenshot(join(screenshots, `page-${name}-phone.png`));
    await page.show({ ...desktop, dark: true });
    await page.screenshot(join(screenshots, `page-${name}-dark.png`));
    // A4 less its margins, at 96 dots an inch.
    await page.show({ width: 688, height: 1016, media: 'print' });
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(wide, `${name} on paper`).toBeLessThanOrEqual(688);
    await page.screenshot(join(screenshots, `page-${name}-paper.png`));
    const saved = await page.evaluate<{ wrong: string[]; count: number }>(links);
    expect(saved.wrong).toEqual([]);
    expect(saved.count).toBeGreaterThan(0);
    expect(page.complaints).toEqual([]);
    return page;
  }

  it('draws every kind of figure of a verification', async () => {
    const file = join(directory, 'verification.html');
    const options = { name: 'eps.nc', plume: '0', metadata: new Map([['archive', 'era5.zarr']]) };
    writeFileSync(file, verificationPage(fixtureVerification(), options));
    const page = await check(file, 'verification', 100);
    // Arrow keys move between views as clicks do.
    await page.show(desktop);
    await page.evaluate(
      "document.querySelector('#scorecard-0').click(), document.querySelector('#scorecard-0').focus()",
    );
    await page.press('ArrowRight');
    const shown = await page.evaluate<string[]>(
      "[...document.querySelectorAll('#scorecard-section .view')].filter((view) => view.offsetHeight > 0).map((view) => view.className)",
    );
    expect(shown).toEqual(['view view-1']);
    const fresh = await browser.open(file);
    await fresh.show({ width: 688, height: 1016, media: 'print' });
    const paper = await fresh.evaluate<Record<string, number>>(onPaper);
    expect(paper).toMatchObject({ folded: 0, links: 0 });
    expect(paper.numbers).toBeGreaterThan(0);
    expect(paper.choosers).toBeGreaterThan(0);
    expect(paper.views).toBe(paper.choosers);
    expect(fresh.complaints).toEqual([]);
  });

  it('draws a comparison', async () => {
    const file = join(directory, 'comparison.html');
    const { units } = fixtureVerification();
    const options = { name: 'compare.arrow', plume: '0', units, metadata: new Map<string, string>() };
    writeFileSync(file, comparisonPage(fixtureComparison(), options));
    await check(file, 'comparison', 30);
  });

  it('draws a training, finished and under way', async () => {
    for (const state of ['finished', 'under way'] as const) {
      const name = `training-${state.replace(' ', '-')}`;
      const file = join(directory, `${name}.html`);
      writeFileSync(file, trainingPage(fixtureAccount({ state }), 'model'));
      await check(file, name, state === 'finished' ? 15 : 11);
    }
  });

  it('draws what the commands write, from a forecast to its page and a comparison', async () => {
    const { archive } = shared();
    const runs = ['a', 'b'].map((name) => join(directory, name));
    for (const [i, run] of runs.entries())
      await askSuccess(forecastArguments(run, { members: `${i + 1}x3` }));
    for (const run of runs) await askSuccess(['verify', run, '--archive', archive]);
    const compared = join(directory, 'compare.arrow');
    await askSuccess(['compare', ...runs, '--archive', archive, '--out', compared]);
    const { stdout: page } = await askSuccess(['report', join(directory, 'b')]);
    const { stdout: comparison } = await askSuccess(['report', compared]);
    expect(comparison.trim()).toBe(join(directory, 'compare.html'));
    await check(page.trim(), 'of-a-run', 10);
    await check(comparison.trim(), 'of-runs-compared', 4);
  });
});
