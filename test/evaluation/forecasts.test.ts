/**
 * Forecast files as their makers lay them out: whatever the names, the order of dimensions, the way of stating times
 * and the division into files, the same forecasts come out.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../core/archive/openDataset.js';
import { type ForecastPart, forecastFile } from '../../evaluation/forecasts/forecastFile.js';
import { type ForecastRequest, openForecast } from '../../evaluation/forecasts/openForecast.js';
import { readPart } from '../../evaluation/forecasts/readPart.js';
import { isBetterWhole, LastField } from '../../evaluation/forecasts/wholeFields.js';
import {
  coordinateOf,
  type FileDescription,
  type FixtureVariable,
  type Format,
  variableOf,
  writeFile,
} from './forecastFixture.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-forecasts-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const place = (name: string): string => join(directory, name);

/** The forecasts that every layout holds: 3 members, 2 starts, 2 leads, 3 × 4 points, in the house's order. */
const starts = [Date.UTC(2020, 1, 28), Date.UTC(2020, 2, 1)];
const leadsHours = [24, 72];
const members = 3;
const latitudes = [60, 50, 40];
const longitudes = [0, 10, 20, 30];
const hour = 3_600_000;

function truthAt(start: number, lead: number, member: number, row: number, column: number): number {
  return 10_000 * start + 1000 * lead + 100 * member + 10 * row + column;
}

function expected(start: number, lead: number, scale = 1): Float32Array {
  const values: number[] = [];
  for (let m = 0; m < members; m++)
    for (let row = 0; row < latitudes.length; row++)
      for (let column = 0; column < longitudes.length; column++)
        values.push(scale * truthAt(start, lead, m, row, column));
  return Float32Array.from(values);
}

/** Names of the five dimensions in a layout, and how each states its values. */
interface Layout {
  readonly member: string | null;
  readonly start: string | null;
  readonly lead: string | null;
  readonly order?: readonly string[];
  readonly rising?: boolean;
  /** Coordinates and other variables. */
  readonly more: Readonly<Record<string, FixtureVariable>>;
  readonly variable?: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly dtype?: FixtureVariable['dtype'];
  /** Stored number of a value. */
  readonly packed?: (value: number) => number;
  /** What is fixed where a dimension is absent. */
  readonly at?: { readonly start?: number; readonly lead?: number; readonly member?: number };
  readonly longitudes?: readonly number[];
  readonly columnOf?: (fileColumn: number) => number;
}

function scalar(value: number, attributes: Readonly<Record<string, string>>): FixtureVariable {
  return { dimensions: [], data: [value], attributes, dtype: '<d' };
}

function described(layout: Layout): FileDescription {
  const { member, start, lead, rising = false, at = {}, packed = (value) => value } = layout;
  const [lat, lon] = ['latitude', 'longitude'];
  const lengths: Record<string, number> = { [lat]: 3, [lon]: 4 };
  if (member !== null) lengths[member] = members;
  if (start !== null) lengths[start] = 2;
  if (lead !== null) lengths[lead] = 2;
  const dimensions = layout.order ?? [member, start, lead, lat, lon].filter((name) => name !== null);
  const columnOf = layout.columnOf ?? ((column: number) => column);
  const value = (index: Readonly<Record<string, number>>): number =>
    packed(
      truthAt(
        start === null ? (at.start ?? 0) : index[start]!,
        lead === null ? (at.lead ?? 0) : index[lead]!,
        member === null ? (at.member ?? 0) : index[member]!,
        rising ? 2 - index[lat]! : index[lat]!,
        columnOf(index[lon]!),
      ),
    );
  return {
    dimensions: lengths,
    variables: {
      [lat]: coordinateOf(lat, rising ? [40, 50, 60] : latitudes, { units: 'degrees_north' }),
      [lon]: coordinateOf(lon, layout.longitudes ?? longitudes, { units: 'degrees_east' }),
      ...layout.more,
      [layout.variable ?? 'msl']: variableOf(
        lengths,
        dimensions,
        value,
        layout.attributes ?? { units: 'Pa' },
        layout.dtype,
      ),
    },
  };
}

