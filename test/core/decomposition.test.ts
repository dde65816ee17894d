import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../core/random/stream.js';
import { decomposeCrps } from '../../core/statistics/kernelDecomposition.js';
import { decomposeVariance, type NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import { normalCdf, normalDensity } from '../../evaluation/scores/normal.js';

const designs: readonly NestedDesign[] = [2, 4, 8].flatMap((weightSamples) =>
  [2, 6].map((noiseStreams) => ({ weightSamples, noiseStreams })),
);
const replicates = 20_000;

interface Sources {
  readonly epistemic: number;
  readonly aleatoric: number;
}

describe('decomposition of the CRPS entropy', () => {
  it('is the double sum over pairs, within weight samples and between them', () => {
    const count = fc.integer({ min: 2, max: 9 });
    const value = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(count, count, fc.array(value, { minLength: 81, maxLength: 81 }), (K, J, pool) => {
        const members = Float64Array.from(pool.slice(0, K * J));
        const distance = (m: number, n: number): number => Math.abs(members[m]! - members[n]!);
        let [within, between] = [0, 0];
        for (let m = 0; m < K * J; m++) {
          for (let n = 0; n < m; n++) {
            if (Math.floor(m / J) === Math.floor(n / J)) within += distance(m, n);
            else between += distance(m, n);
          }
        }
        const aleatoric = within / (K * J * (J - 1));
        const total = between / (K * (K - 1) * J * J);
        const found = decomposed(decomposeCrps, members, { weightSamples: K, noiseStreams: J }, 'keep');
        expect(found.aleatoric[0]).toBeCloseTo(aleatoric, 9);
        expect(found.epistemic[0]).toBeCloseTo(total - aleatoric, 9);
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of weight samples or streams, on a shift or on the sign, and grows with scale', () => {
    const design = { weightSamples: 5, noiseStreams: 4 };
    const members = new Float64Array(20);
    normals({ seed: 3, weightSample: 0, noiseStream: 0, purpose: 'pattern', step: 0 }, members);
    const of = (values: Float64Array): number[] => {
      const { epistemic, aleatoric } = decomposed(decomposeCrps, values, design, 'keep');
      return [epistemic[0]!, aleatoric[0]!];
    };
    const [epistemic, aleatoric] = of(members) as [number, number];
    const reversed = Float64Array.from(members).reverse();
    for (const same of [reversed, members.map((x) => x + 7), members.map((x) => -x)]) {
      const [e, a] = of(same);
      expect(e).toBeCloseTo(epistemic, 12);
      expect(a).toBeCloseTo(aleatoric, 12);
    }
    expect(of(members.map((x) => 3 * x))).toEqual([
      expect.closeTo(3 * epistemic, 12),
      expect.closeTo(3 * aleatoric, 12),
    ]);
  });

  it('keeps its digits where members near 1e5 differ by tens', () => {
    const design = { weightSamples: 4, noiseStreams: 6 };
    const small = new Float64Array(24);
    normals({ seed: 4, weightSample: 0, noiseStream: 0, purpose: 'pattern', step: 0 }, small);
    // Sixteenths are exact in float32 near 1e5.
    const rounded = small.map((x) => Math.round(160 * x) / 16);
    const near = decomposed(decomposeCrps, rounded, design, 'keep');
    const far = decomposed(
      decomposeCrps,
      Float32Array.from(rounded, (x) => x + 101_325),
      design,
      'keep',
    );
    expect(far.epistemic[0]).toBeCloseTo(near.epistemic[0]!, 10);
    expect(far.aleatoric[0]).toBeCloseTo(near.aleatoric[0]!, 10);
  });

  it('says NaN where the design cannot tell, and where a member is missing', () => {
    const four = Float64Array.of(1, 2, 3, 5);
    const one = decomposed(decomposeCrps, four, { weightSamples: 1, noiseStreams: 4 }, 'cut');
    // Pairs: 1 2 4 1 3 2 over 12.
    expect([one.epistemic[0], one.aleatoric[0]]).toEqual([Number.NaN, expect.closeTo(13 / 12, 12)]);
    const single = decomposed(decomposeCrps, four, { weightSamples: 4, noiseStreams: 1 }, 'cut');
    expect([single.epistemic[0], single.aleatoric[0]]).toEqual([Number.NaN, Number.NaN]);
    for (let missing = 0; missing < 4; missing++) {
      const gap = Float64Array.from(four, (x, i) => (i === missing ? Number.NaN : x));
      const found = decomposed(decomposeCrps, gap, { weightSamples: 2, noiseStreams: 2 }, 'cut');
      expect([found.epistemic[0], found.aleatoric[0], found.negative]).toEqual([Number.NaN, Number.NaN, 0]);
    }
  });

  it('agrees with the closed form of two Gaussians that is written with a confluent hypergeometric function', () => {
    // E|X − X′| = √(σ² + τ²) √(2/π) ₁F₁(−½; ½; −Δ²/(2(σ² + τ²))), Bülte et al., kernel_entropy_uq.
    for (const [difference, first, second] of [
      [0, 1, 1],
      [1.5, 0.7, 2],
      [3, 0.5, 0.4],
    ] as const) {
      const scale = Math.hypot(first, second);
      const z = (difference * difference) / (2 * scale * scale);
      const closed = scale * Math.sqrt(2 / Math.PI) * confluent(-0.5, 0.5, -z);
      expect(meanDistance(difference, scale)).toBeCloseTo(closed, 9);
    }
  });
});

describe('both decompositions', () => {
  const gaussians = [
    { mean: -0.6, deviation: 1 },
    { mean: 0, deviation: 0.6 },
    { mean: 0.5, deviation: 1.4 },
    { mean: 1.4, deviation: 0.9 },
  ];
  const exponentials = [
    { shift: 0, scale: 1 },
    { shift: 0.4, scale: 0.5 },
    { shift: -0.5, scale: 2.2 },
  ];

  it.each(designs)(
    'recover Gaussian groups whose spread is known, $weightSamples × $noiseStreams',
    (design) => {
      const members = draw(design, 11, gaussians, ({ mean, deviation }, z) => mean + deviation * z, 'normal');
      expectRecovered(members, design, gaussianTruth(gaussians));
    },
  );

  it.each(designs)(
    'recover skewed groups, truth by integration, $weightSamples × $noiseStreams',
    (design) => {
      const members = draw(
        design,
        12,
        exponentials,
        ({ shift, scale }, u) => shift - scale * Math.log(1 - u),
        'uniform',
      );
      expectRecovered(members, design, exponentialTruth(exponentials));
    },
  );

  it.each(designs)(
    'average 0 where weights agree; the cut would not, $weightSamples × $noiseStreams',
    (design) => {
      const members = draw(design, 13, [null], (_, z) => z, 'normal');
      for (const decompose of [decomposeVariance, decomposeCrps]) {
        const kept = decomposed(decompose, members, design, 'keep');
        const cut = decomposed(decompose, members, design, 'cut');
        const { mean, error } = meanAndError(kept.epistemic);
        expect(Math.abs(mean)).toBeLessThan(4 * error);
        const biased = meanAndError(cut.epistemic);
        expect(biased.mean).toBeGreaterThan(10 * biased.error);
        const below = kept.epistemic.filter((x) => x < 0).length;
        expect([kept.negative, cut.negative]).toEqual([below, below]);
        expect(below / replicates).toBeGreaterThan(0.4);
        expect(below / replicates).toBeLessThan(0.8);
        expect(cut.epistemic.every((x, i) => x === Math.max(0, kept.epistemic[i]!))).toBe(true);
      }
    },
  );
});

function decomposed(
  decompose: typeof decomposeCrps,
  members: Float32Array | Float64Array,
  design: NestedDesign,
  negative: 'cut' | 'keep',
) {
  const points = members.length / (design.weightSamples * design.noiseStreams);
  const epistemic = new Float64Array(points);
  const aleatoric = new Float64Array(points);
  const count = decompose(members, design, epistemic, aleatoric, negative);
  return { epistemic, aleatoric, negative: count };
}

/**
 * One replicate a point: K groups drawn from the list with replacement, J members of each.
 * @param of a member of a group, from a draw of its own
 */
function draw<Group>(
  { weightSamples: K, noiseStreams: J }: NestedDesign,
  seed: number,
  groups: readonly Group[],
  of: (group: Group, x: number) => number,
  kind: 'normal' | 'uniform',
): Float64Array {
  const key = { seed: seed + 100 * K + 10 * J, weightSample: 0, noiseStream: 0, step: 0 };
  const members = new Float64Array(K * J * replicates);
  const which = new Float64Array(K * replicates);
  uniforms({ ...key, purpose: 'weights' }, which);
  if (kind === 'normal') normals({ ...key, purpose: 'pattern' }, members);
  else uniforms({ ...key, purpose: 'pattern' }, members);
  return members.map((x, i) => {
    const k = Math.floor(i / (J * replicates));
    const chosen = Math.floor(which[k * replicates + (i % replicates)]! * groups.length);
    return of(groups[chosen]!, x);
  });
}

/** Means over replicates lie within four standard errors of the truth, for both sources of both versions. */
function expectRecovered(
  members: Float64Array,
  design: NestedDesign,
  truth: { readonly variance: Sources; readonly crps: Sources },
): void {
  for (const [decompose, expected] of [
    [decomposeVariance, truth.variance],
    [decomposeCrps, truth.crps],
  ] as const) {
    const found = decomposed(decompose, members, design, 'keep');
    for (const source of ['epistemic', 'aleatoric'] as const) {
      const { mean, error } = meanAndError(found[source]);
      expect(Math.abs(mean - expected[source])).toBeLessThan(4 * error);
      // The error is small enough for that to mean something.
      expect(error).toBeLessThan(0.06 * expected.aleatoric);
    }
  }
}

function meanAndError(values: Float64Array): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(squares / values.length) };
}

/** E|N(m, s²)|. */
function meanDistance(m: number, s: number): number {
  return 2 * s * normalDensity(m / s) + m * (2 * normalCdf(m / s) - 1);
}

/** ₁F₁(a; b; x) by Kummer's transformation, whose series has one sign for x < 0. */
function confluent(a: number, b: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < 200; n++) {
    term *= ((b - a + n) * -x) / ((b + n) * (n + 1));
    sum += term;
  }
  return Math.exp(x) * sum;
}

