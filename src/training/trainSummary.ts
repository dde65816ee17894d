/** What plume train answers: the fields that --json prints, and the same in words. */
import type { Schema } from '../../core/schema.js';
import type { PosteriorName } from '../../models/bayesian/training/posteriorNames.js';
import { type Stage, type StageName, stageSteps } from '../../models/bayesian/training/stages.js';
import type { TrainingResult } from '../../models/bayesian/training/trainer.js';
import type { BackendChoice } from '../../models/graph/backends.js';
import { formatBytes, formatSeconds } from '../progress.js';
import { leadLabel } from '../report/displayUnit.js';
import type { FoundCalibration } from './findCalibration.js';

export interface TrainSummary {
  readonly directory: string;
  /** The stages that the model now has behind it. */
  readonly stages: readonly string[];
  readonly posterior: PosteriorName;
  /** Networks from different starts, and the weights of one. */
  readonly components: number;
  readonly parameters: number;
  /** Wall time of this command. */
  readonly seconds: number;
  /** Of the steps that this command took: matrix products only, and their rate. */
  readonly teraflops: number;
  readonly gigaflopsPerSecond: number;
  /** Foretold before the first step, and largest resident memory of this process so far. */
  readonly expectedMemoryBytes: number;
  readonly peakMemoryBytes: number;
  readonly backend: BackendChoice;
  readonly kept: readonly KeptStep[];
  /** Noise scale and relaxation that were chosen, with scores of the validation period by lead, and what was tried. */
  readonly calibration: FoundCalibration & {
    /** Of fairCrps: the channel's, or of each channel's scale where there are several. */
    readonly unit: string;
    readonly leadHours: readonly number[];
  };
  /** Path of the page; null where it could not be written. */
  readonly report: string | null;
}

/** Which weights a stage handed on. */
export interface KeptStep {
  readonly component: number;
  readonly stage: StageName;
  /** Step of the averages that were kept, the last step taken, and how many there could have been. */
  readonly step: number;
  readonly stoppedAt: number;
  readonly of: number;
}

/** Of every stage that was judged on the validation period, of every component. */
export function keptSteps(stages: readonly Stage[], results: readonly TrainingResult[]): KeptStep[] {
  return results.flatMap(({ validations }, component) =>
    stages.flatMap((stage) => {
      const own = validations.filter((judgement) => judgement.stage === stage.name);
      const best = own.findLast((judgement) => judgement.best);
      const last = own.at(-1);
      if (best === undefined || last === undefined) return [];
      const { name } = stage;
      return [{ component, stage: name, step: best.step, stoppedAt: last.step, of: stageSteps(stage) }];
    }),
  );
}

export function crpsUnit({ channels }: Schema): string {
  const [only, another] = channels;
  return only !== undefined && another === undefined ? only.unit : 'of the channels’ scales';
}

/** Four lines: what it took, what was kept, what was chosen, how good it is, each after its word. */
export function summaryLines(summary: TrainSummary): string[] {
  const { seconds, gigaflopsPerSecond, peakMemoryBytes, expectedMemoryBytes, kept, report } = summary;
  const { noise, relaxation, trials, fairCrps, spreadSkillRatio, leadHours, unit } = summary.calibration;
  const rate = gigaflopsPerSecond > 0 ? `, steps at ${gigaflopsPerSecond.toFixed(0)} GFLOP/s` : '';
  const [first = Number.NaN] = fairCrps;
  const last = fairCrps.at(-1) ?? first;
  const leads = `${leadLabel(leadHours[0] ?? 0)} to ${leadLabel(leadHours.at(-1) ?? 0)}`;
  return [
    `trained    in ${formatSeconds(seconds)}${rate}; memory ${formatBytes(peakMemoryBytes)} of ` +
      `${formatBytes(expectedMemoryBytes)} foretold`,
    ...[...new Set(kept.map(({ stage }) => stage))].map(
      (stage) => `kept       ${stage}: ${keptText(kept.filter((each) => each.stage === stage))}`,
    ),
    `chosen     noise × ${noise.toFixed(2)}, relaxation ${relaxation}, of ${trials.length} trials on the validation period`,
    `validation fair CRPS ${first.toPrecision(3)} to ${last.toPrecision(3)} ${unit}, spread–skill ratio ` +
      `${Math.min(...spreadSkillRatio).toFixed(2)} to ${Math.max(...spreadSkillRatio).toFixed(2)}, ${leads}`,
    ...(report === null ? [] : [`page       ${report}`]),
  ];
}

/** "step 308 of 448, stopped at 380" — of several networks the range of each. */
function keptText(steps: readonly KeptStep[]): string {
  const range = (values: readonly number[]): string => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return low === high ? String(low) : `${low}–${high}`;
  };
  const of = steps[0]?.of ?? 0;
  const stopped = steps.filter(({ stoppedAt }) => stoppedAt < of);
  const early =
    stopped.length === 0
      ? ''
      : `, stopped early at ${range(stopped.map(({ stoppedAt }) => stoppedAt))}` +
        (stopped.length < steps.length ? ` (${stopped.length} of ${steps.length} networks)` : '');
  return `the weights of step ${range(steps.map(({ step }) => step))} of ${of}${early}`;
}
