/** Spectra of what members differ by, beside that of the errors of their mean, as SVG: a panel a channel and day. */
import { type Line, type LineOptions, lineFigure } from '../../science/figures.js';
import type { ErrorSpectrum } from './errorSpectra.js';
import type { ModelEvidence } from './gather.js';

/** Of arms in their order: Okabe & Ito 2008 and, for what they are too few for, the darker of Tableau's. */
const colours = [
  ...['#999999', '#d55e00', '#e69f00', '#cc79a7', '#0072b2', '#56b4e9', '#009e73', '#8c1c13'],
  ...['#7b4ea3', '#b59f00', '#2f4b7c', '#6b4f3a'],
];

/** What is this small beside the largest of the errors is not drawn. */
const faintest = 1e-5;

export function spectraFigure(evidence: ModelEvidence, channels: readonly string[]): string {
  const { spectra, best } = evidence;
  const days = [...new Set([...spectra.values()].flat().map(({ day }) => day))].sort((a, b) => a - b);
  // more lines than these cannot be told apart
  const drawn = evidence.arms.filter(({ arm }) => arm.kind === 'start' || arm.kind === 'step');
  const find = (name: string, channel: string, day: number): ErrorSpectrum | undefined =>
    spectra.get(name)?.find((each) => each.channel === channel && each.day === day);
  const charts = days.flatMap((day) =>
    channels.map((channel) => {
      // every arm errs by the same at the start; later the errors are those of the best one's mean
      const error = [best, ...spectra.keys()]
        .map((name) => find(name, channel, day))
        .find((each) => each !== undefined)?.error;
      const most = Math.max(...(error ?? [1]));
      const isFirst = day === days[0] && channel === channels[0];
      const line = (name: string, colour: string, variance: Float64Array | undefined): Line => ({
        name: isFirst ? name : '',
        colour,
        points: pointsOf(variance ?? new Float64Array(0), faintest * most),
      });
      const lines = drawn.map(({ arm }, i) =>
        line(arm.title, colours[i % colours.length] ?? 'black', find(arm.name, channel, day)?.spread),
      );
      // the first panel has room below for the names
      const room: Line[] = isFirst ? [{ name: '', colour: 'none', points: [[1, faintest ** 2 * most]] }] : [];
      const options: LineOptions = {
        title: `${channel}, ${day === 0 ? 'at the start' : `day ${day}`}`,
        ...{ x: 'total wavenumber n', y: 'variance', logX: true, logY: true, names: 'bottom-left' },
      };
      return { lines: [...room, ...lines, { ...line('errors', 'black', error), dash: '5 3' }], options };
    }),
  );
  return lineFigure(charts);
}

/** From n = 1 on, less what is fainter. */
function pointsOf(variance: Float64Array, least: number): [number, number][] {
  return Array.from(variance, (value, n): [number, number] => [n, value]).filter(
    ([n, value]) => n > 0 && value > least,
  );
}