/** Groups drawn with equal chance: closed forms. */
function gaussianTruth(groups: readonly { readonly mean: number; readonly deviation: number }[]) {
  const average = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
  const middle = average(groups.map(({ mean }) => mean));
  const pairs = groups.flatMap((a) =>
    groups.map((b) => 0.5 * meanDistance(a.mean - b.mean, Math.hypot(a.deviation, b.deviation))),
  );
  const aleatoric = average(groups.map(({ deviation }) => deviation / Math.sqrt(Math.PI)));
  return {
    variance: {
      epistemic: average(groups.map(({ mean }) => (mean - middle) ** 2)),
      aleatoric: average(groups.map(({ deviation }) => deviation ** 2)),
    },
    crps: { epistemic: average(pairs) - aleatoric, aleatoric },
  };
}

/** ½ E|X − X′| = ∫ F (1 − F) dx, by the trapezoidal rule; variances in closed form. */
function exponentialTruth(groups: readonly { readonly shift: number; readonly scale: number }[]) {
  const average = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
  const cdf = ({ shift, scale }: (typeof groups)[number], x: number): number =>
    x < shift ? 0 : 1 - Math.exp((shift - x) / scale);
  const step = 1e-3;
  let [total, within] = [0, 0];
  for (let x = -1; x < 80; x += step) {
    const each = groups.map((group) => cdf(group, x));
    const mixture = average(each);
    total += mixture * (1 - mixture) * step;
    within += average(each.map((f) => f * (1 - f))) * step;
  }
  const means = groups.map(({ shift, scale }) => shift + scale);
  const middle = average(means);
  return {
    variance: {
      epistemic: average(means.map((mean) => (mean - middle) ** 2)),
      aleatoric: average(groups.map(({ scale }) => scale ** 2)),
    },
    crps: { epistemic: total - within, aleatoric: within },
  };
}
