/** The language of events: what texts mean, that they come back, and where it says that they are wrong. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  Comparison,
  Condition,
  EventExpression,
  Place,
  Quantity,
} from '../../../evaluation/events/event.js';
import { formatCondition, formatEvent } from '../../../evaluation/events/format.js';
import { parseEvent } from '../../../evaluation/events/parse.js';
import type { EventTerms } from '../../../evaluation/events/parseChecks.js';
import { editDistance, nearestWord } from '../../../evaluation/events/parseSuggestion.js';

const ring: [number, number][] = [
  [3, 51],
  [5, 51],
  [5, 53],
  [3, 53],
  [3, 51],
];
const files: Record<string, string> = {
  'port.geojson': JSON.stringify({ type: 'Polygon', coordinates: [ring] }),
  'bow.geojson': JSON.stringify({
    type: 'Polygon',
    coordinates: [[ring[0], ring[2], ring[1], ring[3], ring[0]]],
  }),
};
const unitOf: Record<string, string> = {
  wind: 'm s-1',
  wind_direction: 'degree',
  t2m: 'K',
  t850: 'K',
  msl: 'Pa',
  z500: 'm2 s-2',
  dbz: 'dBZ',
};
const terms: EventTerms = {
  quantityUnits: (name) => unitOf[name] ?? null,
  quantityNames: Object.keys(unitOf),
  leadsHours: Array.from({ length: 20 }, (_, i) => 6 * (i + 1)),
  readFile: (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  },
};

function condition(
  text: string,
  fields: Partial<Condition> & Pick<Condition, 'quantity' | 'comparison'>,
): Condition {
  const place: Place = { kind: 'point', centre: 'here' };
  return { kind: 'condition', text, place, join: 'any', window: null, durationHours: 0, ...fields };
}

const plain = (name: string, unit: string | null = null): Quantity => ({ name, inTime: null, unit });
const beyond = (kind: '>' | '>=' | '<' | '<=', value: number): Comparison => ({
  kind,
  threshold: { kind: 'number', value },
});
const point = (latitude: number, longitude: number): Place => ({
  kind: 'point',
  centre: { latitude, longitude },
});

describe('texts', () => {
  it.each<[string, Partial<Condition> & Pick<Condition, 'quantity' | 'comparison'>]>([
    [
      'wind > 17.2 m/s for 6h anywhere within 150km of 51.95,4.05 between 24h and 72h',
      {
        quantity: plain('wind', 'm/s'),
        comparison: beyond('>', 17.2),
        durationHours: 6,
        place: { kind: 'circle', centre: { latitude: 51.95, longitude: 4.05 }, radiusKm: 150 },
        window: { fromHours: 24, toHours: 72 },
      },
    ],
    [
      'mean(t2m, 48h) < -5 degC over box(55N, 0E, 50N, 10E)',
      {
        quantity: { name: 't2m', inTime: { operation: 'mean', hours: 48 }, unit: 'degC' },
        comparison: beyond('<', -5),
        place: { kind: 'box', box: { north: 55, west: 0, south: 50, east: 10 } },
        join: 'mean',
      },
    ],
    [
      'fall(msl, 24h) >= 24 hPa at 51.95,4.05',
      {
        quantity: { name: 'msl', inTime: { operation: 'fall', hours: 24 }, unit: 'hPa' },
        comparison: beyond('>=', 24),
        place: point(51.95, 4.05),
      },
    ],
    [
      'wind_direction in 350..10 at 60N,5W',
      {
        quantity: plain('wind_direction'),
        comparison: { kind: 'in', from: 350, to: 10 },
        place: point(60, -5),
      },
    ],
    [
      't2m > p95 at -33.9,151.2',
      {
        quantity: plain('t2m'),
        comparison: { kind: '>', threshold: { kind: 'percentile', percent: 95 } },
        place: point(-33.9, 151.2),
      },
    ],
    [
      't850 in 270..280 K everywhere in domain',
      {
        quantity: plain('t850', 'K'),
        comparison: { kind: 'in', from: 270, to: 280 },
        place: { kind: 'domain' },
        join: 'all',
      },
    ],
    [
      'wind > 20 m/s within 150km of here',
      {
        quantity: plain('wind', 'm/s'),
        comparison: beyond('>', 20),
        place: { kind: 'circle', centre: 'here', radiusKm: 150 },
      },
    ],
    ['wind > 20 m/s', { quantity: plain('wind', 'm/s'), comparison: beyond('>', 20) }],
    ['wind > 20', { quantity: plain('wind'), comparison: beyond('>', 20) }],
    ['dbz ≥ 40 dBZ', { quantity: plain('dbz', 'dBZ'), comparison: beyond('>=', 40) }],
    ['t2m <= 5 deg C', { quantity: plain('t2m', 'deg C'), comparison: beyond('<=', 5) }],
    [
      'WIND OUTSIDE 3..25 m s-1 AT 48H AT HERE FOR AT LEAST 0h'.replace('WIND', 'wind'),
      {
        quantity: plain('wind', 'm s-1'),
        comparison: { kind: 'outside', from: 3, to: 25 },
        window: { fromHours: 48, toHours: 48 },
      },
    ],
    [
      't2m < −1.5e1 °C days 2 to 3 everywhere in box(10, 170, -10, -170)',
      {
        quantity: plain('t2m', '°C'),
        comparison: beyond('<', -15),
        window: { fromHours: 24, toHours: 72 },
        place: { kind: 'box', box: { north: 10, west: 170, south: -10, east: -170 } },
        join: 'all',
      },
    ],
    [
      'wind > 10 kt for PT6H between P1D and P3D over within 60 nautical miles of 0,-5.5',
      {
        quantity: plain('wind', 'kt'),
        comparison: beyond('>', 10),
        durationHours: 6,
        window: { fromHours: 24, toHours: 72 },
        place: { kind: 'circle', centre: { latitude: 0, longitude: -5.5 }, radiusKm: 60 * 1.852 },
        join: 'mean',
      },
    ],
    [
      'wind > 10 between hours 24 and 72 for 1.5 days',
      {
        quantity: plain('wind'),
        comparison: beyond('>', 10),
        window: { fromHours: 24, toHours: 72 },
        durationHours: 36,
      },
    ],
    [
      'wind > 10 hours 24 to 48 at 90S, 0W',
      {
        quantity: plain('wind'),
        comparison: beyond('>', 10),
        window: { fromHours: 24, toHours: 48 },
        place: point(-90, 0),
      },
    ],
    [
      'wind > 10 day 1 anywhere in polygon(port.geojson)',
      {
        quantity: plain('wind'),
        comparison: beyond('>', 10),
        window: { fromHours: 0, toHours: 24 },
        place: { kind: 'polygon', name: 'port.geojson', polygon: [[ring]] },
      },
    ],
  ])('%s', (text, fields) => {
    expect(parseEvent(text, terms)).toEqual(condition(text, fields));
  });

  it('join with not before and before or, brackets aside', () => {
    const [a, b, c, d] = ['wind > 1', 'wind > 2', 'wind > 3', 'wind > 4'];
    const of = (text: string | undefined): EventExpression => parseEvent(text ?? '', terms);
    expect(of(`${a} or ${b} and not ${c} or ${d}`)).toEqual({
      kind: 'or',
      terms: [of(a), { kind: 'and', terms: [of(b), { kind: 'not', term: of(c) }] }, of(d)],
    });
    expect(of(`not (${a} or ${b}) AND (${c})`)).toEqual({
      kind: 'and',
      terms: [{ kind: 'not', term: { kind: 'or', terms: [of(a), of(b)] } }, of(c)],
    });
    expect(of(`${a} and (${b} and ${c})`)).not.toEqual(of(`${a} and ${b} and ${c}`));
    expect(
      of(
        'msl < 980 hPa anywhere in polygon(port.geojson) and wind > 25 kt at 60N,5W between 6h and 12h and t2m > 1',
      ),
    ).toMatchObject({
      kind: 'and',
      terms: [
        { text: 'msl < 980 hPa anywhere in polygon(port.geojson)' },
        { window: { toHours: 12 } },
        { text: 't2m > 1' },
      ],
    });
  });

  it('of the documentation are read', () => {
    const documentation = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
    const examples = /```\n(wind > [^`]*)```/.exec(documentation)?.[1]?.trim().split('\n') ?? [];
    expect(examples.length).toBeGreaterThan(5);
    for (const example of examples) expect(() => parseEvent(example, unknown)).not.toThrow();
    const json = /```json\n([^`]*)```/.exec(documentation)?.[1] ?? '';
    expect(formatEvent(parseEvent(json))).toBe(examples[2]);
  });

  it('are not checked against a forecast where none is known', () => {
    expect(parseEvent('rain > 5 mm between 0h and 9999h')).toMatchObject({
      quantity: { name: 'rain', unit: 'mm' },
    });
    expect(parseEvent('wind_direction850 in 350..10')).toMatchObject({ comparison: { from: 350, to: 10 } });
    expect(() => parseEvent('wind in 350..10')).toThrow(/the smaller number first/);
  });
});

const hours = fc.oneof(fc.integer({ min: 0, max: 240 }), fc.constantFrom(0.5, 1 / 60, 1.25));
const number = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const latitude = fc.double({ min: -90, max: 90, noNaN: true }).map((value) => value + 0);
const longitude = fc.double({ min: -360, max: 360, noNaN: true }).map((value) => value + 0);
const centre = fc.oneof(fc.constant('here' as const), fc.record({ latitude, longitude }));
const places: fc.Arbitrary<Place> = fc.oneof(
  fc.record({ kind: fc.constant('point' as const), centre }),
  fc.record({
    kind: fc.constant('circle' as const),
    centre,
    radiusKm: fc.double({ min: 1e-3, max: 2e4, noNaN: true }),
  }),
  fc
    .record({ a: latitude, b: latitude, west: longitude, width: fc.integer({ min: 0, max: 300 }) })
    .map(({ a, b, west, width }): Place => {
      const east = west + width > 360 ? west + width - 360 : west + width;
      return { kind: 'box', box: { north: Math.max(a, b), south: Math.min(a, b), west, east } };
    }),
  fc.constant<Place>({ kind: 'polygon', name: 'port.geojson', polygon: [[ring]] }),
  fc.constant<Place>({ kind: 'domain' }),
);
const comparisons: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('>', '>=', '<', '<='),
    threshold: fc.oneof(
      fc.record({ kind: fc.constant('number' as const), value: number }),
      fc.record({
        kind: fc.constant('percentile' as const),
        percent: fc.double({ min: 0.1, max: 99.9, noNaN: true }),
      }),
    ),
  }),
  fc
    .record({ kind: fc.constantFrom('in' as const, 'outside' as const), a: number, b: number })
    .map(({ kind, a, b }) => ({ kind, from: Math.min(a, b), to: Math.max(a, b) })),
);
const conditions: fc.Arbitrary<Condition> = fc
  .record({
    name: fc.constantFrom('wind', 't850', 'Ψ', 'odd name', 'at', 'not', 'say "so"', '2t'),
    operation: fc.option(fc.constantFrom('mean', 'min', 'max', 'sum', 'change', 'rise', 'fall')),
    hours: hours.filter((value) => value > 0),
    unit: fc.option(
      fc.constantFrom('m s-1', 'm/s', 'degC', 'deg C', 'kg kg-1', '%', '1', 'mm day-1', 'm s**-1'),
    ),
    comparison: comparisons,
    place: places,
    join: fc.constantFrom('any', 'all', 'mean'),
    window: fc.option(fc.tuple(hours, hours)),
    duration: fc.nat(240),
  })
  .map((drawn) => {
    const [a, b] = drawn.window ?? [0, 0];
    const window =
      drawn.window === null ? null : { fromHours: Math.min(a, b), toHours: Math.max(a, b) + 240 };
    const percentile = 'threshold' in drawn.comparison && drawn.comparison.threshold.kind === 'percentile';
    const long = window === null ? 1000 : window.toHours - window.fromHours;
    const rest = {
      kind: 'condition' as const,
      quantity: {
        name: drawn.name,
        inTime: drawn.operation === null ? null : { operation: drawn.operation, hours: drawn.hours },
        unit: percentile ? null : drawn.unit,
      },
      comparison: drawn.comparison,
      place: drawn.place,
      join: drawn.place.kind === 'point' ? ('any' as const) : drawn.join,
      window,
      durationHours: Math.min(drawn.duration, long - (drawn.operation === null ? 0 : drawn.hours) - 1),
    };
    const kept = { ...rest, durationHours: Math.max(0, Math.floor(rest.durationHours)) };
    return { ...kept, text: formatCondition(kept) };
  });
const { events } = fc.letrec<{ events: EventExpression }>((tie) => ({
  events: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    conditions,
    fc.record({ kind: fc.constant('not' as const), term: tie('events') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      terms: fc.array(tie('events'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));
const unknown: EventTerms = { ...(terms.readFile && { readFile: terms.readFile }) };

describe('events', () => {
  it('written as text and read again are the same', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(parseEvent(formatEvent(event), unknown)).toEqual(event);
      }),
      { numRuns: 500 },
    );
  });

  it('written as JSON and read again are the same', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(parseEvent(JSON.stringify(event), unknown)).toEqual(event);
      }),
    );
  });

  it('any text is read or refused with a character in it, and nothing else is thrown', () => {
    const words = fc.constantFrom(
      ...'wind msl t2m > < >= in outside 5 17.2 -3 270..280 p95 m/s hPa K for 6h at here 51.95,4.05 60N,5W'.split(
        ' ',
      ),
      ...'between 24h and 72h days 2 to 3 anywhere everywhere over within 150km of box(55,0,50,10) domain'.split(
        ' ',
      ),
      ...'polygon(port.geojson) polygon( ( ) or not mean(t2m,48h) mean( , " é \n'.split(' '),
    );
    const texts = fc.array(words, { maxLength: 14 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const event = parseEvent(text, terms);
          expect(parseEvent(formatEvent(event), terms)).toEqual(withText(event));
        } catch (error) {
          const found = /^event, (?:line (\d+), )?character (\d+): /.exec((error as Error).message);
          if (found === null) throw error;
          const line = text.split('\n')[Number(found[1] ?? 1) - 1]!;
          expect(Number(found[2])).toBeLessThanOrEqual([...line].length + 1);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Conditions in the words of formatCondition instead of those that they were written in. */
