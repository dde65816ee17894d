/** Rows of a process: each depends on its key alone, may be remade alone, cancels with its pair, and takes no memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import { coefficientCount, orderOffset } from '../../core/sphere/legendre.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';
import {
  createIndependentFields,
  createSpectralDraws,
} from '../../perturbations/fields/independentFields.js';
import { createRandomField } from '../../perturbations/fields/randomField.js';
import {
  createSpectralProcess,
  type SpectralProcessOptions,
} from '../../perturbations/fields/spectralProcess.js';

const key: MemberKey = { seed: 11, start: Date.UTC(2007, 0, 1), weightSample: 0, noiseStream: 0 };
const keys = (count: number): MemberKey[] =>
  Array.from({ length: count }, (_, i) => ({ ...key, weightSample: i % 3, noiseStream: Math.floor(i / 3) }));
/** Equal to the bit, said at once: matchers take their time over long arrays. */
const same = (a: Float32Array | Float64Array, b: Float32Array | Float64Array): boolean =>
  Buffer.compare(bytes(a), bytes(b)) === 0;
const bytes = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const region = makeGrid([60, 50, 40], [-20, -10, 0, 10]);
const globe = makeGrid(
  Array.from({ length: 25 }, (_, i) => 90 - 7.5 * i),
  Array.from({ length: 48 }, (_, j) => 7.5 * j),
);
const grids: readonly (readonly [string, Grid])[] = [
  ['a region', region],
  ['the globe', globe],
];
const options: SpectralProcessOptions = {
  scales: [
    { amplitudes: heatKernelAmplitudes(1500), timeHours: 12 },
    { amplitudes: heatKernelAmplitudes(4000), timeHours: 0 },
  ],
  stepHours: 6,
  purpose: 'sppt',
  antithetic: false,
};

describe('coefficients', () => {
  it('are the autoregression of the draws of their key, times their amplitudes', () => {
    const process = createSpectralProcess(options);
    const streams = process.streams([key]);
    const counts = options.scales.map(({ amplitudes }) => coefficientCount(amplitudes.length - 1));
    const draws = new Float64Array(2 * (counts[0]! + counts[1]!));
    const state = new Float64Array(2 * counts[0]!);
    const [phi, degree] = [Math.exp(-0.5), process.degree];
    for (let step = 0; step < 4; step++) {
      const found = streams.next(0, 1);
      normals({ ...key, purpose: 'sppt', step }, draws);
      for (let i = 0; i < state.length; i++) {
        state[i] = step === 0 ? draws[i]! : phi * state[i]! + Math.sqrt(1 - phi * phi) * draws[i]!;
      }
      const [wide, narrow] = options.scales.map(({ amplitudes }) => amplitudes);
      const small = narrow!.length - 1;
      for (const [n, m, part] of [
        [1, 0, 0],
        [3, 2, 1],
        [small, small, 1],
        [degree, 4, 0],
        [degree, degree, 1],
      ] as const) {
        const own = part * counts[0]! + orderOffset(m, degree) + n - m;
        const other = 2 * counts[0]! + part * counts[1]! + orderOffset(m, small) + n - m;
        const expected = wide![n]! * state[own]! + (n <= small ? narrow![n]! * draws[other]! : 0);
        expect(found[own]).toBeCloseTo(expected, 14);
      }
      // sines of m = 0, and the mean
      for (let n = 0; n <= degree; n++) expect(found[counts[0]! + n]).toBe(0);
      expect(found[0]).toBe(0);
    }
  });
});

