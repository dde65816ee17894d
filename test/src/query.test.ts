/** plume query in this process: what it answers, what its files hold, and what it refuses. */
import { readFile, writeFile } from 'node:fs/promises';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readTable } from '../../core/store/table.js';
import { queryCommand } from '../../src/commands/query.js';
import {
  asked,
  drawing,
  J,
  K,
  membersAtCorner,
  points,
  type QueryFixture,
  queryFixture,
  schema,
  siteList,
  valuesAt,
} from './queryFixture.js';

let fixture: QueryFixture;
const first = { start: '2013-01-10' };
const query = <Result = Answers>(flags: Readonly<Record<string, unknown>>): Promise<Result> =>
  asked(queryCommand, [fixture.run], flags);

const interval = z.strictObject({
  method: z.enum(['wilson', 'jeffreys']),
  level: z.number(),
  low: z.number(),
  high: z.number(),
});
const variance = z.strictObject({ epistemic: z.number(), aleatoric: z.number() }).nullable();
const answers = z.strictObject({
  forecast: z.string(),
  starts: z.array(z.string()),
  climatology: z.string().nullable(),
  events: z.array(
    z.strictObject({
      event: z.string(),
      start: z.string(),
      absent: z.array(z.number()),
      decidedByMargin: z.array(z.boolean()),
      refused: z.array(
        z.strictObject({
          site: z.string(),
          latitude: z.number(),
          longitude: z.number(),
          members: z.number(),
        }),
      ),
      answers: z.array(
        z.strictObject({
          site: z.string().nullable(),
          latitude: z.number().nullable(),
          longitude: z.number().nullable(),
          probability: z.number().min(0).max(1),
          yes: z.number(),
          members: z.number(),
          missing: z.number(),
          effectiveMembers: z.number().nullable(),
          interval,
          climatological: z.strictObject({ probability: z.number(), cases: z.number() }).nullable(),
          variance,
          conditions: z.array(
            z.strictObject({
              text: z.string(),
              unit: z.string(),
              probability: z.number(),
              mean: z.number(),
              variance,
              quantiles: z.array(z.number()).length(5),
              points: z.number(),
              pointsLeftOut: z.number(),
              whole: z.boolean(),
            }),
          ),
        }),
      ),
    }),
  ),
});
type Answers = z.output<typeof answers>;

beforeAll(async () => {
  fixture = await queryFixture();
});
afterAll(() => fixture.remove());

/** Everything that is written to standard output meanwhile. */
async function printed(flags: Readonly<Record<string, unknown>>): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const { resolveOptions } = await import('../../src/options.js');
    const { createReporter } = await import('../../src/progress.js');
    await queryCommand.run({
      options: await resolveOptions(queryCommand.options, flags, undefined),
      operands: [fixture.run],
      report: createReporter({ quiet: true }),
      json: false,
      given: new Set(),
      signal: new AbortController().signal,
    });
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

