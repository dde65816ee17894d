/** Maps of events from members at hand: which variances a map has, and what they are at a point. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { parseEvent } from '../../evaluation/events/parse.js';
import { type EventMap, mapEvent } from '../../src/query/eventMap.js';

const grid = makeGrid([60, 50], [0, 10]);

/** Eight members; the value at a point is the number of the member times that of the point. */
function source(weightSamples: number, noiseStreams: number): EnsembleSource {
  const members = Int32Array.from({ length: 8 }, (_, m) => m);
  return {
    schema: { grid, channels: [{ variable: 'msl', level: null, unit: 'Pa' }] },
    starts: [0],
    leadsHours: [24],
    manifest: { weight_samples: weightSamples, noise_streams: noiseStreams },
    readMembers: async (_start, _lead, _channel, { from, to } = { from: 0, to: 4 }) => ({
      values: Float32Array.from({ length: 8 * (to - from) }, (_, i) => {
        const [member, point] = [Math.floor(i / (to - from)), from + (i % (to - from))];
        return member * (point + 1);
      }),
      members,
    }),
  };
}

function mapped(weightSamples: number, noiseStreams: number): Promise<EventMap> {
  return mapEvent(
    {
      source: source(weightSamples, noiseStreams),
      name: 'members',
      run: null,
      notes: [],
      close: async () => {},
    },
    0,
    parseEvent('msl > 5.5 at here'),
    null,
    { minimumMembers: 1, signal: new AbortController().signal },
  );
}

describe('a map of an event', () => {
  it('has the share of members at every point, whatever they come from', async () => {
    for (const [K, J] of [
      [1, 8],
      [8, 1],
      [2, 4],
    ] as const)
      expect(Array.from((await mapped(K, J)).probability)).toEqual([0.25, 0.625, 0.75, 0.75]);
  });

  it('has variances by source where there are several weight samples and several streams, and none otherwise', async () => {
    expect(await mapped(1, 8)).toMatchObject({ epistemicVariance: null, aleatoricVariance: null });
    expect(await mapped(8, 1)).toMatchObject({ epistemicVariance: null, aleatoricVariance: null });
    const { epistemicVariance, aleatoricVariance } = await mapped(2, 4);
    // 0 0 0 0 | 0 0 1 1: within (0 + 4 · ¼)/6; between 4 · 2 · ¼² = ½; (½ − ⅙)/4.
    expect(aleatoricVariance![0]).toBeCloseTo(1 / 6, 6);
    expect(epistemicVariance![0]).toBeCloseTo(1 / 12, 6);
  });
});
