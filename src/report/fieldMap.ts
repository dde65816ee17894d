/**
 * One field on a map, as inline SVG: filled contours in the steps of a colour scale, lines where they help,
 * coastlines above. The coast, graticule and outline are drawn once a page and used by reference.
 */
import { contours } from 'd3-contour';
import type { Grid } from '../../core/grid.js';
import type { ColourScale } from './colourScale.js';
import type { MapFrame } from './mapProjection.js';

/** Contours of more columns than this would cost megabytes and show nothing more. */
const mostColumns = 200;

export interface FieldMap {
  /** [lat, lon], display units. */
  readonly values: Float64Array;
  readonly grid: Grid;
  readonly frame: MapFrame;
  readonly scale: ColourScale;
  /** Draws the bounds of the steps as lines, as isobars are. */
  readonly lines: boolean;
  /** What a screen reader says. */
  readonly label: string;
}

/** Shapes that all maps of a frame use; one hidden SVG. */
export function mapDefinitions(frame: MapFrame, id: string): string {
  return (
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>' +
    `<clipPath id="${id}-clip"><path d="${frame.outline}"/></clipPath>` +
    `<path id="${id}-outline" d="${frame.outline}"/>` +
    `<path id="${id}-coast" d="${frame.coastlines}"/>` +
    `<path id="${id}-graticule" d="${frame.graticule}"/></defs></svg>`
  );
}

export function drawMap(map: FieldMap, id: string): string {
  const { frame, scale } = map;
  const { values, columns, rows, stride } = thinned(map.values, map.grid);
  const bands = contours()
    .size([columns, rows])
    .thresholds([...scale.bounds])(Array.from(values));
  const paths = bands.map((band, i) => {
    const data = band.coordinates
      .flat()
      .map((ring) => `M${ring.map(([x, y]) => place(frame, x! * stride, y! * stride)).join('L')}Z`)
      .join('');
    return data === '' ? '' : `<path fill="${scale.colours[i]}" d="${data}"/>`;
  });
  return (
    `<svg class="map${map.lines ? ' lined' : ''}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${map.label}">` +
    `<g clip-path="url(#${id}-clip)"><g class="bands">${paths.join('')}</g>` +
    `<use href="#${id}-graticule" class="graticule"/><use href="#${id}-coast" class="coast"/></g>` +
    `<use href="#${id}-outline" class="outline"/></svg>`
  );
}

function place(frame: MapFrame, column: number, row: number): string {
  const [x, y] = frame.point(column, row);
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

/** Every stride-th point, its block's mean: coarse enough to draw. */
function thinned(
  values: Float64Array,
  grid: Grid,
): { values: Float64Array; columns: number; rows: number; stride: number } {
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const stride = Math.ceil(nlon / mostColumns);
  if (stride === 1) return { values, columns: nlon, rows: nlat, stride };
  const [rows, columns] = [Math.ceil(nlat / stride), Math.ceil(nlon / stride)];
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      let count = 0;
      for (let i = row * stride; i < Math.min(nlat, (row + 1) * stride); i++) {
        for (let j = column * stride; j < Math.min(nlon, (column + 1) * stride); j++) {
          sum += values[i * nlon + j]!;
          count++;
        }
      }
      out[row * columns + column] = sum / count;
    }
  }
  return { values: out, columns, rows, stride };
}