describe('an event at a place', () => {
  // The point 55°N 0°E: row 2, column 2.
  const point = 2 * 6 + 2;

  it('is as likely as members say yes, counted by hand', async () => {
    const { events } = await query({ ...first, event: 'msl < 1005 hPa at 55N,0E between 24h and 48h' });
    const pressure = valuesAt(fixture.states, 2, point);
    const yes = Array.from({ length: K * J }, (_, m) =>
      [1, 2, 3].some((lead) => pressure[lead]![m]! < 100_500) ? 1 : 0,
    ).reduce<number>((sum, one) => sum + one, 0);
    expect(yes).toBeGreaterThan(0);
    expect(yes).toBeLessThan(K * J);
    expect(events[0]!.answers[0]).toMatchObject({
      yes,
      members: K * J,
      missing: 0,
      probability: yes / (K * J),
    });
  });

  it('has a result of a fixed form, "here" or at its own place, with an archive or without', async () => {
    const result = await query({
      event: ['wind > 8 m/s and msl < p40', 'fall(msl, 24h) > 5 hPa at 52,3'],
      at: '55,0',
      archive: fixture.archive,
      ...first,
    });
    const { events, climatology } = answers.parse(result);
    expect(climatology).toBe('the same days ± 15 of other years');
    expect(events.map(({ answers: [only] }) => only!.site)).toEqual(['55,0', null]);
    expect(events[0]!.decidedByMargin).toEqual([false, true]);
    expect(events[0]!.answers[0]!.climatological!.cases).toBeGreaterThan(300);
    answers.parse(await query({ event: 'wind > 8 m/s at 55,0', ...first }));
  });

  it('is asked of the last start unless another is named, and says which members that one lacks', async () => {
    const { starts, events } = await query({ event: 'msl < 1005 hPa at 55,0' });
    expect(starts).toEqual(['2013-01-17T00Z']);
    expect(events[0]!.absent).toEqual([15, 16, 17, 18, 19]);
    expect(events[0]!.answers[0]).toMatchObject({ members: 15, missing: 5 });
    const text = await printed({ event: 'msl < 1005 hPa at 55,0' });
    expect(text).toMatch(/missing +5 of 20 members \(5 not in the run\)/);
    const both = await query({ event: 'msl < 1005 hPa at 55,0', start: '2013-01-10/2013-01-17/P7D' });
    expect(both.events.map(({ start }) => start)).toEqual(['2013-01-10T00Z', '2013-01-17T00Z']);
  });

  it('is read back on the screen, with its interval named, what is usual, and both sources of the variance', async () => {
    const text = await printed({ event: 'WIND  > 14 m/s AT 55N,0E', archive: fixture.archive, ...first });
    expect(text).toMatch(/^wind > 14 m\/s at 55,0, from 2013-01-10T00Z\n/i);
    expect(text).toMatch(/probability +\d+ %, \d+ of 20 members; 95 % Wilson interval [\d.]+ % to [\d.]+ %/);
    expect(text).toMatch(/usual +[\d.]+ % of \d+ cases: the same days ± 15 of other years/);
    expect(text).toMatch(/variance +of the yes or no: −?[\d.]+ % epistemic, [\d.]+ % aleatoric/);
    expect(text).toMatch(/decided by +[\d.]+ m\/s in the mean/);
    const jeffreys = await printed({ event: 'wind > 8 m/s at 55,0', interval: 'jeffreys', ...first });
    expect(jeffreys).toMatch(/95 % Jeffreys interval/);
  });
});

describe('a list of sites', () => {
  it('comes as a table, the likeliest first and no more than twenty, and whole in the files', async () => {
    const flags = { event: 'wind > 14 m/s', sites: fixture.at('sites.csv'), ...first };
    const text = await printed(flags);
    const lines = text.split('\n').filter((line) => /port \d+/.test(line));
    const shares = lines.map((line) => Number(/(\d+) %/.exec(line)![1]));
    expect(lines).toHaveLength(20);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    expect(text).toMatch(/… and 10 sites more/);
    const [csv, arrow] = [fixture.at('answers.csv'), fixture.at('answers.arrow')];
    const { events } = await query({ ...flags, csv, arrow });
    const rows = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(rows).toHaveLength(31);
    const table = await readTable(arrow);
    const column = (name: string) => table.columns.find((each) => each.name === name)!.values;
    expect(Array.from<unknown>(column('probability'))).toEqual(
      events[0]!.answers.map(({ probability }) => probability),
    );
    // The same cells in both files, to the nine digits of the text.
    const header = rows[0]!.split(',');
    expect(header).toEqual(table.columns.map(({ name }) => name));
    rows.slice(1).forEach((row, i) => {
      const cells = row.split(',');
      for (const [c, { type, values }] of table.columns.entries()) {
        const value = values[i] ?? null;
        const cell = cells[c]!;
        if (value === null) expect(cell).toBe('');
        else if (type === 'utf8') expect(cell).toBe(value);
        else if (type === 'timestamp') expect(Date.parse(cell)).toBe(value);
        else expect(Number(cell)).toBeCloseTo(Number(value), 6);
      }
    });
  });

  it('gives every site what it is given alone', async () => {
    const list = fixture.at('two.csv');
    await writeFile(list, siteList(2));
    const { events } = await query({ event: 'wind > 12 m/s within 200km of here', sites: list, ...first });
    const [one] = (await query({ event: 'wind > 12 m/s within 200km of 50.8,-4.13', ...first })).events;
    const { probability, interval: range, conditions } = one!.answers[0]!;
    expect(events[0]!.answers[1]).toMatchObject({ probability, interval: range });
    expect(events[0]!.answers[1]!.conditions[0]!.quantiles).toEqual(conditions[0]!.quantiles);
  });

  it('has rows for the conditions of an event that joins several', async () => {
    const arrow = fixture.at('joined.arrow');
    await query({ event: 'wind > 10 m/s at 55,0 and msl < 1010 hPa at 55,0', arrow, ...first });
    const { columns } = await readTable(arrow);
    const of = (name: string) => Array.from<unknown>(columns.find((each) => each.name === name)!.values);
    expect(of('condition')).toEqual([null, 'wind > 10 m/s at 55,0', 'msl < 1010 hPa at 55,0']);
    expect(of('unit')).toEqual([null, 'm/s', 'hPa']);
  });
});

