/** What plume train is asked for; what it answers is trainSummary.ts. */
import type { SplitPeriods } from '../../core/period.js';
import type { GapPolicy } from '../../models/bayesian/training/gaps.js';
import type { PosteriorName } from '../../models/bayesian/training/posteriorNames.js';
import type { BackendChoice } from '../../models/graph/backends.js';
import type { NamedArchive } from '../archiveOption.js';
import type { Reporter } from '../progress.js';
import type { ConstantFiles } from './knownFields.js';
import type { StageChoice } from './modelOutput.js';
import type { NetworkRequest } from './networkChoice.js';
import type { PresetName } from './presetNames.js';

export interface TrainRequest {
  readonly source: NamedArchive;
  readonly periods: Omit<SplitPeriods, 'test'>;
  readonly preset: PresetName;
  /** Which network; absent: auto. */
  readonly network?: NetworkRequest;
  /** Where fields of the place are looked for; absent: nowhere. */
  readonly constants?: ConstantFiles;
  readonly posterior: PosteriorName;
  /** Networks trained from different starts; default: the recipe's number. */
  readonly components?: number;
  /** Stages to run; all: those that are left. */
  readonly stage: StageChoice;
  /** What becomes of training data with missing values. */
  readonly gaps: GapPolicy;
  /** Bytes that the states of a period may hold; default `memoryBudget()`. */
  readonly sampleBytes?: number;
  readonly seed: number;
  readonly backend: BackendChoice;
  readonly directory: string;
  /** Seconds of work that a kill may cost. */
  readonly checkpointSeconds: number;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}
