/** Whose diagrams are kept: all of few, of many those that people ask for first, all on request. */
import { describe, expect, it } from 'vitest';
import { CaseTable } from '../../evaluation/statistics/caseTable.js';
import type { StatisticGroup } from '../../evaluation/statistics/statisticTable.js';
import { keptDiagrams } from '../../src/keptDiagrams.js';

const cases = new CaseTable(['crps'], 1);
const groupsOf = (channels: readonly (readonly [string, number | null])[], leads: number, regions: number) =>
  channels.flatMap(([variable, level]) =>
    ['ensemble', 'climatology'].flatMap((model) =>
      Array.from({ length: leads }, (_, l) => 24 * (l + 1)).flatMap((lead_hours) =>
        ['all', 'nh', 'sh', 'tropics', 'europe', 'land', 'sea', 'asia'].slice(0, regions).map(
          (region): StatisticGroup => ({
            model,
            variable,
            level,
            lead_hours,
            region,
            memberCount: 8,
            cases,
          }),
        ),
      ),
    ),
  );
const few = [
  ['z', 500],
  ['t', 850],
] as const;
const many = [...few, ['z', 250], ['t', 250], ['q', 700], ['msl', null]] as const;
const kept = (groups: readonly StatisticGroup[], asked?: 'headline' | 'all') => {
  const choose = keptDiagrams({ groups }, asked);
  const wanted = groups.filter((group) => choose(group) === true);
  const histograms = groups.filter((group) => choose(group) === 'histogram');
  // Beside each forecast, the reference.
  expect(histograms.length).toBe(wanted.length);
  expect(new Set(histograms.map(({ model }) => model))).toEqual(new Set(['climatology']));
  return {
    count: wanted.length,
    models: new Set(wanted.map(({ model }) => model)),
    regions: new Set(wanted.map(({ region }) => region)),
    channels: [...new Set(wanted.map(({ variable, level }) => `${variable}${level ?? ''}`))].sort(),
  };
};

describe('diagrams that are kept', () => {
  it('are all of the forecasts where channels are few, and of references the histograms alone', () => {
    const { count, models } = kept(groupsOf(few, 10, 3));
    expect(count).toBe(2 * 10 * 3);
    expect(models).toEqual(new Set(['ensemble']));
  });

  it('are those of the headline channels where there are more, and all on request', () => {
    const groups = groupsOf(many, 10, 3);
    expect(kept(groups).channels).toEqual(['msl', 't850', 'z500']);
    expect(kept(groups).regions.size).toBe(3);
    expect(kept(groups, 'all')).toMatchObject({ count: 6 * 10 * 3 });
    expect(kept(groupsOf(few, 10, 3), 'headline').channels).toEqual(['t850', 'z500']);
  });

  it('are those of the whole domain where regions and leads are many', () => {
    const groups = groupsOf(many, 15, 8);
    expect([...kept(groups).regions]).toEqual(['all']);
    expect(kept(groups, 'all').regions.size).toBe(8);
  });
});