describe('a map', () => {
  it('holds at every grid point what the event is given there, and draws it with coastlines', async () => {
    const [map, arrow, csv] = ['map.svg', 'map.arrow', 'map.csv'].map(fixture.at) as [string, string, string];
    await query({ event: 'wind > 12 m/s', map, arrow, csv, archive: fixture.archive, ...first });
    const table = tableFromIPC(await readFile(arrow));
    expect([...(table.getChild('statistic') as Iterable<string>)]).toEqual([
      'probability',
      'climatological_probability',
      'epistemic_variance',
      'aleatoric_variance',
    ]);
    expect(JSON.parse(table.schema.metadata.get('latitudes')!)).toEqual([...schema.grid.latitudes]);
    const field = (row: number) => Array.from(table.getChild('values')!.get(row) as Iterable<number>);
    const shares = field(0);
    expect(shares).toHaveLength(points);
    for (const point of [0, 8, points - 1]) {
      const [lat, lon] = [schema.grid.latitudes[Math.floor(point / 6)], schema.grid.longitudes[point % 6]];
      const { events } = await query({
        event: `wind > 12 m/s at ${lat},${lon}`,
        archive: fixture.archive,
        ...first,
      });
      const { probability, climatological, variance: split } = events[0]!.answers[0]!;
      expect(shares[point]).toBeCloseTo(probability, 6);
      expect(field(1)[point]).toBeCloseTo(climatological!.probability, 6);
      expect(field(2)[point]).toBeCloseTo(split!.epistemic, 6);
    }
    const rows = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(rows.slice(1).map((row) => Number(row.split(',')[4]))).toEqual(
      shares.map((share) => Number(share.toPrecision(9))),
    );
    const svg = await drawing(map);
    expect(svg.querySelector('#event-coast')!.getAttribute('d')!.length).toBeGreaterThan(100);
    expect(svg.querySelectorAll('svg.map')).toHaveLength(2);
  });

  it('is refused of an event that names its places, and beside sites', async () => {
    const map = fixture.at('none.svg');
    await expect(query({ event: 'wind > 12 m/s at 55,0', map, ...first })).rejects.toThrow(
      /names its own places/,
    );
    await expect(query({ event: 'wind > 12 m/s', map, at: '55,0' })).rejects.toThrow(
      /leave --at and --sites out/,
    );
  });
});

interface Curves {
  readonly curves: readonly {
    readonly members: number;
    readonly exceedance: readonly { level: number; probability: number; usual: number | null }[];
    readonly quantiles: readonly { share: number; level: number }[];
    readonly ofWindow: readonly { oneIn: number; level: number }[];
    readonly ofYears: {
      years: number;
      levels: readonly { oneIn: number; level: number; empirical: number | null }[];
    } | null;
  }[];
}

