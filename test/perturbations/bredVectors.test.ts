/** Bred vectors of models whose errors grow in a known way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { ForecastRows, MemberKey } from '../../core/interfaces.js';
import type { Channel, Schema } from '../../core/schema.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';
import { createIndependentFields } from '../../perturbations/fields/independentFields.js';
import { createBredVectors, defaultSeedChannel } from '../../perturbations/initial/bredVectors.js';
import type { BredVectorSource, PerturbationContext } from '../../perturbations/source.js';

const globe = makeGrid(
  Array.from({ length: 19 }, (_, i) => 90 - 10 * i),
  Array.from({ length: 24 }, (_, j) => 15 * j),
);
const hour = 3_600_000;
const start = Date.UTC(2007, 0, 10);
const z500: Channel = { variable: 'z', level: 500, unit: 'm2 s-2' };
const t850: Channel = { variable: 't', level: 850, unit: 'K' };

const usual: BredVectorSource = {
  kind: 'bred',
  amplitude: 0.35,
  cycles: 3,
  cycleHours: 6,
  seedChannel: 'z500',
  seedLengthKm: 2000,
  seedAmplitude: 1,
  antithetic: true,
  errors: { z500: 200, t850: 2 },
  errorsOf: 'a test',
};

function contextOf(grid: Grid, channels: readonly Channel[], stepHours = 6): PerturbationContext {
  const schema: Schema = { grid, channels };
  return { schema, stepHours, pressures: channels.map(() => 500), spread: [], pool: null, rotate: false };
}

const keysOf = (samples: readonly number[], streams: readonly number[]): MemberKey[] =>
  samples.flatMap((weightSample) =>
    streams.map((noiseStream) => ({ seed: 7, start, weightSample, noiseStream })),
  );

/** One step of one row. @param history newest first */
type Law = (history: readonly Float32Array[], weightSample: number) => Float32Array;

interface Call {
  readonly history: readonly Float32Array[];
  readonly validTime: number;
  readonly steps: number;
}

function forecastOf(law: Law, length: number, samples: readonly number[], calls: Call[] = []): ForecastRows {
  return async (history, validTime, steps) => {
    calls.push({ history: history.map((states) => states.slice()), validTime, steps });
    const rows = history[0]!.length / length;
    let states = history.map((all) => all.slice());
    for (let step = 0; step < steps; step++) {
      const next = new Float32Array(rows * length);
      for (let row = 0; row < rows; row++) {
        const own = states.map((all) => all.subarray(row * length, (row + 1) * length));
        next.set(law(own, samples[Math.floor((row * samples.length) / rows)]!), row * length);
      }
      states = [next, ...states.slice(0, -1)];
    }
    return states;
  };
}

interface Bred {
  /** What was added, by age, [row, channel, lat, lon]. */
  readonly added: readonly Float32Array[];
  readonly calls: readonly Call[];
}

/** Analyses are 0 unless given, so that nothing is rounded off. */
async function breed(
  source: BredVectorSource,
  context: PerturbationContext,
  law: Law,
  options: {
    readonly samples?: readonly number[];
    readonly streams?: readonly number[];
    readonly history?: number;
    readonly place?: number;
    readonly analysis?: (age: number, at: number) => number;
  } = {},
): Promise<Bred> {
  const { samples = [0], streams = [0], history = 1, place = 0, analysis = () => 0 } = options;
  const length = context.schema.channels.length * gridSize(context.schema.grid);
  const perturbation = createBredVectors(source, context, place);
  const keys = keysOf(samples, streams);
  const analyses = Array.from({ length: history + perturbation.stepsBack }, (_, age) =>
    Float32Array.from({ length }, (_, at) => analysis(age, at)),
  );
  const states = analyses
    .slice(0, history)
    .map((state) => Float32Array.from({ length: keys.length * length }, (_, at) => state[at % length]!));
  const calls: Call[] = [];
  await perturbation.add({ keys, states, analyses, forecast: forecastOf(law, length, samples, calls) });
  const added = states.map((all, age) => all.map((value, at) => value - analyses[age]![at % length]!));
  return { added, calls };
}

