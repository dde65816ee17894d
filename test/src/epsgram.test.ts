/** plume epsgram in this process: its boxes, its drawing in a terminal and its figure. */
import { readFile } from 'node:fs/promises';
import { quantile } from 'simple-statistics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTable } from '../../core/store/table.js';
import { epsgramCommand } from '../../src/commands/epsgram.js';
import { type Box, type BoxPlume, chosenQuantities } from '../../src/epsgram/boxPlumes.js';
import { epsgramText } from '../../src/epsgram/epsgramTerminal.js';
import { placeText } from '../../src/query/placeText.js';
import { globeSchema } from '../syntheticGlobe.js';
import {
  asked,
  drawing,
  J,
  K,
  leadsHours,
  type QueryFixture,
  queryFixture,
  schema,
  valuesAt,
} from './queryFixture.js';

let fixture: QueryFixture;
const epsgram = <Result>(flags: Readonly<Record<string, unknown>>): Promise<Result> =>
  asked(epsgramCommand, [fixture.run], { start: '2013-01-10', ...flags });

interface Result {
  readonly plumes: readonly BoxPlume[];
}

beforeAll(async () => {
  fixture = await queryFixture();
});
afterAll(() => fixture.remove());

describe('box plumes', () => {
  it('are quantiles over members, wind of the components, in the units that people use', async () => {
    const { plumes } = await epsgram<Result>({ at: '55,0' });
    expect(plumes.map(({ quantity, unit }) => [quantity, unit])).toEqual([
      ['wind', 'm s-1'],
      ['msl', 'hPa'],
    ]);
    const point = 2 * 6 + 2;
    const [u, v, p] = [0, 1, 2].map((channel) => valuesAt(fixture.states, channel, point)) as [
      number[][],
      number[][],
      number[][],
    ];
    for (const l of leadsHours.keys()) {
      const speeds = Array.from({ length: K * J }, (_, m) => Math.hypot(u[l]![m]!, v[l]![m]!)).sort(
        (a, b) => a - b,
      );
      const pressures = p[l]!.map((value) => value / 100).sort((a, b) => a - b);
      for (const [plume, sorted] of [
        [plumes[0]!, speeds],
        [plumes[1]!, pressures],
      ] as const) {
        const { box, mean, members } = plume.leads[l]!;
        expect(members).toBe(K * J);
        // Order statistics 0, 1.9, 4.75, 9.5, 14.25, 17.1 and 19 of twenty, by hand.
        const at = (position: number): number => {
          const below = Math.floor(position);
          return (
            sorted[below]! + (position - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!)
          );
        };
        [0, 1.9, 4.75, 9.5, 14.25, 17.1, 19].forEach((position, i) => {
          expect(box[i]).toBeCloseTo(at(position), 8);
        });
        expect(box[3]).toBeCloseTo(quantile(sorted, 0.5), 8);
        expect(mean).toBeCloseTo(sorted.reduce((sum, value) => sum + value, 0) / sorted.length, 8);
      }
    }
  });

  it('have other years behind them, and are the same rows in Arrow, CSV and JSON', async () => {
    const [csv, arrow] = [fixture.at('plumes.csv'), fixture.at('plumes.arrow')];
    const { plumes } = await epsgram<Result>({
      site: 'port 3',
      sites: fixture.at('sites.csv'),
      archive: fixture.archive,
      csv,
      arrow,
    });
    const usual = plumes[0]!.leads[2]!.usual!;
    expect(usual.every((value, i) => i === 0 || value >= usual[i - 1]!)).toBe(true);
    const lines = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    const column = lines[0]!.split(',').indexOf('usual_q50');
    expect(lines).toHaveLength(1 + 2 * leadsHours.length);
    expect(Number(lines[3]!.split(',')[column])).toBeCloseTo(usual[3], 6);
    const { columns } = await readTable(arrow);
    expect(columns.map(({ name }) => name)).toEqual(lines[0]!.split(','));
    expect(columns.find(({ name }) => name === 'usual_q50')!.values[2]).toBe(usual[3]);
  });

  it('are of what a forecast holds: four of the usual quantities, or those asked for', () => {
    expect(chosenQuantities(globeSchema, undefined)).toEqual(['wind', 't2m', 'msl', 'wind850']);
    expect(chosenQuantities(globeSchema, ['Z500', 'vorticity850'])).toEqual(['z500', 'vorticity850']);
    expect(chosenQuantities({ ...schema, channels: [schema.channels[0]!] }, undefined)).toEqual(['u10']);
    expect(() => chosenQuantities(globeSchema, ['wind_direction'])).toThrow(/directions go round/);
    expect(() => chosenQuantities(globeSchema, ['nope'])).toThrow(/neither a channel nor follows/);
  });
});

