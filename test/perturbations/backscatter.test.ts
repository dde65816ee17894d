/** Backscatter: the energy it puts in, a wind without divergence and with the vorticity it says, and one vector at a pole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import {
  gaussianSize,
  makeTransform,
  type SphericalTransform,
} from '../../core/sphere/sphericalTransform.js';
import { VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import type { BackscatterSource, PerturbationContext } from '../../perturbations/source.js';
import { createBackscatter } from '../../perturbations/steps/backscatter.js';
import {
  areaWeights,
  contextOf,
  covariance,
  globe,
  increments,
  mean,
  memberKeys,
  place,
  region,
} from './stepsFixture.js';

const radius = 6371.229e3;
const stepSeconds = 6 * 3600;
const source: BackscatterSource = {
  kind: 'skeb',
  rate: 1e-5,
  timeHours: 3,
  power: -1.83,
  fromDegree: 1,
  toDegree: 10,
  antithetic: false,
};

/** Increments of a resting atmosphere, [step] of [row, channel, lat, lon]. */
function added(
  changed: Partial<BackscatterSource>,
  context: PerturbationContext,
  rows: number,
  steps: number,
  batch?: number,
): Float32Array[] {
  const perturbation = createBackscatter({ ...source, ...changed }, context);
  return increments(perturbation, context, memberKeys(rows), steps, 0, batch);
}

describe('the energy', () => {
  // both poles, exact for products of degree 24: squares of winds of degree 11
  const grid = makeGrid(
    Array.from({ length: 25 }, (_, i) => 90 - 7.5 * i),
    Array.from({ length: 48 }, (_, j) => 7.5 * j),
  );
  const weights = areaWeights(grid);
  const context = contextOf(grid, ['u500', 'v500']);
  const points = gridSize(grid);

  for (const timeHours of [0, 3, 24]) {
    it(`of an atmosphere that keeps what it is given rises by the rate, with a memory of ${timeHours} h`, () => {
      const rows = 120;
      const steps = 80;
      // the increments of a memory add up fully once it is filled
      const spinUp = timeHours === 24 ? 20 : 4;
      const streams = createBackscatter({ ...source, timeHours }, context).streams(memberKeys(rows));
      const wind = new Float32Array(rows * 2 * points);
      const energies = (): number[] =>
        Array.from({ length: rows }, (_, row) => {
          let energy = 0;
          for (let i = 0; i < 2 * points; i++) {
            energy += 0.5 * weights[i % points]! * wind[row * 2 * points + i]! ** 2;
          }
          return energy;
        });
      const advance = (count: number): number[] => {
        // a model that leaves its states as they are: what it makes is what it was given
        for (let step = 0; step < count; step++) {
          streams.apply({ firstRow: 0, rows, before: wind, after: wind, amplitude: null });
        }
        return energies();
      };
      const before = advance(spinUp);
      const after = advance(steps);
      const slopes = after.map((energy, row) => (energy - before[row]!) / (steps * stepSeconds));
      const standardError = Math.sqrt(
        slopes.reduce((sum, slope) => sum + (slope - mean(slopes)) ** 2, 0) / (rows - 1) / rows,
      );
      // the claim means something, and is met
      expect(standardError).toBeLessThan(0.05 * source.rate);
      expect(Math.abs(mean(slopes) - source.rate)).toBeLessThan(3.5 * standardError);
    });
  }

  it('is that of Berner et al. 2009 for their recursion and normalisation, harmonic by harmonic', () => {
    // ψ̂ ← (1 − α) ψ̂ + √α b nᵖ ε, b = (4π a² α ΔE/(σ_z Γ))^½: variance σ_z b² n²ᵖ/(2 − α) of real and imaginary
    // part each, and 1/2π of that for a cosine of mean square 1
    const alpha = -Math.expm1(-6 / 3);
    const degrees = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const gamma = degrees.reduce((sum, n) => sum + n * (n + 1) * (2 * n + 1) * n ** (2 * source.power), 0);
    const sigmaZ = 1 / 12;
    const b2 = (4 * Math.PI * radius ** 2 * alpha * source.rate * stepSeconds) / (sigmaZ * gamma);
    const variance = degrees.reduce((sum, n) => {
      const ofHarmonic = (sigmaZ * b2 * n ** (2 * source.power)) / (2 - alpha) / (2 * Math.PI);
      return sum + (2 * n + 1) * ((n * (n + 1)) / radius ** 2) * ofHarmonic;
    }, 0);
    const rows = 400;
    const [made] = added({}, context, rows, 1);
    const energies = Array.from({ length: rows }, (_, row) => {
      let sum = 0;
      for (let i = 0; i < 2 * points; i++) sum += weights[i % points]! * made![row * 2 * points + i]! ** 2;
      return sum;
    });
    const deviation = Math.sqrt(mean(energies.map((e) => (e - mean(energies)) ** 2)));
    expect(deviation / Math.sqrt(rows)).toBeLessThan(0.02 * variance);
    expect(Math.abs(mean(energies) - variance)).toBeLessThan((4 * deviation) / Math.sqrt(rows));
  });

  it('lies in the degrees that are forced, ∝ n²ᵖ (2n + 1) n(n + 1)', () => {
    const truncation = 15;
    const sphere = gaussianSphere(truncation);
    const rows = 150;
    const changed = { fromDegree: 4, toDegree: 12 };
    const [made] = added(changed, contextOf(sphere.grid, ['u500', 'v500']), rows, 1);
    const share = (n: number): number => n * (n + 1) * (2 * n + 1) * n ** (2 * source.power);
    const byDegree = new Float64Array(truncation + 2);
    for (let row = 0; row < rows; row++) {
      const vorticity = analysedWind(made!, row, sphere).vorticity;
      sphere.transform.degrees.forEach((n, i) => {
        if (n === 0) return;
        const square = vorticity[2 * i]! ** 2 + vorticity[2 * i + 1]! ** 2;
        byDegree[n]! += square / (n * (n + 1)) / rows;
      });
    }
    const whole = byDegree.reduce((sum, energy) => sum + energy, 0);
    let all = 0;
    for (let n = 4; n <= 12; n++) all += share(n);
    byDegree.forEach((energy, n) => {
      if (n < 4 || n > 12) expect(energy).toBeLessThan(1e-12 * whole);
      else {
        const expected = share(n) / all;
        const standardError = expected * Math.sqrt(2 / ((2 * n + 1) * rows));
        expect(Math.abs(energy / whole - expected)).toBeLessThan(5 * standardError);
      }
    });
  });
});

