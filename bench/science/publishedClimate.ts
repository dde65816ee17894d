/**
 * What others' climates under the forcing of Held & Suarez look like, read by eye off printed figures: contours, so ranges.
 *   HS94  Held & Suarez 1994, Bull. Am. Meteorol. Soc. 75, 1825: spectral T63 and grid point, 20 levels
 *   W08   Wan, Giorgetta & Bonaventura 2008, Mon. Weather Rev. 136, 1075: spectral T31 to T159
 *   W13   Wan et al. 2013, Geosci. Model Dev. 6, 735: icosahedral and spectral
 */
import { largest, lowest, peak, symmetric } from './climateMeasures.js';
import type { ClimateRecord } from './zonalClimate.js';

export interface Published {
  readonly what: string;
  readonly range: readonly [number, number];
  readonly unit: string;
  readonly source: string;
  readonly ours: (climate: ClimateRecord) => { value: number; where: string };
}

export const published: readonly Published[] = [
  {
    what: 'jet: largest ū',
    range: [27, 33],
    unit: 'm/s',
    source: 'HS94',
    ours: (climate) => peak(climate, 'u'),
  },
  {
    what: 'jet: latitude',
    range: [40, 48],
    unit: '°',
    source: 'HS94',
    ours: (climate) => ({ value: largest(climate, 'u').latitude, where: '' }),
  },
  {
    what: 'jet: σ',
    range: [0.2, 0.3],
    unit: '',
    source: 'HS94',
    ours: (climate) => ({ value: largest(climate, 'u').sigma, where: '' }),
  },
  {
    what: 'surface westerlies: largest ū on the lowest level',
    range: [6, 10],
    unit: 'm/s',
    source: 'HS94',
    ours: (climate) => peak(climate, 'u', lowest(climate)),
  },
  {
    what: 'surface westerlies: latitude',
    range: [40, 50],
    unit: '°',
    source: 'HS94',
    ours: (climate) => ({ value: largest(climate, 'u', lowest(climate)).latitude, where: '' }),
  },
  {
    what: 'trade winds: smallest ū on the lowest level within 30°',
    range: [-10, -5],
    unit: 'm/s',
    source: 'HS94',
    ours: (climate) =>
      peak(climate, 'u', (sigma, latitude) => lowest(climate)(sigma) && Math.abs(latitude) < 30, -1),
  },
  {
    what: 'equator less poles, T̄ on the lowest level',
    range: [38, 50],
    unit: 'K',
    source: 'HS94',
    ours: (climate) => {
      const t = symmetric(climate, 't');
      const L = climate.levels.length;
      const rows = climate.latitudes.length;
      return { value: t[(rows / 2) * L - 1]! - t[L - 1]!, where: '' };
    },
  },
  {
    what: 'coldest T̄ within 30° of the equator',
    range: [188, 202],
    unit: 'K',
    source: 'HS94',
    ours: (climate) => peak(climate, 't', (_, latitude) => Math.abs(latitude) < 30, -1),
  },
  {
    what: 'eddy variance of temperature, below σ 0.5',
    range: [35, 45],
    unit: 'K²',
    source: 'HS94',
    ours: (climate) => peak(climate, 'variance', (sigma) => sigma > 0.5),
  },
  {
    what: 'poleward eddy heat flux, below σ 0.5',
    range: [17, 24],
    unit: 'K m/s',
    source: 'W08, W13',
    ours: (climate) => peak(climate, 'heatFlux', (sigma) => sigma > 0.5),
  },
  {
    what: 'poleward eddy momentum flux',
    range: [50, 80],
    unit: 'm²/s²',
    source: 'W08, W13',
    ours: (climate) => peak(climate, 'momentumFlux'),
  },
  {
    what: 'eddy kinetic energy',
    range: [320, 480],
    unit: 'm²/s²',
    source: 'W08, W13',
    ours: (climate) => peak(climate, 'kinetic'),
  },
];
