/** Figures of the science checks as SVG text with a white ground, drawn by Observable Plot. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';

export interface CrossSection {
  readonly title: string;
  /** [row, level] */
  readonly values: readonly number[];
  /** Distance of contours; one is at zero where the field has both signs. */
  readonly interval: number;
  /** Where colours change: 0 where it is left out and the field has both signs, else the middle. */
  readonly middle?: number;
  /** Degrees north by row, any order but monotonic. */
  readonly latitudes: readonly number[];
  readonly sigma: readonly number[];
}

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dash?: string;
}

export interface LineOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Corner in which the lines' names stand. */
  readonly names: 'top-left' | 'bottom-left' | 'top-right';
}

/** A field on longitudes and latitudes. */
export interface GlobeField {
  readonly title: string;
  /** [lat, lon], rows from north to south at the latitudes, columns from 0°. */
  readonly values: ArrayLike<number>;
  readonly latitudes: readonly number[];
  readonly interval: number;
  /** Where colours change. */
  readonly middle: number;
  readonly from: readonly [west: number, south: number];
  readonly to: readonly [east: number, north: number];
}

const { document } = new JSDOM('').window;
const panel = { width: 380, height: 250 };
/** Points of the fine grid that contours are drawn on. */
const fine = { columns: 81, rows: 37 };
const blue = '#2a6f97';
const red = '#b5402f';

/** Latitude–σ sections, three in a row. */
export function sectionFigure(sections: readonly CrossSection[]): string {
  return sheet(sections.map(sectionPlot), 3, panel);
}

export function lineFigure(charts: readonly { lines: readonly Line[]; options: LineOptions }[]): string {
  const size = { width: 460, height: 300 };
  return sheet(
    charts.map(({ lines, options }) => linePlot(lines, options, size)),
    2,
    size,
  );
}

export function globeFigure(fields: readonly GlobeField[]): string {
  const size = { width: 560, height: 240 };
  return sheet(
    fields.map((field) => globePlot(field, size)),
    2,
    size,
  );
}

function sectionPlot({ title, values, interval, middle, latitudes, sigma }: CrossSection): string {
  const L = sigma.length;
  const top = sigma[0]!;
  const bottom = sigma[L - 1]!;
  const data = new Float64Array(fine.columns * fine.rows);
  for (let j = 0; j < fine.rows; j++) {
    const level = ((L - 1) * j) / (fine.rows - 1);
    for (let i = 0; i < fine.columns; i++) {
      const latitude = -88 + (176 * i) / (fine.columns - 1);
      const row = between(latitudes, latitude);
      const at = (r: number): number => cubic((k) => values[r * L + Math.min(Math.max(k, 0), L - 1)]!, level);
      const low = Math.floor(row);
      const share = row - low;
      data[j * fine.columns + i] =
        (1 - share) * at(low) + share * at(Math.min(low + 1, latitudes.length - 1));
    }
  }
  const extent = { x1: -88, x2: 88, y1: top, y2: bottom };
  return titled(
    Plot.plot({
      document,
      ...panel,
      marginLeft: 42,
      marginTop: 26,
      x: { label: 'latitude', ticks: [-60, -30, 0, 30, 60], domain: [-88, 88] },
      y: { label: 'σ', domain: [bottom, top], ticks: 6 },
      marks: [
        ...contourMarks(data, fine, extent, interval, middle),
        Plot.text(extremes(data, extent).slice(0, middle === undefined ? 2 : 1), {
          x: 'x',
          y: 'y',
          text: 'text',
          fontWeight: 600,
          stroke: 'white',
          fill: 'black',
        }),
        Plot.frame({ strokeOpacity: 0.4 }),
      ],
    }),
    title,
    panel,
  );
}

