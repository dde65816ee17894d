/** What was found on one series, in sentences: which probabilities can be trusted, which cannot, and what that comes from. */
import type { SeriesReliability } from './gather.js';
import { type Judged, type Verdict, verdictOf } from './judgedCases.js';
import { trackScoreAt } from './trackScoreAt.js';

export function sentences(evidence: SeriesReliability): string[] {
  return [
    reliableOf('kinds of events', named(evidence.study.kinds, evidence.events)),
    reliableOf('kinds of strikes', named(evidence.strikes, evidence.strikes)),
    skilful(evidence),
    costSentence(evidence),
    lowsSentence(evidence),
    ...placesSentence(evidence),
    ...textureSentence(evidence),
    ...spreadSentence(evidence),
  ];
}

type Named = readonly { readonly name: string; readonly judged: Judged }[];

function named(kinds: readonly { readonly name: string }[], judged: readonly Judged[]): Named {
  return judged.map((each, i) => ({ name: kinds[i]!.name, judged: each }));
}

function reliableOf(what: string, all: Named): string {
  const graded = (grade: Verdict['grade']): Named =>
    all.filter(({ judged }) => verdictOf(judged).grade === grade);
  const list = (some: Named): string =>
    some.map(({ name, judged }) => `${name} (${verdictOf(judged).words}, ${offBy(judged)})`).join('; ');
  const [slight, off] = [graded('slight'), graded('off')];
  return (
    `Of ${all.length} ${what} ${graded('reliable').length} are reliable within sampling, ${slight.length} slightly off and ` +
    `${off.length} not reliable.${slight.length > 0 ? ` Slightly off: ${list(slight)}.` : ''}` +
    `${off.length > 0 ? ` Not reliable: ${list(off)}.` : ''}`
  );
}

/** How far off: thousands of cases show what nobody would notice. */
function offBy({ forecast, observed, slope }: Judged): string {
  return `${percent(forecast)} for ${percent(observed)}, slope ${slope.value.toFixed(2)}`;
}

function skilful({ events, strikes, study }: SeriesReliability): string {
  const all = [...named(study.kinds, events), ...named(strikes, strikes)];
  const better = all.filter(({ judged }) => judged.skillInterval.low > 0);
  const worse = all.filter(({ judged }) => judged.skillInterval.high < 0);
  const unsure = all.filter((each) => !better.includes(each) && !worse.includes(each));
  const list = (some: Named): string => some.map(({ name }) => name).join('; ');
  return (
    `${better.length} of ${all.length} have a better Brier score than the climatological probability` +
    `${unsure.length > 0 ? `; no evidence either way for ${list(unsure)}` : ''}` +
    `${worse.length > 0 ? `; worse: ${list(worse)}` : ''}.`
  );
}

/** How much of the Brier score would go if probabilities were relabelled. */
function costSentence({ events, strikes, study }: SeriesReliability): string {
  const shares = [...named(study.kinds, events), ...named(strikes, strikes)]
    .map(({ name, judged }) => ({ name, share: judged.reliability.value / judged.brier }))
    .sort((a, b) => a.share - b.share);
  const [middle, most] = [shares[shares.length >> 1]!, shares[shares.length - 1]!];
  return (
    `The reliability term is ${percent(middle.share)} of the Brier score in the middle, and ${percent(most.share)} ` +
    `at most (${most.name}).`
  );
}

function lowsSentence({ lows, members }: SeriesReliability): string {
  const { counts, detection, lowsPerTrue } = lows;
  const among = lows.amongMembers.detection;
  return (
    `Lows of the truth: ${lows.lows}. Over ${members} members ${counts.hits} hits, ${counts.misses} misses and ` +
    `${counts.falseAlarms} false alarms: a member finds ${percent(detection.probabilityOfDetection)} of them, and ` +
    `${percent(detection.falseAlarmRatio)} of what it finds is none of them; were a member the truth, ` +
    `${percent(among.probabilityOfDetection)} and ${percent(among.falseAlarmRatio)}. ` +
    `Members have ${lowsPerTrue.toFixed(2)} lows for every one of the truth.`
  );
}

function placesSentence({ lows, leadsHours }: SeriesReliability): string[] {
  const ratios = leadsHours.flatMap((lead) => {
    const row = trackScoreAt(lows, 'spread_skill_ratio', lead);
    const among = trackScoreAt(lows.amongMembers, 'spread_skill_ratio', lead);
    return row !== undefined && among !== undefined && row.n >= 20
      ? [`${row.value.toFixed(2)} (${among.value.toFixed(2)}) on day ${lead / 24}`]
      : [];
  });
  if (ratios.length === 0) return [];
  return [
    `Spread of places over the error of their mean: ${ratios.join(', ')}; in brackets what it is with a member for the truth, on days with ` +
      '20 cases or more. Only members that still have the low are among them, and only where they are 40 % of all.',
  ];
}

function textureSentence({ texture }: SeriesReliability): string[] {
  const late = texture.slice(1);
  if (late.length === 0) return [];
  const mean = (of: readonly number[]): number => of.reduce((sum, x) => sum + x, 0) / of.length;
  const change = mean(late.map((each) => each.change));
  const gradient = mean(late.map((each) => each.gradient));
  const alike = Math.abs(change - 1) < 0.05 && Math.abs(gradient - 1) < 0.05;
  const found =
    `From day ${late[0]!.leadHours / 24} on members' pressure changes from one day to the next by ${change.toFixed(2)} of what the ` +
    `truth's does, and from point to point by ${gradient.toFixed(2)}`;
  if (alike) return [`${found}: they look like the truth, in time and in space.`];
  const because: string[] = [];
  if (change < 0.95)
    because.push('events of change are forecast too seldom and what has come stays too long');
  if (change > 1.05) because.push('events of change are forecast too often and nothing lasts');
  if (gradient > 1.05) because.push('small lows come about that the truth does not have');
  if (gradient < 0.95) because.push('lows and highs are too smooth');
  return [`${found}: ${because.join('; ')}.`];
}

function spreadSentence({ scores }: SeriesReliability): string[] {
  const rows = scores.filter(({ metric }) => metric === 'spread_skill_ratio');
  const off = rows.filter(({ value }) => value < 0.95 || value > 1.05);
  const channels = [...new Set(rows.map(nameOf))];
  if (rows.length === 0) return [];
  const middle = [...rows].sort((a, b) => a.value - b.value)[rows.length >> 1]!.value;
  const meaning =
    middle > 1.05
      ? ' Members lie further apart than they err, which makes probabilities too cautious.'
      : middle < 0.95
        ? ' Members err by more than they lie apart, which makes probabilities too sure.'
        : '';
  const list = channels
    .map((channel) => {
      const values = rows.filter((row) => nameOf(row) === channel).map(({ value }) => value);
      return `${channel} ${Math.min(...values).toFixed(2)} … ${Math.max(...values).toFixed(2)}`;
    })
    .join(', ');
  return [
    `Spread–skill ratios by channel over days: ${list}; ${off.length} of ${rows.length} outside 0.95 … 1.05.${meaning}`,
  ];
}

function nameOf({ variable, level }: { readonly variable: string; readonly level: number | null }): string {
  return `${variable}${level ?? ''}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
