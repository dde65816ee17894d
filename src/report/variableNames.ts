/** Names for people of the variables that stores know by their short names. */
import { type Channel, channelName } from '../../core/schema.js';

const names: Readonly<Record<string, string>> = {
  msl: 'Sea-level pressure',
  z: 'Geopotential',
  t: 'Temperature',
  u: 'Eastward wind',
  v: 'Northward wind',
  q: 'Specific humidity',
  u10: 'Eastward wind at 10 m',
  v10: 'Northward wind at 10 m',
  t2m: 'Temperature at 2 m',
};

/** 'Sea-level pressure', 'Temperature at 850 hPa' */
export function longName(channel: Channel): string {
  const name = names[channel.variable] ?? channelName(channel);
  return channel.level === null || names[channel.variable] === undefined
    ? name
    : `${name} at ${channel.level} hPa`;
}
