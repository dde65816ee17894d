/**
 * Frames of maps of the whole Earth: Equal Earth, which keeps areas (Šavrič, Patterson & Jenny 2018,
 * doi:10.1080/13658816.2018.1504949), and the northern hemisphere from above, equal-area too (Lambert 1772; Snyder 1987, ch. 24).
 * Coordinates are those of an SVG view box, y downward.
 */
import { geoAzimuthalEqualArea, geoEqualEarth, geoEqualEarthRaw, geoGraticule, geoPath } from 'd3-geo';
import { land } from './mapProjection.js';

export interface GlobeFrame {
  /** Of the shapes that all its maps share. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Where its columns begin, degrees east: the seam. */
  readonly west: number;
  /** Degrees → view box; longitudes may lie beyond the seam. */
  point(longitude: number, latitude: number): readonly [number, number];
  /** SVG path data. */
  readonly outline: string;
  readonly graticule: string;
  /** '' for a world without land. */
  readonly coastlines: string;
}

/** View box of a map in a row of four: what is finer than it would only fill the page. */
export const smallMapWidth = 360;

const margin = 2;
const radians = Math.PI / 180;

/**
 * @param centre degrees east of the middle meridian
 * @param coast whether the world has land
 */
export function equalEarthFrame(id: string, width: number, centre: number, coast: boolean): GlobeFrame {
  const right = geoEqualEarthRaw(Math.PI, 0)[0];
  const top = geoEqualEarthRaw(0, Math.PI / 2)[1];
  const scale = (width / 2 - margin) / right;
  const height = Math.round(2 * (top * scale + margin));
  const projection = geoEqualEarth()
    .rotate([-centre, 0])
    .scale(scale)
    .translate([width / 2, height / 2])
    .precision(0.2);
  const draw = geoPath(projection).digits(0);
  return {
    id,
    width,
    height,
    west: centre - 180,
    point: (longitude, latitude) => {
      const [x, y] = geoEqualEarthRaw((longitude - centre) * radians, latitude * radians);
      return [width / 2 + scale * x, height / 2 - scale * y];
    },
    outline: draw({ type: 'Sphere' }) ?? '',
    graticule: draw(geoGraticule().step([30, 30])()) ?? '',
    coastlines: coast ? (draw(land('110m')) ?? '') : '',
  };
}

/** The hemisphere north of `edge`° seen from above the pole, `centre`° east pointing down. */
export function polarFrame(
  id: string,
  width: number,
  edge: number,
  centre: number,
  coast: boolean,
): GlobeFrame {
  const radius = width / 2 - margin;
  const scale = radius / (2 * Math.sin(((90 - edge) / 2) * radians));
  const projection = geoAzimuthalEqualArea()
    .rotate([-centre, -90])
    .scale(scale)
    .translate([width / 2, width / 2])
    .clipAngle(90 - edge)
    .precision(0.2);
  const draw = geoPath(projection).digits(0);
  return {
    id,
    width,
    height: width,
    west: centre,
    point: (longitude, latitude) => {
      const r = 2 * scale * Math.sin(((90 - latitude) / 2) * radians);
      const angle = (longitude - centre) * radians;
      return [width / 2 + r * Math.sin(angle), width / 2 + r * Math.cos(angle)];
    },
    outline: draw({ type: 'Sphere' }) ?? '',
    graticule: draw(geoGraticule().step([30, 20])()) ?? '',
    coastlines: coast ? (draw(land('110m')) ?? '') : '',
  };
}