describe.each(grids)('rows on %s', (_, grid) => {
  const points = gridSize(grid);
  const field = createRandomField(grid, options);
  const steps = 3;
  const rows = 11;
  const alone = keys(rows).map((own) => {
    const streams = field.streams([own]);
    return Array.from({ length: steps }, () => {
      const out = new Float32Array(points);
      streams.next(0, 1, out);
      return out;
    });
  });

  it('are the same to the bit whichever rows are beside them, and in whatever parts they are taken', () => {
    const parts = fc.array(fc.integer({ min: 1, max: rows }), { minLength: 3 * rows, maxLength: 3 * rows });
    fc.assert(
      fc.property(parts, fc.shuffledSubarray(keys(rows), { minLength: 1 }), (sizes, chosen) => {
        const streams = field.streams(chosen);
        const all = keys(rows);
        let turn = 0;
        for (let step = 0; step < steps; step++) {
          for (let first = 0; first < chosen.length; ) {
            const count = Math.min(sizes[turn++]!, chosen.length - first);
            const out = new Float32Array(count * points);
            streams.next(first, count, out);
            for (let i = 0; i < count; i++) {
              const which = all.findIndex(
                ({ weightSample, noiseStream }) =>
                  weightSample === chosen[first + i]!.weightSample &&
                  noiseStream === chosen[first + i]!.noiseStream,
              );
              expect(same(out.subarray(i * points, (i + 1) * points), alone[which]![step]!)).toBe(true);
            }
            first += count;
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('do not depend on how far other streams have run', () => {
    const order = fc.array(fc.nat(2), { minLength: 9, maxLength: 30 });
    fc.assert(
      fc.property(order, (turns) => {
        const streams = [2, 0, 1].map((row) => ({ row, stream: field.streams([keys(3)[row]!]), step: 0 }));
        for (const turn of turns) {
          const chosen = streams[turn]!;
          if (chosen.step === steps) continue;
          const out = new Float32Array(points);
          chosen.stream.next(0, 1, out);
          expect(same(out, alone[chosen.row]![chosen.step]!)).toBe(true);
          chosen.step++;
        }
      }),
      { numRuns: 10 },
    );
  });

  it('can be remade alone: step 57 of one member', () => {
    const streams = field.streams(keys(rows));
    const out = new Float32Array(rows * points);
    for (let step = 0; step <= 57; step++) streams.next(0, rows, out);
    for (const row of [3, 9]) {
      const found = new Float32Array(points);
      field.at(keys(rows)[row]!, 57, found);
      expect(same(found, out.subarray(row * points, (row + 1) * points))).toBe(true);
    }
  });

  it('of antithetic pairs sum to zero at every point and step, and the first of a pair is what it is without', () => {
    const paired = createRandomField(grid, { ...options, antithetic: true });
    const members = Array.from({ length: 6 }, (_, noiseStream) => ({ ...key, noiseStream }));
    // together, and taken in parts that cut pairs
    const [together, cut, plain] = [paired, paired, field].map((each) => each.streams(members));
    const [all, parts, without] = [0, 1, 2].map(() => new Float32Array(6 * points));
    for (let step = 0; step < 4; step++) {
      together!.next(0, 6, all!);
      cut!.next(0, 3, parts!.subarray(0, 3 * points));
      cut!.next(3, 3, parts!.subarray(3 * points));
      plain!.next(0, 6, without!);
      expect(same(parts!, all!)).toBe(true);
      for (let pair = 0; pair < 6; pair += 2) {
        const first = all!.subarray(pair * points, (pair + 1) * points);
        const second = all!.subarray((pair + 1) * points, (pair + 2) * points);
        expect(same(first, without!.subarray(pair * points, (pair + 1) * points))).toBe(true);
        expect(first.some((value) => value !== 0)).toBe(true);
        expect(first.every((value, i) => value + second[i]! === 0)).toBe(true);
      }
      const alone = new Float32Array(points);
      paired.at(members[3]!, step, alone);
      expect(same(alone, all!.subarray(3 * points, 4 * points))).toBe(true);
    }
  });

  it('of pairs are drawn apart for every weight sample, start and seed', () => {
    const pairedOptions = { ...options, antithetic: true };
    const members = [
      key,
      { ...key, weightSample: 1 },
      { ...key, weightSample: 1, start: key.start + 3_600_000 },
      { ...key, weightSample: 1, start: key.start + 3_600_000, seed: 12 },
    ];
    const together = new Float32Array(members.length * points);
    createRandomField(grid, pairedOptions).streams(members).next(0, members.length, together);
    for (const [row, member] of members.entries()) {
      const found = new Float32Array(points);
      createRandomField(grid, pairedOptions).at(member, 0, found);
      expect(same(found, together.subarray(row * points, (row + 1) * points))).toBe(true);
    }
  });

  it('take no memory from step to step', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const streams = field.streams(keys(rows));
    const out = new Float32Array(rows * points);
    const step = (times: number): void => {
      for (let i = 0; i < times; i++) streams.next(0, rows, out);
    };
    const held = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    step(50);
    // The middle of a few times: the engine compiles and collects in its own time.
    const grown = [0, 1, 2, 3, 4].map(() => {
      const before = held();
      step(200);
      return held() - before;
    });
    // A number that every row kept at every step would take more.
    expect(grown.sort((a, b) => a - b)[2]).toBeLessThan(8 * 200 * rows);
    // Nor are arrays made and thrown away: without a collection they are all there.
    const made = [0, 1, 2, 3, 4].map(() => {
      const { arrayBuffers } = process.memoryUsage();
      step(3);
      return process.memoryUsage().arrayBuffers - arrayBuffers;
    });
    expect(Math.max(...made)).toBeLessThan(1024);
  });
});

describe('single draws of many fields', () => {
  const draws = { amplitudes: heatKernelAmplitudes(1500), purpose: 'initial', antithetic: false } as const;

  it.each(grids)('on %s hold the same first fields however many are asked for', (_, grid) => {
    const points = gridSize(grid);
    const fields = createIndependentFields(grid, draws);
    const [many, few] = [new Float32Array(19 * points), new Float32Array(3 * points)];
    fields.draw(key, 4, 19, many);
    fields.draw(key, 4, 3, few);
    expect(same(few, many.subarray(0, 3 * points))).toBe(true);
    const spectra = createSpectralDraws(draws);
    const size = 2 * coefficientCount(spectra.degree);
    const [all, some] = [new Float64Array(19 * size), new Float64Array(2 * size)];
    spectra.draw(key, 4, 0, 19, all);
    spectra.draw(key, 4, 15, 2, some);
    expect(same(some, all.subarray(15 * size, 17 * size))).toBe(true);
  });

  it('are independent from field to field, place to place and member to member, each of variance 1', () => {
    const point = makeGrid([-35], [120]);
    const n = 1500;
    const fields = createIndependentFields(point, { ...draws, amplitudes: heatKernelAmplitudes(4000) });
    const drawn = (place: number, shift: number): Float32Array[] => {
      const out = new Float32Array(12);
      const all = Array.from({ length: 12 }, () => new Float32Array(n));
      for (let i = 0; i < n; i++) {
        fields.draw({ ...key, noiseStream: i + shift }, place, 12, out);
        out.forEach((value, field) => {
          all[field]![i] = value;
        });
      }
      return all;
    };
    const covariance = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0) / n;
    const base = drawn(0, 0);
    for (const values of base) {
      expect(Math.abs(covariance(values, values) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    }
    for (const [a, b] of [
      [base[0], base[1]],
      [base[2], base[11]],
      [base[7], base[8]],
      [base[0], drawn(1, 0)[0]],
      [base[0], drawn(0, 1)[0]],
    ]) {
      expect(Math.abs(covariance(a!, b!))).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it('of antithetic pairs sum to zero', () => {
    const points = gridSize(globe);
    const fields = createIndependentFields(globe, { ...draws, antithetic: true });
    const [first, second] = [new Float32Array(9 * points), new Float32Array(9 * points)];
    fields.draw({ ...key, noiseStream: 4 }, 0, 9, first);
    fields.draw({ ...key, noiseStream: 5 }, 0, 9, second);
    const plain = new Float32Array(9 * points);
    createIndependentFields(globe, draws).draw({ ...key, noiseStream: 4 }, 0, 9, plain);
    expect(same(first, plain)).toBe(true);
    expect(first.every((value, i) => value + second[i]! === 0)).toBe(true);
  });
});

describe('times', () => {
  it('that make no stationary process are refused, saying what to give', () => {
    const of = (stepHours: number, timeHours: number): unknown =>
      createSpectralProcess({
        ...options,
        stepHours,
        scales: [{ amplitudes: heatKernelAmplitudes(1500), timeHours }],
      });
    for (const timeHours of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => of(6, timeHours)).toThrow(
        new RegExp(`time scale of the noise is ${timeHours} h; it must be 0 \\(white in time\\) or more`),
      );
    }
    for (const stepHours of [0, -6, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => of(stepHours, 6)).toThrow(/time step of the noise is .* h; it must be positive/);
    }
  });
});
