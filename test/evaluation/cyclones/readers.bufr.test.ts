import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BufrValue, decodeSubsets } from '../../../evaluation/cyclones/readers/bufr/decode.js';
import { type BufrMessage, bufrMessages } from '../../../evaluation/cyclones/readers/bufr/message.js';
import { ecmwfSubsets } from '../../../evaluation/cyclones/readers/ecmwfBufr.js';
import { SkippedRows } from '../../../evaluation/cyclones/readers/skippedRows.js';
import { bufrMessage, compressedBits, type EncodedElement, uncompressedBits } from './bufrEncoder.js';

function only(bytes: Uint8Array): BufrMessage {
  const [found] = bufrMessages(bytes);
  if (found === undefined || 'malformed' in found) throw new Error(JSON.stringify(found));
  return found.message;
}

function values(bytes: Uint8Array): (number | string | null)[][] {
  return decodeSubsets(only(bytes)).map((subset) => subset.map(({ value }: BufrValue) => value));
}

const element = (width: number, ...stored: (number | null)[]): EncodedElement => ({ width, stored });

describe('A message of cyclone tracks', () => {
  const descriptors = [
    ...['001025', '001091', '301011', '301012', '008005', '301023', '010051'],
    ...['004024', '008005', '301023', '010051', '008005', '011012'],
  ];
  const subsetOf = (member: number | null): EncodedElement[] => [
    ...[...'06L'].map((letter) => element(8, letter.charCodeAt(0))),
    ...[element(10, member), element(12, 2023), element(4, 8), element(6, 22), element(5, 12), element(6, 0)],
    ...[element(4, 5), element(15, 9000 + 1640), element(16, 18_000 - 5780), element(14, 10_080)],
    ...[element(12, 2048 + 6), element(4, 1), element(15, 9000 + 1680), element(16, 18_000 - 5830)],
    ...[element(14, null), element(4, 3), element(12, 129)],
  ];
  const messageOf = (subsets: readonly EncodedElement[][]): Buffer =>
    bufrMessage({
      ...{ edition: 4, compressed: false, descriptors, subsets: subsets.length },
      bits: subsets.map((elements) => uncompressedBits(elements, 1)).join(''),
    });

  it('of a single forecast needs no number of its member, of several members each does', () => {
    const skipped = new SkippedRows('single.bufr', false);
    const [single] = ecmwfSubsets(messageOf([subsetOf(null)]), skipped);
    expect(single).toMatchObject({ storm: '06L', name: null, member: 0, forecastType: null });
    expect(single!.rows).toMatchObject([
      { stepHours: 0, latitude: 16.4, longitude: -57.8, pressure: 100_800, wind: Number.NaN },
      { stepHours: 6, latitude: 16.8, longitude: -58.3, pressure: Number.NaN, wind: 12.9 },
    ]);
    expect(skipped.rows).toEqual([]);
    const several = [...ecmwfSubsets(messageOf([subsetOf(4), subsetOf(null)]), skipped)];
    expect(several.map(({ member }) => member)).toEqual([4]);
    expect(skipped.rows).toEqual([{ at: 'message 1, subset 2', why: 'the member has no number (0 01 091)' }]);
  });
});