const since = 'hours since 1970-01-01';
const startHours = starts.map((start) => start / hour);

const layouts: [string, Format, Layout][] = [
  [
    'WeatherBench 2: time, prediction_timedelta, number, latitude rising',
    'Zarr',
    {
      member: 'number',
      start: 'time',
      lead: 'prediction_timedelta',
      order: ['time', 'prediction_timedelta', 'number', 'longitude', 'latitude'],
      rising: true,
      variable: 'mean_sea_level_pressure',
      more: {
        time: coordinateOf('time', startHours, { units: since, calendar: 'proleptic_gregorian' }),
        prediction_timedelta: coordinateOf('prediction_timedelta', leadsHours, { units: 'hours' }, '<i'),
        number: coordinateOf('number', [0, 1, 2], {}, '<i'),
      },
    },
  ],
  [
    'cfgrib: number, time (the reference time), step and a valid_time of both',
    'NetCDF-4',
    {
      member: 'number',
      start: 'time',
      lead: 'step',
      more: {
        number: coordinateOf('number', [1, 2, 3], { standard_name: 'realization' }),
        time: coordinateOf('time', startHours, { units: since, standard_name: 'forecast_reference_time' }),
        step: coordinateOf('step', [1, 3], { units: 'days', standard_name: 'forecast_period' }),
        valid_time: variableOf(
          { time: 2, step: 2 },
          ['time', 'step'],
          ({ time, step }) => startHours[time!]! + leadsHours[step!]!,
          { units: since, standard_name: 'time' },
          '<d',
        ),
      },
    },
  ],
  [
    'the data store: forecast_reference_time, forecast_period, members last',
    'NetCDF-4',
    {
      member: 'number',
      start: 'forecast_reference_time',
      lead: 'forecast_period',
      order: ['latitude', 'longitude', 'forecast_period', 'forecast_reference_time', 'number'],
      more: {
        forecast_reference_time: coordinateOf('forecast_reference_time', startHours, { units: since }),
        forecast_period: coordinateOf(
          'forecast_period',
          leadsHours.map((lead) => 60 * lead),
          { units: 'minutes' },
        ),
      },
    },
  ],
  [
    'init and lead by plain names, members without a coordinate, packed as int16',
    'NetCDF-3',
    {
      member: 'ens',
      start: 'init_time',
      lead: 'lead',
      dtype: '<h',
      packed: (value) => (value - 5000) / 0.5,
      attributes: { units: 'Pa', scale_factor: 0.5, add_offset: 5000, _FillValue: -32767 },
      more: {
        init_time: coordinateOf('init_time', startHours, { units: since }),
        lead: coordinateOf('lead', leadsHours, { units: 'hours' }),
      },
    },
  ],
  [
    'lead and valid time: the start follows',
    'NetCDF-4',
    {
      member: 'realization',
      start: 'run',
      lead: 'step',
      more: {
        step: coordinateOf('step', leadsHours, { units: 'hours' }),
        valid_time: variableOf(
          { run: 2, step: 2 },
          ['run', 'step'],
          ({ run, step }) => startHours[run!]! + leadsHours[step!]!,
          { units: since, standard_name: 'time' },
          '<d',
        ),
      },
    },
  ],
  [
    'time and a valid_time of both dimensions, no leads',
    'NetCDF-4',
    {
      member: 'number',
      start: 'time',
      lead: 'lead',
      more: {
        time: coordinateOf('time', startHours, { units: since }),
        valid_time: variableOf(
          { time: 2, lead: 2 },
          ['time', 'lead'],
          ({ time, lead }) => startHours[time!]! + leadsHours[lead!]!,
          { units: since },
          '<d',
        ),
      },
    },
  ],
  [
    'longitudes across the seam',
    'Zarr',
    {
      member: 'sample',
      start: 'time',
      lead: 'lead_time',
      longitudes: [350, 0, 10, 20],
      more: {
        time: coordinateOf('time', startHours, { units: since }),
        lead_time: coordinateOf('lead_time', leadsHours, { units: 'hours' }),
      },
    },
  ],
];

