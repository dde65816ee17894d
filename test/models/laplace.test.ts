/** Last-layer Laplace against Bayesian linear regression, where it is exact: covariance, evidence, prior precision. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import type { OutputLayer } from '../../models/bayesian/networks/network.js';
import { LaplaceAccumulator } from '../../models/bayesian/posteriors/laplaceAccumulator.js';
import {
  fitLastLayerLaplace,
  type LaplaceFit,
  type LaplaceOptions,
  openLastLayerLaplace,
} from '../../models/bayesian/posteriors/lastLayerLaplace.js';
import {
  exactEvidence,
  exactPosterior,
  type LinearProblem,
  linearProblem,
} from './linearRegressionFixture.js';

/** The posterior of a problem with two outputs, of which the second copies nothing of the first. */
function laplaceOf(problems: readonly LinearProblem[], options: LaplaceOptions): LaplaceFit {
  const [{ inputs, rows, features }] = problems as [LinearProblem];
  const out = problems.length;
  const matrix = new Float32Array(inputs * out);
  const residuals = new Float64Array(rows * out);
  problems.forEach((problem, column) => {
    const { mean } = exactPosterior(problem);
    for (let i = 0; i < inputs; i++) matrix[i * out + column] = mean[i] as number;
    for (let row = 0; row < rows; row++) {
      let predicted = 0;
      for (let i = 0; i < inputs; i++)
        predicted += (features[row * inputs + i] as number) * (mean[i] as number);
      residuals[row * out + column] = (problem.targets[row] as number) - predicted;
    }
  });
  const layer: OutputLayer = { parameter: 'out', incrementColumns: problems.map((_, column) => column) };
  const accumulator = new LaplaceAccumulator(layer, [inputs, out]);
  // in two uneven parts, as batches come
  const half = Math.floor(rows / 3);
  accumulator.add(features.subarray(0, half * inputs), residuals.subarray(0, half * out), 'columns');
  accumulator.add(features.subarray(half * inputs), residuals.subarray(half * out), 'columns');
  const weights: Tensors = new Map([
    ['in', { shape: [1], values: Float32Array.of(0.5) }],
    ['out', { shape: [inputs, out], values: matrix }],
  ]);
  return fitLastLayerLaplace(accumulator, weights, options);
}

/** U diag(width²) Uᵀ of one column: the covariance that the tensors stand for. */
function covarianceOf({ tensors }: LaplaceFit, column: number): Float64Array {
  const [basis, width, block] = ['basis.out', 'width.out', 'block.out'].map(
    (name) => tensors.get(name) as Tensor,
  ) as [Tensor, Tensor, Tensor];
  const [inputs, out] = width.shape as [number, number];
  const first = (block.values[column] as number) * inputs * inputs;
  const covariance = new Float64Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < inputs; j++) {
      for (let k = 0; k < inputs; k++) {
        const variance = (width.values[k * out + column] as number) ** 2;
        covariance[i * inputs + j]! +=
          (basis.values[first + i * inputs + k] as number) *
          variance *
          (basis.values[first + j * inputs + k] as number);
      }
    }
  }
  return covariance;
}

const problem = linearProblem({
  seed: 21,
  rows: 60,
  inputs: 5,
  noiseVariance: 0.09,
  priorPrecision: 2.5,
});
const exact: LaplaceOptions = { temperature: 1, priorPrecision: 2.5, noiseVariance: 0.09 };

