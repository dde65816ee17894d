/** Who the members are: how a design is written, and how it is cut into blocks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { blockMembers, blockSize, memberCount, parseDesign } from '../../ensembles/design.js';

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

describe('a block', () => {
  const counts = fc.integer({ min: 1, max: 60 });
  const bytes = fc.integer({ min: 1, max: 1e8 });
  it('is of whole weight samples, or of some streams of one: never both, and never empty', () => {
    fc.assert(
      fc.property(bytes, counts, (stateBytes, noiseStreams) => {
        const block = blockSize(stateBytes, noiseStreams);
        expect(block.weightSamples).toBeGreaterThanOrEqual(1);
        expect(block.weightSamples).toBeLessThanOrEqual(8);
        expect(block.noiseStreams).toBeGreaterThanOrEqual(1);
        expect(block.noiseStreams === noiseStreams || block.weightSamples === 1).toBe(true);
        expect(block.noiseStreams).toBeLessThanOrEqual(noiseStreams);
      }),
    );
  });

  it('holds eight samples of a small region, few of a globe, and four streams of the nature model', () => {
    expect(blockSize(17 * 33 * 4, 6)).toEqual({ weightSamples: 8, noiseStreams: 6 });
    expect(blockSize(16 * 33 * 64 * 4, 6)).toEqual({ weightSamples: 2, noiseStreams: 6 });
    expect(blockSize(41 * 33 * 64 * 4, 48)).toEqual({ weightSamples: 1, noiseStreams: 4 });
  });

  it('of streams stays where it is when J grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e5, max: 1e8 }), counts, counts, (stateBytes, noiseStreams, more) => {
        const before = blockSize(stateBytes, noiseStreams).noiseStreams;
        if (before < noiseStreams)
          expect(blockSize(stateBytes, noiseStreams + more).noiseStreams).toBe(before);
      }),
    );
  });

  it('counts its members', () => {
    expect(blockMembers({ firstWeightSample: 4, weightSamples: 2 }, 6)).toBe(12);
    const part = { firstWeightSample: 0, weightSamples: 1, streams: { first: 8, count: 4 } };
    expect(blockMembers(part, 48)).toBe(4);
  });
});