describe('a curve', () => {
  const point = 2 * 6 + 2;

  it('is the share of members beyond every level', async () => {
    const [csv, figure] = [fixture.at('curve.csv'), fixture.at('curve.svg')];
    const { curves } = await query<Curves>({ curve: 'msl < * hPa at 55,0', csv, figure, ...first });
    const [curve] = curves;
    const pressure = valuesAt(fixture.states, 2, point);
    const lowest = Array.from({ length: K * J }, (_, m) =>
      Math.min(...pressure.map((lead) => lead[m]! / 100)),
    );
    expect(curve!.exceedance.length).toBeGreaterThan(15);
    for (const { level, probability } of curve!.exceedance) {
      expect(probability).toBeCloseTo(lowest.filter((value) => value < level).length / (K * J), 12);
    }
    expect(curve!.exceedance[0]!.probability).toBe(0);
    expect(curve!.exceedance.at(-1)!.probability).toBe(1);
    const sorted = lowest.toSorted((a, b) => a - b);
    // 1 in 20 of 20 members: between the lowest and the one above it, at position 21/20.
    const oneIn20 = curve!.ofWindow.find(({ oneIn }) => oneIn === 20)!.level;
    expect(oneIn20).toBeCloseTo(sorted[0]! + 0.05 * (sorted[1]! - sorted[0]!), 9);
    expect((await readFile(csv, 'utf8')).split('\n')).toContainEqual(expect.stringMatching(/return level/));
    await drawing(figure);
  });

  it('has other years beside it, and levels of years where they are asked for', async () => {
    const flags = { curve: 'wind > * m/s', at: '55,0', archive: fixture.archive, annual: true, ...first };
    const { curves } = await query<Curves>({ ...flags, figure: fixture.at('annual.svg') });
    const [curve] = curves;
    expect(curve!.ofYears!.years).toBe(12);
    const { levels } = curve!.ofYears!;
    expect(levels.every(({ level }, i) => i === 0 || level > levels[i - 1]!.level)).toBe(true);
    // What one year in two exceeds lies beyond what a window of three days mostly reaches.
    expect(levels[0]!.level).toBeGreaterThan(curve!.quantiles.find(({ share }) => share === 0.75)!.level);
    expect(levels[0]!.level / levels[0]!.empirical!).toBeCloseTo(1, 1);
    expect(curve!.exceedance[0]!.usual).toBeGreaterThan(0.9);
    await drawing(fixture.at('annual.svg'));
  });

  it('is refused without one star, and of more than one condition, pointing into what was typed', async () => {
    await expect(query({ curve: 'wind > 5 m/s at 55,0' })).rejects.toThrow(
      /one \* in the place of the number/,
    );
    await expect(query({ curve: 'wind >= * m/s at 55,0' })).rejects.toThrow(/behind > or </);
    await expect(query({ curve: 'wind > * m/s at 55,0 or msl < 1000 hPa at 55,0' })).rejects.toThrow(
      /of one condition/,
    );
    await expect(query({ curve: 'wind > * furlong at 55,0' })).rejects.toThrow(
      /\n?.*wind > \* furlong at 55,0\n *\^+/,
    );
  });
});

