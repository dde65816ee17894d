/** Tracks found in analyses against best tracks, on a screen and as --json gives them. */
import { dataError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import {
  type FoundStorm,
  type FoundStorms,
  foundStorms,
} from '../../evaluation/cyclones/verification/foundStorms.js';
import { detectionScores } from '../../evaluation/cyclones/verification/stormCounts.js';
import { known } from './forecastJson.js';
import { table } from './textTable.js';
import { spanOf } from './timeSpan.js';

/** Storms that are named one by one. */
const mostNamed = 12;

/** @throws {PlumeError} data, when no best track is there while storms were found */
export function matchFound(
  found: readonly Track[],
  best: readonly Track[],
  { limitKm }: { readonly limitKm: number | undefined },
): FoundStorms {
  const matched = foundStorms(found, best, limitKm === undefined ? {} : { limitKm });
  if (matched.hits + matched.misses > 0) return matched;
  throw dataError(
    `no storm in common in time: none of the ${best.length} best tracks (${spanOf(timesOf(best))}) is there while ` +
      `storms were found (${spanOf(timesOf(found))}); give best tracks of that time`,
  );
}

function timesOf(tracks: readonly Track[]): number[] {
  return tracks.flatMap(({ fixes }) => [fixes[0]!.time, fixes.at(-1)!.time]);
}

export function foundText(matched: FoundStorms): string {
  const { pairs, parts, missed, strange, hits, misses, falseAlarms } = matched;
  const rows = [...pairs, ...parts].map((pair, i) => [
    pair.found.id,
    `${stormText(pair.best)}${i < pairs.length ? '' : ' (part)'}`,
    formatTime(pair.from),
    `${pair.hours} of ${pair.bestHours}`,
    pair.meanKm.toFixed(0),
    pair.largestKm.toFixed(0),
    signed(pair.pressureDifference / 100),
    signed(pair.windDifference),
  ]);
  const heads = ['found', 'best track', 'from', 'hours', 'mean km', 'largest', 'hPa', 'm/s'];
  const { probabilityOfDetection, falseAlarmRatio } = detectionScores(matched);
  const ratio = Number.isNaN(falseAlarmRatio) ? '' : `, false-alarm ratio ${falseAlarmRatio.toFixed(2)}`;
  return [
    `against best tracks, ${spanOf([matched.from, matched.to])}: found ${hits} of ${hits + misses}, missed ${misses}, ` +
      `false alarms ${falseAlarms} (detected ${probabilityOfDetection.toFixed(2)}${ratio})`,
    ...(rows.length === 0 ? [] : table(heads, rows)),
    ...(rows.length === 0
      ? []
      : [
          '  hours: in common, of those of the best track while storms were found; hPa and m/s: found less best track, mean',
        ]),
    ...(missed.length === 0 ? [] : [`missed: ${listed(missed)}`]),
    ...(strange.length === 0 ? [] : [`near no best track that was given: ${listed(strange)}`]),
  ].join('\n');
}

function listed(tracks: readonly Track[]): string {
  const names = tracks.slice(0, mostNamed).map(stormText);
  const rest = tracks.length - names.length;
  return `${names.join(', ')}${rest > 0 ? `, … ${rest} more` : ''}`;
}

function stormText({ id, name }: Track): string {
  return name === null ? id : `${id} ${name}`;
}

function signed(value: number): string {
  if (Number.isNaN(value)) return '–';
  const rounded = Math.round(value);
  return rounded === 0 ? '0' : `${rounded > 0 ? '+' : '−'}${Math.abs(rounded)}`;
}

/** Numbers in SI units and km; null where a value is not known. */
export function foundJson({ pairs, parts, missed, strange, ...rest }: FoundStorms): unknown {
  return {
    ...rest,
    from: formatTime(rest.from),
    to: formatTime(rest.to),
    pairs: pairs.map(pairJson),
    parts: parts.map(pairJson),
    missed: missed.map(named),
    falseAlarmTracks: strange.map(named),
  };
}

function pairJson({ found, best, from, to, ...numbers }: FoundStorm): unknown {
  return {
    found: named(found),
    best: named(best),
    from: formatTime(from),
    to: formatTime(to),
    ...known(numbers),
  };
}

function named({ id, name }: Track): { readonly id: string; readonly name: string | null } {
  return { id, name };
}
