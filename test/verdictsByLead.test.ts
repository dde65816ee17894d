/** What a line of verdicts says, with and without intervals. */
import { expect, it } from 'vitest';
import type { CompareRow } from '../evaluation/compareRow.js';
import { verdictsByLead } from '../src/report/compareTable.js';

const row = (lead_hours: number, n: number, interval: readonly [number, number]): CompareRow => ({
  ...{
    run: 'b',
    against: 'a',
    variable: 'z',
    level: 500,
    lead_hours,
    region: 'all',
    season: 'all',
    event: null,
  },
  ...{ metric: 'crps_difference', value: -1, ci_low: interval[0], ci_high: interval[1], p_value: 0.5, n },
  verdict: interval[1] < 0 ? 'better' : 'no evidence',
});
const none = [Number.NaN, Number.NaN] as const;

it('says of starts too few for intervals that there is no verdict, not that there is no evidence', () => {
  expect(verdictsByLead([row(24, 1, none), row(48, 1, none)])).toBe('no verdict from one start');
  expect(verdictsByLead([row(24, 4, none)])).toBe('no verdict from 4 starts: too few for intervals');
  expect(verdictsByLead([row(24, 20, [-2, -1]), row(48, 4, none)])).toBe(
    'better at day 1, no evidence at day 2',
  );
  expect(verdictsByLead([])).toBe('');
});