interface Sphere {
  readonly transform: SphericalTransform;
  readonly calculus: VectorCalculus;
  readonly grid: Grid;
}

/** Rows without poles, on which u/cos φ is known everywhere. */
function gaussianSphere(truncation: number): Sphere {
  const transform = makeTransform({ truncation, latitudes: 'gaussian', ...gaussianSize(truncation) });
  const columns = transform.longitudes;
  const grid = makeGrid(
    transform.sines.map((sine) => (Math.asin(sine) * 180) / Math.PI),
    Array.from({ length: columns }, (_, j) => (360 * j) / columns),
  );
  return { transform, calculus: new VectorCalculus(transform, radius), grid };
}

/** Divergence and vorticity of the first two channels of a row, by core/sphere, [coefficient, 2]. */
function analysedWind(
  made: Float32Array,
  row: number,
  { transform, calculus }: Sphere,
  channels = 2,
): { readonly divergence: Float64Array; readonly vorticity: Float64Array } {
  const columns = transform.longitudes;
  const points = transform.sines.length * columns;
  const block = () => ({
    values: new Float64Array(2 * transform.coefficients),
    fields: 1,
    first: 0,
    count: 1,
  });
  const spectrum = (channel: number) => {
    const at = (row * channels + channel) * points;
    const over = Float64Array.from(
      { length: points },
      (_, i) => made[at + i]! / transform.cosines[Math.floor(i / columns)]!,
    );
    const out = block();
    transform.analyze(over, 1, out.values);
    return out;
  };
  const [divergence, vorticity] = [block(), block()];
  calculus.divergenceAndVorticity(spectrum(0), spectrum(1), divergence, vorticity);
  return { divergence: divergence.values, vorticity: vorticity.values };
}

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

