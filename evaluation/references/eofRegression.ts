/**
 * What a statistician would use instead of a network: ridge regression on the leading EOFs of two input
 * times, one fit for each lead, with normal residuals.
 *
 *   x(t + L) = c(t + L) + E [ season(t) A_L + a(t) B_L + a(t − lag) C_L ] + ε,   ε ~ N(0, σ²_L(season))
 *
 * c is the smooth seasonal cycle, a the leading EOF coefficients of the anomalies. Harmonics of the cycle,
 * number of EOFs, ridge penalty and the season of σ are chosen by predicting each training year from the
 * others; σ comes from those predictions' errors. Nothing after the training period is looked at.
 */
import { dataError } from '../../core/errors.js';
import { product, submatrix } from '../../core/linear/denseProduct.js';
import type { Eofs } from '../../core/linear/eofs.js';
import { seasonTerms } from '../../core/season.js';
import { millisecondsPerHour } from '../../core/time.js';
import { type AnomalyBasis, anomalyBasis } from './anomalyBasis.js';
import type { Prediction, Reference, ReferenceMethod } from './reference.js';
import { fitResidualSpread, type ResidualSpread, sigmaAt } from './residualSpread.js';
import {
  chooseRidge,
  gramBlock,
  inputIndex,
  type RidgeChoice,
  type RidgeShape,
  ridgeCoefficients,
  sumBlocks,
} from './ridgeSelection.js';
import { type SampleRows, sampleRows } from './sampleRows.js';
import { harmonicBasis } from './seasonalHarmonics.js';
import type { TrainingSeries } from './trainingSeries.js';

