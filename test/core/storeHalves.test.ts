import { util } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors, toHalf } from '../../core/store/tensorFile.js';

describe('tensors kept as float16', () => {
  it('have the bits of IEEE 754 binary16', () => {
    // values and bits of the standard's own examples: largest, smallest normal and subnormal, one third, −2
    const published: [number, number][] = [
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [1 / 3, 0x3555],
      [0, 0],
      [1e-9, 0],
      [1e6, 0x7c00],
    ];
    for (const [value, bits] of published) expect(toHalf(value), `${value}`).toBe(bits);
  });

  it('come back within half a unit of their last place, the others untouched', () => {
    const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i) * 10 ** ((i % 9) - 5));
    const tensor = { shape: [5000], values };
    const bytes = encodeTensors(
      new Map([
        ['whole', tensor],
        ['half', tensor],
      ]),
      {},
      (name) => name === 'half',
    );
    const { tensors } = decodeTensors(bytes, 'test');
    expect(tensors.get('whole')?.values).toEqual(values);
    const half = tensors.get('half')?.values ?? new Float32Array(0);
    expect(half).toHaveLength(5000);
    for (const [i, value] of values.entries()) {
      const bound = Math.max(2 ** -25, Math.abs(value) * 2 ** -11);
      expect(Math.abs(half[i]! - value)).toBeLessThanOrEqual(bound);
    }
    expect(bytes.length).toBeLessThan(5000 * 6 + 4000);
  });

  it('are read by the bits alone', () => {
    for (let bits = 0; bits < 0x7c00; bits += 7) expect(toHalf(util.uint16ToFloat64(bits))).toBe(bits);
  });
});
