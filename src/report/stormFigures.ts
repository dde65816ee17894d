/** Pictures of storms as files: all tracks of a start on one map, a sheet of their activity and density, and of each storm a sheet of its four drawings. */
import { join } from 'node:path';
import { writeAtomically } from '../../core/store/atomic.js';
import { formatTime } from '../../core/time.js';
import type { CycloneForecast } from '../tracks/cycloneForecast.js';
import { activityDrawings } from './activityDrawings.js';
import { calendar } from './calendar.js';
import { colourBar } from './colourScale.js';
import { shownStorms } from './cyclonesSection.js';
import { intensityScale } from './intensityScale.js';
import { type Drawing, type DrawingOptions, intensityWords, stormDrawings } from './stormDrawings.js';
import { stormName } from './stormWords.js';
import { svgFile } from './svgFile.js';
import { trackFrame } from './trackFrame.js';
import { trackSpaghetti } from './trackSpaghetti.js';

const gap = 24;

/** @returns paths of the files, those of a start together */
export async function writeStormFigures(
  directory: string,
  forecasts: readonly CycloneForecast[],
  { radiusKm, coast }: Omit<DrawingOptions, 'stepHours'>,
): Promise<string[]> {
  const written: string[] = [];
  for (const forecast of forecasts) {
    const { start, storms, stepHours } = forecast;
    const stem = formatTime(start).replaceAll(':', '').replaceAll('-', '');
    const add = async (name: string, text: string): Promise<void> => {
      const path = join(directory, `${stem}.${name}.svg`);
      await writeAtomically(path, text);
      written.push(path);
    };
    if (storms.length > 0) {
      await add('tracks', allTracks(forecast, coast));
      const title = `Cyclones of all ${forecast.ensemble.members.length} members from ${calendar(start)}`;
      await add('activity', sheet(title, activityDrawings(forecast, { radiusKm, coast })));
    }
    for (const storm of shownStorms(forecast)) {
      const title = `${stormName(storm)}, from ${calendar(start)}`;
      const file = storm.id.replace(/[^A-Za-z0-9]+/g, '-');
      await add(`storm-${file}`, sheet(title, stormDrawings(storm, { stepHours, radiusKm, coast })));
    }
  }
  return written;
}

function allTracks({ start, storms, ensemble }: CycloneForecast, coast: boolean): string {
  const places = storms.flatMap(({ tracks }) => tracks.flatMap(({ track }) => track.fixes));
  const frame = trackFrame(places, 900, coast);
  const scale = intensityScale(storms);
  const label = `Cyclones of all ${ensemble.members.length} members from ${calendar(start)}`;
  return svgFile({
    width: frame.width + 2 * gap,
    height: frame.height + 128,
    label,
    texts: [
      { x: gap, y: 32, text: label, kind: 'title' },
      { x: gap, y: 52, text: intensityWords(scale), kind: 'quiet' },
    ],
    parts: [
      {
        x: gap,
        y: 66,
        width: frame.width,
        height: frame.height,
        svg: trackSpaghetti(frame, storms, scale, label),
      },
      {
        x: gap,
        y: frame.height + 80,
        width: 330,
        height: 33,
        svg: colourBar(scale.scale, scale.unit, scale.what),
      },
    ],
  });
}

/** Two by two. */
function sheet(title: string, drawings: readonly Drawing[]): string {
  const height = Math.max(...drawings.map((each) => each.height));
  const [column, row] = [drawings[0]!.width + gap, height + 92];
  const place = (i: number): { x: number; y: number } => ({
    x: gap + (i % 2) * column,
    y: 64 + Math.floor(i / 2) * row,
  });
  return svgFile({
    width: 2 * column + gap,
    height: 64 + Math.ceil(drawings.length / 2) * row,
    label: title,
    texts: [
      { x: gap, y: 32, text: title, kind: 'title' },
      ...drawings.flatMap(({ title: head, text }, i) => {
        const { x, y } = place(i);
        const room = column - gap;
        return [
          { x, y, text: head, kind: 'over' as const, room },
          { x, y: y + 17, text, kind: 'quiet' as const, room },
        ];
      }),
    ],
    parts: drawings.flatMap((drawing, i) => {
      const { x, y } = place(i);
      const own = { x, y: y + 26, width: drawing.width, height: drawing.height, svg: drawing.svg };
      const bar = { x, y: y + 32 + drawing.height, width: 330, height: 33, svg: drawing.bar };
      return drawing.bar === '' ? [own] : [own, bar];
    }),
  });
}
