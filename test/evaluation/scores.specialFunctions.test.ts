/** Special functions under the scores, against scipy 1.17 (special.gammainc, betainc; stats.norm, t) and identities. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaIncomplete, studentCdf, studentTail } from '../../evaluation/scores/incompleteBeta.js';
import { chiSquaredTail, gammaLower, gammaUpper } from '../../evaluation/scores/incompleteGamma.js';
import {
  integralOfSquaredCdf,
  millsRatio,
  normalCdf,
  normalDensity,
  normalLogDensity,
  normalQuantile,
  normalTail,
} from '../../evaluation/scores/normal.js';

function expectRelative(found: number, expected: number, relative: number, what = ''): void {
  expect(Math.abs(found - expected), `${what}: ${found} against ${expected}`).toBeLessThanOrEqual(
    relative * Math.abs(expected),
  );
}

describe('the normal distribution', () => {
  it('keeps relative accuracy in its tails', () => {
    const published = [
      [-5, 0.9999997133484281],
      [-3.2, 0.9993128620620841],
      [-3, 0.9986501019683699],
      [0, 0.5],
      [0.5, 0.3085375387259869],
      [3, 0.0013498980316300933],
      [3.2, 0.0006871379379158471],
      [10, 7.61985302416047e-24],
      [37, 5.7255712225239266e-300],
    ] as const;
    for (const [z, tail] of published) {
      expectRelative(normalTail(z), tail, 2e-13, `Q(${z})`);
      expectRelative(normalCdf(-z), tail, 2e-13, `Phi(${-z})`);
    }
    expect(normalTail(Number.NaN)).toBeNaN();
    expect(normalLogDensity(60)).toBeCloseTo(-1800.918938533205, 9);
  });

  it('inverts itself over the whole range of probabilities', () => {
    const published = [
      [1e-300, -37.0470962993612],
      [1e-12, -7.034483825301131],
      [0.01, -2.3263478740408408],
      [0.3, -0.5244005127080409],
      [0.5, 0],
      [0.77, 0.7388468491852137],
      [0.999, 3.090232306167813],
    ] as const;
    for (const [p, z] of published) expect(normalQuantile(p), `p = ${p}`).toBeCloseTo(z, 12);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    for (const p of [-0.1, 1.1, Number.NaN]) expect(normalQuantile(p)).toBeNaN();
    fc.assert(
      fc.property(fc.double({ min: 1e-200, max: 0.5, noNaN: true }), (p) => {
        expectRelative(normalCdf(normalQuantile(p)), p, 1e-11);
      }),
    );
  });

  it("Mills' ratio is Q/φ where both are there, and about 1/z where neither is", () => {
    for (const z of [-3, 0, 1, 3, 3.2, 8, 20])
      expectRelative(millsRatio(z), normalTail(z) / normalDensity(z), 1e-12);
    expectRelative(millsRatio(1e4), 1e-4 * (1 - 1e-8), 1e-14);
  });

  it('the integral of Φ² has Φ² for its derivative and starts from 0', () => {
    for (const z of [-4, -1, 0, 0.7, 3]) {
      const h = 1e-4;
      const slope = (integralOfSquaredCdf(z + h) - integralOfSquaredCdf(z - h)) / (2 * h);
      expect(slope).toBeCloseTo(normalCdf(z) ** 2, 7);
    }
    expect(integralOfSquaredCdf(-40)).toBeCloseTo(0, 15);
    expect(integralOfSquaredCdf(-Infinity)).toBe(0);
  });
});

describe('incomplete gamma and beta functions', () => {
  it('P(a, x) and Q(a, x) agree with published values', () => {
    const published = [
      [0.1, 0.01, 0.6626212599544796, 0.3373787400455204],
      [0.5, 2, 0.9544997361036415, 0.04550026389635857],
      [3.2, 1.1, 0.07736381902702019, 0.9226361809729798],
      [3.2, 9, 0.9918231128282247, 0.008176887171775296],
      [50, 40, 0.07033506665939494, 0.9296649333406051],
      [50, 70, 0.994859497541494, 0.0051405024585059085],
      [1000, 1100, 0.9989406767460701, 0.0010593232539299773],
    ] as const;
    for (const [a, x, below, above] of published) {
      expectRelative(gammaLower(a, x), below, 1e-12, `P(${a}, ${x})`);
      expectRelative(gammaUpper(a, x), above, 1e-12, `Q(${a}, ${x})`);
    }
    expect([gammaLower(2, 0), gammaUpper(2, -1), gammaUpper(2, Infinity)]).toEqual([0, 1, 0]);
    expect([gammaLower(0, 1), gammaLower(1, Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
    // 5 % point of chi-squared with 9 degrees of freedom, from any table.
    expect(chiSquaredTail(16.918977604620448, 9)).toBeCloseTo(0.05, 13);
  });

  it('I_x(a, b) and the t distribution agree with published values', () => {
    const published = [
      [0.1, 0.5, 0.5, 0.20483276469913345],
      [0.9, 0.5, 5, 0.9999974294103009],
      [0.3, 2, 3, 0.3483],
      [0.02, 30, 2, 3.2641751449600023e-50],
      [0.7, 100, 40, 0.3458280101299907],
    ] as const;
    for (const [x, a, b, value] of published) expectRelative(betaIncomplete(x, a, b), value, 1e-12);
    const tails = [
      [0.01, 3, 0.496324555706426],
      [1.5, 2.5, 0.12391822654314809],
      [-2, 7, 0.957190335718512],
      [12, 4, 0.0001382142742514865],
      [1e-3, 200, 0.49960155615056945],
    ] as const;
    for (const [t, degrees, tail] of tails) {
      expectRelative(studentTail(t, degrees), tail, 1e-12, `t ${t}, ${degrees}`);
      expectRelative(studentCdf(-t, degrees), tail, 1e-12);
    }
    expect([studentTail(Infinity, 3), studentCdf(Infinity, 3)]).toEqual([0, 1]);
    expect([betaIncomplete(1.2, 1, 1), studentTail(1, 0)]).toEqual([Number.NaN, Number.NaN]);
  });

  it('the two sides sum to one', () => {
    const positive = fc.double({ min: 0.05, max: 80, noNaN: true });
    // 1 − x forgets an x far below 1e-16: not the functions’ doing.
    const unit = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(positive, positive, unit, (a, b, x) => {
        expect(betaIncomplete(x, a, b) + betaIncomplete(1 - x, b, a)).toBeCloseTo(1, 10);
        expect(gammaLower(a, b) + gammaUpper(a, b)).toBeCloseTo(1, 12);
      }),
    );
  });
});