/** Candidate numbers of predicting EOFs, by the share of variance they hold. */
const candidateShares = [0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
/** Candidate penalties, as shares of the leading EOF's sum of squares: 1e-5 … 10, four a decade. */
const candidatePenalties = Array.from({ length: 25 }, (_, i) => 10 ** (-5 + i / 4));

export interface EofRegressionOptions {
  /** Age of the second input; default 24. */
  readonly lagHours?: number;
}

interface LeadFit {
  readonly choice: RidgeChoice;
  /** [season + 2 · eofs, target] */
  readonly coefficients: Float64Array;
  readonly spread: ResidualSpread;
}

export function eofRegression(options: EofRegressionOptions = {}): ReferenceMethod {
  const lagHours = options.lagHours ?? 24;
  return {
    name: 'eof-regression',
    kind: 'gaussian',
    fit: (training, leadHours) => fitRegression(training, leadHours, lagHours),
  };
}

function fitRegression(training: TrainingSeries, leadHours: readonly number[], lagHours: number): Reference {
  const rows = sampleRows(training, leadHours, lagHours);
  const basis = anomalyBasis(training);
  const shape: RidgeShape = {
    seasonTerms: seasonTerms(basis.harmonics),
    eofs: basis.eofs.count,
    targets: basis.eofs.count,
  };
  const inputs = inputMatrix(training, basis, rows, shape);
  const targets = rows.targets.map((at) => gatherRows(basis.coefficients, shape.targets, at));
  const years = [...rows.byYear.keys()];
  const blocks = years.map((year) => gramBlock(shape, inputs, targets, rows.byYear.get(year)!));
  const choices = chooseRidge(
    shape,
    blocks,
    eofCandidates(basis.eofs),
    candidatePenalties.map((share) => share * basis.eofs.squares[0]!),
  );
  // Samples that reach over New Year belong to no year left out, and join the final fit only.
  const whole = sumBlocks([...blocks, gramBlock(shape, inputs, targets, rows.acrossYears)]);
  const withheld = blocks.map((_, held) => sumBlocks(blocks, held));

  const fits = new Map<number, LeadFit>();
  for (const [lead, hours] of leadHours.entries()) {
    const choice = choices[lead]!;
    const index = [...Array(shape.seasonTerms).keys(), ...inputIndex(shape, choice.eofs)];
    const residuals: Float64Array[] = [];
    const validTimes: number[] = [];
    const yearOfRow: number[] = [];
    for (const [held, year] of years.entries()) {
      const coefficients = ridgeCoefficients(shape, choice, withheld[held]!, lead);
      const members = rows.byYear.get(year)!;
      const seen = submatrix(inputs, shape.seasonTerms + 2 * shape.eofs, members, index);
      const predicted = product(seen, coefficients, members.length, index.length, shape.targets);
      for (const [i, row] of members.entries()) {
        const at = rows.targets[lead]![row]!;
        const field = basis.field(
          predicted.subarray(i * shape.targets, (i + 1) * shape.targets),
          training.times[at]!,
        );
        const points = training.weights.length;
        for (let point = 0; point < points; point++)
          field[point] = training.values[at * points + point]! - field[point]!;
        residuals.push(field);
        validTimes.push(training.times[at]!);
        yearOfRow.push(year);
      }
    }
    fits.set(hours, {
      choice,
      coefficients: ridgeCoefficients(shape, choice, whole, lead),
      spread: fitResidualSpread(
        concatenate(residuals),
        Float64Array.from(validTimes),
        Int32Array.from(yearOfRow),
        training.weights,
      ),
    });
  }
  return {
    name: 'eof-regression',
    summary: summaryOf(basis, fits, lagHours),
    inputHours: [0, lagHours],
    predict(inputFields, start, hours): Prediction {
      const fit = fits.get(hours);
      if (!fit) throw dataError(`eof-regression: was not fitted for lead ${hours} h`);
      return predictOne(basis, shape, fit, inputFields, start, lagHours, hours);
    },
  };
}

function predictOne(
  basis: AnomalyBasis,
  shape: RidgeShape,
  fit: LeadFit,
  fields: readonly Float32Array[],
  start: number,
  lagHours: number,
  leadHours: number,
): Prediction {
  const { eofs } = fit.choice;
  const z = new Float64Array(shape.seasonTerms + 2 * eofs);
  z.set(harmonicBasis([start], basis.harmonics));
  z.set(basis.project(fields[0]!, start).subarray(0, eofs), shape.seasonTerms);
  const earlier = basis.project(fields[1]!, start - lagHours * millisecondsPerHour);
  z.set(earlier.subarray(0, eofs), shape.seasonTerms + eofs);
  const validTime = start + leadHours * millisecondsPerHour;
  const mean = basis.field(product(z, fit.coefficients, 1, z.length, shape.targets), validTime);
  const sigma = new Float64Array(mean.length);
  sigmaAt(fit.spread, validTime, sigma);
  return { kind: 'gaussian', mean, sigma };
}

/** [sample, input]: season terms at t, EOF coefficients at t and t − lag. */
function inputMatrix(
  training: TrainingSeries,
  basis: AnomalyBasis,
  rows: SampleRows,
  shape: RidgeShape,
): Float64Array {
  const width = shape.seasonTerms + 2 * shape.eofs;
  const out = new Float64Array(rows.now.length * width);
  const season = harmonicBasis(
    Array.from(rows.now, (row) => training.times[row]!),
    basis.harmonics,
  );
  const { count } = basis.eofs;
  for (let i = 0; i < rows.now.length; i++) {
    const at = i * width;
    out.set(season.subarray(i * shape.seasonTerms, (i + 1) * shape.seasonTerms), at);
    const coefficientsOf = (row: number) => basis.coefficients.subarray(row * count, (row + 1) * count);
    out.set(coefficientsOf(rows.now[i]!), at + shape.seasonTerms);
    out.set(coefficientsOf(rows.before[i]!), at + shape.seasonTerms + shape.eofs);
  }
  return out;
}

function gatherRows(matrix: Float64Array, columns: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries())
    out.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns);
  return out;
}

function concatenate(rows: readonly Float64Array[]): Float64Array {
  const width = rows[0]!.length;
  const out = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) out.set(row, i * width);
  return out;
}

/** Numbers of EOFs that hold the candidate shares of the variance. */
function eofCandidates(eofs: Eofs): number[] {
  const counts = new Set<number>();
  for (const share of candidateShares) {
    let held = 0;
    let count = 0;
    while (count < eofs.count && held < share * eofs.total) held += eofs.squares[count++]!;
    counts.add(Math.max(1, count));
  }
  return [...counts];
}

function summaryOf(basis: AnomalyBasis, fits: ReadonlyMap<number, LeadFit>, lagHours: number): string {
  const first = basis.eofs.squares[0]!;
  const leads = [...fits].map(([hours, { choice, spread }]) => {
    const penalty = (choice.penalty / first).toPrecision(2);
    return `${hours} h: ${choice.eofs} EOFs, ridge ${penalty}, ${spread.harmonics} harmonics of σ`;
  });
  return (
    `inputs x(t) and x(t − ${lagHours} h), seasonal cycle of ${basis.harmonics} harmonics, ` +
    `${basis.eofs.count} EOFs predicted; ${leads.join('; ')}`
  );
}