async function requireForecasts(
  paths: readonly string[],
  request: ForecastRequest = {},
  scale = 1,
): Promise<readonly string[]> {
  const { source, notes, close } = await openForecast(paths, request);
  expect(Array.from(source.starts)).toEqual(starts);
  expect(source.leadsHours).toEqual(leadsHours);
  expect(source.manifest).toEqual({ weight_samples: 1, noise_streams: members });
  expect(source.schema.channels).toEqual([{ variable: 'msl', level: null, unit: 'Pa' }]);
  expect([...source.schema.grid.latitudes]).toEqual(latitudes);
  for (const [s, start] of starts.entries()) {
    for (const [l, lead] of leadsHours.entries()) {
      const all = await source.readMembers(start, lead, 0);
      expect(all.values).toEqual(expected(s, l, scale));
      const room = new Float32Array(100).fill(-1);
      const put = await source.readMembers(start, lead, 0, undefined, room);
      expect(put.values.buffer).toBe(room.buffer);
      expect([...room]).toEqual([...expected(s, l, scale), ...new Array(64).fill(-1)]);
      expect(Array.from(all.members)).toEqual([0, 1, 2]);
      for (const [from, to] of [
        [0, 12],
        [5, 7],
        [3, 9],
        [11, 12],
      ] as const) {
        const part = await source.readMembers(start, lead, 0, { from, to });
        const wanted = [0, 1, 2].flatMap((m) => [
          ...expected(s, l, scale).subarray(12 * m + from, 12 * m + to),
        ]);
        expect([...part.values]).toEqual(wanted);
      }
    }
  }
  await close();
  return notes;
}

describe('a file of forecasts gives members, starts and leads', () => {
  it.each(layouts)('%s (%s)', async (name, format, layout) => {
    const path = await writeFile(place(`${name.replace(/[^a-z]+/gi, '-')}.file`), format, described(layout));
    expect(await requireForecasts([path])).toEqual([]);
  });

  it('in units that it converts', async () => {
    const path = await writeFile(
      place('hectopascal.nc'),
      'NetCDF-4',
      described({ ...layouts[1]![2], attributes: { units: 'hPa' } }),
    );
    expect(await requireForecasts([path], {}, 100)).toEqual([]);
  });
});

