/**
 * A run in a few sentences, for the terminal and the head of the page: what was run, how good it was, how sure it
 * was. Everything comes from the manifest and the scores; what is likely to happen is in the outlook.
 */
import { describeGrid } from '../../core/grid.js';
import { type Channel, channelName } from '../../core/schema.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { calendar } from './calendar.js';
import { leadLabel } from './displayUnit.js';
import { nearestLead } from './outlook.js';
import type { ReportRun } from './reportRun.js';

/** Channels that stand for the rest, in the order of reading, and how a sentence calls them. */
export const headlineChannels: readonly { readonly channel: string; readonly spoken: string }[] = [
  { channel: 'z500', spoken: '500 hPa height' },
  { channel: 't850', spoken: '850 hPa temperature' },
  { channel: 'msl', spoken: 'sea-level pressure' },
];

/** Channels whose figures a page draws where there are more. */
const mostShown = 3;

/** The headline channels first, the others as they come. */
export function readingOrder(channels: readonly Channel[]): Channel[] {
  const place = (channel: Channel): number => {
    const index = headlineChannels.findIndex((each) => each.channel === channelName(channel));
    return index < 0 ? headlineChannels.length : index;
  };
  return [...channels].sort((a, b) => place(a) - place(b));
}

/** All of a few channels; of many the headline ones, or the first where there are none of them. */
export function headlineOrFirst(channels: readonly Channel[]): Channel[] {
  if (channels.length <= mostShown) return readingOrder(channels);
  const found = headlineChannels.flatMap(
    ({ channel }) => channels.find((each) => channelName(each) === channel) ?? [],
  );
  return (found.length > 0 ? found : [...channels]).slice(0, mostShown);
}

export interface Headline {
  readonly run: string;
  /** What kind of world it is, when that needs saying. */
  readonly world: string | null;
  readonly good: readonly string[];
  readonly sure: readonly string[];
}

/**
 * @param scores of the run; none: nothing is said of good and sure
 * @param madeUp true for the built-in atmosphere
 */
export function headline(
  run: ReportRun,
  start: number,
  scores: readonly ScoreRow[],
  madeUp: boolean,
): Headline {
  const { weight_samples: K, noise_streams: J } = run.manifest;
  const last = run.leadsHours[run.leadsHours.length - 1]!;
  const several = run.starts.length > 1 ? `, one of ${run.starts.length} starts` : '';
  const shown = headlineChannels
    .map((each) => ({ ...each, scores: skillOf(scores, each.channel) }))
    .filter((each) => each.scores.leads.length > 0)
    .slice(0, 2);
  return {
    run:
      `${K * J} forecasts (${K} weight samples × ${J} noise streams) from ${calendar(start)}, ${last % 24 === 0 ? `${last / 24} days` : `${last} h`} ahead${several}, ` +
      `${run.schema.channels.length} variables, ${describeGrid(run.schema.grid).split(',')[0]}.`,
    world: madeUp
      ? 'A made-up atmosphere whose truth is known: the nature run, without land or seasons.'
      : null,
    good: shown.map(({ spoken, scores: found }) => goodSentence(spoken, found)),
    sure: shown.map(({ spoken, scores: found }) => sureSentence(spoken, found)),
  };
}

/** True for runs of the built-in atmosphere: it has no land. */
export function madeUpWorld(run: Pick<ReportRun, 'manifest'>): boolean {
  const { settings, model } = run.manifest as {
    settings?: { archive?: unknown };
    model?: { kind?: unknown };
  };
  const files = Array.isArray(settings?.archive) ? settings.archive : [];
  return model?.kind === 'nature' || files.some((file) => /^nature\b/.test(String(file)));
}

/** Scores of one channel by lead, over the whole domain. */
export interface ChannelSkill {
  readonly leads: readonly number[];
  /** CRPS skill against climatology by lead; NaN where it is not known. */
  readonly skill: readonly number[];
  /** Spread as a share of climatology's. */
  readonly spreadShare: readonly number[];
  readonly spreadSkill: readonly number[];
}

