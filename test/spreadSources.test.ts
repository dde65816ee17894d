import { describe, expect, it } from 'vitest';
import { makeGrid } from '../core/grid.js';
import type { FieldSummary } from '../core/store/productFile.js';
import { type SourcesRun, spreadSources, spreadSourcesTable } from '../src/spreadSources.js';

const starts = Float64Array.of(0, 1, 2);
const schema = {
  grid: makeGrid([60, 40], [0, 90, 180, 270]),
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 300, unit: 'K' },
  ],
};

/** @param of area mean of a statistic at a start and lead */
function runOf(
  of: (statistic: string, start: number, lead: number) => Partial<FieldSummary>,
  design: readonly [number, number] = [8, 6],
  made: (start: number) => boolean = () => true,
): SourcesRun {
  const statistics = [
    'spread',
    ...['variance', 'crps'].flatMap((of) => [`epistemic_${of}`, `aleatoric_${of}`]),
  ];
  return {
    manifest: { weight_samples: design[0], noise_streams: design[1] },
    starts,
    leadsHours: [24, 48],
    schema,
    hasProducts: made,
    readProductSummaries: async (start, lead) =>
      new Map(statistics.map((name) => [name, { areaMean: 0, cutPoints: 0, ...of(name, start, lead) }])),
  };
}

describe('the sources of the spread of a run', () => {
  it('are means over starts of estimates before the cut; shares are ratios of means', async () => {
    const values: Record<string, readonly number[]> = {
      spread: [300, 400, 500],
      // The second start is below 0, and counts as that.
      epistemic_variance: [4000, -1000, 3000],
      aleatoric_variance: [5000, 7000, 6000],
      epistemic_crps: [30, -6, 36],
      aleatoric_crps: [50, 70, 60],
    };
    const cut: Record<string, readonly number[]> = {
      epistemic_variance: [2, 8, 2],
      epistemic_crps: [0, 4, 2],
    };
    const run = runOf((name, start) => ({
      areaMean: values[name]?.[start] ?? Number.NaN,
      cutPoints: cut[name]?.[start] ?? 0,
    }));
    const [first, ...rest] = await spreadSources(run);
    expect(first).toEqual({
      channel: 'msl',
      unit: 'Pa',
      lead_hours: 24,
      starts: 3,
      spread: expect.closeTo(Math.sqrt(500_000 / 3), 9),
      epistemic_variance: 2000,
      aleatoric_variance: 6000,
      epistemic_share: 0.25,
      epistemic_crps: 20,
      aleatoric_crps: 60,
      epistemic_crps_share: 0.25,
      cut_share: 0.5,
      cut_crps_share: 0.25,
    });
    expect(rest.map(({ channel, lead_hours }) => `${channel} ${lead_hours}`)).toEqual(['msl 48']);
    expect(spreadSourcesTable(first ? [first] : [])).toMatch(
      / 24 h +4\.08 +25\.0 % +25\.0 % +50\.0 % +25\.0 %\n/,
    );
  });

  it('are cut at 0 after the averaging', async () => {
    const run = runOf((name, start) => ({ areaMean: name.startsWith('epistemic') ? start - 1.5 : 2 }));
    const [first] = await spreadSources(run);
    expect([first?.epistemic_variance, first?.epistemic_share, first?.epistemic_crps_share]).toEqual([
      0, 0, 0,
    ]);
  });

  it('are those of the starts that have their products', async () => {
    const run = runOf(
      (_, start) => ({ areaMean: start + 1 }),
      [8, 6],
      (start) => start > 0,
    );
    const [first] = await spreadSources(run);
    expect([first?.starts, first?.aleatoric_crps]).toEqual([2, 2.5]);
  });

  it('are not told of a design that cannot tell, nor of a run without products', async () => {
    const one = (): Partial<FieldSummary> => ({ areaMean: 1 });
    for (const run of [runOf(one, [1, 48]), runOf(one, [48, 1]), runOf(one, [8, 6], () => false)])
      expect(await spreadSources(run)).toEqual([]);
    expect(spreadSourcesTable([])).toBe('');
  });
});
