/** Figures of verification against closed forms: what is drawn, what its data say, how it reads without colour. */
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../core/grid.js';
import { choices } from '../src/report/choices.js';
import { coarsening } from '../src/report/coarseField.js';
import { colourBar, growingScale } from '../src/report/colourScale.js';
import { csvText } from '../src/report/csvText.js';
import { divergingLimit, divergingStep, stepClass } from '../src/report/divergingSteps.js';
import { eventName, eventsOf, outerEvents } from '../src/report/eventNames.js';
import { mapData } from '../src/report/mapData.js';
import { meridianCrossings } from '../src/report/meridianCrossings.js';
import { metricUnit } from '../src/report/metricUnits.js';
import { rankPanels } from '../src/report/rankDiagrams.js';
import { reliabilityPanels } from '../src/report/reliabilityDiagrams.js';
import { rocCurves } from '../src/report/rocCurves.js';
import { scoreMapDrawing } from '../src/report/scoreMaps.js';
import { spectrumPanels } from '../src/report/spectrumPanels.js';
import { tickText } from '../src/report/valueAxis.js';
import { valueCurves } from '../src/report/valueCurves.js';
import { fixtureDiagrams, fixtureMaps, rocArea } from './verificationFixture.js';

const parse = (html: string): Document => new JSDOM(html).window.document;
const z500 = fixtureDiagrams().filter(({ variable }) => variable === 'z');
const of = (diagram: string, event: string | null = null) =>
  z500.filter((row) => row.diagram === diagram && row.event === event);
const numbers = (text: string | null | undefined): number[] => (text?.match(/-?[\d.]+/g) ?? []).map(Number);

