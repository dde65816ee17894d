/** Files of tracks that hold a storm, or a member's forecast, more than once. */
import { describe, expect, it } from 'vitest';
import type { BestTracks, ForecastTracks } from '../../evaluation/cyclones/readers/trackFile.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import { onceEach, requireOnce } from '../../src/tracks/sameStorms.js';
import { ensembleOf, start, trackOf } from '../evaluation/cyclones/trackFixture.js';

const file = (path: string, tracks: readonly Track[]): BestTracks => ({
  ...{ kind: 'best', path, format: 'x', wind: 'not stated', skipped: [], notes: [] },
  ...{ tracks, categories: new Map() },
});

const way = (id: string, longitude: number, name: string | null = null): Track =>
  trackOf(
    id,
    [0, 6, 12, 18].map((hours) => [hours, 10 + hours / 6, longitude]),
    name,
  );

describe('best tracks of several files', () => {
  it('are taken once, whatever a file calls them, and told', () => {
    const { files, notes } = onceEach([
      file('dir/a', [way('AL09', -60, 'IDA'), way('AL10', -30)]),
      file('dir/b', [way('2021239N17281', -60.3, 'IDA'), way('2021240N00000', -62)]),
      file('dir/c', [way('1', -61.9)]),
    ]);
    expect(files.map(({ tracks }) => tracks.map(({ id }) => id))).toEqual([
      ['AL09', 'AL10'],
      ['2021240N00000'],
      [],
    ]);
    expect(notes).toEqual(['dir/b: left out, since a has them: IDA', 'dir/c: left out, since b has them: 1']);
  });

  it('of one file are as they are', () => {
    const { files, notes } = onceEach([file('a', [way('1', 0), way('2', 0.1)])]);
    expect([files[0]!.tracks.length, notes]).toEqual([2, []]);
  });
});

describe('forecasts of several files', () => {
  const forecast = (
    path: string,
    members: readonly (readonly Track[])[],
    storm = '27W',
    labels: readonly (readonly [number, string])[] = [],
  ): ForecastTracks => ({
    ...{ kind: 'forecast', path, format: 'x', wind: 'not stated', skipped: [], notes: [] },
    forecasts: [{ storm, name: null, ensemble: { ...ensembleOf(members), start }, labels: new Map(labels) }],
  });

  it('are refused where one member has one storm twice, and only there', () => {
    const [a, b] = [way('27W', 0), way('27W', 1)];
    expect(() => requireOnce([forecast('a', [[a], []]), forecast('b', [[], [b]])])).not.toThrow();
    expect(() => requireOnce([forecast('a', [[a]]), forecast('b', [[b]], '70E')])).not.toThrow();
    expect(() => requireOnce([forecast('a', [[], [a]]), forecast('b', [[], [b]])])).toThrow(
      'b and a both hold storm 27W of member 1 from 2020-09-01T00Z: give each forecast once',
    );
  });

  it('are refused where one number stands for two techniques', () => {
    const own = (path: string, storm: string, label: string) =>
      forecast(path, [[way(storm, 0)]], storm, [[0, label]]);
    expect(() => requireOnce([own('a', 'AL09', 'AVNO'), own('b', 'AL10', 'AVNO')])).not.toThrow();
    expect(() => requireOnce([own('a', 'AL09', 'AVNO'), own('b', 'AL10', 'CMC')])).toThrow(
      'member 0 from 2020-09-01T00Z is AVNO in a and CMC in b: they are no members of one ensemble',
    );
  });
});
