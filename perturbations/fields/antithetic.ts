/**
 * Antithetic pairs: noise streams 2i and 2i + 1 draw the same numbers, those of stream 2i, with opposite signs, so that
 * a pair's draws cancel in the mean. Hammersley & Morton 1956, Proc. Camb. Phil. Soc. 52, 449.
 */
import type { MemberKey } from '../../core/interfaces.js';

export function antitheticKey(key: MemberKey): { key: MemberKey; sign: 1 | -1 } {
  return key.noiseStream % 2 === 0
    ? { key, sign: 1 }
    : { key: { ...key, noiseStream: key.noiseStream - 1 }, sign: -1 };
}
