/**
 * The test of Jablonowski & Williamson 2006 (Q. J. R. Meteorol. Soc. 132, 2943–2975) in full: the balanced jet for thirty
 * days, and the baroclinic wave that a perturbation of 1 m s⁻¹ becomes, by resolution.
 */

import type { Dycore } from '../../models/dycore/dycore.js';
import { jetWind, makeJet } from '../../models/dycore/jablonowskiWilliamson.js';
import type { SpectralState } from '../../models/dycore/spectralState.js';
import { countdown } from './countdown.js';
import { markdownTable, writeFigure, writeSection } from './document.js';
import { type GlobeField, globeFigure, lineFigure } from './figures.js';
import { kept } from './kept.js';
import { ZonalClimate } from './zonalClimate.js';

export interface WaveOptions {
  /** Coarsest first; maps are drawn of the last. */
  readonly resolutions: readonly (readonly [truncation: number, levels: number])[];
  readonly days: number;
}

interface Twin {
  readonly name: string;
  /** hPa, by day from 0 */
  readonly lowest: number[];
  /** l₂ of the zonal-mean wind less the analytic one, m s⁻¹, by day */
  readonly windError: number[];
  /** Largest |ζ| of what varies with longitude in the steady twin, s⁻¹, over all days */
  readonly asymmetry: number;
  /** hPa on the Gaussian grid of the last resolution, by day of `mapDays` */
  readonly maps: GlobeField[];
}

const mapDays = [7, 9];
const steadyDays = 30;
const colours = ['#999999', '#6a9fb5', '#2a6f97', '#b5402f', '#7a4a99'];

export function wave({ resolutions, days }: WaveOptions): void {
  const twins = resolutions.map(([truncation, levels]) =>
    kept(`wave-T${truncation}L${levels}-${days}`, () => integrate(truncation, levels, days)),
  );
  const last = twins.at(-1);
  if (last === undefined) return;
  const lines = (of: (twin: Twin) => number[]) =>
    twins.map((twin, i) => ({
      name: twin.name,
      colour: colours[i % colours.length]!,
      points: of(twin).map((value, day): [number, number] => [day, value]),
    }));
  const curves = writeFigure(
    'baroclinic-wave',
    lineFigure([
      {
        lines: lines(({ lowest }) => lowest),
        options: {
          title: 'Perturbed jet: lowest surface pressure',
          x: 'day',
          y: 'hPa',
          names: 'bottom-left',
        },
      },
      {
        lines: lines(({ windError }) => windError),
        options: {
          title: 'Steady jet: l₂ of the change of the zonal-mean wind',
          x: 'day',
          y: 'm/s',
          names: 'top-left',
        },
      },
    ]),
  );
  const maps = writeFigure('baroclinic-wave-maps', globeFigure(last.maps));
  const dayNames = Array.from({ length: days + 1 }, (_, day) => day).filter(
    (day) => day % 2 === 0 || day >= 7,
  );
  writeSection(
    'wave',
    `## The baroclinic wave of Jablonowski & Williamson 2006

\`npm run science -- wave${resolutions.map(([t, l]) => ` T${t}L${l}`).join('')}\`: equally spaced levels, ∇⁸ diffusion as in the
nature run. Published, in their figures: little happens until day 4, two waves by day 6, explosive
deepening on days 7 to 9 and breaking after; the lowest pressure at day 9 is about 940 to 945 hPa where it has converged and
higher at coarse resolution; the zonal-mean wind of the steady twin changes by some tenths of m/s to 1 m/s within 30 days.

Lowest surface pressure, hPa:

${markdownTable(
  ['day', ...twins.map(({ name }) => name)],
  dayNames.map((day) => [`${day}`, ...twins.map(({ lowest }) => lowest[day]!.toFixed(1))]),
)}

The steady twin:

${markdownTable(
  ['', ...twins.map(({ name }) => name)],
  [
    [
      'l₂ of the wind’s change on day 0 (truncation), m/s',
      ...twins.map(({ windError }) => windError[0]!.toFixed(4)),
    ],
    ['on day 10', ...twins.map(({ windError }) => windError[10]!.toFixed(3))],
    [`on day ${steadyDays}`, ...twins.map(({ windError }) => windError[steadyDays]!.toFixed(3))],
    [
      `largest ζ that varies with longitude in ${steadyDays} days, s⁻¹`,
      ...twins.map(({ asymmetry }) => (asymmetry === 0 ? '0' : asymmetry.toExponential(1))),
    ],
  ],
)}

![Lowest pressure and l₂ by day](${curves})

![Surface pressure of ${last.name}](${maps})
`,
  );
}

function integrate(truncation: number, levels: number, days: number): Twin {
  const name = `T${truncation}L${levels}`;
  const report = countdown(`wave ${name}`, days + steadyDays, 'days');
  const perturbed = makeJet({ truncation, levels, perturbed: true });
  const lowest: number[] = [];
  const maps: GlobeField[] = [];
  for (let day = 0; day <= days; day++) {
    if (day > 0) perturbed.dycore.advance(perturbed.state, 24);
    const pressure = surfacePressure(perturbed.dycore, perturbed.state);
    lowest.push(pressure.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY));
    if (mapDays.includes(day)) maps.push(mapOf(perturbed.dycore, pressure, day));
    report(day);
  }
  const steady = makeJet({ truncation, levels, perturbed: false });
  const windError: number[] = [];
  let asymmetry = 0;
  for (let day = 0; day <= steadyDays; day++) {
    if (day > 0) steady.dycore.advance(steady.state, 24);
    windError.push(changeOfWind(steady.dycore, steady.state));
    asymmetry = Math.max(asymmetry, varying(steady.dycore, steady.state));
    report(days + day);
  }
  return { name, lowest, windError, asymmetry, maps };
}

/** hPa, [lat, lon] */
function surfacePressure({ transform }: Dycore, state: SpectralState): Float64Array {
  const grid = transform.allocate(transform.sines.length * transform.longitudes);
  transform.synthesize(state.logPressure, 1, grid);
  return grid.map((value) => Math.exp(value) / 100);
}

function mapOf({ transform }: Dycore, values: Float64Array, day: number): GlobeField {
  return {
    title: `Surface pressure on day ${day}, hPa, every ${day < 8 ? 2 : 5}`,
    values: [...values],
    latitudes: Array.from(transform.sines, (sine) => (Math.asin(sine) * 180) / Math.PI),
    interval: day < 8 ? 2 : 5,
    middle: 1000,
    from: [45, 5],
    to: [315, 85],
  };
}

function changeOfWind(dycore: Dycore, state: SpectralState): number {
  const climate = new ZonalClimate(dycore, 1);
  climate.add(state, 0);
  const { u } = climate.record().mean;
  const { sines, weights } = dycore.transform;
  const levels = dycore.fullLevels;
  let sum = 0;
  for (let row = 0; row < sines.length; row++) {
    for (let k = 0; k < levels.length; k++) {
      const change = u[row * levels.length + k]! - jetWind(sines[row]!, levels[k]!);
      sum += ((weights[row]! / 2) * change ** 2) / levels.length;
    }
  }
  return Math.sqrt(sum);
}

function varying({ transform, fullLevels }: Dycore, { vorticity }: SpectralState): number {
  const width = 2 * fullLevels.length;
  let largest = 0;
  for (let c = 0; c < transform.coefficients; c++) {
    if (transform.orders[c] === 0) continue;
    for (let i = c * width; i < (c + 1) * width; i++) largest = Math.max(largest, Math.abs(vorticity[i]!));
  }
  return largest;
}
