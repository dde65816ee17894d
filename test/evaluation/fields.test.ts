/** Scores of whole fields: spectra of known waves, energy and variogram scores against their definitions, stretches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid, pointWeights, rowWeights } from '../../core/grid.js';
import { distanceKm } from '../../core/sphere/distance.js';
import { distancesBetween, evenPoints } from '../../evaluation/fields/evenPoints.js';
import {
  createFieldScores,
  type FieldResult,
  type FieldScoreOptions,
} from '../../evaluation/fields/fieldScores.js';
import { pairBlocks } from '../../evaluation/fields/pairBlocks.js';
import { rowPower } from '../../evaluation/fields/rowPower.js';
import { spectrumBands, wavelengthKm } from '../../evaluation/fields/zonalSpectrum.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { energyScore } from '../../evaluation/scores/energyScore.js';
import { variogramScore } from '../../evaluation/scores/variogramScore.js';
import { expectClose, expectedOf, flat, goldenCases, whyGoldenIsSkipped } from './golden.js';
import { seededNormals } from './memoryArchive.js';

const even = (n: number, from: number, step: number) => Array.from({ length: n }, (_, i) => from + i * step);
const globe = (rows: number, columns: number): Grid =>
  makeGrid(even(rows, 90 - 90 / rows, -180 / rows), even(columns, 0, 360 / columns));
const europe = makeGrid(even(9, 60, -2), even(14, -10, 2));

function randomFields(grid: Grid, members: number, seed: number, offset = 0) {
  const normal = seededNormals(seed);
  const points = gridSize(grid);
  const signal = Float32Array.from({ length: points }, normal);
  return {
    members: Float32Array.from(
      { length: members * points },
      (_, i) => offset + signal[i % points]! + 0.7 * normal(),
    ),
    truth: Float32Array.from({ length: points }, (_, i) => offset + signal[i]! + 0.7 * normal()),
  };
}

/** Scores a field given in stretches of so many rows. */
function score(
  grid: Grid,
  regions: readonly Float64Array[],
  { members, truth }: { members: Float32Array; truth: Float32Array },
  options: FieldScoreOptions = {},
  rowsAtATime = grid.latitudes.length,
  independent?: (a: number, b: number) => boolean,
): FieldResult {
  const points = truth.length;
  const count = members.length / points;
  const fields = createFieldScores(grid, regions, count, options);
  const total = new Float64Array(fields.size);
  const sums = new Float64Array(fields.size);
  const step = rowsAtATime * grid.longitudes.length;
  for (let from = 0; from < points; from += step) {
    const to = Math.min(from + step, points);
    const n = to - from;
    // Rows of a slot are longer than the stretch, as they are where many stretches share one.
    const memberStride = n + 3;
    const slot = new Float32Array(count * memberStride).fill(Number.NaN);
    for (let m = 0; m < count; m++)
      slot.set(members.subarray(m * points + from, m * points + to), m * memberStride);
    fields.sums({ members: slot, memberStride, truth: truth.subarray(from, to), from, to }, sums);
    for (let i = 0; i < total.length; i++) total[i]! += sums[i]!;
  }
  return fields.result(total, independent);
}