describe('what cannot be asked is refused', () => {
  it.each([
    ['nothing', {}, /nothing is asked/],
    ['an event without a word', { event: '' }, /--event "": nothing stands there; give a value/],
    [
      'one of two events without a word',
      { event: ['wind > 3 at 55,0', ''] },
      /--event "": nothing stands there; give a value/,
    ],
    ['an event that is no text', { event: 5 }, /--event 5: expected a text/],
    ['an unknown variable', { event: 'wnid > 3 at 55,0' }, /character 1: "wnid".*did you mean "wind"/s],
    ['an unknown unit', { event: 'wind > 3 furlong at 55,0' }, /"furlong"/],
    ['a unit of something else', { event: 'wind > 3 hPa at 55,0' }, /measures something else/],
    [
      'a window that ends before it begins',
      { event: 'wind > 3 at 55,0 between 48h and 24h' },
      /before it begins/,
    ],
    [
      'a window beyond the forecast',
      { event: 'wind > 3 at 55,0 between 48h and 96h' },
      /last lead of the forecast, 72 h/,
    ],
    [
      'a duration longer than the window',
      { event: 'wind > 3 for 48h at 55,0 between 24h and 48h' },
      /do not fit/,
    ],
    [
      'a start that is not there',
      { event: 'wind > 3 at 55,0', start: '2013-01-12' },
      /no start.*nearest is 2013-01-10T00Z/,
    ],
    [
      'too few members',
      { event: 'wind > 3 at 55,0', minimumMembers: '16' },
      /15 of 20 members.*fewer than the 16/,
    ],
    ['no place', { event: 'wind > 3' }, /--at LAT,LON, --sites FILE, or --map/],
    ['a place that is none', { event: 'wind > 3', at: '95,0' }, /--at "95,0" is no place/],
    ['a place outside the grid', { event: 'wind > 3', at: '10,0' }, /outside the grid/],
    ['a percentile without an archive', { event: 'wind > p90 at 55,0' }, /no archive to take it from/],
    [
      'two kinds of questions',
      { event: 'wind > 3 at 55,0', curve: 'wind > * at 55,0' },
      /ask one after the other/,
    ],
    ['years without an archive', { curve: 'wind > * at 55,0', annual: true }, /from --archive/],
  ])('%s', async (_, flags, says) => {
    await expect(query(flags)).rejects.toThrow(says);
  });

  it('a polygon that intersects itself', async () => {
    const ring = [
      [0, 52],
      [4, 56],
      [4, 52],
      [0, 56],
      [0, 52],
    ];
    await writeFile(fixture.at('bow.geojson'), JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
    await expect(query({ event: `wind > 3 in polygon(${fixture.at('bow.geojson')})` })).rejects.toThrow(
      /intersects itself/,
    );
  });

  it('an archive that covers no other year', async () => {
    const archive = await fixture.store('january.zarr', Date.UTC(2013, 0, 1), Date.UTC(2013, 1, 1));
    await expect(query({ event: 'wind > 3 at 55,0', archive })).rejects.toThrow(
      /holds 62 times, 2013-01-01T00Z to 2013-01-31T12Z, and covers no forecast from 2013-01-17T00Z in other years/,
    );
  });

  it('years that are too few for the largest of each to tell anything', async () => {
    const archive = await fixture.store('years.zarr', Date.UTC(2008, 0, 1), Date.UTC(2011, 0, 1));
    await expect(query({ curve: 'wind > * m/s at 55,0', archive, annual: true })).rejects.toThrow(
      /has 3 whole years/,
    );
  });
});

describe('where most members have no values', () => {
  const corner = 'corner,50,7.5';

  it('a site is left out and said, and the others are answered', async () => {
    const sites = fixture.at('corner.csv');
    await writeFile(sites, `${siteList(3)}${corner}\n`);
    const flags = { event: 'msl < 1005 hPa', sites, csv: fixture.at('corner-answers.csv'), ...first };
    const { events } = await query(flags);
    expect(events[0]!.answers.map(({ site }) => site)).toEqual(['port 0', 'port 1', 'port 2']);
    expect(events[0]!.refused).toEqual([
      { site: 'corner', latitude: 50, longitude: 7.5, members: membersAtCorner },
    ]);
    expect(await printed(flags)).toMatch(
      /refused: 1 sites where too few members have values, such as corner \(8\)/,
    );
    const rows = (await readFile(flags.csv, 'utf8')).trimEnd().split('\n');
    expect(rows.at(-1)).toMatch(/,corner,50,7\.5,,,8,/);
  });

  it('its curve is left out and said, and the others are drawn', async () => {
    const sites = fixture.at('corner-curves.csv');
    await writeFile(sites, `${siteList(2)}${corner}\n`);
    const { curves, refused } = await query<{
      readonly curves: readonly { readonly site: string }[];
      readonly refused: readonly object[];
    }>({ curve: 'msl < * hPa', sites, archive: fixture.archive, ...first });
    expect(curves.map(({ site }) => site)).toEqual(['port 0', 'port 1']);
    expect(refused).toMatchObject([{ site: 'corner', members: membersAtCorner, start: '2013-01-10T00Z' }]);
    const text = await printed({ curve: 'msl < * hPa', sites, ...first });
    expect(text).toMatch(/refused: 1 curves where too few members have values, such as at corner \(8\)/);
    await expect(query({ curve: 'msl < * hPa', at: '50,7.5', ...first })).rejects.toThrow(/8 of 20 members/);
  });

  it('a question of that place alone is refused, unless so few are said to be enough', async () => {
    const event = 'msl < 1005 hPa at 50,7.5';
    await expect(query({ event, ...first })).rejects.toThrow(
      /8 of 20 members have an answer.*12 have missing values/s,
    );
    const { events } = await query({ event, minimumMembers: '8', ...first });
    expect(events[0]!.answers[0]).toMatchObject({ members: 8, missing: 12 });
  });

  it('a map has a gap', async () => {
    const [map, arrow] = [fixture.at('gap.svg'), fixture.at('gap.arrow')];
    await query({ event: 'msl < 1005 hPa', map, arrow, ...first });
    const values = tableFromIPC(await readFile(arrow))
      .getChild('values')!
      .get(0) as Iterable<number>;
    const known = Array.from(values, Number.isFinite);
    expect(known.lastIndexOf(false)).toBe(points - 1);
    expect(known.filter((one) => !one)).toHaveLength(1);
    await drawing(map);
  });
});