describe('forecasts divided into files', () => {
  const common = { member: 'number', start: null, lead: 'step' } as const;
  const steps = { step: coordinateOf('step', leadsHours, { units: 'hours' }) };

  it('one a start, its time a scalar', async () => {
    const paths = await Promise.all(
      [1, 0].map((s) =>
        writeFile(
          place(`start-${s}.nc`),
          'NetCDF-4',
          described({
            ...common,
            at: { start: s },
            more: { ...steps, time: scalar(startHours[s]!, { units: since }) },
          }),
        ),
      ),
    );
    expect(await requireForecasts(paths)).toEqual([]);
  });

  it('one a start, with valid times and the scalar forecast_reference_time', async () => {
    const paths = await Promise.all(
      [0, 1].map((s) =>
        writeFile(
          place(`valid-${s}.nc`),
          'NetCDF-3',
          described({
            member: 'member',
            start: null,
            lead: 'time',
            at: { start: s },
            more: {
              time: coordinateOf(
                'time',
                leadsHours.map((lead) => startHours[s]! + lead),
                { units: since, standard_name: 'time' },
              ),
              forecast_reference_time: scalar(startHours[s]!, {
                units: since,
                standard_name: 'forecast_reference_time',
              }),
            },
          }),
        ),
      ),
    );
    expect(await requireForecasts(paths)).toEqual([]);
  });

  it('one a lead, everything else a scalar of length one', async () => {
    const paths = await Promise.all(
      [0, 1].map((l) =>
        writeFile(
          place(`lead-${l}.zarr`),
          'Zarr',
          described({
            member: 'number',
            start: 'time',
            lead: null,
            at: { lead: l },
            more: {
              time: coordinateOf('time', startHours, {
                units: since,
                standard_name: 'forecast_reference_time',
              }),
              step: scalar(leadsHours[l]!, { units: 'hours', standard_name: 'forecast_period' }),
            },
          }),
        ),
      ),
    );
    expect(await requireForecasts(paths)).toEqual([]);
  });

  it('one a lead, a scalar, with time and valid_time that say nothing more', async () => {
    const paths = await Promise.all(
      [0, 1].map((l) =>
        writeFile(
          place(`plain-lead-${l}.nc`),
          'NetCDF-4',
          described({
            member: 'number',
            start: 'time',
            lead: null,
            at: { lead: l },
            more: {
              time: coordinateOf('time', startHours, { units: since }),
              step: scalar(leadsHours[l]!, { units: 'hours' }),
              valid_time: {
                dimensions: ['time'],
                data: startHours.map((start) => start + leadsHours[l]!),
                attributes: { units: since },
                dtype: '<d',
              },
            },
          }),
        ),
      ),
    );
    expect(await requireForecasts(paths)).toEqual([]);
  });

  const timeAndStep = { time: coordinateOf('time', startHours, { units: since }), ...steps };

  it('one a member, numbered in the file: order does not matter', async () => {
    const paths = await Promise.all(
      [2, 0, 1].map((m) =>
        writeFile(
          place(`numbered-${m}.nc`),
          'NetCDF-4',
          described({
            member: null,
            start: 'time',
            lead: 'step',
            at: { member: m },
            more: { ...timeAndStep, realization: scalar(m + 7, { standard_name: 'realization' }) },
          }),
        ),
      ),
    );
    expect(await requireForecasts(paths)).toEqual([]);
  });

  it('one a member, unnumbered: members in the order of the files', async () => {
    const paths = await Promise.all(
      [0, 1, 2].map((m) =>
        writeFile(
          place(`unnumbered-${m}.nc`),
          'NetCDF-4',
          described({ member: null, start: 'time', lead: 'step', at: { member: m }, more: timeAndStep }),
        ),
      ),
    );
    expect(await requireForecasts(paths)).toEqual([]);
    const { source, close } = await openForecast(paths.slice(2));
    expect(source.manifest.noise_streams).toBe(1);
    expect((await source.readMembers(starts[0]!, 24, 0)).values).toEqual(expected(0, 0).slice(24));
    await close();
  });

  it('one a variable, of several levels', async () => {
    const lengths = { number: 3, time: 2, step: 2, level: 2, latitude: 3, longitude: 4 };
    const write = (name: string, units: string, offset: number): Promise<string> => {
      const base = described({ member: 'number', start: 'time', lead: 'step', more: timeAndStep });
      const { msl: _, ...variables } = base.variables;
      return writeFile(place(`${name}.nc`), 'NetCDF-4', {
        dimensions: lengths,
        variables: {
          ...variables,
          level: coordinateOf('level', [850, 500], { units: 'hPa' }),
          [name]: variableOf(
            lengths,
            Object.keys(lengths),
            (i) =>
              offset + 100_000 * i.level! + truthAt(i.time!, i.step!, i.number!, i.latitude!, i.longitude!),
            { units },
          ),
        },
      });
    };
    const paths = [await write('t', 'K', 1), await write('z', 'm2 s-2', 2)];
    const { source, close } = await openForecast(paths);
    expect(source.schema.channels.map(({ variable, level }) => `${variable}${level}`)).toEqual([
      't850',
      't500',
      'z850',
      'z500',
    ]);
    const { values } = await source.readMembers(starts[1]!, 72, 3);
    expect(values).toEqual(expected(1, 1).map((value) => value + 100_002));
    await close();
    const some = await openForecast(paths, { variables: ['z500', 't'] });
    expect(some.source.schema.channels.map(({ variable, level }) => `${variable}${level}`)).toEqual([
      't850',
      't500',
      'z500',
    ]);
    await some.close();
    await expect(openForecast(paths, { variables: ['z500', 'q'] })).rejects.toThrow(
      /has no variable "q"; it has .*--variables/,
    );
  });

  it('of which some lack a member: missing values, and said', async () => {
    const file = (m: number, s: number): FileDescription =>
      described({
        member: null,
        start: null,
        lead: 'step',
        at: { member: m, start: s },
        more: {
          ...steps,
          time: scalar(startHours[s]!, { units: since }),
          number: scalar(m, { standard_name: 'realization' }),
        },
      });
    const wanted: [number, number][] = [
      [0, 0],
      [1, 0],
      [2, 0],
      [0, 1],
      [2, 1],
    ];
    const paths = await Promise.all(
      wanted.map(([m, s]) => writeFile(place(`gap-${m}-${s}.nc`), 'NetCDF-4', file(m, s))),
    );
    const { source, notes, close } = await openForecast(paths);
    expect(notes).toEqual([
      '2 fields lack some of the 3 members, which are missing values there: msl from 2020-03-01T00Z at 24 h lacks member 1',
    ]);
    const { values } = await source.readMembers(starts[1]!, 24, 0);
    expect([...values.subarray(12, 24)].every(Number.isNaN)).toBe(true);
    expect(values.subarray(24)).toEqual(expected(1, 0).subarray(24));
    expect((await source.readMembers(starts[0]!, 24, 0)).values).toEqual(expected(0, 0));
    await close();
  });

  it('of which one has other leads: only what all have is scored, and said', async () => {
    const file = (s: number, leads: readonly number[]): FileDescription => {
      const base = described({
        ...common,
        at: { start: s },
        more: { time: scalar(startHours[s]!, { units: since }) },
      });
      return {
        ...base,
        variables: { ...base.variables, step: coordinateOf('step', leads, { units: 'hours' }) },
      };
    };
    const paths = [
      await writeFile(place('leads-a.nc'), 'NetCDF-4', file(0, [24, 48])),
      await writeFile(place('leads-b.nc'), 'NetCDF-4', file(1, [24, 72])),
    ];
    const { source, notes, close } = await openForecast(paths);
    expect(source.leadsHours).toEqual([24]);
    expect(notes).toEqual(['leads that not every start and variable has are left out: 48 h, 72 h']);
    await close();
  });
});