function globePlot(
  { title, values, latitudes, interval, middle, from, to }: GlobeField,
  size: typeof panel,
): string {
  const columns = values.length / latitudes.length;
  const grid = { columns: 121, rows: 49 };
  const data = new Float64Array(grid.columns * grid.rows);
  for (let j = 0; j < grid.rows; j++) {
    const row = between(latitudes, from[1] + ((to[1] - from[1]) * j) / (grid.rows - 1));
    const low = Math.floor(row);
    const share = row - low;
    for (let i = 0; i < grid.columns; i++) {
      const column = ((from[0] + ((to[0] - from[0]) * i) / (grid.columns - 1)) / 360) * columns;
      const at = (r: number): number =>
        cubic((k) => values[r * columns + ((k + columns) % columns)]!, column);
      data[j * grid.columns + i] =
        (1 - share) * at(low) + share * at(Math.min(low + 1, latitudes.length - 1));
    }
  }
  const extent = { x1: from[0], x2: to[0], y1: from[1], y2: to[1] };
  return titled(
    Plot.plot({
      document,
      ...size,
      marginLeft: 42,
      marginTop: 26,
      x: { label: 'longitude', domain: [from[0], to[0]] },
      y: { label: 'latitude', domain: [from[1], to[1]], ticks: 5 },
      marks: [...contourMarks(data, grid, extent, interval, middle), Plot.frame({ strokeOpacity: 0.4 })],
    }),
    title,
    size,
  );
}

function linePlot(lines: readonly Line[], options: LineOptions, size: typeof panel): string {
  return titled(
    Plot.plot({
      document,
      ...size,
      marginLeft: 56,
      marginTop: 26,
      marginRight: 14,
      x: { label: options.x, type: options.logX ? 'log' : 'linear', ticks: 7, tickFormat: plain },
      y: {
        label: options.y,
        type: options.logY ? 'log' : 'linear',
        grid: true,
        ticks: 6,
        tickFormat: plain,
        labelArrow: 'none',
      },
      marks: lines.flatMap(({ points, colour, name, dash }, i) => [
        Plot.line(
          points.map(([x, y]) => ({ x, y })),
          {
            x: 'x',
            y: 'y',
            stroke: colour,
            ...(dash === undefined ? {} : { strokeDasharray: dash }),
          },
        ),
        Plot.text([name], {
          text: (text) => text,
          frameAnchor: options.names,
          dx: options.names === 'top-right' ? -6 : 6,
          dy: options.names === 'bottom-left' ? 13 * (i - lines.length) + 5 : 13 * i + 5,
          fill: colour,
          fontWeight: 600,
        }),
      ]),
    }),
    options.title,
    size,
  );
}

/** A tick of a decade as itself, of the steps between without a label; whole numbers on linear axes as they are. */
function plain(value: number): string {
  return `${Number(value.toPrecision(6))}`.replace('-', '−');
}

