/** The tracks of all members on one map, each stretch in the colour of its intensity. */
import type { Fix, Storm, Track } from '../../evaluation/cyclones/track.js';
import type { IntensityScale } from './intensityScale.js';
import { type TrackFrame, trackMap } from './trackFrame.js';

type Line = [number, number][];

/** SVG. @param mean of one storm: drawn over its members */
export function trackSpaghetti(
  frame: TrackFrame,
  storms: readonly Storm[],
  scale: IntensityScale,
  label: string,
  mean: readonly { readonly latitude: number; readonly longitude: number }[] = [],
): string {
  const tracks = storms.flatMap((storm) => storm.tracks.map(({ track }) => track));
  // Colours from weak to strong, so that what is strong lies above.
  const steps = scale.scale.colours.map((colour, step) => ({ colour, step }));
  if (scale.what === 'pressure') steps.reverse();
  const parts = [{ colour: '#9aa3aa', step: -1 }, ...steps].map(({ colour, step }) => {
    const lines = tracks.flatMap((track) => stretches(track, (fix) => scale.step(fix) === step));
    if (lines.length === 0) return '';
    const width = storms.length > 1 ? 0.9 : 1.2;
    return `<path fill="none" stroke="${colour}" stroke-width="${width}" stroke-opacity="0.85" d="${frame.lines(lines)}"/>`;
  });
  return trackMap(frame, label, { lines: `${parts.join('')}${meanLine(frame, mean)}` });
}

/** Black on white, so that it is seen over everything. */
export function meanLine(
  frame: TrackFrame,
  mean: readonly { readonly latitude: number; readonly longitude: number }[],
): string {
  const placed = mean.filter(({ latitude }) => !Number.isNaN(latitude));
  if (placed.length < 2) return '';
  const d = frame.lines([placed.map(({ latitude, longitude }) => [longitude, latitude])]);
  return `<path fill="none" stroke="#fff" stroke-width="4" d="${d}"/><path fill="none" stroke="#16191c" stroke-width="2" d="${d}"/>`;
}

/** From each fix that passes to the next one, whatever that is like; stretches in a row are one line. */
function stretches({ fixes }: Track, passes: (fix: Fix) => boolean): Line[] {
  const lines: Line[] = [];
  let line: Line = [];
  for (const [i, fix] of fixes.entries()) {
    const next = fixes[i + 1];
    if (next === undefined || !passes(fix) || Number.isNaN(fix.latitude + next.latitude)) {
      if (line.length > 1) lines.push(line);
      line = [];
      continue;
    }
    if (line.length === 0) line.push([fix.longitude, fix.latitude]);
    line.push([next.longitude, next.latitude]);
  }
  if (line.length > 1) lines.push(line);
  return lines;
}
