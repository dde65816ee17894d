/** Windows of attention: who sees whom, on globes and regions, with and without shift, and the position bias. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockShapes, earthBlock } from '../../models/bayesian/networks/earthBlock.js';
import {
  type Extent,
  planWindows,
  positionCount,
  positionIndices,
  type Windows,
} from '../../models/bayesian/networks/earthWindows.js';
import {
  halved,
  type TokenVolume,
  tokenCount,
  tokensInCoarse,
  tokensOfFine,
} from '../../models/bayesian/networks/tokenVolume.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { elements } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues } from './bayesianFixture.js';

/** Tokens that a change of one token reaches in one block, found by computing the block. */
function reached(volume: TokenVolume, window: Extent, shifted: boolean, changed: number): number[] {
  const size = { channels: 4, heads: 2, mlpRatio: 1, window };
  const b = new GraphBuilder();
  const inputs: Record<string, Float32Array> = {};
  const parameters = new Map(
    blockShapes(volume, size).map(([name, shape], i) => {
      inputs[name] = randomValues(elements(shape), 10 + i, 0.5);
      return [name, b.input(name, [1, ...shape])] as const;
    }),
  );
  const N = tokenCount(volume);
  const x = b.input('x', [1, 1, N, 4]);
  const windows = planWindows(volume, window, shifted);
  b.output(
    'y',
    earthBlock(b, x, { windows, heads: 2, norm: 'post', parameter: (name) => parameters.get(name)! }),
  );
  const graph = b.build();
  const before = randomValues(N * 4, 1);
  const after = before.slice();
  after.set(randomValues(4, 2), changed * 4);
  const [from, to] = [before, after].map((state) => runReference(graph, { ...inputs, x: state }).y!);
  return Array.from({ length: N }, (_, token) => token).filter((token) =>
    from!.subarray(4 * token, 4 * token + 4).some((value, c) => Math.abs(value - to![4 * token + c]!) > 1e-9),
  );
}

describe('a change at a point near one pole', () => {
  const volume = { levels: 2, rows: 7, columns: 8, wraps: true };
  const window: Extent = [2, 4, 4];
  const place = (token: number): [number, number, number] => [
    Math.floor(token / 56),
    Math.floor(token / 8) % 7,
    token % 8,
  ];

  it('reaches its own window without shift', () => {
    const tokens = reached(volume, window, false, 0).map(place);
    expect(tokens).toHaveLength(2 * 4 * 4);
    expect(tokens.every(([, row, column]) => row < 4 && column < 4)).toBe(true);
  });

  it('goes on over 0/360 in the shifted block, but not over the pole', () => {
    // row 0, column 0: the shift by two brings rows 0 and 1 together with the last ones
    const tokens = reached(volume, window, true, 0).map(place);
    expect(tokens).toHaveLength(2 * 2 * 4);
    expect(tokens.every(([, row]) => row < 2)).toBe(true);
    expect([...new Set(tokens.map(([, , column]) => column))].sort()).toEqual([0, 1, 6, 7]);
  });

  it('stays on its side of the edge in a region', () => {
    const tokens = reached({ ...volume, wraps: false }, window, true, 0).map(place);
    expect(tokens).toHaveLength(2 * 2 * 2);
    expect(tokens.every(([, row, column]) => row < 2 && column < 2)).toBe(true);
  });

  it('does not come down from the top level to the ground', () => {
    const tall = { levels: 4, rows: 2, columns: 4, wraps: true };
    const levels = reached(tall, [2, 2, 4], true, 3 * 8).map((token) => Math.floor(token / 8));
    expect([...new Set(levels)]).toEqual([3]);
    expect(new Set(reached(tall, [2, 2, 4], true, 8).map((token) => Math.floor(token / 8)))).toEqual(
      new Set([1, 2]),
    );
  });
});

const volumes = fc.record({
  levels: fc.integer({ min: 1, max: 5 }),
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 9 }),
  wraps: fc.boolean(),
});
const extents = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
);

