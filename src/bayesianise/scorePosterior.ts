/**
 * What an imported model's posterior is worth on the validation period: fair CRPS and spread–skill ratio of its ensemble
 * by lead, over starts spread evenly, in units of each channel's error scale. Draws are keyed by the weight sample alone:
 * all trials of a search see the same numbers, so that it compares scales and not chance.
 */
import { requireFinite } from '../../core/archive/finite.js';
import { isPlumeError } from '../../core/errors.js';
import { gridSize, pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { spreadSkillRatio } from '../../evaluation/scores/spreadSkill.js';
import { areaMean } from '../../evaluation/statistics/areaMean.js';
import type { ImportedModel } from '../../models/imported/importedModel.js';
import type { ImportedPosterior } from '../../models/imported/importedPosterior.js';

export interface ScoreRequest {
  readonly model: ImportedModel;
  readonly archive: Archive;
  readonly archiveName: string;
  /** Indices of analyses. */
  readonly starts: readonly number[];
  /** Where the state one model step later lies: index + stride. */
  readonly stride: number;
  readonly steps: number;
  readonly weightSamples: number;
  readonly seed: number;
  /** [channel], physical units. */
  readonly errorScale: readonly number[];
}

export interface PosteriorScore {
  /** By lead, mean over channels in units of the error scale; +∞ where a member stopped being finite. */
  readonly fairCrps: readonly number[];
  readonly spreadSkillRatio: readonly number[];
}

/** What a search makes small: the mean over leads of ln CRPS, so that short leads count as long ones do. */
export function meanLogCrps({ fairCrps }: PosteriorScore): number {
  return fairCrps.reduce((sum, value) => sum + Math.log(value), 0) / fairCrps.length;
}

/** @throws {PlumeError} data, where the archive has gaps */
export async function scorePosterior(
  request: ScoreRequest,
  posterior: ImportedPosterior,
): Promise<PosteriorScore> {
  const { model, archive, archiveName, starts, stride, steps, weightSamples, seed, errorScale } = request;
  await model.setPosterior(posterior);
  const points = gridSize(archive.schema.grid);
  const area = pointWeights(archive.schema.grid);
  const length = errorScale.length * points;
  const weights = Float64Array.from({ length }, (_, i) => area[i % points]!);
  const units = Float64Array.from({ length }, (_, i) => errorScale[Math.floor(i / points)]!);
  const sums = Array.from({ length: steps }, () => ({ crps: 0, variance: 0, error: 0 }));
  try {
    for (const index of starts) {
      const analysis = await archive.read(index);
      requireFinite(analysis, archiveName);
      const run = trajectory(model, [], {
        seed,
        start: archive.times[index]!,
        analyses: [Float32Array.from(analysis.values)],
        block: { firstWeightSample: 0, weightSamples },
        noiseStreams: 1,
        steps,
        batchMembers: weightSamples,
      });
      let lead = 0;
      for await (const forecast of run) {
        const truth = await archive.read(index + (lead + 1) * stride);
        requireFinite(truth, archiveName);
        const members = Float64Array.from(forecast, (value, i) => value / units[i % length]!);
        const observed = Float64Array.from(truth.values, (value, i) => value / units[i]!);
        const mean = new Float64Array(length);
        const variance = new Float64Array(length);
        memberMoments(members, weightSamples, mean, variance);
        const sum = sums[lead]!;
        sum.crps += areaMean(crpsEnsemble(members, weightSamples, observed), weights);
        sum.variance += areaMean(variance, weights);
        sum.error += areaMean(
          mean.map((value, i) => (value - observed[i]!) ** 2),
          weights,
        );
        lead++;
      }
    }
  } catch (error) {
    // Weights too far out: a scale that cannot be used, not a reason to stop.
    if (!isPlumeError(error) || !error.message.includes('stopped being finite')) throw error;
    const none = new Array<number>(steps).fill(Number.POSITIVE_INFINITY);
    return { fairCrps: none, spreadSkillRatio: none };
  }
  return {
    fairCrps: sums.map(({ crps }) => crps / starts.length),
    spreadSkillRatio: sums.map(({ variance, error }) =>
      spreadSkillRatio(variance / starts.length, error / starts.length, weightSamples),
    ),
  };
}
