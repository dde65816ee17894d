/** Scores of tracks on a screen: leads down, the numbers that one asks for across. */
import type { TrackScoreRow } from '../../evaluation/cyclones/verification/trackScores.js';
import { table } from './textTable.js';
import type { TrackVerification } from './verifyTracks.js';

/** Leads that a screen shows. */
const mostLeads = 14;

/** Head, metric, factor into the unit shown, decimals. */
const columns: readonly (readonly [string, string, number, number])[] = [
  ['members km', 'member_distance_km', 1, 0],
  ['mean km', 'mean_distance_km', 1, 0],
  ['along', 'mean_along_km', 1, 0],
  ['across', 'mean_across_km', 1, 0],
  ['CRPS along', 'crps_along_km', 1, 0],
  ['across', 'crps_across_km', 1, 0],
  ['energy km', 'energy_score_km', 1, 0],
  ['spread/error', 'spread_skill_ratio', 1, 2],
  ['CRPS hPa', 'crps_pressure', 0.01, 1],
  ['CRPS m/s', 'crps_wind', 1, 1],
];

export function verificationText({ storms, scores, counts }: TrackVerification): string {
  const value = (lead: number, metric: string): TrackScoreRow | undefined =>
    scores.find((row) => row.lead_hours === lead && row.metric === metric);
  const scored = counts.filter(({ hits, misses, falseAlarms }) => hits + misses + falseAlarms > 0);
  const every = Math.ceil(scored.length / mostLeads);
  const rows = scored
    .filter((_, i) => i % every === 0 || i === scored.length - 1)
    .map(({ leadHours, hits, misses, falseAlarms }) => [
      `${leadHours} h`,
      String(hits),
      String(misses),
      String(falseAlarms),
      ...columns.map(([, metric, factor, digits]) => {
        const found = value(leadHours, metric);
        return found === undefined || !Number.isFinite(found.value)
          ? '–'
          : (factor * found.value).toFixed(digits).replace('-', '−');
      }),
    ]);
  const who = storms.slice(0, 8).map(({ id, name, members, asked }) => `${name ?? id} ${members}/${asked}`);
  const more = storms.length - who.length;
  return [
    `against best tracks: ${who.join(', ')}${more > 0 ? `, … ${more} more` : ''} (members that have it)`,
    ...table(['lead', 'hits', 'misses', 'false', ...columns.map(([head]) => head)], rows),
    '  hits, misses, false alarms: members; errors of the mean: ahead and to the right of the observed motion; energy: CRPS of positions',
  ].join('\n');
}
