import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox } from '../../core/random/philox.js';
import { type DrawKey, normals, purposes, shuffle, uniforms } from '../../core/random/stream.js';

const hex = (words: Uint32Array): string[] => [...words].map((word) => word.toString(16).padStart(8, '0'));

const key: DrawKey = { seed: 7, start: 1.2e12, weightSample: 3, noiseStream: 5, purpose: 'pattern', step: 2 };

function drawn(of: DrawKey, n: number): Float64Array {
  const out = new Float64Array(n);
  normals(of, out);
  return out;
}

const anyKey = fc.record({
  seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  start: fc.integer({ min: -1e13, max: 1e13 }),
  weightSample: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  noiseStream: fc.integer({ min: 0, max: 2 ** 24 - 1 }),
  purpose: fc.constantFrom(...(Object.keys(purposes) as (keyof typeof purposes)[])),
  step: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

describe('philox', () => {
  // Random123 distribution, examples/kat_vectors, the lines "philox4x32 10".
  const known: [string, number[], number[], string[]][] = [
    ['zeros', [0, 0, 0, 0], [0, 0], ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'],
    ],
    [
      'the digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
    ],
  ];
  it.each(known)('gives the published answer for %s', (_, counter, seed, expected) => {
    const out = new Uint32Array(4);
    philox(counter[0]!, counter[1]!, counter[2]!, counter[3]!, seed[0]!, seed[1]!, out);
    expect(hex(out)).toEqual(expected);
  });

  it('agrees with the same rounds in 64-bit integer arithmetic', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, seed) => {
        const mask = 0xffffffffn;
        let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
        let [k0, k1] = seed.map(BigInt) as [bigint, bigint];
        for (let round = 0; round < 10; round++) {
          const p0 = 0xd2511f53n * c0;
          const p1 = 0xcd9e8d57n * c2;
          [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
          k0 = (k0 + 0x9e3779b9n) & mask;
          k1 = (k1 + 0xbb67ae85n) & mask;
        }
        const out = new Uint32Array(4);
        philox(...counter, ...seed, out);
        expect([...out]).toEqual([c0, c1, c2, c3].map(Number));
      }),
    );
  });
});