describe('last-layer Laplace on linear regression', () => {
  it('has the exact covariance to 1e-6 of its scale', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 3, max: 80 }),
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        (seed, inputs, rows, noiseVariance, priorPrecision) => {
          const one = linearProblem({ seed, rows, inputs, noiseVariance, priorPrecision });
          const found = covarianceOf(
            laplaceOf([one], { temperature: 1, priorPrecision, noiseVariance: noiseVariance }),
            0,
          );
          const { covariance } = exactPosterior(one);
          const scale = Math.max(...covariance);
          covariance.forEach((value, i) => {
            expect(Math.abs((found[i] as number) - value) / scale).toBeLessThan(1e-6);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has the exact evidence, and finds the prior precision where it is largest', () => {
    expect(laplaceOf([problem], exact).logEvidence).toBeCloseTo(exactEvidence(problem, 2.5), 4);
    // ‖W‖² is that of the trained weights: the mode moves little with τ where the data speak
    const sharp = linearProblem({ seed: 3, rows: 400, inputs: 12, noiseVariance: 1e-4, priorPrecision: 4 });
    const { priorPrecision } = laplaceOf([sharp], {
      ...exact,
      noiseVariance: 1e-4,
      priorPrecision: 'evidence',
    });
    const around = [0.9, 1, 1.1].map((factor) => exactEvidence(sharp, factor * priorPrecision));
    expect(around[1]).toBeGreaterThan(around[0] as number);
    expect(around[1]).toBeGreaterThan(around[2] as number);
  });

  it('draws weights with the exact mean and covariance, within their standard errors', () => {
    const { mean, covariance } = exactPosterior(problem);
    const posterior = openLastLayerLaplace(laplaceOf([problem], exact).tensors);
    const count = 20_000;
    const draws = Array.from(
      { length: count },
      (_, weightSample) => posterior.sample({ seed: 8, weightSample }).get('out')?.values as Float32Array,
    );
    for (let i = 0; i < 5; i++) {
      const own = covariance[6 * i] as number;
      const average = draws.reduce((sum, draw) => sum + (draw[i] as number), 0) / count;
      expect(Math.abs(average - (mean[i] as number))).toBeLessThan(4 * Math.sqrt(own / count));
      for (let j = 0; j <= i; j++) {
        const between = covariance[5 * i + j] as number;
        const found = draws.reduce(
          (sum, draw) =>
            sum + ((draw[i] as number) - (mean[i] as number)) * ((draw[j] as number) - (mean[j] as number)),
          0,
        );
        const error = Math.sqrt((own * (covariance[6 * j] as number) + between ** 2) / count);
        expect(Math.abs(found / count - between)).toBeLessThan(4 * error);
      }
    }
  });

  it('takes the noise of each column from its residuals, or one for all', () => {
    const loud = linearProblem({ seed: 22, rows: 60, inputs: 5, noiseVariance: 0.9, priorPrecision: 2.5 });
    // the same features, another target
    const second = { ...loud, features: problem.features };
    const meanSquares = [problem, second].map((one) => {
      const { mean } = exactPosterior(one);
      let sum = 0;
      for (let row = 0; row < 60; row++) {
        let residual = one.targets[row] as number;
        for (let i = 0; i < 5; i++) residual -= (one.features[row * 5 + i] as number) * (mean[i] as number);
        sum += residual ** 2;
      }
      return sum / 60;
    }) as [number, number];
    const byColumn = laplaceOf([problem, second], { ...exact, noiseVariance: 'column' }).noiseVariance;
    byColumn.forEach((variance, column) => {
      expect(variance / (meanSquares[column] as number)).toBeCloseTo(1, 9);
    });
    const all = laplaceOf([problem, second], { ...exact, noiseVariance: 'all' }).noiseVariance;
    expect(all[0]).toBeCloseTo((meanSquares[0] + meanSquares[1]) / 2, 9);
    expect(all[1]).toBe(all[0]);
  });

  it('takes the mean square of the residuals of a state, which lie in no columns', () => {
    const accumulator = new LaplaceAccumulator({ parameter: 'out', incrementColumns: [0, 1] }, [5, 2]);
    accumulator.add(problem.features, Float64Array.of(1, 2, 3));
    accumulator.add(problem.features, Float64Array.of(4, 5, 6));
    expect([accumulator.meanSquare(0), accumulator.meanSquare(1)]).toEqual([91 / 6, 91 / 6]);
    expect(accumulator.meanSquare('all')).toBe(91 / 6);
  });

  it('counts each row 1/T: temperature T is noise T times as large', () => {
    const warm = covarianceOf(laplaceOf([problem], { ...exact, temperature: 7 }), 0);
    const { covariance } = exactPosterior({ ...problem, noiseVariance: 7 * 0.09 });
    covariance.forEach((value, i) => {
      expect(warm[i]).toBeCloseTo(value, 6);
    });
  });

  it('counts the weights that data determine: all of them with much data, none without', () => {
    expect(laplaceOf([problem], { ...exact, noiseVariance: 1e-7 }).determinedWeights).toBeCloseTo(5, 4);
    expect(laplaceOf([problem], { ...exact, noiseVariance: 1e7 }).determinedWeights).toBeCloseTo(0, 4);
  });
});

