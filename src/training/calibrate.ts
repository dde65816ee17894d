/**
 * Two numbers found on the validation period once the weights are trained, since weights fitted to the training
 * years err less there than on others: part of what they claim at long leads is learned by heart, and their noise
 * is too small.
 *   noise       its scale makes spread match error on the geometric mean over leads, SSR = 1 (Fortin et al. 2014)
 *   relaxation  the share of the anomaly given up each step: the one, of a few, with the lowest mean of ln CRPS
 *               over leads, each with the noise that belongs to it
 * The same draws are used for every trial, so the search sees the numbers and not chance.
 */
import { mean } from 'simple-statistics';
import { requireFinite } from '../../core/archive/finite.js';
import { dataError, internalError } from '../../core/errors.js';
import { pointWeights } from '../../core/grid.js';
import type { Archive, InitialPerturbation, StepPerturbation } from '../../core/interfaces.js';
import { formatPeriod, type Period, timesInside } from '../../core/period.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { formatTime } from '../../core/time.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { spreadSkillRatio } from '../../evaluation/scores/spreadSkill.js';
import { areaMean } from '../../evaluation/statistics/areaMean.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import type { TrainedModel } from '../../models/bayesian/modelDirectory.js';
import type { SessionOptions } from '../../models/onnx/session.js';
import type { AddAnalysisError } from '../../perturbations/initial/stateDifference.js';

export interface Adjustment {
  /** Multiplies the amplitude of the noise. */
  readonly noise: number;
  /** γ, share of the anomaly that is given up each step. */
  readonly relaxation: number;
}

export interface Calibration extends Adjustment {
  /** By lead, with this adjustment on the validation period. */
  readonly fairCrps: readonly number[];
  readonly spreadSkillRatio: readonly number[];
}

/** Errors of analyses, and what makes members start apart. */
export interface InitialErrors {
  readonly addAnalysisError: AddAnalysisError;
  readonly members: InitialPerturbation;
}

export interface CalibrationRequest {
  readonly trained: TrainedModel;
  readonly session: SessionOptions;
  readonly perturbation: StepPerturbation;
  /** Null: analyses are the truth and all members start from them. */
  readonly initial: InitialErrors | null;
  readonly archive: Archive;
  readonly archiveName: string;
  readonly period: Period;
  readonly seed: number;
  readonly weightSamples: number;
  readonly noiseStreams: number;
  readonly steps: number;
  /** Start dates spread evenly over the period. */
  readonly starts: number;
  /** Times whose states have missing values: no start needs them. */
  readonly gaps?: ReadonlySet<number>;
  onTrial(done: number, of: number, calibration: Calibration): void;
}

const relaxations = [0, 0.015, 0.03, 0.045];
const noiseTrials = 2;
/** Where members start apart, spread does not vanish with the noise, and there is less for a relaxation to mend. */
const relaxationsApart = [0, 0.01];

export function calibrationTrials(startApart: boolean): number {
  return startApart ? relaxationsApart.length * 2 + 1 : relaxations.length * noiseTrials + 1;
}

export async function calibrate(request: CalibrationRequest): Promise<Calibration> {
  let done = 0;
  const trial = async (adjustment: Adjustment): Promise<Calibration> => {
    const found = await measure(request, adjustment);
    request.onTrial(++done, calibrationTrials(request.initial !== null), found);
    return found;
  };
  let best: Calibration | undefined;
  if (request.initial !== null) {
    for (const relaxation of relaxationsApart) {
      const without = await trial({ relaxation, noise: 0 });
      const found = await trial({ relaxation, noise: best?.noise || 1 });
      const matched = { ...found, noise: noiseBetween(without, found) };
      if (best === undefined || meanLog(found.fairCrps) < meanLog(best.fairCrps)) best = matched;
    }
    if (best === undefined) throw internalError('calibration: no trial');
    return trial({ relaxation: best.relaxation, noise: best.noise });
  }
  let noise = 1;
  for (const relaxation of relaxations) {
    let found = await trial({ relaxation, noise });
    for (let again = 1; again < noiseTrials; again++) {
      found = await trial({ relaxation, noise: matchedNoise(found) });
    }
    noise = matchedNoise(found);
    if (best === undefined || meanLog(found.fairCrps) < meanLog(best.fairCrps)) best = found;
  }
  if (best === undefined) throw internalError('calibration: no trial');
  return trial({ relaxation: best.relaxation, noise: matchedNoise(best) });
}

/** Spread grows nearly in proportion to the noise: divided by the geometric mean of the ratios, they average 1. */
function matchedNoise({ noise, spreadSkillRatio: ratios }: Calibration): number {
  return noise / Math.exp(meanLog(ratios));
}

/**
 * The noise that makes ratios 1 on the geometric mean, from ratios without noise and with some: where members start
 * apart, the squared ratio is a constant part plus one that grows with the square of the noise.
 */