describe('what a file does not say', () => {
  const bare = (
    more: Readonly<Record<string, FixtureVariable>>,
    lead: string | null = 'step',
  ): FileDescription => described({ member: 'number', start: null, lead, more });
  const steps = { step: coordinateOf('step', leadsHours, { units: 'hours' }) };

  it('when it began can be given', async () => {
    const path = await writeFile(place('no-start.nc'), 'NetCDF-4', bare(steps));
    await expect(openForecast([path])).rejects.toThrow(
      /says leads \("step"\) but not when it began; pass --starts DATE/,
    );
    const { source, close } = await openForecast([path], { start: starts[0]! });
    expect([...(source.starts as Float64Array)]).toEqual([starts[0]]);
    expect((await source.readMembers(starts[0]!, 72, 0)).values).toEqual(expected(0, 1));
    await close();
  });

  it('and is not taken where it is stated', async () => {
    const path = await writeFile(
      place('has-start.nc'),
      'NetCDF-4',
      bare({ ...steps, time: scalar(startHours[0]!, { units: since }) }),
    );
    const { source, close } = await openForecast([path], { start: starts[1]! });
    expect(Array.from(source.starts)).toEqual([starts[0]]);
    await close();
  });

  it('valid times alone are forecasts of lead 0, unless the start is given', async () => {
    const valid = {
      time: coordinateOf(
        'time',
        leadsHours.map((lead) => startHours[0]! + lead),
        { units: since },
      ),
    };
    const path = await writeFile(place('valid-only.nc'), 'NetCDF-4', bare(valid, 'time'));
    const alone = await openForecast([path]);
    expect(alone.source.leadsHours).toEqual([0]);
    expect(Array.from(alone.source.starts)).toEqual(leadsHours.map((lead) => starts[0]! + lead * hour));
    expect(alone.notes).toEqual([expect.stringMatching(/valid times only.*lead 0; --starts DATE/)]);
    await alone.close();
    const given = await openForecast([path], { start: starts[0]! });
    expect(given.source.leadsHours).toEqual(leadsHours);
    expect((await given.source.readMembers(starts[0]!, 72, 0)).values).toEqual(expected(0, 1));
    await given.close();
  });

  it('a unit of leads or of the variable can be given', async () => {
    const file = described({
      member: 'number',
      start: null,
      lead: 'step',
      attributes: {},
      more: { step: coordinateOf('step', leadsHours, {}), time: scalar(startHours[0]!, { units: since }) },
    });
    const path = await writeFile(place('no-units.nc'), 'NetCDF-4', file);
    await expect(openForecast([path])).rejects.toThrow(
      /"step": it has no unit; pass --forecast-unit step=hours/,
    );
    await expect(openForecast([path], { units: { step: 'hours' } })).rejects.toThrow(
      /channel msl\) has no unit; pass --forecast-unit msl=Pa/,
    );
    const { source, close } = await openForecast([path], { units: { step: 'hours', msl: 'hPa' } });
    expect(source.leadsHours).toEqual(leadsHours);
    expect((await source.readMembers(starts[0]!, 24, 0)).values).toEqual(expected(0, 0, 100));
    await close();
  });

  it('which dimension counts the members can be given', async () => {
    const path = await writeFile(
      place('odd-member.nc'),
      'NetCDF-4',
      described({
        member: 'k',
        start: null,
        lead: 'step',
        more: { ...steps, time: scalar(startHours[0]!, { units: since }) },
      }),
    );
    await expect(openForecast([path])).rejects.toThrow(/has a dimension "k" of 3 .*pass --member-dimension/);
    const { source, close } = await openForecast([path], { memberDimension: 'k' });
    expect((await source.readMembers(starts[0]!, 24, 0)).values).toEqual(expected(0, 0));
    await close();
    await expect(openForecast([path], { memberDimension: 'x' })).rejects.toThrow(
      /has no dimension "x"; it has k, step/,
    );
  });

  it('is refused: no times, an empty ensemble, a start and lead that do not add up, the same member twice', async () => {
    const write = (name: string, file: FileDescription): Promise<string> =>
      writeFile(place(name), 'Zarr', file);
    const none = await write('no-times', bare({}, null));
    await expect(openForecast([none])).rejects.toThrow(/says neither valid times nor leads/);
    const whole = bare({ ...steps, time: scalar(startHours[0]!, { units: since }) });
    const empty = {
      dimensions: { ...whole.dimensions, number: 0 },
      variables: { ...whole.variables, msl: { ...whole.variables.msl!, data: [] } },
    };
    await expect(openForecast([await write('no-members', empty)])).rejects.toThrow(
      /member dimension "number" of "msl" is empty/,
    );
    const contradicting = bare({
      ...steps,
      time: scalar(startHours[0]!, { units: since, standard_name: 'forecast_reference_time' }),
      valid_time: coordinateOf(
        'step',
        leadsHours.map((lead) => startHours[0]! + lead + 6),
        { units: since, standard_name: 'time' },
      ),
    });
    await expect(openForecast([await write('contradicting', contradicting)])).rejects.toThrow(
      /2020-02-28T00Z and lead 24 h do not add up to the valid time 2020-02-29T06Z/,
    );
    const once = await write('once', whole);
    const twice = await write('twice', whole);
    await expect(openForecast([once, twice])).rejects.toThrow(
      /once" and ".*twice" both hold msl from 2020-02-28T00Z at 24 h of member 0/,
    );
    await expect(openForecast([])).rejects.toThrow(/no forecast was given/);
  });

  it('a mask beside the forecasts is left out and said', async () => {
    const file = described({
      member: 'number',
      start: null,
      lead: 'step',
      more: { ...steps, time: scalar(startHours[0]!, { units: since }) },
    });
    const lengths = { latitude: 3, longitude: 4 };
    const path = await writeFile(place('with-mask.nc'), 'NetCDF-4', {
      dimensions: file.dimensions,
      variables: {
        ...file.variables,
        lsm: variableOf(lengths, ['latitude', 'longitude'], () => 1, { units: '1' }),
      },
    });
    const { source, notes, close } = await openForecast([path]);
    expect(source.schema.channels.map(({ variable }) => variable)).toEqual(['msl']);
    expect(source.leadsHours).toEqual(leadsHours);
    expect(notes).toEqual([
      expect.stringMatching(/"lsm" of .* changes neither with time nor with the member/),
    ]);
    await close();
  });

  it('a field beside the forecasts that is none is left out and said', async () => {
    const file = bare({ ...steps, time: scalar(startHours[0]!, { units: since }) });
    const path = await writeFile(place('with-profile.nc'), 'NetCDF-4', {
      dimensions: { ...file.dimensions, quantile: 5 },
      variables: {
        ...file.variables,
        extra: variableOf(
          { quantile: 5, step: 2, latitude: 3, longitude: 4 },
          ['quantile', 'step', 'latitude', 'longitude'],
          () => 1,
        ),
      },
    });
    const { source, notes, close } = await openForecast([path]);
    expect(source.schema.channels).toHaveLength(1);
    expect(notes).toEqual([expect.stringMatching(/^left out: .*"extra" has a dimension "quantile" of 5/)]);
    await close();
  });
});

