/**
 * Early stopping: of all judgements of a stage on the validation period the best so far is kept, and the stage ends when
 * `patience` judgements in a row were no better. Lower is better. Prechelt 1998, Early Stopping — But When?, the
 * criterion UP with strips counted from the best. Plain numbers, so that a checkpoint holds them.
 */

export interface StoppingState {
  /** Null before the first judgement. */
  readonly best: number | null;
  /** Judgements since the best. */
  readonly since: number;
}

export const nothingJudged: StoppingState = { best: null, since: 0 };

export function isBetter({ best }: StoppingState, score: number): boolean {
  return best === null || score < best;
}

export function judged(state: StoppingState, score: number): StoppingState {
  return isBetter(state, score) ? { best: score, since: 0 } : { ...state, since: state.since + 1 };
}

export function isPatienceOver({ since }: StoppingState, patience: number): boolean {
  return since >= patience;
}
