/**
 * What schemes have in common that draw noise of unit variance independently for every channel:
 *   x_c ← x_c ± α σ_c η_c,
 * σ_c the channel's climatological spread. Earlier states that a model needs get the same as the newest: the perturbation does
 * not move in that time. At a pole row u and v are made one vector (poleWind.ts).
 */
import { internalError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { InitialPerturbation, MemberKey } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { antitheticKey } from '../fields/antithetic.js';
import type { PerturbationContext } from '../source.js';
import { makePoleWind } from './poleWind.js';

interface ChannelNoiseSource {
  /** Named in messages. */
  readonly kind: string;
  readonly amplitude: number;
  readonly antithetic: boolean;
}

/**
 * @param draw fills [channel, lat, lon] with fields of unit variance, a function of the key alone
 * @param drawBytes what it holds
 * @throws {PlumeError} usage, for an amplitude that is negative or no number
 */
export function createChannelNoise(
  { kind, amplitude, antithetic }: ChannelNoiseSource,
  { schema, spread }: PerturbationContext,
  draw: (key: MemberKey, out: Float32Array) => void,
  drawBytes = 0,
): InitialPerturbation {
  if (!(amplitude >= 0 && Number.isFinite(amplitude))) {
    throw usageError(
      `${kind}: amplitude is ${amplitude}; it must be 0 or more, a share of climatological spread such as 0.05`,
    );
  }
  const { channels, grid } = schema;
  const missing = channels.find((_, c) => !Number.isFinite(spread[c]));
  if (missing !== undefined) {
    throw internalError(`${kind}: climatological spread of ${channelName(missing)} is not known`);
  }
  const points = gridSize(grid);
  const pattern = new Float32Array(channels.length * points);
  const turnPoleWind = makePoleWind(schema);

  const drawPattern = (key: MemberKey): void => {
    draw(key, pattern);
    for (let c = 0, i = 0; c < channels.length; c++) {
      for (const end = i + points; i < end; i++) pattern[i]! *= spread[c]!;
    }
    turnPoleWind(pattern);
  };

  return {
    stepsBack: 0,
    memory: () => ({ heldBytes: pattern.byteLength + drawBytes, ownRows: 0, forecasts: [] }),
    async add({ keys, states }) {
      let drawn: MemberKey | undefined;
      for (const [row, own] of keys.entries()) {
        const { key, sign } = antithetic ? antitheticKey(own) : { key: own, sign: 1 };
        // The two of a pair mostly follow each other.
        if (drawn === undefined || !sameKey(drawn, key)) {
          drawPattern(key);
          drawn = key;
        }
        const factor = sign * amplitude;
        for (const all of states) {
          const at = row * pattern.length;
          for (let i = 0; i < pattern.length; i++) all[at + i]! += factor * pattern[i]!;
        }
      }
    },
  };
}

function sameKey(a: MemberKey, b: MemberKey): boolean {
  return (
    a.noiseStream === b.noiseStream &&
    a.weightSample === b.weightSample &&
    a.start === b.start &&
    a.seed === b.seed
  );
}
