/**
 * What a state holds: the ordered list of channels (variable, level, unit) and the grid.
 * Published models disagree on the order of levels and variables, so the order is data, never habit;
 * it is checked wherever a state crosses a door.
 */
import { dataError } from './errors.js';
import { describeGrid, type Grid, sameGrid } from './grid.js';

export interface Channel {
  /** ERA5 short name: z, t, u, v, q, msl, u10, v10, t2m. */
  readonly variable: string;
  /** Pressure in hPa, or null at the surface. */
  readonly level: number | null;
  /** Unit as UDUNITS writes it: "Pa", "K", "m s-1". */
  readonly unit: string;
}

export interface Schema {
  readonly channels: readonly Channel[];
  readonly grid: Grid;
}

/** "msl", "t850" */
export function channelName(channel: Channel): string {
  return channel.level === null ? channel.variable : `${channel.variable}${channel.level}`;
}

/**
 * @param found what came through the door, named `foundName` in the message
 * @param expected what the receiver works on, named `expectedName`
 * @throws {PlumeError} data, naming the first difference
 */
export function requireSameSchema(
  found: Schema,
  foundName: string,
  expected: Schema,
  expectedName: string,
): void {
  if (!sameGrid(found.grid, expected.grid)) {
    throw dataError(
      `${foundName} lies on a grid of ${describeGrid(found.grid)}, but ${expectedName} on one of ` +
        `${describeGrid(expected.grid)}; use data on the same grid, or train a model on this one`,
    );
  }
  const name = (schema: Schema): string =>
    schema.channels.map((c) => `${channelName(c)} [${c.unit}]`).join(', ');
  if (name(found) !== name(expected)) {
    throw dataError(
      `${foundName} holds channels ${name(found)}, but ${expectedName} expects ${name(expected)}`,
    );
  }
}

/** A schema as plain JSON, and back. */
export interface SchemaJson {
  readonly channels: readonly Channel[];
  readonly latitudes: readonly number[];
  readonly longitudes: readonly number[];
}

export function schemaToJson(schema: Schema): SchemaJson {
  return {
    channels: schema.channels.map(({ variable, level, unit }) => ({ variable, level, unit })),
    latitudes: [...schema.grid.latitudes],
    longitudes: [...schema.grid.longitudes],
  };
}

export function schemaFromJson(json: SchemaJson): Schema {
  return {
    channels: json.channels,
    grid: { latitudes: Float64Array.from(json.latitudes), longitudes: Float64Array.from(json.longitudes) },
  };
}