describe('the drawing in a terminal', () => {
  const plume = (leads: number, usual: Box | null): BoxPlume => ({
    quantity: 'msl',
    title: 'Sea-level pressure',
    unit: 'hPa',
    leads: Array.from({ length: leads }, (_, i) => ({
      leadHours: 6 * (i + 1),
      validTime: Date.UTC(2013, 0, 10) + 6 * (i + 1) * 3_600_000,
      members: 20,
      box: [990, 994, 998, 1000, 1002, 1006, 1010].map((value) => value + i) as unknown as Box,
      mean: 1000 + i,
      usual,
    })),
  });

  it('fits the width of the screen, and says where leads are left out', () => {
    for (const width of [40, 80, 132]) {
      const lines = epsgramText([plume(40, null)], width).split('\n');
      const widest = Math.max(...lines.slice(0, 14).map((line) => [...line].length));
      expect(widest).toBeLessThanOrEqual(width);
      expect(widest).toBeGreaterThan(width / 2);
    }
    expect(epsgramText([plume(40, null)], 40)).toMatch(/one lead of 3 is shown/);
    expect(epsgramText([plume(5, null)], 80)).not.toMatch(/is shown/);
  });

  it('has the median in each column, between its boxes and the outermost, on the line of its value', () => {
    const text = epsgramText([plume(1, [980, 985, 990, 1000, 1010, 1015, 1020])], 80);
    const lines = text.split('\n').slice(1, 12);
    const marks = lines.map((line) => line.slice(line.indexOf('┤') + 1).replace(/[ ·]/g, '')[0] ?? '');
    expect(marks.join('')).toMatch(/^│*▒+█+━█+▒+│*$/);
    const median = lines.findIndex((line) => line.includes('━'));
    expect(Number.parseFloat(lines[median % 2 === 0 ? median : median - 1]!)).toBeGreaterThan(995);
    expect(text).toMatch(/·/);
  });
});

describe('the figure', () => {
  it('is a file of its own: a panel for each quantity, the place as its title', async () => {
    const out = fixture.at('epsgram.svg');
    await epsgram({ site: 'port 3', sites: fixture.at('sites.csv'), out, archive: fixture.archive });
    const svg = await drawing(out);
    expect(svg.querySelectorAll('svg.chart')).toHaveLength(2);
    expect(svg.querySelector('text.title')!.textContent).toBe('port 3 (51.4°N 3.39°W)');
    // Whiskers, thin and thick boxes with their fills, of every lead.
    expect(svg.querySelectorAll('svg.chart rect').length).toBe(2 * 4 * leadsHours.length);
  });
});

describe('what cannot be drawn is refused', () => {
  it.each([
    ['no place', {}, /--at LAT,LON, or --site NAME/],
    ['a site without a list', { site: 'port 3' }, /give --sites FILE/],
    ['a place outside', { at: '10,10' }, /outside the grid/],
    ['several starts', { at: '55,0', start: '2013-01-10/2013-01-17/P7D' }, /of one start/],
    [
      'too few members',
      { at: '55,0', minimumMembers: '21' },
      /20 of 20 members have values, fewer than the 21/,
    ],
  ])('%s', async (_, flags, says) => {
    await expect(epsgram(flags)).rejects.toThrow(says);
  });

  it('a site that is not in the list, or no name at all', async () => {
    const sites = fixture.at('sites.csv');
    await expect(epsgram({ sites, site: 'Atlantis' })).rejects.toThrow(
      /no place of that name; it has port 0,/,
    );
    await expect(epsgram({ sites })).rejects.toThrow(/30 places; --site NAME/);
  });
});

describe('places in words', () => {
  it('have letters in the stead of signs, whatever the convention of longitude', () => {
    expect(placeText(51.95, 4.05)).toBe('51.95°N 4.05°E');
    expect(placeText(-33.9, 341.6)).toBe('33.9°S 18.4°W');
    expect(placeText(0, 0)).toBe('0° 0°');
  });
});