function withText(event: EventExpression): EventExpression {
  if (event.kind === 'condition') return { ...event, text: formatCondition(event) };
  if (event.kind === 'not') return { ...event, term: withText(event.term) };
  return { ...event, terms: event.terms.map(withText) };
}

describe('faults', () => {
  // «…» marks the characters under which the carets stand
  it.each<[string, RegExp]>([
    ['«»', /found the end, expected an event/],
    [
      '«wnid» > 5 m/s',
      /"wnid" is no variable of this forecast; did you mean "wind"\?; there are wind, wind_direction, t2m/,
    ],
    ['«precipitation» > 5', /is no variable of this forecast; there are wind/],
    ['mean(«t3m», 6h) > 5', /did you mean "t2m"/],
    ['«maen»(t2m, 6h) > 5', /found "maen", expected a variable, or one of mean\(…\).*did you mean "mean"/],
    ['mean(t2m«)» > 5', /found "\)", expected "," and the hours/],
    ['mean(t2m, «x») > 5', /found "x", expected the hours/],
    ['mean(t2m, «6») > 5', /6 has no unit; expected hours or days, such as 6h/],
    ['mean(t2m, 6 «furlongs») > 5', /"furlongs" is no unit of time/],
    ['mean(t2m, «0h») > 5', /a mean over 0 h; expected longer than 0/],
    ['mean(t2m, «P1M») > 5', /months and years have no fixed length/],
    ['mean(t2m, 6h «>» 5', /expected "\)" after mean\(t2m/],
    ['«5» > wind', /found "5", expected a variable/],
    ['wind > 5 and «and»', /found "and", expected a variable/],
    ['wind > 5 or«»', /found the end, expected a variable/],
    ['wind«»', /found the end, expected a comparison/],
    ['wind «=» 5', /found "=", expected a comparison: >, >=/],
    ['wind «=>» 5', /found "=>", expected a comparison/],
    ['wind «in5» 5', /found "in5", expected a comparison.*did you mean "in"/],
    ['wind > «strong»', /found "strong", expected a number, or a percentile/],
    ['wind > «1e999»', /a number too large/],
    ['t2m > «p100»', /percentile 100 is none/],
    ['t2m > «p0»', /percentile 0 is none/],
    ['t2m in 270«»', /found the end, expected "\.\." and the end/],
    ['t2m in 270 «K»..280 K', /a unit comes after both/],
    ['t2m in 270«...»280', /found "\.\.\."/],
    ['t2m in «280..270» K', /runs from 280 down to 270/],
    [
      'wind > 5 «kgg»',
      /unit "kgg" is not known; "wind" is in m s-1, expected one of m s-1, km h-1, knot, mph$/m,
    ],
    ['wind > 5 «knt»', /did you mean "knot"/],
    ['wind > 5 «anywere» within 5 km of here', /did you mean "anywhere"/],
    ['wind > 5 «hPa» at here', /unit "hPa" measures something else; "wind" is in m s-1, expected one of/],
    ['msl < 980 «m s-1»', /measures something else; "msl" is in Pa/],
    ['dbz > 5 «K»', /"dbz" is in dBZ$/m],
    ['wind > 5 m/s «6h»', /found "6h", expected for, a place/],
    ['wind > 5 m/s «wind» > 3', /found "wind", expected for, a place/],
    ['wind > 5 m/s «anwhere» in domain', /did you mean "anywhere"/],
    ['wind > 5 for «a» day', /found "a", expected how long/],
    ['wind > 5 for at «most» 6h', /expected "at least"/],
    ['wind > 5 for 6h «for» 7h', /a second duration/],
    ['wind > 5 at here «within» 5 km of here', /a second place/],
    ['wind > 5 at 6h «days» 1 to 2', /a second window/],
    ['wind > 5 for «-6h»', /-6h lies before the analysis/],
    ['wind > 5 for «121h»', /121 h do not fit into the window, which is 114 h long/],
    ['wind > 5 for «12h» between 24h and 30h', /12 h do not fit into the window, which is 6 h long/],
    [
      'mean(t2m, 48h) > 5 for «24h» between 6h and 72h',
      /of the window up to 72 h, only the last 18 h have 48 h behind them/,
    ],
    [
      'mean(t2m, «48h») > 5 at 48h',
      /the mean is over 48 h, and the window ends at 48 h, the forecast begins at 6 h/,
    ],
    ['mean(t2m, «200h») > 5', /the window ends at 120 h/],
    ['wind > 5 «between 72h and 24h»', /ends at 24 h, before it begins at 72 h/],
    ['wind > 5 between «-6h» and 24h', /-6h lies before the analysis/],
    ['wind > 5 between hours «-6» and 24', /-6 lies before the analysis/],
    ['wind > 5 between «24» and 72h', /24 has no unit/],
    ['wind > 5 between 24h «to» 72h', /found "to", expected "and"/],
    ['wind > 5 hours 24 «and» 72', /found "and", expected "to"/],
    ['wind > 5 «between 24h and 126h»', /ends at 126 h, after the last lead of the forecast, 120 h/],
    ['wind > 5 «at 47h»', /47 to 47 h, holds no lead of the forecast; the nearest are 42 h and 48 h/],
    ['wind > 5 days 3 to «2»', /day 2 lies before day 3/],
    ['wind > 5 days «0» to 2', /day 0 is none/],
    ['wind > 5 days 1 «and» 2', /found "and", expected "to"/],
    ['wind > 5 at «there»', /found "there", expected a latitude.*did you mean "here"/],
    ['wind > 5 at 51.95«»', /found the end, expected "," between latitude and longitude/],
    ['wind > 5 at 5«W»,60N', /found "W", expected a latitude \(N or S\); latitude comes first/],
    ['wind > 5 at «-5»N,60E', /-5N has a sign and a letter/],
    ['wind > 5 at «95»,4', /latitude 95 lies outside ±90/],
    ['wind > 5 at 5,«400»', /longitude 400 lies outside ±360/],
    ['wind > 5 within «here»', /found "here", expected a distance/],
    ['wind > 5 within «150» of here', /150 has no unit; expected a distance/],
    ['wind > 5 within 150 «hPa» of here', /"hPa" is no unit of distance/],
    ['wind > 5 within «0» km of here', /a radius of 0 km; expected above 0/],
    ['wind > 5 within 5 km «from» here', /found "from", expected "of"/],
    ['wind > 5 anywhere «at» here', /found "at", expected "in" or "within"/],
    ['wind > 5 over «bx»(1,2,3,4)', /found "bx", expected box.*did you mean "box"/],
    ['wind > 5 over box «55»,0,50,10', /found "55", expected "\(" after box/],
    ['wind > 5 over box(50, 0, «55», 10)', /the south of the box, 55, lies north of its north, 50/],
    ['wind > 5 over box(50, -10, 5, «355»)', /runs 365 degrees round the globe/],
    ['wind > 5 over box(50, 0, 5, 5«»', /found the end, expected "\)" after the box/],
    ['wind > 5 in polygon(«)»', /found "\)", expected a GeoJSON file/],
    ['wind > 5 in polygon(«port.json»)', /port\.json": no such file/],
    ['wind > 5 in polygon(«bow.geojson»)', /ring 1 intersects itself/],
    ['«(»wind > 5', /this "\(" is not closed/],
    ['wind > 5«)»', /found "\)" without a "\("/],
    ['(wind > 5 «6»)', /found "6", expected for, .*or "\)"/],
    ['mean(wind_direction, «6h») > 5', /directions go round and have no mean/],
    ['wind_direction > «5»', /a direction is neither larger nor smaller.*clockwise, such as in 350\.\.10/],
    ['wind_direction > «p95»', /a direction is neither larger nor smaller/],
    ['wind > 5 at here and «snow» > 3', /"snow" is no variable/],
  ])('%s', (marked, message) => {
    const start = marked.indexOf('«');
    const text = marked.replace(/[«»]/g, '');
    const length = marked.indexOf('»') - start - 1;
    let said = '';
    try {
      parseEvent(text, terms);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(message);
    expect(said).toMatch(new RegExp(`^event, character ${start + 1}: `));
    const [line, carets] = said.split('\n').slice(-2);
    expect(line).toBe(`  ${text}`);
    expect(carets).toBe(`  ${' '.repeat(start)}${'^'.repeat(Math.max(1, length))}`);
  });

  it('in a text of several lines show the line', () => {
    expect(() => parseEvent('wind > 5 m/s\n\tand °wnid > 3', terms)).toThrow(
      /^event, line 2, character 6: found "°".*\n {2}\tand °wnid > 3\n {2}\t {4}\^$/,
    );
  });

  it('of brackets without end are told before the stack is', () => {
    expect(() => parseEvent('('.repeat(1e5), terms)).toThrow(/character 201: nested deeper than 200/);
    expect(() => parseEvent('not '.repeat(1e5), terms)).toThrow(/character 801: nested deeper than 200/);
  });

  const sound = JSON.stringify(parseEvent('wind > 5 m/s and t2m < 3 over domain between 6h and 12h', terms));
  it.each<[string, string, RegExp]>([
    ['no JSON', '{"kind": condition}', /begins with "\{" and is not JSON/],
    ['another kind', '{"kind": "xor"}', /^event, \/kind: /],
    ['one term', '{"kind": "and", "terms": []}', /^event, \/terms: /],
    [
      'an unknown variable',
      sound.replace('"t2m"', '"t3m"'),
      /^event, \/terms\/1\/quantity\/name: .*did you mean "t2m"/,
    ],
    [
      'a unit',
      sound.replace('"m/s"', '"hPa"'),
      /^event, \/terms\/0\/quantity\/unit: .*measures something else/,
    ],
    [
      'a window',
      sound.replace('"toHours":12', '"toHours":3'),
      /^event, \/terms\/1\/window: .*before it begins/,
    ],
    [
      'a window before the analysis',
      sound.replace('"fromHours":6', '"fromHours":-6'),
      /\/terms\/1\/window\/fromHours: /,
    ],
    [
      'a join',
      sound.replace('"any"', '"mean"'),
      /^event, \/terms\/0\/join: found "mean", expected "any" at a point/,
    ],
    ['another join', sound.replace('"any"', '"some"'), /^event, \/terms\/0\/join: /],
    ['a field too many', sound.replace('"join"', '"jion":1,"join"'), /^event, \/terms\/0: .*jion/],
    [
      'a polygon',
      sound.replace(
        '{"kind":"domain"}',
        `{"kind":"polygon","name":"p","polygon":${JSON.stringify([[ring.slice(1)]])}}`,
      ),
      /^event, \/terms\/1\/place: polygon "p", ring 1 is not closed/,
    ],
  ])('of JSON name the path: %s', (_, text, message) => {
    expect(text).not.toBe(sound);
    expect(() => parseEvent(text, terms)).toThrow(message);
  });

  it('JSON needs no text of a condition', () => {
    const event = parseEvent('wind > 5 m/s   at HERE', terms) as Condition;
    const { text: _, ...rest } = event;
    expect(parseEvent(JSON.stringify(rest), terms)).toEqual({ ...event, text: 'wind > 5 m/s at here' });
  });
});

describe('nearest words', () => {
  it.each([
    ['wnid', 'wind', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('%s and %s are %d apart', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it('are found within a third of the letters, and not among words of one letter', () => {
    expect(nearestWord('TEMPRATURE', ['pressure', 'temperature'])).toBe('temperature');
    expect(nearestWord('x', ['u', 'v'])).toBeNull();
    expect(nearestWord('snow', ['wind', 'msl'])).toBeNull();
  });
});
