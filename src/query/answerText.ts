/** Answers on a screen: a few lines for an event at one place, a table of the likeliest for many. */
import { formatTime } from '../../core/time.js';
import type { ConditionAnswer, EventAnswer } from '../../evaluation/events/answer.js';
import { percent } from '../report/diagramFrame.js';
import { displayUnit, formatValue } from '../report/displayUnit.js';
import type { AskedEvent } from './askEvents.js';
import { placeText, siteText } from './placeText.js';

/** Lines of a table; files have the rest. */
const mostLines = 20;

/** @param usual what the climatological probability is of, in words; null without an archive */
export function answerText(asked: AskedEvent, usual: string | null): string {
  const { event, start, answers, refused } = asked;
  const [only] = answers;
  const lines =
    answers.length === 1 && refused.length === 0 && only !== undefined
      ? linesOf(only, asked, usual)
      : tableOf(asked, usual);
  return [`${event}, from ${formatTime(start)}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function linesOf(answer: EventAnswer, asked: AskedEvent, usual: string | null): string[] {
  const absent = asked.absent.length;
  const { site, probability, yes, members, missing, interval, climatological, effectiveMembers } = answer;
  const name = `${interval.method[0]!.toUpperCase()}${interval.method.slice(1)}`;
  const lines = [
    ...(site === null ? [] : [line('here', siteText(site, answer.latitude ?? 0, answer.longitude ?? 0))]),
    line(
      'probability',
      `${percent(probability)}, ${yes} of ${members} members; ${percent(interval.level)} ${name} interval ` +
        `${percent(interval.low)} to ${percent(interval.high)}`,
    ),
  ];
  if (effectiveMembers !== null && effectiveMembers < 0.95 * members) {
    lines.push(
      line(
        '',
        `worth about ${Math.max(1, Math.round(effectiveMembers))} independent members: the interval is too narrow by that`,
      ),
    );
  }
  if (missing > 0) {
    const without = missing - absent;
    const parts = [
      ...(absent === 0 ? [] : [`${absent} not in the run`]),
      ...(without === 0 ? [] : [`${without} with missing values`]),
    ];
    lines.push(line('missing', `${missing} of ${members + missing} members (${parts.join(', ')})`));
  }
  if (climatological !== null) {
    lines.push(
      line('usual', `${percent(climatological.probability)} of ${climatological.cases} cases: ${usual}`),
    );
  } else if (usual !== null) lines.push(line('usual', 'not known: no case of the archive has all values'));
  lines.push(
    line('variance', `of the yes or no: ${sources(answer.variance, probability === 0 || probability === 1)}`),
  );
  const several = answer.conditions.length > 1;
  for (const [i, condition] of answer.conditions.entries()) {
    if (several)
      lines.push(line('condition', `${condition.text}: ${percent(condition.probability)} by itself`));
    lines.push(...conditionLines(condition, asked.decidedByMargin[i] === true));
  }
  return lines;
}

function line(term: string, text: string): string {
  return `${term.padEnd(12)} ${text}`;
}

/** Shares of the two sources. */
function sources(variance: EventAnswer['variance'], agree: boolean): string {
  if (agree) return 'none, all members agree';
  if (variance === null) return 'not known by source: that takes several weight samples and noise streams';
  const total = variance.epistemic + variance.aleatoric;
  if (total === 0) return 'none, all members agree';
  return `${percent(variance.epistemic / total)} epistemic, ${percent(variance.aleatoric / total)} aleatoric`;
}

function conditionLines(condition: ConditionAnswer, isMargin: boolean): string[] {
  const { unit, mean, quantiles, variance, points, pointsLeftOut, whole } = condition;
  const display = displayUnit(unit);
  const size = Math.max(...quantiles.map((value) => Math.abs(value * display.factor)));
  const shown = (value: number): string => formatValue(value * display.factor, size);
  const [low = Number.NaN, , middle = Number.NaN, , high = Number.NaN] = quantiles;
  const lines = [
    line(
      'decided by',
      `${isMargin ? 'a margin of ' : ''}${shown(mean)} ${display.label} in the mean, median ${shown(middle)}, 5 to 95 % ${shown(low)} to ${shown(high)}; ` +
        `variance ${sources(variance, false)}`,
    ),
  ];
  if (pointsLeftOut > 0)
    lines.push(line('points', `${points - pointsLeftOut} of ${points}: the others have no values`));
  if (!whole)
    lines.push(line('place', 'reaches past the edges of the grid: only what lies inside is answered for'));
  return lines;
}

function tableOf({ answers, refused, absent }: AskedEvent, usual: string | null): string[] {
  const sorted = answers.toSorted((a, b) => b.probability - a.probability);
  const shown = sorted.slice(0, mostLines);
  const withUsual = usual !== null;
  const head = ['site', 'place', 'probability', 'interval', 'members', ...(withUsual ? ['usual'] : [])];
  const rows = shown.map(
    ({ site, latitude, longitude, probability, interval, yes, members, climatological }) => [
      site ?? '',
      placeText(latitude ?? 0, longitude ?? 0),
      percent(probability),
      `${percent(interval.low)} to ${percent(interval.high)}`,
      `${yes} of ${members}`,
      ...(withUsual ? [climatological === null ? '–' : percent(climatological.probability)] : []),
    ],
  );
  const left = sorted.length - shown.length;
  const method = answers[0]?.interval;
  return [
    ...aligned([head, ...rows]),
    ...(left === 0 ? [] : [`… and ${left} sites more: --csv FILE, --arrow FILE or --json has them all`]),
    ...(method === undefined ? [] : [`intervals: ${percent(method.level)}, ${method.method}`]),
    ...(withUsual ? [`usual: share of cases, ${usual}`] : []),
    ...(absent.length === 0 ? [] : [`missing: ${absent.length} members are not in the run`]),
    ...(refused.length === 0
      ? []
      : [
          `refused: ${refused.length} sites where too few members have values, such as ${refused[0]!.site} (${refused[0]!.members})`,
        ]),
  ];
}

/** Columns side by side, the first two to the left. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(widths[column]! - [...cell].length);
        return column < 2 ? cell + gap : gap + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}
