/** The page and the sentences of a global forecast, on a made-up globe whose members and truth are exchangeable. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { JSDOM } from 'jsdom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGrid } from '../core/grid.js';
import { openRun, type RunReader } from '../core/store/run.js';
import { persistence } from '../evaluation/references/persistence.js';
import { seasonlessClimatology } from '../evaluation/references/seasonlessClimatology.js';
import type { ScoreRow } from '../evaluation/scoreRow.js';
import { verify } from '../evaluation/verify.js';
import { climateThresholds } from '../src/report/climateThresholds.js';
import { areasAbove, lines } from '../src/report/contourPath.js';
import { equalEarthFrame, polarFrame } from '../src/report/globeFrame.js';
import { headline, skillOf, skillWord, usefulTo } from '../src/report/headline.js';
import { outlook, shareOf } from '../src/report/outlook.js';
import { placeName, placeOf, pointAt } from '../src/report/places.js';
import { type ForecastFields, forecastFields, quantitiesOf } from '../src/report/quantities.js';
import { refineField } from '../src/report/refinedField.js';
import { renderReport } from '../src/report/report.js';
import { terminalSummary } from '../src/report/terminalSummary.js';
import { globeSchema, syntheticGlobe } from './syntheticGlobe.js';

const { grid } = globeSchema;
const training = { from: Date.UTC(2001, 0, 1), to: Date.UTC(2001, 1, 19) };
const globe = syntheticGlobe({ weightSamples: 3, noiseStreams: 4 });

/** A field of the sphere from a function of latitude and longitude, degrees. */
function fieldOf(value: (latitude: number, longitude: number) => number): Float64Array {
  return Float64Array.from({ length: 33 * 64 }, (_, point) => {
    const { latitude, longitude } = placeOf(grid, point);
    return value(latitude, longitude);
  });
}

