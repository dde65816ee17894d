/**
 * A comparison whose numbers are known: run b errs 8 % less than run a at every lead but the last three, where it
 * errs 3 % more; climatology is what verificationFixture has. Only differences of 5 % or more are beyond chance.
 */
import type { CompareRow } from '../evaluation/compareRow.js';
import { correlation, crpsOf, fixtureChannels, fixtureLeads } from './verificationFixture.js';

/** CRPS of run b over that of run a. */
export function shareOfB(lead: number): number {
  return lead > 168 ? 1.03 : 0.92;
}

export function fixtureComparison(): CompareRow[] {
  const rows: CompareRow[] = [];
  for (const { variable, level, scale } of fixtureChannels) {
    for (const lead_hours of fixtureLeads) {
      for (const region of ['all', 'nh']) {
        const place = { variable, level, lead_hours, region, season: 'all', event: null, n: 40 };
        const crps = {
          a: scale * crpsOf(correlation(lead_hours)),
          b: 0,
          climatology: scale / Math.sqrt(Math.PI),
        };
        crps.b = crps.a * shareOfB(lead_hours);
        const alone = (run: string, metric: string, value: number, half: number) =>
          rows.push({
            ...place,
            ...{ run, against: null, metric, value, ci_low: value - half, ci_high: value + half },
            ...{ p_value: null, verdict: null },
          });
        for (const run of ['a', 'b', 'climatology'] as const) {
          alone(run, 'crps', crps[run], 0.04 * scale);
          alone(run, 'rmse', crps[run] * Math.sqrt(Math.PI), 0.05 * scale);
          if (run === 'climatology') continue;
          alone(run, 'spread', crps[run] * 1.7, 0.02 * scale);
          alone(run, 'spread_skill_ratio', run === 'a' ? 0.9 : 1.02, 0.04);
          alone(run, 'crps_skill_score', 1 - crps[run] / crps.climatology, 0.04);
        }
        for (const run of ['b', 'climatology'] as const) {
          const value = crps[run] - crps.a;
          const half = 0.05 * crps.a;
          const verdict = value > half ? 'worse' : value < -half ? 'better' : 'no evidence';
          const paired = {
            run,
            against: 'a',
            p_value: verdict === 'no evidence' ? 0.4 : 0.001,
            verdict,
          } as const;
          const range = { ci_low: value - half, ci_high: value + half };
          rows.push({ ...place, ...paired, ...range, metric: 'crps_difference', value });
          rows.push({
            ...place,
            ...paired,
            ...range,
            metric: 'rmse_difference',
            value: value * Math.sqrt(Math.PI),
          });
        }
      }
    }
  }
  return rows;
}