describe('power of a row', () => {
  it('is that of the sums as they are written, circles and open rows, of any length', () => {
    const normal = seededNormals(3);
    for (const n of [1, 2, 3, 4, 5, 6, 7, 12, 14, 15, 33, 64, 90, 97]) {
      for (const closed of [true, false]) {
        const rows = [0, 1].map(() => Float64Array.from({ length: n }, () => 3 + normal()));
        const { count, ofTwo } = rowPower(n, closed);
        const powers = [new Float64Array(count), new Float64Array(count)];
        ofTwo(rows[0]!, rows[1]!, powers[0]!, powers[1]!);
        for (const [i, row] of rows.entries()) {
          for (let k = 0; k < count; k++) {
            let [re, im] = [0, 0];
            for (let l = 0; l < n; l++) {
              const angle = closed ? (2 * Math.PI * k * l) / n : (Math.PI * k * (2 * l + 1)) / (2 * n);
              re += row[l]! * Math.cos(angle);
              if (closed) im += row[l]! * Math.sin(angle);
            }
            const once = k === 0 || (closed && 2 * k === n);
            expect(powers[i]![k], `${n} ${closed} ${k}`).toBeCloseTo(
              ((once ? 1 : 2) * (re * re + im * im)) / (n * n),
              11,
            );
          }
          const squares = row.reduce((sum, x) => sum + x * x, 0) / n;
          expect(powers[i]!.reduce((sum, x) => sum + x, 0)).toBeCloseTo(squares, 11);
        }
      }
    }
  });
});

describe('zonal spectra', () => {
  it('find the waves that fields were made of, weighted by area, and their mean keeps what members share', () => {
    const grid = globe(12, 48);
    const weights = rowWeights(grid);
    const points = gridSize(grid);
    // Wave 5 of amplitude 3 in every member, wave 9 of amplitude 2 with opposite signs; truth a wave 7 in one row.
    const field = (f: (row: number, longitude: number) => number) =>
      Float32Array.from({ length: points }, (_, p) =>
        f(Math.floor(p / 48), (grid.longitudes[p % 48]! * Math.PI) / 180),
      );
    const member = (sign: number) =>
      field((_, x) => 100 + 3 * Math.cos(5 * x + 1) + sign * 2 * Math.sin(9 * x));
    const members = Float32Array.from([...member(1), ...member(-1)]);
    const truth = field((row, x) => (row === 4 ? 6 * Math.sin(7 * x) : 0));
    const { spectra } = score(grid, [pointWeights(grid)], { members, truth });
    expect(spectra!.bands.map(({ wavenumber }) => wavenumber)).toEqual(even(25, 0, 1));
    for (let k = 0; k < 25; k++) {
      const expected: Record<number, number> = { 0: 1e4, 5: 4.5, 9: 2 };
      expect(spectra!.members[k]).toBeCloseTo(expected[k] ?? 0, k === 0 ? 2 : 4);
      expect(spectra!.mean[k]).toBeCloseTo(k === 9 ? 0 : (expected[k] ?? 0), k === 0 ? 2 : 4);
      expect(spectra!.truth[k]).toBeCloseTo(k === 7 ? (18 * weights[4]!) / 12 : 0, 5);
    }
  });

  it('sum to the area mean of the squares, and turning the globe changes nothing', () => {
    const grid = globe(10, 30);
    const weights = pointWeights(grid);
    const { members, truth } = randomFields(grid, 3, 21, 5);
    const { spectra } = score(grid, [weights], { members, truth }, {}, 3);
    const squares = truth.reduce((sum, x, p) => sum + weights[p]! * x * x, 0) / 300;
    expect(spectra!.truth.reduce((sum, x) => sum + x, 0)).toBeCloseTo(squares, 9);
    const turned = (values: Float32Array) =>
      values.map(
        (_, i) => values[Math.floor(i / 300) * 300 + Math.floor((i % 300) / 30) * 30 + ((i + 11) % 30)]!,
      );
    const other = score(grid, [weights], { members: turned(members), truth: turned(truth) }).spectra;
    for (const kind of ['members', 'mean', 'truth'] as const)
      for (let k = 0; k < 16; k++) expect(other![kind][k]).toBeCloseTo(spectra![kind][k]!, 9);
  });

  it('of a region do not take a slope across it for small scales', () => {
    const points = gridSize(europe);
    const truth = Float32Array.from({ length: points }, (_, p) => p % 14);
    const { spectra } = score(europe, [pointWeights(europe)], { members: truth, truth });
    expect(spectra!.bands).toHaveLength(14);
    // As a circle the sawtooth would have 1/k² with more than 6 % at the last wavenumbers; mirrored it has 1/k⁴.
    const variance = (14 ** 2 - 1) / 12;
    expect(spectra!.truth[1]! / variance).toBeGreaterThan(0.98);
    const small = spectra!.truth.slice(6).reduce((sum, x) => sum + x, 0);
    expect(small / variance).toBeLessThan(0.001);
    expect(wavelengthKm(europe, 1, 60)).toBeCloseTo(2 * 14 * 2 * (40032.6 / 360) * 0.5, 0);
    expect(wavelengthKm(globe(4, 8), 4, 0)).toBeCloseTo(40032 / 4, -1);
  });

  it('keep every wavenumber of small grids and band means of large ones; of many rows some', () => {
    expect(spectrumBands(96)).toHaveLength(96);
    const bands = spectrumBands(721);
    expect(bands.length).toBeLessThan(90);
    expect(bands.flatMap(({ from, to }) => even(to - from + 1, from, 1))).toEqual(even(721, 0, 1));
    expect(new Set(bands.map(({ wavenumber }) => wavenumber)).size).toBe(bands.length);
    const grid = globe(40, 200);
    const fields = randomFields(grid, 2, 8);
    const all = score(grid, [pointWeights(grid)], fields).spectra!;
    const some = score(grid, [pointWeights(grid)], fields, { mostRows: 10 }).spectra!;
    const total = (spectrum: Float64Array) =>
      spectrum.reduce((sum, x, i) => sum + x * (all.bands[i]!.to - all.bands[i]!.from + 1), 0);
    const weights = pointWeights(grid);
    const squares = fields.truth.reduce((sum, x, p) => sum + weights[p]! * x * x, 0) / 8000;
    expect(total(all.truth)).toBeCloseTo(squares, 9);
    // White noise: 2000 of 8000 points, standard error √2 · 1.49/√2000 of about 5 %.
    expect(Math.abs(total(some.truth) / total(all.truth) - 1)).toBeLessThan(0.15);
    expect(total(some.truth)).not.toBe(total(all.truth));
  });

  it('leave out rows with gaps, or are missing', () => {
    const grid = globe(6, 16);
    const fields = randomFields(grid, 3, 5);
    fields.members[16 * 2 + 3] = Number.NaN;
    const missing = score(grid, [pointWeights(grid)], fields).spectra!;
    expect(missing.members[1]).toBeNaN();
    const left = score(grid, [pointWeights(grid)], fields, { nanPolicy: 'omit' }).spectra!;
    const weights = pointWeights(grid).map((w, p) => (Math.floor(p / 16) === 2 ? 0 : w));
    const squares = fields.truth.reduce((sum, x, p) => sum + weights[p]! * x * x, 0);
    const total = left.truth.reduce((sum, x) => sum + x, 0);
    expect(total).toBeCloseTo(squares / weights.reduce((sum, w) => sum + w, 0), 9);
  });
});