/** True where the masks let the token at `query` of a window attend to the one at `key`. */
function allowed(windows: Windows, place: number, query: number, key: number): boolean {
  const { types, tokens, mask, columnMask } = windows;
  const type = Math.floor(place / tokens) % types;
  const column = Math.floor(place / tokens / types);
  const at = (which: typeof mask, of: number): number =>
    which === undefined ? 0 : which.values[((which.of[of] ?? 0) * tokens + query) * tokens + key]!;
  return at(mask, type) === 0 && at(columnMask, column) === 0;
}

describe('cutting a volume into windows', () => {
  it('gives every token one place, and lets it see the neighbours in its window and nothing else', () => {
    fc.assert(
      fc.property(volumes, extents, fc.boolean(), (volume, window, shifted) => {
        const windows = planWindows(volume, window, shifted);
        expect(windows.inward.filter((token) => token >= 0).sort((a, b) => a - b)).toEqual(
          Array.from({ length: tokenCount(volume) }, (_, token) => token),
        );
        windows.outward.forEach((place, token) => {
          expect(windows.inward[place]).toBe(token);
        });
        const { rows, columns } = volume;
        const at = (token: number): number[] => [
          Math.floor(token / (rows * columns)),
          Math.floor(token / columns) % rows,
          token % columns,
        ];
        const filled = windows.counts[2] * windows.size[2];
        for (let start = 0; start < windows.inward.length; start += windows.tokens) {
          for (let query = 0; query < windows.tokens; query++) {
            const from = windows.inward[start + query]!;
            if (from < 0) continue;
            for (let key = 0; key < windows.tokens; key++) {
              const to = windows.inward[start + key]!;
              // near: less than a window apart in every direction, round the circle where there is one
              const near =
                to >= 0 &&
                at(from).every((value, axis) => {
                  const apart = Math.abs(value - at(to)[axis]!);
                  const round = axis === 2 && volume.wraps ? Math.min(apart, filled - apart) : apart;
                  return round < windows.size[axis]!;
                });
              expect(allowed(windows, start, query, key)).toBe(near);
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('has windows of one type along a parallel', () => {
    const windows = planWindows({ levels: 4, rows: 12, columns: 12, wraps: true }, [2, 6, 4], true);
    expect(windows.types).toBe(2 * 2);
    expect(windows.counts).toEqual([2, 2, 3]);
    expect(windows.columnMask).toBeUndefined();
  });
});

describe('the position bias', () => {
  it('has one number for equal levels, equal rows and equal steps east, and no other', () => {
    fc.assert(
      fc.property(extents, (size) => {
        const [, rows, columns] = size;
        const indices = positionIndices(size);
        const tokens = elements(size);
        const known = new Map<string, number>();
        for (let query = 0; query < tokens; query++) {
          for (let key = 0; key < tokens; key++) {
            const part = (token: number) => [
              Math.floor(token / columns / rows),
              Math.floor(token / columns) % rows,
            ];
            const name = [part(query), part(key), (key % columns) - (query % columns)].join();
            const index = indices[query * tokens + key]!;
            expect(known.get(name) ?? index).toBe(index);
            known.set(name, index);
          }
        }
        expect(new Set(known.values()).size).toBe(known.size);
        expect(known.size).toBe(positionCount(size));
        expect(Math.max(...known.values())).toBe(positionCount(size) - 1);
      }),
    );
  });
});

describe('halving the resolution', () => {
  it('puts every token into one coarse token, and brings it back', () => {
    fc.assert(
      fc.property(volumes, (volume) => {
        const coarse = tokensInCoarse(volume);
        expect(coarse).toHaveLength(4 * tokenCount(halved(volume)));
        tokensOfFine(volume).forEach((place, token) => {
          expect(coarse[place]).toBe(token);
        });
      }),
    );
  });

  it('goes on round the circle beyond the last column, and has zeros beyond the last row', () => {
    const volume = { levels: 1, rows: 1, columns: 3, wraps: true };
    expect(tokensInCoarse(volume)).toEqual([0, 1, -1, -1, 2, 0, -1, -1]);
    expect(tokensInCoarse({ ...volume, wraps: false })).toEqual([0, 1, -1, -1, 2, -1, -1, -1]);
  });
});
