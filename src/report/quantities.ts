/**
 * What a page of global maps shows: quantities that people ask for, made from a run's channels, in the units they
 * are talked about in. Heights of pressure surfaces in decametres (geopotential / standard gravity / 10), pressures in
 * hPa, temperatures in °C, winds as speeds in m s⁻¹. Fields are [member, point] or [point].
 */
import type { Archive } from '../../core/interfaces.js';
import { channelName, type Schema } from '../../core/schema.js';
import { millisecondsPerHour } from '../../core/time.js';
import { standardGravity } from '../../core/units.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { type Truth, truthOf } from '../../evaluation/truth.js';

export type QuantityName = 'z500' | 'wind250' | 't850' | 'msl' | 'wind10' | 't2m';

export interface Quantity {
  readonly name: QuantityName;
  readonly title: string;
  /** In the middle of a sentence. */
  readonly spoken: string;
  readonly unit: string;
  /** Channels it is made from, as stores name them. */
  readonly channels: readonly string[];
  /** One value from the channels' values, in their order and units. */
  value(...channels: number[]): number;
}

const celsius = (kelvin: number): number => kelvin - 273.15;
const speed = (u: number, v: number): number => Math.hypot(u, v);

const all: readonly Quantity[] = [
  {
    name: 'z500',
    title: 'Height of the 500 hPa surface',
    spoken: '500 hPa height',
    unit: 'dam',
    channels: ['z500'],
    value: (z) => z / (10 * standardGravity),
  },
  {
    name: 'wind250',
    title: 'Wind at 250 hPa',
    spoken: '250 hPa wind',
    unit: 'm s⁻¹',
    channels: ['u250', 'v250'],
    value: speed,
  },
  {
    name: 't850',
    title: 'Temperature at 850 hPa',
    spoken: '850 hPa temperature',
    unit: '°C',
    channels: ['t850'],
    value: celsius,
  },
  {
    name: 'msl',
    title: 'Sea-level pressure',
    spoken: 'sea-level pressure',
    unit: 'hPa',
    channels: ['msl'],
    value: (p) => p / 100,
  },
  {
    name: 'wind10',
    title: 'Wind at 10 m',
    spoken: '10-metre wind',
    unit: 'm s⁻¹',
    channels: ['u10', 'v10'],
    value: speed,
  },
  {
    name: 't2m',
    title: 'Temperature at 2 m',
    spoken: '2-metre temperature',
    unit: '°C',
    channels: ['t2m'],
    value: celsius,
  },
];

/** Those that a schema's channels suffice for. */
export function quantitiesOf(schema: Schema): Quantity[] {
  const names = new Set(schema.channels.map(channelName));
  return all.filter(({ channels }) => channels.every((channel) => names.has(channel)));
}

export interface MemberField {
  /** [member, point] */
  readonly values: Float64Array;
  readonly members: number;
  readonly points: number;
}

/** One forecast of a run with, where an archive is at hand, what happened. */
export interface ForecastFields {
  readonly start: number;
  readonly leadsHours: readonly number[];
  readonly quantities: readonly Quantity[];
  quantity(name: QuantityName): Quantity | undefined;
  members(quantity: Quantity, leadHours: number): Promise<MemberField>;
  /** [point]; null where the archive has no such time or channel. Lead 0 is the start's own truth. */
  truth(quantity: Quantity, leadHours: number): Promise<Float64Array | null>;
}

/** @param archive what happened, on the run's grid and in its units; null when nobody knows */
export function forecastFields(run: EnsembleSource, start: number, archive: Archive | null): ForecastFields {
  const names = run.schema.channels.map(channelName);
  const quantities = quantitiesOf(run.schema);
  const happened: Truth | null = archive === null ? null : truthOf(archive, 2 + run.leadsHours.length);
  const archiveNames = archive?.schema.channels.map(channelName) ?? [];
  return {
    start,
    leadsHours: run.leadsHours,
    quantities,
    quantity: (name) => quantities.find((each) => each.name === name),
    async members(quantity, leadHours) {
      const parts = [];
      for (const channel of quantity.channels)
        parts.push(await run.readMembers(start, leadHours, names.indexOf(channel)));
      const members = parts[0]!.members.length;
      const values = combine(
        quantity,
        parts.map((part) => part.values),
      );
      return { values, members, points: values.length / members };
    },
    async truth(quantity, leadHours) {
      const time = start + leadHours * millisecondsPerHour;
      if (!happened?.has(time)) return null;
      const indices = quantity.channels.map((channel) => archiveNames.indexOf(channel));
      if (indices.includes(-1)) return null;
      const parts: Float32Array[] = [];
      for (const index of indices) parts.push(await happened.field(time, index));
      return combine(quantity, parts);
    },
  };
}

function combine(quantity: Quantity, channels: readonly Float32Array[]): Float64Array {
  const [first, second] = channels;
  return Float64Array.from(first!, (value, i) =>
    second === undefined ? quantity.value(value) : quantity.value(value, second[i]!),
  );
}
