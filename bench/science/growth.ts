/**
 * How fast small errors grow in the nature run: pairs of states that differ at first by α of the difference of two states
 * of other dates, over √2, followed until they differ as any two states do. Errors are root mean squares over the globe;
 * the doubling time is that of the mean over pairs of the logarithm of the error.
 */
import { rowWeights } from '../../core/grid.js';
import { resolveDycore } from '../../models/dycore/dycore.js';
import { NatureStepper } from '../../models/dycore/natureModel.js';
import { pressureChannels } from '../../models/dycore/pressureChannels.js';
import {
  copyState,
  emptyState,
  prognosticNames,
  type SpectralState,
} from '../../models/dycore/spectralState.js';
import { spinUpLength } from '../../models/dycore/spinUp.js';
import { advanceDay, natureAtmosphere } from './atmosphere.js';
import { countdown } from './countdown.js';
import { markdownTable, writeFigure, writeSection } from './document.js';
import { lineFigure } from './figures.js';

export interface GrowthOptions {
  readonly truncation: number;
  readonly levels: number;
  readonly pairs: number;
  readonly days: number;
}

const alpha = 1e-3;
/** Days between the states that pairs start from. */
const spacing = 10;
const seed = 1;
const channels = [
  { name: 'z500', unit: 'm', factor: 1 / 9.80665, colour: '#2a6f97' },
  { name: 't850', unit: 'K', factor: 1, colour: '#b5402f' },
  { name: 'u250', unit: 'm/s', factor: 1, colour: '#3c7d3c' },
] as const;

export function growth({ truncation, levels, pairs, days }: GrowthOptions): void {
  const config = resolveDycore({ truncation, levels });
  const controlDays = spacing * (pairs - 1) + days;
  const spinUpDays = spinUpLength.coarseDays + spinUpLength.fineDays;
  const report = countdown(
    `growth T${truncation}L${levels}`,
    spinUpDays + controlDays + pairs * days,
    'days',
  );
  const { dycore, state } = natureAtmosphere(config, seed, report);
  const observe = observer(new NatureStepper(config));

  const bases: SpectralState[] = [];
  const control: Float32Array[][] = [];
  for (let day = 0; day <= controlDays; day++) {
    if (day > 0) advanceDay(dycore, state);
    control.push(observe(state));
    if (day % spacing === 0 && bases.length < pairs) {
      const base = emptyState(dycore.transform.coefficients, levels);
      copyState(state, base);
      bases.push(base);
    }
    report(spinUpDays + day);
  }
  const { distance, saturation } = measure(control, rowWeights(new NatureStepper(config).grid));

  /** [channel][pair][day] */
  const errors = channels.map(() => bases.map((): number[] => []));
  bases.forEach((base, pair) => {
    const other = emptyState(dycore.transform.coefficients, levels);
    copyState(base, other);
    const [one, two] = [7, 13].map((shift) => bases[(pair + shift) % pairs]!);
    for (const name of prognosticNames) {
      for (let i = 0; i < other[name].length; i++) {
        other[name][i]! += (alpha * (one![name][i]! - two![name][i]!)) / Math.SQRT2;
      }
    }
    for (let day = 0; day <= days; day++) {
      if (day > 0) advanceDay(dycore, other);
      const seen = observe(other);
      const truth = control[spacing * pair + day]!;
      channels.forEach((_, c) => {
        errors[c]![pair]!.push(distance(seen[c]!, truth[c]!));
      });
      report(spinUpDays + controlDays + pair * days + day);
    }
  });
  document(config, { pairs, days, errors, saturation });
}

interface Results {
  readonly pairs: number;
  readonly days: number;
  readonly errors: readonly (readonly number[][])[];
  readonly saturation: readonly number[];
}

