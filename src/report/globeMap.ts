/**
 * One map of the whole Earth as inline SVG: filled steps of colour, lines of a second field, marks. Coast, graticule, outline
 * and clip are drawn once a page and used by reference.
 */
import type { Grid } from '../../core/grid.js';
import type { ColourScale } from './colourScale.js';
import { areasAbove, lines } from './contourPath.js';
import type { GlobeFrame } from './globeFrame.js';
import { refineField } from './refinedField.js';

export interface GlobeMap {
  readonly grid: Grid;
  readonly frame: GlobeFrame;
  readonly fill: { readonly values: ArrayLike<number>; readonly scale: ColourScale };
  /** Lines of equal value above the colours. */
  readonly lines?: { readonly values: ArrayLike<number>; readonly bounds: readonly number[] };
  /** Small circles at places, degrees. */
  readonly marks?: readonly {
    readonly latitude: number;
    readonly longitude: number;
    readonly kind: string;
  }[];
  /** What a screen reader says. */
  readonly label: string;
}

const finer = 3;

/** Shapes that all maps of a frame use, in one hidden SVG. */
export function globeDefinitions(frame: GlobeFrame): string {
  const { id, outline, graticule, coastlines } = frame;
  return (
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>' +
    `<clipPath id="${id}-clip"><path d="${outline}"/></clipPath><path id="${id}-outline" d="${outline}"/>` +
    `<path id="${id}-coast" d="${coastlines}"/><path id="${id}-graticule" d="${graticule}"/></defs></svg>`
  );
}

export function drawGlobe(map: GlobeMap): string {
  const { frame, grid, fill } = map;
  const fine = (values: ArrayLike<number>) =>
    refineField(values, grid, finer, { west: frame.west, overlap: 1 });
  const { bounds, colours } = fill.scale;
  // The lowest step lies below everything: a spline may undershoot its bound.
  const ground = `<use href="#${frame.id}-outline" fill="${colours[0]}"/>`;
  const bands = areasAbove(fine(fill.values), bounds.slice(1), frame).map((data, i) =>
    data === '' ? '' : `<path fill="${colours[i + 1]}" d="${data}"/>`,
  );
  const isolines =
    map.lines === undefined
      ? ''
      : `<path class="isolines" d="${lines(fine(map.lines.values), map.lines.bounds, frame)}"/>`;
  const marks = (map.marks ?? []).map(({ latitude, longitude, kind }) => {
    const [x, y] = frame.point(nearCentre(longitude, frame), latitude);
    return `<circle class="${kind}" cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${(((kind === 'truth-mark' ? 9 : 6) * frame.width) / 720).toFixed(1)}"/>`;
  });
  const below = `<g class="bands">${ground}${bands.join('')}</g>`;
  return globeSvg(frame, map.label, below, isolines + marks.join(''), fill.scale.ground);
}

/** Frame, clip and reference shapes around what is drawn: `above` lies over coast and graticule. */
export function globeSvg(
  frame: GlobeFrame,
  label: string,
  below: string,
  above: string,
  ground: 'pale' | 'deep' = 'pale',
): string {
  const { id, width, height } = frame;
  return (
    `<svg class="map globe ${ground}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"><g clip-path="url(#${id}-clip)">` +
    `${below}<use href="#${id}-graticule" class="graticule"/><use href="#${id}-coast" class="coast"/>${above}</g>` +
    `<use href="#${id}-outline" class="outline"/></svg>`
  );
}

/** The turn of a longitude that lies on the map. */
function nearCentre(longitude: number, frame: GlobeFrame): number {
  const turns = [longitude - 360, longitude, longitude + 360];
  return (
    turns.find((each) => {
      const [x] = frame.point(each, 0);
      return x >= 0 && x <= frame.width;
    }) ?? longitude
  );
}
