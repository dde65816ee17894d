/** Sentences about perturbations follow from the numbers, and turn when the numbers do. */
import { describe, expect, it } from 'vitest';
import type { ArmKind, ChosenArm } from '../../bench/evidence/perturbations/arms.js';
import { bandRatio, crpsBesideBest, sentences } from '../../bench/evidence/perturbations/bestWhere.js';
import type { ErrorSpectrum } from '../../bench/evidence/perturbations/errorSpectra.js';
import type { ModelEvidence } from '../../bench/evidence/perturbations/gather.js';
import type { CompareResult } from '../../src/commands/compare.js';

const leadsHours = [24, 48, 72];

function arm(name: string, kind: ArmKind): ChosenArm {
  const chosen = { amplitude: 'α 0.1', perturb: [name], meanLogCrps: 0 };
  return {
    arm: { name, title: `the ${name}`, kind, uncertainty: 'none', members: '1x4', candidates: [chosen] },
    trials: [chosen],
    chosen,
  };
}

/** CRPS of z500 by lead, and one spread–skill ratio for all. */
function evidenceOf(
  scores: Readonly<Record<string, { crps: readonly number[]; ratio: number }>>,
): ModelEvidence {
  const names = Object.keys(scores);
  const rows = names.flatMap((run) =>
    leadsHours.flatMap((lead, i) =>
      [
        ['crps', scores[run]!.crps[i]!],
        ['spread_skill_ratio', scores[run]!.ratio],
      ].map(([metric, value]) => ({
        ...{ run, against: null, variable: 'z', level: 500, lead_hours: lead, region: 'all', season: 'all' },
        ...{ event: null, metric, value, ci_low: 0, ci_high: 0, p_value: null, verdict: null, n: 12 },
      })),
    ),
  );
  const result = { runs: [], leadsHours, rows } as unknown as CompareResult;
  const spectrum = (factor: number): ErrorSpectrum => ({
    ...{ channel: 'z500', day: 1 },
    spread: new Float64Array(32).fill(factor),
    error: new Float64Array(32).fill(1),
  });
  return {
    model: { name: 'network', title: 'the network', model: 'model', stepHours: 24 },
    arms: names.map((name) => arm(name, 'start')),
    ...{ bestStart: names[0]!, best: names[0]!, result, ranks: new Map() },
    spectra: new Map(names.map((name, i) => [name, [spectrum(4 ** i)]])),
  };
}

const evidence = evidenceOf({
  a: { crps: [10, 20, 30], ratio: 1.02 },
  b: { crps: [9, 21.5, 33], ratio: 0.5 },
  c: { crps: [20, 40, 60], ratio: 0.95 },
});

describe('sentences of what is best where', () => {
  it('are of geometric means beside the best', () => {
    expect(crpsBesideBest(evidence, 'c', ['z500'])).toBeCloseTo(2, 12);
    expect(crpsBesideBest(evidence, 'b', ['z500'])).toBeCloseTo(Math.cbrt(0.9 * 1.075 * 1.1), 12);
  });

  it('name the lowest at each lead, and how the others stand', () => {
    const found = sentences(evidence, ['z500']).join('\n');
    expect(found).toContain('z500: lowest the b at day 1, the a at day 2–3');
    expect(found).toContain('the c +100.0 %');
    expect(found).toContain('at most leads and channels: the a, the c (3 of 3); at none: the b');
    expect(found).toContain('on day 1 the a (off by a factor of 1.00)');
  });

  it('change with the numbers', () => {
    const turned = evidenceOf({
      a: { crps: [10, 20, 30], ratio: 0.5 },
      b: { crps: [11, 22, 33], ratio: 1 },
    });
    const found = sentences(turned, ['z500']).join('\n');
    expect(found).toContain('**the a**; next the b (+10.0 %)');
    expect(found).toContain('lowest the a at day 1–3');
    expect(found).toContain('the b (3 of 3); at none: the a');
  });

  it('take roots of ratios of variances over a band', () => {
    const spread = Float64Array.from([0, 4, 4, 9]);
    const error = Float64Array.from([0, 1, 1, 1]);
    expect(bandRatio({ channel: 'z500', day: 1, spread, error }, [1, 2])).toBe(2);
    expect(bandRatio({ channel: 'z500', day: 1, spread, error }, [3, 31])).toBe(3);
    expect(bandRatio({ channel: 'z500', day: 1, spread: new Float64Array(4), error }, [1, 3])).toBeNaN();
  });
});