describe('energy score of fields', () => {
  it('is the score of the vector with shares of area, over any region, from any stretches, at any size of ensemble', () => {
    const grid = globe(8, 18);
    const weights = pointWeights(grid);
    const north = weights.map((w, p) => (p < 72 ? w : 0));
    for (const count of [2, 3, 7, 8, 64]) {
      const fields = randomFields(grid, count, 40 + count, 1e5);
      const whole = score(grid, [weights, north], fields);
      for (const [r, region] of [weights, north].entries()) {
        const total = region.reduce((sum, w) => sum + w, 0);
        const expected = energyScore(Float64Array.from(fields.members), Float64Array.from(fields.truth), {
          weights: region.map((w) => w / total),
        });
        expect(whole.regions[r]!.energyScore).toBeCloseTo(expected, 9);
      }
      const pieces = score(grid, [weights, north], fields, {}, 3);
      for (const r of [0, 1]) {
        expect(pieces.regions[r]!.energyScore).toBeCloseTo(whole.regions[r]!.energyScore, 10);
        expect(pieces.regions[r]!.variogramScore).toBe(whole.regions[r]!.variogramScore);
      }
      expect(score(grid, [weights, north], fields, {}, 3)).toEqual(pieces);
    }
  });

  it(`and variogram score are those of peers where weights are equal${whyGoldenIsSkipped}`, () => {
    for (const golden of goldenCases('multivariate')) {
      const [obs, ens] = [flat(golden.input.obs), flat(golden.input.ens)];
      const expected = expectedOf(golden, 'energy_fair');
      const cases = expected.length;
      const size = obs.length / cases;
      const count = ens.length / obs.length;
      // On the equator all weights are equal; ‖d‖ is √size times the root mean square.
      const grid = makeGrid([0], even(size, 0, 5));
      const found = Array.from({ length: cases }, (_, c) => {
        const fields = createFieldScores(grid, [pointWeights(grid)], count, { spectra: false });
        const sums = new Float64Array(fields.size);
        const members = ens.subarray(c * count * size, (c + 1) * count * size);
        const truth = obs.subarray(c * size, (c + 1) * size);
        fields.sums({ members, memberStride: size, truth, from: 0, to: size }, sums);
        return fields.result(sums).regions[0]!;
      });
      expectClose(
        found.map((score) => score.energyScore * Math.sqrt(size)),
        expected,
        golden.id,
      );
      if (!('variogram_p0.5_inverse_distance_weights' in golden.expected)) continue;
      // The file has the plain form with weights 1/|i − j|; ours are fair, sum to 1, and 5° apart.
      const scale = [...Array(size).keys()].reduce(
        (sum, i) =>
          sum + [...Array(size).keys()].reduce((s, j) => s + (i === j ? 0 : 1 / Math.abs(i - j)), 0),
        0,
      );
      for (let c = 0; c < cases; c++) {
        const weights = Float64Array.from({ length: size ** 2 }, (_, i) => {
          const apart = Math.abs(Math.floor(i / size) - (i % size));
          return apart === 0 ? 0 : 1 / apart;
        });
        const members = ens.subarray(c * count * size, (c + 1) * count * size);
        const truth = obs.subarray(c * size, (c + 1) * size);
        const [fair, plain] = (['fair', 'plain'] as const).map((form) =>
          variogramScore(members, truth, { weights, form }),
        );
        const peer = expectedOf(golden, 'variogram_p0.5_inverse_distance_weights')[c]!;
        expect(plain).toBeCloseTo(peer, 9);
        expect(found[c]!.variogramScore * scale).toBeCloseTo(fair!, 9);
      }
    }
  });

  it('of one point is its fair CRPS, of one member the distance, of equal members no more than the distance', () => {
    const normal = seededNormals(77);
    const grid = makeGrid([10], [0]);
    const members = Float32Array.from({ length: 9 }, normal);
    const truth = Float32Array.of(0.3);
    const [point] = score(grid, [pointWeights(grid)], { members, truth }).regions;
    expect(point!.energyScore).toBeCloseTo(crpsEnsemble(members, 9, truth)[0]!, 12);
    expect(point!.variogramScore).toBeNaN();
    const one = score(europe, [pointWeights(europe)], randomFields(europe, 1, 4));
    expect(one.regions[0]!.energyScore).toBeGreaterThan(0.5);
    expect(one.regions[0]!.variogramScore).toBeGreaterThan(0);
    const { truth: field } = randomFields(europe, 1, 5, 1e5);
    const same = Float32Array.from([...field, ...field, ...field]);
    const shifted = field.map((x) => x + 2);
    const [constant] = score(europe, [pointWeights(europe)], { members: same, truth: shifted }).regions;
    expect(constant!.energyScore).toBeCloseTo(2, 6);
  });

  it('counts pairs of independent members only, where some are not', () => {
    const fields = randomFields(europe, 6, 31);
    const weights = pointWeights(europe);
    const share = weights.map((w) => w / weights.length);
    const [score6] = score(
      europe,
      [weights],
      fields,
      {},
      9,
      (a, b) => Math.floor(a / 2) !== Math.floor(b / 2),
    ).regions;
    const points = weights.length;
    const row = (m: number) => fields.members.subarray(m * points, (m + 1) * points);
    const norm = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(share.reduce((sum, w, p) => sum + w * (a[p]! - b[p]!) ** 2, 0));
    let [distance, between, pairs] = [0, 0, 0];
    for (let i = 0; i < 6; i++) {
      distance += norm(row(i), fields.truth) / 6;
      for (let j = 0; j < i; j++) {
        if (Math.floor(i / 2) === Math.floor(j / 2)) continue;
        between += norm(row(i), row(j));
        pairs++;
      }
    }
    expect(pairs).toBe(12);
    expect(score6!.energyScore).toBeCloseTo(distance - between / pairs / 2, 10);
  });

  it('of large ensembles takes pairs in blocks, every member once, and stays unbiased', () => {
    for (const count of [1, 64, 65, 200, 1000]) {
      const { blocks, size } = pairBlocks(count);
      const dealt = blocks.flatMap(({ members }) => [...members]).sort((a, b) => a - b);
      expect(dealt).toEqual(even(count, 0, 1));
      expect(Math.max(...blocks.map(({ members }) => members.length))).toBeLessThanOrEqual(64);
      expect(size).toBeLessThanOrEqual((count * 65) / 2);
    }
    const fields = randomFields(europe, 150, 12);
    const weights = pointWeights(europe);
    const all = energyScore(Float64Array.from(fields.members), Float64Array.from(fields.truth), {
      weights: weights.map((w) => w / weights.length),
    });
    const [blocked] = score(europe, [weights], fields).regions;
    // A third of the pairs of 126 independent points: distances vary by 6 %, their mean over 3675 pairs by 0.1 %.
    expect(Math.abs(blocked!.energyScore / all - 1)).toBeLessThan(0.005);
    expect(blocked!.energyScore).not.toBe(all);
  });

  it('of large grids takes an even lattice, which leaves the score of the whole', () => {
    const grid = globe(60, 120);
    const fields = randomFields(grid, 5, 66);
    const weights = pointWeights(grid);
    const [all] = score(grid, [weights], fields).regions;
    const [some] = score(grid, [weights], fields, { mostPoints: 1000 }).regions;
    // 800 of 7200 independent points: the root mean square of a field varies by 1/√1600 = 2.5 %.
    expect(Math.abs(some!.energyScore / all!.energyScore - 1)).toBeLessThan(0.1);
    expect(some!.energyScore).not.toBe(all!.energyScore);
    const stations = new Float64Array(7200);
    for (const p of [5, 700, 1201, 1203, 7004]) stations[p] = 0.2;
    const few = score(grid, [stations], fields, { mostPoints: 3 }).regions[0]!;
    expect(few.energyScore).toBeGreaterThan(0);
  });

  it('leaves out points with gaps, or is missing', () => {
    const fields = randomFields(europe, 4, 51);
    const weights = pointWeights(europe);
    const without = weights.map((w, p) => (p === 9 || p === 100 ? 0 : w));
    const expected = score(europe, [without], fields).regions[0]!;
    const gaps = { members: fields.members.slice(), truth: fields.truth.slice() };
    gaps.members[2 * weights.length + 9] = Number.NaN;
    gaps.truth[100] = Number.NaN;
    expect(score(europe, [weights], gaps).regions[0]!.energyScore).toBeNaN();
    const [left] = score(europe, [weights], gaps, { nanPolicy: 'omit' }).regions;
    expect(left!.energyScore).toBeCloseTo(expected.energyScore, 12);
  });

  it('does not depend on the order of members, and scales and shifts with the unit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0.5, max: 8, noNaN: true }),
        (seed, factor) => {
          const grid = globe(4, 9);
          const fields = randomFields(grid, 5, seed);
          const region = [pointWeights(grid)];
          const [plain] = score(grid, region, fields).regions;
          const points = 36;
          const rotated = Float32Array.from([
            ...fields.members.subarray(2 * points),
            ...fields.members.subarray(0, 2 * points),
          ]);
          const [permuted] = score(grid, region, { members: rotated, truth: fields.truth }).regions;
          expect(permuted!.energyScore).toBeCloseTo(plain!.energyScore, 12);
          expect(permuted!.variogramScore).toBeCloseTo(plain!.variogramScore, 12);
          const change = (x: number) => factor * x + 3;
          const [changed] = score(grid, region, {
            members: fields.members.map(change),
            truth: fields.truth.map(change),
          }).regions;
          expect(changed!.energyScore / factor).toBeCloseTo(plain!.energyScore, 5);
          expect(changed!.variogramScore / factor).toBeCloseTo(plain!.variogramScore, 4);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('variogram score of fields', () => {
  it('is its definition on the points chosen, with weights of inverse distance that sum to one', () => {
    const fields = randomFields(europe, 6, 3);
    const weights = pointWeights(europe);
    const points = evenPoints(europe, weights, 12);
    const inverse = distancesBetween(europe, points).map((d) => (d > 0 ? 1 / d : 0));
    const total = inverse.reduce((sum, w) => sum + w, 0);
    let expected = 0;
    for (const [k, a] of points.entries()) {
      for (const [l, b] of points.entries()) {
        if (k === l) continue;
        const sizes = Array.from({ length: 6 }, (_, m) =>
          Math.sqrt(Math.abs(fields.members[m * 126 + a]! - fields.members[m * 126 + b]!)),
        );
        const mean = sizes.reduce((sum, x) => sum + x, 0) / 6;
        const variance = sizes.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5;
        const truth = Math.sqrt(Math.abs(fields.truth[a]! - fields.truth[b]!));
        expected += (inverse[k * 12 + l]! / total) * ((truth - mean) ** 2 - variance / 6);
      }
    }
    const [found] = score(europe, [weights], fields, { variogramPoints: 12 }).regions;
    expect(found!.variogramScore).toBeCloseTo(expected, 10);
    const gaps = { ...fields, truth: fields.truth.slice() };
    gaps.truth[points[4]!] = Number.NaN;
    expect(score(europe, [weights], gaps, { variogramPoints: 12 }).regions[0]!.variogramScore).toBeNaN();
    const omit = { variogramPoints: 12, nanPolicy: 'omit' } as const;
    expect(score(europe, [weights], gaps, omit).regions[0]!.variogramScore).toBeGreaterThan(0);
  });

  it('rests on points that cover a region evenly, poles and date line included', () => {
    const grid = globe(36, 72);
    const points = evenPoints(grid, pointWeights(grid), 64);
    expect(points).toHaveLength(64);
    const columns = 72;
    const place = (p: number): [number, number] => [
      grid.latitudes[Math.floor(p / columns)]!,
      grid.longitudes[p % columns]!,
    ];
    // A share of 1/64 of the sphere is a cap of 1590 km radius; chosen points keep at least that distance, and
    // no point is farther than twice it from the nearest chosen one.
    const between = distancesBetween(grid, points);
    const closest = Math.min(...between.filter((d) => d > 0));
    expect(closest).toBeGreaterThan(1590);
    for (let p = 0; p < 36 * 72; p++) {
      const nearest = Math.min(...Array.from(points, (q) => distanceKm(...place(p), ...place(q))));
      expect(nearest).toBeLessThanOrEqual(2 * 1590);
    }
    const northern = [...points].filter((p) => grid.latitudes[Math.floor(p / columns)]! > 0).length;
    expect(Math.abs(northern - 32)).toBeLessThanOrEqual(6);
    expect(evenPoints(europe, pointWeights(europe), 500)).toHaveLength(126);
  });
});
