/** What a training came to, in one or two plain sentences: where it stopped and why, and how true its spread is. */
import type { RecordedStage, TrainingAccount } from '../training/trainingAccount.js';
import { recordedUnit } from './calibrationTrials.js';
import { formatValue, leadLabel } from './displayUnit.js';
import { keptJudgement, stepsOf } from './trainingSteps.js';
import { isUnderWay } from './trainingTables.js';

/** Plain text. @param stages that left anything to tell of */
export function trainingSentence(account: TrainingAccount, stages: readonly RecordedStage[]): string {
  if (account.state === 'under way') return underWay(account, stages);
  const ends = groups(stages.flatMap((stage) => endOf(account, stage) ?? []));
  const scored = scoreText(account);
  const told = ends.length === 0 ? 'Trained' : capital(ends.join('; '));
  return scored === '' ? `${told}.` : `${told}. ${capital(scored)}.`;
}

/** How a stage ended; of several networks together. Stages that ended alike are told together. */
type End =
  | { readonly why: 'early'; readonly stage: string; readonly text: string }
  | { readonly why: 'still better'; readonly stage: string; readonly text: string }
  | { readonly why: 'ran through'; readonly stage: string; readonly text: string };

/**
 * 'the deterministic stage stopped at step 380 of 448 and the aleatoric stage at step 160 of 340, as validation no longer
 * got better'
 */
function groups(ends: readonly End[]): string[] {
  const of = (why: End['why']): End[] => ends.filter((end) => end.why === why);
  const early = of('early').map(
    ({ stage, text }, i) => `the ${stage} stage ${i === 0 ? 'stopped ' : ''}at ${text}`,
  );
  const through = of('ran through').map(
    ({ stage, text }) => `the ${stage} stage kept the weights of ${text}`,
  );
  const better = of('still better').map(({ stage, text }) => `the ${stage} stage (${text})`);
  const texts: string[] = [];
  if (early.length > 0) texts.push(`${joined(early)}, as validation no longer got better`);
  if (through.length > 0) texts.push(joined(through));
  if (better.length > 0) {
    const verb = better.length === 1 ? 'was' : 'were';
    texts.push(`${joined(better)} ${verb} still getting better at the last step: more steps may do better`);
  }
  return texts;
}

function endOf(account: TrainingAccount, stage: RecordedStage): End | null {
  const steps = stepsOf(stage);
  const own = account.training.record.validations
    .map((judgements) => judgements.filter((each) => each.stage === stage.name))
    .filter((judgements) => keptJudgement(judgements) !== undefined);
  // not judged, or a stage that collects its weights and keeps none of the judged ones
  if (own.length === 0) return null;
  const { name } = stage;
  const lasts = own.map((judgements) => judgements.at(-1)?.step ?? 0);
  const kepts = own.map((judgements) => keptJudgement(judgements)?.step ?? 0);
  const early = lasts.filter((last) => last < steps);
  if (early.length > 0) {
    const some = early.length < own.length ? ` (${early.length} of ${own.length} networks)` : '';
    return { why: 'early', stage: name, text: `step ${range(early)} of ${steps}${some}` };
  }
  if (kepts.every((kept) => kept === steps))
    return { why: 'still better', stage: name, text: `${steps} steps` };
  return { why: 'ran through', stage: name, text: `step ${range(kepts)} of its ${steps}` };
}

/** 'a, b and c' */
function joined(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} and ${last}`;
}

/** 'on the validation period spread matches error within 3 % at every lead; fair CRPS 1.97 hPa at day 1, 4.40 hPa at day 7' */
function scoreText(account: TrainingAccount): string {
  const { validation_fair_crps: crps = [], validation_spread_skill_ratio: ratios = [] } =
    account.training.record;
  const parts: string[] = [];
  if (ratios.length > 0 && ratios.every(Number.isFinite)) {
    const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
    const off = 100 * Math.max(high - 1, 1 - low);
    parts.push(
      off <= 10
        ? `spread matches error within ${Math.max(1, Math.ceil(Number(off.toFixed(6))))} % at every lead`
        : `spread is ${low.toFixed(2)} to ${high.toFixed(2)} times the error, by lead`,
    );
  }
  const [first] = crps;
  const last = crps.at(-1);
  if (first !== undefined && last !== undefined) {
    const { label, factor } = recordedUnit(account);
    // a unit stands behind each number, a scale once before them
    const isUnit = !label.startsWith('of ');
    const at = (value: number, lead: number): string =>
      `${formatValue(value * factor)}${isUnit ? ` ${label}` : ''} at ${leadLabel(lead * account.step_hours)}`;
    const ends = crps.length > 1 ? [at(first, 1), at(last, crps.length)] : [at(first, 1)];
    parts.push(`fair CRPS is ${ends.join(' and ')}${isUnit ? '' : ` ${label}`}`);
  }
  return parts.length === 0 ? '' : `on the validation period ${parts.join('; ')}`;
}

function underWay(account: TrainingAccount, stages: readonly RecordedStage[]): string {
  const { losses, validations } = account.training.record;
  const component = losses.findLastIndex((points) => points.length > 0);
  const stage = stages.findLast((each) => isUnderWay(account, component, each));
  const done = (losses[component] ?? []).filter((each) => each.stage === stage?.name).at(-1);
  if (stage === undefined || done === undefined) return 'Under way: the first steps are not recorded yet.';
  const judged = (validations[component] ?? []).filter((each) => each.stage === stage.name);
  const kept = keptJudgement(judged);
  const best =
    kept === undefined
      ? 'not judged yet'
      : `best on the validation period so far at step ${kept.step}${kept.crps === null ? '' : `, CRPS ${formatValue(kept.crps)} of each channel’s scale`}${kept.spread_skill_ratio === null ? '' : `, spread–skill ratio ${kept.spread_skill_ratio.toFixed(2)}`}`;
  const network = account.components > 1 ? ` of network ${component + 1} of ${account.components}` : '';
  return `Under way, as of the last checkpoint: the ${stage.name} stage${network} is at step ${done.step} of ${stepsOf(stage)}, ${best}.`;
}

/** '308–420' */
function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}–${high}`;
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}