describe('reading', () => {
  it('asks the file for the rows of the stretch and nothing else', async () => {
    const path = await writeFile(place('counted.nc'), 'NetCDF-4', described(layouts[1]![2]));
    const dataset = await openDataset(path);
    const { parts } = await forecastFile(dataset, {});
    const asked: number[] = [];
    const variable = parts[0]!.variable;
    const spied = {
      ...variable,
      read: (start: readonly number[], count: readonly number[]) => {
        asked.push(count.reduce((product, n) => product * n, 1));
        return variable.read(start, count);
      },
    };
    const part = { ...parts[0]!, field: { ...parts[0]!.field, variable: spied } };
    const read = (from: number, to: number): Promise<void> =>
      readPart(part, [0, 0], [0, 1, 2], { from, to }, new Float32Array(3 * (to - from)));
    await read(5, 7);
    await read(4, 12);
    await dataset.close();
    expect(asked).toEqual([3 * 2, 3 * 8]);
  });
});

describe('fields stored in compressed pieces', () => {
  it('are read whole where stretches would decode pieces again and again, and only there', async () => {
    const path = await writeFile(place('pieces.nc'), 'NetCDF-4', described(layouts[1]![2]));
    const dataset = await openDataset(path);
    const [part] = (await forecastFile(dataset, {})).parts;
    await dataset.close();
    const points = 721 * 1440;
    /** Twenty members in pieces of so many rows. */
    const chunked = (rows: number | null): ForecastPart => ({
      ...part!,
      labels: Array.from({ length: 20 }, (_, m) => m),
      longitudes: { ...part!.longitudes, values: new Float64Array(1440) },
      variable: {
        ...part!.variable,
        shape: [20, 2, 2, 721, 1440],
        chunks: rows === null ? null : [1, 1, 1, rows, 1440],
      },
    });
    const stretch = { from: 0, to: 60 * 1440 };
    expect(isBetterWhole(chunked(721), 20, stretch, points)).toBe(true);
    expect(isBetterWhole(chunked(60), 20, stretch, points)).toBe(false);
    expect(isBetterWhole(chunked(null), 20, stretch, points)).toBe(false);
    expect(isBetterWhole(chunked(721), 20, { from: 0, to: points }, points)).toBe(false);
    // A field of more than a gigabyte is not kept.
    expect(isBetterWhole(chunked(721), 500, stretch, points)).toBe(false);
  });

  it('are kept until the next is asked for, and read again after a failure', async () => {
    const last = new LastField();
    const asked: string[] = [];
    const get = (name: string, fails = false): Promise<Float32Array> =>
      last.get(name, async () => {
        asked.push(name);
        if (fails) throw new Error('cut short');
        return Float32Array.of(asked.length);
      });
    const [one, again] = await Promise.all([get('a'), get('a')]);
    expect(again).toBe(one);
    await get('b');
    await get('a');
    expect(asked).toEqual(['a', 'b', 'a']);
    await expect(get('c', true)).rejects.toThrow('cut short');
    expect(await get('c')).toEqual(Float32Array.of(5));
  });
});

