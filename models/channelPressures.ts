/** At which pressure each channel of a model lies, for perturbations that differ from level to level. */
import { channelName, type Schema } from '../core/schema.js';
import { equalLevels } from './dycore/sigmaLevels.js';

const surfacePressure = 1000;
const ownLevel = /^[a-z]+_ml(\d+)$/;

/**
 * Pressure levels lie at their pressure, the surface and ln pₛ at 1000 hPa, the dycore's own levels at σ · 1000 hPa,
 * their number being that of the lowest one.
 * @returns hPa, by channel
 */
export function channelPressures({ channels }: Pick<Schema, 'channels'>): number[] {
  const own = channels.map((channel) => Number(ownLevel.exec(channelName(channel))?.[1] ?? 0));
  const count = Math.max(...own);
  const sigma = count < 2 ? new Float64Array(2) : equalLevels(count).full;
  return channels.map(({ level }, channel) => {
    const number = own[channel] ?? 0;
    return number === 0 ? (level ?? surfacePressure) : surfacePressure * (sigma[number - 1] ?? 0);
  });
}
