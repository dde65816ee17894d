/**
 * What each perturbation looks like: a member less the unperturbed forecast of the same model, geopotential at 500 hPa in
 * colours and surface pressure as lines, at the start and after some days; a row for the network, one for the dycore. Every
 * map is shaded by its own root mean square, which stands above it, so that shapes can be compared and sizes read.
 */

import { join } from 'node:path';
import { areaMean, type Grid, gridSize, pointWeights } from '../../../core/grid.js';
import { channelName, type Schema } from '../../../core/schema.js';
import { parseTimeRange } from '../../../core/time.js';
import { type ColourScale, colourBar, colourScale } from '../../../src/report/colourScale.js';
import { areasAbove, lines } from '../../../src/report/contourPath.js';
import { formatValue } from '../../../src/report/displayUnit.js';
import { equalEarthFrame, type GlobeFrame } from '../../../src/report/globeFrame.js';
import { globeDefinitions, globeSvg } from '../../../src/report/globeMap.js';
import { refineField } from '../../../src/report/refinedField.js';
import { once } from '../plumeCommand.js';
import type { Arm, ChosenArm } from './arms.js';
import { chosenArms } from './gather.js';
import { openForecasts, type PerturbedForecasts } from './startStates.js';
import type { StudiedModel, Study } from './study.js';

const days = [1, 3, 5];
const shaded = 'z500';
const lined = 'msl';
/** Neither the analysis itself, as the first of lagged members is, nor the second half of a pair. */
const shownMember = 2;
const map = { width: 300, gap: 14, head: 34, side: 100 };
/** Edges of the steps of colour and levels of the lines, in units of a map's own root mean square. */
const edges = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
const levels = [1, 2];

/** Shapes of one model's member by scheme. */
interface Shown {
  readonly model: StudiedModel;
  readonly title: string;
  readonly amplitude: string;
  /** At the start, then by days: [lat, lon] each. */
  readonly shaded: readonly Float64Array[];
  readonly lined: readonly Float64Array[];
  readonly grid: Grid;
}

/** @returns SVG text by the name of the scheme */
export async function drawGallery(study: Study): Promise<Map<string, string>> {
  const [start = 0] = parseTimeRange(study.testStarts);
  const found = new Map<string, Shown[]>();
  for (const model of study.models) {
    const run = (name: string, args: readonly string[]): unknown =>
      once(join(study.work, 'records', `${name}.json`), args).result;
    const arms = chosenArms(study, model, run).filter(({ arm }) => arm.kind !== 'both');
    const plain: Pick<Arm, 'uncertainty' | 'members'> = { uncertainty: 'none', members: '1x1' };
    const control = await states(await openForecasts(study, model, plain, [], start), start, 0);
    for (const each of arms) {
      const { arm, chosen } = each;
      const forecasts = await openForecasts(study, model, arm, chosen.perturb, start);
      const { schema } = forecasts;
      const member = await states(forecasts, start, shownMember);
      const shown: Shown = {
        ...{ model, title: arm.title, amplitude: amplitudeOf(each), grid: schema.grid },
        shaded: member.map((state, i) => difference(schema, shaded, state, control[i]!)),
        lined: member.map((state, i) => difference(schema, lined, state, control[i]!)),
      };
      found.set(arm.name, [...(found.get(arm.name) ?? []), shown]);
      process.stderr.write(`gallery: ${model.name}, ${arm.title}\n`);
    }
  }
  return new Map([...found].map(([name, rows]) => [name, sheet(rows)]));
}

async function states(forecasts: PerturbedForecasts, start: number, member: number): Promise<Float32Array[]> {
  try {
    return await forecasts.member(start, member, days);
  } finally {
    await forecasts.close();
  }
}

function amplitudeOf({ chosen }: ChosenArm): string {
  return chosen.amplitude === '' ? 'as trained' : chosen.amplitude;
}

function difference(
  { channels, grid }: Schema,
  name: string,
  perturbed: Float32Array,
  control: Float32Array,
): Float64Array {
  const points = gridSize(grid);
  const from = channels.findIndex((channel) => channelName(channel) === name) * points;
  return Float64Array.from({ length: points }, (_, i) => perturbed[from + i]! - control[from + i]!);
}