export function noiseBetween(
  without: Pick<Calibration, 'spreadSkillRatio'>,
  some: Pick<Calibration, 'noise' | 'spreadSkillRatio'>,
): number {
  const excess = (noise: number): number =>
    mean(
      some.spreadSkillRatio.map((ratio, lead) => {
        const constant = (without.spreadSkillRatio[lead] ?? 0) ** 2;
        return Math.log(constant + (ratio ** 2 - constant) * (noise / some.noise) ** 2) / 2;
      }),
    );
  let low = 0;
  let high = mostNoise;
  if (!(excess(low) < 0)) return low;
  if (!(excess(high) > 0)) return high;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const mostNoise = 4;

function meanLog(values: readonly number[]): number {
  return mean(values.map(Math.log));
}

async function measure(request: CalibrationRequest, adjustment: Adjustment): Promise<Calibration> {
  const { trained, archive, weightSamples, noiseStreams, steps } = request;
  const { description } = trained;
  const model = new BayesianModel(
    {
      ...trained,
      description: {
        ...description,
        relaxation: adjustment.relaxation,
        noise: { ...description.noise, scale: adjustment.noise },
      },
    },
    request.session,
  );
  const channels = archive.schema.channels.length;
  const members = weightSamples * noiseStreams;
  const stateLength = archive.schema.channels.length * pointWeights(archive.schema.grid).length;
  const area = pointWeights(archive.schema.grid);
  // every channel counts by its own scale
  const weights = Float64Array.from({ length: stateLength }, (_, i) => area[i % area.length]!);
  const units = Float64Array.from(
    { length: stateLength },
    (_, i) => trained.cycle.scale[Math.floor(i / area.length)]!,
  );
  const sums = Array.from({ length: steps }, () => ({ crps: 0, variance: 0, error: 0, count: 0 }));
  try {
    const stepMilliseconds = trained.description.step_hours * 3_600_000;
    const { historyLength } = model;
    for (const index of calibrationStarts({ ...request, historyLength, stepMilliseconds })) {
      const states = await Promise.all(
        Array.from({ length: model.historyLength }, (_, back) => archive.read(index - back)),
      );
      for (const state of states) requireFinite(state, request.archiveName);
      const start = archive.times[index]!;
      const analyses = states.map(({ values }) => Float32Array.from(values));
      request.initial?.addAnalysisError({ seed: request.seed, start }, analyses);
      const run = trajectory(model, [request.perturbation], {
        seed: request.seed,
        start,
        analyses,
        initial: request.initial === null ? [] : [request.initial.members],
        block: { firstWeightSample: 0, weightSamples },
        noiseStreams,
        steps,
        batchMembers: members,
      });
      let lead = 0;
      for await (const forecast of run) {
        const truth = (await archive.read(index + lead + 1)).values;
        score(forecast, truth, units, weights, members, sums[lead]!);
        lead++;
      }
    }
  } finally {
    await model.close();
  }
  const scale = channels === 1 ? trained.cycle.scale[0]! : 1;
  return {
    ...adjustment,
    fairCrps: sums.map(({ crps, count }) => (scale * crps) / count),
    spreadSkillRatio: sums.map(({ variance, error, count }) =>
      spreadSkillRatio(variance / count, error / count, members),
    ),
  };
}

/** Adds area means, in units of each channel's scale. */
function score(
  forecast: Float32Array,
  truth: Float32Array,
  units: Float64Array,
  weights: Float64Array,
  members: number,
  sum: { crps: number; variance: number; error: number; count: number },
): void {
  const n = truth.length;
  const scaled = Float64Array.from(forecast, (value, i) => value / units[i % n]!);
  const observed = Float64Array.from(truth, (value, i) => value / units[i]!);
  const centre = new Float64Array(n);
  const variance = new Float64Array(n);
  memberMoments(scaled, members, centre, variance);
  sum.crps += areaMean(crpsEnsemble(scaled, members, observed), weights);
  sum.variance += areaMean(variance, weights);
  sum.error += areaMean(
    centre.map((value, i) => (value - observed[i]!) ** 2),
    weights,
  );
  sum.count++;
}

/**
 * Starts whose history and truth exist one step apart, spread evenly over the period: indices of times.
 * @throws {PlumeError} data, when the period has none
 */
export function calibrationStarts({
  archive,
  archiveName,
  period,
  steps,
  starts,
  historyLength,
  stepMilliseconds,
  gaps,
}: Pick<CalibrationRequest, 'archive' | 'archiveName' | 'period' | 'steps' | 'starts' | 'gaps'> & {
  readonly historyLength: number;
  readonly stepMilliseconds: number;
}): number[] {
  const back = historyLength - 1;
  const usable = timesInside(archive.times, period).filter((index) => {
    if (index < back) return false;
    const last = archive.times[index + steps];
    return (
      last !== undefined &&
      last <= period.to &&
      !archive.times.subarray(index - back, index + steps + 1).some((time) => gaps?.has(time)) &&
      last - archive.times[index - back]! === (steps + back) * stepMilliseconds
    );
  });
  if (usable.length === 0) {
    throw dataError(
      `${archiveName} has no ${steps + historyLength} complete states in a row in the validation period ` +
        `${formatPeriod(period)}: it runs from ${formatTime(archive.times[0] ?? Number.NaN)} to ` +
        `${formatTime(archive.times.at(-1) ?? Number.NaN)}; choose another --validate`,
    );
  }
  const count = Math.min(starts, usable.length);
  return Array.from({ length: count }, (_, i) => usable[Math.floor((i * usable.length) / count)]!);
}