describe('diagrams', () => {
  it('draw a reliable forecast on the diagonal', () => {
    const [panel] = reliabilityPanels(of('reliability', 'above p90'), [24]);
    const svg = parse(panel?.svg ?? '');
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = numbers(
      svg.querySelector('g[aria-label="line"] path')?.getAttribute('d'),
    );
    const dots = [...svg.querySelectorAll('g[aria-label="dot"] circle')].map((dot) => [
      (Number(dot.getAttribute('cx')) - x0) / (x1 - x0),
      (Number(dot.getAttribute('cy')) - y0) / (y1 - y0),
    ]);
    expect(dots.length).toBeGreaterThan(8);
    for (const [x = 0, y = 1] of dots) expect(Math.abs(y - x)).toBeLessThan(1e-4);
    expect(svg.querySelector('desc')?.textContent).toBe(
      `0 of ${dots.length} points lie beyond the range of a reliable forecast. The event happened in 10 % of cases.`,
    );
  });

  it('count the points of an unreliable forecast that lie beyond its range', () => {
    const rows = of('reliability', 'above p90').map((row) => ({
      ...row,
      y: Math.min(1, row.ci_high + 0.01),
    }));
    const outside = rows.filter((row) => row.lead_hours === 24 && row.y > row.ci_high).length;
    expect(outside).toBeGreaterThan(5);
    const [panel] = reliabilityPanels(rows, [24]);
    expect(panel?.svg).toContain(`${outside} of `);
  });

  it('draw many classes as ten, each at the mean of its own', () => {
    const [row] = of('reliability', 'above p90');
    if (row === undefined) throw new Error('no reliability in the fixture');
    const rows = Array.from({ length: 49 }, (_, c) => {
      const [x, weight] = [c / 48, c % 2 === 0 ? 0.04 : 0];
      return { ...row, lead_hours: 24, x, y: x, weight, ci_low: x - 0.1, ci_high: x + 0.1 };
    });
    const svg = parse(reliabilityPanels(rows, [24])[0]?.svg ?? '');
    expect(svg.querySelectorAll('g[aria-label="dot"] circle')).toHaveLength(11);
    expect(svg.querySelector('desc')?.textContent).toContain('0 of 11 points lie beyond');
  });

  it('run ROC curves from no warning to all, and name their areas', () => {
    const areas = new Map([24, 240].map((lead) => [lead, rocArea(lead, 1.2815515655446004)]));
    expect(areas.get(24)).toBeGreaterThan(0.9);
    expect(areas.get(240)).toBeLessThan(0.6);
    const svg = parse(rocCurves(of('roc', 'above p90'), [24, 240], areas));
    const [diagonal, ...curves] = [...svg.querySelectorAll('g[aria-label="line"] path')];
    const corners = numbers(diagonal?.getAttribute('d'));
    expect(curves).toHaveLength(2);
    for (const curve of curves) {
      const points = numbers(curve.getAttribute('d'));
      expect([...points.slice(0, 2), ...points.slice(-2)]).toEqual(corners);
    }
    const names = [...svg.querySelectorAll('.legend span')].map((each) => each.textContent);
    expect(names).toEqual([24, 240].map((lead) => `day ${lead / 24}: area ${areas.get(lead)?.toFixed(2)}`));
  });

  it('never draw a value below zero, which doing nothing has', () => {
    const rows = of('value', 'above p90').map((row) => ({ ...row, y: row.y - 0.3 }));
    const svg = parse(valueCurves(rows, [24]));
    const base = Math.max(
      ...numbers(svg.querySelector('g[aria-label="rule"]')?.innerHTML.match(/y1="([\d.]+)"/)?.[1]),
    );
    const path = svg.querySelector('g[aria-label="line"] path')?.getAttribute('d');
    const ys = numbers(path).filter((_, i) => i % 2 === 1);
    expect(Math.max(...ys)).toBeCloseTo(base, 6);
    expect(ys.filter((y) => y > base + 1e-6)).toEqual([]);
  });

  it('draw a power law as a straight line', () => {
    const [panel] = spectrumPanels(of('spectrum'), [24], { factor: 1, label: 'm⁴ s⁻⁴' });
    const paths = [...parse(panel?.svg ?? '').querySelectorAll('g[aria-label="line"] path')];
    expect(paths).toHaveLength(3);
    // Second of mean, truth, members: k⁻³.
    const points = numbers(paths[1]?.getAttribute('d'));
    const at = (i: number): [number, number] => [points[2 * i] ?? 0, points[2 * i + 1] ?? 0];
    const [first, last] = [at(0), at(points.length / 2 - 1)];
    for (let i = 0; i < points.length / 2; i++) {
      const [x, y] = at(i);
      const line = first[1] + ((x - first[0]) / (last[0] - first[0])) * (last[1] - first[1]);
      expect(Math.abs(y - line)).toBeLessThan(0.02);
    }
  });

  it('show ranks as multiples of the flat histogram, and those beyond the range of a reliable ensemble', () => {
    const rows = of('rank_histogram').filter((row) => row.lead_hours === 24);
    const [panel] = rankPanels(rows, [24]);
    const svg = parse(panel?.svg ?? '');
    const heights = [...svg.querySelectorAll('g[aria-label="rect"]')][0]?.querySelectorAll('rect') ?? [];
    const drawn = [...heights].map((bar) => Number(bar.getAttribute('height')));
    const total = rows.reduce((sum, row) => sum + row.y, 0);
    const scale = drawn.reduce((sum, height) => sum + height, 0) / total;
    expect(drawn).toHaveLength(25);
    for (const [i, height] of drawn.entries())
      expect(Math.abs(height / scale - (rows[i]?.y ?? 0))).toBeLessThan(2e-5);
    const outside = rows.filter((row) => row.y > row.ci_high || row.y < row.ci_low).length;
    expect(svg.querySelector('desc')?.textContent).toContain(`${outside} of 25 ranks`);
  });
});

