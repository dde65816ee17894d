/** The steps of a stage: how many, where its phases begin, and whose weights were kept. */
import type { JudgementPoint, RecordedStage } from '../training/trainingAccount.js';

export function stepsOf({ phases }: Pick<RecordedStage, 'phases'>): number {
  return phases.reduce((sum, { steps }) => sum + steps, 0);
}

/** The judgement whose weights a stage handed on: the best, which is the last that was better than all before. */
export function keptJudgement(judgements: readonly JudgementPoint[]): JudgementPoint | undefined {
  return judgements.findLast(({ best }) => best);
}

/** Steps of a stage, and where its later phases begin: the frame of its charts. */
export function frameOf(stage: RecordedStage): {
  readonly steps: number;
  readonly phases: readonly { readonly step: number; readonly text: string }[];
} {
  const phases: { step: number; text: string }[] = [];
  let step = 0;
  for (const { steps, rollout } of stage.phases) {
    if (step > 0 && steps > 0) phases.push({ step, text: `${rollout} ahead` });
    step += steps;
  }
  return { steps: step, phases };
}
