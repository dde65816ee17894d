/** Laws of calibration: identities, invariances, and statistics that keep what they promise. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../core/random/stream.js';
import {
  brierGradients,
  brierParts,
  correctedBrierParts,
} from '../../evaluation/calibration/brierDecomposition.js';
import { addCrpsSums, crpsParts, makeCrpsSums } from '../../evaluation/calibration/crpsDecomposition.js';
import { valueCurve, valueMax, valueMaxGradient } from '../../evaluation/calibration/economicValue.js';
import { contrastOf, flatnessPart, flatnessTests } from '../../evaluation/calibration/flatness.js';
import { addPit, pitOfNormal, pitOfRanks } from '../../evaluation/calibration/pit.js';
import {
  type ClassGradient,
  classBetween,
  classesBetween,
  classesByValue,
  classesOfShares,
  type ProbabilityClasses,
} from '../../evaluation/calibration/probabilityClasses.js';
import {
  binomialBar,
  reliabilityPoints,
  resampledBars,
} from '../../evaluation/calibration/reliabilityDiagram.js';
import { rocArea, rocAreaGradient, rocCurve } from '../../evaluation/calibration/roc.js';
import { sharpness } from '../../evaluation/calibration/sharpness.js';
import { crpsEnsemble, energyCrps } from '../../evaluation/scores/crps.js';
import { normalQuantile } from '../../evaluation/scores/normal.js';

/** Uniform numbers of a named draw. */
function draw(step: number, count: number): Float64Array {
  const out = new Float64Array(count);
  uniforms({ seed: 77, weightSample: 0, noiseStream: 9, purpose: 'training', step }, out);
  return out;
}

/** Classes with events and without, each class given. */
const shares = fc
  .array(
    fc.tuple(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.double({ min: 0.02, max: 0.98, noNaN: true })),
    {
      minLength: 3,
      maxLength: 12,
    },
  )
  .map((pairs) =>
    classesOfShares(
      Float64Array.from(pairs, ([given]) => given),
      Float64Array.from(pairs, ([given, frequency]) => given * frequency),
    ),
  );

/** Pairs of a probability out of ten and what happened, both kinds among them. */
const pairs = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 10 }), fc.boolean()), { minLength: 4, maxLength: 60 })
  .filter((list) => list.some(([, o]) => o) && list.some(([, o]) => !o))
  .map((list) => ({
    p: Float64Array.from(list, ([tenths]) => tenths / 10),
    o: Float64Array.from(list, ([, o]) => (o ? 1 : 0)),
  }));

const ratios = Float64Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/** Every derivative of a gradient against differences of the function. */
function expectGradient(
  classes: ProbabilityClasses,
  of: (classes: ProbabilityClasses) => number,
  gradient: ClassGradient,
): void {
  const step = 1e-6;
  for (const which of ['given', 'happened'] as const) {
    for (let k = 0; k < classes.given.length; k++) {
      const moved = (by: number): number => {
        const values = classes[which].slice();
        values[k]! += by;
        return of({ ...classes, [which]: values });
      };
      const slope = (moved(step) - moved(-step)) / (2 * step);
      expect(Math.abs(gradient[which][k]! - slope)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)));
    }
  }
}

describe('classes of probability', () => {
  it('a value on an edge belongs to the bin that is closed there, and both ends of the range belong to one', () => {
    const edges = Float64Array.of(0, 0.5, 1);
    expect([0, 0.5, 1].map((p) => classBetween(p, edges, 'left'))).toEqual([0, 1, 1]);
    expect([0, 0.5, 1].map((p) => classBetween(p, edges, 'right'))).toEqual([0, 0, 1]);
    expect([-0.1, 1.1, Number.NaN].map((p) => classBetween(p, edges, 'right'))).toEqual([-1, -1, -1]);
    expect(() => classesBetween(Float64Array.of(1.1), Float64Array.of(0), edges, 'left')).toThrow(/1\.1/);
  });

  it('what is made of them does not change when all weights are scaled', () => {
    fc.assert(
      fc.property(shares, fc.double({ min: 0.1, max: 1e4, noNaN: true }), (classes, factor) => {
        const scaled = {
          ...classes,
          given: classes.given.map((value) => value * factor),
          happened: classes.happened.map((value) => value * factor),
        };
        const all = (each: ProbabilityClasses) => [
          ...Object.values(brierParts(each)),
          rocArea(each),
          valueMax(each),
          sharpness(each),
          ...valueCurve(each, ratios).value,
        ];
        const [own, other] = [all(classes), all(scaled)];
        for (const [i, value] of own.entries()) expect(other[i]).toBeCloseTo(value, 11);
      }),
    );
  });
});