function sheet(rows: readonly Shown[]): string {
  const bounds = edges.slice(0, -1);
  const scale = { ...colourScale(0, bounds.length, 'vik', bounds.length), bounds, edges };
  const frame = equalEarthFrame('globe', map.width, 180, false);
  const columns = 1 + days.length;
  const width = map.side + columns * (map.width + map.gap);
  const rowHeight = map.head + frame.height;
  const height = rows.length * rowHeight + 44;
  const cells = rows.flatMap((row, r) => [
    text(8, r * rowHeight + map.head + frame.height / 2 - 6, row.model.name, 'name'),
    text(8, r * rowHeight + map.head + frame.height / 2 + 12, row.amplitude, 'quiet'),
    ...row.shaded.map((_, column) => {
      const x = map.side + column * (map.width + map.gap);
      const y = r * rowHeight;
      const when = column === 0 ? 'start' : `day ${days[column - 1]}`;
      const [z, p] = [row.shaded[column]!, row.lined[column]!];
      const [zSize, pSize] = [z, p].map((field) => rootMeanSquare(field, row.grid)) as [number, number];
      const sizes =
        zSize === 0 && pSize === 0
          ? 'neither differs'
          : `z500 ${formatValue(zSize)} m² s⁻², msl ${formatValue(pSize / 100)} hPa`;
      const drawn = globe({ frame, scale, grid: row.grid, z, p, zSize, pSize }, `${row.title}, ${when}`);
      return (
        text(x + 4, y + 20, when, 'name') +
        `<text class="quiet" x="${x + map.width - 4}" y="${y + 20}" text-anchor="end">${sizes}</text>` +
        placed(drawn, x, y + map.head - 8, frame.width, frame.height)
      );
    }),
  ]);
  const bar = colourBar(scale, 'of a map’s own RMS', 'z500');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="system-ui, sans-serif" font-size="13"><title>${rows[0]?.title ?? ''}</title><style>${style}</style><rect width="${width}" height="${height}" fill="white"/>` +
    `${placed(globeDefinitions(frame), 0, 0, 0, 0)}${cells.join('')}` +
    `${placed(bar, map.side, height - 38, 420, 36)}` +
    `${text(map.side + 430, height - 20, `colours: z500; lines: msl at ±${levels.join(', ±')} of its RMS, dashed below 0`, 'quiet')}</svg>\n`
  );
}

interface Globe {
  readonly frame: GlobeFrame;
  readonly scale: ColourScale;
  readonly grid: Grid;
  readonly z: Float64Array;
  readonly p: Float64Array;
  readonly zSize: number;
  readonly pSize: number;
}

function globe({ frame, scale, grid, z, p, zSize, pSize }: Globe, label: string): string {
  const fine = (values: Float64Array, size: number) =>
    refineField(
      values.map((value) => (size === 0 ? 0 : value / size)),
      grid,
      3,
      { west: frame.west, overlap: 1 },
    );
  const shades = areasAbove(fine(z, zSize), scale.bounds.slice(1), frame).map((data, i) =>
    data === '' ? '' : `<path fill="${scale.colours[i + 1]}" d="${data}"/>`,
  );
  const field = fine(p, pSize);
  const isolines = [levels, levels.map((level) => -level)].map((bounds, i) => {
    const data =
      pSize === 0
        ? ''
        : lines(
            field,
            [...bounds].sort((a, b) => a - b),
            frame,
          );
    return data === '' ? '' : `<path class="isolines${i === 1 ? ' below' : ''}" d="${data}"/>`;
  });
  const ground = `<use href="#${frame.id}-outline" fill="${zSize === 0 ? '#f4f4f2' : scale.colours[0]}"/>`;
  const bands = zSize === 0 ? '' : shades.join('');
  return globeSvg(frame, label, `<g>${ground}${bands}</g>`, isolines.join(''));
}

function rootMeanSquare(field: Float64Array, grid: Grid): number {
  return Math.sqrt(
    areaMean(
      field.map((value) => value * value),
      pointWeights(grid),
    ),
  );
}

/** An SVG inside another. */
function placed(svg: string, x: number, y: number, width: number, height: number): string {
  return svg.replace(
    /^<svg( width="0" height="0")?/,
    `<svg x="${x}" y="${y}" width="${width}" height="${height}"`,
  );
}

function text(x: number, y: number, words: string, kind: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${words}</text>`;
}

const style =
  '.name{font-weight:600}.quiet{fill:#66707a;font-size:11.5px}' +
  '.graticule{fill:none;stroke:#888;stroke-opacity:.35;stroke-width:.5}.coast{fill:none}' +
  '.outline{fill:none;stroke:#66707a;stroke-opacity:.6}' +
  '.isolines{fill:none;stroke:#111;stroke-width:.8;stroke-opacity:.85}.below{stroke-dasharray:3 2}' +
  '.bar text{font-size:10.5px;fill:#66707a;text-anchor:middle}.bar .unit{text-anchor:start}';