/** Root mean square by the area of rows, sin of their edges, of those that a test takes. */
function size(field: ArrayLike<number>, grid: Grid, within: (latitude: number) => boolean): number {
  const { latitudes, longitudes } = grid;
  const spacing = latitudes[0]! - latitudes[1]!;
  const sine = (degrees: number) => Math.sin((Math.max(-90, Math.min(90, degrees)) * Math.PI) / 180);
  let [sum, area] = [0, 0];
  latitudes.forEach((latitude, row) => {
    if (!within(latitude)) return;
    const band = sine(latitude + spacing / 2) - sine(latitude - spacing / 2);
    for (let column = 0; column < longitudes.length; column++) {
      sum += band * field[row * longitudes.length + column]! ** 2;
      area += band;
    }
  });
  return Math.sqrt(sum / area);
}
const north = (latitude: number) => latitude >= 20;
const south = (latitude: number) => latitude <= -20;

/** Waves m = 0 … 12 of one row of 24 values grow by rates of their own: the discrete Fourier sum as it stands. */
function growWaves(row: ArrayLike<number>, rate: (m: number) => number): number[] {
  const n = row.length;
  return Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let m = 0; m <= n / 2; m++) {
      let [cosine, sine] = [0, 0];
      for (let k = 0; k < n; k++) {
        cosine += row[k]! * Math.cos((2 * Math.PI * m * k) / n);
        sine += row[k]! * Math.sin((2 * Math.PI * m * k) / n);
      }
      const share = m === 0 || m === n / 2 ? 1 / n : 2 / n;
      sum +=
        rate(m) *
        share *
        (cosine * Math.cos((2 * Math.PI * m * j) / n) + sine * Math.sin((2 * Math.PI * m * j) / n));
    }
    return sum;
  });
}

function byRows(field: ArrayLike<number>, change: (row: number[]) => number[]): Float32Array {
  const all = Array.from(field);
  return Float32Array.from(
    Array.from({ length: all.length / 24 }, (_, row) => change(all.slice(24 * row, 24 * row + 24))).flat(),
  );
}

function seedField(source: BredVectorSource, grid: Grid, key: MemberKey, place = 0): Float32Array {
  const sigma = source.seedAmplitude * source.errors[source.seedChannel]!;
  const amplitudes = heatKernelAmplitudes(source.seedLengthKm).map((each) => sigma * each);
  const field = new Float32Array(gridSize(grid));
  createIndependentFields(grid, { amplitudes, purpose: 'initial', antithetic: false }).draw(
    key,
    place,
    1,
    field,
  );
  return field;
}

describe('bred vectors of a linear model', () => {
  const one = contextOf(globe, [z500]);
  const rate = (m: number) => (m === 3 ? 2 : 0.5);
  const law: Law = ([state]) => byRows(state!, (row) => growWaves(row, rate));

  it.each([1, 2, 4])('are M^n of the seed, scaled in each cap: %i cycles', async (cycles) => {
    const { added } = await breed({ ...usual, cycles }, one, law);
    const seed = seedField(usual, globe, keysOf([0], [0])[0]!);
    const grown = byRows(seed, (row) => growWaves(row, (m) => rate(m) ** cycles));
    const target = 0.35 * 200;
    for (const cap of [north, south]) {
      const factor = target / size(grown, globe, cap);
      globe.latitudes.forEach((latitude, row) => {
        if (!cap(latitude)) return;
        for (let at = 24 * row; at < 24 * row + 24; at++) {
          expect(Math.abs(added[0]![at]! - factor * grown[at]!)).toBeLessThan(1e-4 * target);
        }
      });
    }
  });

  it('turn to the mode that grows fastest: what is not of it falls to a quarter each cycle', async () => {
    const outside = async (cycles: number): Promise<number> => {
      const { added } = await breed({ ...usual, cycles }, one, law);
      const rest = byRows(added[0]!, (row) => growWaves(row, (m) => (m === 3 ? 0 : 1)));
      const mode = byRows(added[0]!, (row) => growWaves(row, (m) => (m === 3 ? 1 : 0)));
      return size(rest, globe, north) / size(mode, globe, north);
    };
    const shares = [await outside(1), await outside(2), await outside(3), await outside(5)];
    expect(shares[1]! / shares[0]!).toBeCloseTo(1 / 4, 3);
    expect(shares[2]! / shares[1]!).toBeCloseTo(1 / 4, 3);
    expect(shares[3]!).toBeLessThan(0.01);
  });

  it('with two states of history have the ages of its growing mode: 1 : 1/r, r = (a + √(a² + 4b))/2', async () => {
    const [a, b] = [1.2, 0.5];
    const twoAges: Law = ([newest, previous]) => newest!.map((x, i) => a * x + b * previous![i]!);
    for (const cycles of [1, 3, 12]) {
      const { added, calls } = await breed({ ...usual, cycles, cycleHours: 12 }, one, twoAges, {
        history: 2,
      });
      expect(calls.every(({ steps }) => steps === 2)).toBe(true);
      // y₋₁ = y₀ = 1, two steps a cycle
      let [y, before] = [1, 1];
      for (let step = 0; step < 2 * cycles; step++) [y, before] = [a * y + b * before, y];
      const at = 24 * 4 + 7;
      expect(added[1]![at]! / added[0]![at]!).toBeCloseTo(before / y, 5);
      if (cycles === 12) expect(before / y).toBeCloseTo(2 / (a + Math.sqrt(a * a + 4 * b)), 6);
      expect(size(added[0]!, globe, north)).toBeCloseTo(70, 3);
    }
  });
});