describe('the wind', () => {
  it('has no divergence, and the vorticity that vorticity channels are given', () => {
    const sphere = gaussianSphere(15);
    const { transform, grid } = sphere;
    const context = contextOf(grid, ['u500', 'v500', 'vo_ml1', 'vo850']);
    const points = gridSize(grid);
    for (const step of added({}, context, 2, 3)) {
      for (let row = 0; row < 2; row++) {
        const { divergence, vorticity } = analysedWind(step, row, sphere, 4);
        expect(norm(divergence)).toBeLessThan(1e-6 * norm(vorticity));
        const spectrum = new Float64Array(2 * transform.coefficients);
        const given = step.subarray((4 * row + 2) * points, (4 * row + 3) * points);
        transform.analyze(Float64Array.from(given), 1, spectrum);
        expect(norm(vorticity.map((value, i) => value - spectrum[i]!))).toBeLessThan(1e-6 * norm(spectrum));
        expect(step.subarray((4 * row + 3) * points, (4 * row + 4) * points)).toEqual(given);
      }
    }
  });

  it('is the same at all levels, weaker at 10 m, and nothing else is changed', () => {
    const names = [
      'z500',
      'u250',
      'v250',
      't850',
      'u850',
      'v850',
      'msl',
      'u10',
      'v10',
      'd_ml1',
      't_ml1',
      'lnsp',
    ];
    const [made] = added({}, contextOf(globe, names), 1, 1);
    const points = gridSize(globe);
    const field = (name: string): Float32Array => {
      const at = names.indexOf(name) * points;
      return made!.subarray(at, at + points);
    };
    expect(field('u850')).toEqual(field('u250'));
    expect(field('v850')).toEqual(field('v250'));
    // at 10 m by the logarithmic profile over the open sea, of the same share everywhere
    const share = field('u10')[100]! / field('u250')[100]!;
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(0.8);
    for (const component of ['u', 'v']) {
      field(`${component}10`).forEach((value, i) => {
        expect(value).toBeCloseTo(share * field(`${component}250`)[i]!, 6);
      });
    }
    for (const name of ['z500', 't850', 'msl', 'd_ml1', 't_ml1', 'lnsp']) {
      expect(field(name).every((value) => value === 0)).toBe(true);
    }
    expect(mean(field('u250').map(Math.abs))).toBeGreaterThan(0.05);
  });

  it('is one vector at each pole, to which the rows beside it lead', () => {
    const latitudes = [90, 89.999, 0, -89.999, -90];
    const grid = makeGrid(latitudes, globe.longitudes);
    const [made] = added({}, contextOf(grid, ['u500', 'v500']), 1, 1);
    const points = gridSize(grid);
    // of the plane that touches the pole: first axis towards 0°E, second towards 90°E
    const vector = (row: number, column: number): [number, number] => {
      const [u, v] = [made![row * 24 + column]!, made![points + row * 24 + column]!];
      const longitude = (globe.longitudes[column]! * Math.PI) / 180;
      const outward = row < 2 ? -v : v;
      return [
        outward * Math.cos(longitude) - u * Math.sin(longitude),
        outward * Math.sin(longitude) + u * Math.cos(longitude),
      ];
    };
    for (const [pole, beside] of [
      [0, 1],
      [4, 3],
    ] as const) {
      const [x, y] = vector(pole, 0);
      const speed = Math.hypot(x, y);
      expect(speed).toBeGreaterThan(1e-3);
      for (let column = 0; column < 24; column++) {
        const [atPole, near] = [vector(pole, column), vector(beside, column)];
        expect(Math.hypot(atPole[0] - x, atPole[1] - y)).toBeLessThan(1e-6 * speed);
        expect(Math.hypot(near[0] - x, near[1] - y)).toBeLessThan(2e-3 * speed);
      }
    }
  });

  it('is on a region what it is on the globe around it', () => {
    const part = makeGrid([60, 45, 30], [-15, 0, 15]);
    const [whole] = added({}, contextOf(globe, ['u500', 'v500']), 1, 1);
    const [made] = added({}, contextOf(part, ['u500', 'v500']), 1, 1);
    for (let channel = 0; channel < 2; channel++) {
      for (let row = 0; row < 3; row++) {
        for (let column = 0; column < 3; column++) {
          const expected = whole![channel * 312 + (2 + row) * 24 + ((23 + column) % 24)]!;
          expect(made![channel * 9 + row * 3 + column]).toBeCloseTo(expected, 5);
        }
      }
    }
  });

  it('has one variance in all places and directions, from the first step on, and forgets as exp(−Δt/τ)', () => {
    const rows = 6000;
    const steps = added({ timeHours: 12, toDegree: 4 }, contextOf(place, ['u500', 'v500']), rows, 4);
    const [u, v] = [0, 1].map((channel) =>
      steps.map((step) => Float64Array.from({ length: rows }, (_, row) => step[2 * row + channel]!)),
    );
    const persistence = Math.exp(-6 / 12);
    // ½(u² + v²) a step such that its sum over lags is the rate
    const variance = (source.rate * stepSeconds * (1 - persistence)) / (1 + persistence);
    for (const wind of [u!, v!]) {
      for (const [from, to] of [
        [0, 0],
        [3, 3],
        [0, 1],
        [2, 3],
        [1, 3],
      ] as const) {
        const expected = variance * persistence ** (to - from);
        const standardError = Math.sqrt((variance ** 2 + expected ** 2) / rows);
        expect(Math.abs(covariance(wind[from]!, wind[to]!) - expected)).toBeLessThan(5 * standardError);
      }
    }
    expect(Math.abs(covariance(u![0]!, v![0]!))).toBeLessThan((5 * variance) / Math.sqrt(rows));
  });
});