interface Extent {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

/** Shaded above and below zero where both occur, lines at every multiple of the interval. */
function contourMarks(
  data: Float64Array,
  grid: { columns: number; rows: number },
  extent: Extent,
  interval: number,
  given?: number,
): Plot.Markish[] {
  const low = Math.min(...data);
  const high = Math.max(...data);
  const thresholds: number[] = [];
  for (let i = Math.ceil(low / interval); i * interval < high; i++) thresholds.push(i * interval);
  const middle = given ?? (low < 0 && high > 0 ? 0 : (low + high) / 2);
  const options = { width: grid.columns, height: grid.rows, ...extent };
  const sided = (side: number[], stroke: string, dash?: string): Plot.Markish =>
    Plot.contour(data, {
      ...options,
      thresholds: side,
      stroke,
      strokeWidth: 0.9,
      fill: stroke,
      fillOpacity: 0.07,
      ...(dash === undefined ? {} : { strokeDasharray: dash }),
    });
  const above = thresholds.filter((value) => value > middle + 1e-9 * interval);
  const below = thresholds.filter((value) => value < middle - 1e-9 * interval);
  const marks: Plot.Markish[] = [];
  if (above.length > 0) marks.push(sided(above, red));
  if (below.length > 0) {
    // contours enclose what is larger: below the middle the field is drawn with its sign turned
    marks.push(
      Plot.contour(
        data.map((value) => -value),
        {
          ...options,
          thresholds: below.map((value) => -value).reverse(),
          stroke: blue,
          strokeWidth: 0.9,
          fill: blue,
          fillOpacity: 0.07,
        },
      ),
    );
  }
  if (given === undefined && middle === 0) {
    marks.push(Plot.contour(data, { ...options, thresholds: [0], stroke: 'black', strokeOpacity: 0.5 }));
  }
  return marks;
}

function extremes(data: Float64Array, { x1, x2, y1, y2 }: Extent): { x: number; y: number; text: string }[] {
  return [Math.max(...data), Math.min(...data)].map((value) => {
    const at = data.indexOf(value);
    const column = at % fine.columns;
    const x = x1 + ((x2 - x1) * column) / (fine.columns - 1);
    const y = y1 + ((y2 - y1) * Math.floor(at / fine.columns)) / (fine.rows - 1);
    const digits = Math.abs(value) < 10 ? 1 : 0;
    return { x: Math.min(Math.max(x, -78), 78), y, text: value.toFixed(digits).replace('-', '−') };
  });
}

/** Where a value lies on a monotonic axis, as a real index; ends hold beyond the axis. */
function between(axis: readonly number[], value: number): number {
  const falling = axis[0]! > axis[axis.length - 1]!;
  const key = falling ? -value : value;
  const at = (i: number): number => (falling ? -axis[i]! : axis[i]!);
  if (key <= at(0)) return 0;
  if (key >= at(axis.length - 1)) return axis.length - 1;
  let i = 0;
  while (at(i + 1) < key) i++;
  return i + (key - at(i)) / (at(i + 1) - at(i));
}

/** Catmull & Rom 1974 through evenly spaced values. */
function cubic(value: (k: number) => number, x: number): number {
  const k = Math.floor(x);
  const s = x - k;
  const [a, b, c, d] = [value(k - 1), value(k), value(k + 1), value(k + 2)];
  return b + 0.5 * s * (c - a + s * (2 * a - 5 * b + 4 * c - d + s * (3 * (b - c) + d - a)));
}

/** A plot inside a sheet: without its own style sheet, small, with a title. */
export function titled(plot: ReturnType<typeof Plot.plot>, title: string, size: typeof panel): string {
  for (const style of plot.querySelectorAll('style')) style.remove();
  for (const path of plot.querySelectorAll('path'))
    path.setAttribute('d', thin(path.getAttribute('d') ?? ''));
  return (
    `<g><text x="${size.width / 2}" y="13" text-anchor="middle" font-size="12" font-weight="600">${title}</text>` +
    `<g transform="translate(0 8)">${plot.innerHTML}</g></g>`
  );
}

/** Path data with coordinates to a tenth, less the points that lie within a third of a pixel of a line drawn past them. */
function thin(data: string): string {
  return data.replace(/M[^MZ]*/g, (piece) => {
    const points = piece
      .slice(1)
      .split('L')
      .map((pair) => pair.split(',').map(Number) as [number, number]);
    if (points.some((point) => point.length !== 2 || !point.every(Number.isFinite))) return piece;
    const kept = points.slice(0, 1);
    let from = 0;
    for (let i = 1; i < points.length; i++) {
      const last = i === points.length - 1;
      if (last || !passes(points, from, i + 1)) {
        kept.push(points[i]!);
        from = i;
      }
    }
    return `M${kept.map(([x, y]) => `${Number(x.toFixed(1))},${Number(y.toFixed(1))}`).join('L')}`;
  });
}

/** Whether the line from one point to another passes all between them. */
function passes(points: readonly [number, number][], from: number, to: number): boolean {
  const [a, b] = [points[from]!, points[to]!];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  for (let i = from + 1; i < to; i++) {
    const [x, y] = points[i]!;
    const across = Math.abs((b[0] - a[0]) * (a[1] - y) - (a[0] - x) * (b[1] - a[1]));
    if (length < 1e-9 || across > 0.33 * length) return false;
  }
  return true;
}

/** Panels of one size, so many in a row. */
export function sheet(plots: readonly string[], columns: number, size: typeof panel): string {
  const rows = Math.ceil(plots.length / columns);
  const width = Math.min(columns, plots.length) * size.width;
  const height = rows * (size.height + 14);
  const placed = plots.map(
    (plot, i) =>
      `<g transform="translate(${(i % columns) * size.width} ${Math.floor(i / columns) * (size.height + 14)})">${plot}</g>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="system-ui, sans-serif" font-size="10" fill="black" style="background:white;color:black">` +
    `<rect width="${width}" height="${height}" fill="white"/>${placed.join('')}</svg>\n`
  );
}
