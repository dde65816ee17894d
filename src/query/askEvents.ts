/**
 * Events asked of a forecast: of each start, every event at every site, beside the same event in other years where an
 * archive is given. Sites where fewer members than the minimum have values are refused one by one, and stated; where no
 * site has an answer, the question is refused.
 */
import { dataError, usageError } from '../../core/errors.js';
import type { EventAnswer } from '../../evaluation/events/answer.js';
import {
  conditionsOf,
  type EvaluatedEvent,
  evaluateEvent,
  evaluateSites,
} from '../../evaluation/events/evaluate.js';
import type { EventExpression } from '../../evaluation/events/event.js';
import { formatEvent } from '../../evaluation/events/format.js';
import { needsSite } from '../../evaluation/events/places/boundPlace.js';
import { answerEvent } from '../../evaluation/events/probability.js';
import { runTrajectories } from '../../evaluation/events/runTrajectories.js';
import type { Trajectories } from '../../evaluation/events/trajectories.js';
import type { Station } from '../../evaluation/regions/stationWeights.js';
import type { Options } from '../options.js';
import type { AskedForecast } from './askedForecast.js';
import { requireInside } from './askedSites.js';
import type { UsualWeather } from './usualWeather.js';

export type AnswerChoice = Pick<Options, 'interval' | 'minimumMembers'>;

/** A site without an answer. */
export interface RefusedSite {
  readonly site: string;
  readonly latitude: number;
  readonly longitude: number;
  /** Members that have values there, fewer than the minimum. */
  readonly members: number;
}

export interface AskedEvent {
  /** Read back. */
  readonly event: string;
  readonly start: number;
  /** One of each site, in their order; a single one where the event names its places. */
  readonly answers: readonly EventAnswer[];
  readonly refused: readonly RefusedSite[];
  /** Of each condition, whether its deciding variable is the margin to a range or percentile rather than a value. */
  readonly decidedByMargin: readonly boolean[];
  /** Members of the run that are not there. */
  readonly absent: readonly number[];
}

/** True where some condition is asked "here". */
export function asksHere(event: EventExpression): boolean {
  return conditionsOf(event).some(({ place }) => needsSite(place));
}

/** Names of the quantities that events compare. */
export function quantitiesOf(events: readonly EventExpression[]): string[] {
  return [...new Set(events.flatMap((event) => conditionsOf(event).map(({ quantity }) => quantity.name)))];
}

/**
 * @param sites null where none are given
 * @throws {PlumeError} usage, of an event "here" without a site, or of sites outside the grid; data, when too few members
 *   have an answer
 */
export async function askEvents(
  { source }: AskedForecast,
  starts: readonly number[],
  events: readonly EventExpression[],
  sites: readonly Station[] | null,
  usual: UsualWeather | null,
  choice: AnswerChoice,
): Promise<AskedEvent[]> {
  for (const event of events) {
    const here = conditionsOf(event).filter(({ place }) => needsSite(place));
    if (here.length === 0) continue;
    if (sites === null) {
      throw usageError(
        `event "${formatEvent(event)}" is asked "here", and no place is given: name one in the event ("at 51.95,4.05"), or give ` +
          '--at LAT,LON, --sites FILE, or --map FILE.svg for every grid point',
      );
    }
    if (here.some(({ place }) => place.kind === 'point')) requireInside(sites, source.schema.grid);
  }
  const asked: AskedEvent[] = [];
  for (const start of starts) {
    const members = await runTrajectories(source, start);
    const climate = usual?.of(start) ?? null;
    for (const event of events) {
      const where = asksHere(event) ? sites : null;
      const evaluated = await evaluateAt(event, where, members, climate);
      const others = climate === null ? null : await evaluateAt(event, where, climate, climate);
      asked.push({
        event: formatEvent(event),
        start,
        absent: [...members.missing],
        decidedByMargin: conditionsOf(event).map(
          ({ comparison }) => !('threshold' in comparison) || comparison.threshold.kind === 'percentile',
        ),
        ...answersOf(evaluated, others, where, members, choice),
      });
    }
  }
  return asked;
}

async function evaluateAt(
  event: EventExpression,
  sites: readonly Station[] | null,
  trajectories: Trajectories,
  climate: Trajectories | null,
): Promise<EvaluatedEvent[]> {
  return sites === null
    ? [await evaluateEvent(event, trajectories, null, { climate })]
    : evaluateSites(event, sites, trajectories, { climate });
}

function answersOf(
  evaluated: readonly EvaluatedEvent[],
  others: readonly EvaluatedEvent[] | null,
  sites: readonly Station[] | null,
  members: Trajectories & { readonly missing: Int32Array },
  { interval, minimumMembers }: AnswerChoice,
): Pick<AskedEvent, 'answers' | 'refused'> {
  const answers: EventAnswer[] = [];
  const refused: RefusedSite[] = [];
  for (const [i, one] of evaluated.entries()) {
    const site = sites?.[i] ?? null;
    const answered = one.missing.reduce((sum, missing) => sum + 1 - missing, 0);
    if (site !== null && evaluated.length > 1 && answered < minimumMembers) {
      const { name, latitude, longitude } = site;
      refused.push({ site: name, latitude, longitude, members: answered });
      continue;
    }
    answers.push(
      answerEvent(one, members, {
        site,
        absentMembers: members.missing.length,
        interval,
        minimumMembers,
        climate: others?.[i] ?? null,
      }),
    );
  }
  if (answers.length > 0) return { answers, refused };
  const most = Math.max(...refused.map((site) => site.members));
  throw dataError(
    `at none of ${refused.length} sites do ${minimumMembers} members have values (${most} at most, of ${members.rows} that are there); ` +
      'make more members, or give a smaller --minimum-members if so few are enough',
  );
}