describe('a row', () => {
  it('is the same to the bit whichever rows are beside it', () => {
    const context = contextOf(region, ['u500', 'v500', 'vo_ml1']);
    const together = added({}, context, 19, 3);
    const length = 3 * gridSize(region);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 19 }), fc.nat(18), (batch, row) => {
        expect(added({}, context, 19, 3, batch)).toEqual(together);
        const alone = increments(createBackscatter(source, context), context, [memberKeys(19)[row]!], 3, 0);
        alone.forEach((step, t) => {
          expect(step).toEqual(together[t]!.subarray(row * length, (row + 1) * length));
        });
      }),
      { numRuns: 8 },
    );
  });

  it('adds up to nothing with its antithetic twin', () => {
    const length = 2 * gridSize(globe);
    for (const step of added({ antithetic: true }, contextOf(globe, ['u500', 'v500']), 2, 3)) {
      expect(step.subarray(0, length)).toEqual(step.subarray(length).map((value) => -value));
    }
  });
});

describe('requests', () => {
  const create = (changed: Partial<BackscatterSource>, names = ['u500', 'v500'], grid = globe): unknown =>
    createBackscatter({ ...source, ...changed }, contextOf(grid, names));

  it('that mean nothing are refused by the name of their parameter', () => {
    expect(() => create({ rate: 0 })).toThrow(/rate is 0 m² s⁻³; it must be positive/);
    expect(() => create({ rate: Number.NaN })).toThrow(/rate is NaN/);
    expect(() => create({ timeHours: -3 })).toThrow(/-3 h/);
    expect(() => create({ power: Number.NaN })).toThrow(/power of the spectrum is NaN/);
    expect(() => create({ fromDegree: 0 })).toThrow(/degrees of the spectrum run from 0 to 10/);
    expect(() => create({ fromDegree: 11 })).toThrow(/run from 11 to 10/);
    expect(() => create({ toDegree: 1001 })).toThrow(/run to 1001; at most 1000/);
  });

  it('of a model without wind are refused, and of half a wind', () => {
    expect(() => create({}, ['z500', 'msl'])).toThrow(
      /no wind among the channels of the model \(z500, msl\)/,
    );
    expect(() => create({}, ['u500', 'v850'])).toThrow(/u500/);
  });

  it('of degrees that the grid cannot show are noted', () => {
    const notes = (toDegree: number): readonly string[] | undefined =>
      createBackscatter({ ...source, toDegree }, contextOf(globe, ['u500', 'v500'])).notes;
    // 13 rows with both poles hold fields up to degree 11, and so do 24 columns
    expect(notes(11)).toEqual([]);
    expect(notes(12)).toEqual([expect.stringMatching(/to-degree is 12.*up to 11.*set to-degree=11/)]);
  });
});