/** Errors of the two channels grow together, and faster in the north. */
const coupled: Law = ([state]) => {
  const half = state!.length / 2;
  return state!.map((_, at) => {
    const point = at % half;
    const [z, t] = [state![point]!, state![half + point]!];
    const growth = 1.5 + globe.latitudes[Math.floor(point / 24)]! / 180;
    return at < half ? growth * z + 3 * t : 0.004 * z + growth * t + 1e-6 * z * z;
  });
};
const two = contextOf(globe, [z500, t850]);
const points = gridSize(globe);

describe('the size of bred vectors', () => {
  it('is the asked share of the table in both caps, channel by channel, for any share and table', async () => {
    const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        positive,
        positive,
        positive,
        fc.integer({ min: 1, max: 4 }),
        async (z, t, share, cycles) => {
          const source = { ...usual, amplitude: share, cycles, errors: { z500: z, t850: t } };
          const { added } = await breed(source, two, coupled, { streams: [0, 3] });
          for (let field = 0; field < 4; field++) {
            const values = added[0]!.subarray(field * points, (field + 1) * points);
            const target = share * (field % 2 === 0 ? z : t);
            expect(size(values, globe, north) / target).toBeCloseTo(1, 5);
            expect(size(values, globe, south) / target).toBeCloseTo(1, 5);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('goes over linearly between 20°N and 20°S', async () => {
    const law: Law = ([state]) =>
      state!.map((x, at) => x * (globe.latitudes[Math.floor(at / 24)]! > 0 ? 8 : 2));
    const { added } = await breed({ ...usual, cycles: 1 }, contextOf(globe, [z500]), law);
    const seed = seedField(usual, globe, keysOf([0], [0])[0]!);
    const factor = (latitude: number): number => {
      const at = 24 * globe.latitudes.indexOf(latitude) + 5;
      return added[0]![at]! / seed[at]! / (latitude > 0 ? 8 : 2);
    };
    const [fromNorth, fromSouth] = [factor(50), factor(-50)];
    expect(fromSouth / fromNorth).toBeGreaterThan(2);
    for (const latitude of [90, 20, 10, 0, -10, -20, -90]) {
      const share = Math.max(0, Math.min(1, (latitude + 20) / 40));
      expect(factor(latitude) / (fromSouth + share * (fromNorth - fromSouth))).toBeCloseTo(1, 4);
    }
  });

  it.each([
    ['north of 20°', [60, 50, 40, 30], () => true],
    ['across the equator with a northern cap alone', [50, 40, 30, 20, 10, 0, -10], north],
    ['in the tropics', [10, 0, -10], () => true],
  ] as const)('on a region %s has one factor, from what is there', async (_, latitudes, within) => {
    const region = makeGrid(latitudes, [0, 10, 20, 30, 40]);
    const { added } = await breed(usual, contextOf(region, [z500]), ([state]) => state!.map((x) => 1.7 * x));
    expect(size(added[0]!, region, within)).toBeCloseTo(70, 3);
    const seed = seedField(usual, region, keysOf([0], [0])[0]!);
    const factors = Array.from(added[0]!, (value, at) => value / seed[at]!);
    for (const factor of factors) expect(factor / factors[0]!).toBeCloseTo(1, 4);
  });

  it('is 0 where the table has 0, and where the model lets nothing grow', async () => {
    const still: Law = ([state]) => state!.map((x, at) => (at < points ? 2 * x : 280));
    const constant = await breed(usual, two, still, { analysis: (_, at) => (at < points ? 0 : 280) });
    expect(constant.added[0]!.subarray(points).every((value) => value === 0)).toBe(true);
    expect(constant.added[0]!.subarray(0, points).some((value) => value !== 0)).toBe(true);
    const untold = await breed({ ...usual, errors: { z500: 200, t850: 0 } }, two, coupled);
    expect(untold.added[0]!.subarray(points).every((value) => value === 0)).toBe(true);
    expect(untold.added[0]!.subarray(0, points).some((value) => value !== 0)).toBe(true);
  });
});

describe('the cycles of bred vectors', () => {
  it('start from the analyses of their time, perturbed and not, one unperturbed row a weight sample', async () => {
    const analysis = (age: number, at: number) => 1000 * age + (at % 7);
    const { calls } = await breed({ ...usual, cycleHours: 12 }, two, coupled, {
      samples: [3, 4],
      streams: [0, 1, 2, 3, 4, 5],
      history: 2,
      analysis,
    });
    expect(calls.map(({ validTime }) => (validTime - start) / hour)).toEqual([-36, -24, -12]);
    calls.forEach(({ history, steps }, cycle) => {
      expect(steps).toBe(2);
      history.forEach((states, age) => {
        const length = 2 * points;
        // three pairs and an unperturbed row, for each of two samples
        expect(states.length / length).toBe(8);
        const stepsBack = 2 * (3 - cycle) + age;
        for (const row of [3, 7]) {
          expect(states.slice(row * length, (row + 1) * length)).toEqual(
            Float32Array.from({ length }, (_, at) => analysis(stepsBack, at)),
          );
        }
        for (const row of [0, 1, 2, 4, 5, 6]) {
          const perturbed = states.subarray(row * length, row * length + points);
          const by = perturbed.map((value, at) => value - analysis(stepsBack, at));
          // the seed, then what the newest state's cap was scaled to the cycle before
          if (cycle > 0 && age === 0) expect(size(by, globe, north)).toBeCloseTo(70, 1);
          else expect(size(by, globe, () => true)).toBeGreaterThan(20);
        }
      });
    });
  });

  it('ask for the analyses of all cycles', () => {
    expect(createBredVectors({ ...usual, cycles: 5, cycleHours: 12 }, two).stepsBack).toBe(10);
  });

  it('breed each weight sample with its own weights', async () => {
    const law: Law = ([state], sample) =>
      byRows(state!, (row) => growWaves(row, (m) => (m === sample ? 4 : 0.5)));
    const { added } = await breed({ ...usual, cycles: 4 }, contextOf(globe, [z500]), law, {
      samples: [2, 5],
    });
    for (const [row, sample] of [2, 5].entries()) {
      const own = added[0]!.subarray(row * points, (row + 1) * points);
      const rest = byRows(own, (values) => growWaves(values, (m) => (m === sample ? 0 : 1)));
      expect(size(rest, globe, north)).toBeLessThan(0.02 * size(own, globe, north));
    }
  });
});

describe('members with bred vectors', () => {
  const streams = [0, 1, 2, 3, 4, 5];

  it('come in pairs whose mean is the analysis; without antithetic each has its own', async () => {
    const { added } = await breed(usual, two, coupled, { streams });
    const row = (j: number, from = added[0]!) => from.subarray(j * 2 * points, (j + 1) * 2 * points);
    for (const j of [0, 2, 4]) expect(row(j + 1)).toEqual(row(j).map((value) => -value));
    expect(row(2)).not.toEqual(row(0));
    const single = (await breed({ ...usual, antithetic: false }, two, coupled, { streams })).added[0]!;
    expect(row(0, single)).toEqual(row(0));
    expect(row(1, single)).not.toEqual(row(1));
    expect(row(1, single)).not.toEqual(row(0));
  });

  it('are the same to the bit whatever members are made beside them', async () => {
    const whole = (await breed(usual, two, coupled, { samples: [3, 4], streams })).added[0]!;
    for (const [k, sample] of [3, 4].entries()) {
      for (const j of streams) {
        const alone = await breed(usual, two, coupled, { samples: [sample], streams: [j] });
        const at = (k * streams.length + j) * 2 * points;
        expect(alone.added[0]).toEqual(whole.slice(at, at + 2 * points));
      }
    }
  });

  it('draw other seeds at another place of the list', async () => {
    const first = await breed(usual, two, coupled);
    const second = await breed(usual, two, coupled, { place: 1 });
    expect(second.added[0]).not.toEqual(first.added[0]);
  });
});

describe('bred vectors that cannot be', () => {
  const refused = (change: Partial<BredVectorSource>, context = two) =>
    expect(() => createBredVectors({ ...usual, ...change }, context));

  it('are refused with the parameter and what to give instead', () => {
    refused({ cycleHours: 6 }, contextOf(globe, two.schema.channels, 24)).toThrow(
      "a cycle of 6 h is no whole number of the model's steps of 24 h; give cycle-hours=24",
    );
    refused({ cycleHours: 15 }).toThrow('give cycle-hours=12 or 18');
    refused({ cycleHours: -6 }).toThrow('give cycle-hours=6');
    refused({ cycleHours: Number.NaN }).toThrow('give cycle-hours=6');
    refused({ cycles: 0 }).toThrow('cycles is 0; it must be a whole number, 1 or more');
    refused({ cycles: 1.5 }).toThrow('cycles is 1.5');
    refused({ amplitude: 0 }).toThrow('amplitude is 0; it must be a number above 0');
    refused({ seedAmplitude: Number.NaN }).toThrow('seed-amplitude is NaN');
    refused({ seedChannel: 'q700' }).toThrow(
      'no channel "q700" to put the seed on; it has z500, t850: give seed-channel=z500',
    );
    refused({ seedLengthKm: 500 }).toThrow('below the 1668 km between points');
    refused({ errors: { z500: 1 } }).toThrow(
      "(a test) lacks t850 of the model's channels; make one for this model with plume errors",
    );
    refused({ errors: { z500: 1, t850: -1 } }).toThrow('has -1 for t850; it must be a number, 0 or more');
    refused({ errors: { z500: 0, t850: 1 } }).toThrow("has 0 for the seed's channel z500");
  });

  it('say that a model does not read the channel of the seed', async () => {
    const deaf: Law = ([state]) => state!.map((x, at) => (at < points ? 0 : 2 * x));
    await expect(breed(usual, two, deaf)).rejects.toThrow(
      "a cycle after the seed of 200 m2 s-2 on z500, the model's forecast is as without it; choose another seed-channel",
    );
  });

  it('say in which cycle a forecast broke', async () => {
    let calls = 0;
    const law: Law = ([state]) => state!.map((x) => (++calls > 3 * 2 * points ? Number.NaN : 2 * x));
    await expect(breed(usual, two, law, { samples: [4] })).rejects.toThrow(
      'start 2007-01-10T00Z: a forecast with weight sample 4 stopped being finite in breeding cycle 2',
    );
  });
});

describe('the seed where nobody says', () => {
  const named = (...names: readonly string[]) => ({
    channels: names.map((name) => {
      const match = /^([ztuv])(\d+)$/.exec(name);
      return { variable: match?.[1] ?? name, level: match === null ? null : Number(match[2]), unit: '1' };
    }),
  });

  it('is on z500, a geopotential, the pressure, the first channel, or vorticity half-way down a model of levels', () => {
    expect(defaultSeedChannel(named('msl', 't850', 'z850', 'z500'))).toBe('z500');
    expect(defaultSeedChannel(named('msl', 't850', 'z850', 'z250'))).toBe('z850');
    expect(defaultSeedChannel(named('t850', 'msl'))).toBe('msl');
    expect(defaultSeedChannel(named('u850', 't850'))).toBe('u850');
    const levels = [1, 2, 3, 4, 5, 6, 7, 8].map((k) => `vo_ml${k}`);
    expect(defaultSeedChannel(named('z500', ...levels, 'd_ml1', 'lnsp'))).toBe('vo_ml4');
  });

  it('on a channel that a model of levels diagnoses is refused', () => {
    const channels = [z500, ...named('vo_ml1', 'vo_ml2', 'lnsp').channels];
    const errors = { z500: 1, vo_ml1: 1, vo_ml2: 1, lnsp: 1 };
    expect(() => createBredVectors({ ...usual, errors }, contextOf(globe, channels))).toThrow(
      "does not read the seed's channel z500; give seed-channel=vo_ml1",
    );
    expect(() =>
      createBredVectors({ ...usual, errors, seedChannel: 'lnsp' }, contextOf(globe, channels)),
    ).not.toThrow();
  });
});
