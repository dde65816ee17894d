/** Who the members are: how a design is written, and how it is cut into blocks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { memberBlocks, memberCount, parseDesign } from '../../ensembles/design.js';

describe('a design', () => {
  it('is read as weight samples by noise streams, with any cross', () => {
    for (const text of ['8x6', '8×6', '8*6', '8X6', ' 8 x 6 ']) {
      expect(parseDesign(text)).toEqual({ weightSamples: 8, noiseStreams: 6 });
    }
    expect(memberCount(parseDesign('8x6'))).toBe(48);
  });

  it.each(['0x6', '8x0', '0x0', '8', 'x6', '8x', '-8x6', '8x6x2', '2.5x2', '', 'all', '1e2x3'])(
    'is refused as "%s"',
    (text) => {
      let error: unknown;
      try {
        parseDesign(text);
      } catch (thrown) {
        error = thrown;
      }
      expect(isPlumeError(error) && error.tag).toBe('usage');
      expect(String(error)).toContain(`members "${text}"`);
      expect(String(error)).toContain('such as 8x6');
    },
  );
});

describe('member blocks', () => {
  const counts = fc.integer({ min: 1, max: 60 });
  it('hold every weight sample once, in order, and none is larger than asked', () => {
    fc.assert(
      fc.property(counts, counts, (weightSamples, size) => {
        const blocks = memberBlocks({ weightSamples, noiseStreams: 3 }, size);
        const held = blocks.flatMap((block) =>
          Array.from({ length: block.weightSamples }, (_, i) => block.firstWeightSample + i),
        );
        expect(held).toEqual(Array.from({ length: weightSamples }, (_, k) => k));
        expect(Math.max(...blocks.map((block) => block.weightSamples))).toBeLessThanOrEqual(size);
      }),
    );
  });

  it('that are full stay as they are when weight samples are added', () => {
    fc.assert(
      fc.property(counts, counts, counts, (weightSamples, more, size) => {
        const before = memberBlocks({ weightSamples, noiseStreams: 1 }, size);
        const after = memberBlocks({ weightSamples: weightSamples + more, noiseStreams: 1 }, size);
        const full = before.filter((block) => block.weightSamples === size);
        expect(after.slice(0, full.length)).toEqual(full);
      }),
    );
  });
});