describe('named draws', () => {
  it('give the same first numbers however many are drawn, whatever came before', () => {
    fc.assert(
      fc.property(anyKey, anyKey, fc.nat(30), fc.nat(30), (a, b, n, more) => {
        const first = drawn(a, n);
        drawn(b, 9);
        expect(drawn(a, n + more).slice(0, n)).toEqual(first);
      }),
    );
  });

  it('differ when any one field of the key differs', () => {
    const others: Partial<DrawKey>[] = [
      { seed: 8 },
      { seed: 7 + 2 ** 32 },
      { start: 1.2e12 + 1 },
      { start: 0 },
      { weightSample: 4 },
      { noiseStream: 6 },
      { purpose: 'initial' },
      { step: 3 },
    ];
    const seen = [key, ...others.map((other) => ({ ...key, ...other }))].map((k) => drawn(k, 4).join());
    expect(new Set(seen).size).toBe(others.length + 1);
  });

  it('may be drawn in pieces, which begin at multiples of four', () => {
    const whole = drawn(key, 50);
    for (const [from, length] of [
      [0, 7],
      [4, 13],
      [36, 14],
    ] as const) {
      const piece = new Float64Array(length);
      normals(key, piece, from);
      expect(piece).toEqual(whole.subarray(from, from + length));
    }
    for (const from of [-4, 2, 4.5, Number.NaN]) {
      expect(() => normals(key, new Float64Array(4), from)).toThrow(/first block of a draw/);
    }
  });

  it('never change their definition', () => {
    // Restated from the file's opening paragraph: a change silently changes every stored ensemble.
    const out = new Float64Array(2);
    uniforms({ seed: 0, weightSample: 0, noiseStream: 0, purpose: 'weights', step: 0 }, out);
    const subKey = new Uint32Array(4);
    philox(0, 0, 0, 0, 0, 0, subKey);
    const block = new Uint32Array(4);
    philox(0, 0, 0, purposes.weights, subKey[0]!, subKey[1]!, block);
    expect([...out]).toEqual([(block[0]! + 0.5) / 2 ** 32, (block[1]! + 0.5) / 2 ** 32]);
    expect(purposes).toMatchObject({ weights: 1, pattern: 2, initial: 3, training: 4, shuffle: 5, ties: 6 });
    expect(purposes).toMatchObject({ sppt: 10, backscatter: 11, balance: 12 });
  });

  it('have the moments and tails of a standard normal, within five standard errors', () => {
    const n = 400_000;
    const z = drawn(key, n);
    const moment = (power: number): number => z.reduce((sum, x) => sum + x ** power, 0) / n;
    // Standard error of the p-th sample moment is √((E z²ᵖ − (E zᵖ)²)/n).
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const beyond = z.reduce((count, x) => count + (Math.abs(x) > 3 ? 1 : 0), 0) / n;
    expect(Math.abs(beyond - 0.0026998)).toBeLessThan(5 * Math.sqrt(0.0026998 / n));
    const lagged = (lag: number): number => {
      let sum = 0;
      for (let i = lag; i < n; i++) sum += z[i]! * z[i - lag]!;
      return sum / n;
    };
    for (const lag of [1, 2, 3, 4, 8]) expect(Math.abs(lagged(lag))).toBeLessThan(5 / Math.sqrt(n));
  });

  it('are uncorrelated between neighbouring keys', () => {
    const n = 100_000;
    const a = drawn(key, n);
    const neighbours: Partial<DrawKey>[] = [
      { seed: 8 },
      { weightSample: 4 },
      { noiseStream: 6 },
      { step: 3 },
    ];
    for (const other of neighbours) {
      const b = drawn({ ...key, ...other }, n);
      const covariance = a.reduce((sum, x, i) => sum + x * b[i]!, 0) / n;
      expect(Math.abs(covariance)).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it('fill the unit interval evenly when uniform', () => {
    const n = 200_000;
    const u = new Float64Array(n);
    uniforms(key, u);
    const cells = new Float64Array(100);
    for (const x of u) {
      cells[Math.floor(x * 100)]! += 1;
    }
    expect(u.every((x) => x > 0 && x < 1)).toBe(true);
    const chiSquare = cells.reduce((sum, count) => sum + (count - n / 100) ** 2 / (n / 100), 0);
    // χ² with 99 degrees of freedom: mean 99, standard deviation √198.
    expect(Math.abs(chiSquare - 99)).toBeLessThan(5 * Math.sqrt(198));
  });

  it('refuse a seed or a stream out of range', () => {
    expect(() => drawn({ ...key, seed: -1 }, 1)).toThrow(/seed is -1/);
    expect(() => drawn({ ...key, seed: 1.5 }, 1)).toThrow(/seed is 1.5/);
    expect(() => drawn({ ...key, noiseStream: 2 ** 24 }, 1)).toThrow(/noise stream/);
    expect(() => drawn({ ...key, step: -1 }, 1)).toThrow(/step/);
  });
});

describe('shuffle', () => {
  it('gives a permutation that its key decides', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(300), (k, n) => {
        const order = shuffle(k, n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(shuffle(k, n)).toEqual(order);
      }),
    );
  });

  it('puts every element in every place equally often', () => {
    const trials = 6000;
    const n = 5;
    const counts = new Float64Array(n * n);
    for (let step = 0; step < trials; step++) {
      shuffle({ ...key, purpose: 'shuffle', step }, n).forEach((value, place) => {
        counts[place * n + value]! += 1;
      });
    }
    const expected = trials / n;
    const standardError = Math.sqrt(trials * (1 / n) * (1 - 1 / n));
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(5 * standardError);
  });
});
