/**
 * The three stages of training, each a list of phases with rollouts of one length.
 *
 *   deterministic   L(x̂(t + sΔt), x) averaged over s = 1 … rollout, one set of weights, dropout; L absolute or squared
 *   epistemic       E_q[−ln p] + β KL(q‖p)/N, p Gaussian with the network's own amplitude, no noise drawn; or, in
 *                   place of the likelihood, the CRPS of that Gaussian (a generalised posterior: Bissiri et al. 2016,
 *                   doi:10.1111/rssb.12158), which far-off days pull at less
 *   aleatoric       almost-fair CRPS of S weight samples × J noise streams through rollouts + β KL/N
 */
import type { VariableWeights } from './variableWeights.js';

export const stageNames = ['deterministic', 'epistemic', 'aleatoric'] as const;
export type StageName = (typeof stageNames)[number];

/** A run of training steps of one shape. */
export interface Phase {
  readonly steps: number;
  /** Model steps of a rollout. */
  readonly rollout: number;
  /** Samples of the archive in a batch. */
  readonly batch: number;
}

/** When and on what the averaged weights are judged, and how long a stage may go on without getting better. */
export interface ValidationPlan {
  /** Steps from one judgement to the next; the last step of a stage is judged, too. */
  readonly everySteps: number;
  /** Judgements in a row that are no better than the best, after which the stage ends. */
  readonly patience: number;
  /** Batches of the validation period, the same every time, and their samples and model steps. */
  readonly batches: number;
  readonly batch: number;
  readonly rollout: number;
  /** Members of a sample in the stages that have members. */
  readonly weightSamples: number;
  readonly noiseStreams: number;
}

export interface Stage {
  readonly name: StageName;
  readonly phases: readonly Phase[];
  /** S and J of one training step; 1 × 1 in the deterministic stage. */
  readonly weightSamples: number;
  readonly noiseStreams: number;
  /**
   * Error that the deterministic stage minimises: absolute (default) or squared. Score of the epistemic stage's
   * Gaussians: minus their log likelihood (default), or their CRPS.
   */
  readonly loss?: 'l1' | 'mse' | 'gaussian-nll' | 'gaussian-crps';
  /** Weight of each channel in errors and CRPS (default: equal); a likelihood weighs by its own widths. */
  readonly variableWeights?: VariableWeights;
  /** Peak learning rate of the weights, after a linear warm-up. */
  readonly learningRate: number;
  readonly warmUpSteps: number;
  /** Cosine to zero over the stage (default), or the peak rate to the end. */
  readonly schedule?: 'cosine' | 'constant';
  /** Factors on the learning rate: of the linear path, of ρ, and of the bias of the amplitude. */
  readonly linearRate: number;
  readonly rhoRate: number;
  readonly amplitudeRate: number;
  /** Factor on the learning rate of matrices whose updates are made orthogonal. */
  readonly matrixRate: number;
  /** Decoupled weight decay of what is neither a bias nor in the linear path. */
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Share of token channels dropped; of hidden units twice that. */
  readonly dropout: number;
  /** Temperature on the KL term. */
  readonly beta: number;
  /** α of the almost-fair CRPS. */
  readonly alpha: number;
  /** α of errors of the analysis, and of the members' own perturbations: differences of states times α/√2. */
  readonly initialError: number;
  /** Weight of each model step of a rollout in the loss; the last counts on. */
  readonly leadWeights: readonly number[];
  /** Decay of the moving average that becomes the result. */
  readonly averageDecay: number;
  /** Absent: the stage runs to its end and hands on its last averages. */
  readonly validation?: ValidationPlan;
}

export function stageSteps({ phases }: Pick<Stage, 'phases'>): number {
  return phases.reduce((sum, { steps }) => sum + steps, 0);
}

/** What of a stage its learning rate depends on. */
export interface RatePlan extends Pick<Stage, 'phases' | 'learningRate' | 'warmUpSteps'> {
  readonly schedule?: Stage['schedule'] | undefined;
}

/** η of a step, counted in the stage from 0. */
export function learningRate(stage: RatePlan, step: number): number {
  const warmUp = Math.min(1, (step + 1) / stage.warmUpSteps);
  const falling =
    stage.schedule === 'constant' ? 1 : 0.5 + 0.5 * Math.cos((Math.PI * step) / stageSteps(stage));
  return stage.learningRate * warmUp * falling;
}

/** What each model step of a rollout counts; the shares sum to 1. */
export function leadShares({ leadWeights }: Pick<Stage, 'leadWeights'>, rollout: number): number[] {
  const weights = Array.from(
    { length: rollout },
    (_, s) => leadWeights[Math.min(s, leadWeights.length - 1)] ?? 1,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