describe('decomposition of the Brier score', () => {
  it('reliability − resolution + uncertainty is the Brier score where every class holds one probability', () => {
    fc.assert(
      fc.property(pairs, ({ p, o }) => {
        const { reliability, resolution, uncertainty } = brierParts(classesByValue(p, o));
        const brier = p.reduce((sum, each, i) => sum + (each - o[i]!) ** 2, 0) / p.length;
        expect(reliability - resolution + uncertainty).toBeCloseTo(brier, 12);
        expect(reliability).toBeGreaterThanOrEqual(0);
        expect(resolution).toBeLessThanOrEqual(uncertainty + 1e-12);
      }),
    );
  });

  it('with the bias corrected it still adds up, and no part leaves its range', () => {
    fc.assert(
      fc.property(pairs, ({ p, o }) => {
        const classes = classesByValue(p, o);
        const [plain, corrected] = [brierParts(classes), correctedBrierParts(classes)];
        const sum = (parts: typeof plain) => parts.reliability - parts.resolution + parts.uncertainty;
        expect(sum(corrected)).toBeCloseTo(sum(plain), 12);
        expect(corrected.reliability).toBeGreaterThanOrEqual(-1e-12);
        expect(corrected.resolution).toBeGreaterThanOrEqual(-1e-12);
        expect(corrected.uncertainty).toBeLessThanOrEqual(0.25 + 1e-12);
      }),
    );
  });

  it('has no bias where nothing limits the correction: forecasts that are plainly wrong, 60 at a time', () => {
    const true4 = Float64Array.of(0.05, 0.15, 0.3, 0.5);
    const repeats = 2000;
    let [plain, corrected, squares] = [0, 0, 0];
    for (let i = 0; i < repeats; i++) {
      const u = draw(i, 120);
      const p = u.subarray(0, 60).map((value) => true4[Math.floor(value * 4)]!);
      const o = p.map((each, c) => (u[60 + c]! < each ? 1 : 0));
      const classes = classesByValue(
        p.map((each) => 1 - each),
        o,
      );
      plain += brierParts(classes).resolution / repeats;
      const { resolution } = correctedBrierParts(classes);
      corrected += resolution / repeats;
      squares += resolution ** 2 / repeats;
    }
    const truth = true4.reduce((sum, each) => sum + (each - 0.25) ** 2, 0) / 4;
    const error = Math.sqrt((squares - corrected ** 2) / repeats);
    expect(plain - truth).toBeGreaterThan(5 * error);
    expect(Math.abs(corrected - truth)).toBeLessThan(3 * error);
  });

  it('gradients agree with differences', () => {
    fc.assert(
      fc.property(shares, (classes) => {
        for (const part of ['reliability', 'resolution', 'uncertainty'] as const)
          expectGradient(classes, (each) => brierParts(each)[part], brierGradients(classes)[part]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('relative operating characteristic', () => {
  it('the area is that of the curve by trapezoids, and does not change under rising functions of probability', () => {
    fc.assert(
      fc.property(pairs, ({ p, o }) => {
        const classes = classesByValue(p, o);
        const { falseAlarmRate: f, hitRate: h } = rocCurve(classes);
        let area = 0;
        for (let i = 1; i < f.length; i++) area += ((f[i]! - f[i - 1]!) * (h[i]! + h[i - 1]!)) / 2;
        expect(rocArea(classes)).toBeCloseTo(area, 12);
        expect([f[f.length - 1], h[h.length - 1]]).toEqual([1, 1]);
        const bent = classesByValue(
          p.map((each) => each ** 3 / 2 + 0.1),
          o,
        );
        expect(rocArea(bent)).toBeCloseTo(area, 12);
        const turned = classesByValue(
          p.map((each) => 1 - each),
          o,
        );
        expect(rocArea(turned)).toBeCloseTo(1 - area, 12);
      }),
    );
  });

  it('a perfect forecast has area 1, a constant one ½, and one kind of case alone none', () => {
    const o = Float64Array.of(0, 1, 0, 1);
    expect(rocArea(classesByValue(o, o))).toBe(1);
    expect(rocArea(classesByValue(new Float64Array(4).fill(0.3), o))).toBe(0.5);
    expect(rocArea(classesByValue(o, new Float64Array(4)))).toBeNaN();
  });

  it('its gradient agrees with differences', () => {
    fc.assert(
      fc.property(shares, (classes) => expectGradient(classes, rocArea, rocAreaGradient(classes))),
      { numRuns: 30 },
    );
  });
});

describe('relative economic value', () => {
  it('lies within 0 … 1, is largest for the user whose ratio is the base rate, and 1 for perfect forecasts', () => {
    fc.assert(
      fc.property(pairs, ({ p, o }) => {
        const classes = classesByValue(p, o);
        const base = o.reduce((sum, each) => sum + each, 0) / o.length;
        const all = Float64Array.of(...ratios, base);
        const { value } = valueCurve(classes, all);
        for (const each of value) {
          expect(each).toBeGreaterThanOrEqual(-1e-12);
          expect(each).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(Math.max(...value)).toBeCloseTo(value[value.length - 1]!, 12);
        expect(valueMax(classes)).toBeCloseTo(value[value.length - 1]!, 12);
        for (const each of valueCurve(classesByValue(o, o), all).value) expect(each).toBeCloseTo(1, 12);
      }),
    );
  });

  it('who has reliable forecasts acts on the probability that is her ratio of cost to loss', () => {
    // Every probability k/10 is given alike and comes true as often as it says.
    const given = new Float64Array(11).fill(1);
    const classes = classesOfShares(
      given,
      given.map((_, k) => k / 10),
    );
    const asked = Float64Array.of(0.15, 0.35, 0.55, 0.75);
    const { threshold } = valueCurve(classes, asked);
    for (const [i, ratio] of asked.entries()) expect(threshold[i]).toBeCloseTo(ratio + 0.05, 12);
  });

  it('the gradient of its maximum agrees with differences', () => {
    // A tie of two thresholds has no derivative; these have one threshold that is clearly best.
    const classes = classesOfShares(
      Float64Array.of(0.4, 0.3, 0.2, 0.1),
      Float64Array.of(0.04, 0.09, 0.13, 0.09),
    );
    expectGradient(classes, valueMax, valueMaxGradient(classes));
  });
});

describe('reliability diagram', () => {
  const edges = Float64Array.of(0, 0.2, 0.4, 0.6, 0.8, 1);

  it('frequencies of reliable forecasts lie within their bars as often as the bars promise', () => {
    const repeats = 400;
    let inside = 0;
    let counted = 0;
    for (let i = 0; i < repeats; i++) {
      const u = draw(10_000 + i, 300);
      const p = u.subarray(0, 150).map((value) => value);
      const o = p.map((each, c) => (u[150 + c]! < each ? 1 : 0));
      const bars = resampledBars(p, edges, 'right', { seed: i, resamples: 200, confidence: 0.9 });
      for (const [k, { frequency }] of reliabilityPoints(classesBetween(p, o, edges, 'right')).entries()) {
        counted++;
        if (frequency >= bars[k]!.low && frequency <= bars[k]!.high) inside++;
      }
    }
    const error = Math.sqrt((0.9 * 0.1) / counted);
    // Frequencies are multiples of 1/n: bars with ends of their own hold a little more than they promise.
    expect(inside / counted).toBeGreaterThan(0.9 - 4 * error);
    expect(inside / counted).toBeLessThan(0.94);
  });

  it('binomial bars leave at most 2.5 % on either side, and would leave more if they were one case tighter', () => {
    const logFactorial = (n: number): number => (n < 2 ? 0 : Math.log(n) + logFactorial(n - 1));
    const mass = (n: number, k: number, p: number) =>
      Math.exp(
        logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log(1 - p),
      );
    for (const [n, p] of [
      [7, 0.1],
      [40, 0.5],
      [200, 0.03],
      [61, 0.9],
    ] as const) {
      const { low, high } = binomialBar(p, n + 0.5);
      const [first, last] = [Math.round(low * n), Math.round(high * n)];
      const sum = (from: number, to: number) => {
        let total = 0;
        for (let k = from; k <= to; k++) total += mass(n, k, p);
        return total;
      };
      expect(sum(0, first - 1)).toBeLessThan(0.025);
      expect(sum(0, first)).toBeGreaterThanOrEqual(0.025);
      expect(sum(last + 1, n)).toBeLessThanOrEqual(0.025);
      expect(sum(last, n)).toBeGreaterThan(0.025);
    }
    expect(binomialBar(0.1, 1e300)).toEqual({ low: 0.1, high: 0.1 });
    for (const n of [1e7, 1e7 + 2, 1e12]) {
      const { low, high } = binomialBar(0.1, n);
      expect((high - low) / Math.sqrt(0.09 / n) / 2).toBeCloseTo(1.96, 2);
      expect(low).toBeLessThanOrEqual(0.1);
    }
    expect(binomialBar(0, 10)).toEqual({ low: 0, high: 0 });
    expect(binomialBar(0.5, 0.9).low).toBeNaN();
  });

  it('sharpness is the variance of the probabilities, and the resolution of reliable forecasts', () => {
    const given = Float64Array.of(3, 1, 4, 1, 5);
    const happened = given.map((weight, k) => (weight * k) / 4);
    const classes = classesOfShares(given, happened);
    const parts = brierParts(classes);
    expect(parts.reliability).toBeCloseTo(0, 14);
    expect(sharpness(classes)).toBeCloseTo(parts.resolution, 14);
  });
});

describe('flatness of rank histograms', () => {
  it('contrasts are orthonormal to each other and to the constant', () => {
    for (const ranks of [3, 10, 49]) {
      const [slope, convexity] = [contrastOf(ranks, 'slope'), contrastOf(ranks, 'convexity')];
      const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
      expect(dot(slope, slope)).toBeCloseTo(1, 12);
      expect(dot(convexity, convexity)).toBeCloseTo(1, 12);
      expect(dot(slope, convexity)).toBeCloseTo(0, 12);
      expect(dot(convexity, new Float64Array(ranks).fill(1))).toBeCloseTo(0, 12);
    }
  });

  it('signs: a truth too high slopes up, too little spread is convex, and parts do not exceed the whole', () => {
    expect(flatnessPart(Float64Array.of(1, 2, 3, 4), 'slope')).toBeGreaterThan(0);
    expect(flatnessPart(Float64Array.of(4, 1, 1, 4), 'convexity')).toBeGreaterThan(0);
    expect(flatnessPart(Float64Array.of(1, 4, 4, 1), 'convexity')).toBeLessThan(0);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 3, maxLength: 20 }), (counts) => {
        const { chiSquare, slope, convexity } = flatnessTests(Float64Array.from(counts));
        expect(slope.statistic + convexity.statistic).toBeLessThanOrEqual(chiSquare.statistic + 1e-9);
      }),
    );
  });

  it('rejects flat histograms as often as it says', () => {
    const repeats = 2000;
    const rejected = { chiSquare: 0, slope: 0, convexity: 0 };
    for (let i = 0; i < repeats; i++) {
      const counts = new Float64Array(6);
      for (const u of draw(50_000 + i, 300)) counts[Math.floor(u * 6)]! += 1;
      const tests = flatnessTests(counts);
      for (const name of ['chiSquare', 'slope', 'convexity'] as const)
        if (tests[name].pValue < 0.1) rejected[name]++;
    }
    const error = Math.sqrt((0.1 * 0.9) / repeats);
    for (const count of Object.values(rejected))
      expect(Math.abs(count / repeats - 0.1)).toBeLessThan(4 * error);
  });
});

describe('probability integral transform', () => {
  it('of truths drawn from the forecast is uniform', () => {
    const counts = new Float64Array(10);
    const u = draw(90_000, 5000);
    for (const [i, each] of u.entries()) {
      const [mu, sigma] = [i % 7, 1 + (i % 3)];
      const { low, high } = pitOfNormal(mu, sigma, mu + sigma * normalQuantile(each));
      addPit(low, high, 1, counts);
    }
    expect(flatnessTests(counts).chiSquare.pValue).toBeGreaterThan(0.001);
    const wide = new Float64Array(10);
    for (const each of u) addPit(0.25 + each / 2, 0.25 + each / 2, 1, wide);
    expect(flatnessTests(wide).convexity.pValue).toBeLessThan(1e-6);
  });

  it('a jump spreads evenly over what it leaves open; nothing is lost', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        (a, b, bins) => {
          const counts = new Float64Array(bins);
          expect(addPit(Math.min(a, b), Math.max(a, b), 2, counts)).toBe(2);
          expect(counts.reduce((sum, each) => sum + each, 0)).toBeCloseTo(2, 9);
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
    const counts = new Float64Array(4);
    addPit(0.125, 0.625, 1, counts);
    expect([...counts]).toEqual([0.25, 0.5, 0.25, 0]);
    expect(addPit(Number.NaN, 0.5, 1, counts)).toBe(0);
    expect(pitOfNormal(3, 0, 3)).toEqual({ low: 0, high: 1 });
  });

  it('of an ensemble is its rank histogram where there is a bin for each rank', () => {
    const ranks = Float64Array.of(5, 1, 2, 7);
    for (const [bin, count] of pitOfRanks(ranks, 4).entries()) expect(count).toBeCloseTo(ranks[bin]!, 12);
    for (const [bin, count] of pitOfRanks(ranks, 2).entries())
      expect(count).toBeCloseTo(ranks[2 * bin]! + ranks[2 * bin + 1]!, 12);
  });
});

describe('decomposition of the CRPS', () => {
  const values = fc.integer({ min: -20, max: 20 });
  const ensembles = fc
    .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 12 }))
    .chain(([count, points]) =>
      fc.record({
        count: fc.constant(count),
        members: fc.array(values, { minLength: count * points, maxLength: count * points }),
        observed: fc.array(values, { minLength: points, maxLength: points }),
      }),
    );

  it('adds up to the CRPS of the empirical distribution, ties and constant ensembles included', () => {
    fc.assert(
      fc.property(ensembles, ({ count, members, observed }) => {
        const [x, y] = [Float64Array.from(members), Float64Array.from(observed)];
        const sums = makeCrpsSums(count);
        addCrpsSums(x, count, y, sums);
        const { crps, reliability, potential } = crpsParts(sums);
        const each = crpsEnsemble(x, count, y, { estimator: energyCrps });
        expect(crps).toBeCloseTo(each.reduce((sum, value) => sum + value, 0) / y.length, 9);
        expect(Math.min(reliability, potential)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('leaves out cases with a missing value, and of no case knows nothing', () => {
    const sums = makeCrpsSums(2);
    addCrpsSums(Float64Array.of(0, 1, Number.NaN, 3), 2, Float64Array.of(1, Number.NaN), sums);
    expect(sums.weight).toBe(0);
    addCrpsSums(Float64Array.of(0, 2), 2, Float64Array.of(1), sums);
    expect(sums.weight).toBe(1);
    expect(crpsParts(makeCrpsSums(3)).crps).toBeNaN();
  });
});