describe('the data of maps', () => {
  const grid = makeGrid([60, 50, 40], [0, 120, 240]);
  const values = [570.04, 550, Number.NaN, 560, 530, 520, 540, 510, 500];

  it('have a row a field as Arrow, and a row a circle of latitude as CSV', () => {
    const { arrow, csv, note } = mapData(
      grid,
      [{ field: 'mean', lead_hours: 24, values }],
      { unit: 'dam' },
      1,
    );
    expect(note).toBeUndefined();
    const table = tableFromIPC(arrow);
    expect([...(table.getChild('values')?.get(0) ?? [])]).toEqual(values.map(Math.fround));
    expect(table.schema.metadata.get('longitudes')).toBe('[0,120,240]');
    expect(csv.trim().split('\n')).toEqual([
      'field,lead_hours,latitude,0,120,240',
      'mean,24,60,570,550,NaN',
      'mean,24,50,560,530,520',
      'mean,24,40,540,510,500',
    ]);
  });

  it('say so where they are means of blocks, and stay small', () => {
    const fine = makeGrid(
      Array.from({ length: 180 }, (_, i) => 89.5 - i),
      Array.from({ length: 360 }, (_, i) => i),
    );
    const field = { field: 'mean', lead_hours: 24, values: new Float64Array(180 * 360).fill(7) };
    const { arrow, csv, note } = mapData(
      fine,
      Array.from({ length: 40 }, () => field),
      {},
    );
    expect(note).toMatch(/^on \d+ × \d+ means of blocks$/);
    expect(arrow.length * 1.34 + csv.length).toBeLessThan(1.3e6);
    expect([...(tableFromIPC(arrow).getChild('values')?.get(39) ?? [])].every((value) => value === 7)).toBe(
      true,
    );
  });

  it('tell where lines cross the meridians', () => {
    const fields = [
      { name: 'truth', values },
      { name: 'member_1', values: values.map((value) => value - 20) },
    ];
    const { arrow, csv } = meridianCrossings([{ lead_hours: 24, fields }], grid, 535, 3, { line: '535 dam' });
    // Truth falls from 550 to 530 over ten degrees at 120° E; the member's 530 lies below the line from the start.
    expect(csv.trim().split('\n')).toEqual([
      'lead_hours,longitude,crossing,truth,member_1',
      '24,0,1,,47.5',
      '24,120,1,52.5,',
    ]);
    const table = tableFromIPC(arrow);
    expect(JSON.parse(table.schema.metadata.get('fields') ?? '')).toEqual(['truth', 'member_1']);
    expect([...(table.getChild('latitudes')?.get(1) ?? [])]).toEqual([52.5, Number.NaN]);
  });
});