export function skillOf(scores: readonly ScoreRow[], channel: string, region = 'all'): ChannelSkill {
  const own = scores.filter((row) => channelName({ ...row, unit: '' }) === channel && row.region === region);
  const model = own.find((row) => row.metric === 'crps')?.model;
  const leads = [...new Set(own.map((row) => row.lead_hours))].sort((a, b) => a - b);
  const by = (of: string | undefined, metric: string): number[] =>
    leads.map(
      (lead) =>
        own.find((row) => row.model === of && row.metric === metric && row.lead_hours === lead)?.value ??
        Number.NaN,
    );
  const spread = by(model, 'spread');
  // Climatology as an ensemble knows its spread; as a normal distribution it errs by as much.
  const wide = by('climatology', 'spread').map((value, i) =>
    Number.isFinite(value) ? value : by('climatology', 'rmse')[i]!,
  );
  return {
    leads,
    skill: by(model, 'crps_skill_score'),
    spreadShare: spread.map((value, i) => value / wide[i]!),
    spreadSkill: by(model, 'spread_skill_ratio'),
  };
}

/** Last lead up to which the forecast has been better than climatology at every lead; 0 for none. */
export function usefulTo({ leads, skill }: ChannelSkill): number {
  const first = skill.findIndex((value) => !(value > 0));
  return first < 0 ? leads[leads.length - 1]! : first === 0 ? 0 : leads[first - 1]!;
}

/** @param skill 1 is perfect, 0 what climatology has */
export function skillWord(skill: number): string {
  if (skill >= 0.8) return 'excellent';
  if (skill >= 0.6) return 'very good';
  if (skill >= 0.4) return 'good';
  if (skill >= 0.2) return 'useful';
  if (skill >= 0.05) return 'slight';
  return skill > -0.05 ? 'like climatology' : 'worse than climatology';
}

/** Days 1, 3, 5 and the last, or what comes near. */
function milestones(leads: readonly number[]): number[] {
  const wished = [24, 72, 120, leads[leads.length - 1]!].map((lead) => nearestLead(leads, lead));
  return [...new Set(wished)];
}

function goodSentence(spoken: string, found: ChannelSkill): string {
  const said = milestones(found.leads).map((lead) => {
    const skill = found.skill[found.leads.indexOf(lead)]!;
    return Number.isNaN(skill) ? '' : `${leadLabel(lead)} ${skillWord(skill)} (${signed(skill)})`;
  });
  const parts = said.filter((text) => text !== '');
  if (parts.length === 0) return `${capital(spoken)}: not compared with climatology.`;
  return `${capital(spoken)}: ${parts.join(', ')}.`;
}

function sureSentence(spoken: string, found: ChannelSkill): string {
  const said = milestones(found.leads)
    .map((lead) => ({ lead, share: found.spreadShare[found.leads.indexOf(lead)]! }))
    .filter(({ share }) => Number.isFinite(share));
  const ratios = found.spreadSkill.filter(Number.isFinite);
  const parts = [];
  if (said.length > 0) {
    const shares = said.map(({ share }) => Math.round(100 * share)).join(', ');
    parts.push(`spread ${shares} % of climatology’s on ${leadList(said.map(({ lead }) => lead))}`);
  }
  if (ratios.length > 0) {
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
    parts.push(`${least} to ${most} times the error`);
  }
  const to = usefulTo(found);
  const useful = found.skill.every(Number.isNaN)
    ? ''
    : to === 0
      ? '; no better than climatology from the start'
      : to === found.leads[found.leads.length - 1]
        ? '; better than climatology to the end'
        : `; better than climatology to ${leadLabel(to)}`;
  return `${capital(spoken)}: ${parts.join(', ') || 'a single member has no spread'}${useful}.`;
}

/** 'days 1, 3, 5', or 'leads 6 h, 12 h' where they are no days. */
function leadList(leads: readonly number[]): string {
  return leads.every((lead) => lead % 24 === 0)
    ? `day${leads.length > 1 ? 's' : ''} ${leads.map((lead) => lead / 24).join(', ')}`
    : `leads ${leads.map(leadLabel).join(', ')}`;
}

function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
