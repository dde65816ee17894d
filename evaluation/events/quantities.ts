/**
 * What the name of a quantity means on a schema: a channel as it is, or what follows from the wind.
 *   wind, windNNN                     speed, from u10 and v10 (or ws10), from u and v at NNN hPa
 *   wind_direction, wind_directionNNN degrees clockwise from north whence it blows, 0 … 360
 *   vorticity…, divergence…           relative, s⁻¹, by differences on the sphere (windStencils.ts)
 * A quantity is made of components, each a weighted sum of values of channels at grid points. Between grid points the
 * components are interpolated and the quantity is made of them there: the speed of the interpolated wind, which is no
 * larger than the interpolated speed, and turns through the centre of a cyclone as the wind does. A calm has no direction.
 */
import { usageError } from '../../core/errors.js';
import { type Channel, channelName, type Schema } from '../../core/schema.js';
import { unitConversion } from '../../core/units.js';
import { divergenceStencil, type StencilTerm, vorticityStencil } from './windStencils.js';

/** weight × value of the quantity's channel number `slot` at a grid point. */
export interface Term {
  readonly slot: number;
  readonly point: number;
  readonly weight: number;
}

export interface PointQuantity {
  readonly name: string;
  readonly unit: string;
  /** What the components become: the only one as it is, √(u² + v²), or the direction whence (u, v) blows. */
  readonly combine: 'value' | 'speed' | 'direction';
  /** Indices into the schema; terms name them by their place here. */
  readonly channels: readonly number[];
  readonly components: 1 | 2;
  /** What a component is at a grid point; null where the grid does not have the neighbours that it needs. */
  terms(component: number, point: number): readonly Term[] | null;
}

interface Family {
  readonly name: string;
  readonly summary: string;
  find(schema: Schema, level: number | null): PointQuantity | null;
}

const families: readonly Family[] = [
  {
    name: 'wind',
    summary: 'wind speed, of u and v',
    find: (schema, level) => speedChannel(schema, level) ?? ofWind(schema, level, 'wind', 'speed'),
  },
  {
    name: 'wind_direction',
    summary: 'whence the wind blows, degrees clockwise from north',
    find: (schema, level) => ofWind(schema, level, 'wind_direction', 'direction'),
  },
  {
    name: 'vorticity',
    summary: 'relative vorticity, s-1',
    find: (schema, level) => ofStencil(schema, level, 'vorticity', vorticityStencil),
  },
  {
    name: 'divergence',
    summary: 'divergence of the horizontal wind, s-1',
    find: (schema, level) => ofStencil(schema, level, 'divergence', divergenceStencil),
  },
];

/**
 * The quantity of that name, any case.
 * @throws {PlumeError} usage, listing what there is
 */
export function quantityOn(schema: Schema, name: string): PointQuantity {
  const found = findQuantity(schema, name);
  if (found !== null) return found;
  throw usageError(
    `quantity "${name}" is neither a channel nor follows from those there are; ` +
      `there are ${quantityNames(schema).join(', ')}`,
  );
}

/** Unit of a quantity, or null where the schema has nothing of that name: what the grammar of events asks. */
export function quantityUnits(schema: Schema): (name: string) => string | null {
  return (name) => findQuantity(schema, name)?.unit ?? null;
}

/** Channels in their order, then what follows from them. */
export function quantityNames(schema: Schema): string[] {
  const names = schema.channels.map(channelName);
  const levels = new Set(schema.channels.map((channel) => channel.level));
  for (const family of families) {
    for (const level of [...levels].sort((a, b) => (a ?? 0) - (b ?? 0))) {
      const name = levelled(family.name, level);
      if (!names.includes(name) && family.find(schema, level) !== null) names.push(name);
    }
  }
  return names;
}

/** For help texts: what can follow from channels. */
export const derivedQuantities: readonly { readonly name: string; readonly summary: string }[] = families.map(
  ({ name, summary }) => ({ name: `${name}, ${name}850, …`, summary }),
);

function findQuantity(schema: Schema, name: string): PointQuantity | null {
  const wanted = name.toLowerCase();
  const index = schema.channels.findIndex((channel) => channelName(channel).toLowerCase() === wanted);
  if (index >= 0) return asItIs(schema, index, channelName(schema.channels[index]!));
  const parts = /^([a-z_]+?)(\d+(?:\.\d+)?)?$/.exec(wanted);
  const family = families.find((entry) => entry.name === parts?.[1]);
  return family?.find(schema, parts?.[2] === undefined ? null : Number(parts[2])) ?? null;
}

function asItIs(schema: Schema, index: number, name: string): PointQuantity {
  return {
    name,
    unit: schema.channels[index]!.unit,
    combine: 'value',
    channels: [index],
    components: 1,
    terms: (_, point) => [{ slot: 0, point, weight: 1 }],
  };
}

function speedChannel(schema: Schema, level: number | null): PointQuantity | null {
  const index = channelAt(schema, level, level === null ? 'ws10' : 'ws');
  const hasComponents = windChannels(schema, level) !== null;
  return index < 0 || hasComponents ? null : asItIs(schema, index, levelled('wind', level));
}

function ofWind(
  schema: Schema,
  level: number | null,
  name: string,
  combine: 'speed' | 'direction',
): PointQuantity | null {
  const channels = windChannels(schema, level);
  if (channels === null) return null;
  return {
    name: levelled(name, level),
    unit: combine === 'speed' ? schema.channels[channels[0]]!.unit : 'degree',
    combine,
    channels,
    components: 2,
    terms: (component, point) => [{ slot: component, point, weight: 1 }],
  };
}

function ofStencil(
  schema: Schema,
  level: number | null,
  name: string,
  stencil: (grid: Schema['grid'], point: number) => readonly StencilTerm[] | null,
): PointQuantity | null {
  const channels = windChannels(schema, level);
  if (channels === null) return null;
  const { scale } = unitConversion(schema.channels[channels[0]]!.unit, 'm s-1');
  return {
    name: levelled(name, level),
    unit: 's-1',
    combine: 'value',
    channels,
    components: 1,
    terms: (_, point) =>
      stencil(schema.grid, point)?.map(({ component, point: at, weight }) => ({
        slot: component === 'u' ? 0 : 1,
        point: at,
        weight: weight * scale,
      })) ?? null,
  };
}

/** Of u and v at a level, or at 10 m; null unless both are there in one unit. */
function windChannels(schema: Schema, level: number | null): readonly [number, number] | null {
  const u = channelAt(schema, level, level === null ? 'u10' : 'u');
  const v = channelAt(schema, level, level === null ? 'v10' : 'v');
  if (u < 0 || v < 0 || schema.channels[u]!.unit !== schema.channels[v]!.unit) return null;
  return [u, v];
}

function channelAt(schema: Schema, level: number | null, variable: string): number {
  return schema.channels.findIndex((channel: Channel) => {
    return channel.variable === variable && channel.level === level;
  });
}

function levelled(name: string, level: number | null): string {
  return level === null ? name : `${name}${level}`;
}
