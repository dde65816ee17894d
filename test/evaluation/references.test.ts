/** References: that they are what they say, and that the regression is worth beating. */
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../core/interfaces.js';
import { leadingEofs } from '../../core/linear/eofs.js';
import { millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import { climatology } from '../../evaluation/references/climatology.js';
import { eofRegression } from '../../evaluation/references/eofRegression.js';
import { persistence } from '../../evaluation/references/persistence.js';
import { PredictionScorer } from '../../evaluation/references/predictionStatistics.js';
import type { Prediction, Reference } from '../../evaluation/references/reference.js';
import {
  chooseRidge,
  gramBlock,
  ridgeCoefficients,
  sumBlocks,
} from '../../evaluation/references/ridgeSelection.js';
import { readTraining, rowOfTime } from '../../evaluation/references/trainingSeries.js';
import { areaMean } from '../../evaluation/statistics/areaMean.js';
import {
  autoregressiveArchive,
  pressureIsMissing,
  readPressures,
  seededNormals,
  whyPressureIsSkipped,
} from './memoryArchive.js';

const training2001to2005 = { from: Date.UTC(2001, 0, 1), to: Date.UTC(2005, 11, 31, 23) };

/** Mean area-mean CRPS over all starts in 2007 whose valid time the archive holds. */
async function scoreOver2007(archive: Archive, reference: Reference, leadHours: number, stride: number) {
  const rowAt = rowOfTime(archive.times);
  const { weights } = (
    await readTraining(archive, { from: archive.times[0]!, to: archive.times[0]! }, [0])
  )[0]!;
  const scorer = new PredictionScorer(weights.length, 0);
  const target = { thresholds: new Float32Array(0), climate: null, nanPolicy: 'raise' } as const;
  let sum = 0;
  let count = 0;
  for (let start = Date.UTC(2007, 0, 1); start < Date.UTC(2008, 0, 1); start += stride * millisecondsPerDay) {
    const at = rowAt.get(start + leadHours * millisecondsPerHour);
    if (at === undefined) continue;
    const inputs: Float32Array[] = [];
    for (const age of reference.inputHours) {
      const row = rowAt.get(start - age * millisecondsPerHour);
      if (row !== undefined) inputs.push((await archive.read(row)).values);
    }
    const truth = (await archive.read(at)).values;
    scorer.score(reference.predict(inputs, start, leadHours), { truth, ...target });
    sum += areaMean(scorer.field('crps'), weights);
    count++;
  }
  return { crps: sum / count, count };
}

describe(`references on daily pressures of the North Atlantic${whyPressureIsSkipped}`, () => {
  it.skipIf(pressureIsMissing)(
    'over all days of 2007 the EOF regression is no worse than measured elsewhere (235, 362, 413, 450 Pa), ' +
      'climatology no worse than 495 Pa and worse than the regression, persistence worse than climatology after a week',
    async () => {
      const archive = await readPressures();
      const [series] = await readTraining(archive, training2001to2005, [0]);
      const leads = [24, 48, 72, 120];
      const regression = eofRegression().fit(series!, leads);
      const climate = climatology.fit(series!, leads);
      const still = persistence.fit(series!, leads);
      const ofClimate = await scoreOver2007(archive, climate, 24, 1);
      expect(ofClimate.crps).toBeLessThan(495);
      const measuredElsewhere: Readonly<Record<number, number>> = { 24: 235, 48: 362, 72: 413, 120: 450 };
      for (const lead of leads) {
        const { crps, count } = await scoreOver2007(archive, regression, lead, 1);
        // The archive ends on 2007-12-31: the last starts have no truth at long leads.
        expect(count).toBe(365 - lead / 24);
        expect(crps, `${lead} h`).toBeLessThanOrEqual(measuredElsewhere[lead]!);
        expect(crps, `${lead} h`).toBeLessThan(ofClimate.crps);
      }
      expect((await scoreOver2007(archive, still, 24, 1)).crps).toBeLessThan(ofClimate.crps);
      expect((await scoreOver2007(archive, still, 168, 1)).crps).toBeGreaterThan(ofClimate.crps);
    },
    300_000,
  );
});

describe('references on made-up weather', () => {
  const from = Date.UTC(2001, 0, 1);
  const r = 0.8;
  const archive = autoregressiveArchive(from, 2191 + 365, r, seededNormals(11)); // 2001 … 2007

  it('the EOF regression nears the best possible CRPS of an autoregression, σ √(1 − r^2L) / √π', async () => {
    const period = { from, to: Date.UTC(2006, 11, 31) };
    const [series] = await readTraining(archive, period, [0]);
    const leads = [24, 72];
    const regression = eofRegression().fit(series!, leads);
    for (const lead of leads) {
      const best = (5 * Math.sqrt(1 - r ** (lead / 12))) / Math.sqrt(Math.PI);
      const { crps, count } = await scoreOver2007(archive, regression, lead, 1);
      // 6 points × a year of daily CRPS: standard error near 2 %; a fit that lost the signal would be far off.
      expect(count).toBe(365 - lead / 24);
      expect(Math.abs(crps / best - 1), `${lead} h: ${crps} against ${best}`).toBeLessThan(0.06);
    }
    expect(() => regression.predict([], from, 48)).toThrow(/not fitted for lead 48/);
    const short = { ...series!, times: series!.times.slice(0, 300), values: series!.values.slice(0, 1800) };
    expect(() => eofRegression().fit(short, leads)).toThrow(/holds 1 calendar year.*needs two or more/);
  });

  it('climatology takes days of all training years, across New Year, and none of the year of the verifying day', async () => {
    const [series] = await readTraining(archive, { from, to: Date.UTC(2006, 11, 31) }, [0]);
    const reference = climatology.fit(series!, [24]);
    const count = (p: Prediction) => (p.kind === 'distribution' ? p.distribution.memberCount : 0);
    const halfWidth = Number(/±(\d+)/.exec(reference.summary)?.[1]);
    for (const day of [Date.UTC(2007, 0, 1), Date.UTC(2007, 5, 30)]) {
      const prediction = reference.predict([], day, 24);
      // Six years of 2·w + 1 days each, less what the edges of the period cut off around New Year.
      const most = 6 * (2 * halfWidth + 1);
      expect(count(prediction)).toBeGreaterThan(most - halfWidth - 12);
      expect(count(prediction)).toBeLessThanOrEqual(most);
    }
    const inside = reference.predict([], Date.UTC(2003, 5, 29), 24);
    const outside = reference.predict([], Date.UTC(2007, 5, 29), 24);
    expect(count(inside)).toBe(count(outside) - (2 * halfWidth + 1));
  });

  it('training needs states in the period, and none missing', async () => {
    const nowhere = { from: Date.UTC(1990, 0, 1), to: Date.UTC(1991, 0, 1) };
    await expect(readTraining(archive, nowhere, [0])).rejects.toThrow(/no state between 1990-01-01/);
    const holed: Archive = {
      ...archive,
      read: async (i) => {
        const state = await archive.read(i);
        if (i === 5) state.values[3] = Number.NaN;
        return state;
      },
    };
    await expect(readTraining(holed, { from, to: Date.UTC(2001, 1, 1) }, [0])).rejects.toThrow(
      /msl has missing values at 2001-01-06/,
    );
  });
});

describe('empirical orthogonal functions', () => {
  it('find the patterns and variances that data were made of, from either Gram matrix', () => {
    const points = 8;
    const pattern = (k: number, p: number) =>
      (Math.SQRT2 * Math.sin((Math.PI * (k + 1) * (p + 0.5)) / points)) / Math.sqrt(points);
    for (const times of [400, 5]) {
      const a = new Float64Array(times * points);
      const squares = [0, 0];
      for (let t = 0; t < times; t++) {
        for (const [k, size] of [10, 2].entries()) {
          // Orthogonal series of exact length, so that the decomposition is known exactly.
          const c = size * Math.cos((Math.PI * (k + 1) * (t + 0.5)) / times);
          squares[k]! += c * c;
          for (let p = 0; p < points; p++) a[t * points + p]! += c * pattern(k, p);
        }
      }
      const { patterns, count, squares: found, total } = leadingEofs(a, points, 0.9999999, 5);
      expect(count).toBe(2);
      expect(total).toBeCloseTo(squares[0]! + squares[1]!, 6);
      for (let k = 0; k < 2; k++) {
        expect(found[k]).toBeCloseTo(squares[k]!, 6);
        let overlap = 0;
        for (let p = 0; p < points; p++) overlap += patterns[p * count + k]! * pattern(k, p);
        expect(Math.abs(overlap)).toBeCloseTo(1, 8);
      }
    }
  });
});

describe('ridge with season terms', () => {
  it('gives the coefficients of the whole normal equations, solved at once', () => {
    const normal = seededNormals(5);
    const shape = { seasonTerms: 3, eofs: 2, targets: 2 };
    const rows = 60;
    const width = 7;
    const inputs = Float64Array.from({ length: rows * width }, (_, i) => (i % width === 0 ? 1 : normal()));
    const targets = [Float64Array.from({ length: rows * 2 }, normal)];
    const half = (from: number) => Array.from({ length: rows / 2 }, (_, i) => from + i);
    const blocks = [half(0), half(rows / 2)].map((index) => gramBlock(shape, inputs, targets, index));
    const choice = { eofs: 2, penalty: 7 };
    const found = ridgeCoefficients(shape, choice, sumBlocks(blocks), 0);
    // (ZᵀZ + P) β − Zᵀy = 0 with the penalty on all but the season terms.
    for (let i = 0; i < width; i++) {
      for (let m = 0; m < 2; m++) {
        let gradient = i < 3 ? 0 : 7 * found[i * 2 + m]!;
        for (let row = 0; row < rows; row++) {
          let predicted = 0;
          for (let j = 0; j < width; j++) predicted += inputs[row * width + j]! * found[j * 2 + m]!;
          gradient += inputs[row * width + i]! * (predicted - targets[0]![row * 2 + m]!);
        }
        expect(gradient).toBeCloseTo(0, 6);
      }
    }
  });

  it('chooses the penalty that explicit predictions of each held-out block choose', () => {
    const normal = seededNormals(6);
    const shape = { seasonTerms: 1, eofs: 2, targets: 1 };
    const [rows, width] = [40, 5];
    const inputs = Float64Array.from({ length: rows * width }, (_, i) => (i % width === 0 ? 1 : normal()));
    const y = Float64Array.from({ length: rows }, (_, row) => 0.5 * inputs[row * width + 1]! + normal());
    const parts = [0, 1, 2, 3].map((b) => Array.from({ length: 10 }, (_, i) => b * 10 + i));
    const blocks = parts.map((index) => gramBlock(shape, inputs, [y], index));
    const penalties = [0.01, 0.1, 1, 3, 10, 30, 100, 1000];
    const errors = penalties.map((penalty) => {
      let error = 0;
      for (const [held, part] of parts.entries()) {
        const beta = ridgeCoefficients(shape, { eofs: 2, penalty }, sumBlocks(blocks, held), 0);
        for (const row of part) {
          let predicted = 0;
          for (let j = 0; j < width; j++) predicted += inputs[row * width + j]! * beta[j]!;
          error += (y[row]! - predicted) ** 2;
        }
      }
      return error;
    });
    const [choice] = chooseRidge(shape, blocks, [2], penalties);
    expect(choice!.penalty).toBe(penalties[errors.indexOf(Math.min(...errors))]);
  });
});