const data = resolve('..', 'shared', 'data');

describe.skipIf(!existsSync(data))('real ensembles (skipped where they are absent)', () => {
  interface Expected {
    readonly variables: Record<
      string,
      { readonly samples_c_order: Record<string, number>; readonly mean: number }
    >;
  }
  const known = (name: string): Expected =>
    JSON.parse(readFileSync(join(data, `${name}.expected.json`), 'utf8')) as Expected;

  it('ERA5 members: two channels of two levels, ten members, the numbers that netCDF4-python reads', async () => {
    const name = 'era5-eda/era5-eda-20170101.nc';
    const { source, memberLabels, notes, close } = await openForecast([join(data, name)]);
    expect(memberLabels).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(source.schema.channels.map(({ variable, level }) => `${variable}${level}`)).toEqual([
      't850',
      't500',
      'z850',
      'z500',
    ]);
    expect(source.leadsHours).toEqual([0]);
    expect(notes).toHaveLength(1);
    const samples = known(name).variables.t!.samples_c_order;
    // Flat index over [number, time, level, latitude, longitude] of the file, latitudes falling already.
    const points = 61 * 120;
    for (const [flat, value] of Object.entries(samples)) {
      const point = Number(flat) % points;
      const level = Math.floor(Number(flat) / points) % 2;
      const time = Math.floor(Number(flat) / (2 * points)) % 2;
      const number = Math.floor(Number(flat) / (4 * points));
      const { values } = await source.readMembers(source.starts[time]!, 0, level, {
        from: point,
        to: point + 1,
      });
      expect(values[number]).toBe(Math.fround(value));
    }
    await close();
  });

  it('the same members in Zarr v2 and v3 are the same numbers', async () => {
    const netcdf = await openForecast([join(data, 'era5-eda/era5-eda-20170101.nc')], {
      variables: ['z500', 't850'],
    });
    for (const version of ['v2', 'v3']) {
      const zarr = await openForecast([join(data, `zarr/era5-eda-z500.${version}.zarr`)], {
        variables: ['z500', 't850'],
      });
      for (const name of ['z500', 't850']) {
        const [a, b] = await Promise.all(
          [netcdf, zarr].map(({ source }) => {
            const channel = source.schema.channels.findIndex(
              ({ variable, level }) => `${variable}${level}` === name,
            );
            return source.readMembers(source.starts[1]!, 0, channel);
          }),
        );
        expect(a!.values).toEqual(b!.values);
      }
      await zarr.close();
    }
    await netcdf.close();
  });

  it('the seasonal ensemble over Iberia: nine members, latitudes turned', async () => {
    const name = 'cfs-iberia-ens/pr.djf.1982-1995.nc';
    const { source, close } = await openForecast([join(data, name)]);
    expect(source.manifest.noise_streams).toBe(9);
    expect(source.starts).toHaveLength(1173);
    expect(source.schema.grid.latitudes[0]).toBeCloseTo(43.936817, 6);
    // Mean over members and all days but for rounding.
    let sum = 0;
    for (const start of Array.from(source.starts)) {
      const { values } = await source.readMembers(start, 0, 0);
      for (const value of values) sum += value;
    }
    expect(sum / (1173 * 9 * 160)).toBeCloseTo(known(name).variables.pr!.mean, 9);
    await close();
  });

  it('the storm: 51 members, of which the file does not say when they began', async () => {
    const path = join(data, 'ecmwf-ens-storm/ens_storm.nc');
    await expect(openForecast([path], { variables: ['fg10'] })).rejects.toThrow(/pass --starts DATE/);
    const { source, notes, close } = await openForecast([path], { start: Date.UTC(2013, 9, 25) });
    expect(source.leadsHours).toEqual([72, 78, 84]);
    expect(source.manifest.noise_streams).toBe(51);
    expect(source.schema.channels).toEqual([{ variable: 'fg10', level: null, unit: 'm s-1' }]);
    expect(notes).toEqual([expect.stringMatching(/left out: .*z850|neither valid times nor leads/)]);
    expect((await source.readMembers(Date.UTC(2013, 9, 25), 84, 0)).values.at(-1)).toBe(2.7923660278320312);
    await close();
  });
});
