/**
 * From the yes and no of members to an answer: the probability, what it rests on, and where its uncertainty comes from.
 *
 * The interval is that of a sample of independent members: what other members of the same ensemble might have said. It
 * says nothing of how well the model knows the weather, and it is too narrow where members of one weight sample agree more
 * than others do. How many independent members they are worth is given beside it, the two-stage form of Kish's design
 * effect (Kish 1965, Survey Sampling, §5.4): with J_k of N members from weight sample k and variances ε of the weights
 * and α of the noise (the split of the yes and no),
 *   N* = (ε + α) / (ε Σ J_k²/N² + α/N),   N where the weights make no difference.
 */
import { dataError } from '../../core/errors.js';
import { decomposeUneven } from '../../core/statistics/unevenDecomposition.js';
import { percentile } from '../significance/percentile.js';
import type { ConditionAnswer, EventAnswer } from './answer.js';
import type { EvaluatedEvent } from './evaluate.js';
import type { EvaluatedCondition } from './evaluateCondition.js';
import { type IntervalMethod, samplingInterval } from './samplingInterval.js';
import type { Trajectories } from './trajectories.js';

export interface AnswerOptions {
  /** Where it was asked; default: the event names its own place. */
  readonly site?: { readonly name: string; readonly latitude: number; readonly longitude: number } | null;
  /** Members of the run that are not there, beside the rows with missing values. */
  readonly absentMembers?: number;
  readonly interval?: IntervalMethod;
  readonly level?: number;
  /** Fewer members with an answer than this are not answered for; default 10. */
  readonly minimumMembers?: number;
  /** The same event asked of other years. */
  readonly climate?: EvaluatedEvent | null;
}

/** Of the deciding variable. */
const quantileShares = [0.05, 0.25, 0.5, 0.75, 0.95];

const usualMinimum = 10;

/**
 * @param trajectories those that were asked: members from one start
 * @throws {PlumeError} data, when fewer members than the minimum have an answer
 */
export function answerEvent(
  evaluated: EvaluatedEvent,
  { weightSamples, starts }: Pick<Trajectories, 'weightSamples' | 'starts'>,
  options: AnswerOptions = {},
): EventAnswer {
  const { site = null, absentMembers = 0, minimumMembers = usualMinimum, climate = null } = options;
  const rows = [...evaluated.missing.keys()].filter((row) => evaluated.missing[row] === 0);
  const missing = evaluated.missing.length - rows.length + absentMembers;
  if (rows.length < Math.max(1, minimumMembers)) {
    throw dataError(
      `${named(evaluated, options)}: ${rows.length} of ${rows.length + missing} members have an answer ` +
        `(${absentMembers} are not there, ${missing - absentMembers} have missing values), fewer than the ${minimumMembers} ` +
        'that an answer needs; make more members, or ask for fewer if so few are enough',
    );
  }
  const samples = weightSamples === null ? null : rows.map((row) => weightSamples[row]!);
  const yes = rows.map((row) => evaluated.yes[row]!);
  const count = yes.reduce((sum, one) => sum + one, 0);
  const variance = varianceOf(yes, samples);
  return {
    site: site?.name ?? null,
    latitude: site?.latitude ?? null,
    longitude: site?.longitude ?? null,
    start: starts[0]!,
    probability: count / rows.length,
    yes: count,
    members: rows.length,
    missing,
    effectiveMembers: effectiveMembers(variance, samples),
    interval: samplingInterval(count, rows.length, options.interval, options.level),
    climatological: climate === null ? null : climatologicalProbability(climate),
    variance,
    conditions: evaluated.conditions.map((condition) => answerCondition(condition, rows, samples)),
  };
}

/** Share of the cases without missing values that say yes; null where there is none. */
export function climatologicalProbability({
  yes,
  missing,
}: Pick<EvaluatedEvent, 'yes' | 'missing'>): EventAnswer['climatological'] {
  let [cases, count] = [0, 0];
  for (let row = 0; row < yes.length; row++) {
    if (missing[row] === 1) continue;
    cases++;
    count += yes[row]!;
  }
  return cases === 0 ? null : { probability: count / cases, cases };
}

function answerCondition(
  { condition, unit, deciding, holds, points, pointsLeftOut, whole }: EvaluatedCondition,
  rows: readonly number[],
  samples: readonly number[] | null,
): ConditionAnswer {
  const values = Float64Array.from(rows, (row) => deciding[row]!);
  const variance = varianceOf(values, samples);
  return {
    text: condition.text,
    unit,
    probability: rows.reduce((sum, row) => sum + holds[row]!, 0) / rows.length,
    mean: values.reduce((sum, value) => sum + value, 0) / rows.length,
    variance,
    quantiles: quantileShares.map((share) => percentile(values, share)),
    points,
    pointsLeftOut,
    whole,
  };
}

/** null where the two sources cannot be told apart: one weight sample, or none with two members. */
function varianceOf(values: ArrayLike<number>, samples: readonly number[] | null): EventAnswer['variance'] {
  if (samples === null) return null;
  const { epistemic, aleatoric } = decomposeUneven(values, samples);
  return Number.isNaN(epistemic) || Number.isNaN(aleatoric) ? null : { epistemic, aleatoric };
}

function effectiveMembers(
  variance: EventAnswer['variance'],
  samples: readonly number[] | null,
): number | null {
  if (variance === null || samples === null) return null;
  const { epistemic, aleatoric } = variance;
  // Where all agree nothing is known of how they depend on each other.
  if (epistemic + aleatoric === 0) return null;
  const counts = new Map<number, number>();
  for (const sample of samples) counts.set(sample, (counts.get(sample) ?? 0) + 1);
  const squares = [...counts.values()].reduce((sum, n) => sum + n * n, 0);
  const N = samples.length;
  return (epistemic + aleatoric) / ((epistemic * squares) / (N * N) + aleatoric / N);
}

function named({ conditions }: EvaluatedEvent, { site }: AnswerOptions): string {
  const texts = conditions.map(({ condition }) => `"${condition.text}"`).join(', ');
  return `event ${texts}${site ? ` at site "${site.name}"` : ''}`;
}
