/** The learning rate of a stage by step. */
import { learningRate } from '../../models/bayesian/training/stages.js';
import type { RecordedStage } from '../training/trainingAccount.js';
import { figure } from './figure.js';
import { tableData } from './figureData.js';
import { type StepPoint, stepCurves } from './stepCurves.js';
import { frameOf, stepsOf } from './trainingSteps.js';

/** HTML; empty where no recipe is recorded. */
export function rateFigure(stage: RecordedStage): string {
  if (!Number.isFinite(stage.learningRate) || stepsOf(stage) === 0) return '';
  const points = ratesOf(stage);
  const title = `Learning rate, ${stage.name} stage`;
  const schedule = stage.schedule === 'constant' ? 'then the same to the end' : 'then a cosine down to zero';
  return figure({
    title,
    text: `A linear warm-up of ${stage.warmUpSteps} steps, ${schedule}. Weights with a factor of their own: in the recipe.`,
    body: stepCurves([{ colour: 'var(--ensemble)', kind: 'line', points: points.map(thousandths) }], {
      ...frameOf(stage),
      label: 'learning rate, thousandths',
      zero: true,
      title,
      description: `Peak ${stage.learningRate}.`,
    }),
    data: tableData([
      { name: 'step', type: 'int32', values: points.map(({ step }) => step) },
      { name: 'learning_rate', type: 'float64', values: points.map(({ value }) => value) },
    ]),
    name: `${stage.name}-learning-rate`,
  });
}

function thousandths({ step, value }: StepPoint): StepPoint {
  return { step, value: 1000 * value };
}

/** At up to 200 steps. */
function ratesOf(stage: RecordedStage): StepPoint[] {
  const steps = stepsOf(stage);
  const count = Math.min(200, steps);
  return Array.from({ length: count }, (_, i) => {
    const step = count === 1 ? 0 : Math.round((i * (steps - 1)) / (count - 1));
    return { step: step + 1, value: learningRate(stage, step) };
  });
}