describe('rows that feed only some columns', () => {
  it('have a posterior of their own: as if each group were a regression by itself', () => {
    const upper = linearProblem({ seed: 5, rows: 40, inputs: 3, noiseVariance: 0.2, priorPrecision: 1 });
    const lower = linearProblem({ seed: 6, rows: 20, inputs: 3, noiseVariance: 0.2, priorPrecision: 1 });
    // of every three rows, two are of the upper group
    const features = new Float64Array(180);
    for (let group = 0; group < 20; group++) {
      features.set(upper.features.subarray(group * 6, group * 6 + 6), group * 9);
      features.set(lower.features.subarray(group * 3, group * 3 + 3), group * 9 + 6);
    }
    const layer: OutputLayer = {
      parameter: 'out',
      incrementColumns: [0, 2, 3],
      blocks: [
        { period: 3, rows: [0, 2], columns: [0, 2] },
        { period: 3, rows: [2, 3], columns: [2, 4] },
      ],
    };
    const accumulator = new LaplaceAccumulator(layer, [3, 4]);
    accumulator.add(features.subarray(0, 90), new Float64Array(30).fill(0.3));
    accumulator.add(features.subarray(90), new Float64Array(30).fill(0.3));
    const weights: Tensors = new Map([['out', { shape: [3, 4], values: new Float32Array(12).fill(0.1) }]]);
    const options: LaplaceOptions = { temperature: 1, priorPrecision: 1, noiseVariance: 0.2 };
    const found = fitLastLayerLaplace(accumulator, weights, options);
    for (const [column, one] of [
      [0, upper],
      [2, lower],
      [3, lower],
    ] as const) {
      const { covariance } = exactPosterior(one);
      covarianceOf(found, column).forEach((value, i) => {
        expect(value).toBeCloseTo(covariance[i] as number, 6);
      });
    }
    // column 1 feeds the amplitude: it keeps its weights
    const draw = openLastLayerLaplace(found.tensors)
      .sample({ seed: 1, weightSample: 0 })
      .get('out') as Tensor;
    expect([1, 5, 9].map((at) => draw.values[at])).toEqual([0.1, 0.1, 0.1].map(Math.fround));
    expect(new Set([0, 2, 3].map((at) => draw.values[at])).size).toBe(3);
  });
});

describe('bad input of last-layer Laplace', () => {
  const layer: OutputLayer = { parameter: 'out', incrementColumns: [0] };
  const weights: Tensors = new Map([['out', { shape: [2, 1], values: Float32Array.of(1, 2) }]]);
  const options: LaplaceOptions = { temperature: 1, priorPrecision: 1, noiseVariance: 'column' };
  const some = new Float64Array(8);
  normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, some);

  it('is named', () => {
    expect(() => new LaplaceAccumulator(layer, [2])).toThrow(/shape \[2\], expected \[in, out\]/);
    const accumulator = new LaplaceAccumulator(layer, [2, 1]);
    expect(() => accumulator.add(Float64Array.of(1, Number.NaN), Float64Array.of(1))).toThrow(
      /number 1 of the features of "out" is NaN/,
    );
    expect(() => fitLastLayerLaplace(accumulator, weights, options)).toThrow(/no row of features/);
    expect(() => accumulator.add(some, new Float64Array(3), 'columns')).toThrow(
      /3 residuals given for 4 rows/,
    );
    accumulator.add(some, new Float64Array(4));
    expect(() => fitLastLayerLaplace(accumulator, weights, options)).toThrow(/variance of 0/);
    expect(() => fitLastLayerLaplace(accumulator, weights, { ...options, temperature: 0 })).toThrow(
      /temperature is 0/,
    );
    // weights that equal the mean of their prior: no precision is too large for them
    const centred = { ...options, noiseVariance: 1, priorPrecision: 'evidence' as const };
    expect(() =>
      fitLastLayerLaplace(accumulator, weights, { ...centred, priorMean: Float32Array.of(1, 2) }),
    ).toThrow(/no maximum/);
    expect(() => openLastLayerLaplace(new Map())).toThrow(/fit the posterior again/);
  });
});