describe('maps of scores', () => {
  it('are drawn from the data beside them, in common steps for the two sources of spread', () => {
    const maps = fixtureMaps();
    const drawing = scoreMapDrawing(maps, true);
    const document = parse(drawing.definitions + drawing.ofChannel({ variable: 't', level: 850 }, 'K'));
    const sections = [...document.querySelectorAll('.field')];
    expect(sections.map((each) => each.querySelector('h4')?.textContent)).toEqual([
      ...['Fair CRPS', 'Bias', 'Epistemic variance', 'Aleatoric variance', 'Epistemic share'],
    ]);
    for (const section of sections) expect(section.querySelectorAll('svg.map')).toHaveLength(4);
    const bars = sections.slice(2, 4).map((each) => each.querySelector('svg.bar')?.innerHTML);
    expect(bars[0]).toBe(bars[1]);
    const href = sections[0]?.querySelector('a[download$=".arrow"]')?.getAttribute('href') ?? '';
    const table = tableFromIPC(Buffer.from(href.split(',')[1] ?? '', 'base64'));
    expect(table.schema.metadata.get('variable_unit')).toBe('K');
    const truth = maps.maps.find(
      (map) => map.variable === 't' && map.statistic === 'crps' && map.lead_hours === 72,
    );
    const row = [...(table.getChild('lead_hours') ?? [])].indexOf(72);
    expect(table.getChild('field')?.get(row)).toBe('crps');
    expect([...(table.getChild('values')?.get(row) ?? [])]).toEqual([...(truth?.values ?? [])]);
    expect(JSON.parse(table.schema.metadata.get('latitudes') ?? '')[1]).toBe(84.375);
    const shares = sections[4]?.querySelector('a[download$=".arrow"]')?.getAttribute('href') ?? '';
    const shareTable = tableFromIPC(Buffer.from(shares.split(',')[1] ?? '', 'base64'));
    expect(shareTable.schema.metadata.get('unit')).toBe('%');
    const share = [...(shareTable.getChild('values')?.get(row) ?? [])] as number[];
    // At 84.375° N, 0° E, and on the equator a quarter of the way round, as the fixture has it.
    expect(share[64]).toBeCloseTo(100 * (0.1 + 0.3 * Math.cos((84.375 / 180) * Math.PI) ** 2), 3);
    expect(share[16 * 64 + 16]).toBeCloseTo(100 * (0.1 + 0.3 * 1.5), 3);
    expect(drawing.ofChannel({ variable: 'q', level: 850 }, '1')).toBe('');
  });

  it('of a region lie on its own frame; points without a value stay empty', () => {
    const region = makeGrid([60, 55, 50, 45], [-20, -15, -10, -5, 0]);
    const maps = fixtureMaps(region);
    const holed = maps.maps.map((map) => ({
      ...map,
      values: map.values.map((v, i) => (i === 7 ? Number.NaN : v)),
    }));
    const drawing = scoreMapDrawing({ grid: region, maps: holed }, true);
    const html = drawing.ofChannel({ variable: 't', level: 850 }, 'K');
    expect(parse(html).querySelectorAll('svg.map .bands path').length).toBeGreaterThan(20);
    expect(html.replace(/href="data:[^"]*"/g, '')).not.toMatch(/NaN|Infinity/);
  });

  it('of fine grids come from means of equal blocks, without a seam', () => {
    const grid = makeGrid(
      Array.from({ length: 61 }, (_, i) => 90 - 3 * i),
      Array.from({ length: 120 }, (_, j) => 3 * j),
    );
    const { grid: coarse, field } = coarsening(grid, 50);
    expect(coarse.longitudes).toHaveLength(40);
    expect(coarse.longitudes[1]).toBe(12);
    const values = Float32Array.from({ length: 61 * 120 }, (_, i) => (i === 0 ? Number.NaN : i % 120));
    const means = field(values);
    expect(means.slice(0, 3)).toEqual(Float32Array.of((1 * 3 + 2 * 3 + 0 * 2) / 8, 4, 7));
    expect(coarsening(grid, 200).grid).toBe(grid);
  });
});

describe('words, numbers and colours', () => {
  it('take steps of 1, 2, 5 that grow with what they show, about zero where there are two sides', () => {
    expect(growingScale(870, 'viridis').edges).toEqual([0, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
    expect(growingScale(0.3, 'vik').edges).toEqual([
      ...[-0.5, -0.2, -0.1, -0.05, -0.02, 0.02, 0.05, 0.1, 0.2, 0.5],
    ]);
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (size) => {
        const { bounds, colours, edges = [] } = growingScale(size, 'magma');
        expect([bounds.length, colours.length, new Set(colours).size]).toEqual([9, 9, 9]);
        expect(edges[9]).toBeGreaterThanOrEqual(size * (1 - 1e-9));
        expect(edges[9]).toBeLessThanOrEqual(2.5 * size * (1 + 1e-9));
        for (let i = 1; i < 10; i++) expect(edges[i]).toBeGreaterThan(edges[i - 1] ?? 0);
      }),
    );
    expect(growingScale(0, 'vik').colours).toHaveLength(9);
    const bar = parse(colourBar(growingScale(870, 'viridis'), 'm', 'x'));
    const labels = [...bar.querySelectorAll('text:not(.unit)')].map((text) => text.textContent);
    expect(labels).toEqual(['0', '5', '20', '100', '500']);
  });

  it('name events in the units of readers, from low to high', () => {
    expect(eventName('above p90', 'K')).toBe('above the 90th percentile');
    expect(['above p1', 'above p33', 'above p12'].map((event) => eventName(event, 'K'))).toEqual([
      ...['above the 1st percentile', 'above the 33rd percentile', 'above the 12th percentile'],
    ]);
    expect(eventName('above 98000', 'Pa')).toBe('above 980 hPa');
    expect(eventName('above -1.5e1', 'K')).toBe('above −15.0 K');
    const events = ['above 5', 'above p90', 'above -3', 'above p10', 'above p33'].map((event) => ({ event }));
    expect(eventsOf([...events, { event: null }])).toEqual([
      ...['above p10', 'above p33', 'above p90', 'above -3', 'above 5'],
    ]);
    expect(outerEvents(['a', 'b', 'c'])).toEqual(['a', 'c']);
  });

  it('give metrics their units: none for shares and skills, squares for variances', () => {
    for (const metric of [
      'crps_skill_score',
      'brier',
      'coverage_80',
      'acc',
      'rps_fair',
      'spread_skill_ratio',
    ])
      expect(metricUnit(metric, 'Pa'), metric).toEqual({ label: '', factor: 1 });
    for (const metric of ['crps', 'quantile_score_90', 'interval_width_80', 'twcrps', 'energy_score'])
      expect(metricUnit(metric, 'Pa').label, metric).toBe('hPa');
    expect(metricUnit('aleatoric_variance', 'Pa').label).toBe('hPa²');
  });

  it('write numbers of axes with thin spaces and a proper minus', () => {
    expect([0, 1500, 400000, -0.25, 0.1 + 0.2, 2e-7].map(tickText)).toEqual([
      ...['0', '1500', '400\u202f000', '−0.25', '0.3', '2e−7'],
    ]);
  });

  it('colour by size and sign, antisymmetrically, and never better as worse', () => {
    fc.assert(
      fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (value) => {
        const step = divergingStep(value, 100);
        expect(divergingStep(-value, 100)).toBe(step === 0 ? 0 : -step);
        expect(Math.sign(step) === Math.sign(value) || step === 0).toBe(true);
        expect(Math.abs(step)).toBeLessThanOrEqual(5);
      }),
    );
    expect([-100, -20, -1, 0, 1, 20, 20.1, 1e9].map((value) => stepClass(divergingStep(value, 100)))).toEqual(
      [...['worse-5', 'worse-1', 'step-0', 'step-0', 'step-0', 'better-1', 'better-2', 'better-5']],
    );
    expect(divergingLimit([1, -2, 3, 400])).toBe(5);
    expect(divergingLimit([30, -60, 90, 80, 70])).toBe(100);
  });

  it('write CSV that a reader parses back', () => {
    const text = csvText([
      { name: 'name', type: 'utf8', values: ['plain', 'with "quotes", commas', null] },
      { name: 'value', type: 'float64', values: [0.1 + 0.2, Number.NaN, null] },
      { name: 'time', type: 'timestamp', values: [0, null, 86_400_000] },
    ]);
    expect(text).toBe(
      'name,value,time\nplain,0.3,1970-01-01T00:00:00.000Z\n"with ""quotes"", commas",NaN,\n,,1970-01-02T00:00:00.000Z\n',
    );
  });

  it('offer no choice where there is one view', () => {
    expect(choices('c', 'region', [])).toBe('');
    expect(choices('c', 'region', [{ label: 'a', body: '<p>b</p>' }])).toBe('<p>b</p>');
    const two = parse(
      choices(
        'c',
        'region',
        [1, 2].map((i) => ({ label: `<${i}>`, body: `<p>${i}</p>` })),
      ),
    );
    expect(two.querySelectorAll('input[type=radio][name=c]')).toHaveLength(2);
    expect(two.querySelector('label')?.textContent).toBe('<1>');
    expect(two.querySelectorAll('input[checked]')).toHaveLength(1);
  });
});
