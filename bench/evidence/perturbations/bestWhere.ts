/** Which perturbation is best where, in sentences made of the numbers. */
import { leadLabel } from '../../../src/report/displayUnit.js';
import { channelOf, findRow } from '../scoreRows.js';
import type { ArmKind, ChosenArm } from './arms.js';
import type { ErrorSpectrum } from './errorSpectra.js';
import type { ModelEvidence } from './gather.js';

/** Bands of total wavenumber n, both ends counted. */
export const bands = [
  [1, 5],
  [6, 15],
  [16, 31],
] as const;

/** Arms within this share of the lowest CRPS are called alike. */
const alike = 0.01;
const kinds: Readonly<Record<ArmKind, string>> = {
  start: 'what members start with alone',
  step: 'what perturbs every step alone',
  weights: 'weights alone',
  both: 'several together',
};

/** Geometric mean over leads and channels of an arm's CRPS beside the best one's. */
export function crpsBesideBest(
  { result, best }: ModelEvidence,
  arm: string,
  channels: readonly string[],
): number {
  const logs = channels.flatMap((channel) =>
    result.leadsHours.map((lead) => {
      const [own, other] = [arm, best].map(
        (run) => findRow(result.rows, run, channel, 'crps', lead)?.value ?? Number.NaN,
      ) as [number, number];
      return Math.log(own / other);
    }),
  );
  return Math.exp(logs.reduce((sum, value) => sum + value, 0) / logs.length);
}

/** √(spread²/error²) over a band; NaN where members have no spread. */
export function bandRatio({ spread, error }: ErrorSpectrum, [from, to]: readonly [number, number]): number {
  const sum = (of: Float64Array): number => of.subarray(from, to + 1).reduce((total, x) => total + x, 0);
  const ratio = Math.sqrt(sum(spread) / sum(error));
  return ratio > 0 ? ratio : Number.NaN;
}

export function sentences(evidence: ModelEvidence, channels: readonly string[]): string[] {
  const { arms } = evidence;
  const excess = new Map(arms.map(({ arm }) => [arm.name, crpsBesideBest(evidence, arm.name, channels)]));
  const ordered = [...arms].sort((a, b) => excess.get(a.arm.name)! - excess.get(b.arm.name)!);
  const [first, ...others] = ordered;
  if (first === undefined) return [];
  const percent = ({ arm }: ChosenArm): string => `+${(100 * (excess.get(arm.name)! - 1)).toFixed(1)} %`;
  const near = others.filter(({ arm }) => excess.get(arm.name)! < 1 + alike);
  const found = [
    `Lowest CRPS, geometric mean over leads and channels: **${first.arm.title}**` +
      (near.length === 0
        ? `; next ${ordered[1]?.arm.title} (${ordered[1] === undefined ? '' : percent(ordered[1])}).`
        : `; within ${100 * alike} %: ${near.map((each) => `${each.arm.title} (${percent(each)})`).join(', ')}.`),
  ];
  for (const channel of channels) found.push(`${channel}: ${lowestByLead(evidence, channel)}.`);
  for (const [kind, words] of Object.entries(kinds)) {
    const own = ordered.filter(({ arm }) => arm.kind === kind);
    if (own.length < 2) continue;
    found.push(
      `Of ${words}: ${own.map((each) => `${each.arm.title} ${each === first ? 'best' : percent(each)}`).join(', ')}.`,
    );
  }
  found.push(spreadSentence(evidence, channels), spectraSentence(evidence));
  return found.filter((text) => text !== '');
}

/** 'state differences at day 1–3, bred vectors at day 4–7' */
function lowestByLead({ arms, result }: ModelEvidence, channel: string): string {
  const groups: { title: string; from: number; to: number }[] = [];
  for (const lead of result.leadsHours) {
    const crps = (arm: ChosenArm): number =>
      findRow(result.rows, arm.arm.name, channel, 'crps', lead)?.value ?? Number.POSITIVE_INFINITY;
    const { title } = arms.reduce((a, b) => (crps(b) < crps(a) ? b : a)).arm;
    const last = groups.at(-1);
    if (last?.title === title) last.to = lead;
    else groups.push({ title, from: lead, to: lead });
  }
  const when = (from: number, to: number): string =>
    from === to ? leadLabel(from) : `${leadLabel(from)}–${to / 24}`;
  return `lowest ${groups.map(({ title, from, to }) => `${title} at ${when(from, to)}`).join(', ')}`;
}

function spreadSentence({ arms, result }: ModelEvidence, channels: readonly string[]): string {
  const range = [0.9, 1.1] as const;
  const cells = arms.map(({ arm }) => {
    const ratios = result.rows
      .filter((row) => row.run === arm.name && row.metric === 'spread_skill_ratio')
      .filter((row) => channels.includes(channelOf(row)))
      .map(({ value }) => value);
    const within = ratios.filter((ratio) => ratio >= range[0] && ratio <= range[1]).length;
    return { title: arm.title, within, all: ratios.length };
  });
  const most = Math.max(...cells.map(({ within }) => within));
  const whole = cells.filter(({ within }) => within === most).map(({ title }) => title);
  const none = cells.filter(({ within }) => within === 0).map(({ title }) => title);
  return (
    `Spread–skill ratio within ${range.join('–')} at most leads and channels: ${whole.join(', ')} ` +
    `(${most} of ${cells[0]?.all ?? 0})${none.length === 0 ? '' : `; at none: ${none.join(', ')}`}.`
  );
}

/** By the mean of |ln ratio| over bands, channels and days. */
function spectraSentence({ arms, spectra }: ModelEvidence): string {
  const days = [...new Set([...spectra.values()].flat().map(({ day }) => day))].sort((a, b) => a - b);
  const parts = days.map((day) => {
    const distances = arms.flatMap(({ arm }) => {
      const own = (spectra.get(arm.name) ?? []).filter((each) => each.day === day);
      const logs = own.flatMap((each) => bands.map((band) => Math.abs(Math.log(bandRatio(each, band)))));
      const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
      return Number.isFinite(mean) ? [{ title: arm.title, mean }] : [];
    });
    if (distances.length === 0) return '';
    const { title, mean } = distances.reduce((a, b) => (b.mean < a.mean ? b : a));
    const when = day === 0 ? 'at the start' : `on day ${day}`;
    return `${when} ${title} (off by a factor of ${Math.exp(mean).toFixed(2)})`;
  });
  return `Spread nearest to errors in all bands of the spectrum: ${parts.filter((part) => part !== '').join(', ')}.`;
}