describe('A BUFR message', () => {
  it('gives back what was written, compressed or not, of editions 3 and 4, with or without a section 2', () => {
    const stored = (width: number): fc.Arbitrary<number | null> =>
      fc.option(fc.integer({ min: 0, max: 2 ** width - 2 }), { freq: 4 });
    const cases = fc.integer({ min: 1, max: 9 }).chain((subsets) =>
      fc.record({
        subsets: fc.constant(subsets),
        latitudes: fc.array(stored(15), { minLength: subsets, maxLength: subsets }),
        pressures: fc.array(stored(14), { minLength: subsets, maxLength: subsets }),
        winds: fc.array(stored(12), { minLength: subsets, maxLength: subsets }),
        steps: fc.integer({ min: 0, max: 4 }),
        edition: fc.constantFrom(3 as const, 4 as const),
        compressed: fc.boolean(),
        own: fc.constantFrom(undefined, 52),
      }),
    );
    fc.assert(
      fc.property(cases, ({ subsets, latitudes, pressures, winds, steps, edition, compressed, own }) => {
        const repeated = [element(14, ...pressures), element(12, ...winds)];
        const same = (value: number): number[] => Array.from({ length: subsets }, () => value);
        const elements = [
          element(15, ...latitudes),
          element(8, ...same(steps)),
          ...Array.from({ length: steps }, () => repeated).flat(),
          element(4, ...same(3)),
        ];
        const bytes = bufrMessage({
          ...{ edition, subsets, compressed },
          descriptors: ['005002', '102000', '031001', '010051', '011012', '008005'],
          bits: compressed ? compressedBits(elements) : uncompressedBits(elements, subsets),
          ...(own === undefined ? {} : { own }),
        });
        const unpack = (value: number | null, scale: (value: number) => number): number | null =>
          value === null ? null : scale(value);
        expect(values(bytes)).toEqual(
          Array.from({ length: subsets }, (_, i) => [
            unpack(latitudes[i]!, (value) => (value - 9000) / 100),
            // Replication factors count and are no values.
            ...Array.from({ length: steps }, () => [
              unpack(pressures[i]!, (value) => value * 10),
              unpack(winds[i]!, (value) => value / 10),
            ]).flat(),
            3,
          ]),
        );
      }),
    );
  });

  it('repeats a fixed number of times, and a sequence inside a repetition', () => {
    const bytes = bufrMessage({
      ...{ edition: 4, subsets: 1, compressed: false },
      descriptors: ['102002', '301023', '103003', '008005', '101002', '011012', '004001'],
      bits: uncompressedBits(
        [
          ...[1, 2].flatMap((i) => [element(15, 9000 + i), element(16, 18_000 + i)]),
          // 1 03 003 repeats 0 08 005, 1 01 002 and 0 11 012; but the first repeats 3 01 023 and 1 03 003.
        ],
        1,
      ),
    });
    // 1 02 002 takes two descriptors: 3 01 023 and 1 03 003, which then lacks what it should repeat.
    expect(() => values(bytes)).toThrow(/descriptor 103003 repeats more descriptors than follow it/);
    const sound = bufrMessage({
      ...{ edition: 4, subsets: 1, compressed: false },
      descriptors: ['101002', '301023', '103003', '008005', '101002', '011012', '004001'],
      bits: uncompressedBits(
        [
          ...[1, 2].flatMap((i) => [element(15, 9000 + i), element(16, 18_000 - i)]),
          ...[1, 2, 3].flatMap((i) => [element(4, i), element(12, 10 * i), element(12, 20 * i)]),
          element(12, 2021),
        ],
        1,
      ),
    });
    expect(values(sound)).toEqual([[0.01, -0.01, 0.02, -0.02, 1, 1, 2, 2, 2, 4, 3, 3, 6, 2021]]);
  });

  it('changes width, scale and reference as operators say, of numbers and not of codes and texts', () => {
    const bytes = bufrMessage({
      ...{ edition: 4, subsets: 1, compressed: false },
      descriptors: [
        ...['201131', '019004', '008005', '001025', '201000', '019004'],
        ...[
          '202129',
          '011012',
          '202000',
          '011012',
          '207001',
          '005002',
          '207000',
          '005002',
          '208005',
          '001025',
        ],
      ],
      bits: uncompressedBits(
        [
          // 2 01 131: three bits more.
          ...[element(15, 32_766), element(4, 1), ...['0', '6', 'L'].map((c) => element(8, c.charCodeAt(0)))],
          element(12, 4094),
          // 2 02 129: one digit more.
          ...[element(12, 1234), element(12, 1234)],
          // 2 07 001: ten times the reference, one digit more, ⌊(10 + 2)/3⌋ = 4 bits more.
          ...[element(19, 90_000 + 12_345), element(15, 9000 + 1234)],
          // 2 08 005: five characters.
          ...[...'ANA  '].map((c) => element(8, c.charCodeAt(0))),
        ],
        1,
      ),
    });
    expect(values(bytes)).toEqual([[3_276_600, 1, '06L', 409_400, 12.34, 123.4, 12.345, 12.34, 'ANA']]);
  });

  it('texts of compressed data are shared or each subset’s own; all ones are missing', () => {
    const text = (letters: string): string =>
      [...letters].map((c) => c.charCodeAt(0).toString(2).padStart(8, '0')).join('');
    const bits = [
      // All alike.
      ...[text('06L'), '000000'],
      // Three characters each; what stands before is nothing.
      ...[text('\0\0\0'), '000011', text('06L'), '1'.repeat(24)],
    ].join('');
    const bytes = bufrMessage({
      ...{ edition: 4, subsets: 2, compressed: true, bits },
      descriptors: ['001025', '001025'],
    });
    expect(values(bytes)).toEqual([
      ['06L', '06L'],
      ['06L', null],
    ]);
  });

  it('that ends early, is of another edition or has unequal repetitions in compressed data says so', () => {
    const descriptors = ['101000', '031001', '011012'];
    const head = { edition: 4, subsets: 2, compressed: true, descriptors } as const;
    const unequal = bufrMessage({ ...head, bits: compressedBits([element(8, 1, 2)]) });
    expect(() => values(unequal)).toThrow(/repeat a sequence unequally often/);
    const early = bufrMessage({ ...head, bits: compressedBits([element(8, 9, 9), element(12, 5, 6)]) });
    expect(() => values(early)).toThrow(/data section ends after \d+ bytes, in the middle of a value/);
    const edition = Buffer.from(early);
    edition[7] = 2;
    expect([...bufrMessages(edition)]).toEqual([
      { malformed: { at: 'message 1 (byte 0)', why: 'BUFR edition 2; editions 3 and 4 are read' } },
    ]);
    const sections = Buffer.from(early);
    // The length of section 1.
    sections[10] = 200;
    expect(JSON.stringify([...bufrMessages(sections)])).toContain('do not add up');
    const operator = bufrMessage({ ...head, descriptors: ['222000'], bits: '0' });
    expect(() => values(operator)).toThrow(/operator 222000 is not read/);
  });
});