function document(config: { truncation: number; levels: number }, results: Results): void {
  const { pairs, days, errors, saturation } = results;
  const name = `T${config.truncation}L${config.levels}`;
  const mean = errors.map((byPair) => geometricMean(byPair, days));
  const figure = writeFigure(
    'error-growth',
    lineFigure([
      {
        lines: channels.map(({ name: channel, colour }, c) => ({
          name: channel,
          colour,
          points: mean[c]!.map((error, day): [number, number] => [day, error / saturation[c]!]),
        })),
        options: {
          title: 'Error over that of two states of any dates',
          x: 'lead, days',
          y: '',
          logY: true,
          names: 'top-left',
        },
      },
    ]),
  );
  const leads = [0, 1, 2, 3, 5, 7, 10, 14, 20, 25, 30, 40, 50, 60, 70].filter((lead) => lead <= days);
  const doubling = channels.map((_, c) => doublingTime(errors[c]!, saturation[c]!, days));
  writeSection(
    'growth',
    `## Growth of small errors

\`npm run science -- growth ${name}\`: ${pairs} pairs, ${spacing} days apart, α = ${alpha}. Geometric means over pairs; the doubling
time is fitted to the days on which the mean error lies between twice its smallest and a tenth of saturation, with the
standard error over pairs. For the atmosphere, published doubling times of small errors are 2.4 days (Lorenz 1982, Tellus 34,
505, from ECMWF forecasts of 1980–81) and less than 2 in later models (Simmons & Hollingsworth 2002, Q. J. R. Meteorol. Soc.
128, 647): a dry model of low truncation is more predictable.

${markdownTable(
  ['lead, days', ...channels.map(({ name: channel, unit }) => `${channel}, ${unit}`)],
  [
    ...leads.map((lead) => [`${lead}`, ...mean.map((curve) => digits(curve[lead]!))]),
    ['two states of any dates', ...saturation.map(digits)],
    [
      '**doubling time, days**',
      ...doubling.map(
        ({ time, error, from, to }) => `${time.toFixed(2)} ± ${error.toFixed(2)} (days ${from}–${to})`,
      ),
    ],
  ],
)}

![Error by lead](${figure})
`,
  );
}

/** The channels of a state as the nature run writes them, in the units of the table. */
function observer(stepper: NatureStepper): (state: SpectralState) => Float32Array[] {
  const values = new Float32Array(stepper.stateLength);
  const points = stepper.stateLength / stepper.schema.channels.length;
  return (state) => {
    stepper.write(state, values);
    return channels.map(({ name, factor }) => {
      const at = pressureChannels.findIndex(({ variable, level }) => `${variable}${level}` === name);
      return values.slice(at * points, (at + 1) * points).map((value) => factor * value);
    });
  };
}

/** Root mean square over the globe, and its size for two states of the control run 30 days or more apart. */
function measure(control: readonly Float32Array[][], weights: Float64Array) {
  const total = weights.reduce((a, b) => a + b, 0);
  const distance = (a: Float32Array, b: Float32Array): number => {
    const columns = a.length / weights.length;
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += weights[Math.floor(i / columns)]! * (a[i]! - b[i]!) ** 2;
    return Math.sqrt(sum / columns / total);
  };
  const saturation = channels.map((_, c) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i + 30 < control.length; i += 5) {
      for (let j = i + 30; j < control.length; j += 15) {
        sum += distance(control[i]![c]!, control[j]![c]!) ** 2;
        count++;
      }
    }
    return Math.sqrt(sum / count);
  });
  return { distance, saturation };
}

function geometricMean(byPair: readonly number[][], days: number): number[] {
  return Array.from({ length: days + 1 }, (_, day) =>
    Math.exp(byPair.reduce((sum, curve) => sum + Math.log(curve[day]!), 0) / byPair.length),
  );
}

/** ln 2 over the slope of ln error by day, each pair on the same days; the standard error by the delta method. */
function doublingTime(byPair: readonly number[][], saturation: number, days: number) {
  const mean = geometricMean(byPair, days);
  const smallest = Math.min(...mean);
  let from = mean.indexOf(smallest);
  while (mean[from]! < 2 * smallest) from++;
  let to = from;
  while (to < days && mean[to + 1]! < saturation / 10) to++;
  const slopes = byPair.map((curve) => {
    const middle = (from + to) / 2;
    let [covariance, variance] = [0, 0];
    for (let day = from; day <= to; day++) {
      covariance += (day - middle) * Math.log(curve[day]!);
      variance += (day - middle) ** 2;
    }
    return covariance / variance;
  });
  const slope = slopes.reduce((a, b) => a + b, 0) / slopes.length;
  const spread = slopes.reduce((sum, x) => sum + (x - slope) ** 2, 0) / (slopes.length - 1);
  const error = Math.sqrt(spread / slopes.length);
  return { time: Math.LN2 / slope, error: (Math.LN2 * error) / slope ** 2, from, to };
}

function digits(value: number): string {
  return value < 0.0995 ? value.toPrecision(2) : value < 9.95 ? value.toFixed(2) : value.toFixed(1);
}
