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
import type { Archive, Perturbation } from '../../core/interfaces.js';
import { formatPeriod, type Period, timesInside } from '../../core/period.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { areaMean } from '../../evaluation/areaMean.js';
import { crpsEnsemble } from '../../evaluation/crps.js';
import { spreadSkillRatio } from '../../evaluation/spreadSkill.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import type { TrainedModel } from '../../models/bayesian/modelDirectory.js';
import type { SessionOptions } from '../../models/onnx/session.js';

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

export interface CalibrationRequest {
  readonly trained: TrainedModel;
  readonly session: SessionOptions;
  readonly perturbation: Perturbation;
  readonly archive: Archive;
  readonly archiveName: string;
  readonly period: Period;
  readonly seed: number;
  readonly weightSamples: number;
  readonly noiseStreams: number;
  readonly steps: number;
  /** Start dates spread evenly over the period. */
  readonly starts: number;
  onTrial(done: number, of: number, calibration: Calibration): void;
}

const relaxations = [0, 0.015, 0.03, 0.045];
const noiseTrials = 2;
export const calibrationTrials = relaxations.length * noiseTrials + 1;

export async function calibrate(request: CalibrationRequest): Promise<Calibration> {
  let done = 0;
  const trial = async (adjustment: Adjustment): Promise<Calibration> => {
    const found = await measure(request, adjustment);
    request.onTrial(++done, calibrationTrials, found);
    return found;
  };
  let best: Calibration | undefined;
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
    for (const index of calibrationStarts({ ...request, stepMilliseconds })) {
      const states = await Promise.all([archive.read(index), archive.read(index - 1)]);
      for (const state of states) requireFinite(state, request.archiveName);
      const run = trajectory(model, request.perturbation, {
        seed: request.seed,
        start: archive.times[index]!,
        analysis: states.map(({ values }) => values),
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
  stepMilliseconds,
}: Pick<CalibrationRequest, 'archive' | 'archiveName' | 'period' | 'steps' | 'starts'> & {
  readonly stepMilliseconds: number;
}): number[] {
  const usable = timesInside(archive.times, period).filter((index) => {
    if (index < 1) return false;
    const last = archive.times[index + steps];
    return (
      last !== undefined &&
      last <= period.to &&
      last - archive.times[index - 1]! === (steps + 1) * stepMilliseconds
    );
  });
  if (usable.length === 0) {
    throw dataError(
      `${archiveName} has no ${steps + 2} states in a row in the validation period ${formatPeriod(period)}; ` +
        'choose another --validate',
    );
  }
  const count = Math.min(starts, usable.length);
  return Array.from({ length: count }, (_, i) => usable[Math.floor((i * usable.length) / count)]!);
}
