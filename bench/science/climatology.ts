/**
 * The climate of the dycore under the forcing of Held & Suarez 1994 (Bull. Am. Meteorol. Soc. 75, 1825–1830) beside
 * published ones, as tables and figures.
 */
import { spinUpLength } from '../../models/dycore/spinUp.js';
import { asymmetry, falls, hemispheres, slope } from './climateMeasures.js';
import { type ClimateRun, climateRun } from './climateRun.js';
import { markdownTable, writeFigure, writeSection } from './document.js';
import { type CrossSection, lineFigure, sectionFigure } from './figures.js';
import { published } from './publishedClimate.js';
import type { Quantity } from './zonalClimate.js';

export interface ClimatologyOptions {
  /** T and L, T and L …: each is run; the first is drawn. */
  readonly resolutions: readonly (readonly [truncation: number, levels: number])[];
  readonly days: number;
}

export function climatology({ resolutions, days }: ClimatologyOptions): void {
  const runs = resolutions.map(([truncation, levels]) => climateRun(truncation, levels, days));
  const [first] = runs;
  if (first === undefined) return;
  const image = writeFigure('climatology', sectionFigure(sections(first)));
  const spectrum = writeFigure('spectrum', spectrumFigure(runs));
  const names = runs.map(({ name }) => name);
  const rows = published.map(({ what, range, unit, source, ours }) => [
    what,
    `${number(range[0])} … ${number(range[1])} ${unit} (${source})`,
    ...runs.map(({ climate }) => {
      const { value, where } = ours(climate);
      const slack = what === 'jet: σ' ? 1 / (2 * climate.levels.length) : 0;
      const verdict = value < range[0] - slack ? 'below' : value > range[1] + slack ? 'above' : 'inside';
      return `${number(value)}${where} ${verdict}`;
    }),
  ]);
  const checks: [string, (run: ClimateRun) => string][] = [
    [
      'northern less southern hemisphere: points beyond two standard errors (5 % by chance)',
      (run) => asymmetry(run.climate),
    ],
    ['largest ū north, south', (run) => hemispheres(run.climate)],
    [
      'spectrum at 250 hPa: slope from n = 10 to 0.7 T',
      (run) => slope(run.climate).toFixed(2).replace('-', '−'),
    ],
    ['spectrum: last five n fall without a turn', (run) => (falls(run.climate) ? 'yes' : 'NO')],
    ['mass of dry air: largest error', (run) => run.massError.toExponential(1)],
    ['mass of dry air: correction a day', (run) => run.massCorrection.toExponential(1)],
    ['global mean T, first and second half', ({ halves }) => halves.map((t) => t.toFixed(2)).join(', ')],
    ['wall clock, all days', ({ seconds }) => `${(seconds / 60).toFixed(1)} min`],
  ];
  writeSection(
    'climatology',
    `## Climate under the forcing of Held & Suarez 1994

\`npm run science -- climatology${resolutions.map(([t, l]) => ` T${t}L${l}`).join('')} --days ${days}\`: ${days} days after
${spinUpLength.coarseDays + spinUpLength.fineDays} of spin-up, time means of zonal means; eddies are what deviates from the zonal mean.
Peaks are of the mean of both hemispheres, with their latitude and σ; σ of the jet counts as inside to half a level.

![Zonal means of ${first.name}](${image})

${markdownTable(['', 'published', ...names], rows)}

HS94: Held & Suarez 1994, spectral T63 and grid point, 20 levels. W08: Wan, Giorgetta & Bonaventura 2008, Mon. Weather Rev.
136, 1075, spectral T31 to T159. W13: Wan et al. 2013, Geosci. Model Dev. 6, 735. None prints a table: ranges are read off
contours by eye. W08 finds that jets move polewards and weaken a little, and eddies gain, from T31 upwards.

${markdownTable(
  ['', ...names],
  checks.map(([what, of]) => [what, ...runs.map(of)]),
)}

![Kinetic energy by total wavenumber](${spectrum})
`,
  );
}

function sections({ climate }: ClimateRun): CrossSection[] {
  const section = (title: string, quantity: Quantity, interval: number, middle?: number): CrossSection => ({
    ...(middle === undefined ? {} : { middle }),
    title,
    values: climate.mean[quantity],
    interval,
    latitudes: climate.latitudes,
    sigma: climate.levels,
  });
  return [
    section('ū, m/s, every 4', 'u', 4),
    section('T̄, K, every 10', 't', 10),
    section('T*², K², every 5', 'variance', 5, 0),
    section('v*T*, K m/s, every 3', 'heatFlux', 3),
    section('u*v*, m²/s², every 10', 'momentumFlux', 10),
    section('(u*² + v*²)/2, m²/s², every 25', 'kinetic', 25, 0),
  ];
}

function spectrumFigure(runs: readonly ClimateRun[]): string {
  const colours = ['#2a6f97', '#b5402f', '#3c7d3c', '#7a4a99'];
  const lines = runs.map(({ name, climate }, i) => ({
    name,
    colour: colours[i % colours.length]!,
    points: climate.spectrum.map((energy, n): [number, number] => [n, energy]).slice(1),
  }));
  const guide = {
    name: 'n⁻³',
    colour: '#777',
    dash: '4 3',
    points: [8, 30].map((n): [number, number] => [n, 30 * (n / 8) ** -3]),
  };
  return lineFigure([
    {
      lines: [...lines, guide],
      options: {
        title: 'Kinetic energy at 250 hPa',
        x: 'total wavenumber n',
        y: 'm² s⁻²',
        logX: true,
        logY: true,
        names: 'bottom-left',
      },
    },
  ]);
}

function number(value: number): string {
  const digits = Math.abs(value) < 1 ? 2 : Math.abs(value) < 15 ? 1 : 0;
  return value.toFixed(digits).replace('-', '−');
}
