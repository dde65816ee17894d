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
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { product, submatrix } from './denseProduct.js';
import { type Eofs, leadingEofs } from './eof.js';
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
import { chooseHarmonics, fitHarmonics, harmonicBasis, termsOf } from './seasonalHarmonics.js';
import { rowOfTime, rowsByYear, type TrainingSeries } from './trainingSeries.js';

/** Predicted and predicting EOFs hold this share of the variance at most, and are no more than this many. */
const varianceShare = 0.999;
const mostEofs = 160;
/** Candidate numbers of predicting EOFs, by the share of variance they hold. */
const candidateShares = [0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
/** Candidate penalties, as shares of the leading EOF's sum of squares: 1e-5 … 10, four a decade. */
const candidatePenalties = Array.from({ length: 25 }, (_, i) => 10 ** (-5 + i / 4));
const mostHarmonics = 3;

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
    seasonTerms: termsOf(basis.harmonics),
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

interface AnomalyBasis {
  readonly harmonics: number;
  readonly eofs: Eofs;
  /** [time, eof] of the training series. */
  readonly coefficients: Float64Array;
  /** EOF coefficients of a field at a time. */
  project(field: Float32Array, time: number): Float64Array;
  /** The field with these EOF coefficients at a time, physical units. */
  field(coefficients: Float64Array, time: number): Float64Array;
}

/** Seasonal cycle and EOFs of the training series. */
function anomalyBasis(training: TrainingSeries): AnomalyBasis {
  const { times, values, weights } = training;
  const points = weights.length;
  const root = weights.map(Math.sqrt);
  const anomalies = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) anomalies[i] = values[i]! * root[i % points]!;
  const years = [...rowsByYear(times).values()];
  const harmonics = chooseHarmonics(times, anomalies, points, years, mostHarmonics);
  const terms = termsOf(harmonics);
  const season = harmonicBasis(times, harmonics);
  const cycle = fitHarmonics(season, terms, anomalies, points);
  const fitted = product(season, cycle, times.length, terms, points);
  for (let i = 0; i < anomalies.length; i++) anomalies[i] = anomalies[i]! - fitted[i]!;
  const eofs = leadingEofs(anomalies, points, varianceShare, mostEofs);
  const cycleAt = (time: number) => product(harmonicBasis([time], harmonics), cycle, 1, terms, points);
  return {
    harmonics,
    eofs,
    coefficients: product(anomalies, eofs.patterns, times.length, points, eofs.count),
    project(field, time) {
      const anomaly = cycleAt(time);
      for (let point = 0; point < points; point++)
        anomaly[point] = field[point]! * root[point]! - anomaly[point]!;
      return product(anomaly, eofs.patterns, 1, points, eofs.count);
    },
    field(coefficients, time) {
      const out = cycleAt(time);
      for (let point = 0; point < points; point++) {
        let sum = out[point]!;
        for (let k = 0; k < eofs.count; k++) sum += coefficients[k]! * eofs.patterns[point * eofs.count + k]!;
        out[point] = sum / root[point]!;
      }
      return out;
    },
  };
}

interface SampleRows {
  /** Rows of the series at t and t − lag, one entry a sample. */
  readonly now: Int32Array;
  readonly before: Int32Array;
  /** For each lead: rows of the series at t + lead. */
  readonly targets: Int32Array[];
  /** Samples that lie within one calendar year, by year. */
  readonly byYear: Map<number, number[]>;
  readonly acrossYears: number[];
}

/** Samples whose inputs and targets at every lead all lie in the training period. */
function sampleRows(training: TrainingSeries, leadHours: readonly number[], lagHours: number): SampleRows {
  const rowAt = rowOfTime(training.times);
  const now: number[] = [];
  const before: number[] = [];
  const targets: number[][] = leadHours.map(() => []);
  const byYear = new Map<number, number[]>();
  const acrossYears: number[] = [];
  for (const [row, time] of training.times.entries()) {
    const earlier = rowAt.get(time - lagHours * millisecondsPerHour);
    const later = leadHours.map((hours) => rowAt.get(time + hours * millisecondsPerHour));
    if (earlier === undefined || later.some((each) => each === undefined)) continue;
    const sample = now.length;
    now.push(row);
    before.push(earlier);
    for (const [lead, each] of later.entries()) targets[lead]!.push(each!);
    const years = new Set([earlier, ...later.map((each) => each!)].map((r) => yearAt(training.times[r]!)));
    const [year] = years;
    if (years.size > 1 || year === undefined) acrossYears.push(sample);
    else byYear.set(year, [...(byYear.get(year) ?? []), sample]);
  }
  if (byYear.size < 2) {
    throw dataError(
      `eof-regression: the training period ${formatTime(training.times[0]!)} to ` +
        `${formatTime(training.times[training.times.length - 1]!)} holds ${byYear.size} calendar year(s) with ` +
        `states at t, t − ${lagHours} h and all leads (${leadHours.join(', ')} h); it needs two or more to ` +
        'choose its EOFs and penalty; train on a longer period or leave this reference out',
    );
  }
  return {
    now: Int32Array.from(now),
    before: Int32Array.from(before),
    targets: targets.map((each) => Int32Array.from(each)),
    byYear,
    acrossYears,
  };
}

function yearAt(time: number): number {
  return new Date(time).getUTCFullYear();
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
