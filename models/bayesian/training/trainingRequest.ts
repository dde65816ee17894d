/** What a training is asked for, and what it tells while it runs. */
import type { Tensors } from '../../../core/store/tensorFile.js';
import type { GraphExecutor } from '../../graph/executor.js';
import type { Graph } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import {
  type Checkpoint,
  type TrainingHistory,
  type ValidationRecord,
  writeCheckpoint,
} from './checkpoint.js';
import type { SampleLoader } from './sampleLoader.js';
import type { PosteriorPlan } from './stageFamily.js';
import type { Stage } from './stages.js';
import type { NoisePatterns } from './trainingBatch.js';

export interface TrainingRequest {
  readonly network: Network;
  /** What the first stage to be run begins with, and which that is; a checkpoint goes before it. */
  readonly start: { readonly stage: number; readonly tensors: Tensors };
  readonly loader: SampleLoader;
  /** Of the validation period; absent: no stage is judged, each hands on its last averages. */
  readonly validation?: SampleLoader;
  readonly stages: readonly Stage[];
  /** Stages to run, first and last (default: all that are left). */
  readonly only?: { readonly first: number; readonly last: number };
  readonly posterior: PosteriorPlan;
  readonly noise: NoisePatterns;
  readonly seed: number;
  createExecutor(graph: Graph): Promise<GraphExecutor>;
  readonly checkpointPath: string;
  /** Seconds between checkpoints (default 60): what a kill may cost. */
  readonly checkpointSeconds?: number;
  readonly identity: string;
  readonly signal: AbortSignal;
  onStep(progress: TrainingProgress): void;
  /** Told whenever a checkpoint is written. @param stageEnded true of the one at the end of a stage */
  onCheckpoint?(history: TrainingHistory, stageEnded: boolean): Promise<void>;
  /** Told what the user should know: a damaged checkpoint, a stage that ended early. */
  onNote?(text: string): void;
}

export interface TrainingProgress {
  readonly stage: string;
  /** Steps of the stage that are done, and that it has at most. */
  readonly step: number;
  readonly steps: number;
  /** Operations from the first stage on, those of stages and steps that were done before or left out among them. */
  readonly doneFlops: number;
  /** Operations of this very step; 0 where a stage ends early and the rest is left out. */
  readonly flops: number;
  readonly fit: number;
  /** The last judgement of the stage. */
  readonly validation: ValidationRecord | null;
}

export async function saveCheckpoint(
  request: Pick<TrainingRequest, 'checkpointPath' | 'onCheckpoint'>,
  checkpoint: Checkpoint,
): Promise<void> {
  await writeCheckpoint(request.checkpointPath, checkpoint);
  const { losses, validations, step } = checkpoint;
  await request.onCheckpoint?.({ losses, validations }, step === 0);
}
