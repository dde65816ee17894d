/** A map of an event in a line or two: the largest probability and where, and how much of the area has how much. */
import { areaMean, type Grid, pointWeights } from '../../core/grid.js';
import { formatTime } from '../../core/time.js';
import { percent } from '../report/diagramFrame.js';
import { placeOf } from '../report/places.js';
import type { EventMap } from './eventMap.js';
import { placeText } from './placeText.js';

export interface MapSummary {
  readonly event: string;
  readonly members: number;
  /** Members of the run that are not there. */
  readonly absent: number;
  readonly points: number;
  /** Points where too few members have values. */
  readonly refused: number;
  readonly largest: { readonly probability: number; readonly latitude: number; readonly longitude: number };
  /** Mean over the area that has answers: the expected share of it where the event happens. */
  readonly areaMean: number;
}

export function summaryOfMap(
  grid: Grid,
  { event, members, absent, refused, probability }: EventMap,
): MapSummary {
  const weights = pointWeights(grid);
  const known = probability.map((share) => (Number.isNaN(share) ? 0 : 1));
  const filled = probability.map((share) => (Number.isNaN(share) ? 0 : share));
  const largest = filled.reduce((best, share, point) => (share > filled[best]! ? point : best), 0);
  return {
    ...{ event, members, absent, refused },
    points: probability.length,
    largest: { probability: filled[largest]!, ...placeOf(grid, largest) },
    areaMean: areaMean(filled, weights) / areaMean(known, weights),
  };
}

export function mapText(grid: Grid, map: EventMap): string {
  const { event, members, absent, points, refused, largest, areaMean: mean } = summaryOfMap(grid, map);
  const lines = [
    `${event.replaceAll(' at here', '')}, at every point, from ${formatTime(map.start)}`,
    `  largest      ${percent(largest.probability)} at ${placeText(largest.latitude, largest.longitude)}, of ${members} members`,
    `  area         ${percent(mean)} of it is expected to have the event`,
    ...(absent === 0 ? [] : [`  missing      ${absent} members are not in the run`]),
    ...(refused === 0
      ? []
      : [`  points       ${points - refused} of ${points}: at the others too few members have values`]),
  ];
  return lines.join('\n');
}
