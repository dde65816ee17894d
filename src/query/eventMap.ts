/**
 * An event asked at every point of the grid: "here" is each of them in turn. Points are taken in blocks of rows, so that
 * memory does not grow with the grid. Where fewer members than the minimum have values the map has none.
 */
import { dataError, interruptedError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import { decomposeUneven } from '../../core/statistics/unevenDecomposition.js';
import { evaluateSites } from '../../evaluation/events/evaluate.js';
import type { EventExpression } from '../../evaluation/events/event.js';
import { formatEvent } from '../../evaluation/events/format.js';
import { climatologicalProbability } from '../../evaluation/events/probability.js';
import { runTrajectories } from '../../evaluation/events/runTrajectories.js';
import type { Trajectories } from '../../evaluation/events/trajectories.js';
import { placeOf } from '../report/places.js';
import { asksHere } from './askEvents.js';
import type { AskedForecast } from './askedForecast.js';
import type { UsualWeather } from './usualWeather.js';

export interface EventMap {
  /** Read back. */
  readonly event: string;
  readonly start: number;
  /** Members that are there, and that the run lacks. */
  readonly members: number;
  readonly absent: number;
  /** Points without an answer. */
  readonly refused: number;
  /** [lat, lon]; NaN where there is no answer. Variances are those of the yes or no, null where not known by source. */
  readonly probability: Float32Array;
  readonly climatological: Float32Array | null;
  readonly epistemicVariance: Float32Array | null;
  readonly aleatoricVariance: Float32Array | null;
}

/** What a block of points may hold while it is evaluated. */
const blockBytes = 128 * 2 ** 20;

export interface MapChoice {
  readonly minimumMembers: number;
  readonly signal: AbortSignal;
  onPoints?(done: number): void;
}

/** @throws {PlumeError} usage, of an event that names its own places; data, when no point has an answer */
export async function mapEvent(
  { source }: AskedForecast,
  start: number,
  event: EventExpression,
  usual: UsualWeather | null,
  choice: MapChoice,
): Promise<EventMap> {
  const text = formatEvent(event);
  if (!asksHere(event)) {
    throw usageError(
      `event "${text}" names its own places, so that it is the same at every point of a map; leave the place out, or say "here" ` +
        '(within 150 km of here)',
    );
  }
  const { grid } = source.schema;
  const points = gridSize(grid);
  const members = await runTrajectories(source, start);
  const climate = usual?.of(start) ?? null;
  const field = (): Float32Array => new Float32Array(points).fill(Number.NaN);
  const probability = field();
  const climatological = climate === null ? null : field();
  const { weight_samples, noise_streams } = source.manifest;
  const isSplit = weight_samples > 1 && noise_streams > 1;
  const [epistemic, aleatoric] = isSplit ? [field(), field()] : [null, null];
  let refused = 0;
  const block = pointsAtOnce(members, climate);
  for (let from = 0; from < points; from += block) {
    if (choice.signal.aborted)
      throw interruptedError(`stopped after ${from} of ${points} points of the map; nothing is kept`);
    const sites = Array.from({ length: Math.min(block, points - from) }, (_, i) => placeOf(grid, from + i));
    const own = await evaluateSites(event, sites, members, { climate });
    const others = climate === null ? null : await evaluateSites(event, sites, climate, { climate });
    for (const [i, { yes, missing }] of own.entries()) {
      const rows = [...missing.keys()].filter((row) => missing[row] === 0);
      if (climatological !== null && others !== null)
        climatological[from + i] = climatologicalProbability(others[i]!)?.probability ?? Number.NaN;
      if (rows.length < choice.minimumMembers) {
        refused++;
        continue;
      }
      const answers = rows.map((row) => yes[row]!);
      probability[from + i] = answers.reduce((sum, one) => sum + one, 0) / rows.length;
      if (epistemic === null || aleatoric === null || members.weightSamples === null) continue;
      const samples = members.weightSamples;
      const split = decomposeUneven(
        answers,
        rows.map((row) => samples[row]!),
      );
      epistemic[from + i] = split.epistemic;
      aleatoric[from + i] = split.aleatoric;
    }
    choice.onPoints?.(Math.min(points, from + block));
  }
  if (refused === points) {
    throw dataError(
      `event "${text}": at no point of the grid do ${choice.minimumMembers} of the ${members.rows} members have values; make more ` +
        'members, or give a smaller --minimum-members if so few are enough',
    );
  }
  return {
    event: text,
    start,
    members: members.rows,
    absent: members.missing.length,
    refused,
    probability,
    climatological,
    epistemicVariance: epistemic,
    aleatoricVariance: aleatoric,
  };
}

/** Answers of a row take 9 bytes a condition, sums over leads 8 bytes a lead. */
function pointsAtOnce(members: Trajectories, climate: Trajectories | null): number {
  const rows = members.rows + (climate?.rows ?? 0);
  return Math.max(64, Math.floor(blockBytes / (rows * (16 + 8 * members.leadsHours.length))));
}