describe('the page of a global forecast', () => {
  let directory: string;
  let run: RunReader;
  let scores: ScoreRow[];
  let text: string;
  let document: Document;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'plume-globe-'));
    await globe.writeRun(path.join(directory, 'run'));
    run = await openRun(path.join(directory, 'run'));
    const references = [persistence, seasonlessClimatology];
    scores = (await verify({ run, archive: globe.archive, training, references })).rows;
    // Two weeks of the time of year are enough to call a day unusual.
    const witness = { archive: globe.archive, training: { ...training, to: Date.UTC(2001, 2, 1) } };
    text = await renderReport(run, scores, { name: 'runs/tonight', witness });
    await writeFile(path.join(directory, 'report.html'), text);
    document = new JSDOM(text).window.document;
  });
  afterAll(async () => {
    await run.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is one file of at most 6 MB that asks nobody for anything and runs no script', async () => {
    expect((await stat(path.join(directory, 'report.html'))).size).toBeLessThan(6e6);
    expect(document.querySelectorAll('script, link, img, iframe, object, embed, image')).toHaveLength(0);
    expect(text).not.toMatch(/@import|url\((?!#)/);
    for (const use of document.querySelectorAll('use'))
      expect(document.querySelector(use.getAttribute('href')!), use.outerHTML).not.toBeNull();
    // Data behind the figures may say NaN; what is drawn and written may not.
    expect(text.replace(/href="data:[^"]*"/g, '')).not.toMatch(/NaN|undefined|\[object|Infinity/);
  });

  it('says what was run, how good, how sure and what is likely before anything else', () => {
    const cards = [...document.querySelectorAll('.card-box')];
    expect(cards.map((card) => card.querySelector('h2')?.textContent)).toEqual([
      ...['What was run', 'How good', 'How sure', 'What is likely'],
    ]);
    expect(document.querySelector('h1')?.textContent).toBe('Ten days ahead from 2 March 2001');
    expect(cards[0]?.textContent).toContain('12 forecasts (3 weight samples × 4 noise streams)');
    expect(cards[3]?.querySelectorAll('.happened')).toHaveLength(3);
  });

  it('shows every day of the flow beside the truth, one of them chosen', () => {
    expect(document.querySelectorAll('.day')).toHaveLength(10);
    expect(document.querySelectorAll('.day svg.globe')).toHaveLength(20);
    const chosen = [...document.querySelectorAll<HTMLInputElement>('.flow .chooser input')].filter(
      (i) => i.checked,
    );
    expect(chosen.map(({ id }) => id)).toEqual(['day-72']);
  });

  it('has the data of every figure, one pair of links each', () => {
    const links = [
      ...document.querySelectorAll<HTMLAnchorElement>('.field a[download], .fans + p a[download]'),
    ];
    const names = links.map((link) => link.download.replace(/\.(arrow|csv)$/, ''));
    expect(links).toHaveLength(2 * new Set(names).size);
    // Forecast and truth of a quantity share their data; the circles of the lows have their own.
    const lonely = [...document.querySelectorAll('.field')].filter((field) => !field.querySelector('.data'));
    expect(lonely.map((field) => field.querySelector('h3')?.textContent)).toEqual([
      'Temperature at 850 hPa: forecast',
      'Sea-level pressure: forecast',
    ]);
    const flow = links.find((link) => link.download === 'the-flow-day-by-day.arrow')?.href ?? '';
    const table = tableFromIPC(Buffer.from(flow.split(',')[1] ?? '', 'base64'));
    expect(table.numRows).toBe(40);
    expect(table.getChild('values')?.get(0)?.length).toBe(grid.latitudes.length * grid.longitudes.length);
  });

  it('finds next to nothing in the weights where members are exchangeable', () => {
    const name = 'height-of-the-500-hpa-surface-epistemic-share.arrow';
    const link = [...document.querySelectorAll<HTMLAnchorElement>('a[download]')].find(
      (each) => each.download === name,
    );
    const table = tableFromIPC(Buffer.from(link?.href.split(',')[1] ?? '', 'base64'));
    expect([...(table.getChild('lead_hours') ?? [])]).toEqual([24, 72, 120, 240]);
    const values = [...(table.getChild('values') ?? [])].flatMap((field) => [...(field as Float32Array)]);
    expect(values.length).toBeGreaterThan(4 * 300);
    expect(Math.min(...values)).toBe(0);
    // Cut at 0, of both signs before: half of them are 0, and the others what 3 × 4 members cannot tell from it.
    expect(values.reduce((sum, share) => sum + share, 0) / values.length).toBeLessThan(15);
  });

  it('has maps, places and a scorecard of all sixteen channels', () => {
    const titles = [...document.querySelectorAll('.field h3')].map((each) => each.textContent);
    expect(titles).toEqual([
      'The flow, day by day',
      expect.stringMatching(/^Spaghetti: the \d+ dam line of all members$/),
      'Height of the 500 hPa surface: spread',
      'Height of the 500 hPa surface: epistemic share',
      'Height of the 500 hPa surface: single forecasts for day 7',
      'Temperature at 850 hPa: forecast',
      'Temperature at 850 hPa: what happened',
      'Probability: unusual warmth (2-metre temperature)',
      'Probability: unusual cold (2-metre temperature)',
      'Sea-level pressure: forecast',
      'Sea-level pressure: what happened',
      'Probability: gale, 10-metre wind of 17.2 m s⁻¹ or more',
      'Probability: jet, wind at 250 hPa above 40 m s⁻¹',
    ]);
    // Twelve members and the truth on each of four maps.
    expect(document.querySelectorAll('.strands path')).toHaveLength(48);
    expect(document.querySelectorAll('.truth-line')).toHaveLength(4);
    expect(document.querySelectorAll('.fans figure')).toHaveLength(4);
    const [card] = document.querySelectorAll('table.card');
    expect(card?.querySelectorAll('tbody tr')).toHaveLength(16);
    const first = card?.querySelector('tbody tr:nth-child(2) td');
    const skill = skillOf(scores, 'z500').skill[0]!;
    expect(first?.textContent).toBe(String(Math.round(100 * skill)));
  });

  it('draws coastlines where there is land, and none in the made-up atmosphere', async () => {
    const coast = (page: Document) => page.querySelector('#globe-coast')?.getAttribute('d') ?? '';
    expect(coast(document).length).toBeGreaterThan(1000);
    const nature = { ...run, manifest: { ...run.manifest, settings: { archive: ['nature.zarr'] } } };
    const page = new JSDOM(await renderReport(nature, [], { name: 'r' })).window.document;
    expect(coast(page)).toBe('');
    expect(page.querySelector('.card-box')?.textContent).toContain('made-up atmosphere');
    expect(page.body.textContent).toContain('Not verified yet');
    expect(page.querySelectorAll('.truth-line, .happened')).toHaveLength(0);
  });

  it('counts in sentences what the members hold', async () => {
    const fields = forecastFields(run, globe.start, globe.archive);
    const prospects = await outlook(fields, grid);
    expect(prospects.map(({ kind }) => kind)).toEqual(['jet', 'wind', 'low']);
    const [jet] = prospects;
    const found = /exceeds (\d+) m\/s somewhere in (\d+)\s% of the members/.exec(jet!.text)!;
    const wind = fields.quantity('wind250')!;
    const { values, points, members } = await fields.members(wind, 72);
    let over = 0;
    for (let m = 0; m < members; m++)
      if (values.subarray(m * points, (m + 1) * points).some((speed) => speed > Number(found[1]))) over++;
    expect(Math.round((100 * over) / members)).toBe(Number(found[2]));
    expect(over / members).toBeGreaterThanOrEqual(0.5);
    const truth = (await fields.truth(wind, 72))!;
    expect(jet!.happened).toContain(`${Math.max(...truth).toFixed(0)} m/s`);
  });

  it('calls a tenth of the training states unusual', async () => {
    const t2m = quantitiesOf(globeSchema).find(({ name }) => name === 't2m')!;
    const options = { symmetric: true, validTime: globe.start };
    const limits = await climateThresholds(globe.archive, training, t2m, [0.1, 0.9], options);
    const channel = globeSchema.channels.findIndex(({ variable }) => variable === 't2m');
    const counts = [0, 0];
    let states = 0;
    for (const [i, time] of globe.archive.times.entries()) {
      if (time > training.to) continue;
      states++;
      const { values } = await globe.archive.read(i);
      for (let point = 0; point < 33 * 64; point++) {
        const celsius = values[channel * 33 * 64 + point]! - 273.15;
        if (celsius < limits![0]![point]!) counts[0]!++;
        if (celsius > limits![1]![point]!) counts[1]!++;
      }
    }
    for (const count of counts) expect(count / (states * 33 * 64)).toBeCloseTo(0.1, 2);
  });

  it('says of good and sure what the scores say', () => {
    const row = (model: string, metric: string, lead: number, value: number): ScoreRow => ({
      ...{
        model,
        variable: 'z',
        level: 500,
        lead_hours: lead,
        region: 'all',
        season: 'all',
        event: null,
        p_value: null,
      },
      ...{ metric, value, ci_low: Number.NaN, ci_high: Number.NaN, n: 1 },
    });
    const skills = [0.92, 0.6, 0.25, -0.2];
    const rows = [24, 72, 120, 240].flatMap((lead, i) => [
      row('ensemble', 'crps', lead, 100 * (1 - skills[i]!)),
      row('ensemble', 'crps_skill_score', lead, skills[i]!),
      row('ensemble', 'spread', lead, 100 * (i + 1)),
      row('ensemble', 'spread_skill_ratio', lead, 0.9 + 0.05 * i),
      row('climatology', 'crps', lead, 100),
      row('climatology', 'spread', lead, 400),
    ]);
    const { good, sure } = headline(run, globe.start, rows, false);
    expect(good).toEqual([
      '500 hPa height: day 1 excellent (0.92), day 3 very good (0.60), day 5 useful (0.25), day 10 worse than climatology (−0.20).',
    ]);
    expect(sure).toEqual([
      '500 hPa height: spread 25, 50, 75, 100 % of climatology’s on days 1, 3, 5, 10, 0.90 to 1.05 times the error; ' +
        'better than climatology to day 5.',
    ]);
    expect(usefulTo(skillOf(rows, 'z500'))).toBe(120);
    expect([0.03, 0.1].map(skillWord)).toEqual(['like climatology', 'slight']);
  });
});

describe('the summary for a terminal', () => {
  it('fits a screen: every sentence wrapped, commands whole', () => {
    const long = `${'word '.repeat(60)}end.`;
    const text = terminalSummary({
      title: 'Tonight',
      said: { run: 'Run.', world: null, good: [long], sure: [] },
      prospects: [{ kind: 'jet', title: 'Jet stream', text: 'Likely.', happened: 'It did.' }],
      report: 'runs/report.html',
      next: [{ command: 'npx plume run info', purpose: 'look' }],
    });
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(118);
    expect(text.match(/word/g)).toHaveLength(60);
    expect(text).not.toContain('How sure');
    expect(lines.slice(-7)).toEqual([
      ...['What is likely', '  Likely. → It did.', 'The report: runs/report.html'],
      ...['Next:', '  # look', '  npx plume run info', ''],
    ]);
  });
});

describe('maps of the globe', () => {
  it('put fields on finer points without changing the given ones, round the circle and over the poles', () => {
    const smooth = (latitude: number, longitude: number): number => {
      const [phi, lambda] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
      return (
        Math.cos(phi) * Math.cos(lambda) +
        Math.sin(phi) ** 2 +
        0.5 * Math.cos(phi) ** 2 * Math.sin(2 * lambda)
      );
    };
    const fine = refineField(fieldOf(smooth), grid, 3, { west: -180, overlap: 1 });
    let worst = 0;
    for (let row = 0; row < fine.rows; row++) {
      for (let column = 0; column < fine.columns; column++) {
        const error = Math.abs(
          fine.values[row * fine.columns + column]! - smooth(fine.latitude(row), fine.longitude(column)),
        );
        if (row % 3 === 0 && column % 3 === 0) expect(error).toBeLessThan(1e-12);
        worst = Math.max(worst, error);
      }
    }
    // Third order: (5.6° in radians)³ ≈ 1e-3.
    expect(worst).toBeLessThan(2e-3);
    expect(fine.longitude(0)).toBeLessThanOrEqual(-180);
    expect(fine.longitude(fine.columns - 1)).toBeGreaterThanOrEqual(180);
  });

  it('draw a parallel of latitude straight across, on the equal-earth frame and round the pole', () => {
    const latitudes = fieldOf((latitude) => latitude);
    const earth = equalEarthFrame('e', 720, 0, false);
    const data = lines(refineField(latitudes, grid, 3, { west: -180, overlap: 1 }), [45], earth);
    const ys = absolutePoints(data).map(([, y]) => y);
    const [, expected] = earth.point(0, 45);
    for (const y of ys) expect(Math.abs(y - expected)).toBeLessThan(1.5);
    const polar = polarFrame('p', 480, 20, 0, false);
    const round = lines(refineField(latitudes, grid, 3), [45], polar);
    const radius = 240 - polar.point(180, 45)[1];
    for (const [x, y] of absolutePoints(round))
      expect(Math.abs(Math.hypot(x - 240, y - 240) - radius)).toBeLessThan(1.6);
  });

  it('keep areas: a hemisphere above zero covers half of the map', () => {
    const frame = equalEarthFrame('e', 720, 0, false);
    const field = refineField(
      fieldOf((latitude) => latitude),
      grid,
      3,
      { west: -180 },
    );
    const area = (data: string): number => {
      const points = absolutePoints(data);
      return Math.abs(
        points.reduce((sum, [x, y], i) => {
          const [x2, y2] = points[(i + 1) % points.length]!;
          return sum + (x * y2 - y * x2) / 2;
        }, 0),
      );
    };
    const [all, half] = areasAbove(field, [-100, 0], frame).map(area);
    expect(half! / all!).toBeCloseTo(0.5, 2);
    const [polar] = areasAbove(field, [30], frame).map(area);
    expect(polar! / all!).toBeCloseTo((1 - Math.sin(Math.PI / 6)) / 2, 2);
  });

  it('names places as people do, and finds them again', () => {
    expect(placeName({ latitude: 45, longitude: 240 })).toBe('45°N 120°W');
    expect(placeName({ latitude: -5.6, longitude: 180 })).toBe('6°S 180°');
    expect(placeName({ latitude: 90, longitude: 77 })).toBe('90°N');
    expect(placeName({ latitude: 0, longitude: 0 })).toBe('0° 0°');
    for (const point of [70, 801, 2000]) expect(pointAt(grid, placeOf(grid, point))).toBe(point);
    expect(pointAt(makeGrid([60, 0], [0, 90, 180, 270]), { latitude: 50, longitude: -80 })).toBe(3);
  });

  it('counts shares of members point by point', () => {
    const values = Float64Array.from([1, 5, 3, 5, 4, 5]);
    expect([...shareOf({ values, members: 3, points: 2 }, (v) => v > 2)]).toEqual(
      [2 / 3, 1].map((s) => expect.closeTo(s, 12)),
    );
    const none: Pick<ForecastFields, 'quantities'> = {
      quantities: quantitiesOf({ ...globeSchema, channels: [] }),
    };
    expect(none.quantities).toEqual([]);
  });
});

/** Corners of path data of the form 'Mx yldx dy…z', absolute. */
function absolutePoints(data: string): [number, number][] {
  const points: [number, number][] = [];
  for (const part of data.split('M').slice(1)) {
    const [first = '', steps = ''] = part.replace('z', '').split('l');
    const numbers = (text: string): number[] => (text.match(/-?\d+/g) ?? []).map(Number);
    let [x, y] = numbers(first) as [number, number];
    points.push([x, y]);
    const moves = numbers(steps);
    for (let i = 0; i < moves.length; i += 2) {
      [x, y] = [x + moves[i]!, y + moves[i + 1]!];
      points.push([x, y]);
    }
  }
  return points;
}
